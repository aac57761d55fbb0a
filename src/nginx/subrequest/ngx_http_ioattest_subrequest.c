
/*
 * Our subrequests: how they are made, how their replies are collected, and
 * what becomes of them.
 *
 * A job is a background subrequest of the main request.  It is found by the
 * address of the subrequest, never by r->ctx, which a redirect within its
 * location would wipe.
 */


#include "request/ngx_http_ioattest.h"

#include <openssl/rand.h>


#define NGX_HTTP_IOATTEST_REPLY_FIRST  16384


static ngx_int_t ngx_http_ioattest_job_headers(ngx_http_request_t *r,
    ngx_http_ioattest_job_t *job, ngx_str_t *body);
static ngx_int_t ngx_http_ioattest_job_header_add(ngx_http_request_t *sr,
    const char *name, ngx_str_t *value, ngx_table_elt_t **slot);
static size_t ngx_http_ioattest_job_max(ngx_http_ioattest_job_t *job);


ngx_int_t
ngx_http_ioattest_job_start(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_http_ioattest_job_e kind,
    uint64_t token, ngx_uint_t waited)
{
    ngx_msec_t                timeout;
    ngx_http_ioattest_job_t  *job;

    job = ngx_pcalloc(r->pool, sizeof(ngx_http_ioattest_job_t));
    if (job == NULL) {
        return NGX_ERROR;
    }

    job->kind = kind;
    job->ctx = ctx;
    job->token = token;
    job->waited = waited;
    job->started = ngx_current_msec;

    /* from here on the lease is given back whatever happens */

    job->next = ctx->jobs;
    ctx->jobs = job;

    if (kind == NGX_HTTP_IOATTEST_JOB_ATTEST) {
        ngx_memcpy(job->lease_key, ctx->model.key, NGX_HTTP_IOATTEST_KEY_LEN);

    } else {
        ngx_memcpy(job->lease_key, ctx->key.list, NGX_HTTP_IOATTEST_KEY_LEN);
    }

    if (ngx_http_ioattest_job_ask(r, job) != NGX_OK) {
        return NGX_ERROR;
    }

    timeout = ctx->conf->timeout;

    if (waited) {
        timeout = ngx_min(timeout,
                          (ngx_msec_t) ngx_max((ngx_msec_int_t)
                              (ctx->wait.deadline - ngx_current_msec), 1));
    }

    ngx_http_ioattest_job_timer(job, timeout);

    return NGX_OK;
}


void
ngx_http_ioattest_job_timer(ngx_http_ioattest_job_t *job, ngx_msec_t timeout)
{
    job->timer.data = job;
    job->timer.handler = ngx_http_ioattest_job_timeout;
    job->timer.log = job->ctx->request->connection->log;

    ngx_add_timer(&job->timer, timeout);
}


ngx_int_t
ngx_http_ioattest_job_ask(ngx_http_request_t *r, ngx_http_ioattest_job_t *job)
{
    u_char                   *p;
    ngx_str_t                 args, body, *uri;
    ioa_bytes_t               id;
    ngx_http_ioattest_ctx_t  *ctx;

    ctx = job->ctx;

    if (job->kind == NGX_HTTP_IOATTEST_JOB_ATTEST) {
        uri = &ctx->conf->request;

        if (RAND_bytes(job->nonce32, IOA_NONCE_LEN) != 1) {
            ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                          "ioattest: RAND_bytes() failed");
            return NGX_ERROR;
        }

        id.data = ctx->model.names.id;
        id.len = ctx->model.names.id_len;

        p = ngx_pnalloc(r->pool, 6 * IOA_MODEL_ID_MAX + 128);
        if (p == NULL) {
            return NGX_ERROR;
        }

        body.data = p;
        body.len = ioa_attest_request(p, 6 * IOA_MODEL_ID_MAX + 128, id,
                                      job->nonce32);
        if (body.len == 0) {
            return NGX_ERROR;
        }

    } else {
        uri = &ctx->conf->models;
        ngx_str_null(&body);
    }

    ngx_str_null(&args);

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "ioattest job: \"%V\"", uri);

    return ngx_http_ioattest_job_send(r, job, uri, &args, &body);
}


/* Makes the subrequest: a POST where there is a body, else a GET. */

ngx_int_t
ngx_http_ioattest_job_send(ngx_http_request_t *r,
    ngx_http_ioattest_job_t *job, ngx_str_t *uri, ngx_str_t *args,
    ngx_str_t *body)
{
    ngx_http_post_subrequest_t  *ps;

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    job->asked = *uri;

    ps->handler = ngx_http_ioattest_job_done;
    ps->data = job;

    if (ngx_http_subrequest(r, uri, args->len ? args : NULL, &job->sr, ps,
                            NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* it has only been posted: there is time to dress it */

    return ngx_http_ioattest_job_headers(r, job, body);
}


/*
 * ngx_http_subrequest() copies the client's headers_in as a struct, list and
 * all.  Zeroed and with a list of its own the subrequest carries nothing of
 * the client but what ioattest_authorization takes of it.
 */

static ngx_int_t
ngx_http_ioattest_job_headers(ngx_http_request_t *r,
    ngx_http_ioattest_job_t *job, ngx_str_t *body)
{
    u_char              *p;
    ngx_buf_t           *b;
    ngx_str_t            server, host, value;
    ngx_http_request_t  *sr;

    sr = job->sr;
    server = r->headers_in.server;
    host = r->headers_in.host ? r->headers_in.host->value : server;

    ngx_memzero(&sr->headers_in, sizeof(ngx_http_headers_in_t));

    sr->headers_in.server = server;
    sr->headers_in.keep_alive_n = -1;
    sr->headers_in.content_length_n = -1;

    if (ngx_list_init(&sr->headers_in.headers, r->pool, 4,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_ioattest_job_header_add(sr, "Host", &host,
                                         &sr->headers_in.host)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* a key of the API's is for the API alone */

    if (job->kind != NGX_HTTP_IOATTEST_JOB_FETCH
        && job->ctx->authorization.len
        && ngx_http_ioattest_job_header_add(sr, "Authorization",
                                            &job->ctx->authorization,
                                            &sr->headers_in.authorization)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    sr->request_body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    if (sr->request_body == NULL) {
        return NGX_ERROR;
    }

    if (body->len == 0) {
        return NGX_OK;
    }

    sr->method = NGX_HTTP_POST;
    ngx_str_set(&sr->method_name, "POST");

    ngx_str_set(&value, "application/json");

    if (ngx_http_ioattest_job_header_add(sr, "Content-Type", &value,
                                         &sr->headers_in.content_type)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(r->pool, NGX_OFF_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;
    value.len = ngx_sprintf(p, "%uz", body->len) - p;

    if (ngx_http_ioattest_job_header_add(sr, "Content-Length", &value,
                                         &sr->headers_in.content_length)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sr->headers_in.content_length_n = body->len;

    /* start is set: the next upstream is sent the body from there */

    b = ngx_create_temp_buf(r->pool, body->len);
    sr->request_body->bufs = ngx_alloc_chain_link(r->pool);

    if (b == NULL || sr->request_body->bufs == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->pos, body->data, body->len);
    b->last_buf = 1;

    sr->request_body->bufs->buf = b;
    sr->request_body->bufs->next = NULL;

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_job_header_add(ngx_http_request_t *sr, const char *name,
    ngx_str_t *value, ngx_table_elt_t **slot)
{
    size_t            len;
    ngx_table_elt_t  *h;

    h = ngx_list_push(&sr->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    len = ngx_strlen(name);

    h->key.len = len;
    h->key.data = (u_char *) name;
    h->value = *value;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    h->lowcase_key = ngx_pnalloc(sr->pool, len);
    if (h->lowcase_key == NULL) {
        h->hash = 0;
        return NGX_ERROR;
    }

    h->hash = ngx_hash_strlow(h->lowcase_key, h->key.data, len);
    *slot = h;

    return NGX_OK;
}


ngx_http_ioattest_job_t *
ngx_http_ioattest_job_find(ngx_http_request_t *sr)
{
    ngx_http_ioattest_ctx_t  *ctx;
    ngx_http_ioattest_job_t  *job;

    for (ctx = ngx_http_ioattest_ctx_find(sr->main, NULL);
         ctx;
         ctx = ctx->previous)
    {
        for (job = ctx->jobs; job; job = job->next) {
            if (job->sr == sr) {
                return job;
            }
        }
    }

    return NULL;
}


static size_t
ngx_http_ioattest_job_max(ngx_http_ioattest_job_t *job)
{
    return (job->kind == NGX_HTTP_IOATTEST_JOB_MODELS) ? IOA_MODELS_SIZE_MAX
                                                       : IOA_REPORT_SIZE_MAX;
}


/*
 * ngx_event_pipe() gives out what comes for a background subrequest only when
 * all has come.  What proxy_buffers have no room for would go to a file until
 * then, on the event loop, or with "proxy_max_temp_file_size 0" stand still:
 * so there is room for all that is wanted.  It is used as it is needed.
 */

ngx_int_t
ngx_http_ioattest_job_header(ngx_http_ioattest_job_t *job)
{
    size_t                     max;
    ngx_int_t                  bufs;
    ngx_http_upstream_t       *u;
    ngx_http_upstream_conf_t  *conf;

    job->sr->filter_need_in_memory = 1;

    /* the connection may be gone when all has come */

    ngx_http_ioattest_tls_look(job);

    max = ngx_http_ioattest_job_max(job);

    if (job->sr->headers_out.content_length_n > (off_t) max) {
        job->overflow = 1;
        return NGX_HTTP_BAD_GATEWAY;
    }

    u = job->sr->upstream;

    if (u == NULL || !u->buffering || u->conf->bufs.size == 0) {
        return NGX_OK;
    }

    bufs = max / u->conf->bufs.size + 2;

    if (u->conf->bufs.num >= bufs) {
        return NGX_OK;
    }

    conf = ngx_palloc(job->sr->pool, sizeof(ngx_http_upstream_conf_t));
    if (conf == NULL) {
        return NGX_ERROR;
    }

    *conf = *u->conf;
    conf->bufs.num = bufs;
    u->conf = conf;

    return NGX_OK;
}


ngx_int_t
ngx_http_ioattest_job_body(ngx_http_ioattest_job_t *job, ngx_chain_t *in)
{
    u_char       *p;
    size_t        n, size, max;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    max = ngx_http_ioattest_job_max(job);

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;

        if (b->last_buf || b->last_in_chain) {
            job->complete = 1;
        }

        if (ngx_buf_special(b)) {
            continue;
        }

        n = ngx_buf_in_memory(b) ? (size_t) (b->last - b->pos) : 0;

        if (!ngx_buf_in_memory(b) || n > max - job->size) {
            job->overflow = 1;
        }

        if (!job->overflow && n > job->allocated - job->size) {
            size = ngx_max(2 * job->allocated, NGX_HTTP_IOATTEST_REPLY_FIRST);
            size = ngx_min(ngx_max(size, job->size + n), max);

            p = ngx_palloc(job->sr->pool, size);
            if (p == NULL) {
                return NGX_ERROR;
            }

            if (job->size) {
                ngx_memcpy(p, job->reply, job->size);
                (void) ngx_pfree(job->sr->pool, job->reply);
            }

            job->reply = p;
            job->allocated = size;
        }

        if (!job->overflow) {
            ngx_memcpy(job->reply + job->size, b->pos, n);
            job->size += n;
        }

        b->pos = b->last;
        b->file_pos = b->file_last;
    }

    return NGX_OK;
}
