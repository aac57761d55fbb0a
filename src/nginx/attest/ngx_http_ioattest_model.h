
/*
 * Which model a request is for, and what the API calls it.
 */


#ifndef _NGX_HTTP_IOATTEST_MODEL_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_MODEL_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/*
 * They return NGX_OK, NGX_AGAIN while a job or a lease is waited for, or
 * NGX_ERROR; NGX_DECLINED with *reason where the request is to be refused.
 */
ngx_int_t ngx_http_ioattest_model_name(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason);
ngx_int_t ngx_http_ioattest_model_resolve(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason);


#endif /* _NGX_HTTP_IOATTEST_MODEL_H_INCLUDED_ */
