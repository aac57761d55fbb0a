
/*
 * A request that waits for an attestation or a models list: it polls the
 * zone, and is woken when one of its own worker ends.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_wait.h"


#define NGX_HTTP_IOATTEST_POLL_FIRST  5     /* ms */
#define NGX_HTTP_IOATTEST_POLL_LAST   80

/* the longest wait in a dry run, ms */
#define NGX_HTTP_IOATTEST_WAIT_DRY    10000


static void ngx_http_ioattest_wait_queue(ngx_http_ioattest_ctx_t *ctx);
static void ngx_http_ioattest_wait_handler(ngx_event_t *ev);


void  (*ngx_http_ioattest_wait_hook)(void);


static ngx_queue_t  ngx_http_ioattest_waiters;


void
ngx_http_ioattest_wait_init(ngx_http_ioattest_ctx_t *ctx)
{
    ctx->wait.poll.data = ctx;
    ctx->wait.poll.handler = ngx_http_ioattest_wait_handler;
    ctx->wait.poll.log = ctx->request->connection->log;
}


/*
 * Starts the clock of a wait.  "ioattest_wait" bounds the waits before the
 * request is sent and for its response together.
 */

void
ngx_http_ioattest_wait_begin(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_msec_t                     wait;
    ngx_http_ioattest_counters_t  *counters;

    if (ctx->wait.waiting) {
        return;
    }

    wait = ctx->conf->wait;

    if (ctx->conf->dry_run) {
        wait = ngx_min(wait, NGX_HTTP_IOATTEST_WAIT_DRY);
    }

    if (ctx->wait.from == 0) {
        counters = ngx_http_ioattest_store_counters(ctx->conf->zone);
        (void) ngx_atomic_fetch_add(&counters->requests_waited, 1);
    }

    ctx->wait.waiting = 1;
    ctx->wait.from = ngx_current_msec;
    ctx->wait.deadline = ngx_current_msec + wait
                         - ngx_min(ctx->wait.waited, wait);
    ctx->wait.delay = NGX_HTTP_IOATTEST_POLL_FIRST;
}


void
ngx_http_ioattest_wait_end(ngx_http_ioattest_ctx_t *ctx)
{
    if (ctx->wait.poll.timer_set) {
        ngx_del_timer(&ctx->wait.poll);
    }

    if (ctx->wait.beat.timer_set) {
        ngx_del_timer(&ctx->wait.beat);
    }

    if (ctx->wait.queued) {
        ngx_queue_remove(&ctx->wait.waiters);
        ctx->wait.queued = 0;
    }

    if (ctx->wait.waiting) {
        ctx->wait.waited += ngx_current_msec - ctx->wait.from;
        ctx->wait.waiting = 0;
    }
}


ngx_uint_t
ngx_http_ioattest_wait_over(ngx_http_ioattest_ctx_t *ctx)
{
    return ctx->wait.waiting
           && (ngx_msec_int_t) (ctx->wait.deadline - ngx_current_msec) <= 0;
}


/* Polls again after a delay; attestations of this worker wake it earlier. */

void
ngx_http_ioattest_wait_poll(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_msec_int_t  left;

    left = (ngx_msec_int_t) (ctx->wait.deadline - ngx_current_msec);
    left = ngx_max(left, 1);

    ngx_add_timer(&ctx->wait.poll,
                  ngx_min(ctx->wait.delay, (ngx_msec_t) left));

    ctx->wait.delay = ngx_min(ctx->wait.delay * 2,
                              NGX_HTTP_IOATTEST_POLL_LAST);

    if (!ctx->wait.queued) {
        ngx_http_ioattest_wait_queue(ctx);
        ctx->wait.queued = 1;
    }
}


/* The queue is in order of arrival, however often a request has polled. */

static void
ngx_http_ioattest_wait_queue(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_queue_t              *q;
    ngx_http_ioattest_ctx_t  *other;

    if (ngx_http_ioattest_waiters.next == NULL) {
        ngx_queue_init(&ngx_http_ioattest_waiters);
    }

    for (q = ngx_queue_last(&ngx_http_ioattest_waiters);
         q != ngx_queue_sentinel(&ngx_http_ioattest_waiters);
         q = ngx_queue_prev(q))
    {
        other = ngx_queue_data(q, ngx_http_ioattest_ctx_t, wait.waiters);

        if ((ngx_msec_int_t) (other->wait.from - ctx->wait.from) <= 0) {
            break;
        }
    }

    ngx_queue_insert_after(q, &ctx->wait.waiters);
}


void
ngx_http_ioattest_wait_wake(const u_char *key32)
{
    ngx_queue_t              *q;
    ngx_http_ioattest_ctx_t  *ctx;

    if (ngx_http_ioattest_wait_hook) {
        ngx_http_ioattest_wait_hook();
    }

    if (ngx_http_ioattest_waiters.next == NULL) {
        return;
    }

    for (q = ngx_queue_head(&ngx_http_ioattest_waiters);
         q != ngx_queue_sentinel(&ngx_http_ioattest_waiters);
         q = ngx_queue_next(q))
    {
        ctx = ngx_queue_data(q, ngx_http_ioattest_ctx_t, wait.waiters);

        if (ctx->wait.poll.timer_set
            && (ngx_memcmp(ctx->model.key, key32,
                           NGX_HTTP_IOATTEST_KEY_LEN) == 0
                || ngx_memcmp(ctx->key.list, key32,
                              NGX_HTTP_IOATTEST_KEY_LEN) == 0))
        {
            /* nginx does not move a timer that is set by less than 300 ms */
            ngx_del_timer(&ctx->wait.poll);
            ngx_add_timer(&ctx->wait.poll, 0);
        }
    }
}


static void
ngx_http_ioattest_wait_handler(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_ioattest_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, c->log, 0, "ioattest poll");

    if (ctx->wait.queued) {
        ngx_queue_remove(&ctx->wait.waiters);
        ctx->wait.queued = 0;
    }

    r->write_event_handler = ctx->wait.resume;
    ctx->wait.resume(r);

    ngx_http_run_posted_requests(c);
}
