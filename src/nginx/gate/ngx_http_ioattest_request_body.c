
/*
 * The request: what its body says, the hash that the agent will sign, and the
 * headers that may not be sent on.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"
#include "gate/ngx_http_ioattest_gate.h"


#define NGX_HTTP_IOATTEST_READ_SIZE  65536

/* the longest request that is read once more, to explain a refusal */
#define NGX_HTTP_IOATTEST_HINT_MAX   65536


typedef ioa_status_t (*ngx_http_ioattest_feed_pt)(void *data, u_char *p,
    size_t n);


static ngx_int_t ngx_http_ioattest_request_hash(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static void ngx_http_ioattest_request_model(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t st, const u_char *name, size_t len);
static ngx_int_t ngx_http_ioattest_request_scan(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_request_raw(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_request_each(ngx_http_request_t *r,
    ngx_http_ioattest_feed_pt feed, void *data, ioa_status_t *st);
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


ngx_int_t
ngx_http_ioattest_request_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ctx->gate.scanned = IOA_REQUEST_AMBIGUOUS;
    ctx->gate.hashed = IOA_REQUEST_AMBIGUOUS;

    /* how the API decodes a body, if at all, is not known here */

    if (ngx_http_ioattest_coded(&r->headers_in.headers.part)) {
        ctx->gate.cause = IOA_CAUSE_CODED;
        return NGX_OK;
    }

    if (ctx->conf->bind != NGX_HTTP_IOATTEST_BIND_OFF) {

        switch (ctx->conf->text) {

        case IOA_TEXT_AGENT:

            if (ngx_http_ioattest_request_hash(r, ctx) != NGX_OK) {
                return NGX_ERROR;
            }

            if (ctx->gate.request32) {
                return NGX_OK;
            }

            break;

        case IOA_TEXT_RAW:

            if (ngx_http_ioattest_request_raw(r, ctx) != NGX_OK) {
                return NGX_ERROR;
            }

            break;

        default: /* IOA_TEXT_BODY */
            break;
        }
    }

    return ngx_http_ioattest_request_scan(r, ctx);
}


static ioa_status_t
ngx_http_ioattest_feed_hash(void *data, u_char *p, size_t n)
{
    return ioa_reqmodel_update(data, p, n);
}


/* Model, stream and hash in a single pass. */

static ngx_int_t
ngx_http_ioattest_request_hash(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    u_char                 *digest32;
    ngx_int_t               rc;
    ioa_status_t            st;
    ioa_reqmodel_t         *rm;
    ioa_reqmodel_result_t   result;

    rm = ioa_reqmodel_new(ctx->conf->buffer_size);
    if (rm == NULL) {
        return NGX_ERROR;
    }

    ioa_reqmodel_defaults(rm, ctx->conf->request_defaults);

    rc = ngx_http_ioattest_request_each(r, ngx_http_ioattest_feed_hash, rm,
                                        &st);

    ctx->gate.hashed = ioa_reqmodel_final(&result, rm);
    ctx->gate.cause = ioa_reqmodel_cause(rm, &ctx->gate.cause_member);

    digest32 = ngx_pnalloc(r->pool, IOA_SHA256_LEN);

    if (digest32 == NULL) {
        rc = NGX_ERROR;
    }

    if (rc == NGX_OK && ctx->gate.hashed == IOA_OK) {
        ngx_memcpy(digest32, result.digest32, IOA_SHA256_LEN);
        ctx->gate.request32 = digest32;
        ctx->gate.asked_stream = (result.stream != 0);

        ngx_http_ioattest_request_model(ctx, result.model_status,
                                        result.model.data, result.model.len);
    }

    ioa_reqmodel_free(rm);

    return rc;
}


/* The body is still there: it may have to go to the next upstream. */

const char *
ngx_http_ioattest_request_hint(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    u_char                 *hint;
    const char             *added;
    ioa_status_t            st;
    ioa_reqmodel_t         *rm;
    ioa_reqmodel_result_t   result;

    if (ctx->conf->text != IOA_TEXT_AGENT
        || ngx_http_ioattest_request_length(r) > NGX_HTTP_IOATTEST_HINT_MAX)
    {
        return "\"ioattest response\" may say which members were added";
    }

    added = NULL;

    rm = ioa_reqmodel_new(ctx->conf->buffer_size);
    if (rm == NULL) {
        return "no memory to say more";
    }

    ioa_reqmodel_defaults(rm, ctx->conf->request_defaults);

    if (ngx_http_ioattest_request_each(r, ngx_http_ioattest_feed_hash, rm,
                                       &st)
        == NGX_OK
        && ioa_reqmodel_final(&result, rm) == IOA_OK)
    {
        added = ioa_guess(rm, ctx->response.judged.text.request32,
                          6 * NGX_HTTP_IOATTEST_HINT_MAX);
    }

    ioa_reqmodel_free(rm);

    if (added == NULL) {
        return "it does not match with the front's defaults either";
    }

    if (ngx_strcmp(added, "{}") == 0) {
        return "it matches without \"ioattest_request_defaults\"";
    }

    hint = ngx_pnalloc(r->pool, ngx_strlen(added)
                                + sizeof("it matches with the front's "
                                         "defaults : see "
                                         "\"ioattest_request_defaults\""));
    if (hint == NULL) {
        return "no memory to say more";
    }

    *ngx_sprintf(hint, "it matches with the front's defaults %s: see "
                       "\"ioattest_request_defaults\"", added) = '\0';

    return (const char *) hint;
}


static void
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


static ngx_int_t
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


static ioa_status_t
ngx_http_ioattest_feed_raw(void *data, u_char *p, size_t n)
{
    ioa_sha256_update(data, p, n);

    return IOA_OK;
}


static ngx_int_t
ngx_http_ioattest_request_raw(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    u_char        *digest32;
    ioa_sha256_t   sha;
    ioa_status_t   st;

    digest32 = ngx_pnalloc(r->pool, IOA_SHA256_LEN);
    if (digest32 == NULL) {
        return NGX_ERROR;
    }

    ioa_sha256_init(&sha);

    if (ngx_http_ioattest_request_each(r, ngx_http_ioattest_feed_raw, &sha,
                                       &st)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ioa_sha256_final(digest32, &sha);
    ctx->gate.request32 = digest32;

    return NGX_OK;
}


/* Feeds the body until its end, or until feed returns other than IOA_OK. */

static ngx_int_t
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
