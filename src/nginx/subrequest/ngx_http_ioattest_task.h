
/*
 * A task: a main request that no client has sent, on a connection of its own.
 * Requests of the gateway to the API and other services are subrequests of
 * it, so that no client waits in them, and no client that leaves ends them.
 * Knows nothing of attestations.
 *
 * A task lives in the pool of its connection, and ends with it: with its last
 * subrequest, at its timeout, or when the worker shuts down.
 */


#ifndef _NGX_HTTP_IOATTEST_TASK_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_TASK_H_INCLUDED_


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"


typedef struct ngx_http_ioattest_task_s  ngx_http_ioattest_task_t;
typedef struct ngx_http_ioattest_subrequest_s  ngx_http_ioattest_subrequest_t;

typedef void (*ngx_http_ioattest_task_pt)(ngx_http_ioattest_task_t *task);


struct ngx_http_ioattest_task_s {
    ngx_http_request_t              *request;
    ngx_pool_t                      *pool;      /* of the connection */
    ngx_log_t                       *log;
    ngx_http_ioattest_loc_conf_t    *conf;      /* the protected location */
    ngx_http_ioattest_subrequest_t  *subrequests;
    ngx_event_t                      timer;
    ngx_event_t                      poll;
    void                            *data;

    /* called at the timeout; then the task is aborted */
    ngx_http_ioattest_task_pt        timeout;

    /* called after task_poll(); may not abort the task */
    ngx_http_ioattest_task_pt        look;

    /* called last; request is already freed */
    ngx_http_ioattest_task_pt        cleanup;

    unsigned                         running:1; /* a thread uses it */
    unsigned                         polling:1; /* poll has a reference */
};


/*
 * what: a word for the log, such as "attestation".  NULL if there is no
 * memory, descriptor or free connection; nothing is leaked then.
 */
ngx_http_ioattest_task_t *ngx_http_ioattest_task_create(
    ngx_http_ioattest_loc_conf_t *conf, const char *what);

/*
 * Leaves a new task to its subrequests.  On return the task may already have
 * ended, so neither it nor anything woken by its end may be used.
 */
void ngx_http_ioattest_task_release(ngx_http_ioattest_task_t *task);

/*
 * Ends a task, or lets it end when its thread does.  To be called from an
 * event handler or before task_release(), never from a filter or from
 * the completion handler of a subrequest.
 */
void ngx_http_ioattest_task_abort(ngx_http_ioattest_task_t *task);

/* Sets the timeout, in ms from now. */
void ngx_http_ioattest_task_time(ngx_http_ioattest_task_t *task,
    ngx_msec_t ms);
void ngx_http_ioattest_task_untime(ngx_http_ioattest_task_t *task);

/* Has look called once, after NGX_HTTP_IOATTEST_TASK_POLL. */
void ngx_http_ioattest_task_poll(ngx_http_ioattest_task_t *task);

/*
 * connection: that of a task, with a pool and without handlers, its data set
 * for ngx_http_create_request().  Closed here only if it has no request.
 */
ngx_connection_t *ngx_http_ioattest_connection_create(
    ngx_http_ioattest_loc_conf_t *conf, const char *what);
void ngx_http_ioattest_connection_close(ngx_connection_t *c);

/* The task whose connection a request has, or NULL. */
ngx_http_ioattest_task_t *ngx_http_ioattest_task_find(ngx_http_request_t *r);


#endif /* _NGX_HTTP_IOATTEST_TASK_H_INCLUDED_ */
