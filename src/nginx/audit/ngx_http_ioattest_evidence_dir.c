
/*
 * Attestation replies as they came, each in a file that is named by its
 * SHA-256.  Runs in threads: no pools, no state but that of the directory.
 */


#include "audit/ngx_http_ioattest_audit.h"

#include <dirent.h>

#include <openssl/rand.h>


#define NGX_HTTP_IOATTEST_EVIDENCE_EXT  ".json"
#define NGX_HTTP_IOATTEST_EVIDENCE_NAME                                      \
    (2 * IOA_SHA256_LEN + sizeof(NGX_HTTP_IOATTEST_EVIDENCE_EXT) - 1)

/* one in so many files that are written has the oldest removed */
#define NGX_HTTP_IOATTEST_EVIDENCE_PART  16

/* hex digits of a temporary file's name, and when it is nobody's, s */
#define NGX_HTTP_IOATTEST_EVIDENCE_DRAW  16
#define NGX_HTTP_IOATTEST_EVIDENCE_LEFT  3600


typedef struct {
    time_t  at;
    long    nsec;
    char    name[NGX_HTTP_IOATTEST_EVIDENCE_NAME + 1];
} ngx_http_ioattest_evidence_file_t;


static ngx_err_t ngx_http_ioattest_evidence_write(int fd, ioa_bytes_t data);
static void ngx_http_ioattest_evidence_prune(const char *dir,
    ngx_uint_t keep);
static ngx_uint_t ngx_http_ioattest_evidence_ours(const char *name);
static ngx_uint_t ngx_http_ioattest_evidence_left(const char *name,
    time_t at);
static int ngx_libc_cdecl ngx_http_ioattest_evidence_older(const void *one,
    const void *two);


ngx_err_t
ngx_http_ioattest_evidence_keep(const ngx_http_ioattest_evidence_dir_t *dir,
    const u_char digest32[IOA_SHA256_LEN], ioa_bytes_t data)
{
    int        fd;
    char       name[NGX_MAX_PATH], tmp[NGX_MAX_PATH];
    u_char     hex[2 * IOA_SHA256_LEN];
    u_char     draw_hex[NGX_HTTP_IOATTEST_EVIDENCE_DRAW];
    u_char     draw[NGX_HTTP_IOATTEST_EVIDENCE_DRAW / 2];
    ngx_err_t  err;

    if (dir->path->name.len + NGX_HTTP_IOATTEST_EVIDENCE_NAME + 32
        > NGX_MAX_PATH)
    {
        return ENAMETOOLONG;
    }

    if (RAND_bytes(draw, sizeof(draw)) != 1) {
        return EAGAIN;
    }

    ioa_hex_encode(hex, digest32, IOA_SHA256_LEN);
    ioa_hex_encode(draw_hex, draw, sizeof(draw));

    *ngx_sprintf((u_char *) name, "%V/%*s%s", &dir->path->name, sizeof(hex),
                 hex, NGX_HTTP_IOATTEST_EVIDENCE_EXT) = '\0';
    *ngx_sprintf((u_char *) tmp, "%V/.%*s", &dir->path->name,
                 sizeof(draw_hex), draw_hex) = '\0';

    /* under its name a file is whole */

    fd = open(tmp, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600);
    if (fd == -1) {
        return errno;
    }

    err = ngx_http_ioattest_evidence_write(fd, data);

    if (close(fd) == -1 && err == 0) {
        err = errno;
    }

    if (err == 0 && rename(tmp, name) == -1) {
        err = errno;
    }

    if (err) {
        (void) unlink(tmp);
        return err;
    }

    /* which one is chance, so that no count has to be shared */

    if (draw[0] % ngx_min(dir->keep / NGX_HTTP_IOATTEST_EVIDENCE_PART + 1,
                          128) == 0)
    {
        ngx_http_ioattest_evidence_prune((char *) dir->path->name.data,
                                         dir->keep);
    }

    return 0;
}


static ngx_err_t
ngx_http_ioattest_evidence_write(int fd, ioa_bytes_t data)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < data.len; done += n) {
        n = write(fd, data.data + done, data.len - done);

        if (n == -1) {
            return errno;
        }
    }

    return 0;
}


/* Files that are not ours are left alone, and not counted. */

static void
ngx_http_ioattest_evidence_prune(const char *dir, ngx_uint_t keep)
{
    DIR                                *d;
    size_t                              n, room, i;
    struct stat                         st;
    struct dirent                      *entry;
    ngx_http_ioattest_evidence_file_t  *files, *more;

    d = opendir(dir);
    if (d == NULL) {
        return;
    }

    n = 0;
    room = 0;
    files = NULL;

    while ((entry = readdir(d))) {

        if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
        {
            continue;
        }

        if (ngx_http_ioattest_evidence_left(entry->d_name, st.st_mtime)) {
            (void) unlinkat(dirfd(d), entry->d_name, 0);
            continue;
        }

        if (!ngx_http_ioattest_evidence_ours(entry->d_name)) {
            continue;
        }

        if (n == room) {
            room = 2 * room + 256;
            more = realloc(files, room * sizeof(*files));

            if (more == NULL) {
                break;
            }

            files = more;
        }

        files[n].at = st.st_mtim.tv_sec;
        files[n].nsec = st.st_mtim.tv_nsec;
        ngx_memcpy(files[n].name, entry->d_name, sizeof(files[n].name));
        n++;
    }

    if (n > keep) {
        qsort(files, n, sizeof(*files), ngx_http_ioattest_evidence_older);

        for (i = 0; i < n - keep; i++) {
            (void) unlinkat(dirfd(d), files[i].name, 0);
        }
    }

    free(files);
    (void) closedir(d);
}


static ngx_uint_t
ngx_http_ioattest_evidence_ours(const char *name)
{
    size_t  n;

    n = 2 * IOA_SHA256_LEN;

    return ngx_strlen(name) == NGX_HTTP_IOATTEST_EVIDENCE_NAME
           && ioa_hex_lower((u_char *) name, n, n)
           && ngx_strcmp(name + n, NGX_HTTP_IOATTEST_EVIDENCE_EXT) == 0;
}


/* A temporary file of a worker that died. */

static ngx_uint_t
ngx_http_ioattest_evidence_left(const char *name, time_t at)
{
    return name[0] == '.'
           && ioa_hex_lower((u_char *) name + 1, ngx_strlen(name + 1),
                            NGX_HTTP_IOATTEST_EVIDENCE_DRAW)
           && time(NULL) - at > NGX_HTTP_IOATTEST_EVIDENCE_LEFT;
}


static int ngx_libc_cdecl
ngx_http_ioattest_evidence_older(const void *one, const void *two)
{
    const ngx_http_ioattest_evidence_file_t  *a = one, *b = two;

    if (a->at != b->at) {
        return a->at < b->at ? -1 : 1;
    }

    return a->nsec < b->nsec ? -1 : a->nsec > b->nsec;
}
