
/*
 * What a task asks over HTTP: one exchange, which collects the reply.  Knows
 * nothing of attestations.
 */


#ifndef _NGX_HTTP_IOATTEST_SUBREQUEST_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_SUBREQUEST_H_INCLUDED_


#include "subrequest/ngx_http_ioattest_task.h"


/* How a reply came, and so whether what it says unsigned counts. */
typedef enum {
    NGX_HTTP_IOATTEST_TLS_UNSEEN = 0,   /* no header of it has been seen */
    NGX_HTTP_IOATTEST_TLS_VERIFIED,
    NGX_HTTP_IOATTEST_TLS_NOBODY,       /* from no upstream */
    NGX_HTTP_IOATTEST_TLS_CACHED,
    NGX_HTTP_IOATTEST_TLS_REDIRECTED,   /* after somebody had been asked */
    NGX_HTTP_IOATTEST_TLS_NOT_BUILT,
    NGX_HTTP_IOATTEST_TLS_NONE,
    NGX_HTTP_IOATTEST_TLS_OTHERS,       /* another location's connection */
    NGX_HTTP_IOATTEST_TLS_VERIFY_OFF,
    NGX_HTTP_IOATTEST_TLS_UNTRUSTED,    /* the result is not X509_V_OK */
    NGX_HTTP_IOATTEST_TLS_RESUMED,
    NGX_HTTP_IOATTEST_TLS_NAME          /* the certificate is another's */
} ngx_http_ioattest_tls_e;


/*
 * Called once, unless the task ends before, with the status of the reply or
 * that of the error in its place.
 */
typedef void (*ngx_http_ioattest_done_pt)(
    ngx_http_ioattest_subrequest_t *sub, ngx_int_t status);


struct ngx_http_ioattest_subrequest_s {
    ngx_http_ioattest_task_t        *task;
    ngx_http_request_t              *request;
    ngx_http_ioattest_done_pt        done;
    void                            *data;
    ngx_str_t                        asked;     /* uri */
    size_t                           max;       /* of the reply */
    u_char                          *reply;
    size_t                           size;
    size_t                           allocated;
    ngx_http_ioattest_tls_e          tls;
    long                             tls_result;    /* of the verification */
    ngx_str_t                        tls_name;  /* that it was verified for */
    ngx_http_ioattest_subrequest_t  *next;

    unsigned                         finished:1;    /* done, or not wanted */
    unsigned                         complete:1;
    unsigned                         overflow:1;
    unsigned                         redirected:1;  /* having been asked */
};


/* One of a task, with a reply of max bytes at most. */
ngx_http_ioattest_subrequest_t *ngx_http_ioattest_subrequest_create(
    ngx_http_ioattest_task_t *task, size_t max,
    ngx_http_ioattest_done_pt done, void *data);

/*
 * Sends it, once: a POST where there is a body, else a GET.  authorization
 * may be NULL.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_subrequest_send(
    ngx_http_ioattest_subrequest_t *sub, ngx_str_t *uri, ngx_str_t *args,
    ngx_str_t *body, ngx_str_t *authorization);

/* Adds to a request's headers; name is of static storage. */
ngx_int_t ngx_http_ioattest_subrequest_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value, ngx_table_elt_t **slot);

/* By its address: a redirect would wipe r->ctx.  NULL: none of ours. */
ngx_http_ioattest_subrequest_t *ngx_http_ioattest_subrequest_find(
    ngx_http_request_t *sr);

/* The header and the body of its reply, for the filters: what they return. */
ngx_int_t ngx_http_ioattest_subrequest_head(
    ngx_http_ioattest_subrequest_t *sub);
ngx_int_t ngx_http_ioattest_subrequest_body(
    ngx_http_ioattest_subrequest_t *sub, ngx_chain_t *in);

/*
 * 1 where a kept connection was closed by the other side just as it went out:
 * nothing was answered, and nothing is wrong with whoever was asked.  nginx
 * itself repeats a POST only where the location says "proxy_next_upstream ...
 * non_idempotent".  Logs that it is to be asked again.
 */
ngx_uint_t ngx_http_ioattest_subrequest_lost(
    ngx_http_ioattest_subrequest_t *sub, ngx_int_t status);

/*
 * A header of the reply.  before may be empty: the name counts with that in
 * front of it as well.  n: how many there are; value of the first one.
 */
ngx_uint_t ngx_http_ioattest_subrequest_replied(
    ngx_http_ioattest_subrequest_t *sub, const char *name,
    const char *before, ngx_str_t *value);


/*
 * tls: how a reply came.  A subrequest tells each location that it enters,
 * and the header of its reply, while its connection is there.
 */

void ngx_http_ioattest_tls_enter(ngx_http_ioattest_subrequest_t *sub);
void ngx_http_ioattest_tls_look(ngx_http_ioattest_subrequest_t *sub);

/* 1 where what the reply says unsigned counts. */
ngx_uint_t ngx_http_ioattest_tls_counts(ngx_http_ioattest_subrequest_t *sub);

/* Why it does not, for the log: empty where there is no memory. */
ngx_str_t ngx_http_ioattest_tls_text(ngx_http_ioattest_subrequest_t *sub);


#endif /* _NGX_HTTP_IOATTEST_SUBREQUEST_H_INCLUDED_ */
