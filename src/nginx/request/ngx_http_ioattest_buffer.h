
/*
 * Bytes of a response that are held, copied into buffers of our own.
 */


#ifndef _NGX_HTTP_IOATTEST_BUFFER_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_BUFFER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


typedef struct ngx_http_ioattest_block_s  ngx_http_ioattest_block_t;

typedef struct {
    ngx_chain_t                 *chain;
    ngx_chain_t                **last;
    ngx_buf_t                   *tail;
    size_t                       size;
    ngx_http_ioattest_block_t  **blocks;    /* NULL: none so far */
} ngx_http_ioattest_buffer_t;


void ngx_http_ioattest_buffer_init(ngx_http_ioattest_buffer_t *held);
ngx_int_t ngx_http_ioattest_buffer_append(ngx_http_request_t *r,
    ngx_http_ioattest_buffer_t *held, const u_char *data, size_t n,
    size_t chunk);

/* Adds the last buffer, or a flush if the response was broken off. */
ngx_int_t ngx_http_ioattest_buffer_end(ngx_http_request_t *r,
    ngx_http_ioattest_buffer_t *held, ngx_uint_t truncated);

/* Marks the buffers of a chain as sent, so that their owner gets them back. */
void ngx_http_ioattest_buffer_consume(ngx_chain_t *in);


#endif /* _NGX_HTTP_IOATTEST_BUFFER_H_INCLUDED_ */
