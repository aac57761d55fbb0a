
/*
 * The text of a status page.
 */


#include "audit/ngx_http_ioattest_audit.h"
#include "status/ngx_http_ioattest_status.h"


static u_char *ngx_http_ioattest_text_clean(ngx_http_ioattest_text_t *text,
    const u_char *data, size_t len);

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


/* What is not text becomes question marks; as long as data. */

static u_char *
ngx_http_ioattest_text_clean(ngx_http_ioattest_text_t *text,
    const u_char *data, size_t len)
{
    size_t   i, n;
    u_char  *clean;

    clean = ngx_pnalloc(text->pool, len + 1);
    if (clean == NULL) {
        text->failed = 1;
        return NULL;
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

    return clean;
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


/* For text between tags, and for values of attributes in double quotes. */

ngx_str_t
ngx_http_ioattest_text_html(ngx_http_ioattest_text_t *text,
    const u_char *data, size_t len)
{
    u_char    *clean;
    ngx_str_t  out;

    ngx_str_null(&out);

    clean = ngx_http_ioattest_text_clean(text, data, len);
    if (clean == NULL) {
        return out;
    }

    /* the length of what is added */

    out.data = ngx_pnalloc(text->pool,
                           len + 1 + ngx_escape_html(NULL, clean, len));
    if (out.data == NULL) {
        text->failed = 1;
        return out;
    }

    out.len = (u_char *) ngx_escape_html(out.data, clean, len) - out.data;

    return out;
}


ngx_str_t
ngx_http_ioattest_text_time(ngx_http_ioattest_text_t *text, time_t at)
{
    ngx_tm_t   tm;
    ngx_str_t  out;

    ngx_str_null(&out);

    out.data = ngx_pnalloc(text->pool,
                           NGX_INT64_LEN + sizeof("-00-00T00:00:00Z"));
    if (out.data == NULL) {
        text->failed = 1;
        return out;
    }

    ngx_gmtime(at, &tm);

    out.len = ngx_sprintf(out.data, "%4d-%02d-%02dT%02d:%02d:%02dZ",
                          tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                          tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec)
              - out.data;

    return out;
}


ngx_str_t
ngx_http_ioattest_text_policy(ngx_http_ioattest_text_t *text,
    const u_char *policy32)
{
    ngx_str_t  out;

    ngx_str_null(&out);

    out.data = ngx_pnalloc(text->pool, 2 * NGX_HTTP_IOATTEST_POLICY_LEN);
    if (out.data == NULL) {
        text->failed = 1;
        return out;
    }

    out.len = 2 * NGX_HTTP_IOATTEST_POLICY_LEN;
    ngx_hex_dump(out.data, (u_char *) policy32,
                 NGX_HTTP_IOATTEST_POLICY_LEN);

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


/* In RFC 3339's form, section 5.6; null for 0. */

void
ngx_http_ioattest_json_when(ngx_http_ioattest_text_t *text, const char *name,
    time_t at)
{
    ngx_str_t  when;

    if (at == 0) {
        ngx_http_ioattest_text_add(text, "\"%s\":null,", name);
        return;
    }

    when = ngx_http_ioattest_text_time(text, at);

    ngx_http_ioattest_text_add(text, "\"%s\":\"%V\",", name, &when);
}


void
ngx_http_ioattest_json_address(ngx_http_ioattest_text_t *text,
    const char *name, const u_char *address20)
{
    u_char  address[IOA_ADDRESS_TEXT_LEN];

    if (address20 == NULL) {
        ngx_http_ioattest_text_add(text, "\"%s\":null,", name);
        return;
    }

    ioa_address_print(address, address20);

    ngx_http_ioattest_text_add(text, "\"%s\":\"%*s\",", name,
                               (size_t) IOA_ADDRESS_TEXT_LEN, address);
}
