
/*
 * What is handed on to the filters below this module.
 */


#ifndef _NGX_HTTP_IOATTEST_OUTPUT_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_OUTPUT_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/* Puts the module's filters on top of those that there are. */
void ngx_http_ioattest_output_init(ngx_http_output_header_filter_pt header,
    ngx_http_output_body_filter_pt body);

/* hands a header on that is none of ours */
ngx_int_t ngx_http_ioattest_pass_header(ngx_http_request_t *r);

/* hands a response on that has its verdict; inside or outside a filter */
ngx_int_t ngx_http_ioattest_next_header(ngx_http_request_t *r);
ngx_int_t ngx_http_ioattest_next_body(ngx_http_request_t *r, ngx_chain_t *in);


#endif /* _NGX_HTTP_IOATTEST_OUTPUT_H_INCLUDED_ */
