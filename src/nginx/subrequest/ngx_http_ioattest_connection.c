
/*
 * The connection of a task, complete enough for nginx to close it: in place
 * of a client's it has an unbound socket, which nobody can reach.
 */


#include "subrequest/ngx_http_ioattest_task.h"


/* with fewer free, nginx would close clients' keepalive connections */
#define NGX_HTTP_IOATTEST_FREE_MIN  8

#define NGX_HTTP_IOATTEST_POOL_SIZE  4096


/* The part that nginx writes through c->log->data comes first. */
typedef struct {
    ngx_http_log_ctx_t   http;
    const char          *what;
} ngx_http_ioattest_log_ctx_t;


static ngx_connection_t *ngx_http_ioattest_connection_get(void);
static ngx_int_t ngx_http_ioattest_connection_prepare(ngx_connection_t *c,
    ngx_http_ioattest_loc_conf_t *conf, const char *what);
static ngx_int_t ngx_http_ioattest_connection_log(ngx_connection_t *c,
    ngx_http_ioattest_loc_conf_t *conf, const char *what);
static u_char *ngx_http_ioattest_connection_log_handler(ngx_log_t *log,
    u_char *buf, size_t len);


ngx_connection_t *
ngx_http_ioattest_connection_create(ngx_http_ioattest_loc_conf_t *conf,
    const char *what)
{
    ngx_connection_t  *c;

    c = ngx_http_ioattest_connection_get();
    if (c == NULL) {
        return NULL;
    }

    c->pool = ngx_create_pool(NGX_HTTP_IOATTEST_POOL_SIZE, ngx_cycle->log);

    if (c->pool == NULL
        || ngx_http_ioattest_connection_prepare(c, conf, what) != NGX_OK)
    {
        ngx_http_ioattest_connection_close(c);
        return NULL;
    }

    return c;
}


/* Closes one without a request; nginx closes those that have one. */

void
ngx_http_ioattest_connection_close(ngx_connection_t *c)
{
    ngx_pool_t  *pool;

    pool = c->pool;

    ngx_close_connection(c);

    if (pool) {
        ngx_destroy_pool(pool);
    }
}


/*
 * A stream socket would report a hangup.  A datagram socket is never
 * readable, can be polled, and costs one descriptor.
 */

static ngx_connection_t *
ngx_http_ioattest_connection_get(void)
{
    ngx_socket_t       fd;
    ngx_connection_t  *c;

    if (ngx_cycle->free_connection_n < NGX_HTTP_IOATTEST_FREE_MIN) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "ioattest: nothing is attested while fewer than %d "
                      "connections are free: see \"worker_connections\"",
                      NGX_HTTP_IOATTEST_FREE_MIN);
        return NULL;
    }

    fd = socket(AF_UNIX, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (fd == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      "ioattest: socket() failed");
        return NULL;
    }

    c = ngx_get_connection(fd, ngx_cycle->log);

    if (c == NULL && ngx_close_socket(fd) == -1) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_socket_errno,
                      "ioattest: close() failed");
    }

    return c;
}


/* Sets what nginx and its modules read of a client's connection. */

static ngx_int_t
ngx_http_ioattest_connection_prepare(ngx_connection_t *c,
    ngx_http_ioattest_loc_conf_t *conf, const char *what)
{
    struct sockaddr_in     *sin;
    ngx_http_connection_t  *hc;

    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

    hc = ngx_pcalloc(c->pool, sizeof(ngx_http_connection_t));
    sin = ngx_pcalloc(c->pool, sizeof(struct sockaddr_in));
    c->buffer = ngx_create_temp_buf(c->pool, 1);

    if (hc == NULL || sin == NULL || c->buffer == NULL
        || ngx_http_ioattest_connection_log(c, conf, what) != NGX_OK)
    {
        return NGX_ERROR;
    }

    hc->conf_ctx = conf->server;

    sin->sin_family = AF_INET;
    sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    c->sockaddr = (struct sockaddr *) sin;
    c->socklen = sizeof(struct sockaddr_in);
    c->local_sockaddr = c->sockaddr;
    c->local_socklen = c->socklen;
    ngx_str_set(&c->addr_text, "127.0.0.1");

    c->data = hc;
    c->type = SOCK_STREAM;
    c->start_time = ngx_current_msec;
    c->log_error = NGX_ERROR_INFO;

    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;

    /* the socket has no TCP options to be set */

    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;

    c->write->ready = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_connection_log(ngx_connection_t *c,
    ngx_http_ioattest_loc_conf_t *conf, const char *what)
{
    ngx_log_t                    *log;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_ioattest_log_ctx_t  *ctx;

    log = ngx_palloc(c->pool, sizeof(ngx_log_t));
    ctx = ngx_pcalloc(c->pool, sizeof(ngx_http_ioattest_log_ctx_t));

    if (log == NULL || ctx == NULL) {
        return NGX_ERROR;
    }

    clcf = conf->server->loc_conf[ngx_http_core_module.ctx_index];

    ctx->http.connection = c;
    ctx->what = what;

    *log = *clcf->error_log;

    log->connection = c->number;
    log->handler = ngx_http_ioattest_connection_log_handler;
#if defined(ngx_http_log_prop)
    log->handler_name = ngx_http_log_prop(HTTP);
#endif
    log->data = ctx;
    log->action = NULL;

    c->log = log;
    c->pool->log = log;
    c->read->log = log;
    c->write->log = log;

    return NGX_OK;
}


static u_char *
ngx_http_ioattest_connection_log_handler(ngx_log_t *log, u_char *buf,
    size_t len)
{
    u_char                       *p;
    ngx_http_request_t           *r;
    ngx_http_ioattest_log_ctx_t  *ctx;

    ctx = log->data;

    if (log->action) {
        p = ngx_snprintf(buf, len, " while %s", log->action);
        len -= p - buf;
        buf = p;
    }

    p = ngx_snprintf(buf, len, ", background: %s", ctx->what);
    len -= p - buf;

    r = ctx->http.request;

    if (r == NULL) {
        return p;
    }

#if defined(ngx_http_log_prop)

    /* Angie, whose log may be JSON */

    return ngx_log_object(log, p, p + len, ngx_http_log_prop(REQUEST),
                          r->log_handler, &ctx->http);
#else
    return r->log_handler(r, ctx->http.current_request, p, len);
#endif
}
