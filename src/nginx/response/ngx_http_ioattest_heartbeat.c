
/*
 * Keeps a stream alive that has begun and waits for its verdict: a comment of
 * an event stream is sent every 15 seconds.
 */


#include "request/ngx_http_ioattest_context.h"
#include "response/ngx_http_ioattest_response.h"


#define NGX_HTTP_IOATTEST_HEARTBEAT  15000   /* ms */


static void ngx_http_ioattest_heartbeat_send(ngx_event_t *ev);


static u_char  ngx_http_ioattest_heartbeat[] = ":\n";


void
ngx_http_ioattest_heartbeat_start(ngx_http_ioattest_ctx_t *ctx)
{
    if (ctx->conf->dry_run || ctx->wait.beat.timer_set) {
        return;
    }

    ctx->wait.beat.data = ctx;
    ctx->wait.beat.handler = ngx_http_ioattest_heartbeat_send;
    ctx->wait.beat.log = ctx->request->connection->log;

    ngx_add_timer(&ctx->wait.beat, NGX_HTTP_IOATTEST_HEARTBEAT);
}


static void
ngx_http_ioattest_heartbeat_send(ngx_event_t *ev)
{
    ngx_int_t                 rc;
    ngx_buf_t                *b;
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_ioattest_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    rc = NGX_OK;

    /* not while the client has not taken what was sent before */

    if (!c->buffered && (r->buffered & ~NGX_HTTP_IOATTEST_BUFFERED) == 0) {
        b = ngx_http_ioattest_flow_get(ctx, 0);

        if (b == NULL || ngx_http_ioattest_flow_link(ctx, b) != NGX_OK) {
            rc = NGX_ERROR;

        } else {
            b->pos = ngx_http_ioattest_heartbeat;
            b->last = b->pos + sizeof(ngx_http_ioattest_heartbeat) - 1;
            b->memory = 1;
            b->flush = 1;

            rc = ngx_http_ioattest_flow_send(ctx);
        }
    }

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);

    } else {
        ngx_add_timer(ev, NGX_HTTP_IOATTEST_HEARTBEAT);

        /* what the client does not take at once is sent by that handler */
        r->write_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}
