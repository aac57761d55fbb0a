
/*
 * The last line of an audit log: where the chain goes on after a restart, a
 * worker's death, or an upgrade of the binary.
 */


#include "audit/ngx_http_ioattest_audit.h"


#define NGX_HTTP_IOATTEST_AUDIT_BEGIN  "{\"sequence\":"


static ngx_int_t ngx_http_ioattest_audit_read(ngx_fd_t fd, u_char *buf,
    size_t size, size_t *n);


ngx_int_t
ngx_http_ioattest_audit_tail(const u_char *name, ngx_fd_t *fd,
    uint64_t *sequence, u_char head32[IOA_SHA256_LEN], ngx_uint_t *cut)
{
    u_char     buf[2 * NGX_HTTP_IOATTEST_AUDIT_LINE], *p, *last, *digit;
    size_t     n;
    ngx_int_t  rc;
    uint64_t   number;

    *cut = 0;

    *fd = ngx_open_file((u_char *) name, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (*fd == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    rc = ngx_http_ioattest_audit_read(*fd, buf, sizeof(buf), &n);
    if (rc != NGX_OK) {
        return rc;
    }

    last = buf + n;

    if (n == 0) {
        return NGX_DECLINED;
    }

    if (last[-1] != '\n') {

        /* a line that was not written whole: the one before it counts */

        *cut = 1;

        while (last > buf && last[-1] != '\n') {
            last--;
        }

        if (last == buf) {
            return NGX_DECLINED;
        }
    }

    last--;

    for (p = last; p > buf && p[-1] != '\n'; p--) { /* void */ }

    n = sizeof(NGX_HTTP_IOATTEST_AUDIT_BEGIN) - 1;

    if ((size_t) (last - p) < n
        || ngx_memcmp(p, NGX_HTTP_IOATTEST_AUDIT_BEGIN, n) != 0)
    {
        return NGX_DECLINED;
    }

    number = 0;

    for (digit = p + n; digit < last && *digit >= '0' && *digit <= '9';
         digit++)
    {
        if (number >= ((uint64_t) 1 << 53)) {
            return NGX_DECLINED;
        }

        number = number * 10 + (*digit - '0');
    }

    if (number == 0) {
        return NGX_DECLINED;
    }

    *sequence = number;
    ioa_sha256(head32, p, last - p);

    return NGX_OK;
}


/* The end of the file, as much as there is room for. */

static ngx_int_t
ngx_http_ioattest_audit_read(ngx_fd_t fd, u_char *buf, size_t size,
    size_t *n)
{
    off_t            from;
    ssize_t          got;
    ngx_file_info_t  fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        return NGX_ERROR;
    }

    from = ngx_file_size(&fi) - (off_t) size;

    if (from < 0) {
        from = 0;
    }

    *n = 0;

    while (*n < size) {
        got = pread(fd, buf + *n, size - *n, from + *n);

        if (got == -1) {
            return NGX_ERROR;
        }

        if (got == 0) {
            break;
        }

        *n += got;
    }

    return NGX_OK;
}
