
/*
 * A response on its way: judgement, verdict, release.
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
 * judge: what the core says (agent/ioa_response.h).  NGX_OK: verified, and
 * nothing is left to do but to release it; NGX_AGAIN: the body, or whether
 * the signer is trusted, is waited for; NGX_DECLINED: to be refused for
 * ctx->response.judged.reason; NGX_ERROR.
 */

/* unseen: bytes of it would get past the body filter. */
ioa_step_e ngx_http_ioattest_judge_head(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t unseen);

/*
 * Goes on from a step of the core's, as far as one can at once: asks the zone
 * for the signer, counts, looks for a replay.  Not for IOA_STEP_UNSIGNED.
 */
ngx_int_t ngx_http_ioattest_judge_step(ngx_http_ioattest_ctx_t *ctx,
    ioa_step_e step);

/* To be called before the first byte of a body.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_judge_memory(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
ioa_status_t ngx_http_ioattest_judge_update(ngx_http_ioattest_ctx_t *ctx,
    const u_char *data, size_t n);

/* The body is complete. */
ngx_int_t ngx_http_ioattest_judge_end(ngx_http_ioattest_ctx_t *ctx);

/* The signer, who was waited for, is trusted: ctx->machine. */
ngx_int_t ngx_http_ioattest_judge_accept(ngx_http_ioattest_ctx_t *ctx);


/* flow: what is shown of a stream */

/* Takes what is made of a stream, for ioa_sse_output; data is the ctx. */
int ngx_http_ioattest_flow_sink(void *data, const ioa_sse_piece_t *piece);

/* A buffer with nothing in it, and room for size bytes; NULL for an error. */
ngx_buf_t *ngx_http_ioattest_flow_get(ngx_http_ioattest_ctx_t *ctx,
    size_t size);

/* Adds a buffer to what is to be sent.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_flow_link(ngx_http_ioattest_ctx_t *ctx,
    ngx_buf_t *b);
ngx_int_t ngx_http_ioattest_flow_send(ngx_http_ioattest_ctx_t *ctx);

/* Sends on what waits below us; never with nothing to send. */
ngx_int_t ngx_http_ioattest_flow_push(ngx_http_ioattest_ctx_t *ctx);


/* heartbeat: sent from time to time, as long as a verdict is waited for */

void ngx_http_ioattest_heartbeat_start(ngx_http_ioattest_ctx_t *ctx);


/* stream */

ngx_int_t ngx_http_ioattest_stream_header(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
ngx_int_t ngx_http_ioattest_stream_body(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);


/* decide */

/*
 * Called where the whole response is there and its signer is not known, or
 * it is to be refused: the request is taken out of the filters, and decided.
 */
ngx_int_t ngx_http_ioattest_decide_post(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_decide_resume(ngx_http_request_t *r);


/* release */

/*
 * Writes the verdict "verified" down, and counts it.  NGX_OK or NGX_ERROR,
 * after which nothing may be released.
 */
ngx_int_t ngx_http_ioattest_release_verified(ngx_http_ioattest_ctx_t *ctx);

/* Sends what is held, verified or exempt: what next_body returns. */
ngx_int_t ngx_http_ioattest_release_send(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* Ends a request whose response is held with a refusal. */
void ngx_http_ioattest_release_refuse(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason);


/* error_page */

/*
 * Puts our answer in the place of nginx's page for the status, or of what is
 * sent by somebody who has not heeded that the header was refused.
 */
ngx_int_t ngx_http_ioattest_error_page_header(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
ngx_int_t ngx_http_ioattest_error_page_body(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);


/* upstream */

/*
 * Has a response that breaks off seen by the body filter, however it does.
 * NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_upstream_watch(ngx_http_request_t *r);

/* 1 where an upstream has sent the request of an open gate elsewhere. */
ngx_uint_t ngx_http_ioattest_upstream_redirects(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* Looks at each request right after a redirection. */
ngx_int_t ngx_http_ioattest_upstream_init(ngx_conf_t *cf);

/* bypass: what a response is by its header */

/* Its status as the upstream gave it, whatever error_page makes of it. */
ngx_uint_t ngx_http_ioattest_header_status(ngx_http_request_t *r);

/*
 * 1 where it is what it is for a header that a dry run leaves in the request;
 * why it would get past the body filter, or NULL.
 */
ngx_uint_t ngx_http_ioattest_header_unlike(ngx_http_request_t *r);
const char *ngx_http_ioattest_header_bypass(ngx_http_request_t *r);


#endif /* _NGX_HTTP_IOATTEST_RESPONSE_H_INCLUDED_ */
