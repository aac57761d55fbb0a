
/*
 * Headers.  A response's headers are not signed, so those that would have a
 * client read the signed bytes as something else, or store or fetch something
 * unsigned, are removed before a verified response is sent.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"


static void ngx_http_ioattest_headers_drop(ngx_http_request_t *r);
static void ngx_http_ioattest_headers_type(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);


static const ngx_str_t  ngx_http_ioattest_headers_dropped[] = {
    ngx_string("Content-Disposition"),
    ngx_string("Content-Location"),
    ngx_string("Location"),
    ngx_string("Refresh"),
    ngx_string("Link"),
    ngx_string("Set-Cookie"),
    ngx_string("Clear-Site-Data"),
    ngx_string("Alt-Svc"),
    ngx_string("ETag"),
    ngx_string("Last-Modified"),
    ngx_string("Digest"),
    ngx_string("Content-MD5"),
    ngx_string("Trailer"),
    ngx_null_string
};


ngx_table_elt_t *
ngx_http_ioattest_header_next(ngx_list_part_t **part, ngx_uint_t *i)
{
    ngx_table_elt_t  *h;

    while (*part && *i >= (*part)->nelts) {
        *part = (*part)->next;
        *i = 0;
    }

    if (*part == NULL) {
        return NULL;
    }

    h = (*part)->elts;

    return &h[(*i)++];
}


ngx_uint_t
ngx_http_ioattest_header_among(const ngx_table_elt_t *h,
    const ngx_str_t *names)
{
    const ngx_str_t  *name;

    for (name = names; name->len; name++) {
        if (h->key.len == name->len
            && ngx_tolower(h->key.data[0]) == ngx_tolower(name->data[0])
            && ngx_strncasecmp(h->key.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


void
ngx_http_ioattest_headers_clean(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_http_ioattest_trailers_drop(r);

    if (ctx->conf->dry_run) {
        return;
    }

    ngx_http_ioattest_headers_drop(r);
    ngx_http_ioattest_headers_type(r, ctx);
}


static void
ngx_http_ioattest_headers_drop(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_out.headers.part;
    i = 0;

    while ((h = ngx_http_ioattest_header_next(&part, &i))) {
        if (ngx_http_ioattest_header_among(h,
                                           ngx_http_ioattest_headers_dropped))
        {
            h->hash = 0;
        }
    }

    /* the words behind the status, of any bytes but CR and LF: nginx's own */
    ngx_str_null(&r->headers_out.status_line);

    /* nginx has pointers to some of them outside the list as well */

    r->headers_out.etag = NULL;
    r->headers_out.location = NULL;
    r->headers_out.refresh = NULL;
    r->headers_out.last_modified = NULL;
    r->headers_out.last_modified_time = -1;

#if (nginx_version >= 1023000)
    r->headers_out.link = NULL;
#else
    r->headers_out.link.nelts = 0;
#endif
}


/* The agent signs one JSON value or an event stream, both in UTF-8. */

static void
ngx_http_ioattest_headers_type(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_http_headers_out_t  *out;

    out = &r->headers_out;

    /* set by X-Accel-Charset: the charset filter would recode the body */
    out->override_charset = NULL;

    if (ctx->conf->text != IOA_TEXT_AGENT
        || out->status == NGX_HTTP_NO_CONTENT
        || out->status == NGX_HTTP_NOT_MODIFIED)
    {
        return;
    }

    out->content_type_lowcase = NULL;

    if (ctx->response.judged.events) {
        ngx_str_set(&out->content_type, "text/event-stream; charset=utf-8");
        out->content_type_len = sizeof("text/event-stream") - 1;
        ngx_str_set(&out->charset, "utf-8");
        return;
    }

    ngx_str_set(&out->content_type, "application/json");
    out->content_type_len = out->content_type.len;
    ngx_str_null(&out->charset);
}


void
ngx_http_ioattest_trailers_drop(ngx_http_request_t *r)
{
    ngx_http_ioattest_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_ioattest_module);

    if (ctx && ctx->conf->dry_run) {
        return;
    }

    if (ctx == NULL || !ctx->response.headed) {

        /* after the header, the flag is set for trailers added below us */

        r->expect_trailers = 0;
    }

    r->headers_out.trailers.part.nelts = 0;
    r->headers_out.trailers.part.next = NULL;
    r->headers_out.trailers.last = &r->headers_out.trailers.part;
}


/*
 * What an upstream sets while nginx reads its headers, before any filter has
 * seen the response: a rate (X-Accel-Limit-Rate), and HTTP/0.9 if the
 * upstream sends no status line (ngx_http_proxy_process_status_line()).
 */

void
ngx_http_ioattest_headers_restore(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    if (ctx->conf->dry_run) {
        return;
    }

    r->http_version = ctx->saved.http_version;

    r->limit_rate = ctx->saved.limit_rate;
    r->limit_rate_set = ctx->saved.limit_rate_set;
}


ngx_uint_t
ngx_http_ioattest_coded(ngx_list_part_t *part)
{
    ngx_uint_t        i;
    ioa_bytes_t       name, value;
    ngx_table_elt_t  *h;

    i = 0;

    while ((h = ngx_http_ioattest_header_next(&part, &i))) {
        name.data = h->key.data;
        name.len = h->key.len;
        value.data = h->value.data;
        value.len = h->value.len;

        if (ioa_head_coded(name, value)) {
            return 1;
        }
    }

    return 0;
}
