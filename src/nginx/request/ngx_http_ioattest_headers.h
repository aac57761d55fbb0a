
/*
 * Headers of requests and responses, and which of them may pass.
 */


#ifndef _NGX_HTTP_IOATTEST_HEADERS_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_HEADERS_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/* 1 if headers say that a body has a coding other than identity. */
ngx_uint_t ngx_http_ioattest_coded(ngx_list_part_t *part);

/* Removes headers that would have a verified response read as another. */
void ngx_http_ioattest_headers_clean(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* Removes trailers, which are not signed. */
void ngx_http_ioattest_trailers_drop(ngx_http_request_t *r);

void ngx_http_ioattest_headers_restore(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);


#endif /* _NGX_HTTP_IOATTEST_HEADERS_H_INCLUDED_ */
