
/*
 * The end of a job: by its reply, by time, or with the request it belongs to.
 */


#include "request/ngx_http_ioattest.h"


static ngx_int_t ngx_http_ioattest_job_finish(ngx_http_ioattest_job_t *job,
    ngx_int_t status);
static void ngx_http_ioattest_job_abort(ngx_http_ioattest_job_t *job);
static void ngx_http_ioattest_job_conclude(ngx_http_ioattest_job_t *job,
    ioa_status_t reason, ngx_http_ioattest_give_e how, ngx_int_t status);
static void ngx_http_ioattest_job_failed(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t reason);
static void ngx_http_ioattest_job_trusted(ngx_http_ioattest_job_t *job);
static const char *ngx_http_ioattest_job_grounds(
    ngx_http_ioattest_job_t *job);
static void ngx_http_ioattest_job_log(ngx_http_ioattest_job_t *job,
    ioa_status_t reason, ngx_int_t status);
static void ngx_http_ioattest_job_log_insecure(ngx_http_ioattest_job_t *job,
    ngx_str_t *name, ngx_int_t status);
static void ngx_http_ioattest_job_give(ngx_http_ioattest_job_t *job,
    ngx_http_ioattest_give_e how, ioa_status_t reason);
static ngx_int_t ngx_http_ioattest_job_resume(ngx_http_ioattest_job_t *job);


/*
 * nginx may call it more than once: the second time nothing is left to do.
 * It returns NGX_OK, since anything else would make nginx build an error
 * page for the subrequest, or end the main request.
 */

ngx_int_t
ngx_http_ioattest_job_done(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_ioattest_job_t *job = data;

    ngx_int_t  status;

    if (sr->connection->error) {
        return rc;
    }

    if (job->replied || job->finished) {
        return NGX_OK;
    }

    job->replied = 1;

    status = (rc >= NGX_HTTP_SPECIAL_RESPONSE)
             ? rc : (ngx_int_t) sr->headers_out.status;

    if (ngx_http_ioattest_job_again(job, status) == NGX_OK) {
        return NGX_OK;
    }

    if (job->kind == NGX_HTTP_IOATTEST_JOB_FETCH) {
        job->finished = 1;
        ngx_http_ioattest_fetch_done(job, status);
        return NGX_OK;
    }

    if (ngx_http_ioattest_job_finish(job, status) == NGX_AGAIN) {
        return NGX_OK;
    }

    return ngx_http_ioattest_job_resume(job);
}


ngx_int_t
ngx_http_ioattest_job_proved(ngx_http_ioattest_job_t *job, ngx_int_t rc)
{
    ngx_http_ioattest_job_conclude(job, (rc == NGX_OK)
                                        ? job->proof->reason
                                        : IOA_ATTESTATION_UNAVAILABLE,
                                   NGX_HTTP_IOATTEST_GIVE_FAILED,
                                   NGX_HTTP_OK);

    return ngx_http_ioattest_job_resume(job);
}


/* Lets the request go on that has waited for the job. */

static ngx_int_t
ngx_http_ioattest_job_resume(ngx_http_ioattest_job_t *job)
{
    ngx_http_request_t  *r;

    if (!job->waited) {
        return NGX_OK;
    }

    r = job->ctx->request;

    r->write_event_handler = (job->ctx->state < NGX_HTTP_IOATTEST_STATE_SENT)
                             ? ngx_http_core_run_phases
                             : ngx_http_ioattest_decide_resume;

    return ngx_http_post_request(r, NULL);
}


void
ngx_http_ioattest_job_timeout(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_ioattest_job_t  *job, *fetch;

    job = ev->data;
    r = job->ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    job->overflow = 0;
    job->complete = 0;

    (void) ngx_http_ioattest_job_finish(job, NGX_HTTP_GATEWAY_TIME_OUT);

    if (ngx_http_ioattest_job_resume(job) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_ERROR);
        ngx_http_run_posted_requests(c);
        return;
    }

    /*
     * Its own subrequest, and those that it has made others ask.  The last
     * one may end the request: of a renewal nothing else may be left.
     */

    r->main->count++;

    for (fetch = job->ctx->jobs; fetch; fetch = fetch->next) {

        if (fetch == job
            || (fetch->kind == NGX_HTTP_IOATTEST_JOB_FETCH
                && fetch->proof == job->proof))
        {
            fetch->finished = 1;
            ngx_http_ioattest_job_abort(fetch);
        }
    }

    ngx_http_finalize_request(r, NGX_DONE);
    ngx_http_run_posted_requests(c);
}


/*
 * The connection of the subrequest is given up the way nginx does it when a
 * client is gone, or it would keep the client's request open.
 */

static void
ngx_http_ioattest_job_abort(ngx_http_ioattest_job_t *job)
{
    ngx_http_upstream_t  *u;

    u = job->sr ? job->sr->upstream : NULL;

    if (u && u->cleanup) {
        (*u->cleanup)(job->sr);
    }
}


/* NGX_AGAIN: the reply is being verified; NGX_OK: the job has ended. */

static ngx_int_t
ngx_http_ioattest_job_finish(ngx_http_ioattest_job_t *job, ngx_int_t status)
{
    ngx_int_t                  rc;
    ngx_msec_t                 ran;
    ioa_status_t               reason;
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

    } else if (job->overflow) {
        reason = IOA_ATTESTATION_MALFORMED;

    } else if (status != NGX_HTTP_OK) {
        reason = ngx_http_ioattest_key_judge(job, status, &how);

    } else if (!job->complete) {
        reason = IOA_ATTESTATION_MALFORMED;

    } else if (job->kind == NGX_HTTP_IOATTEST_JOB_MODELS) {
        reason = ngx_http_ioattest_tls_counts(job)
                 ? ngx_http_ioattest_reply_models(job)
                 : IOA_ATTESTATION_INSECURE;

    } else {
        rc = ngx_http_ioattest_proof_start(job);

        if (rc == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        reason = (rc == NGX_OK) ? job->proof->reason
                                : IOA_ATTESTATION_UNAVAILABLE;
    }

    ngx_http_ioattest_job_conclude(job, reason, how, status);

    return NGX_OK;
}


static void
ngx_http_ioattest_job_conclude(ngx_http_ioattest_job_t *job,
    ioa_status_t reason, ngx_http_ioattest_give_e how, ngx_int_t status)
{
    ngx_http_ioattest_ctx_t       *ctx;
    ngx_http_ioattest_counters_t  *counters;

    ctx = job->ctx;
    job->finished = 1;

    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    if (reason != IOA_OK) {
        ngx_http_ioattest_job_give(job, how, reason);
    }

    /* the store has given it back with what was proved */
    job->token = 0;

    if (job->kind == NGX_HTTP_IOATTEST_JOB_ATTEST) {
        counters = ngx_http_ioattest_counters(ctx);

        ngx_http_ioattest_observe(&counters->attest,
                                  (ngx_current_msec - job->started) * 1000);

        (void) ngx_atomic_fetch_add(reason == IOA_OK
                                    ? &counters->attest_verified
                                    : &counters->attest_rejected[reason], 1);
    }

    if (reason == IOA_OK && job->proof) {
        ngx_http_ioattest_job_trusted(job);

    } else if (reason != IOA_OK) {
        ngx_http_ioattest_job_log(job, reason, status);

        if (job->waited) {
            ngx_http_ioattest_job_failed(ctx, reason);
        }
    }

    ngx_http_ioattest_wait_wake(job->lease_key);
}


/*
 * A refused key ends a request before it is sent.  A response that is there
 * goes on waiting, for machines that are met with other keys.
 */

static void
ngx_http_ioattest_job_failed(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t reason)
{
    if (reason != IOA_ATTESTATION_REFUSED
        || ctx->state < NGX_HTTP_IOATTEST_STATE_SENT)
    {
        ctx->failed = reason;
        return;
    }

    /* what rests for long is known to the store */

    ctx->spent = (!ctx->key.own
                  && ctx->api_status != NGX_HTTP_TOO_MANY_REQUESTS);
}


void
ngx_http_ioattest_job_late(ngx_http_ioattest_job_t *job)
{
    ngx_http_ioattest_counters_t  *counters;

    if (job->proof->reason != IOA_OK) {
        return;
    }

    counters = ngx_http_ioattest_counters(job->ctx);

    (void) ngx_atomic_fetch_add(&counters->attest_verified, 1);

    ngx_http_ioattest_job_trusted(job);
    ngx_http_ioattest_wait_wake(job->lease_key);
}


/* Says who is trusted from now on, and on what grounds. */

static void
ngx_http_ioattest_job_trusted(ngx_http_ioattest_job_t *job)
{
    u_char                    address[IOA_ADDRESS_TEXT_LEN];
    ngx_str_t                 name;
    ioa_proved_t             *proved;
    ngx_http_ioattest_ctx_t  *ctx;

    ctx = job->ctx;
    proved = &job->proof->machine.proved;

    ioa_address_print(address, job->proof->machine.address20);

    name = ngx_http_ioattest_printable(ctx->request->pool,
                                       ctx->model.names.name,
                                       ctx->model.names.name_len);

    ngx_log_error(NGX_LOG_NOTICE, ctx->request->connection->log, 0,
                  "ioattest: attested %*s for model \"%V\": cpu %s, "
                  "tcb status %s, %uz gpus %s, signer bound by %s",
                  (size_t) IOA_ADDRESS_TEXT_LEN, address, &name,
                  ngx_http_ioattest_cpu_name(proved->cpu),
                  ioa_tcb_name(proved->tcb_status), proved->gpus,
                  proved->gpus ? proved->gpu_arch : "-",
                  ngx_http_ioattest_job_grounds(job));
}


static const char *
ngx_http_ioattest_job_grounds(ngx_http_ioattest_job_t *job)
{
    if (job->proof->machine.proved.signer_bound) {
        return "hardware";
    }

    return (job->tls == NGX_HTTP_IOATTEST_TLS_VERIFIED)
           ? "TLS to the API alone"
           : "nothing that was verified here (\"ioattest_ssl_verify off\")";
}


/* Says what failed, and of evidence which check. */

static void
ngx_http_ioattest_job_log(ngx_http_ioattest_job_t *job, ioa_status_t reason,
    ngx_int_t status)
{
    size_t                    i;
    ngx_str_t                 name;
    ngx_uint_t                level;
    const ioa_check_t        *check;
    ngx_http_ioattest_ctx_t  *ctx;

    ctx = job->ctx;
    check = NULL;

    name = ngx_http_ioattest_printable(ctx->request->pool,
                                       ctx->model.names.name,
                                       ctx->model.names.name_len);

    if (reason == IOA_ATTESTATION_INSECURE) {
        ngx_http_ioattest_job_log_insecure(job, &name, status);
        return;
    }

    if (job->proof && !job->proof->running) {

        for (i = 0; i < job->proof->checks.n; i++) {
            if (job->proof->checks.list[i].verdict == IOA_CHECK_FAILED) {
                check = &job->proof->checks.list[i];
            }
        }
    }

    /* what a caller's key is refused is no failure of the gateway */

    level = (reason == IOA_ATTESTATION_REFUSED && !ctx->key.own)
            ? NGX_LOG_WARN : NGX_LOG_ERR;

    ngx_log_error(level, ctx->request->connection->log, 0,
                  "ioattest: %s model \"%V\" failed: %s%s%s%s%s (status %i, "
                  "%uz bytes%s), asked at \"%V\"",
                  job->kind == NGX_HTTP_IOATTEST_JOB_ATTEST
                  ? "attestation of" : "models list for",
                  &name, ioa_status_name(reason),
                  check ? ", check \"" : "", check ? check->name : "",
                  check ? "\": " : "", check ? check->detail : "",
                  status, job->size,
                  job->overflow ? ", too large"
                                : (job->complete ? "" : ", incomplete"),
                  job->kind == NGX_HTTP_IOATTEST_JOB_ATTEST
                  ? &ctx->conf->request : &ctx->conf->models);
}


/* The reply that does not count may be another service's. */

static void
ngx_http_ioattest_job_log_insecure(ngx_http_ioattest_job_t *job,
    ngx_str_t *name, ngx_int_t status)
{
    ngx_str_t  why;

    why = ngx_http_ioattest_tls_text(job->proof && job->proof->insecure
                                     ? job->proof->insecure : job);

    ngx_log_error(NGX_LOG_ERR, job->ctx->request->connection->log, 0,
                  "ioattest: %s model \"%V\" failed: %s: %V; or "
                  "\"ioattest_ssl_verify off\" where something else on this "
                  "machine verifies TLS (status %i, %uz bytes)",
                  job->kind == NGX_HTTP_IOATTEST_JOB_ATTEST
                  ? "attestation of" : "models list for",
                  name, ioa_status_name(IOA_ATTESTATION_INSECURE), &why,
                  status, job->size);
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
