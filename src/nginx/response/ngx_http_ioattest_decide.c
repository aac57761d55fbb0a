
/*
 * The verdict on a response that is held.  It is applied outside any filter,
 * in a write event handler of ours, where a refusal may be finalized with an
 * HTTP status, so that error_page works.
 *
 * This relies on ngx_http_finalize_request(): while our bit is set in
 * r->buffered it installs ngx_http_writer() and leaves the reference count
 * alone.  The writer then calls the body filter with NULL, which replaces the
 * writer by ngx_http_ioattest_decide_resume().
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_wait.h"
#include "attest/ngx_http_ioattest_attestation.h"
#include "response/ngx_http_ioattest_response.h"


static void ngx_http_ioattest_decide_wait(ngx_http_request_t *r);
static ngx_int_t ngx_http_ioattest_decide_signer(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);
static ngx_int_t ngx_http_ioattest_decide_rest(ngx_http_ioattest_ctx_t *ctx,
    ngx_http_ioattest_found_t *found, ioa_status_t *reason);
static void ngx_http_ioattest_decide_quiet(ngx_http_request_t *r);


ngx_int_t
ngx_http_ioattest_decide_post(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    if (ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_POSTED)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->wait.resume = ngx_http_ioattest_decide_resume;
    r->buffered |= NGX_HTTP_IOATTEST_BUFFERED;

    if (r->upstream && r->upstream->cleanup) {

        /*
         * The upstream still sends a response that is too large.  Its module
         * will not finalize the request, so the handler is installed here.
         */

        r->write_event_handler = ngx_http_ioattest_decide_resume;
    }

    return ngx_http_post_request(r, NULL);
}


void
ngx_http_ioattest_decide_resume(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ioa_status_t              reason;
    ngx_connection_t         *c;
    ngx_http_ioattest_ctx_t  *ctx;

    c = r->connection;
    ctx = ngx_http_get_module_ctx(r, ngx_http_ioattest_module);

    if (c->error) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_POSTED) {
        (void) ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_WAIT);
    }

    reason = IOA_OK;

    if (ctx->failed != IOA_OK) {
        reason = ctx->failed;
        rc = NGX_DECLINED;

    } else {
        rc = ngx_http_ioattest_decide_signer(ctx, &reason);
    }

    if (rc == NGX_AGAIN && ngx_http_ioattest_wait_over(ctx)) {
        reason = IOA_ATTESTATION_TIMEOUT;
        rc = NGX_DECLINED;
    }

    if (rc == NGX_AGAIN) {
        r->write_event_handler = ngx_http_ioattest_decide_wait;
        ngx_http_ioattest_decide_quiet(r);

        if (ctx->response.headed) {
            ngx_http_ioattest_heartbeat_start(ctx);
        }

        return;
    }

    ngx_http_ioattest_wait_end(ctx);
    r->write_event_handler = ngx_http_request_empty_handler;

    if (rc == NGX_DECLINED) {
        ngx_http_ioattest_release_refuse(r, ctx, reason);
        return;
    }

    r->buffered &= ~NGX_HTTP_IOATTEST_BUFFERED;

    if (rc == NGX_OK) {
        rc = ngx_http_ioattest_release_verified(ctx);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_ioattest_release_send(r, ctx);
    }

    ngx_http_finalize_request(r, rc == NGX_AGAIN ? NGX_OK : rc);
}


/* NGX_OK: verified; NGX_AGAIN: waits; NGX_DECLINED: refused. */

static ngx_int_t
ngx_http_ioattest_decide_signer(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason)
{
    ngx_int_t                      rc;
    ngx_http_ioattest_found_t      found;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ctx->conf;

    if (ngx_http_ioattest_wait_over(ctx)) {
        return NGX_AGAIN;
    }

    ngx_http_ioattest_wait_begin(ctx);

    ngx_http_ioattest_store_wait(&found, ilcf->zone, &ctx->model,
                                 ctx->machine_key,
                                 ctx->response.judged.address20,
                                 &ilcf->limits,
                                 ctx->spent ? NULL : &ctx->key,
                                 &ctx->wait.waiter);

    ngx_http_ioattest_attestations_start(&found, ilcf, &ctx->model, &ctx->key,
                                         &ctx->authorization,
                                         NGX_HTTP_IOATTEST_TRIGGER_SIGNER,
                                         ctx->request->connection->log);

    switch (found.answer) {

    case NGX_HTTP_IOATTEST_TRUSTED:
        ctx->machine = found.machine;
        ctx->have_machine = 1;

        rc = ngx_http_ioattest_judge_accept(ctx);

        if (rc == NGX_DECLINED) {
            *reason = ctx->response.judged.reason;
        }

        return rc;

    case NGX_HTTP_IOATTEST_WAIT:
        return ngx_http_ioattest_decide_rest(ctx, &found, reason);

    case NGX_HTTP_IOATTEST_EXHAUSTED:
        *reason = found.reason;
        return NGX_DECLINED;

    default: /* NGX_HTTP_IOATTEST_FULL */
        *reason = IOA_ZONE_FULL;
        return NGX_DECLINED;
    }
}


/*
 * If the API refuses attestations to a caller's key, the response waits for
 * those that other requests start with their keys.  With the gateway's own
 * key there are no others.
 */

static ngx_int_t
ngx_http_ioattest_decide_rest(ngx_http_ioattest_ctx_t *ctx,
    ngx_http_ioattest_found_t *found, ioa_status_t *reason)
{
    ngx_msec_int_t                left;
    ngx_http_ioattest_resting_t  *rest;

    rest = &found->rest;
    left = (ngx_msec_int_t) (ctx->wait.deadline - ngx_current_msec);

    if (rest->status && ctx->key.own && !found->busy
        && (ngx_msec_int_t) rest->left > left)
    {
        *reason = IOA_ATTESTATION_REFUSED;
        return NGX_DECLINED;
    }

    /* this request does not use a caller's key again that was refused */

    if (rest->status && !ctx->key.own
        && rest->status != NGX_HTTP_TOO_MANY_REQUESTS)
    {
        ctx->spent = 1;
    }

    ngx_http_ioattest_wait_poll(ctx);

    return NGX_AGAIN;
}


/* Removes the writer's send_timeout, since nothing is being sent. */

static void
ngx_http_ioattest_decide_quiet(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    if (c->write->timer_set && !c->write->delayed && !c->buffered
        && (r->buffered & ~NGX_HTTP_IOATTEST_BUFFERED) == 0)
    {
        ngx_del_timer(c->write);
    }
}


/*
 * As ngx_http_writer(), for a request that waits for its verdict: output that
 * is pending is sent on, and nothing is finalized here.
 */

static void
ngx_http_ioattest_decide_wait(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_connection_t          *c;
    ngx_http_ioattest_ctx_t   *ctx;
    ngx_http_core_loc_conf_t  *clcf;

    c = r->connection;
    wev = c->write;
    ctx = ngx_http_get_module_ctx(r, ngx_http_ioattest_module);

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "client timed out");
        c->timedout = 1;

        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!wev->delayed && !r->aio) {

        if (ngx_http_ioattest_flow_push(ctx) == NGX_ERROR) {
            ngx_http_finalize_request(r, NGX_ERROR);
            return;
        }

        if (c->buffered && !wev->delayed) {
            ngx_add_timer(wev, clcf->send_timeout);
        }
    }

    ngx_http_ioattest_decide_quiet(r);

    if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}
