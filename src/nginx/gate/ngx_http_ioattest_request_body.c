
/*
 * The request: what its body says, and the headers that may not be sent on.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"
#include "gate/ngx_http_ioattest_gate.h"


#define NGX_HTTP_IOATTEST_READ_SIZE  65536


static ngx_int_t ngx_http_ioattest_request_file(ngx_http_request_t *r,
    ngx_buf_t *b, ngx_http_ioattest_feed_pt feed, void *data,
    ioa_status_t *st);


static const ngx_str_t  ngx_http_ioattest_headers_unwanted[] = {
    ngx_string("Accept-Encoding"),
    ngx_string("Range"),
    ngx_string("If-Range"),
    ngx_string("If-Match"),
    ngx_string("If-None-Match"),
    ngx_string("If-Modified-Since"),
    ngx_string("If-Unmodified-Since"),
    ngx_string("X-Request-Hash"),
    ngx_null_string
};


off_t
ngx_http_ioattest_request_length(ngx_http_request_t *r)
{
    off_t         length;
    ngx_chain_t  *cl;

    length = 0;

    for (cl = r->request_body ? r->request_body->bufs : NULL;
         cl;
         cl = cl->next)
    {
        length += ngx_buf_size(cl->buf);
    }

    return length;
}


void
ngx_http_ioattest_request_model(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t st, const u_char *name, size_t len)
{
    ctx->gate.scanned = st;

    if (st == IOA_OK && ctx->conf->model == NULL) {
        ngx_memcpy(ctx->model.names.name, name, len);
        ctx->model.names.name_len = len;
    }
}


static ioa_status_t
ngx_http_ioattest_feed_scan(void *data, u_char *p, size_t n)
{
    return ioa_request_scan_update(data, p, n);
}


ngx_int_t
ngx_http_ioattest_request_scan(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    size_t               len;
    ioa_status_t         st;
    const uint8_t       *name;
    ioa_request_scan_t  *scan;

    scan = ngx_palloc(r->pool, ioa_request_scan_size());
    if (scan == NULL) {
        return NGX_ERROR;
    }

    ioa_request_scan_init(scan);

    if (ngx_http_ioattest_request_each(r, ngx_http_ioattest_feed_scan, scan,
                                       &st)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    name = NULL;
    len = 0;

    if (st == IOA_OK) {
        st = ioa_request_scan_final(&name, &len, scan);
    }

    if (st != IOA_REQUEST_AMBIGUOUS) {
        ctx->gate.asked_stream = (ioa_request_scan_stream(scan) != 0);

    } else if (ctx->conf->bind != NGX_HTTP_IOATTEST_BIND_BOTH
               || ctx->gate.cause == IOA_CAUSE_NONE)
    {
        /* with "both" the hash is needed, and this is why there is none */

        ctx->gate.cause = ioa_request_scan_cause(scan);
        ctx->gate.cause_member = NULL;
    }

    ngx_http_ioattest_request_model(ctx, st, name, len);

    return NGX_OK;
}


ngx_int_t
ngx_http_ioattest_request_each(ngx_http_request_t *r,
    ngx_http_ioattest_feed_pt feed, void *data, ioa_status_t *st)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    *st = IOA_OK;

    cl = r->request_body ? r->request_body->bufs : NULL;

    for ( /* void */ ; cl && *st == IOA_OK; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_in_memory(b)) {
            *st = feed(data, b->pos, b->last - b->pos);

        } else if (b->in_file
                   && ngx_http_ioattest_request_file(r, b, feed, data, st)
                      != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Reads a body that nginx has written to a file in pieces. */

static ngx_int_t
ngx_http_ioattest_request_file(ngx_http_request_t *r, ngx_buf_t *b,
    ngx_http_ioattest_feed_pt feed, void *data, ioa_status_t *st)
{
    off_t    pos;
    size_t   size;
    u_char  *buf;
    ssize_t  n;

    buf = ngx_palloc(r->pool, NGX_HTTP_IOATTEST_READ_SIZE);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    for (pos = b->file_pos; pos < b->file_last && *st == IOA_OK; pos += n) {

        size = (size_t) ngx_min(b->file_last - pos,
                                NGX_HTTP_IOATTEST_READ_SIZE);

        n = ngx_read_file(b->file, buf, size, pos);

        if (n <= 0) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "ioattest: could not read the request body \"%V\"",
                          &b->file->name);
            return NGX_ERROR;
        }

        *st = feed(data, buf, n);
    }

    (void) ngx_pfree(r->pool, buf);

    return NGX_OK;
}


/*
 * The headers are copied to a new list without these, because
 * ngx_http_proxy_create_request() may still copy an element with a hash of 0.
 * Pointers into the old list, such as headers_in.accept_encoding, stay valid,
 * so that nginx's own filters, such as gzip, work as before.
 */

ngx_int_t
ngx_http_ioattest_request_headers(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_t        list;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *copy;

    r->headers_in.range = NULL;
    r->headers_in.if_range = NULL;

    if (!ngx_http_ioattest_request_unwanted(r)) {
        return NGX_OK;
    }

    if (ngx_list_init(&list, r->pool, 20, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_ioattest_header_next(&part, &i))) {

        if (ngx_http_ioattest_header_among(h,
                                           ngx_http_ioattest_headers_unwanted))
        {
            continue;
        }

        copy = ngx_list_push(&list);
        if (copy == NULL) {
            return NGX_ERROR;
        }

        *copy = *h;
    }

    r->headers_in.headers = list;

    /* if there is one part only, last points to the local copy of the list */

    if (list.last == &list.part) {
        r->headers_in.headers.last = &r->headers_in.headers.part;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_ioattest_request_unwanted(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_ioattest_header_next(&part, &i))) {
        if (ngx_http_ioattest_header_among(h,
                                           ngx_http_ioattest_headers_unwanted))
        {
            return 1;
        }
    }

    return 0;
}
