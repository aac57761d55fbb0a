
/*
 * Bytes of a response that are held until its verdict.  They are copied, so
 * that the upstream gets its buffers back.
 */


#include "request/ngx_http_ioattest_buffer.h"


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

            b = ngx_create_temp_buf(r->pool, chunk);
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
