
/*
 * Whose key attestations and models lists are asked with.
 */


#ifndef _NGX_HTTP_IOATTEST_KEY_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_KEY_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/* Out: ctx->key and ctx->authorization.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_key_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* 1 where it may be the value of a header. */
ngx_uint_t ngx_http_ioattest_key_printable(ngx_str_t *value);

/*
 * The reason of a job that was answered with another status than 200, and how
 * its lease is given back.
 */
ioa_status_t ngx_http_ioattest_key_judge(ngx_http_ioattest_job_t *job,
    ngx_int_t status, ngx_http_ioattest_give_e *how);

/* What a refusal says whose key rests. */
void ngx_http_ioattest_key_resting(ngx_http_ioattest_ctx_t *ctx,
    const ngx_http_ioattest_resting_t *rest);


#endif /* _NGX_HTTP_IOATTEST_KEY_H_INCLUDED_ */
