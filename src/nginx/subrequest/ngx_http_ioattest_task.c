
/*
 * nginx itself closes the connection of a task, however the task ends, and a
 * cleanup of the connection's pool notifies us.
 *
 * The request of a task runs through no phase.  It belongs to the server of
 * the protected location, where its subrequests find their locations.
 */


#include "subrequest/ngx_http_ioattest_subrequest.h"


/* how often to look whether another attestation has the answer, ms */
#define NGX_HTTP_IOATTEST_TASK_POLL  20


/*
 * An nginx without stub_status has none of these, and the module may have
 * been built from sources configured otherwise: the ABI is the same.
 */
extern ngx_atomic_t  *ngx_stat_active __attribute__((weak));
extern ngx_atomic_t  *ngx_stat_reading __attribute__((weak));
extern ngx_atomic_t  *ngx_stat_writing __attribute__((weak));
extern ngx_atomic_t  *ngx_stat_requests __attribute__((weak));


static void ngx_http_ioattest_task_count(ngx_http_request_t *r);
static ngx_int_t ngx_http_ioattest_task_request(ngx_http_request_t *r,
    ngx_http_ioattest_loc_conf_t *conf);
static ngx_int_t ngx_http_ioattest_task_headers(ngx_http_request_t *r);
static void ngx_http_ioattest_task_cleanup(void *data);
static void ngx_http_ioattest_task_read(ngx_event_t *rev);
static void ngx_http_ioattest_task_write(ngx_event_t *wev);
static void ngx_http_ioattest_task_timeout(ngx_event_t *ev);
static void ngx_http_ioattest_task_look(ngx_event_t *ev);


ngx_http_ioattest_task_t *
ngx_http_ioattest_task_create(ngx_http_ioattest_loc_conf_t *conf,
    const char *what)
{
    ngx_connection_t          *c;
    ngx_pool_cleanup_t        *cln;
    ngx_http_request_t        *r;
    ngx_http_ioattest_task_t  *task;

    c = ngx_http_ioattest_connection_create(conf, what);
    if (c == NULL) {
        return NULL;
    }

    c->read->handler = ngx_http_ioattest_task_read;
    c->write->handler = ngx_http_ioattest_task_write;

    task = ngx_pcalloc(c->pool, sizeof(ngx_http_ioattest_task_t));

    /* added first, so it is called last, whoever ends the request */

    cln = ngx_pool_cleanup_add(c->pool, 0);

    r = (task && cln) ? ngx_http_create_request(c) : NULL;

    if (r == NULL) {
        ngx_http_ioattest_connection_close(c);
        return NULL;
    }

    c->data = r;
    ngx_http_ioattest_task_count(r);

    task->request = r;
    task->pool = c->pool;
    task->log = c->log;
    task->conf = conf;

    cln->handler = ngx_http_ioattest_task_cleanup;
    cln->data = task;

    if (ngx_http_ioattest_task_request(r, conf) != NGX_OK) {
        ngx_http_ioattest_task_abort(task);
        return NULL;
    }

    return task;
}


/* stub_status shows a task as an active, writing connection. */

static void
ngx_http_ioattest_task_count(ngx_http_request_t *r)
{
    if (&ngx_stat_active == NULL) {
        return;
    }

    (void) ngx_atomic_fetch_add(ngx_stat_active, 1);
    (void) ngx_atomic_fetch_add(ngx_stat_reading, -1);
    (void) ngx_atomic_fetch_add(ngx_stat_writing, 1);
    (void) ngx_atomic_fetch_add(ngx_stat_requests, -1);

    r->stat_reading = 0;
    r->stat_writing = 1;
}


static ngx_int_t
ngx_http_ioattest_task_request(ngx_http_request_t *r,
    ngx_http_ioattest_loc_conf_t *conf)
{
    u_char     *p;
    ngx_str_t  *uri;

    uri = &conf->request;

    r->http_state = NGX_HTTP_PROCESS_REQUEST_STATE;
    r->read_event_handler = ngx_http_request_empty_handler;
    r->write_event_handler = ngx_http_request_empty_handler;

    /* no line in the access log, and no post_action */

    r->logged = 1;
    r->internal = 1;
    r->post_action = 1;
    r->uri_changes = 0;

    /* limit_req and limit_conn are meant for clients */

    r->limit_req_status = 1;
    r->limit_conn_status = 1;

    r->method = NGX_HTTP_GET;
    ngx_str_set(&r->method_name, "GET");
    r->http_version = NGX_HTTP_VERSION_11;
    ngx_str_set(&r->http_protocol, "HTTP/1.1");
    ngx_str_set(&r->uri, "/");
    r->unparsed_uri = *uri;
    r->valid_unparsed_uri = 1;

    p = ngx_pnalloc(r->pool, uri->len + sizeof("GET  HTTP/1.1"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    r->request_line.data = p;
    r->request_line.len = ngx_sprintf(p, "GET %V HTTP/1.1", uri) - p;

    return ngx_http_ioattest_task_headers(r);
}


static ngx_int_t
ngx_http_ioattest_task_headers(ngx_http_request_t *r)
{
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    ngx_memzero(&r->headers_in, sizeof(ngx_http_headers_in_t));

    r->headers_in.content_length_n = -1;
    r->headers_in.keep_alive_n = -1;
    r->headers_in.server = cscf->server_name;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 4,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (cscf->server_name.len == 0) {
        return NGX_OK;
    }

    return ngx_http_ioattest_subrequest_header(r, "Host",
                                               &r->headers_in.server,
                                               &r->headers_in.host);
}


void
ngx_http_ioattest_task_release(ngx_http_ioattest_task_t *task)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = task->request;
    c = r->connection;

    /* no keepalive: nginx closes it when the last subrequest ends */

    c->read->eof = 1;

    ngx_http_finalize_request(r, NGX_DONE);
    ngx_http_run_posted_requests(c);
}


void
ngx_http_ioattest_task_abort(ngx_http_ioattest_task_t *task)
{
    ngx_connection_t                *c;
    ngx_http_request_t              *r;
    ngx_http_ioattest_subrequest_t  *sub;

    r = task->request;
    c = r->connection;

    ngx_http_ioattest_task_untime(task);

    for (sub = task->subrequests; sub; sub = sub->next) {
        sub->finished = 1;
    }

    /*
     * Our reference is released below.  One more is taken, because a cleanup
     * of an upstream drops its subrequest's, and that may not be the last.
     */

    r->count++;

    ngx_http_finalize_request(r, NGX_ERROR);
    ngx_http_run_posted_requests(c);
}


/* The timer is not cancelable: a worker that shuts down waits for it. */

void
ngx_http_ioattest_task_time(ngx_http_ioattest_task_t *task, ngx_msec_t ms)
{
    ngx_http_ioattest_task_untime(task);

    task->timer.data = task;
    task->timer.handler = ngx_http_ioattest_task_timeout;
    task->timer.log = task->log;

    ngx_add_timer(&task->timer, ms);
}


void
ngx_http_ioattest_task_untime(ngx_http_ioattest_task_t *task)
{
    if (task->timer.timer_set) {
        ngx_del_timer(&task->timer);
    }
}


static void
ngx_http_ioattest_task_timeout(ngx_event_t *ev)
{
    ngx_http_request_t        *r;
    ngx_http_ioattest_task_t  *task;

    task = ev->data;
    r = task->request;

    ngx_http_set_log_request(task->log, r);

    (*task->timeout)(task);

    ngx_http_ioattest_task_abort(task);
}


void
ngx_http_ioattest_task_poll(ngx_http_ioattest_task_t *task)
{
    if (task->poll.timer_set) {
        return;
    }

    task->poll.data = task;
    task->poll.handler = ngx_http_ioattest_task_look;
    task->poll.log = task->log;

    ngx_add_timer(&task->poll, NGX_HTTP_IOATTEST_TASK_POLL);

    /* the last subrequest may end before the awaited document has come */

    if (!task->polling) {
        task->polling = 1;
        task->request->count++;
    }
}


static void
ngx_http_ioattest_task_look(ngx_event_t *ev)
{
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_ioattest_task_t  *task;

    task = ev->data;
    r = task->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (!c->error) {
        (*task->look)(task);
    }

    if (!task->poll.timer_set) {
        task->polling = 0;
        ngx_http_finalize_request(r, NGX_DONE);
    }

    ngx_http_run_posted_requests(c);
}


ngx_http_ioattest_task_t *
ngx_http_ioattest_task_find(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = r->connection->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_ioattest_task_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


static void
ngx_http_ioattest_task_cleanup(void *data)
{
    ngx_http_ioattest_task_t *task = data;

    ngx_http_ioattest_task_untime(task);

    if (task->poll.timer_set) {
        ngx_del_timer(&task->poll);
    }

    if (task->cleanup) {
        (*task->cleanup)(task);
    }
}


/*
 * Nothing is ever read.  nginx calls this when worker_shutdown_timeout has
 * expired, with c->error set, which is reset so that the task is aborted in
 * full.
 */

static void
ngx_http_ioattest_task_read(ngx_event_t *rev)
{
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_ioattest_task_t  *task;

    c = rev->data;

    if (!c->close || !c->error) {
        return;
    }

    r = c->data;
    task = ngx_http_ioattest_task_find(r);

    c->error = 0;

    ngx_http_set_log_request(c->log, r);
    ngx_http_ioattest_task_abort(task);
}


/*
 * A limit that delays a subrequest sets this event's timer and expects the
 * subrequest to go on, so the subrequests' handlers are called.
 */

static void
ngx_http_ioattest_task_write(ngx_event_t *wev)
{
    ngx_connection_t                *c;
    ngx_http_request_t              *r;
    ngx_http_ioattest_task_t        *task;
    ngx_http_ioattest_subrequest_t  *sub;

    c = wev->data;
    r = c->data;

    ngx_http_set_log_request(c->log, r);

    if (wev->delayed && wev->timedout) {
        wev->delayed = 0;
        wev->timedout = 0;

        task = ngx_http_ioattest_task_find(r);

        /* held, because the last subrequest may end here */

        r->count++;

        for (sub = task->subrequests; sub; sub = sub->next) {
            if (sub->request && !sub->request->done && !sub->finished) {
                sub->request->write_event_handler(sub->request);
            }
        }

        ngx_http_finalize_request(r, NGX_DONE);

    } else {
        r->write_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}
