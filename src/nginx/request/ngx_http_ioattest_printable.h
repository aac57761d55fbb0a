
/*
 * Text that may be put into a log line or a variable.
 */


#ifndef _NGX_HTTP_IOATTEST_PRINTABLE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_PRINTABLE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* A model's name or a digest, with "?" for what is not printable. */
ngx_str_t ngx_http_ioattest_printable(ngx_pool_t *pool, const u_char *data,
    size_t len);

/* The word of ioattest_cpu for it; "-" if it is not known. */
const char *ngx_http_ioattest_cpu_name(ngx_uint_t cpu);


#endif /* _NGX_HTTP_IOATTEST_PRINTABLE_H_INCLUDED_ */
