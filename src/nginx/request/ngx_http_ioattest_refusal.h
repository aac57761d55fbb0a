
/*
 * Refusals: state, log line, counters, and the text for the client.
 */


#ifndef _NGX_HTTP_IOATTEST_REFUSAL_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_REFUSAL_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/*
 * Sets the state, counts and logs.  Returns 1 if the response is to be
 * refused, 0 in a dry run, in which it passes.
 */
ngx_uint_t ngx_http_ioattest_refuse(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t reason, const char *look_at);

/*
 * The same for a subrequest, which has no context.  In a dry run each is
 * counted and logged once, however often it comes here.
 */
ngx_uint_t ngx_http_ioattest_refuse_subrequest(ngx_http_request_t *r);

/* Out: json, the body for the client.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_refuse_json(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_str_t *json);


/* refusal_audit: the same in the audit log */

void ngx_http_ioattest_refuse_audit(ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_refuse_audit_subrequest(ngx_http_request_t *r,
    ngx_http_ioattest_loc_conf_t *conf);


#endif /* _NGX_HTTP_IOATTEST_REFUSAL_H_INCLUDED_ */
