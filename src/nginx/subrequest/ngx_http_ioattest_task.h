
/*
 * A task: a main request that no client has sent, on a connection of its own.
 * What the gateway asks others runs as subrequests of it, so that no client
 * waits in it, and none that leaves ends it.  Knows nothing of attestations.
 *
 * A task lives in the pool of its connection, and ends with it: by its last
 * subrequest, by time, or as the worker shuts down.
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

    /* its time is over: it is aborted when this returns */
    ngx_http_ioattest_task_pt        timeout;

    /* looks again at what it waits for: may abort nothing */
    ngx_http_ioattest_task_pt        look;

    /* the last thing that is called; request is gone */
    ngx_http_ioattest_task_pt        cleanup;

    unsigned                         running:1; /* a thread works for it */
    unsigned                         polling:1; /* has a reference for that */
};


/*
 * what: a word for the log, such as "attestation".  NULL where there is no
 * memory, descriptor or free connection: nothing is left of it then.
 */
ngx_http_ioattest_task_t *ngx_http_ioattest_task_create(
    ngx_http_ioattest_loc_conf_t *conf, const char *what);

/*
 * Leaves a new task to its subrequests.  It may be gone when this returns, or
 * its caller's caller be woken: nothing of it may be touched any more.
 */
void ngx_http_ioattest_task_release(ngx_http_ioattest_task_t *task);

/*
 * Ends a task, as soon as no thread works for it.  From an event handler, or
 * before it is released; never from a filter, or as a subrequest is done.
 */
void ngx_http_ioattest_task_abort(ngx_http_ioattest_task_t *task);

/* Sets its time anew, in ms from now. */
void ngx_http_ioattest_task_time(ngx_http_ioattest_task_t *task,
    ngx_msec_t ms);
void ngx_http_ioattest_task_untime(ngx_http_ioattest_task_t *task);

/* Has look called in ms; each call is for one. */
void ngx_http_ioattest_task_poll(ngx_http_ioattest_task_t *task,
    ngx_msec_t ms);

/*
 * connection: that of a task, with a pool, without handlers, its data for
 * ngx_http_create_request(); to be closed here as long as it has no request.
 */
ngx_connection_t *ngx_http_ioattest_connection_create(
    ngx_http_ioattest_loc_conf_t *conf, const char *what);
void ngx_http_ioattest_connection_close(ngx_connection_t *c);

/* The task whose connection a request has, or NULL. */
ngx_http_ioattest_task_t *ngx_http_ioattest_task_find(ngx_http_request_t *r);


#endif /* _NGX_HTTP_IOATTEST_TASK_H_INCLUDED_ */
