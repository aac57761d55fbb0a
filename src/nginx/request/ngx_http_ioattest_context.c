
/*
 * The context of a request, and its state.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_state.h"
#include "request/ngx_http_ioattest_wait.h"
#include "request/ngx_http_ioattest_buffer.h"


/*
 * A redirect wipes r->ctx, so the pool keeps the context as well, in a
 * cleanup record that is found by its handler.
 */
typedef struct {
    ngx_http_ioattest_ctx_t     *ctx;
} ngx_http_ioattest_record_t;


static ngx_http_ioattest_record_t *ngx_http_ioattest_record(
    ngx_http_request_t *r);
static void ngx_http_ioattest_record_cleanup(void *data);
static void ngx_http_ioattest_ctx_cleanup(void *data);


ngx_http_ioattest_ctx_t *
ngx_http_ioattest_ctx_create(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t          *pcln;
    ngx_http_cleanup_t          *cln;
    ngx_http_ioattest_ctx_t     *ctx;
    ngx_http_ioattest_record_t  *record;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_ioattest_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    ctx->request = r;
    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_http_ioattest_module);

    ctx->saved.http_version = r->http_version;
    ctx->saved.limit_rate = r->limit_rate;
    ctx->saved.limit_rate_set = r->limit_rate_set;

    ngx_http_ioattest_buffer_init(&ctx->response.held);
    ctx->response.flow.last = &ctx->response.flow.chain;

    ngx_http_ioattest_wait_init(ctx);

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_ioattest_ctx_cleanup;
    cln->data = ctx;

    record = ngx_http_ioattest_record(r);

    if (record == NULL) {
        pcln = ngx_pool_cleanup_add(r->main->pool,
                                    sizeof(ngx_http_ioattest_record_t));
        if (pcln == NULL) {
            return NULL;
        }

        pcln->handler = ngx_http_ioattest_record_cleanup;
        record = pcln->data;
        record->ctx = NULL;
    }

    /* after a redirect, the request begins anew */

    ctx->previous = record->ctx;
    record->ctx = ctx;

    ngx_http_set_ctx(r, ctx, ngx_http_ioattest_module);

    return ctx;
}


ngx_http_ioattest_ctx_t *
ngx_http_ioattest_ctx_find(ngx_http_request_t *r, ngx_uint_t *redirected)
{
    ngx_http_ioattest_ctx_t     *ctx;
    ngx_http_ioattest_record_t  *record;

    ctx = ngx_http_get_module_ctx(r, ngx_http_ioattest_module);

    if (redirected) {
        *redirected = (ctx == NULL);
    }

    if (ctx) {
        return ctx;
    }

    record = ngx_http_ioattest_record(r);

    return record ? record->ctx : NULL;
}


static ngx_http_ioattest_record_t *
ngx_http_ioattest_record(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = r->main->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_ioattest_record_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


static void
ngx_http_ioattest_record_cleanup(void *data)
{
    /* the record is only a mark: there is nothing to free */
    (void) data;
}


/* Called when the request ends, or when its client is gone. */

static void
ngx_http_ioattest_ctx_cleanup(void *data)
{
    ngx_http_ioattest_wait_end(data);
}


ngx_int_t
ngx_http_ioattest_set_state(ngx_http_ioattest_ctx_t *ctx,
    ngx_http_ioattest_state_e state)
{
    ngx_log_t                  *log;
    ngx_http_ioattest_state_e   from;

    log = ctx->request->connection->log;
    from = ctx->state;

    ctx->state = ngx_http_ioattest_state_next(from, state,
                                              ctx->conf->dry_run);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, 0, "ioattest state: %s -> %s",
                   ngx_http_ioattest_state_name(from),
                   ngx_http_ioattest_state_name(ctx->state));

    if (ngx_http_ioattest_state_may(from, state, ctx->conf->dry_run)) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ALERT, log, 0,
                  "ioattest: a request cannot go from state \"%s\" into "
                  "\"%s\": it is refused",
                  ngx_http_ioattest_state_name(from),
                  ngx_http_ioattest_state_name(state));

    if (ctx->reason == IOA_OK) {
        ctx->reason = IOA_NO_SIGNATURE;
        ctx->status = ioa_status_http(IOA_NO_SIGNATURE);
    }

    return NGX_ERROR;
}


ngx_http_ioattest_counters_t *
ngx_http_ioattest_counters(ngx_http_ioattest_ctx_t *ctx)
{
    return ngx_http_ioattest_store_counters(ctx->conf->zone);
}


uint64_t
ngx_http_ioattest_now_us(void)
{
    struct timespec  ts;

    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0) {
        return 0;
    }

    return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}
