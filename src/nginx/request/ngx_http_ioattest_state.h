
/*
 * The states of a request, and which may follow which.
 */


#ifndef _NGX_HTTP_IOATTEST_STATE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_STATE_H_INCLUDED_


typedef enum {
    NGX_HTTP_IOATTEST_STATE_START = 0,

    /* the request has not been sent */

    NGX_HTTP_IOATTEST_STATE_BODY,       /* reads the client's body */
    NGX_HTTP_IOATTEST_STATE_MODEL,      /* gets hash and model from it */
    NGX_HTTP_IOATTEST_STATE_RESOLVE,    /* looks up the API's model id */
    NGX_HTTP_IOATTEST_STATE_ATTEST,     /* waits for a trusted machine */

    /* the request may be sent */

    NGX_HTTP_IOATTEST_STATE_SENT,
    NGX_HTTP_IOATTEST_STATE_REDIRECTED, /* by its upstream */

    /* the response has begun */

    NGX_HTTP_IOATTEST_STATE_HOLD,       /* the response is collected */
    NGX_HTTP_IOATTEST_STATE_STREAM,     /* it is sent as it comes, its end
                                           is held */
    NGX_HTTP_IOATTEST_STATE_POSTED,     /* complete, leaves the filters */
    NGX_HTTP_IOATTEST_STATE_WAIT,       /* waits for its signer */

    /* the verdict is known */

    NGX_HTTP_IOATTEST_STATE_RELEASED,   /* verified */
    NGX_HTTP_IOATTEST_STATE_REFUSED,
    NGX_HTTP_IOATTEST_STATE_ANSWERED,   /* refused, the client was told */
    NGX_HTTP_IOATTEST_STATE_UNSIGNED,   /* an error, which is not signed */
    NGX_HTTP_IOATTEST_STATE_EXEMPT      /* dry run: passes unchanged */
} ngx_http_ioattest_state_e;


#define NGX_HTTP_IOATTEST_STATES  (NGX_HTTP_IOATTEST_STATE_EXEMPT + 1)


/* 1 if a request may change from one state into another. */
unsigned ngx_http_ioattest_state_may(ngx_http_ioattest_state_e from,
    ngx_http_ioattest_state_e to, unsigned dry_run);

/*
 * The state that a request enters if it is to change from one into another:
 * that one, or, if this is not allowed, one that lets nothing pass.
 */
ngx_http_ioattest_state_e ngx_http_ioattest_state_next(
    ngx_http_ioattest_state_e from, ngx_http_ioattest_state_e to,
    unsigned dry_run);

const char *ngx_http_ioattest_state_name(ngx_http_ioattest_state_e state);


#endif /* _NGX_HTTP_IOATTEST_STATE_H_INCLUDED_ */
