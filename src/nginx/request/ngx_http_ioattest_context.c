
/*
 * The context of a request, its state, and the waiting of a request for an
 * attestation.
 */


#include "request/ngx_http_ioattest.h"


#define NGX_HTTP_IOATTEST_POLL_FIRST  5     /* ms */
#define NGX_HTTP_IOATTEST_POLL_LAST   80


/*
 * A redirect wipes r->ctx, so what we know of a request hangs on its pool as
 * well, in a cleanup record found by the address of its handler.
 */
typedef struct {
    ngx_http_ioattest_ctx_t     *ctx;
} ngx_http_ioattest_record_t;


static ngx_http_ioattest_record_t *ngx_http_ioattest_record(
    ngx_http_request_t *r);
static void ngx_http_ioattest_record_cleanup(void *data);
static void ngx_http_ioattest_ctx_cleanup(void *data);
static void ngx_http_ioattest_poll_handler(ngx_event_t *ev);


static ngx_queue_t  ngx_http_ioattest_waiters;


#if (NGX_DEBUG)

static const char  *ngx_http_ioattest_state_names[] = {
    "new", "reading", "gate", "ready", "hold", "stream", "recheck",
    "released", "refused", "exempt"
};

#endif


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

    ctx->http_version = r->http_version;
    ctx->limit_rate = r->limit_rate;
    ctx->limit_rate_set = r->limit_rate_set;

    ngx_http_ioattest_held_init(&ctx->held);
    ctx->flow.last = &ctx->flow.chain;

    ctx->poll.data = ctx;
    ctx->poll.handler = ngx_http_ioattest_poll_handler;
    ctx->poll.log = r->connection->log;

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

    /* a redirection starts anew */

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
    /* the record is a mark: there is nothing to free */
    (void) data;
}


/* Runs when the request ends, or when its client is gone. */

static void
ngx_http_ioattest_ctx_cleanup(void *data)
{
    ngx_http_ioattest_wait_end(data);
}


void
ngx_http_ioattest_set_state(ngx_http_ioattest_ctx_t *ctx,
    ngx_http_ioattest_state_e state)
{
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ctx->request->connection->log, 0,
                   "ioattest state: %s -> %s",
                   ngx_http_ioattest_state_names[ctx->state],
                   ngx_http_ioattest_state_names[state]);

    ctx->state = state;
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


/*
 * Starts the clock of a wait: ioattest_timeout before the request is sent
 * and once more for its response; in a dry run once in all.
 */

void
ngx_http_ioattest_wait_begin(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_msec_t  timeout;

    if (ctx->waiting) {
        return;
    }

    timeout = ctx->conf->timeout;

    if (ctx->conf->dry_run) {
        timeout -= ngx_min(ctx->waited, timeout);
    }

    ctx->waiting = 1;
    ctx->wait_from = ngx_current_msec;
    ctx->deadline = ngx_current_msec + timeout;
    ctx->poll_delay = NGX_HTTP_IOATTEST_POLL_FIRST;
}


void
ngx_http_ioattest_wait_end(ngx_http_ioattest_ctx_t *ctx)
{
    if (ctx->poll.timer_set) {
        ngx_del_timer(&ctx->poll);
    }

    if (ctx->beat.timer_set) {
        ngx_del_timer(&ctx->beat);
    }

    if (ctx->queued) {
        ngx_queue_remove(&ctx->waiters);
        ctx->queued = 0;
    }

    if (ctx->waiting) {
        ctx->waited += ngx_current_msec - ctx->wait_from;
        ctx->waiting = 0;
    }
}


ngx_uint_t
ngx_http_ioattest_wait_over(ngx_http_ioattest_ctx_t *ctx)
{
    return ctx->waiting
           && (ngx_msec_int_t) (ctx->deadline - ngx_current_msec) <= 0;
}


/* Looks again a little later; what ends in this worker wakes it before. */

void
ngx_http_ioattest_wait_poll(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_msec_int_t  left;

    left = (ngx_msec_int_t) (ctx->deadline - ngx_current_msec);
    left = ngx_max(left, 1);

    ngx_add_timer(&ctx->poll,
                  ngx_min(ctx->poll_delay, (ngx_msec_t) left));

    ctx->poll_delay = ngx_min(ctx->poll_delay * 2,
                              NGX_HTTP_IOATTEST_POLL_LAST);

    if (ngx_http_ioattest_waiters.next == NULL) {
        ngx_queue_init(&ngx_http_ioattest_waiters);
    }

    if (!ctx->queued) {
        ngx_queue_insert_tail(&ngx_http_ioattest_waiters, &ctx->waiters);
        ctx->queued = 1;
    }
}


void
ngx_http_ioattest_wait_wake(const u_char *key32)
{
    ngx_queue_t              *q;
    ngx_http_ioattest_ctx_t  *ctx;

    if (ngx_http_ioattest_waiters.next == NULL) {
        return;
    }

    for (q = ngx_queue_head(&ngx_http_ioattest_waiters);
         q != ngx_queue_sentinel(&ngx_http_ioattest_waiters);
         q = ngx_queue_next(q))
    {
        ctx = ngx_queue_data(q, ngx_http_ioattest_ctx_t, waiters);

        if (ctx->poll.timer_set
            && (ngx_memcmp(ctx->model.key, key32,
                           NGX_HTTP_IOATTEST_KEY_LEN) == 0
                || ngx_memcmp(ctx->key.list, key32,
                              NGX_HTTP_IOATTEST_KEY_LEN) == 0))
        {
            /* a timer that is set is not moved by less than 300 ms */
            ngx_del_timer(&ctx->poll);
            ngx_add_timer(&ctx->poll, 0);
        }
    }
}


static void
ngx_http_ioattest_poll_handler(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_ioattest_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, c->log, 0, "ioattest poll");

    if (ctx->queued) {
        ngx_queue_remove(&ctx->waiters);
        ctx->queued = 0;
    }

    if (ctx->state == NGX_HTTP_IOATTEST_GATE) {
        r->write_event_handler = ngx_http_core_run_phases;
        ngx_http_core_run_phases(r);

    } else {
        ngx_http_ioattest_hold_resume(r);
    }

    ngx_http_run_posted_requests(c);
}
