
/*
 * Headers of requests and responses, and which of them may pass.
 */


#ifndef _NGX_HTTP_IOATTEST_HEADERS_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_HEADERS_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/*
 * Walks a list of headers.  In/out: part, at first the list's, and i, at first
 * 0.  Returns: the next header, or NULL.
 */
ngx_table_elt_t *ngx_http_ioattest_header_next(ngx_list_part_t **part,
    ngx_uint_t *i);

/* 1 if the header's name is among names, up to a null string. */
ngx_uint_t ngx_http_ioattest_header_among(const ngx_table_elt_t *h,
    const ngx_str_t *names);

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
