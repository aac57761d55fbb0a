
/*
 * One HTTP exchange of a task, and its reply.  Knows nothing of attestations.
 */


#ifndef _NGX_HTTP_IOATTEST_SUBREQUEST_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_SUBREQUEST_H_INCLUDED_


#include "subrequest/ngx_http_ioattest_task.h"


/* How a reply came, which decides whether unsigned content is accepted. */
typedef enum {
    NGX_HTTP_IOATTEST_TLS_UNSEEN = 0,   /* its header was not seen */
    NGX_HTTP_IOATTEST_TLS_VERIFIED,
    NGX_HTTP_IOATTEST_TLS_NOBODY,       /* from no upstream */
    NGX_HTTP_IOATTEST_TLS_CACHED,
    NGX_HTTP_IOATTEST_TLS_NOT_BUILT,
    NGX_HTTP_IOATTEST_TLS_NONE,
    NGX_HTTP_IOATTEST_TLS_OTHERS,       /* opened by another location */
    NGX_HTTP_IOATTEST_TLS_VERIFY_OFF,
    NGX_HTTP_IOATTEST_TLS_UNTRUSTED,    /* see tls_result */
    NGX_HTTP_IOATTEST_TLS_RESUMED,
    NGX_HTTP_IOATTEST_TLS_NAME          /* the certificate has another name */
} ngx_http_ioattest_tls_e;


/*
 * Called once, unless the task ends before, with the status of the reply or
 * of the error.
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
    ngx_str_t                        type;      /* of a body; else JSON */
    ngx_str_t                        accept;    /* empty: not said */
    u_char                          *reply;
    size_t                           size;
    size_t                           allocated;
    ngx_http_ioattest_tls_e          tls;
    long                             tls_result;    /* X509_V_... */
    ngx_str_t                        tls_name;      /* verified name */
    ngx_http_ioattest_subrequest_t  *next;

    unsigned                         finished:1;    /* done, or aborted */
    unsigned                         complete:1;
    unsigned                         overflow:1;
};


/* Creates one, with a reply of max bytes at most. */
ngx_http_ioattest_subrequest_t *ngx_http_ioattest_subrequest_create(
    ngx_http_ioattest_task_t *task, size_t max,
    ngx_http_ioattest_done_pt done, void *data);

/*
 * Sends it: a POST if there is a body, else a GET.  To be called once;
 * authorization may be NULL.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_subrequest_send(
    ngx_http_ioattest_subrequest_t *sub, ngx_str_t *uri, ngx_str_t *args,
    ngx_str_t *body, ngx_str_t *authorization);

/* Adds a header to a request; name is static. */
ngx_int_t ngx_http_ioattest_subrequest_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value, ngx_table_elt_t **slot);

/* Found by address, since a redirect wipes r->ctx.  NULL: not ours. */
ngx_http_ioattest_subrequest_t *ngx_http_ioattest_subrequest_find(
    ngx_http_request_t *sr);

/* Called by the filters with header and body, which return the result. */
ngx_int_t ngx_http_ioattest_subrequest_head(
    ngx_http_ioattest_subrequest_t *sub);
ngx_int_t ngx_http_ioattest_subrequest_body(
    ngx_http_ioattest_subrequest_t *sub, ngx_chain_t *in);

/*
 * 1 if the other side closed a keepalive connection just as the request was
 * sent: there was no reply, and the service may be well.  nginx itself
 * repeats a POST only with "proxy_next_upstream ... non_idempotent".  Logs
 * that the request is repeated.
 */
ngx_uint_t ngx_http_ioattest_subrequest_lost(
    ngx_http_ioattest_subrequest_t *sub, ngx_int_t status);

/*
 * Headers of the reply by name, also with the prefix before, which may be
 * empty.  Returns their number; out: the value of the first.
 */
ngx_uint_t ngx_http_ioattest_subrequest_replied(
    ngx_http_ioattest_subrequest_t *sub, const char *name,
    const char *before, ngx_str_t *value);


/*
 * tls: how a reply came.  To be called when its header comes, while the
 * connection is still there.
 */

void ngx_http_ioattest_tls_look(ngx_http_ioattest_subrequest_t *sub);

/* 1 if unsigned content of the reply is accepted. */
ngx_uint_t ngx_http_ioattest_tls_counts(ngx_http_ioattest_subrequest_t *sub);

/* Why it is not, for the log; empty if there is no memory. */
ngx_str_t ngx_http_ioattest_tls_text(ngx_http_ioattest_subrequest_t *sub);


#endif /* _NGX_HTTP_IOATTEST_SUBREQUEST_H_INCLUDED_ */
