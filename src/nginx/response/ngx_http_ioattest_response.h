
/*
 * The response: judgement, verdict and release.
 */


#ifndef _NGX_HTTP_IOATTEST_RESPONSE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_RESPONSE_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/* our bit of r->buffered: the response waits for its verdict */
#define NGX_HTTP_IOATTEST_BUFFERED  0x08

#define NGX_HTTP_IOATTEST_REDIRECTED                                         \
    "the request was redirected after it had been sent: "                    \
    "proxy_ignore_headers X-Accel-Redirect"


/* header_filter, body_filter */

ngx_int_t ngx_http_ioattest_header_filter(ngx_http_request_t *r);
ngx_int_t ngx_http_ioattest_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


/*
 * judge: the core's judgement (agent/ioa_response.h).  NGX_OK: verified, and
 * may be released; NGX_AGAIN: the body is not complete, or the signer is not
 * yet known; NGX_DECLINED: to be refused for ctx->response.judged.reason;
 * NGX_ERROR.
 */

/* unseen: bytes of the response would bypass the body filter. */
ioa_step_e ngx_http_ioattest_judge_head(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t unseen);

/*
 * Continues from a step of the core as far as possible: asks the zone about
 * the signer, counts, checks for a replay.  Not for IOA_STEP_UNSIGNED.
 */
ngx_int_t ngx_http_ioattest_judge_step(ngx_http_ioattest_ctx_t *ctx,
    ioa_step_e step);

/* Called before the first byte of a body.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_judge_memory(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
ioa_status_t ngx_http_ioattest_judge_update(ngx_http_ioattest_ctx_t *ctx,
    const u_char *data, size_t n);

/* The body is complete. */
ngx_int_t ngx_http_ioattest_judge_end(ngx_http_ioattest_ctx_t *ctx);

/* The signer is now trusted, see ctx->machine. */
ngx_int_t ngx_http_ioattest_judge_accept(ngx_http_ioattest_ctx_t *ctx);


/* flow: the output of a stream */

/* The sink for ioa_response_output(); data is the ctx. */
int ngx_http_ioattest_flow_sink(void *data, const ioa_sse_piece_t *piece);

/* An empty buffer with room for size bytes; NULL on error. */
ngx_buf_t *ngx_http_ioattest_flow_get(ngx_http_ioattest_ctx_t *ctx,
    size_t size);

/* Adds a buffer to the output.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_flow_link(ngx_http_ioattest_ctx_t *ctx,
    ngx_buf_t *b);
ngx_int_t ngx_http_ioattest_flow_send(ngx_http_ioattest_ctx_t *ctx);

/* Sends output that is pending in filters below, if there is any. */
ngx_int_t ngx_http_ioattest_flow_push(ngx_http_ioattest_ctx_t *ctx);


/* heartbeat: comments that are sent while the verdict is waited for */

void ngx_http_ioattest_heartbeat_start(ngx_http_ioattest_ctx_t *ctx);


/* stream */

ngx_int_t ngx_http_ioattest_stream_header(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
ngx_int_t ngx_http_ioattest_stream_body(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);


/* decide */

/*
 * Called when the response is complete but its signer is not known, or when
 * it is to be refused: the decision is made outside the filters.
 */
ngx_int_t ngx_http_ioattest_decide_post(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_decide_resume(ngx_http_request_t *r);


/* release */

/*
 * Sets the state to released and counts the response.  NGX_OK; NGX_ERROR:
 * nothing may be released.
 */
ngx_int_t ngx_http_ioattest_release_verified(ngx_http_ioattest_ctx_t *ctx);

/* Sends what is held, verified or exempt: returns what next_body returns. */
ngx_int_t ngx_http_ioattest_release_send(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* Finalizes a request whose response is held with a refusal. */
void ngx_http_ioattest_release_refuse(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason);


/* error_page */

/*
 * Replaces nginx's built-in page, or the output of a module that ignored the
 * error returned by the header filter, by our own response.
 */
ngx_int_t ngx_http_ioattest_error_page_header(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
ngx_int_t ngx_http_ioattest_error_page_body(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);

/*
 * Sends the text of a refusal, which is the end of the response.  From then on
 * nothing that others send is passed on, but for the end that a filter below
 * puts in place of ours (ngx_http_addition_filter_module, before what it adds
 * behind).  Returns what next_body returns.
 */
ngx_int_t ngx_http_ioattest_error_page_send(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b);


/* upstream */

/*
 * Makes every response that breaks off end in the body filter, whatever broke
 * it off.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_upstream_watch(ngx_http_request_t *r);

/* 1 if an upstream has redirected a request that had passed the gate. */
ngx_uint_t ngx_http_ioattest_upstream_redirects(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* Installs the handler that sees each request right after a redirect. */
ngx_int_t ngx_http_ioattest_upstream_init(ngx_conf_t *cf);

/* bypass: what the header shows of a response */

/* The status as the upstream sent it, whatever error_page has set. */
ngx_uint_t ngx_http_ioattest_header_status(ngx_http_request_t *r);

/*
 * unlike: 1 if the response was shaped by a request header that a dry run
 * leaves in; bypass: how it would bypass the body filter, or NULL.
 */
ngx_uint_t ngx_http_ioattest_header_unlike(ngx_http_request_t *r);
const char *ngx_http_ioattest_header_bypass(ngx_http_request_t *r);


#endif /* _NGX_HTTP_IOATTEST_RESPONSE_H_INCLUDED_ */
