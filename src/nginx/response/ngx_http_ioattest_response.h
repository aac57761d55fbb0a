
/*
 * A response on its way: signature, binding, verdict, release.
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


/* signature */

/* Reads the signature from the upstream's own headers. */
void ngx_http_ioattest_signature_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/*
 * NGX_OK: signed by a trusted machine; NGX_AGAIN: signed by an address that
 * is not known; NGX_DECLINED with *reason: to be refused.
 */
ngx_int_t ngx_http_ioattest_signature_judge(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);

/* Judges the image digest against ctx->machine: NGX_OK or NGX_DECLINED. */
ngx_int_t ngx_http_ioattest_signature_machine(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);


/* bind: the signed text against the bytes that passed */

/* events: it is one of the agent's event streams.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_bind_init(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t events);
ioa_status_t ngx_http_ioattest_bind_update(ngx_http_ioattest_ctx_t *ctx,
    const u_char *data, size_t n);

/*
 * Judges a response that is complete: returns as signature_judge, NGX_OK
 * after bind_accept.
 */
ngx_int_t ngx_http_ioattest_bind_judge(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);

/*
 * The last checks of a response whose signer is trusted: the request's hash,
 * and replay.  To be called once.
 */
ngx_int_t ngx_http_ioattest_bind_accept(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);


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


#endif /* _NGX_HTTP_IOATTEST_RESPONSE_H_INCLUDED_ */
