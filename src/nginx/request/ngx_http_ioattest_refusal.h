
/*
 * A refusal: the verdict, its log line, its counters and its words.
 */


#ifndef _NGX_HTTP_IOATTEST_REFUSAL_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_REFUSAL_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/*
 * Writes the verdict down, counts and logs it.  Returns 1 where the response
 * is really to be refused, 0 in a dry run, where all goes on.
 */
ngx_uint_t ngx_http_ioattest_refuse(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t reason, const char *look_at);

/*
 * The same of a request that has no context.  One that passes in a dry run is
 * counted and logged once, however often it comes here.
 */
ngx_uint_t ngx_http_ioattest_refuse_subrequest(ngx_http_request_t *r);

/* Out: json, the answer to a client.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_refuse_json(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_str_t *json);


#endif /* _NGX_HTTP_IOATTEST_REFUSAL_H_INCLUDED_ */
