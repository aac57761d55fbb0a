
/*
 * Requests that wait for an attestation or a models list.
 */


#ifndef _NGX_HTTP_IOATTEST_WAIT_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_WAIT_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


void ngx_http_ioattest_wait_init(ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_wait_begin(ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_wait_end(ngx_http_ioattest_ctx_t *ctx);
ngx_uint_t ngx_http_ioattest_wait_over(ngx_http_ioattest_ctx_t *ctx);

/* Polls again after a delay; ctx->resume continues the request. */
void ngx_http_ioattest_wait_poll(ngx_http_ioattest_ctx_t *ctx);

/* Wakes those that wait for the key's attestation or models list. */
void ngx_http_ioattest_wait_wake(const u_char *key32);

/* Called then as well, if it is set. */
extern void  (*ngx_http_ioattest_wait_hook)(void);


#endif /* _NGX_HTTP_IOATTEST_WAIT_H_INCLUDED_ */
