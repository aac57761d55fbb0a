
/*
 * Binds a response to the text that was signed: the bytes that passed are
 * hashed on their way, and the hashes compared at their end.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "response/ngx_http_ioattest_response.h"


static ngx_int_t ngx_http_ioattest_bind_body(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);
static ngx_int_t ngx_http_ioattest_bind_request(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);
static ngx_uint_t ngx_http_ioattest_bind_model(ngx_http_ioattest_ctx_t *ctx);


ngx_int_t
ngx_http_ioattest_bind_init(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t events)
{
    ngx_uint_t       held;
    ioa_body_kind_e  kind;

    if (events) {
        kind = IOA_BODY_STREAM;

    } else if (ctx->conf->bind == NGX_HTTP_IOATTEST_BIND_OFF) {
        return NGX_OK;

    } else if (ctx->conf->text == IOA_TEXT_AGENT) {
        kind = IOA_BODY_JSON;

    } else {
        kind = IOA_BODY_RAW;
    }

    ctx->response.body = ngx_palloc(r->pool, ioa_body_size(kind));
    if (ctx->response.body == NULL) {
        return NGX_ERROR;
    }

    ioa_body_init(ctx->response.body, kind);

    if (kind == IOA_BODY_STREAM) {
        ctx->response.events = ioa_body_stream(ctx->response.body);

        held = (ctx->state != NGX_HTTP_IOATTEST_STATE_STREAM);

        /* one that is held in a dry run is as it came */

        if (!held || !ctx->conf->dry_run) {
            ioa_sse_output(ctx->response.events, ngx_http_ioattest_flow_sink,
                           ctx, held);
        }
    }

    return NGX_OK;
}


ioa_status_t
ngx_http_ioattest_bind_update(ngx_http_ioattest_ctx_t *ctx,
    const u_char *data, size_t n)
{
    uint64_t      start;
    ioa_status_t  st;

    if (ctx->response.body == NULL) {
        return IOA_OK;
    }

    start = ngx_http_ioattest_now_us();
    st = ioa_body_update(ctx->response.body, data, n);
    ctx->response.verify_us += ngx_http_ioattest_now_us() - start;

    return st;
}


ngx_int_t
ngx_http_ioattest_bind_judge(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason)
{
    u_char                        *digest32;
    ngx_int_t                      rc;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ctx->conf;

    if (ctx->response.body) {
        digest32 = ngx_pnalloc(ctx->request->pool, IOA_SHA256_LEN);
        if (digest32 == NULL) {
            return NGX_ERROR;
        }

        *reason = ioa_body_final(digest32, &ctx->response.signature,
                                 ctx->response.body);

        if (*reason != IOA_OK) {
            return NGX_DECLINED;
        }

        if (ilcf->bind != NGX_HTTP_IOATTEST_BIND_OFF) {
            ctx->response.response32 = digest32;
        }
    }

    if (ilcf->text == IOA_TEXT_BODY
        && ngx_http_ioattest_bind_body(ctx, reason) != NGX_OK)
    {
        return (*reason == IOA_OK) ? NGX_ERROR : NGX_DECLINED;
    }

    switch (ctx->response.signer) {

    case NGX_HTTP_IOATTEST_SIGNER_NONE:

        /* what is signed, or the signature, is in the body */

        rc = ngx_http_ioattest_signature_judge(ctx, reason);
        break;

    case NGX_HTTP_IOATTEST_SIGNER_TRUSTED:
        rc = NGX_OK;
        break;

    default: /* NGX_HTTP_IOATTEST_SIGNER_UNKNOWN */
        rc = NGX_AGAIN;
    }

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        return rc;
    }

    if (ctx->response.response32 && ilcf->text != IOA_TEXT_BODY
        && ngx_memcmp(ctx->response.response32, ctx->response.text.response32,
                      IOA_SHA256_LEN)
           != 0)
    {
        *reason = IOA_RESPONSE_HASH_MISMATCH;
        return NGX_DECLINED;
    }

    return (rc == NGX_OK) ? ngx_http_ioattest_bind_accept(ctx, reason) : rc;
}


/*
 * The body itself is the text.  One that the headers bring as well must be
 * the same: NGX_OK, or NGX_DECLINED with *reason; NGX_ERROR.
 */

static ngx_int_t
ngx_http_ioattest_bind_body(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason)
{
    u_char       *p;
    ioa_bytes_t   body;
    ngx_chain_t  *cl;

    *reason = IOA_OK;

    p = ngx_pnalloc(ctx->request->pool, ctx->response.held.size + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body.data = p;
    body.len = ctx->response.held.size;

    for (cl = ctx->response.held.chain; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    if (ctx->response.signature.text.data
        && !ioa_bytes_equal(ctx->response.signature.text, body))
    {
        *reason = IOA_RESPONSE_HASH_MISMATCH;
        return NGX_DECLINED;
    }

    ctx->response.signature.text = body;

    return NGX_OK;
}


ngx_int_t
ngx_http_ioattest_bind_accept(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason)
{
    ngx_str_t                      text;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ctx->conf;

    if (ilcf->bind != NGX_HTTP_IOATTEST_BIND_OFF
        && ngx_http_ioattest_bind_request(ctx, reason) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ilcf->replay == 0) {
        return NGX_OK;
    }

    text.data = (u_char *) ctx->response.signature.text.data;
    text.len = ctx->response.signature.text.len;

    switch (ngx_http_ioattest_replay_check(ilcf->zone, &text, ilcf->replay)) {

    case NGX_OK:
        return NGX_OK;

    case NGX_DECLINED:
        *reason = IOA_REPLAYED;
        return NGX_DECLINED;

    default: /* NGX_ERROR */
        *reason = IOA_ZONE_FULL;
        return NGX_DECLINED;
    }
}


/* Counted in every mode, so that it can be seen when "both" is safe. */

static ngx_int_t
ngx_http_ioattest_bind_request(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason)
{
    ngx_http_ioattest_counters_t  *counters;

    counters = ngx_http_ioattest_counters(ctx);

    if (ctx->gate.request32 == NULL || ctx->conf->text == IOA_TEXT_BODY) {
        (void) ngx_atomic_fetch_add(&counters->requests_unknown, 1);

    } else if (ngx_memcmp(ctx->gate.request32, ctx->response.text.request32,
                          IOA_SHA256_LEN)
               == 0
               && ngx_http_ioattest_bind_model(ctx))
    {
        (void) ngx_atomic_fetch_add(&counters->requests_match, 1);
        return NGX_OK;

    } else {
        (void) ngx_atomic_fetch_add(&counters->requests_mismatch, 1);
    }

    if (ctx->conf->bind == NGX_HTTP_IOATTEST_BIND_BOTH) {
        *reason = IOA_REQUEST_HASH_MISMATCH;
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* 1 where the text names no model, or the one that was asked for. */

static ngx_uint_t
ngx_http_ioattest_bind_model(ngx_http_ioattest_ctx_t *ctx)
{
    ioa_bytes_t  name;

    if (ctx->response.text.model.data == NULL) {
        return 1;
    }

    name.data = ctx->model.names.name;
    name.len = ctx->model.names.name_len;

    return ioa_bytes_equal(name, ctx->response.text.model);
}
