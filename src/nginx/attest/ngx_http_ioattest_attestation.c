
/*
 * An attestation: the API is asked for one under a nonce of its own, what it
 * brings is verified, and what came of it goes into the zone and the log.
 */


#include "attest/ngx_http_ioattest_attestation.h"

#include <openssl/rand.h>


static ngx_int_t ngx_http_ioattest_attestation_begin(
    ngx_http_ioattest_attestation_t *attestation,
    ngx_http_ioattest_task_t *task, const ngx_http_ioattest_key_t *key,
    ngx_str_t *authorization);
static ngx_int_t ngx_http_ioattest_attestation_what(
    ngx_http_ioattest_attestation_t *attestation);
static ngx_int_t ngx_http_ioattest_attestation_ask(
    ngx_http_ioattest_attestation_t *attestation);
static void ngx_http_ioattest_attestation_replied(
    ngx_http_ioattest_subrequest_t *sub, ngx_int_t status);
static void ngx_http_ioattest_attestation_proved(
    ngx_http_ioattest_proof_t *proof, ngx_int_t rc);
static void ngx_http_ioattest_attestation_timeout(
    ngx_http_ioattest_task_t *task);
static void ngx_http_ioattest_attestation_cleanup(
    ngx_http_ioattest_task_t *task);
static void ngx_http_ioattest_attestation_conclude(
    ngx_http_ioattest_attestation_t *attestation, ioa_status_t reason,
    ngx_http_ioattest_give_e how, ngx_int_t status);


ngx_int_t
ngx_http_ioattest_attestation_start(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    uint64_t token, ngx_uint_t trigger)
{
    ngx_int_t                         rc;
    ngx_http_ioattest_ask_t          *ask;
    ngx_http_ioattest_task_t         *task;
    ngx_http_ioattest_attestation_t  *attestation;

    task = ngx_http_ioattest_task_create(conf, "attestation");

    attestation = task ? ngx_pcalloc(task->pool,
                                     sizeof(ngx_http_ioattest_attestation_t))
                       : NULL;

    if (attestation == NULL) {
        ngx_http_ioattest_lease_give(conf->zone, model->key, token,
                                     NGX_HTTP_IOATTEST_GIVE_BACK, IOA_OK, 0);
        if (task) {
            ngx_http_ioattest_task_abort(task);
        }

        return NGX_ERROR;
    }

    ask = &attestation->ask;

    ask->conf = conf;
    ask->token = token;
    ask->started = ngx_current_msec;
    ask->uri = &conf->request;

    ngx_memcpy(ask->lease_key, model->key, NGX_HTTP_IOATTEST_KEY_LEN);

    attestation->model = *model;
    attestation->trigger = trigger;

    /* from here on the lease is given back as the task ends */

    task->data = attestation;
    task->timeout = ngx_http_ioattest_attestation_timeout;
    task->cleanup = ngx_http_ioattest_attestation_cleanup;

    rc = ngx_http_ioattest_attestation_begin(attestation, task, key,
                                             authorization);

    if (rc != NGX_OK) {
        ngx_http_ioattest_task_abort(task);
        return (rc == NGX_DECLINED) ? NGX_OK : NGX_ERROR;
    }

    ngx_http_ioattest_task_time(task, conf->timeout);
    ngx_http_ioattest_task_release(task);

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_attestation_begin(
    ngx_http_ioattest_attestation_t *attestation,
    ngx_http_ioattest_task_t *task, const ngx_http_ioattest_key_t *key,
    ngx_str_t *authorization)
{
    ngx_int_t  rc;

    rc = ngx_http_ioattest_ask_begin(&attestation->ask, task, key,
                                     authorization);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_ioattest_attestation_what(attestation) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_ioattest_attestation_ask(attestation);
}


static ngx_int_t
ngx_http_ioattest_attestation_what(
    ngx_http_ioattest_attestation_t *attestation)
{
    ngx_str_t                 name, *what;
    ngx_http_ioattest_ask_t  *ask;

    ask = &attestation->ask;
    what = &ask->what;

    name = ngx_http_ioattest_printable(ask->task->pool,
                                       attestation->model.names.name,
                                       attestation->model.names.name_len);

    what->data = ngx_pnalloc(ask->task->pool,
                             sizeof("attestation of model \"\"") + name.len);
    if (what->data == NULL) {
        return NGX_ERROR;
    }

    what->len = ngx_sprintf(what->data, "attestation of model \"%V\"", &name)
                - what->data;
    return NGX_OK;
}


/* Each time under another nonce: one is good for one request. */

static ngx_int_t
ngx_http_ioattest_attestation_ask(
    ngx_http_ioattest_attestation_t *attestation)
{
    u_char                           buf[6 * IOA_MODEL_ID_MAX + 128];
    ngx_str_t                        none, body;
    ioa_bytes_t                      id;
    ngx_http_ioattest_ask_t         *ask;
    ngx_http_ioattest_subrequest_t  *sub;

    ask = &attestation->ask;

    if (RAND_bytes(attestation->nonce32, IOA_NONCE_LEN) != 1) {
        ngx_log_error(NGX_LOG_ALERT, ask->task->log, 0,
                      "ioattest: RAND_bytes() failed");
        return NGX_ERROR;
    }

    id.data = attestation->model.names.id;
    id.len = attestation->model.names.id_len;

    ngx_str_null(&none);

    body.data = buf;
    body.len = ioa_attest_request(buf, sizeof(buf), id, attestation->nonce32);

    if (body.len == 0) {
        return NGX_ERROR;
    }

    sub = ngx_http_ioattest_subrequest_create(ask->task, IOA_REPORT_SIZE_MAX,
                                    ngx_http_ioattest_attestation_replied,
                                    attestation);

    if (sub == NULL
        || ngx_http_ioattest_subrequest_send(sub, ask->uri, &none, &body,
                                             &ask->authorization)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ask->asked = sub;

    return NGX_OK;
}


static void
ngx_http_ioattest_attestation_replied(ngx_http_ioattest_subrequest_t *sub,
    ngx_int_t status)
{
    ngx_int_t                         rc;
    ioa_status_t                      reason;
    ngx_http_ioattest_ask_t          *ask;
    ngx_http_ioattest_give_e          how;
    ngx_http_ioattest_attestation_t  *attestation;

    attestation = sub->data;
    ask = &attestation->ask;

    if (!ask->again && ngx_http_ioattest_subrequest_lost(sub, status)
        && ngx_http_ioattest_attestation_ask(attestation) == NGX_OK)
    {
        ask->again = 1;
        return;
    }

    reason = ngx_http_ioattest_ask_judge(ask, status, &how);

    if (reason == IOA_OK) {

        /* what others are asked for now has as long again */

        ngx_http_ioattest_task_time(ask->task, ask->conf->timeout);

        rc = ngx_http_ioattest_proof_start(attestation,
                                       ngx_http_ioattest_attestation_proved);

        if (rc == NGX_AGAIN) {
            return;
        }

        reason = (rc == NGX_OK) ? attestation->proof->reason
                                : IOA_ATTESTATION_UNAVAILABLE;
    }

    ngx_http_ioattest_attestation_conclude(attestation, reason, how, status);
}


static void
ngx_http_ioattest_attestation_proved(ngx_http_ioattest_proof_t *proof,
    ngx_int_t rc)
{
    ngx_http_ioattest_attestation_t  *attestation;

    attestation = proof->attestation;

    if (!attestation->ask.concluded) {
        ngx_http_ioattest_attestation_conclude(attestation,
                                               (rc == NGX_OK)
                                               ? proof->reason
                                               : IOA_ATTESTATION_UNAVAILABLE,
                                               NGX_HTTP_IOATTEST_GIVE_FAILED,
                                               NGX_HTTP_OK);
        return;
    }

    /* too late for its time, and as good for those who ask next */

    if (rc == NGX_OK && proof->reason == IOA_OK) {
        (void) ngx_atomic_fetch_add(&ngx_http_ioattest_store_counters(
                                proof->conf->zone)->attest_verified, 1);

        ngx_http_ioattest_outcome_trusted(attestation);
        ngx_http_ioattest_wait_wake(attestation->ask.lease_key);
    }
}


static void
ngx_http_ioattest_attestation_timeout(ngx_http_ioattest_task_t *task)
{
    ngx_http_ioattest_attestation_t  *attestation;

    attestation = task->data;

    if (attestation->proof) {

        /* those who have waited for the same service take it for theirs */

        ngx_http_ioattest_endorsements_drop(attestation->proof,
                                            NGX_HTTP_GATEWAY_TIME_OUT);
    }

    ngx_http_ioattest_attestation_conclude(attestation,
                                           IOA_ATTESTATION_TIMEOUT,
                                           NGX_HTTP_IOATTEST_GIVE_FAILED,
                                           NGX_HTTP_GATEWAY_TIME_OUT);
}


static void
ngx_http_ioattest_attestation_cleanup(ngx_http_ioattest_task_t *task)
{
    ngx_http_ioattest_attestation_t  *attestation;

    attestation = task->data;

    if (attestation->proof) {
        ngx_http_ioattest_endorsements_drop(attestation->proof, 0);
    }

    ngx_http_ioattest_ask_end(&attestation->ask, NGX_HTTP_IOATTEST_GIVE_BACK,
                              IOA_OK);
}


static void
ngx_http_ioattest_attestation_conclude(
    ngx_http_ioattest_attestation_t *attestation, ioa_status_t reason,
    ngx_http_ioattest_give_e how, ngx_int_t status)
{
    ngx_http_ioattest_outcome_t  outcome;

    ngx_http_ioattest_task_untime(attestation->ask.task);

    ngx_http_ioattest_outcome_make(&outcome, attestation, reason);
    ngx_http_ioattest_outcome_count(attestation, &outcome);

    if (reason == IOA_OK) {

        /* the store has given it back with what was proved */
        attestation->ask.token = 0;

        ngx_http_ioattest_outcome_trusted(attestation);

    } else {
        ngx_http_ioattest_outcome_log(attestation, &outcome, status);
    }

    if (attestation->proof) {
        attestation->proof->over = 1;
    }

    ngx_http_ioattest_ask_end(&attestation->ask, how, reason);
}
