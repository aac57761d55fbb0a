
/*
 * The output of a stream: slices of the upstream's own buffers that are sent
 * at once, and bytes that are held.
 *
 * An upstream's buffer is given back when its last slice has been sent, so
 * that a slow client slows the upstream down.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_output.h"
#include "request/ngx_http_ioattest_buffer.h"
#include "response/ngx_http_ioattest_response.h"


#define NGX_HTTP_IOATTEST_FLOW_CHUNK  4096


static int ngx_http_ioattest_flow_shown(ngx_http_ioattest_ctx_t *ctx,
    const ioa_sse_piece_t *piece);
static void ngx_http_ioattest_flow_settle(ngx_http_ioattest_ctx_t *ctx);


int
ngx_http_ioattest_flow_sink(void *data, const ioa_sse_piece_t *piece)
{
    ngx_http_ioattest_ctx_t *ctx = data;

    size_t  room;

    if (piece->held) {
        room = ctx->conf->buffer_size;
        room -= ngx_min(ctx->response.held.size, room);

        /* the end of a verified stream is never refused for its size */

        if (piece->len > room
            && ctx->state != NGX_HTTP_IOATTEST_STATE_RELEASED)
        {
            return 0;
        }

        if (ctx->conf->dry_run) {
            ctx->response.held.size += piece->len;
            return 1;
        }

        if (ngx_http_ioattest_buffer_append(ctx->request, &ctx->response.held,
                               piece->data, piece->len,
                               ctx->response.headed
                               ? NGX_HTTP_IOATTEST_FLOW_CHUNK
                               : 4 * NGX_HTTP_IOATTEST_FLOW_CHUNK)
            != NGX_OK)
        {
            ctx->response.flow.no_memory = 1;
            return 0;
        }

        return 1;
    }

    return ctx->conf->dry_run || ngx_http_ioattest_flow_shown(ctx, piece);
}


static int
ngx_http_ioattest_flow_shown(ngx_http_ioattest_ctx_t *ctx,
    const ioa_sse_piece_t *piece)
{
    ngx_buf_t  *b;

    b = ngx_http_ioattest_flow_get(ctx, piece->from == IOA_SSE_COPY
                                          ? piece->len : 0);

    if (b == NULL || ngx_http_ioattest_flow_link(ctx, b) != NGX_OK) {
        ctx->response.flow.no_memory = 1;
        return 0;
    }

    if (piece->from == IOA_SSE_COPY) {
        b->pos = b->start;
        b->last = ngx_cpymem(b->pos, piece->data, piece->len);
        b->temporary = 1;

    } else {
        b->pos = (u_char *) piece->data;
        b->last = b->pos + piece->len;
        b->memory = 1;
    }

    ctx->response.flow.tail = b;

    return 1;
}


/* An empty buffer with room for size bytes. */

ngx_buf_t *
ngx_http_ioattest_flow_get(ngx_http_ioattest_ctx_t *ctx, size_t size)
{
    size_t        room;
    u_char       *start, *end;
    ngx_buf_t    *b;
    ngx_pool_t   *pool;
    ngx_chain_t  *cl;

    pool = ctx->request->pool;
    cl = ctx->response.flow.free;

    if (cl) {
        ctx->response.flow.free = cl->next;
        b = cl->buf;
        ngx_free_chain(pool, cl);

    } else {
        b = ngx_calloc_buf(pool);
        if (b == NULL) {
            return NULL;
        }
    }

    start = b->start;
    end = b->end;

    if (size > (size_t) (end - start)) {

        /* doubled, since what the pool gave for a buffer is never freed */

        room = NGX_HTTP_IOATTEST_FLOW_CHUNK;

        while (room < size) {
            room *= 2;
        }

        start = ngx_palloc(pool, room);
        if (start == NULL) {
            return NULL;
        }

        end = start + room;
    }

    ngx_memzero(b, sizeof(ngx_buf_t));

    b->start = start;
    b->end = end;
    b->tag = (ngx_buf_tag_t) &ngx_http_ioattest_module;

    return b;
}


ngx_int_t
ngx_http_ioattest_flow_link(ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b)
{
    ngx_chain_t  *cl;

    cl = ngx_alloc_chain_link(ctx->request->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = b;
    cl->next = NULL;

    *ctx->response.flow.last = cl;
    ctx->response.flow.last = &cl->next;

    return NGX_OK;
}


ngx_int_t
ngx_http_ioattest_flow_send(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_ioattest_next_body(ctx->request, ctx->response.flow.chain);

    ngx_http_ioattest_flow_settle(ctx);

    return rc;
}


/*
 * As ngx_chain_update_chains().  Slices are sent in order, so a buffer of the
 * upstream has been sent when its last slice has.
 */

static void
ngx_http_ioattest_flow_settle(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_buf_t                 *b;
    ngx_chain_t               *cl, **ll;
    ngx_http_ioattest_flow_t  *flow;

    flow = &ctx->response.flow;

    for (ll = &flow->busy; *ll; ll = &(*ll)->next) { /* void */ }

    *ll = flow->chain;

    flow->chain = NULL;
    flow->last = &flow->chain;

    while (flow->busy) {
        cl = flow->busy;
        b = cl->buf;

        if (ngx_buf_size(b) != 0) {
            break;
        }

        flow->busy = cl->next;

        if (b->tag != (ngx_buf_tag_t) &ngx_http_ioattest_module) {
            ngx_free_chain(ctx->request->pool, cl);
            continue;
        }

        if (b->shadow) {
            b->shadow->pos = b->shadow->last;
            b->shadow->file_pos = b->shadow->file_last;
            b->shadow = NULL;
        }

        cl->next = flow->free;
        flow->free = cl;
    }
}


ngx_int_t
ngx_http_ioattest_flow_push(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = ctx->request;
    rc = NGX_OK;

    if (ctx->response.headed
        && (r->connection->buffered
            || r->postponed
            || (r->buffered & ~NGX_HTTP_IOATTEST_BUFFERED)))
    {
        rc = ngx_http_ioattest_next_body(r, NULL);
    }

    ngx_http_ioattest_flow_settle(ctx);

    return rc;
}
