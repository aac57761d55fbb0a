
/*
 * The status of the zones, as JSON, as Prometheus text (version 0.0.4), and as
 * a page for people.
 */


#include "request/ngx_http_ioattest_headers.h"
#include "status/ngx_http_ioattest_html.h"


static ngx_int_t ngx_http_ioattest_status_write(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, ngx_http_ioattest_facts_t *facts);
static ngx_int_t ngx_http_ioattest_status_send(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, ngx_int_t status);
static ngx_int_t ngx_http_ioattest_status_header(ngx_http_request_t *r,
    const ngx_str_t *name, const ngx_str_t *value);
static ngx_int_t ngx_http_ioattest_status_safe(ngx_http_request_t *r);
static ngx_uint_t ngx_http_ioattest_status_format(ngx_http_request_t *r);


ngx_int_t
ngx_http_ioattest_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_ioattest_text_t   text;
    ngx_http_ioattest_facts_t  facts;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ngx_memzero(&text, sizeof(ngx_http_ioattest_text_t));

    text.pool = r->pool;
    text.last = &text.chain;

    rc = ngx_http_ioattest_status_probe(r, &text);

    if (rc == NGX_DECLINED) {

        if (ngx_http_ioattest_facts(r, &facts) != NGX_OK
            || ngx_http_ioattest_status_write(r, &text, &facts) != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        rc = NGX_HTTP_OK;

    } else if (text.buf == NULL) {
        return rc;
    }

    return ngx_http_ioattest_status_send(r, &text, rc);
}


static ngx_int_t
ngx_http_ioattest_status_write(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, ngx_http_ioattest_facts_t *facts)
{
    switch (ngx_http_ioattest_status_format(r)) {

    case NGX_HTTP_IOATTEST_STATUS_PROMETHEUS:
        ngx_http_ioattest_status_prometheus(text, facts);
        ngx_str_set(&r->headers_out.content_type,
                    "text/plain; version=0.0.4; charset=utf-8");
        return NGX_OK;

    case NGX_HTTP_IOATTEST_STATUS_HTML:
        ngx_http_ioattest_status_html(text, facts);
        ngx_str_set(&r->headers_out.content_type, "text/html; charset=utf-8");
        return ngx_http_ioattest_status_safe(r);

    default:
        ngx_http_ioattest_status_json(text, facts);
        ngx_str_set(&r->headers_out.content_type, "application/json");
        return NGX_OK;
    }
}


static ngx_int_t
ngx_http_ioattest_status_send(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, ngx_int_t status)
{
    ngx_int_t  rc;

    static const ngx_str_t  name = ngx_string("Cache-Control");
    static const ngx_str_t  value = ngx_string("no-store");

    if (text->failed || text->buf == NULL
        || ngx_http_ioattest_status_header(r, &name, &value) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_length_n = text->size;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    text->buf->last_buf = 1;
    text->buf->last_in_chain = 1;

    return ngx_http_output_filter(r, text->chain);
}


static ngx_int_t
ngx_http_ioattest_status_header(ngx_http_request_t *r, const ngx_str_t *name,
    const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key = *name;
    h->value = *value;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


/* The page may use its own style, by its digest, and nothing else. */

static ngx_int_t
ngx_http_ioattest_status_safe(ngx_http_request_t *r)
{
    u_char      digest[IOA_SHA256_LEN];
    ngx_str_t   sha, csp, base64;
    ngx_uint_t  i;

    static const ngx_str_t  headers[][2] = {
        { ngx_string("X-Content-Type-Options"), ngx_string("nosniff") },
        { ngx_string("Referrer-Policy"), ngx_string("no-referrer") }
    };

    static const ngx_str_t  name = ngx_string("Content-Security-Policy");
    static const char       policy[] =
        "default-src 'none'; style-src 'sha256-%V'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'";

    ioa_sha256(digest, ngx_http_ioattest_html_style.data,
               ngx_http_ioattest_html_style.len);

    sha.data = digest;
    sha.len = IOA_SHA256_LEN;

    base64.data = ngx_pnalloc(r->pool,
                              ngx_base64_encoded_length(IOA_SHA256_LEN));
    csp.data = ngx_pnalloc(r->pool, sizeof(policy)
                           + ngx_base64_encoded_length(IOA_SHA256_LEN));

    if (base64.data == NULL || csp.data == NULL) {
        return NGX_ERROR;
    }

    ngx_encode_base64(&base64, &sha);

    csp.len = ngx_sprintf(csp.data, policy, &base64) - csp.data;

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {

        if (ngx_http_ioattest_status_header(r, &headers[i][0], &headers[i][1])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_ioattest_status_header(r, &name, &csp);
}


/* The format of the location, else the one accepted, else JSON. */

static ngx_uint_t
ngx_http_ioattest_status_format(ngx_http_request_t *r)
{
    u_char                        *v, *end;
    ngx_uint_t                     i;
    ngx_list_part_t               *part;
    ngx_table_elt_t               *h;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    static const ngx_str_t  accept[] = {
        ngx_string("Accept"), ngx_null_string
    };

    ilcf = ngx_http_get_module_loc_conf(r, ngx_http_ioattest_module);

    if (ilcf->status_format != NGX_HTTP_IOATTEST_STATUS_AUTO) {
        return ilcf->status_format;
    }

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_ioattest_header_next(&part, &i))) {

        if (!ngx_http_ioattest_header_among(h, accept)) {
            continue;
        }

        v = h->value.data;
        end = v + h->value.len;

        if (ngx_strlcasestrn(v, end, (u_char *) "application/json", 16 - 1)) {
            return NGX_HTTP_IOATTEST_STATUS_JSON;
        }

        if (ngx_strlcasestrn(v, end, (u_char *) "text/html", 9 - 1)) {
            return NGX_HTTP_IOATTEST_STATUS_HTML;
        }

        if (ngx_strlcasestrn(v, end, (u_char *) "text/plain", 10 - 1)
            || ngx_strlcasestrn(v, end, (u_char *) "openmetrics-text",
                                16 - 1))
        {
            return NGX_HTTP_IOATTEST_STATUS_PROMETHEUS;
        }
    }

    return NGX_HTTP_IOATTEST_STATUS_JSON;
}
