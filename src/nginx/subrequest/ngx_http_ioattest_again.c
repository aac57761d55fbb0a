
/*
 * A job whose connection had been kept and was closed by the other side just
 * as the request went out: nothing was answered, and nothing is wrong with
 * whoever was asked.  nginx itself repeats a POST only where the location
 * says "proxy_next_upstream ... non_idempotent", so a job does it here, once.
 */


#include "request/ngx_http_ioattest.h"


static ngx_uint_t ngx_http_ioattest_job_stale(ngx_http_ioattest_job_t *job,
    ngx_int_t status);
static ngx_int_t ngx_http_ioattest_fetch_again(ngx_http_ioattest_job_t *job);


ngx_int_t
ngx_http_ioattest_job_again(ngx_http_ioattest_job_t *job, ngx_int_t status)
{
    ngx_msec_int_t            left;
    ngx_http_request_t       *r;
    ngx_http_ioattest_job_t  *again;

    if (job->again || !ngx_http_ioattest_job_stale(job, status)) {
        return NGX_DECLINED;
    }

    r = job->ctx->request;

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "ioattest: asking \"%V\" again: a kept connection was "
                  "closed before any byte of an answer came",
                  &job->sr->uri);

    if (job->kind == NGX_HTTP_IOATTEST_JOB_FETCH) {
        return ngx_http_ioattest_fetch_again(job);
    }

    again = ngx_pcalloc(r->pool, sizeof(ngx_http_ioattest_job_t));
    if (again == NULL) {
        return NGX_DECLINED;
    }

    again->kind = job->kind;
    again->ctx = job->ctx;
    again->waited = job->waited;
    again->started = job->started;
    again->again = 1;

    ngx_memcpy(again->lease_key, job->lease_key, NGX_HTTP_IOATTEST_KEY_LEN);

    /* a nonce is good for one request */

    if (ngx_http_ioattest_job_ask(r, again) != NGX_OK) {
        return NGX_DECLINED;
    }

    again->next = job->ctx->jobs;
    job->ctx->jobs = again;

    /* the lease and the time that is left go on with it */

    again->token = job->token;
    job->token = 0;
    job->finished = 1;

    left = (ngx_msec_int_t) (job->timer.timer.key - ngx_current_msec);

    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    ngx_http_ioattest_job_timer(again, (ngx_msec_t) ngx_max(left, 1));

    return NGX_OK;
}


static ngx_uint_t
ngx_http_ioattest_job_stale(ngx_http_ioattest_job_t *job, ngx_int_t status)
{
    ngx_http_upstream_t  *u;

    u = job->sr->upstream;

    return status == NGX_HTTP_BAD_GATEWAY
           && u && u->peer.cached && u->state
           && u->state->bytes_received == 0
           && u->state->header_time == (ngx_msec_t) -1;
}


static ngx_int_t
ngx_http_ioattest_fetch_again(ngx_http_ioattest_job_t *job)
{
    ngx_http_ioattest_proof_t  *proof;

    proof = job->proof;

    if (proof->job->finished
        || ngx_http_ioattest_fetch_send(proof, job->what, job->path)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    /* it is the first of the list now, and waited for in place of this one */

    job->ctx->jobs->again = 1;
    job->finished = 1;
    proof->pending--;

    return NGX_OK;
}
