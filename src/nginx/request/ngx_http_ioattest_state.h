
/*
 * The way of a request: its states, and which may follow which.
 */


#ifndef _NGX_HTTP_IOATTEST_STATE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_STATE_H_INCLUDED_


typedef enum {
    NGX_HTTP_IOATTEST_STATE_START = 0,

    /* nothing has left yet */

    NGX_HTTP_IOATTEST_STATE_BODY,       /* the client's body is read */
    NGX_HTTP_IOATTEST_STATE_MODEL,      /* what it says: hash, model */
    NGX_HTTP_IOATTEST_STATE_RESOLVE,    /* what the API calls the model */
    NGX_HTTP_IOATTEST_STATE_ATTEST,     /* whether a machine is trusted */

    /* the request may leave */

    NGX_HTTP_IOATTEST_STATE_SENT,
    NGX_HTTP_IOATTEST_STATE_REDIRECTED, /* by its upstream, to elsewhere */

    /* a response has begun */

    NGX_HTTP_IOATTEST_STATE_HOLD,       /* it is collected */
    NGX_HTTP_IOATTEST_STATE_STREAM,     /* it flows, but for its end */
    NGX_HTTP_IOATTEST_STATE_POSTED,     /* complete, and leaves the filters */
    NGX_HTTP_IOATTEST_STATE_WAIT,       /* its signer is looked for */

    /* the verdict has fallen */

    NGX_HTTP_IOATTEST_STATE_RELEASED,   /* verified */
    NGX_HTTP_IOATTEST_STATE_REFUSED,
    NGX_HTTP_IOATTEST_STATE_ANSWERED,   /* refused, and the client told so */
    NGX_HTTP_IOATTEST_STATE_UNSIGNED,   /* an error's answer: nobody signs */
    NGX_HTTP_IOATTEST_STATE_EXEMPT      /* a dry run: passes as it is */
} ngx_http_ioattest_state_e;


#define NGX_HTTP_IOATTEST_STATES  (NGX_HTTP_IOATTEST_STATE_EXEMPT + 1)


/* 1 where a request may go from one into another. */
unsigned ngx_http_ioattest_state_may(ngx_http_ioattest_state_e from,
    ngx_http_ioattest_state_e to, unsigned dry_run);

/*
 * The state of a request that is to go from one into another: that one, or,
 * where it is not allowed, one in which nothing of the upstream's passes.
 */
ngx_http_ioattest_state_e ngx_http_ioattest_state_next(
    ngx_http_ioattest_state_e from, ngx_http_ioattest_state_e to,
    unsigned dry_run);

const char *ngx_http_ioattest_state_name(ngx_http_ioattest_state_e state);


#endif /* _NGX_HTTP_IOATTEST_STATE_H_INCLUDED_ */
