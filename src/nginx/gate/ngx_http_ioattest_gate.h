
/*
 * The gate: a prompt leaves only if a machine is trusted.
 */


#ifndef _NGX_HTTP_IOATTEST_GATE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_GATE_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


ngx_int_t ngx_http_ioattest_gate_handler(ngx_http_request_t *r);


/* request_body */

typedef ioa_status_t (*ngx_http_ioattest_feed_pt)(void *data, u_char *p,
    size_t n);

/* Feeds the body until its end, or until feed returns other than IOA_OK. */
ngx_int_t ngx_http_ioattest_request_each(ngx_http_request_t *r,
    ngx_http_ioattest_feed_pt feed, void *data, ioa_status_t *st);

/* Reads model and "stream" without the hash.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_request_scan(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* Takes what was read of the model. */
void ngx_http_ioattest_request_model(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t st, const u_char *name, size_t len);

/* Length of the body, in memory or in a file. */
off_t ngx_http_ioattest_request_length(ngx_http_request_t *r);

/*
 * Removes request headers that would have the upstream send something else
 * than what the agent signs.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_request_headers(ngx_http_request_t *r);

/* 1 if there is such a header; only a dry run leaves it in the request. */
ngx_uint_t ngx_http_ioattest_request_unwanted(ngx_http_request_t *r);



/* request_hash */

/*
 * Reads the model and "stream" from the body, and, where somebody
 * wants it, computes the hash that the agent will sign.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_request_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/*
 * Computes the hash of a request that was read without it.
 * NGX_OK, also if it has none; NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_request_late(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/*
 * For the log of a response that answers another request: whether members
 * that the API's front adds explain it.  Never NULL; our own text, and none
 * of the request.
 */
const char *ngx_http_ioattest_request_hint(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);


/* gate_proof */

/*
 * NGX_OK: a machine is trusted; NGX_AGAIN: the request waits for one;
 * NGX_DECLINED with *reason.
 */
ngx_int_t ngx_http_ioattest_gate_proof(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);


#endif /* _NGX_HTTP_IOATTEST_GATE_H_INCLUDED_ */
