
/*
 * The census of the models in use: see the source.
 */


#ifndef _NGX_HTTP_IOATTEST_CENSUS_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_CENSUS_H_INCLUDED_


#include "request/ngx_http_ioattest_conf.h"


/* Starts the timer of a worker; called when its process starts. */
ngx_int_t ngx_http_ioattest_census_init(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_IOATTEST_CENSUS_H_INCLUDED_ */
