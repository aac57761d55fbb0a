
/*
 * The header filter: what may pass at once, what is refused at once, and
 * what is held until its signer is known.
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
static ngx_int_t ngx_http_ioattest_header_judge(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_header_hold(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t events);
static ngx_int_t ngx_http_ioattest_header_refuse(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason, const char *look_at);
static const char *ngx_http_ioattest_header_bypass(ngx_http_request_t *r);
static ngx_uint_t ngx_http_ioattest_header_unlike(ngx_http_request_t *r);
static ngx_uint_t ngx_http_ioattest_header_stream(ngx_http_request_t *r);
static ngx_uint_t ngx_http_ioattest_header_own(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_uint_t ngx_http_ioattest_header_status(ngx_http_request_t *r);
static ngx_uint_t ngx_http_ioattest_header_within(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t first, ngx_uint_t last);


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

            /* nginx's own answer before the gate, as of "return 204" */

            return ngx_http_ioattest_pass_header(r);
        }

        /* a protected location whose phase handler was passed by */

        ctx = ngx_http_ioattest_ctx_create(r);
        if (ctx == NULL) {
            return NGX_ERROR;
        }

        return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                 "the request did not pass the gate");
    }

    if (!redirected) {
        return ngx_http_ioattest_header_marked(r, ctx);
    }

    /*
     * The request has been through our gate and was then redirected to a
     * place that has none, be it by X-Accel-Redirect, or by error_page after
     * a refusal.
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

    /* known here again, so that the answer to the refusal is ours */
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

    /* a clone, as slice makes them, has skipped our phase */

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

        /* of one that is on its way already: not even nginx's own page */

        return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                 "a second answer came before the first one "
                                 "had its verdict");

    case NGX_HTTP_IOATTEST_STATE_SENT:

        ngx_http_ioattest_headers_restore(r, ctx);

        if (!ngx_http_ioattest_header_own(r, ctx)) {
            return ngx_http_ioattest_header_judge(r, ctx);
        }

        if (ngx_http_ioattest_upstream_redirects(r, ctx)) {

            /* to a place that there is not */

            return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                                NGX_HTTP_IOATTEST_REDIRECTED);
        }

        break;

    default:

        if (!ngx_http_ioattest_header_own(r, ctx)) {
            return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                   "an answer came before the gate was open");
        }
    }

    /* nginx's own page for an error: nothing of it is the upstream's */

    ngx_http_ioattest_wait_end(ctx);

    return ngx_http_ioattest_header_unsigned(r, ctx);
}


/* The answer to an error, which nobody signs. */

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
 * 1 where nginx itself makes the answer to an error.  An upstream that still
 * has its cleanup is in the middle of sending, and one that has none has
 * been given up (ngx_http_upstream_finalize_request()); what comes from a
 * cache was the upstream's as well.
 *
 * The gate has taken err_status away, so what has one now is a page of
 * nginx's own, and no answer of the location that error_page has led to.
 * Of those a file may pass as such a page; a content handler that the
 * location names, as Lua's, may have it from anywhere.
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


/*
 * What the upstream has said: error_page may have put another status in its
 * place.
 */

static ngx_uint_t
ngx_http_ioattest_header_status(ngx_http_request_t *r)
{
    return (r->upstream && r->upstream->headers_in.status_n)
           ? r->upstream->headers_in.status_n : r->headers_out.status;
}


/* 1 where the upstream has sent one of these, and it leaves as one of them. */

static ngx_uint_t
ngx_http_ioattest_header_within(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t first, ngx_uint_t last)
{
    ngx_uint_t  said, leaves;

    said = ngx_http_ioattest_header_status(r);
    leaves = ctx->saved.err_status ? ctx->saved.err_status
                                   : r->headers_out.status;

    return said >= first && said <= last && leaves >= first && leaves <= last;
}


static ngx_int_t
ngx_http_ioattest_header_judge(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_int_t     rc;
    ngx_uint_t    events;
    const char   *bypass;
    ioa_status_t  reason;

    bypass = ngx_http_ioattest_header_bypass(r);

    if (bypass) {
        return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                               bypass);
    }

    ngx_http_ioattest_signature_read(r, ctx);

    if (ngx_http_ioattest_header_within(r, ctx, NGX_HTTP_BAD_REQUEST, 599)
        && ctx->conf->pass_errors
        && ioa_signature_absent(&ctx->response.signature))
    {
        return ngx_http_ioattest_header_unsigned(r, ctx);
    }

    if (ctx->conf->dry_run && ngx_http_ioattest_header_unlike(r)) {
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

    if (ngx_http_ioattest_upstream_watch(r) != NGX_OK) {
        return NGX_ERROR;
    }

    /* the agent's event streams have their signature in an event */

    events = (ctx->conf->text == IOA_TEXT_AGENT
              && ngx_http_ioattest_header_stream(r));

    if ((events || ctx->conf->bind != NGX_HTTP_IOATTEST_BIND_OFF)
        && ngx_http_ioattest_coded(&r->headers_out.headers.part))
    {
        return ngx_http_ioattest_header_refuse(r, ctx, IOA_ENCODED_BODY,
                                    "the request asked for none: see "
                                    "proxy_set_header Accept-Encoding");
    }

    if (events) {

        if (ngx_http_ioattest_header_within(r, ctx, NGX_HTTP_OK, NGX_HTTP_OK)
            && ctx->gate.asked_stream
            && ctx->conf->stream == NGX_HTTP_IOATTEST_STREAM_TAIL)
        {
            return ngx_http_ioattest_stream_header(r, ctx);
        }

        return ngx_http_ioattest_header_hold(r, ctx, 1);
    }

    if (ctx->conf->text == IOA_TEXT_BODY) {

        if (ioa_signature_absent(&ctx->response.signature)) {
            return ngx_http_ioattest_header_refuse(r, ctx, IOA_NO_SIGNATURE,
                                                   NULL);
        }

        return ngx_http_ioattest_header_hold(r, ctx, 0);
    }

    rc = ngx_http_ioattest_signature_judge(ctx, &reason);

    if (rc == NGX_OK && ctx->conf->bind == NGX_HTTP_IOATTEST_BIND_OFF) {
        rc = ngx_http_ioattest_bind_accept(ctx, &reason);

        if (rc == NGX_OK) {
            return (ngx_http_ioattest_release_verified(ctx) == NGX_OK)
                   ? ngx_http_ioattest_next_header(r) : NGX_ERROR;
        }
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_ioattest_header_refuse(r, ctx, reason, NULL);
    }

    return ngx_http_ioattest_header_hold(r, ctx, 0);
}


/*
 * A dry run leaves in the request's headers what is taken out otherwise.
 * 1 where the response is what it is for that: nothing could be said of the
 * one that would have come.
 */

static ngx_uint_t
ngx_http_ioattest_header_unlike(ngx_http_request_t *r)
{
    ngx_uint_t  status;

    status = ngx_http_ioattest_header_status(r);

    /* nginx itself makes a part of it, above the filter that would hold it */

    if (r->allow_ranges && r->headers_in.range) {
        return 1;
    }

    return ngx_http_ioattest_request_unwanted(r)
           && (status == NGX_HTTP_PARTIAL_CONTENT
               || status == NGX_HTTP_NOT_MODIFIED
               || ngx_http_ioattest_coded(&r->headers_out.headers.part));
}


static ngx_uint_t
ngx_http_ioattest_header_stream(ngx_http_request_t *r)
{
    size_t      len;
    ngx_str_t  *type;

    type = &r->headers_out.content_type;
    len = sizeof("text/event-stream") - 1;

    return type->len >= len
           && ngx_strncasecmp(type->data, (u_char *) "text/event-stream", len)
              == 0
           && (type->len == len || type->data[len] == ';'
               || type->data[len] == ' ' || type->data[len] == '\t');
}


/* Ways on which bytes would reach a client that no body filter has seen. */

static const char *
ngx_http_ioattest_header_bypass(ngx_http_request_t *r)
{
    ngx_uint_t            status;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    status = ngx_http_ioattest_header_status(r);

    if (status == NGX_HTTP_SWITCHING_PROTOCOLS
        || (u && u->upgrade))
    {
        return "the upstream switched protocols";
    }

    /* to a client that is no answer: it would take the body for the next */

    if (status < NGX_HTTP_OK) {
        return "an interim status is no answer";
    }

    /* the parts are requests of their own: the whole has no signature */

    if (r->subrequest_ranges) {
        return "slice must be off in this location";
    }

#if (NGX_HTTP_CACHE)
    if (r->cached || (u && u->cacheable)) {
        return "proxy_cache must be off in this location";
    }
#endif

    if (u && u->store) {
        return "proxy_store must be off in this location";
    }

    /* of an earlier location, before a redirection */

    if (u == NULL || u->cleanup == NULL) {
        return "the answer is made here, and comes from no upstream";
    }

    return NULL;
}


static ngx_int_t
ngx_http_ioattest_header_hold(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t events)
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
        || ngx_http_ioattest_bind_init(r, ctx, events) != NGX_OK)
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
     * The upstream's module finalizes the request with what we return.  Who
     * does not look at it, as ngx_http_send_special_response(), is stopped by
     * ngx_http_ioattest_error_page_body().
     */

    ngx_http_clean_header(r);

#if (NGX_HTTP_CACHE)
    /* and what follows is nginx's own answer, from no cache */
    r->cached = 0;
#endif

    return ctx->status;
}
