
/*
 * The body filter: collects a response that is held, and releases it at its
 * end.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"
#include "request/ngx_http_ioattest_output.h"
#include "request/ngx_http_ioattest_buffer.h"
#include "request/ngx_http_ioattest_refusal.h"
#include "subrequest/ngx_http_ioattest_subrequest.h"
#include "response/ngx_http_ioattest_response.h"


#define NGX_HTTP_IOATTEST_CHUNK  16384


static ngx_int_t ngx_http_ioattest_body_early(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);
static ngx_int_t ngx_http_ioattest_body_collect(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);
static ngx_int_t ngx_http_ioattest_body_end(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_body_too_large(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);


ngx_int_t
ngx_http_ioattest_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_ioattest_ctx_t         *ctx;
    ngx_http_ioattest_subrequest_t  *sub;

    if (r != r->main) {
        sub = ngx_http_ioattest_subrequest_find(r);

        if (sub) {
            return ngx_http_ioattest_subrequest_body(sub, in);
        }

        return ngx_http_ioattest_next_body(r, in);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_ioattest_module);

    if (ctx == NULL) {
        return ngx_http_ioattest_next_body(r, in);
    }

    switch (ctx->state) {

    case NGX_HTTP_IOATTEST_STATE_RELEASED:
        ngx_http_ioattest_trailers_drop(r);
        return ngx_http_ioattest_next_body(r, in);

    case NGX_HTTP_IOATTEST_STATE_UNSIGNED:
    case NGX_HTTP_IOATTEST_STATE_EXEMPT:
        return ngx_http_ioattest_next_body(r, in);

    case NGX_HTTP_IOATTEST_STATE_REFUSED:
    case NGX_HTTP_IOATTEST_STATE_ANSWERED:
        return ngx_http_ioattest_error_page_body(r, ctx, in);

    case NGX_HTTP_IOATTEST_STATE_HOLD:
        return ngx_http_ioattest_body_collect(r, ctx, in);

    case NGX_HTTP_IOATTEST_STATE_STREAM:

        if (in == NULL) {
            return ngx_http_ioattest_flow_push(ctx);
        }

        return ngx_http_ioattest_stream_body(r, ctx, in);

    case NGX_HTTP_IOATTEST_STATE_POSTED:
    case NGX_HTTP_IOATTEST_STATE_WAIT:

        if (in) {

            /* the upstream still sends although the verdict is known */

            ngx_http_ioattest_buffer_consume(in);
            return NGX_OK;
        }

        /* called by ngx_http_writer(): the upstream has been finalized */

        r->write_event_handler = ngx_http_ioattest_decide_resume;

        if (ngx_http_post_request(r, NULL) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_ioattest_flow_push(ctx);

    default: /* no response has begun */
        return ngx_http_ioattest_body_early(r, ctx, in);
    }
}


/*
 * Before any header: a module that waits calls the filters with NULL, or with
 * a flush.  With bytes, the response has begun without its header.
 */

static ngx_int_t
ngx_http_ioattest_body_early(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in)
{
    ngx_chain_t  *cl;

    for (cl = in; cl; cl = cl->next) {
        if (!ngx_buf_special(cl->buf) || cl->buf->last_buf) {
            break;
        }
    }

    if (cl == NULL) {
        return NGX_OK;
    }

    if (!ngx_http_ioattest_refuse(ctx, IOA_NO_SIGNATURE,
                                  "a body came without its header"))
    {
        return ngx_http_ioattest_next_body(r, in);
    }

    return ngx_http_ioattest_error_page_body(r, ctx, in);
}


static ngx_int_t
ngx_http_ioattest_body_collect(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in)
{
    size_t        n;
    ngx_buf_t    *b;
    ngx_uint_t    last, flush, made;
    ngx_chain_t  *cl;
    ioa_status_t  st;

    last = 0;
    flush = 0;

    /* ngx_http_ioattest_flow_sink() keeps the output made of a stream */

    made = (ctx->response.judged.events && !ctx->conf->dry_run);

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;

        last |= b->last_buf;
        flush |= b->flush;

        if (ngx_buf_special(b)) {
            continue;
        }

        if (!ngx_buf_in_memory(b)) {
            ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                          "ioattest: buffer not in memory");
            return NGX_ERROR;
        }

        n = b->last - b->pos;

        if (!made && n > ctx->conf->buffer_size - ctx->response.held.size) {
            return ngx_http_ioattest_body_too_large(r, ctx, cl);
        }

        if (!made
            && ngx_http_ioattest_buffer_append(r, &ctx->response.held, b->pos,
                                    n, ngx_max(n, NGX_HTTP_IOATTEST_CHUNK))
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* errors are sticky: ioa_response_end() reports them */

        st = ngx_http_ioattest_judge_update(ctx, b->pos, n);

        if (ctx->response.flow.no_memory) {
            return NGX_ERROR;
        }

        if (st == IOA_BODY_TOO_LARGE) {
            return ngx_http_ioattest_body_too_large(r, ctx, cl);
        }

        b->pos = b->last;
        b->file_pos = b->file_last;
    }

    if (last) {
        return ngx_http_ioattest_body_end(r, ctx);
    }

    /*
     * A response that the upstream broke off ends with a flush instead of the
     * last buffer, after ngx_http_upstream_finalize_request() has reset
     * u->cleanup.
     */

    if (flush && r->upstream && r->upstream->cleanup == NULL) {
        ctx->response.truncated = 1;
        ctx->failed = ioa_response_broken(&ctx->response.judged);
        return ngx_http_ioattest_decide_post(r, ctx);
    }

    return NGX_OK;
}


/* A verified response is sent at once; all else goes through decide. */

static ngx_int_t
ngx_http_ioattest_body_end(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_ioattest_judge_end(ctx);

    switch (rc) {

    case NGX_OK:

        if (ngx_http_ioattest_release_verified(ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_ioattest_release_send(r, ctx);

        /* a status returned by a filter below may not replace the response */
        return (rc > NGX_OK) ? NGX_ERROR : rc;

    case NGX_DECLINED:
        ctx->failed = ctx->response.judged.reason;
        break;

    case NGX_AGAIN:
        break;

    default:
        return NGX_ERROR;
    }

    return ngx_http_ioattest_decide_post(r, ctx);
}


static ngx_int_t
ngx_http_ioattest_body_too_large(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in)
{
    ngx_int_t  rc;

    if (ctx->conf->dry_run) {

        if (ngx_http_ioattest_refuse(ctx, IOA_BODY_TOO_LARGE, NULL)) {
            return NGX_ERROR;
        }

        rc = ngx_http_ioattest_next_header(r);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            return rc;
        }

        *ctx->response.held.last = in;

        return ngx_http_ioattest_next_body(r, ctx->response.held.chain);
    }

    /* the rest of the body changes nothing */

    ngx_http_ioattest_buffer_consume(in);

    ctx->failed = IOA_BODY_TOO_LARGE;

    return ngx_http_ioattest_decide_post(r, ctx);
}
