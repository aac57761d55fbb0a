
/*
 * The body filter: collects a response that is held, and hands it over when
 * its end has come.
 */


#include "ngx_http_ioattest.h"


#define NGX_HTTP_IOATTEST_CHUNK  16384


static ngx_int_t ngx_http_ioattest_body_collect(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);
static ngx_int_t ngx_http_ioattest_body_append(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b);
static ngx_int_t ngx_http_ioattest_body_too_large(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);


ngx_int_t
ngx_http_ioattest_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_ioattest_ctx_t  *ctx;
    ngx_http_ioattest_job_t  *job;

    if (r != r->main) {
        job = ngx_http_ioattest_job_find(r);

        if (job) {
            return ngx_http_ioattest_job_body(job, in);
        }

        return ngx_http_ioattest_next_body(r, in);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_ioattest_module);

    if (ctx == NULL) {
        return ngx_http_ioattest_next_body(r, in);
    }

    switch (ctx->state) {

    case NGX_HTTP_IOATTEST_RELEASED:
    case NGX_HTTP_IOATTEST_EXEMPT:
        return ngx_http_ioattest_next_body(r, in);

    case NGX_HTTP_IOATTEST_REFUSED:
        return ngx_http_ioattest_refuse_body(r, ctx, in);

    case NGX_HTTP_IOATTEST_HOLD:
    case NGX_HTTP_IOATTEST_RECHECK:

        if (in == NULL) {

            /* ngx_http_writer() calls: the request has left its upstream */

            if (ctx->complete) {
                r->write_event_handler = ngx_http_ioattest_hold_resume;

                if (ngx_http_post_request(r, NULL) != NGX_OK) {
                    return NGX_ERROR;
                }
            }

            return NGX_OK;
        }

        return ngx_http_ioattest_body_collect(r, ctx, in);

    default:
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "ioattest: body in state %d", ctx->state);
        return NGX_ERROR;
    }
}


static ngx_int_t
ngx_http_ioattest_body_collect(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in)
{
    ngx_buf_t    *b;
    ngx_uint_t    last, flush;
    ngx_chain_t  *cl;

    last = 0;
    flush = 0;

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;

        last |= b->last_buf;
        flush |= b->flush;

        if (ngx_buf_special(b)) {
            continue;
        }

        if (!ngx_buf_in_memory(b)) {
            ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                          "ioattest: buffer not in memory");
            return NGX_ERROR;
        }

        if ((size_t) (b->last - b->pos)
            > ctx->conf->buffer_size - ctx->held_size)
        {
            return ngx_http_ioattest_body_too_large(r, ctx, cl);
        }

        if (ngx_http_ioattest_body_append(r, ctx, b) != NGX_OK) {
            return NGX_ERROR;
        }

        b->pos = b->last;
        b->file_pos = b->file_last;
    }

    if (last) {
        return ngx_http_ioattest_hold_post(r, ctx);
    }

    /*
     * A response that the upstream broke off ends in a flush without the
     * last buffer, and with the upstream already given up
     * (ngx_http_upstream_finalize_request()).
     */

    if (flush && r->upstream && r->upstream->cleanup == NULL) {
        ctx->truncated = 1;
        ctx->failed = IOA_RESPONSE_HASH_MISMATCH;
        return ngx_http_ioattest_hold_post(r, ctx);
    }

    return NGX_OK;
}


/* What is held is copied, so that the upstream has its buffers back. */

static ngx_int_t
ngx_http_ioattest_body_append(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b)
{
    size_t        n, room;
    u_char       *p;
    ngx_buf_t    *t;
    ngx_chain_t  *cl;

    p = b->pos;

    while (p < b->last) {

        t = ctx->held_tail;

        if (t == NULL || t->last == t->end) {
            room = ngx_max((size_t) (b->last - p), NGX_HTTP_IOATTEST_CHUNK);

            t = ngx_create_temp_buf(r->pool, room);
            cl = ngx_alloc_chain_link(r->pool);

            if (t == NULL || cl == NULL) {
                return NGX_ERROR;
            }

            cl->buf = t;
            cl->next = NULL;
            *ctx->held_last = cl;
            ctx->held_last = &cl->next;
            ctx->held_tail = t;
        }

        n = ngx_min((size_t) (b->last - p), (size_t) (t->end - t->last));

        t->last = ngx_cpymem(t->last, p, n);
        ctx->held_size += n;
        p += n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_body_too_large(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in)
{
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    if (ctx->conf->dry_run) {

        (void) ngx_http_ioattest_refuse(ctx, IOA_BODY_TOO_LARGE, NULL);
        ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_EXEMPT);

        rc = ngx_http_ioattest_next_header(r);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            return rc;
        }

        *ctx->held_last = in;

        return ngx_http_ioattest_next_body(r, ctx->held ? ctx->held : in);
    }

    /* the rest is not worth waiting for */

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    ctx->failed = IOA_BODY_TOO_LARGE;

    return ngx_http_ioattest_hold_post(r, ctx);
}
