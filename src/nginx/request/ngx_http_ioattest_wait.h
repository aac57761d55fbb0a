
/*
 * A request that stands still until an attestation or a models list is there.
 */


#ifndef _NGX_HTTP_IOATTEST_WAIT_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_WAIT_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


void ngx_http_ioattest_wait_init(ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_wait_begin(ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_wait_end(ngx_http_ioattest_ctx_t *ctx);
ngx_uint_t ngx_http_ioattest_wait_over(ngx_http_ioattest_ctx_t *ctx);

/* Looks again a little later: ctx->resume says how the request goes on. */
void ngx_http_ioattest_wait_poll(ngx_http_ioattest_ctx_t *ctx);

/* An attestation of the model, or a read of the list, with the key has ended. */
void ngx_http_ioattest_wait_wake(const u_char *key32);

/* Called beside that, where it is set. */
extern void  (*ngx_http_ioattest_wait_hook)(void);


#endif /* _NGX_HTTP_IOATTEST_WAIT_H_INCLUDED_ */
