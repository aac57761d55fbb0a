
/*
 * The status of the zones, as JSON and as Prometheus text (version 0.0.4).
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_headers.h"
#include "status/ngx_http_ioattest_status.h"


static ngx_uint_t ngx_http_ioattest_status_format(ngx_http_request_t *r);


ngx_int_t
ngx_http_ioattest_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_table_elt_t           *h;
    ngx_http_ioattest_text_t   text;

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

    if (ngx_http_ioattest_status_format(r) == NGX_HTTP_IOATTEST_STATUS_JSON) {
        ngx_http_ioattest_status_json(r, &text);
        ngx_str_set(&r->headers_out.content_type, "application/json");

    } else {
        ngx_http_ioattest_status_prometheus(r, &text);
        ngx_str_set(&r->headers_out.content_type,
                    "text/plain; version=0.0.4; charset=utf-8");
    }

    if (text.failed || text.buf == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_length_n = text.size;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "Cache-Control");
    ngx_str_set(&h->value, "no-store");

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    text.buf->last_buf = 1;
    text.buf->last_in_chain = 1;

    return ngx_http_output_filter(r, text.chain);
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

        if (ngx_strlcasestrn(v, end, (u_char *) "text/plain", 10 - 1)
            || ngx_strlcasestrn(v, end, (u_char *) "openmetrics-text",
                                16 - 1))
        {
            return NGX_HTTP_IOATTEST_STATUS_PROMETHEUS;
        }
    }

    return NGX_HTTP_IOATTEST_STATUS_JSON;
}
