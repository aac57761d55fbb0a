
/*
 * The gate that no prompt leaves before a machine is trusted.
 */


#ifndef _NGX_HTTP_IOATTEST_GATE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_GATE_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


ngx_int_t ngx_http_ioattest_gate_handler(ngx_http_request_t *r);


/* request_body */

/* Bytes of the body, wherever nginx has put them. */
off_t ngx_http_ioattest_request_length(ngx_http_request_t *r);

/*
 * Reads what the body says: model, stream, and the hash that the agent will
 * take of it.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_request_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/*
 * Takes out of the request's headers what would make the response another
 * one than the one that was signed.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_request_headers(ngx_http_request_t *r);

/* 1 where there is such a header, which only a dry run leaves in. */
ngx_uint_t ngx_http_ioattest_request_unwanted(ngx_http_request_t *r);


#endif /* _NGX_HTTP_IOATTEST_GATE_H_INCLUDED_ */
