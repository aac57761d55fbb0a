
/*
 * Exchanges of a task: how they are made, how their replies are collected,
 * and what becomes of them.
 *
 * Each is a background subrequest of the task's request.  It is found by the
 * address of the subrequest, never by r->ctx, which a redirect within its
 * location would wipe.
 */


#include "request/ngx_http_ioattest_headers.h"
#include "subrequest/ngx_http_ioattest_subrequest.h"


#define NGX_HTTP_IOATTEST_REPLY_FIRST  16384


static ngx_int_t ngx_http_ioattest_subrequest_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static ngx_int_t ngx_http_ioattest_subrequest_prepare(
    ngx_http_ioattest_subrequest_t *sub, ngx_str_t *body,
    ngx_str_t *authorization);
static ngx_int_t ngx_http_ioattest_subrequest_post(
    ngx_http_ioattest_subrequest_t *sub, ngx_str_t *body);
static ngx_int_t ngx_http_ioattest_subrequest_keep(
    ngx_http_ioattest_subrequest_t *sub, const u_char *data, size_t n);
static ngx_uint_t ngx_http_ioattest_subrequest_named(ngx_str_t *key,
    const char *name, const char *before);


ngx_http_ioattest_subrequest_t *
ngx_http_ioattest_subrequest_create(ngx_http_ioattest_task_t *task,
    size_t max, ngx_http_ioattest_done_pt done, void *data)
{
    ngx_http_ioattest_subrequest_t  *sub;

    sub = ngx_pcalloc(task->pool, sizeof(ngx_http_ioattest_subrequest_t));
    if (sub == NULL) {
        return NULL;
    }

    sub->task = task;
    sub->max = max;
    sub->done = done;
    sub->data = data;

    sub->next = task->subrequests;
    task->subrequests = sub;

    return sub;
}


ngx_int_t
ngx_http_ioattest_subrequest_send(ngx_http_ioattest_subrequest_t *sub,
    ngx_str_t *uri, ngx_str_t *args, ngx_str_t *body,
    ngx_str_t *authorization)
{
    ngx_http_request_t          *r;
    ngx_http_post_subrequest_t  *ps;

    r = sub->task->request;

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, sub->task->log, 0,
                   "ioattest subrequest: \"%V\"", uri);

    sub->asked = *uri;

    ps->handler = ngx_http_ioattest_subrequest_done;
    ps->data = sub;

    if (ngx_http_subrequest(r, uri, args->len ? args : NULL, &sub->request,
                            ps, NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* ngx_http_subrequest() only posts sr: it may still be changed here */

    return ngx_http_ioattest_subrequest_prepare(sub, body, authorization);
}


/*
 * nginx may call this more than once; further calls do nothing.  It returns
 * NGX_OK, since anything else would make nginx build an error page for the
 * subrequest, or end the main request.
 */

static ngx_int_t
ngx_http_ioattest_subrequest_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc)
{
    ngx_http_ioattest_subrequest_t *sub = data;

    if (sr->connection->error) {
        return rc;
    }

    if (sub->finished) {
        return NGX_OK;
    }

    sub->finished = 1;

    /* nginx's last action was to send the subrequest's body to nobody */

    sub->task->log->action = NULL;

    (*sub->done)(sub, (rc >= NGX_HTTP_SPECIAL_RESPONSE)
                      ? rc : (ngx_int_t) sr->headers_out.status);

    return NGX_OK;
}


/*
 * ngx_http_subrequest() copies headers_in as a struct and so shares the list:
 * the subrequest gets a list of its own.
 */

static ngx_int_t
ngx_http_ioattest_subrequest_prepare(ngx_http_ioattest_subrequest_t *sub,
    ngx_str_t *body, ngx_str_t *authorization)
{
    ngx_str_t            host;
    ngx_http_request_t  *sr;

    sr = sub->request;
    host = sr->headers_in.server;

    ngx_memzero(&sr->headers_in, sizeof(ngx_http_headers_in_t));

    sr->headers_in.server = host;
    sr->headers_in.keep_alive_n = -1;
    sr->headers_in.content_length_n = -1;

    sr->request_body = ngx_pcalloc(sr->pool,
                                   sizeof(ngx_http_request_body_t));

    if (sr->request_body == NULL
        || ngx_list_init(&sr->headers_in.headers, sr->pool, 4,
                         sizeof(ngx_table_elt_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (host.len
        && ngx_http_ioattest_subrequest_header(sr, "Host", &host,
                                               &sr->headers_in.host)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (authorization && authorization->len
        && ngx_http_ioattest_subrequest_header(sr, "Authorization",
                                               authorization,
                                               &sr->headers_in.authorization)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return body->len ? ngx_http_ioattest_subrequest_post(sub, body) : NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_subrequest_post(ngx_http_ioattest_subrequest_t *sub,
    ngx_str_t *body)
{
    u_char              *p;
    ngx_buf_t           *b;
    ngx_str_t            length;
    ngx_table_elt_t     *accept;
    ngx_http_request_t  *sr;

    sr = sub->request;

    sr->method = NGX_HTTP_POST;
    ngx_str_set(&sr->method_name, "POST");

    p = ngx_pnalloc(sr->pool, NGX_OFF_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (sub->type.len == 0) {
        ngx_str_set(&sub->type, "application/json");
    }

    length.data = p;
    length.len = ngx_sprintf(p, "%uz", body->len) - p;

    if (ngx_http_ioattest_subrequest_header(sr, "Content-Type", &sub->type,
                                            &sr->headers_in.content_type)
        != NGX_OK
        || ngx_http_ioattest_subrequest_header(sr, "Content-Length", &length,
                                               &sr->headers_in.content_length)
           != NGX_OK
        || (sub->accept.len
            && ngx_http_ioattest_subrequest_header(sr, "Accept",
                                                   &sub->accept, &accept)
               != NGX_OK))
    {
        return NGX_ERROR;
    }

    sr->headers_in.content_length_n = body->len;

    /* start is set, since the next upstream is sent the body from there */

    b = ngx_create_temp_buf(sr->pool, body->len);
    sr->request_body->bufs = ngx_alloc_chain_link(sr->pool);

    if (b == NULL || sr->request_body->bufs == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->pos, body->data, body->len);
    b->last_buf = 1;

    sr->request_body->bufs->buf = b;
    sr->request_body->bufs->next = NULL;

    return NGX_OK;
}


ngx_http_ioattest_subrequest_t *
ngx_http_ioattest_subrequest_find(ngx_http_request_t *sr)
{
    ngx_http_ioattest_task_t        *task;
    ngx_http_ioattest_subrequest_t  *sub;

    task = ngx_http_ioattest_task_find(sr);

    for (sub = task ? task->subrequests : NULL; sub; sub = sub->next) {
        if (sub->request == sr) {
            return sub;
        }
    }

    return NULL;
}


/*
 * ngx_event_pipe() passes the body of a background subrequest on when all of
 * it has come.  Until then what does not fit in proxy_buffers goes to a file,
 * on the event loop, or is not read with "proxy_max_temp_file_size 0".  So
 * the buffers are given room for all of it, allocated as it is needed.
 */

ngx_int_t
ngx_http_ioattest_subrequest_head(ngx_http_ioattest_subrequest_t *sub)
{
    ngx_int_t                  bufs;
    ngx_http_request_t        *sr;
    ngx_http_upstream_t       *u;
    ngx_http_upstream_conf_t  *conf;

    sr = sub->request;
    sr->filter_need_in_memory = 1;

    /* the connection may be closed by the time the body is complete */

    ngx_http_ioattest_tls_look(sub);

    if (sr->headers_out.content_length_n > (off_t) sub->max) {
        sub->overflow = 1;
        return NGX_HTTP_BAD_GATEWAY;
    }

    u = sr->upstream;

    if (u == NULL || !u->buffering || u->conf->bufs.size == 0) {
        return NGX_OK;
    }

    bufs = sub->max / u->conf->bufs.size + 2;

    if (u->conf->bufs.num >= bufs) {
        return NGX_OK;
    }

    conf = ngx_palloc(sr->pool, sizeof(ngx_http_upstream_conf_t));
    if (conf == NULL) {
        return NGX_ERROR;
    }

    *conf = *u->conf;
    conf->bufs.num = bufs;
    u->conf = conf;

    return NGX_OK;
}


ngx_int_t
ngx_http_ioattest_subrequest_body(ngx_http_ioattest_subrequest_t *sub,
    ngx_chain_t *in)
{
    size_t        n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;

        if (b->last_buf || b->last_in_chain) {
            sub->complete = 1;
        }

        if (ngx_buf_special(b)) {
            continue;
        }

        n = ngx_buf_in_memory(b) ? (size_t) (b->last - b->pos) : 0;

        if (!ngx_buf_in_memory(b) || n > sub->max - sub->size) {
            sub->overflow = 1;
        }

        if (!sub->overflow
            && ngx_http_ioattest_subrequest_keep(sub, b->pos, n) != NGX_OK)
        {
            return NGX_ERROR;
        }

        b->pos = b->last;
        b->file_pos = b->file_last;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_subrequest_keep(ngx_http_ioattest_subrequest_t *sub,
    const u_char *data, size_t n)
{
    u_char  *p;
    size_t   size;

    if (n > sub->allocated - sub->size) {
        size = ngx_max(2 * sub->allocated, NGX_HTTP_IOATTEST_REPLY_FIRST);
        size = ngx_min(ngx_max(size, sub->size + n), sub->max);

        p = ngx_palloc(sub->task->pool, size);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (sub->size) {
            ngx_memcpy(p, sub->reply, sub->size);
            (void) ngx_pfree(sub->task->pool, sub->reply);
        }

        sub->reply = p;
        sub->allocated = size;
    }

    ngx_memcpy(sub->reply + sub->size, data, n);
    sub->size += n;

    return NGX_OK;
}


ngx_uint_t
ngx_http_ioattest_subrequest_lost(ngx_http_ioattest_subrequest_t *sub,
    ngx_int_t status)
{
    ngx_http_upstream_t  *u;

    u = sub->request->upstream;

    if (status != NGX_HTTP_BAD_GATEWAY
        || u == NULL || !u->peer.cached || u->state == NULL
        || u->state->bytes_received != 0
        || u->state->header_time != (ngx_msec_t) -1)
    {
        return 0;
    }

    ngx_log_error(NGX_LOG_INFO, sub->task->log, 0,
                  "ioattest: asking \"%V\" again: a kept connection was "
                  "closed before any byte of an answer came",
                  &sub->request->uri);

    return 1;
}


ngx_uint_t
ngx_http_ioattest_subrequest_replied(ngx_http_ioattest_subrequest_t *sub,
    const char *name, const char *before, ngx_str_t *value)
{
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (sub->request->upstream == NULL) {
        return 0;
    }

    part = &sub->request->upstream->headers_in.headers.part;
    i = 0;
    n = 0;

    while ((h = ngx_http_ioattest_header_next(&part, &i))) {
        if (ngx_http_ioattest_subrequest_named(&h->key, name, before)
            && n++ == 0)
        {
            *value = h->value;
        }
    }

    return n;
}


static ngx_uint_t
ngx_http_ioattest_subrequest_named(ngx_str_t *key, const char *name,
    const char *before)
{
    size_t  len, more;

    len = ngx_strlen(name);
    more = (key->len == len) ? 0 : ngx_strlen(before);

    return key->len == more + len
           && ngx_strncasecmp(key->data, (u_char *) before, more) == 0
           && ngx_strncasecmp(key->data + more, (u_char *) name, len) == 0;
}
