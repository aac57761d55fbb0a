
/*
 * All headers that subrequest/ and attest/ use, until their files name them
 * one by one.
 */


#ifndef _NGX_HTTP_IOATTEST_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_H_INCLUDED_


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_wait.h"
#include "request/ngx_http_ioattest_printable.h"
#include "request/ngx_http_ioattest_key.h"
#include "subrequest/ngx_http_ioattest_job.h"
#include "attest/ngx_http_ioattest_model.h"
#include "response/ngx_http_ioattest_response.h"


#endif /* _NGX_HTTP_IOATTEST_H_INCLUDED_ */
