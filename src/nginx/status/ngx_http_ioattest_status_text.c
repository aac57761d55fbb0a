
/*
 * The text of a status page.
 */


#include "audit/ngx_http_ioattest_audit.h"
#include "status/ngx_http_ioattest_status.h"


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
    ngx_str_t  out;

    ngx_str_null(&out);

    out.data = ngx_pnalloc(text->pool, 2 * len + 1);
    if (out.data == NULL) {
        text->failed = 1;
        return out;
    }

    out.len = ngx_http_ioattest_escape(out.data, out.data + 2 * len + 1, data,
                                       len)
              - out.data;

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
