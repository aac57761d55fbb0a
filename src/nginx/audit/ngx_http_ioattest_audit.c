
/*
 * The chain of the audit log.  Its state is in a shared memory zone of its
 * own, which a reload keeps.  The file counts where it is ahead of that: it is
 * then of another nginx before or beside this one, or of a worker that died
 * between its write and the note of it.
 */


#include "audit/ngx_http_ioattest_audit.h"


#define NGX_HTTP_IOATTEST_AUDIT_TRIES  20       /* 1 ms each */
#define NGX_HTTP_IOATTEST_AUDIT_QUIET  60       /* s between complaints */


/* marks the zones of audit logs, by its address */
static ngx_uint_t  ngx_http_ioattest_audit_tag;


static ngx_int_t ngx_http_ioattest_audit_init(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_http_ioattest_audit_append(
    ngx_http_ioattest_audit_t *audit, ngx_http_ioattest_audit_line_t *line,
    ngx_log_t *log);
static void ngx_http_ioattest_audit_reopen(ngx_http_ioattest_audit_t *audit);
static ngx_int_t ngx_http_ioattest_audit_lock(ngx_fd_t fd);
static ngx_uint_t ngx_http_ioattest_audit_follow(
    ngx_http_ioattest_audit_t *audit, ngx_file_info_t *fi, ngx_fd_t *tail);
static ngx_int_t ngx_http_ioattest_audit_put(
    ngx_http_ioattest_audit_t *audit, ngx_http_ioattest_audit_line_t *line,
    ngx_file_info_t *fi, ngx_uint_t cut);
static void ngx_http_ioattest_audit_note(
    ngx_http_ioattest_audit_chain_t *chain, uint64_t sequence,
    const u_char head32[IOA_SHA256_LEN]);
static void ngx_http_ioattest_audit_lost(ngx_http_ioattest_audit_t *audit,
    ngx_log_t *log, ngx_err_t err);


ngx_http_ioattest_audit_t *
ngx_http_ioattest_audit_open(ngx_conf_t *cf, ngx_str_t *name,
    const char *version)
{
    ngx_str_t                   zone_name;
    ngx_shm_zone_t             *shm_zone;
    ngx_open_file_t            *file;
    ngx_http_ioattest_audit_t  *audit;

    /* makes the name absolute, and has USR1 reopen the file */

    file = ngx_conf_open_file(cf->cycle, name);
    if (file == NULL) {
        return NULL;
    }

    zone_name.len = sizeof("ioattest_audit_log ") - 1 + file->name.len;
    zone_name.data = ngx_pnalloc(cf->pool, zone_name.len + 1);
    if (zone_name.data == NULL) {
        return NULL;
    }

    *ngx_sprintf(zone_name.data, "ioattest_audit_log %V", &file->name) = '\0';

    shm_zone = ngx_shared_memory_add(cf, &zone_name, 8 * ngx_pagesize,
                                     &ngx_http_ioattest_audit_tag);
    if (shm_zone == NULL) {
        return NULL;
    }

    if (shm_zone->data) {
        return shm_zone->data;
    }

    audit = ngx_pcalloc(cf->pool, sizeof(ngx_http_ioattest_audit_t));
    if (audit == NULL) {
        return NULL;
    }

    audit->name = file->name;
    audit->version = version;
    audit->file = file;

    shm_zone->init = ngx_http_ioattest_audit_init;
    shm_zone->data = audit;

    return audit;
}


static ngx_int_t
ngx_http_ioattest_audit_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_fd_t                         fd;
    ngx_int_t                        rc;
    ngx_uint_t                       cut;
    ngx_http_ioattest_audit_t       *audit, *old;
    ngx_http_ioattest_audit_chain_t *chain;

    audit = shm_zone->data;
    old = data;

    audit->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old) {
        audit->chain = old->chain;
        return NGX_OK;
    }

    chain = ngx_slab_calloc(audit->shpool,
                            sizeof(ngx_http_ioattest_audit_chain_t));
    if (chain == NULL) {
        return NGX_ERROR;
    }

    audit->chain = chain;

    rc = ngx_http_ioattest_audit_tail(audit->name.data, &fd,
                                      &chain->sequence, chain->head32, &cut);

    if (rc == NGX_ERROR && ngx_errno == NGX_ENOENT) {
        rc = NGX_DECLINED;
    }

    if (rc == NGX_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, ngx_errno,
                      "ioattest: the audit log \"%V\" cannot be read, which "
                      "its chain needs to go on", &audit->name);
    }

    if (fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(fd);
    }

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


void
ngx_http_ioattest_audit_write(ngx_http_ioattest_audit_t *audit,
    ngx_http_ioattest_audit_line_t *line, ngx_log_t *log)
{
    ngx_http_ioattest_audit_line_t  start;

    if (!audit->chain->started) {
        ngx_http_ioattest_audit_begin(&start, "start");
        ngx_http_ioattest_audit_add_value(&start, "version", "\"%s\"",
                                          audit->version);
        ngx_http_ioattest_audit_add_value(&start, "nginx", "\"%s\"",
                                          NGINX_VER);
    }

    ngx_shmtx_lock(&audit->shpool->mutex);

    if (!audit->chain->started
        && ngx_http_ioattest_audit_append(audit, &start, log) == NGX_OK)
    {
        audit->chain->started = 1;
    }

    (void) ngx_http_ioattest_audit_append(audit, line, log);

    ngx_shmtx_unlock(&audit->shpool->mutex);
}


void
ngx_http_ioattest_audit_state(ngx_http_ioattest_audit_t *audit,
    ngx_http_ioattest_audit_chain_t *chain)
{
    ngx_shmtx_lock(&audit->shpool->mutex);

    *chain = *audit->chain;

    ngx_shmtx_unlock(&audit->shpool->mutex);
}


/*
 * With the mutex; and with a lock on the file, for another nginx beside us.
 * The lock ends where this process closes any descriptor of the file: the one
 * that its tail is read by stays open until the line is written.
 */

static ngx_int_t
ngx_http_ioattest_audit_append(ngx_http_ioattest_audit_t *audit,
    ngx_http_ioattest_audit_line_t *line, ngx_log_t *log)
{
    ngx_fd_t         fd, tail;
    ngx_int_t        rc;
    ngx_err_t        err;
    ngx_uint_t       cut;
    ngx_file_info_t  fi;

    ngx_http_ioattest_audit_reopen(audit);

    fd = audit->file->fd;
    tail = NGX_INVALID_FILE;
    rc = NGX_ERROR;

    if (ngx_http_ioattest_audit_lock(fd) != NGX_OK) {
        err = ngx_errno;

    } else {

        if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR) {
            cut = ngx_http_ioattest_audit_follow(audit, &fi, &tail);
            rc = ngx_http_ioattest_audit_put(audit, line, &fi, cut);
        }

        err = ngx_errno;

        (void) ngx_unlock_fd(fd);

        if (tail != NGX_INVALID_FILE) {
            (void) ngx_close_file(tail);
        }
    }

    if (rc != NGX_OK) {
        ngx_http_ioattest_audit_lost(audit, log, err);
    }

    return rc;
}


/*
 * After a rotation workers are told to reopen the file one by one.  Who writes
 * before it is told does so itself, so that no line goes into the old file
 * when the new one has some.
 */

static void
ngx_http_ioattest_audit_reopen(ngx_http_ioattest_audit_t *audit)
{
    ngx_fd_t         fd;
    ngx_file_info_t  named, opened;

    if (ngx_file_info(audit->name.data, &named) == NGX_FILE_ERROR
        || ngx_fd_info(audit->file->fd, &opened) == NGX_FILE_ERROR
        || ngx_file_uniq(&named) == ngx_file_uniq(&opened))
    {
        return;
    }

    fd = ngx_open_file(audit->name.data, NGX_FILE_APPEND,
                       NGX_FILE_CREATE_OR_OPEN, NGX_FILE_DEFAULT_ACCESS);

    if (fd == NGX_INVALID_FILE) {
        return;
    }

    (void) dup2(fd, audit->file->fd);
    (void) ngx_close_file(fd);
}


static ngx_int_t
ngx_http_ioattest_audit_lock(ngx_fd_t fd)
{
    ngx_err_t   err;
    ngx_uint_t  i;

    err = NGX_EAGAIN;

    for (i = 0; i < NGX_HTTP_IOATTEST_AUDIT_TRIES; i++) {
        err = ngx_trylock_fd(fd);

        if (err == 0) {
            return NGX_OK;
        }

        if (err != NGX_EAGAIN && err != NGX_EACCES) {
            break;
        }

        ngx_msleep(1);
    }

    ngx_set_errno(err);

    return NGX_ERROR;
}


/*
 * Takes over what the file has beyond the noted state.  What it has less is
 * not taken over: the next line then shows the gap.  Returns 1 if the file
 * ends in the middle of a line.  Out: tail, if it was opened.
 */

static ngx_uint_t
ngx_http_ioattest_audit_follow(ngx_http_ioattest_audit_t *audit,
    ngx_file_info_t *fi, ngx_fd_t *tail)
{
    u_char                            head32[IOA_SHA256_LEN];
    uint64_t                          sequence;
    ngx_uint_t                        cut;
    ngx_http_ioattest_audit_chain_t  *chain;

    chain = audit->chain;

    if (ngx_file_size(fi) == 0
        || (chain->started && ngx_file_size(fi) == chain->size
            && ngx_file_uniq(fi) == chain->uniq))
    {
        return 0;
    }

    if (ngx_http_ioattest_audit_tail(audit->name.data, tail, &sequence,
                                     head32, &cut)
        == NGX_OK
        && sequence > chain->sequence)
    {
        ngx_http_ioattest_audit_note(chain, sequence, head32);
    }

    return cut;
}


/* One write: a line is in the file whole, or not at all. */

static ngx_int_t
ngx_http_ioattest_audit_put(ngx_http_ioattest_audit_t *audit,
    ngx_http_ioattest_audit_line_t *line, ngx_file_info_t *fi, ngx_uint_t cut)
{
    u_char                            head[NGX_HTTP_IOATTEST_AUDIT_HEAD];
    u_char                            hex[2 * IOA_SHA256_LEN], *p, *end;
    u_char                            head32[IOA_SHA256_LEN];
    size_t                            len;
    ssize_t                           n;
    ngx_http_ioattest_audit_chain_t  *chain;

    chain = audit->chain;

    ioa_hex_encode(hex, chain->head32, IOA_SHA256_LEN);

    p = ngx_sprintf(head, "%s{\"sequence\":%uL,\"previous\":\"%*s\"",
                    cut ? "\n" : "", chain->sequence + 1, sizeof(hex), hex);

    if (chain->lost) {
        p = ngx_sprintf(p, ",\"lost\":%uL", chain->lost);
    }

    len = p - head;
    p = line->buf + NGX_HTTP_IOATTEST_AUDIT_HEAD - len;
    ngx_memcpy(p, head, len);

    end = line->last;
    *end++ = '}';
    *end++ = '\n';

    n = ngx_write_fd(audit->file->fd, p, end - p);

    if (n != end - p) {

        /* the disk is full; a part that stays is closed by the next line */

        if (n > 0 && ftruncate(audit->file->fd, ngx_file_size(fi)) == 0) {
            ngx_set_errno(NGX_ENOSPC);
        }

        return NGX_ERROR;
    }

    p += cut;
    ioa_sha256(head32, p, end - 1 - p);

    ngx_http_ioattest_audit_note(chain, chain->sequence + 1, head32);

    chain->lost = 0;
    chain->uniq = ngx_file_uniq(fi);
    ngx_memory_barrier();
    chain->size = ngx_file_size(fi) + n;

    return NGX_OK;
}


/*
 * In an order in which a worker may die anywhere: while sequence is that of
 * the line before, or size is, the next writer reads the file.
 */

static void
ngx_http_ioattest_audit_note(ngx_http_ioattest_audit_chain_t *chain,
    uint64_t sequence, const u_char head32[IOA_SHA256_LEN])
{
    ngx_memcpy(chain->head32, head32, IOA_SHA256_LEN);
    ngx_memory_barrier();
    chain->sequence = sequence;
    ngx_memory_barrier();
}


static void
ngx_http_ioattest_audit_lost(ngx_http_ioattest_audit_t *audit,
    ngx_log_t *log, ngx_err_t err)
{
    ngx_http_ioattest_audit_chain_t  *chain;

    chain = audit->chain;
    chain->lost++;

    if (chain->logged
        && ngx_time() - chain->logged < NGX_HTTP_IOATTEST_AUDIT_QUIET)
    {
        return;
    }

    chain->logged = ngx_time();

    ngx_log_error(NGX_LOG_ALERT, log, err,
                  "ioattest: %uL line%s of the audit log \"%V\" could not be "
                  "written; the next line says how many are missing",
                  chain->lost, chain->lost == 1 ? "" : "s", &audit->name);
}
