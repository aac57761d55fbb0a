
/*
 * The gate: a handler of the PRECONTENT phase, after access control and
 * before any content handler may send the prompt.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_wait.h"
#include "request/ngx_http_ioattest_refusal.h"
#include "request/ngx_http_ioattest_key.h"
#include "subrequest/ngx_http_ioattest_subrequest.h"
#include "attest/ngx_http_ioattest_attestation.h"
#include "attest/ngx_http_ioattest_model.h"
#include "gate/ngx_http_ioattest_gate.h"


static ngx_int_t ngx_http_ioattest_gate_enter(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_uint_t ngx_http_ioattest_gate_post(ngx_http_request_t *r);
static ngx_int_t ngx_http_ioattest_gate_method(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, const char *look_at);
static void ngx_http_ioattest_gate_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_ioattest_gate_pass(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static const char *ngx_http_ioattest_gate_look_at(
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason);
static ngx_int_t ngx_http_ioattest_gate_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason);
static ngx_int_t ngx_http_ioattest_gate_model(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason);
static ngx_int_t ngx_http_ioattest_gate_refuse(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason, const char *look_at);
static ngx_int_t ngx_http_ioattest_gate_open(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);


ngx_int_t
ngx_http_ioattest_gate_handler(ngx_http_request_t *r)
{
    ngx_http_ioattest_ctx_t       *ctx;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ngx_http_get_module_loc_conf(r, ngx_http_ioattest_module);

    if (r != r->main) {

        if (ilcf->zone == NULL || ngx_http_ioattest_subrequest_find(r)) {
            return NGX_DECLINED;
        }

        /* the response would become part of another one, unverified */

        return ngx_http_ioattest_refuse_subrequest(r) ? NGX_HTTP_BAD_GATEWAY
                                                      : NGX_DECLINED;
    }

    if (ilcf->zone == NULL) {
        return NGX_DECLINED;
    }

    if (r->post_action) {

        /* nobody gets the response, but the prompt would leave */

        return ngx_http_ioattest_refuse_subrequest(r) ? NGX_HTTP_BAD_GATEWAY
                                                      : NGX_DECLINED;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_ioattest_module);

    if (ctx == NULL) {
        ctx = ngx_http_ioattest_ctx_create(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    switch (ctx->state) {

    case NGX_HTTP_IOATTEST_STATE_START:
        return ngx_http_ioattest_gate_enter(r, ctx);

    case NGX_HTTP_IOATTEST_STATE_BODY:
        return NGX_DONE;

    case NGX_HTTP_IOATTEST_STATE_MODEL:
    case NGX_HTTP_IOATTEST_STATE_RESOLVE:
    case NGX_HTTP_IOATTEST_STATE_ATTEST:
        return ngx_http_ioattest_gate_pass(r, ctx);

    case NGX_HTTP_IOATTEST_STATE_SENT:
    case NGX_HTTP_IOATTEST_STATE_EXEMPT:
        return NGX_DECLINED;

    default:
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "ioattest: phase handler in state \"%s\"",
                      ngx_http_ioattest_state_name(ctx->state));
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


static ngx_int_t
ngx_http_ioattest_gate_enter(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (!ctx->conf->dry_run) {

        /* a 304 or 412 made from a response would wipe our context */
        r->disable_not_modified = 1;

        /*
         * The status that error_page sets is restored when the response
         * leaves.  Until then err_status marks a page that nginx itself made.
         */

        ctx->saved.err_status = r->err_status;

        if (r->err_status == 0 && ctx->previous) {
            ctx->saved.err_status = ctx->previous->saved.err_status;
        }

        r->err_status = 0;
    }

    if (r->method == NGX_HTTP_HEAD) {
        return ngx_http_ioattest_gate_method(r, ctx,
                             "the answer to HEAD has no body to be signed");
    }

    if (ctx->conf->text == IOA_TEXT_AGENT
        && !ngx_http_ioattest_gate_post(r))
    {
        return ngx_http_ioattest_gate_method(r, ctx,
                             "the agent signs answers to POST alone");
    }

    if (ctx->conf->incomplete) {
        return ngx_http_ioattest_gate_refuse(r, ctx,
                             IOA_ATTESTATION_UNAVAILABLE,
                             "no location of this server matches");
    }

    (void) ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_BODY);

    rc = ngx_http_read_client_request_body(r, ngx_http_ioattest_gate_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


/*
 * Judged by the client's own method: X-Accel-Redirect and error_page turn a
 * POST into a GET, and are used together with proxy_method.
 */

static ngx_uint_t
ngx_http_ioattest_gate_post(ngx_http_request_t *r)
{
    return r->method == NGX_HTTP_POST
           || (r->request_line.len > 5
               && ngx_strncmp(r->request_line.data, "POST ", 5) == 0);
}


/* RFC 9110, section 15.5.6: a 405 says which methods are allowed. */

static ngx_int_t
ngx_http_ioattest_gate_method(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, const char *look_at)
{
    ngx_int_t         rc;
    ngx_table_elt_t  *h;

    ctx->status = NGX_HTTP_NOT_ALLOWED;

    rc = ngx_http_ioattest_gate_refuse(r, ctx, IOA_NO_SIGNATURE, look_at);

    if (rc != NGX_HTTP_NOT_ALLOWED) {
        return rc;
    }

    /* added here, so that a location of error_page sends it as well */

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "Allow");
    ngx_str_set(&h->value, "POST");
    h->lowcase_key = (u_char *) "allow";

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return rc;
}


static void
ngx_http_ioattest_gate_body(ngx_http_request_t *r)
{
    ngx_http_ioattest_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_ioattest_module);

    (void) ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_MODEL);

    r->preserve_body = 1;

    ctx->wait.resume = ngx_http_core_run_phases;
    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


/* Entered again each time that something the request waited for has ended. */

static ngx_int_t
ngx_http_ioattest_gate_pass(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_int_t     rc;
    ioa_status_t  reason;

    rc = NGX_OK;
    reason = IOA_OK;

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_MODEL) {
        rc = ngx_http_ioattest_gate_read(r, ctx, &reason);
    }

    /* without ioattest_request only ioattest_trust names signers */

    if (rc == NGX_OK && ctx->conf->request.len) {
        rc = ngx_http_ioattest_gate_model(r, ctx, &reason);
    }

    if (rc == NGX_AGAIN && ngx_http_ioattest_wait_over(ctx)) {
        reason = IOA_ATTESTATION_TIMEOUT;
        rc = NGX_DECLINED;
    }

    switch (rc) {

    case NGX_OK:
        return ngx_http_ioattest_gate_open(r, ctx);

    case NGX_AGAIN:

        /* only our timer, or the client's leaving, continues the request */

        r->write_event_handler = ngx_http_request_empty_handler;
        r->read_event_handler = ngx_http_test_reading;

        return NGX_AGAIN;

    case NGX_DECLINED:
        return ngx_http_ioattest_gate_refuse(r, ctx, reason,
                            ngx_http_ioattest_gate_look_at(ctx, reason));

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


/* What the log names as the cause, if the reason alone does not say it. */

static const char *
ngx_http_ioattest_gate_look_at(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t reason)
{
    switch (reason) {

    case IOA_REQUEST_TOO_LARGE:
        return "ioattest_buffer_size is less than the request, or what is "
               "hashed of it";

    case IOA_MODEL_UNKNOWN:

        if (ctx->model.names.name_len == 0) {
            return "the request names no model";
        }

        return ctx->conf->models.len
               ? "it is not in the list of \"ioattest_models\"" : NULL;

    default:
        return ctx->gate.look_at;
    }
}


static ngx_int_t
ngx_http_ioattest_gate_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason)
{
    ngx_uint_t  both;

    both = (ctx->conf->bind == NGX_HTTP_IOATTEST_BIND_BOTH);

    if (both && ngx_http_ioattest_request_length(r)
                > (off_t) ctx->conf->buffer_size)
    {
        *reason = IOA_REQUEST_TOO_LARGE;
        return NGX_DECLINED;
    }

    if (ngx_http_ioattest_request_read(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (both && ctx->gate.request32 == NULL) {
        *reason = (ctx->gate.hashed == IOA_BODY_TOO_LARGE)
                  ? IOA_REQUEST_TOO_LARGE : IOA_REQUEST_AMBIGUOUS;
        return NGX_DECLINED;
    }

    /* nothing is attested, but the signed text may name the model */

    if (ctx->conf->request.len == 0 && ctx->conf->model
        && ngx_http_ioattest_model_name(r, ctx, reason) == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_gate_model(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason)
{
    ngx_int_t  rc;

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_MODEL) {

        if (ngx_http_ioattest_key_read(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_ioattest_model_name(r, ctx, reason);
        if (rc != NGX_OK) {
            return rc;
        }

        (void) ngx_http_ioattest_set_state(ctx,
                                           NGX_HTTP_IOATTEST_STATE_RESOLVE);
    }

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_RESOLVE) {

        rc = ngx_http_ioattest_model_resolve(r, ctx, reason);
        if (rc != NGX_OK) {
            return rc;
        }

        (void) ngx_http_ioattest_set_state(ctx,
                                           NGX_HTTP_IOATTEST_STATE_ATTEST);
    }

    return ngx_http_ioattest_gate_proof(ctx, reason);
}


static ngx_int_t
ngx_http_ioattest_gate_refuse(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason, const char *look_at)
{
    ngx_uint_t  refused;

    refused = ngx_http_ioattest_refuse(ctx, reason, look_at);

    ngx_http_ioattest_wait_end(ctx);

    if (refused) {
        return ctx->status;
    }

    r->read_event_handler = ngx_http_block_reading;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_ioattest_gate_open(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_http_ioattest_wait_end(ctx);

    if (!ctx->conf->dry_run
        && ngx_http_ioattest_request_headers(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_SENT)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->read_event_handler = ngx_http_block_reading;

    return NGX_DECLINED;
}
