
/*
 * Passes headers and bodies on to the filters below this module.
 */


#ifndef _NGX_HTTP_IOATTEST_OUTPUT_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_OUTPUT_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/* Installs the module's filters. */
void ngx_http_ioattest_output_init(ngx_http_output_header_filter_pt header,
    ngx_http_output_body_filter_pt body);

/* passes on a header of a response that is not protected */
ngx_int_t ngx_http_ioattest_pass_header(ngx_http_request_t *r);

/* passes on a response that has its verdict; inside or outside a filter */
ngx_int_t ngx_http_ioattest_next_header(ngx_http_request_t *r);
ngx_int_t ngx_http_ioattest_next_body(ngx_http_request_t *r, ngx_chain_t *in);


#endif /* _NGX_HTTP_IOATTEST_OUTPUT_H_INCLUDED_ */
