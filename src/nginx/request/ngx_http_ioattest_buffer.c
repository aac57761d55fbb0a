
/*
 * Bytes of a response that are held until its verdict.  They are copied, so
 * that the upstream gets its buffers back.
 *
 * A long response is held in blocks that the worker keeps for the next one:
 * memory that is new from the kernel costs more than all else that is done
 * to these bytes.
 */


#include "request/ngx_http_ioattest_buffer.h"


#define NGX_HTTP_IOATTEST_BLOCK       65536
#define NGX_HTTP_IOATTEST_BLOCK_HEAD  64

/* a response that is longer is a long one */
#define NGX_HTTP_IOATTEST_LONG        32768

/* blocks that a worker keeps: 4 MB */
#define NGX_HTTP_IOATTEST_BLOCKS_MAX  64


/* What is held begins NGX_HTTP_IOATTEST_BLOCK_HEAD bytes behind its start. */
struct ngx_http_ioattest_block_s {
    ngx_http_ioattest_block_t   *next;
};


typedef struct {
    ngx_http_ioattest_block_t   *free;
    ngx_uint_t                   n;
} ngx_http_ioattest_blocks_t;


static ngx_buf_t *ngx_http_ioattest_buffer_new(ngx_http_request_t *r,
    ngx_http_ioattest_buffer_t *held, size_t chunk);
static ngx_buf_t *ngx_http_ioattest_buffer_block(ngx_http_request_t *r,
    ngx_http_ioattest_buffer_t *held);
static void ngx_http_ioattest_buffer_cleanup(void *data);


static ngx_http_ioattest_blocks_t  ngx_http_ioattest_blocks;


void
ngx_http_ioattest_buffer_init(ngx_http_ioattest_buffer_t *held)
{
    ngx_memzero(held, sizeof(ngx_http_ioattest_buffer_t));

    held->last = &held->chain;
}


ngx_int_t
ngx_http_ioattest_buffer_append(ngx_http_request_t *r,
    ngx_http_ioattest_buffer_t *held, const u_char *data, size_t n,
    size_t chunk)
{
    size_t        m;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    while (n) {

        b = held->tail;

        if (b == NULL || b->last == b->end) {

            b = ngx_http_ioattest_buffer_new(r, held, chunk);
            cl = ngx_alloc_chain_link(r->pool);

            if (b == NULL || cl == NULL) {
                return NGX_ERROR;
            }

            cl->buf = b;
            cl->next = NULL;
            *held->last = cl;
            held->last = &cl->next;
            held->tail = b;
        }

        m = ngx_min(n, (size_t) (b->end - b->last));

        b->last = ngx_cpymem(b->last, data, m);
        held->size += m;
        data += m;
        n -= m;
    }

    return NGX_OK;
}


static ngx_buf_t *
ngx_http_ioattest_buffer_new(ngx_http_request_t *r,
    ngx_http_ioattest_buffer_t *held, size_t chunk)
{
    return (held->size < NGX_HTTP_IOATTEST_LONG)
           ? ngx_create_temp_buf(r->pool, chunk)
           : ngx_http_ioattest_buffer_block(r, held);
}


static ngx_buf_t *
ngx_http_ioattest_buffer_block(ngx_http_request_t *r,
    ngx_http_ioattest_buffer_t *held)
{
    ngx_buf_t                   *b;
    ngx_pool_cleanup_t          *cln;
    ngx_http_ioattest_block_t   *block;
    ngx_http_ioattest_blocks_t  *blocks;

    blocks = &ngx_http_ioattest_blocks;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NULL;
    }

    if (held->blocks == NULL) {

        cln = ngx_pool_cleanup_add(r->pool,
                                   sizeof(ngx_http_ioattest_block_t *));
        if (cln == NULL) {
            return NULL;
        }

        held->blocks = cln->data;
        *held->blocks = NULL;
        cln->handler = ngx_http_ioattest_buffer_cleanup;
    }

    block = blocks->free;

    if (block) {
        blocks->free = block->next;
        blocks->n--;

    } else {
        block = ngx_alloc(NGX_HTTP_IOATTEST_BLOCK, r->connection->log);
        if (block == NULL) {
            return NULL;
        }
    }

    block->next = *held->blocks;
    *held->blocks = block;

    b->start = (u_char *) block + NGX_HTTP_IOATTEST_BLOCK_HEAD;
    b->end = (u_char *) block + NGX_HTTP_IOATTEST_BLOCK;
    b->pos = b->start;
    b->last = b->start;
    b->temporary = 1;

    return b;
}


/* The request ends, and all that was to be sent of it has been. */

static void
ngx_http_ioattest_buffer_cleanup(void *data)
{
    ngx_http_ioattest_block_t **held = data;

    ngx_http_ioattest_block_t   *block, *next;
    ngx_http_ioattest_blocks_t  *blocks;

    blocks = &ngx_http_ioattest_blocks;

    for (block = *held; block; block = next) {
        next = block->next;

        if (blocks->n == NGX_HTTP_IOATTEST_BLOCKS_MAX) {
            ngx_free(block);
            continue;
        }

        block->next = blocks->free;
        blocks->free = block;
        blocks->n++;
    }
}


ngx_int_t
ngx_http_ioattest_buffer_end(ngx_http_request_t *r,
    ngx_http_ioattest_buffer_t *held, ngx_uint_t truncated)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    b = ngx_calloc_buf(r->pool);
    cl = ngx_alloc_chain_link(r->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    /* a response that the upstream broke off also breaks off in a dry run */

    b->last_buf = !truncated;
    b->flush = truncated;

    cl->buf = b;
    cl->next = NULL;

    *held->last = cl;
    held->last = &cl->next;

    return NGX_OK;
}


void
ngx_http_ioattest_buffer_consume(ngx_chain_t *in)
{
    ngx_chain_t  *cl;

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }
}
