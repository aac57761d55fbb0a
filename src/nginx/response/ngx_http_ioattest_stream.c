
/*
 * Event streams that flow: what may be shown is sent as it comes, and the
 * rest is held until the verdict at the end of the body.
 */


#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"
#include "request/ngx_http_ioattest_output.h"
#include "request/ngx_http_ioattest_refusal.h"
#include "response/ngx_http_ioattest_response.h"


static ngx_int_t ngx_http_ioattest_stream_buffer(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b);
static ngx_int_t ngx_http_ioattest_stream_raw(ngx_http_ioattest_ctx_t *ctx,
    ngx_buf_t *b);
static ngx_int_t ngx_http_ioattest_stream_end(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t last);


ngx_int_t
ngx_http_ioattest_stream_header(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    if (ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_STREAM)
            != NGX_OK
        || ngx_http_ioattest_judge_memory(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    r->filter_need_in_memory = 1;

    /* the end may be replaced by an error event, so the length may change */

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

        } else if (!b->last_buf
                   || ctx->state == NGX_HTTP_IOATTEST_STATE_EXEMPT)
        {
            rc = ngx_http_ioattest_flow_link(ctx, b);

        } else {
            rc = NGX_OK;
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ctx->response.flow.chain
        && ngx_http_ioattest_flow_send(ctx) == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_EXEMPT) {
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

    ctx->response.flow.tail = NULL;

    if (ctx->failed == IOA_OK) {
        st = ngx_http_ioattest_judge_update(ctx, b->pos, b->last - b->pos);

        if (ctx->response.flow.no_memory) {
            return NGX_ERROR;
        }

        ctx->failed = st;
    }

    if (ctx->response.flow.tail) {
        ctx->response.flow.tail->flush = b->flush;

        /* also for copies, so that a slow client slows the upstream down */

        ctx->response.flow.tail->shadow = b;

    } else {

        /* the buffer has no slice in use */

        b->pos = b->last;
        b->file_pos = b->file_last;
    }

    return NGX_OK;
}


/* A dry run passes the upstream's bytes on, whatever the judgement. */

static ngx_int_t
ngx_http_ioattest_stream_raw(ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b)
{
    ioa_status_t  st;

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_STREAM) {
        st = ngx_http_ioattest_judge_update(ctx, b->pos, b->last - b->pos);

        if (st != IOA_OK) {

            if (ngx_http_ioattest_refuse(ctx, st, NULL)) {
                return NGX_ERROR;
            }

        } else {

            /* the end of the stream waits for the verdict */

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
    ngx_int_t  rc;

    if (ctx->failed == IOA_OK && !last) {
        ctx->response.truncated = 1;
        ctx->failed = ioa_response_broken(&ctx->response.judged);
    }

    rc = NGX_DECLINED;

    if (ctx->failed == IOA_OK) {
        rc = ngx_http_ioattest_judge_end(ctx);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            ctx->failed = ctx->response.judged.reason;
        }
    }

    if (rc == NGX_OK) {

        if (ngx_http_ioattest_release_verified(ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_ioattest_release_send(r, ctx);
    }

    return ngx_http_ioattest_decide_post(r, ctx);
}
