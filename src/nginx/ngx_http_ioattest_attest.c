
/*
 * Our subrequests: how they are made, how their replies are collected, and
 * what becomes of them.
 *
 * A job is a background subrequest of the main request.  It is found by the
 * address of the subrequest, never by r->ctx, which a redirect within its
 * location would wipe.
 */


#include "ngx_http_ioattest.h"

#include <openssl/rand.h>


#define NGX_HTTP_IOATTEST_REPLY_FIRST  16384


static ngx_int_t ngx_http_ioattest_job_headers(ngx_http_request_t *r,
    ngx_http_ioattest_job_t *job, ngx_str_t *body);
static ngx_int_t ngx_http_ioattest_job_header_add(ngx_http_request_t *sr,
    const char *name, ngx_str_t *value, ngx_table_elt_t **slot);
static ngx_int_t ngx_http_ioattest_job_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static void ngx_http_ioattest_job_timeout(ngx_event_t *ev);
static void ngx_http_ioattest_job_finish(ngx_http_ioattest_job_t *job,
    ngx_int_t status);
static ioa_status_t ngx_http_ioattest_job_verdict(
    ngx_http_ioattest_job_t *job, ngx_int_t status);
static ngx_uint_t ngx_http_ioattest_job_own_key(ngx_http_ioattest_job_t *job);
static void ngx_http_ioattest_job_give(ngx_http_ioattest_job_t *job,
    ngx_http_ioattest_give_e how, ioa_status_t reason);


ngx_int_t
ngx_http_ioattest_job_start(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_http_ioattest_job_e kind,
    uint64_t token, ngx_uint_t waited)
{
    u_char                      *p;
    ngx_str_t                    body, *uri;
    ngx_msec_t                   timeout;
    ioa_bytes_t                  id;
    ngx_http_request_t          *sr;
    ngx_http_ioattest_job_t     *job;
    ngx_http_post_subrequest_t  *ps;

    job = ngx_pcalloc(r->pool, sizeof(ngx_http_ioattest_job_t));
    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));

    if (job == NULL || ps == NULL) {
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
        ngx_memcpy(job->lease_key, ctx->conf->list_key,
                   NGX_HTTP_IOATTEST_KEY_LEN);
        uri = &ctx->conf->models;
        ngx_str_null(&body);
    }

    ps->handler = ngx_http_ioattest_job_done;
    ps->data = job;

    if (ngx_http_subrequest(r, uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    job->sr = sr;

    /* it has only been posted: there is time to dress it */

    if (ngx_http_ioattest_job_headers(r, job, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    timeout = ctx->conf->timeout;

    if (waited) {
        timeout = ngx_min(timeout,
                          (ngx_msec_t) ngx_max((ngx_msec_int_t)
                                   (ctx->deadline - ngx_current_msec), 1));
    }

    job->timer.data = job;
    job->timer.handler = ngx_http_ioattest_job_timeout;
    job->timer.log = r->connection->log;

    ngx_add_timer(&job->timer, timeout);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "ioattest job: \"%V\" waited:%ui", uri, waited);

    return NGX_OK;
}


/*
 * ngx_http_subrequest() copies the client's headers_in as a struct, list and
 * all.  Zeroed and with a list of its own the subrequest carries nothing of
 * the client but its Authorization.
 */

static ngx_int_t
ngx_http_ioattest_job_headers(ngx_http_request_t *r,
    ngx_http_ioattest_job_t *job, ngx_str_t *body)
{
    u_char              *p;
    ngx_buf_t           *b;
    ngx_str_t            server, host, value;
    ngx_table_elt_t     *authorization;
    ngx_http_request_t  *sr;

    sr = job->sr;
    server = r->headers_in.server;
    host = r->headers_in.host ? r->headers_in.host->value : server;
    authorization = r->headers_in.authorization;

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

    if (authorization) {
        job->authorization = authorization->value;

        if (ngx_http_ioattest_job_header_add(sr, "Authorization",
                                             &authorization->value,
                                             &sr->headers_in.authorization)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
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

    ctx = ngx_http_ioattest_ctx_find(sr->main, NULL);

    if (ctx) {
        for (job = ctx->jobs; job; job = job->next) {
            if (job->sr == sr) {
                return job;
            }
        }
    }

    return NULL;
}


void
ngx_http_ioattest_job_header(ngx_http_ioattest_job_t *job)
{
    job->sr->filter_need_in_memory = 1;
}


ngx_int_t
ngx_http_ioattest_job_body(ngx_http_ioattest_job_t *job, ngx_chain_t *in)
{
    u_char       *p;
    size_t        n, size, max;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    max = (job->kind == NGX_HTTP_IOATTEST_JOB_ATTEST) ? IOA_REPORT_SIZE_MAX
                                                      : IOA_MODELS_SIZE_MAX;

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


/*
 * nginx may call it more than once: the second time nothing is left to do.
 * It returns NGX_OK, since anything else would make nginx build an error
 * page for the subrequest, or end the main request.
 */

static ngx_int_t
ngx_http_ioattest_job_done(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_ioattest_job_t *job = data;

    ngx_http_request_t  *r;

    r = job->ctx->request;

    if (sr->connection->error) {
        return rc;
    }

    if (!job->finished) {
        ngx_http_ioattest_job_finish(job, (rc >= NGX_HTTP_SPECIAL_RESPONSE)
                                          ? rc
                                          : (ngx_int_t)
                                            sr->headers_out.status);

        if (job->waited) {
            r->write_event_handler =
                             (job->ctx->state == NGX_HTTP_IOATTEST_GATE)
                             ? ngx_http_core_run_phases
                             : ngx_http_ioattest_hold_resume;

            if (ngx_http_post_request(r, NULL) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static void
ngx_http_ioattest_job_timeout(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_request_t       *r, *sr;
    ngx_http_upstream_t      *u;
    ngx_http_ioattest_job_t  *job;

    job = ev->data;
    sr = job->sr;
    r = job->ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    job->overflow = 0;
    job->complete = 0;

    ngx_http_ioattest_job_finish(job, NGX_HTTP_GATEWAY_TIME_OUT);

    if (job->waited) {
        r->write_event_handler = (job->ctx->state == NGX_HTTP_IOATTEST_GATE)
                                 ? ngx_http_core_run_phases
                                 : ngx_http_ioattest_hold_resume;

        if (ngx_http_post_request(r, NULL) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_ERROR);
            ngx_http_run_posted_requests(c);
            return;
        }
    }

    /*
     * The connection of the subrequest is given up the way nginx does it
     * when a client is gone, or it would keep the client's request open.
     */

    u = sr->upstream;

    if (u && u->cleanup) {
        (*u->cleanup)(sr);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_ioattest_job_finish(ngx_http_ioattest_job_t *job, ngx_int_t status)
{
    ngx_str_t                      name;
    ioa_status_t                   reason;
    ngx_http_ioattest_ctx_t       *ctx;
    ngx_http_ioattest_counters_t  *counters;

    ctx = job->ctx;
    job->finished = 1;

    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    counters = ngx_http_ioattest_counters(ctx);

    reason = ngx_http_ioattest_job_verdict(job, status);

    if (job->kind == NGX_HTTP_IOATTEST_JOB_ATTEST) {
        ngx_http_ioattest_observe(&counters->attest,
                                  (ngx_current_msec - job->started) * 1000);

        (void) ngx_atomic_fetch_add(reason == IOA_OK
                                    ? &counters->attest_verified
                                    : &counters->attest_rejected[reason], 1);
    }

    if (reason != IOA_OK) {
        name = ngx_http_ioattest_printable(ctx->request->pool,
                                           ctx->model.names.name,
                                           ctx->model.names.name_len);

        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "ioattest: %s model \"%V\" failed: %s (status %i, "
                      "%uz bytes%s), asked at \"%V\"",
                      job->kind == NGX_HTTP_IOATTEST_JOB_ATTEST
                      ? "attestation of" : "models list for",
                      &name, ioa_status_name(reason), status, job->size,
                      job->overflow ? ", too large"
                                    : (job->complete ? "" : ", incomplete"),
                      job->kind == NGX_HTTP_IOATTEST_JOB_ATTEST
                      ? &ctx->conf->request : &ctx->conf->models);

        if (job->waited) {
            ctx->failed = reason;
        }
    }

    ngx_http_ioattest_wait_wake(job->lease_key);
}


/* Judges the reply, keeps what it proves, and gives the lease back. */

static ioa_status_t
ngx_http_ioattest_job_verdict(ngx_http_ioattest_job_t *job, ngx_int_t status)
{
    ioa_status_t               reason;
    ngx_msec_t                 ran;
    ngx_http_ioattest_give_e   how;

    how = NGX_HTTP_IOATTEST_GIVE_FAILED;
    ran = ngx_current_msec - job->started;

    if (status == NGX_HTTP_GATEWAY_TIME_OUT) {
        reason = IOA_ATTESTATION_TIMEOUT;

        if (ran + 1 < job->ctx->conf->timeout && job->waited
            && ngx_http_ioattest_wait_over(job->ctx))
        {
            /* it was the request that ran out of time, having waited before */
            how = NGX_HTTP_IOATTEST_GIVE_BACK;
        }

    } else if (status != NGX_HTTP_OK) {
        reason = IOA_ATTESTATION_UNAVAILABLE;

        if (status >= 400 && status < 500
            && ngx_http_ioattest_job_own_key(job))
        {
            how = NGX_HTTP_IOATTEST_GIVE_BACK;
        }

    } else if (!job->complete || job->overflow) {
        reason = IOA_ATTESTATION_MALFORMED;

    } else {
        reason = ngx_http_ioattest_reply_judge(job);
    }

    if (reason != IOA_OK) {
        ngx_http_ioattest_job_give(job, how, reason);
    }

    job->token = 0;

    return reason;
}


/*
 * 1 where the attestation was asked with the key of this request's client:
 * the header went out as he sent it, not as the location sets it.
 */

static ngx_uint_t
ngx_http_ioattest_job_own_key(ngx_http_ioattest_job_t *job)
{
    u_char               *p;
    ngx_str_t            *key;
    ngx_buf_t            *b;
    ngx_chain_t          *cl;
    ngx_http_upstream_t  *u;

    u = job->sr->upstream;
    key = &job->authorization;

    if (key->len == 0 || u == NULL) {
        return 0;
    }

    for (cl = u->request_bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (b->start == NULL) {
            continue;
        }

        for (p = b->start; (size_t) (b->last - p) >= key->len; p++) {
            if (*p == key->data[0] && ngx_memcmp(p, key->data, key->len) == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


static void
ngx_http_ioattest_job_give(ngx_http_ioattest_job_t *job,
    ngx_http_ioattest_give_e how, ioa_status_t reason)
{
    if (job->token) {
        ngx_http_ioattest_lease_give(job->ctx->conf->zone, job->lease_key,
                                     job->token, how, reason,
                                     job->ctx->conf->fail_timeout);
        job->token = 0;
    }
}


/* The request ends before the job has: the next waiter may have the lease. */

void
ngx_http_ioattest_job_drop(ngx_http_ioattest_job_t *job)
{
    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    job->finished = 1;

    if (job->token) {
        ngx_http_ioattest_job_give(job, NGX_HTTP_IOATTEST_GIVE_BACK, IOA_OK);
        ngx_http_ioattest_wait_wake(job->lease_key);
    }
}
