
/*
 * Event streams that flow: what may be shown is passed on as it comes; what
 * may not be shown yet is kept until the verdict, which falls at the end of
 * the body.
 */


#include "request/ngx_http_ioattest.h"


#define NGX_HTTP_IOATTEST_STREAM_BEAT  15000   /* ms */

#define NGX_HTTP_IOATTEST_ERROR_EVENT  "event: error\ndata: "


static ngx_int_t ngx_http_ioattest_stream_buffer(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b);
static ngx_int_t ngx_http_ioattest_stream_raw(ngx_http_ioattest_ctx_t *ctx,
    ngx_buf_t *b);
static ngx_int_t ngx_http_ioattest_stream_end(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t last);
static void ngx_http_ioattest_stream_beat(ngx_event_t *ev);


static u_char  ngx_http_ioattest_stream_heartbeat[] = ":\n";


ngx_int_t
ngx_http_ioattest_stream_header(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ctx->flowing = 1;

    if (ngx_http_ioattest_bind_init(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STREAM);

    r->filter_need_in_memory = 1;

    /* its end may become another one */

    if (!ctx->conf->dry_run) {
        ngx_http_clear_content_length(r);
        ngx_http_clear_accept_ranges(r);
    }

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
    ngx_chain_t  *cl;

    last = 0;
    flush = 0;

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;

        last |= b->last_buf;
        flush |= b->flush;

        if (!ngx_buf_special(b)) {
            rc = ngx_http_ioattest_stream_buffer(r, ctx, b);

        } else if (!b->last_buf || ctx->state == NGX_HTTP_IOATTEST_EXEMPT) {
            rc = ngx_http_ioattest_flow_link(ctx, b);

        } else {
            rc = NGX_OK;
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ctx->flow.chain
        && ngx_http_ioattest_flow_send(ctx) == NGX_ERROR)
    {
        return NGX_ERROR;
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


static ngx_int_t
ngx_http_ioattest_stream_buffer(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b)
{
    ioa_status_t  st;

    if (!ngx_buf_in_memory(b)) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "ioattest: buffer not in memory");
        return NGX_ERROR;
    }

    if (ctx->conf->dry_run) {
        return ngx_http_ioattest_stream_raw(ctx, b);
    }

    ctx->flow.tail = NULL;

    if (ctx->failed == IOA_OK) {
        st = ngx_http_ioattest_bind_update(ctx, b->pos, b->last - b->pos);

        if (ctx->no_memory) {
            return NGX_ERROR;
        }

        ctx->failed = st;
    }

    if (ctx->flow.tail) {
        ctx->flow.tail->flush = b->flush;

        /* copies too: else nothing would hold the upstream back */

        ctx->flow.tail->shadow = b;

    } else {

        /* nothing of it is needed any more */

        b->pos = b->last;
        b->file_pos = b->file_last;
    }

    return NGX_OK;
}


/* A dry run passes on what comes, whatever it thinks of it. */

static ngx_int_t
ngx_http_ioattest_stream_raw(ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b)
{
    ioa_status_t  st;

    if (ctx->state == NGX_HTTP_IOATTEST_STREAM) {
        st = ngx_http_ioattest_bind_update(ctx, b->pos, b->last - b->pos);

        if (st != IOA_OK) {
            (void) ngx_http_ioattest_refuse(ctx, st, NULL);
            ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_EXEMPT);

        } else {

            /* the end waits for the verdict */

            b->last_buf = 0;
            b->last_in_chain = 0;
        }
    }

    return ngx_http_ioattest_flow_link(ctx, b);
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
ngx_http_ioattest_stream_close(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    int  event, digest;

    event = (ctx->conf->event == NGX_HTTP_IOATTEST_EVENT_PASS);
    digest = ctx->have_machine || ctx->conf->policy.image_digests_n;

    if (!ctx->flowing) {

        /* it is another one now */

        ngx_http_clear_content_length(r);
    }

    return (ioa_sse_close(ioa_body_stream(ctx->body), event, digest)
            == IOA_OK) ? NGX_OK : NGX_ERROR;
}


void
ngx_http_ioattest_stream_wait(ngx_http_ioattest_ctx_t *ctx)
{
    if (!ctx->made || ctx->beat.timer_set) {
        return;
    }

    ctx->beat.data = ctx;
    ctx->beat.handler = ngx_http_ioattest_stream_beat;
    ctx->beat.log = ctx->request->connection->log;

    ngx_add_timer(&ctx->beat, NGX_HTTP_IOATTEST_STREAM_BEAT);
}


static void
ngx_http_ioattest_stream_beat(ngx_event_t *ev)
{
    ngx_int_t                 rc;
    ngx_buf_t                *b;
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_ioattest_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    rc = NGX_OK;

    /* a client that has not taken what went before needs no other */

    if (!c->buffered && (r->buffered & ~NGX_HTTP_IOATTEST_BUFFERED) == 0) {
        b = ngx_http_ioattest_flow_get(ctx, 0);

        if (b == NULL || ngx_http_ioattest_flow_link(ctx, b) != NGX_OK) {
            rc = NGX_ERROR;

        } else {
            b->pos = ngx_http_ioattest_stream_heartbeat;
            b->last = b->pos + sizeof(ngx_http_ioattest_stream_heartbeat) - 1;
            b->memory = 1;
            b->flush = 1;

            rc = ngx_http_ioattest_flow_send(ctx);
        }
    }

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);

    } else {
        ngx_add_timer(ev, NGX_HTTP_IOATTEST_STREAM_BEAT);

        /* what the client does not take at once goes on as all else does */
        r->write_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_ioattest_stream_error(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_buf_t    *b;
    ngx_str_t     json;
    ngx_chain_t   out;

    if (ngx_http_ioattest_refuse_json(r, ctx, &json) != NGX_OK) {
        return NGX_ERROR;
    }

    b = ngx_create_temp_buf(r->pool, json.len + sizeof("\n\n")
                                     + sizeof(NGX_HTTP_IOATTEST_ERROR_EVENT));
    if (b == NULL) {
        return NGX_ERROR;
    }

    /* nothing has begun that was not ended: neither a line nor an event */

    b->last = ngx_sprintf(b->last, "%s%V\n\n", NGX_HTTP_IOATTEST_ERROR_EVENT,
                          &json);
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    r->keepalive = 0;

    return ngx_http_ioattest_next_body(r, &out);
}
