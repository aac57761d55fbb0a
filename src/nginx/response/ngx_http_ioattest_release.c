
/*
 * Releases a response that was held: unchanged if it has been verified, else
 * a refusal in its place.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"
#include "request/ngx_http_ioattest_output.h"
#include "request/ngx_http_ioattest_buffer.h"
#include "request/ngx_http_ioattest_refusal.h"
#include "gate/ngx_http_ioattest_gate.h"
#include "response/ngx_http_ioattest_response.h"


#define NGX_HTTP_IOATTEST_ERROR_EVENT  "event: error\ndata: "


static ngx_int_t ngx_http_ioattest_release_stream(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_release_error(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);


ngx_int_t
ngx_http_ioattest_release_verified(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_http_ioattest_counters_t  *counters;

    counters = ngx_http_ioattest_counters(ctx);

    (void) ngx_atomic_fetch_add(&counters->verified, 1);

    ngx_http_ioattest_observe(&counters->verify, ctx->response.verify_us);
    ngx_http_ioattest_observe(&counters->wait, ctx->wait.waited * 1000);

    if (ctx->have_machine) {
        ngx_http_ioattest_store_used(ctx->conf->zone, ctx->machine_key);
    }

    /* the one line that says trusted */

    return ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_RELEASED);
}


ngx_int_t
ngx_http_ioattest_release_send(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_RELEASED) {
        ngx_http_ioattest_trailers_drop(r);

        if (ctx->response.judged.events && !ctx->conf->dry_run
            && ngx_http_ioattest_release_stream(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (!ctx->response.headed) {
        rc = ngx_http_ioattest_next_header(r);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            return rc;
        }
    }

    if (ngx_http_ioattest_buffer_end(r, &ctx->response.held,
                                     ctx->response.truncated)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_ioattest_next_body(r, ctx->response.held.chain);
}


/* Adds the end of a verified stream to what is held. */

static ngx_int_t
ngx_http_ioattest_release_stream(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    int  event;

    event = (ctx->conf->event == NGX_HTTP_IOATTEST_EVENT_PASS);

    if (!ctx->response.headed) {

        /* the end may have another length than the upstream's */

        ngx_http_clear_content_length(r);
    }

    return (ioa_response_close(&ctx->response.judged, event) == IOA_OK)
           ? NGX_OK : NGX_ERROR;
}


void
ngx_http_ioattest_release_refuse(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason)
{
    ngx_int_t             rc;
    const char           *look_at;
    ngx_http_upstream_t  *u;

    r->buffered &= ~NGX_HTTP_IOATTEST_BUFFERED;

    (void) ioa_response_refuse(&ctx->response.judged, reason);

    look_at = (reason == IOA_REQUEST_HASH_MISMATCH)
              ? ngx_http_ioattest_request_hint(r, ctx) : NULL;

    if (!ngx_http_ioattest_refuse(ctx, reason, look_at)) {

        rc = ngx_http_ioattest_release_send(r, ctx);
        ngx_http_finalize_request(r, rc == NGX_AGAIN ? NGX_OK : rc);

        return;
    }

    u = r->upstream;

    if (u && u->cleanup) {

        /*
         * An upstream that is still sending is given up first.  Its cleanup
         * drops a reference; ours is for the response to the refusal.
         */

        r->main->count++;
        (*u->cleanup)(r);
    }

    if (ctx->response.headed) {
        rc = ngx_http_ioattest_release_error(r, ctx);
        ngx_http_finalize_request(r, rc == NGX_AGAIN ? NGX_OK : rc);
        return;
    }

    ngx_http_clean_header(r);
    ngx_http_finalize_request(r, ctx->status);
}


/* Ends a stream that has begun with an error event, without what is held. */

static ngx_int_t
ngx_http_ioattest_release_error(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_buf_t  *b;
    ngx_str_t   json;

    if (ngx_http_ioattest_refuse_json(r, ctx, &json) != NGX_OK) {
        return NGX_ERROR;
    }

    b = ngx_create_temp_buf(r->pool, json.len + sizeof("\n\n")
                                     + sizeof(NGX_HTTP_IOATTEST_ERROR_EVENT));
    if (b == NULL) {
        return NGX_ERROR;
    }

    /* what was sent ends with a whole event, so that a new one may begin */

    b->last = ngx_sprintf(b->last, "%s%V\n\n", NGX_HTTP_IOATTEST_ERROR_EVENT,
                          &json);
    r->keepalive = 0;

    return ngx_http_ioattest_error_page_send(r, ctx, b);
}
