
/*
 * What is read of a request, and its hash, which the agent will sign.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"
#include "gate/ngx_http_ioattest_gate.h"


/* the longest request that is read once more, to explain a refusal */
#define NGX_HTTP_IOATTEST_HINT_MAX   65536


static ngx_uint_t ngx_http_ioattest_request_sampled(
    ngx_http_ioattest_loc_conf_t *ilcf);
static ngx_uint_t ngx_http_ioattest_request_asked(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_request_hash(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_request_agent(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_request_raw(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);


ngx_int_t
ngx_http_ioattest_request_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ctx->gate.scanned = IOA_REQUEST_AMBIGUOUS;
    ctx->gate.hashed = IOA_REQUEST_AMBIGUOUS;
    ctx->gate.unasked = !ngx_http_ioattest_request_asked(r, ctx);

    /* how the API decodes a body, if at all, is not known here */

    if (ngx_http_ioattest_coded(&r->headers_in.headers.part)) {
        ctx->gate.cause = IOA_CAUSE_CODED;
        return NGX_OK;
    }

    if (ctx->conf->bind != NGX_HTTP_IOATTEST_BIND_OFF && !ctx->gate.unasked
        && ngx_http_ioattest_request_hash(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* with the agent's hash the model has been read */

    if (ctx->gate.request32 && ctx->conf->text == IOA_TEXT_AGENT) {
        return NGX_OK;
    }

    return ngx_http_ioattest_request_scan(r, ctx);
}


/*
 * 1 if the hash decides about the response, if it is logged, or if this
 * request is one of the sample.
 */

static ngx_uint_t
ngx_http_ioattest_request_asked(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_http_ioattest_loc_conf_t   *ilcf;
    ngx_http_ioattest_main_conf_t  *imcf;

    ilcf = ctx->conf;
    imcf = ngx_http_get_module_main_conf(r, ngx_http_ioattest_module);

    return ilcf->bind != NGX_HTTP_IOATTEST_BIND_RESPONSE
           || ilcf->text == IOA_TEXT_BODY
           || ilcf->dry_run
           || imcf->logged
           || ngx_http_ioattest_request_sampled(ilcf);
}


static ngx_uint_t
ngx_http_ioattest_request_sampled(ngx_http_ioattest_loc_conf_t *ilcf)
{
    uint64_t                             counted;
    const ngx_http_ioattest_counters_t  *counters;

    counters = ngx_http_ioattest_store_counters(ilcf->zone);
    counted = (uint64_t) counters->requests_match
              + counters->requests_mismatch + counters->requests_unknown;

    return ilcf->requests++ % NGX_HTTP_IOATTEST_SAMPLE == 0
           || counted < NGX_HTTP_IOATTEST_SAMPLE_BEGIN;
}


static ngx_int_t
ngx_http_ioattest_request_hash(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    switch (ctx->conf->text) {

    case IOA_TEXT_AGENT:
        return ngx_http_ioattest_request_agent(r, ctx);

    case IOA_TEXT_RAW:
        return ngx_http_ioattest_request_raw(r, ctx);

    default: /* IOA_TEXT_BODY */
        return NGX_OK;
    }
}


ngx_int_t
ngx_http_ioattest_request_late(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    if (!ctx->gate.unasked) {
        return NGX_OK;
    }

    ctx->gate.unasked = 0;

    /* the body is still there: it may have to go to the next upstream */

    return ngx_http_ioattest_coded(&r->headers_in.headers.part)
           ? NGX_OK : ngx_http_ioattest_request_hash(r, ctx);
}


static ioa_status_t
ngx_http_ioattest_feed_hash(void *data, u_char *p, size_t n)
{
    return ioa_reqmodel_update(data, p, n);
}


/* Model, stream and hash in a single pass. */

static ngx_int_t
ngx_http_ioattest_request_agent(ngx_http_request_t *r,
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
    }

    /* late, the model has been read */

    if (ctx->gate.request32 && ctx->state == NGX_HTTP_IOATTEST_STATE_MODEL) {
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
