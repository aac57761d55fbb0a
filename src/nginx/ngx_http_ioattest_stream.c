
/*
 * Event streams that flow: what may be shown is passed on as it comes, in
 * the upstream's own buffers; what may not be shown yet, and from the first
 * signature event or [DONE] on everything, is kept until the verdict, which
 * falls at the end of the body.
 */


#include "ngx_http_ioattest.h"


#define NGX_HTTP_IOATTEST_STREAM_CHUNK  4096

#define NGX_HTTP_IOATTEST_ERROR_EVENT  "event: error\ndata: "


static ngx_chain_t **ngx_http_ioattest_stream_buffer(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b, ngx_chain_t **ll);
static ngx_int_t ngx_http_ioattest_stream_feed(ngx_http_ioattest_ctx_t *ctx,
    ngx_buf_t *b);
static ngx_chain_t **ngx_http_ioattest_stream_link(ngx_http_request_t *r,
    ngx_chain_t **ll, ngx_buf_t *b);
static void ngx_http_ioattest_stream_note(ngx_http_ioattest_ctx_t *ctx,
    ngx_chain_t *out);
static ngx_int_t ngx_http_ioattest_stream_send(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *out);
static ngx_int_t ngx_http_ioattest_stream_end(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t last);


ngx_int_t
ngx_http_ioattest_stream_header(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    if (ngx_http_ioattest_bind_init(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STREAM);

    ctx->flowing = 1;

    r->filter_need_in_memory = 1;

    /* its end may become another one */

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_ioattest_trailers_drop(r);

    /*
     * As X-Accel-Buffering: no.  ngx_http_upstream_send_response() looks at
     * this after the header has been sent.
     */

    if (r->upstream) {
        r->upstream->buffering = 0;
    }

    return ngx_http_ioattest_next_header(r);
}


ngx_int_t
ngx_http_ioattest_stream_body(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_uint_t    last, flush, broken;
    ngx_chain_t  *cl, *out, **ll;

    out = NULL;
    ll = &out;
    last = 0;
    flush = 0;

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;

        last |= b->last_buf;
        flush |= b->flush;

        if (ngx_buf_special(b)) {

            if (!b->last_buf || ctx->state == NGX_HTTP_IOATTEST_EXEMPT) {
                ll = ngx_http_ioattest_stream_link(r, ll, b);
            }

        } else {
            ll = ngx_http_ioattest_stream_buffer(r, ctx, b, ll);
        }

        if (ll == NULL) {
            return NGX_ERROR;
        }
    }

    if (out) {
        rc = ngx_http_ioattest_stream_send(r, ctx, out);

        if (rc == NGX_ERROR) {
            return rc;
        }
    }

    if (ctx->state == NGX_HTTP_IOATTEST_EXEMPT) {
        return NGX_OK;
    }

    /* as in ngx_http_ioattest_body_collect() */

    broken = flush && r->upstream && r->upstream->cleanup == NULL;

    if (last || broken || ctx->failed != IOA_OK) {
        return ngx_http_ioattest_stream_end(r, ctx, last);
    }

    return NGX_OK;
}


/* Returns the new end of what is passed on, NULL for an error. */

static ngx_chain_t **
ngx_http_ioattest_stream_buffer(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b, ngx_chain_t **ll)
{
    size_t     n, kept, pass;
    uint64_t   passable;

    if (!ngx_buf_in_memory(b)) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "ioattest: buffer not in memory");
        return NULL;
    }

    n = b->last - b->pos;
    kept = ctx->held.size;

    if (ngx_http_ioattest_stream_feed(ctx, b) == NGX_OK) {
        passable = ioa_sse_passable(ioa_body_stream(ctx->body)) - ctx->shown;
        passable = ngx_min(passable, kept + n);

    } else {

        /* a dry run */
        passable = kept + n;
    }

    ctx->shown += passable;

    /* first of what was kept, then of what has come */

    pass = (size_t) ngx_min(passable, kept);

    ll = ngx_http_ioattest_held_take(r, &ctx->held, ll, pass);
    if (ll == NULL) {
        return NULL;
    }

    pass = (size_t) passable - pass;

    if (ctx->failed == IOA_OK
        && ngx_http_ioattest_held_append(r, &ctx->held, b->pos + pass,
                                         n - pass,
                                         NGX_HTTP_IOATTEST_STREAM_CHUNK)
           != NGX_OK)
    {
        return NULL;
    }

    if (b->in_file) {
        b->file_last -= n - pass;
    }

    b->last -= n - pass;

    if (ctx->state == NGX_HTTP_IOATTEST_STREAM) {
        b->last_buf = 0;
        b->last_in_chain = 0;
    }

    return pass ? ngx_http_ioattest_stream_link(r, ll, b) : ll;
}


/* NGX_OK: the reader says what may be passed; NGX_DECLINED: all may. */

static ngx_int_t
ngx_http_ioattest_stream_feed(ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b)
{
    ioa_status_t  st;

    if (ctx->state == NGX_HTTP_IOATTEST_EXEMPT) {
        return NGX_DECLINED;
    }

    if (ctx->failed != IOA_OK) {
        return NGX_OK;
    }

    st = ngx_http_ioattest_bind_update(ctx, b->pos, b->last - b->pos);

    if (st == IOA_OK
        && ctx->held.size + (b->last - b->pos) > ctx->conf->buffer_size
        && ioa_sse_holding(ioa_body_stream(ctx->body)))
    {
        st = IOA_BODY_TOO_LARGE;
    }

    if (st == IOA_OK) {
        return NGX_OK;
    }

    if (ctx->conf->dry_run) {
        (void) ngx_http_ioattest_refuse(ctx, st, NULL);
        ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_EXEMPT);
        return NGX_DECLINED;
    }

    ctx->failed = st;

    return NGX_OK;
}


static ngx_chain_t **
ngx_http_ioattest_stream_link(ngx_http_request_t *r, ngx_chain_t **ll,
    ngx_buf_t *b)
{
    ngx_chain_t  *cl;

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NULL;
    }

    cl->buf = b;
    cl->next = NULL;
    *ll = cl;

    return &cl->next;
}


static ngx_int_t
ngx_http_ioattest_stream_send(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *out)
{
    ngx_int_t  rc;

    ngx_http_ioattest_stream_note(ctx, out);

    rc = ngx_http_ioattest_next_body(r, out);

    ngx_chain_update_chains(r->pool, &ctx->held.free, &ctx->held.busy, &out,
                            (ngx_buf_tag_t) &ngx_http_ioattest_module);

    return rc;
}


/* The last two bytes that were passed on: in a line, or in an event? */

static void
ngx_http_ioattest_stream_note(ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *out)
{
    size_t      n;
    ngx_buf_t  *b;

    for ( /* void */ ; out; out = out->next) {
        b = out->buf;

        if (ngx_buf_special(b)) {
            continue;
        }

        n = b->last - b->pos;

        ctx->shown_end[0] = (n > 1) ? b->last[-2] : ctx->shown_end[1];
        ctx->shown_end[1] = b->last[-1];
    }
}


static ngx_int_t
ngx_http_ioattest_stream_end(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t last)
{
    ngx_int_t     rc;
    ioa_status_t  reason;

    if (ctx->failed == IOA_OK && !last) {
        ctx->truncated = 1;
        ctx->failed = IOA_STREAM_TRUNCATED;
    }

    rc = NGX_DECLINED;

    if (ctx->failed == IOA_OK) {
        rc = ngx_http_ioattest_bind_judge(ctx, &reason);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            ctx->failed = reason;
        }
    }

    if (rc == NGX_OK) {
        ngx_http_ioattest_verified(ctx);
        return ngx_http_ioattest_hold_release(r, ctx);
    }

    return ngx_http_ioattest_hold_post(r, ctx);
}


ngx_int_t
ngx_http_ioattest_stream_push(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_int_t     rc;
    ngx_chain_t  *none;

    if (!ctx->flowing
        || (!r->connection->buffered
            && (r->buffered & ~NGX_HTTP_IOATTEST_BUFFERED) == 0))
    {
        return NGX_OK;
    }

    rc = ngx_http_ioattest_next_body(r, NULL);

    none = NULL;
    ngx_chain_update_chains(r->pool, &ctx->held.free, &ctx->held.busy, &none,
                            (ngx_buf_tag_t) &ngx_http_ioattest_module);

    return rc;
}


ngx_int_t
ngx_http_ioattest_stream_error(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    u_char       *p;
    ngx_buf_t    *b;
    ngx_str_t     json;
    ngx_chain_t   out;

    if (ngx_http_ioattest_refuse_json(r, ctx, &json) != NGX_OK) {
        return NGX_ERROR;
    }

    b = ngx_create_temp_buf(r->pool, json.len + sizeof("\n\n\n\n")
                                     + sizeof(NGX_HTTP_IOATTEST_ERROR_EVENT));
    if (b == NULL) {
        return NGX_ERROR;
    }

    p = b->last;

    /* what was begun is ended first: a line, an event */

    if (ctx->shown) {

        if (ctx->shown_end[1] != '\n') {
            *p++ = '\n';
            *p++ = '\n';

        } else if (ctx->shown_end[0] != '\n') {
            *p++ = '\n';
        }
    }

    b->last = ngx_sprintf(p, "%s%V\n\n", NGX_HTTP_IOATTEST_ERROR_EVENT,
                          &json);
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    r->keepalive = 0;

    return ngx_http_ioattest_next_body(r, &out);
}
