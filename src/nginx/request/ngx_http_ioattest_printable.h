
/*
 * What may stand in a log line or a variable.
 */


#ifndef _NGX_HTTP_IOATTEST_PRINTABLE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_PRINTABLE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* A model's name or a digest: a question mark for what is not printable. */
ngx_str_t ngx_http_ioattest_printable(ngx_pool_t *pool, const u_char *data,
    size_t len);

/* What ioattest_cpu calls it; "-" where it is not known. */
const char *ngx_http_ioattest_cpu_name(ngx_uint_t cpu);


#endif /* _NGX_HTTP_IOATTEST_PRINTABLE_H_INCLUDED_ */
