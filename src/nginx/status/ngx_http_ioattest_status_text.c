
/*
 * The text of a status page.
 */


#include "status/ngx_http_ioattest_status.h"

#include "attest/ioattest.h"


void
ngx_http_ioattest_text_add(ngx_http_ioattest_text_t *text, const char *fmt,
    ...)
{
    u_char        line[NGX_HTTP_IOATTEST_LINE], *p;
    size_t        n;
    va_list       args;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    va_start(args, fmt);
    p = ngx_vslprintf(line, line + NGX_HTTP_IOATTEST_LINE, fmt, args);
    va_end(args);

    n = p - line;
    b = text->buf;

    if (b == NULL || (size_t) (b->end - b->last) < n) {

        b = ngx_create_temp_buf(text->pool, 4 * NGX_HTTP_IOATTEST_LINE);
        cl = ngx_alloc_chain_link(text->pool);

        if (b == NULL || cl == NULL) {
            text->failed = 1;
            return;
        }

        cl->buf = b;
        cl->next = NULL;
        *text->last = cl;
        text->last = &cl->next;
        text->buf = b;
    }

    b->last = ngx_cpymem(b->last, line, n);
    text->size += n;
}


ngx_str_t
ngx_http_ioattest_text_escape(ngx_http_ioattest_text_t *text,
    const u_char *data, size_t len)
{
    size_t     i, n;
    u_char    *clean;
    ngx_str_t  out;

    ngx_str_null(&out);

    /* at most one backslash is added per byte */

    clean = ngx_pnalloc(text->pool, len + 1);
    out.data = ngx_pnalloc(text->pool, 2 * len + 1);

    if (clean == NULL || out.data == NULL) {
        text->failed = 1;
        return out;
    }

    for (i = 0; i < len; i += n) {
        n = ioa_utf8_char(data + i, len - i);

        if (n == 0) {
            n = 1;
            clean[i] = '?';

        } else if (ioa_utf8_hidden(ioa_utf8_code(data + i, n))) {
            ngx_memset(clean + i, '?', n);

        } else {
            ngx_memcpy(clean + i, data + i, n);
        }
    }

    out.len = (u_char *) ngx_escape_json(out.data, clean, len) - out.data;

    return out;
}


ngx_str_t
ngx_http_ioattest_text_share(ngx_http_ioattest_text_t *text, uint64_t n,
    uint64_t all)
{
    ngx_str_t  out;

    ngx_str_null(&out);

    if (n == 0) {
        ngx_str_set(&out, "0");
        return out;
    }

    if (n >= all) {
        ngx_str_set(&out, "1");
        return out;
    }

    out.data = ngx_pnalloc(text->pool, NGX_INT64_LEN);
    if (out.data == NULL) {
        text->failed = 1;
        return out;
    }

    out.len = ngx_sprintf(out.data, "%.6f", (double) n / all) - out.data;

    return out;
}


ngx_str_t
ngx_http_ioattest_text_unseen(ngx_http_ioattest_text_t *text, uint64_t draws)
{
    return ngx_http_ioattest_text_share(text, NGX_HTTP_IOATTEST_UNSEEN,
                                        draws);
}
