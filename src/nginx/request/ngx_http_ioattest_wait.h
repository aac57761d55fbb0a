
/*
 * A request that stands still until a lease or a job of ours ends.
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
void ngx_http_ioattest_wait_wake(const u_char *key32);


#endif /* _NGX_HTTP_IOATTEST_WAIT_H_INCLUDED_ */
