
/*
 * Bytes of a response that are kept until it is known whether the client may
 * have them.  They are copied, so that the upstream has its buffers back.
 */


#include "ngx_http_ioattest.h"


void
ngx_http_ioattest_held_init(ngx_http_ioattest_held_t *held)
{
    ngx_memzero(held, sizeof(ngx_http_ioattest_held_t));

    held->last = &held->chain;
}


ngx_int_t
ngx_http_ioattest_held_append(ngx_http_request_t *r,
    ngx_http_ioattest_held_t *held, const u_char *data, size_t n,
    size_t chunk)
{
    size_t        m;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    while (n) {

        b = held->tail;

        if (b == NULL || b->last == b->end) {

            cl = ngx_chain_get_free_buf(r->pool, &held->free);
            if (cl == NULL) {
                return NGX_ERROR;
            }

            b = cl->buf;

            if (b->start == NULL) {
                b->start = ngx_palloc(r->pool, chunk);
                if (b->start == NULL) {
                    return NGX_ERROR;
                }

                b->pos = b->start;
                b->last = b->start;
                b->end = b->start + chunk;
                b->temporary = 1;
                b->tag = (ngx_buf_tag_t) &ngx_http_ioattest_module;
            }

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


ngx_chain_t **
ngx_http_ioattest_held_take(ngx_http_request_t *r,
    ngx_http_ioattest_held_t *held, ngx_chain_t **ll, size_t n)
{
    size_t        m;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    held->size -= n;

    while (n) {

        cl = held->chain;
        b = cl->buf;
        m = b->last - b->pos;

        if (m > n) {

            /* only its beginning */

            cl = ngx_alloc_chain_link(r->pool);
            if (cl == NULL) {
                return NULL;
            }

            cl->buf = ngx_create_temp_buf(r->pool, n);
            if (cl->buf == NULL) {
                return NULL;
            }

            cl->buf->last = ngx_cpymem(cl->buf->last, b->pos, n);
            b->pos += n;
            m = n;

        } else {
            held->chain = cl->next;

            if (held->chain == NULL) {
                held->last = &held->chain;
                held->tail = NULL;
            }
        }

        cl->next = NULL;
        *ll = cl;
        ll = &cl->next;
        n -= m;
    }

    return ll;
}


void
ngx_http_ioattest_held_cut(ngx_http_ioattest_held_t *held, uint64_t off,
    uint64_t len)
{
    size_t         m, at;
    ngx_buf_t     *b;
    ngx_chain_t   *cl, **ll;

    ll = &held->chain;

    for (cl = held->chain; cl && len; cl = cl->next) {

        b = cl->buf;
        m = b->last - b->pos;

        if (off < m) {
            at = (size_t) off;
            m = (size_t) ngx_min(len, (uint64_t) (m - at));

            ngx_memmove(b->pos + at, b->pos + at + m,
                        b->last - b->pos - at - m);
            b->last -= m;

            held->size -= m;
            len -= m;
            off = 0;

        } else {
            off -= m;
        }
    }

    /* a buffer with nothing in it may not go down the filters */

    for (cl = held->chain; cl; cl = cl->next) {
        if (cl->buf->last != cl->buf->pos) {
            *ll = cl;
            ll = &cl->next;
        }
    }

    *ll = NULL;
    held->last = ll;
    held->tail = NULL;
}


ngx_int_t
ngx_http_ioattest_held_end(ngx_http_request_t *r,
    ngx_http_ioattest_held_t *held, ngx_uint_t truncated)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    b = ngx_calloc_buf(r->pool);
    cl = ngx_alloc_chain_link(r->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    /* what the upstream broke off, a dry run breaks off likewise */

    b->last_buf = !truncated;
    b->flush = truncated;

    cl->buf = b;
    cl->next = NULL;

    *held->last = cl;
    held->last = &cl->next;

    return NGX_OK;
}
