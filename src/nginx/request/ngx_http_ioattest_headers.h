
/*
 * Headers of a request and of a response, and what of them may pass.
 */


#ifndef _NGX_HTTP_IOATTEST_HEADERS_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_HEADERS_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/* 1 where headers say that a body is coded, in another way than identity. */
ngx_uint_t ngx_http_ioattest_coded(ngx_list_part_t *part);

/* Takes out of a verified response what would have it read as another one. */
void ngx_http_ioattest_headers_clean(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* Trailers are in no signature. */
void ngx_http_ioattest_trailers_drop(ngx_http_request_t *r);

void ngx_http_ioattest_headers_restore(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);


#endif /* _NGX_HTTP_IOATTEST_HEADERS_H_INCLUDED_ */
