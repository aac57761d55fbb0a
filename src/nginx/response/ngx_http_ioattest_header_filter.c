
/*
 * The header filter: which responses pass at once, which are refused at once,
 * and which are held until their signer is known.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_wait.h"
#include "request/ngx_http_ioattest_headers.h"
#include "request/ngx_http_ioattest_output.h"
#include "request/ngx_http_ioattest_refusal.h"
#include "subrequest/ngx_http_ioattest_subrequest.h"
#include "gate/ngx_http_ioattest_gate.h"
#include "response/ngx_http_ioattest_response.h"


static ngx_int_t ngx_http_ioattest_header_subrequest(ngx_http_request_t *r);
static ngx_int_t ngx_http_ioattest_header_marked(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_header_unsigned(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_uint_t ngx_http_ioattest_header_own(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_header_judge(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_header_hold(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_header_refuse(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason, const char *look_at);


ngx_int_t
ngx_http_ioattest_header_filter(ngx_http_request_t *r)
{
    ngx_uint_t                     redirected;
    ngx_http_ioattest_ctx_t       *ctx;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    if (r != r->main) {
        return ngx_http_ioattest_header_subrequest(r);
    }

    ctx = ngx_http_ioattest_ctx_find(r, &redirected);
    ilcf = ngx_http_get_module_loc_conf(r, ngx_http_ioattest_module);

    if (ctx == NULL) {

        if (ilcf->zone == NULL || ngx_http_ioattest_header_own(r, NULL)) {
            return ngx_http_ioattest_pass_header(r);
        }

        if (r->upstream == NULL) {

            /* made by nginx before the gate, as by "return 204" */

            return ngx_http_ioattest_pass_header(r);
        }

        /* the phase handler of a protected location has not run */

        ctx = ngx_http_ioattest_ctx_create(r);
        if (ctx == NULL) {
            return NGX_ERROR;
        }

        return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                 "the module's handler did not run for this "
                                 "request: was it redirected?");
    }

    if (!redirected) {
        return ngx_http_ioattest_header_marked(r, ctx);
    }

    /*
     * The request passed the gate and was then redirected to a location
     * without one, by X-Accel-Redirect, or by error_page after a refusal.
     */

    if (ilcf->zone == NULL
        && (ctx->state == NGX_HTTP_IOATTEST_STATE_REFUSED
            || ctx->state == NGX_HTTP_IOATTEST_STATE_ANSWERED))
    {
        return ngx_http_ioattest_pass_header(r);
    }

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_UNSIGNED
        || ctx->state == NGX_HTTP_IOATTEST_STATE_EXEMPT
        || (ngx_http_ioattest_header_own(r, NULL)
            && !ngx_http_ioattest_upstream_redirects(r, ctx)))
    {
        return ngx_http_ioattest_pass_header(r);
    }

    /* set again, so that the body filter sends our answer to the refusal */
    ngx_http_set_ctx(r, ctx, ngx_http_ioattest_module);

    return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                           NGX_HTTP_IOATTEST_REDIRECTED);
}


static ngx_int_t
ngx_http_ioattest_header_subrequest(ngx_http_request_t *r)
{
    ngx_http_ioattest_loc_conf_t    *ilcf;
    ngx_http_ioattest_subrequest_t  *sub;

    sub = ngx_http_ioattest_subrequest_find(r);

    if (sub) {
        return ngx_http_ioattest_subrequest_head(sub);
    }

    ilcf = ngx_http_get_module_loc_conf(r, ngx_http_ioattest_module);

    if (ilcf->zone == NULL || ngx_http_ioattest_header_own(r, NULL)) {
        return ngx_http_ioattest_pass_header(r);
    }

    /* a clone, as made by slice, has skipped our phase handler */

    if (!ngx_http_ioattest_refuse_subrequest(r)) {
        return ngx_http_ioattest_pass_header(r);
    }

    ngx_http_clean_header(r);

    return NGX_HTTP_BAD_GATEWAY;
}


static ngx_int_t
ngx_http_ioattest_header_marked(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    switch (ctx->state) {

    case NGX_HTTP_IOATTEST_STATE_REFUSED:
    case NGX_HTTP_IOATTEST_STATE_ANSWERED:

        if (!ngx_http_ioattest_header_own(r, ctx)) {
            ngx_http_clean_header(r);
            return ctx->status;
        }

        return ngx_http_ioattest_error_page_header(r, ctx);

    case NGX_HTTP_IOATTEST_STATE_RELEASED:
    case NGX_HTTP_IOATTEST_STATE_UNSIGNED:
    case NGX_HTTP_IOATTEST_STATE_EXEMPT:
        return ngx_http_ioattest_next_header(r);

    case NGX_HTTP_IOATTEST_STATE_HOLD:
    case NGX_HTTP_IOATTEST_STATE_STREAM:
    case NGX_HTTP_IOATTEST_STATE_POSTED:
    case NGX_HTTP_IOATTEST_STATE_WAIT:

        /* the first response is already held or sent: no second one passes */

        return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                 "a second response came before the first "
                                 "one was judged");

    case NGX_HTTP_IOATTEST_STATE_SENT:

        ngx_http_ioattest_headers_restore(r, ctx);

        if (!ngx_http_ioattest_header_own(r, ctx)) {
            return ngx_http_ioattest_header_judge(r, ctx);
        }

        if (ngx_http_ioattest_upstream_redirects(r, ctx)) {

            /* the upstream named a location that does not exist */

            return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                                NGX_HTTP_IOATTEST_REDIRECTED);
        }

        break;

    default:

        if (!ngx_http_ioattest_header_own(r, ctx)) {
            return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                   "another module responded before a "
                                   "machine was attested");
        }
    }

    /* an error page made by nginx: nothing of it is the upstream's */

    ngx_http_ioattest_wait_end(ctx);

    return ngx_http_ioattest_header_unsigned(r, ctx);
}


/* Passes the response to an error, which is not signed. */

static ngx_int_t
ngx_http_ioattest_header_unsigned(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    (void) ngx_atomic_fetch_add(
                        &ngx_http_ioattest_counters(ctx)->unsigned_errors, 1);

    if (ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_UNSIGNED)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_ioattest_next_header(r);
}


/*
 * 1 if the response to an error was made by nginx itself.  An upstream whose
 * cleanup is set is still sending; ngx_http_upstream_finalize_request()
 * resets it.  A cached response was the upstream's as well.
 *
 * The gate has reset err_status, so if it is set now nginx has made a page
 * after the gate, and not in the location that error_page has led to.  In
 * such a location a static file may pass as an error page, but not the output
 * of a content handler, such as Lua's, since that may come from anywhere.
 */

static ngx_uint_t
ngx_http_ioattest_header_own(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
#if (NGX_HTTP_CACHE)
    if (r->cached) {
        return 0;
    }
#endif

    if (r->upstream && r->upstream->cleanup) {
        return 0;
    }

    return r->err_status
           || (ctx && ctx->saved.err_status && r->content_handler == NULL
               && ctx->state == NGX_HTTP_IOATTEST_STATE_SENT);
}


static ngx_int_t
ngx_http_ioattest_header_judge(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_int_t     rc;
    ioa_step_e    step;
    const char   *look_at;

    look_at = ngx_http_ioattest_header_bypass(r);

    step = ngx_http_ioattest_judge_head(r, ctx, look_at != NULL);

    if (step == IOA_STEP_UNSIGNED) {
        return ngx_http_ioattest_header_unsigned(r, ctx);
    }

    if (look_at == NULL && ctx->conf->dry_run
        && ngx_http_ioattest_header_unlike(r))
    {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "ioattest: a dry run cannot judge this response: it is "
                      "encoded or partial because the request asked for "
                      "that, and without the dry run ioattest takes "
                      "Accept-Encoding and Range out");

        if (ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_EXEMPT)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        return ngx_http_ioattest_next_header(r);
    }

    if (look_at == NULL && ngx_http_ioattest_upstream_watch(r) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_ioattest_judge_step(ctx, step);

    if (rc == NGX_DECLINED) {

        if (ctx->response.judged.reason == IOA_ENCODED_BODY) {
            look_at = "the request asked for none: see "
                      "proxy_set_header Accept-Encoding";
        }

        return ngx_http_ioattest_header_refuse(r, ctx,
                                               ctx->response.judged.reason,
                                               look_at);
    }

    if (rc == NGX_OK) {
        return (ngx_http_ioattest_release_verified(ctx) == NGX_OK)
               ? ngx_http_ioattest_next_header(r) : NGX_ERROR;
    }

    if (ctx->response.judged.flows) {
        return ngx_http_ioattest_stream_header(r, ctx);
    }

    return ngx_http_ioattest_header_hold(r, ctx);
}


static ngx_int_t
ngx_http_ioattest_header_hold(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    if (r->headers_out.content_length_n > 0
        && r->headers_out.content_length_n > (off_t) ctx->conf->buffer_size)
    {
        return ngx_http_ioattest_header_refuse(r, ctx, IOA_BODY_TOO_LARGE,
                                    "ioattest_buffer_size is less than the "
                                    "response");
    }

    if (ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_HOLD)
            != NGX_OK
        || ngx_http_ioattest_judge_memory(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    r->filter_need_in_memory = 1;

    if (!ctx->conf->dry_run) {
        r->allow_ranges = 0;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_header_refuse(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason, const char *look_at)
{
    if (!ngx_http_ioattest_refuse(ctx, reason, look_at)) {
        return ngx_http_ioattest_next_header(r);
    }

    /*
     * The upstream module finalizes the request with the status returned.
     * Callers that ignore it, such as ngx_http_send_special_response(), are
     * stopped by ngx_http_ioattest_error_page_body().
     */

    ngx_http_clean_header(r);

#if (NGX_HTTP_CACHE)
    /* what follows is nginx's own response, and from no cache */
    r->cached = 0;
#endif

    return ctx->status;
}
