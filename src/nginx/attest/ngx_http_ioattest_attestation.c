
/*
 * One attestation: the API is asked for evidence under a fresh nonce, the
 * evidence is verified, and the result goes into the zone and the log.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_log.h"
#include "request/ngx_http_ioattest_printable.h"
#include "request/ngx_http_ioattest_wait.h"
#include "attest/ngx_http_ioattest_attestation.h"

#include <openssl/rand.h>


static void ngx_http_ioattest_attestation_start(
    ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    uint64_t token, ngx_http_ioattest_trigger_e trigger);
static void ngx_http_ioattest_attestation_none(
    ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_key_t *key, uint64_t token);
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
static void ngx_http_ioattest_attestation_end(
    ngx_http_ioattest_attestation_t *attestation,
    const ngx_http_ioattest_outcome_t *outcome);


void
ngx_http_ioattest_attestations_start(const ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    ngx_http_ioattest_trigger_e trigger, ngx_log_t *log)
{
    u_char      enough[sizeof("\"ioattest_parallel 32\", or ")], *p;
    ngx_log_t   shown;
    ngx_str_t   name;
    ngx_uint_t  i;

    for (i = 0; i < found->n; i++) {
        ngx_http_ioattest_attestation_start(conf, model, key, authorization,
                                            found->token[i], trigger);
    }

    if (found->behind == 0) {
        return;
    }

    /* the model has been attested before, so its name is printable */

    name.data = (u_char *) model->names.name;
    name.len = model->names.name_len;

    p = enough;

    if (found->behind <= NGX_HTTP_IOATTEST_PARALLEL_MAX) {
        p = ngx_sprintf(enough, "\"ioattest_parallel %ui\", or ",
                        found->behind);
    }

    ngx_log_error(NGX_LOG_WARN, ngx_http_ioattest_log_shown(&shown, log), 0,
                  "ioattest: the machines of model \"%V\" cannot be kept "
                  "attested by %ui attestations at once: it takes %*sa longer "
                  "\"ioattest_refresh\" and \"ioattest_valid\"",
                  &name, conf->parallel, (size_t) (p - enough), enough);
}


static void
ngx_http_ioattest_attestation_start(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    uint64_t token, ngx_http_ioattest_trigger_e trigger)
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
        ngx_http_ioattest_attestation_none(conf, model, key, token);

        if (task) {
            ngx_http_ioattest_task_abort(task);
        }

        return;
    }

    ask = &attestation->ask;

    ask->conf = conf;
    ask->key = *key;
    ask->token = token;
    ask->started = ngx_current_msec;
    ask->uri = &conf->request;

    ngx_memcpy(ask->wake, model->key, NGX_HTTP_IOATTEST_KEY_LEN);

    attestation->model = *model;
    attestation->trigger = trigger;

    /* from here on the slot is given back when the task ends */

    task->data = attestation;
    task->timeout = ngx_http_ioattest_attestation_timeout;
    task->cleanup = ngx_http_ioattest_attestation_cleanup;

    rc = ngx_http_ioattest_attestation_begin(attestation, task, key,
                                             authorization);

    if (rc != NGX_OK) {
        ngx_http_ioattest_task_abort(task);
        return;
    }

    ngx_http_ioattest_task_time(task, conf->timeout);
    ngx_http_ioattest_task_release(task);
}


/* The task could not be created: no outcome, and the waiters try again. */

static void
ngx_http_ioattest_attestation_none(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_key_t *key, uint64_t token)
{
    ngx_http_ioattest_news_t   news;
    ngx_http_ioattest_ended_t  ended;

    ngx_memzero(&ended, sizeof(ngx_http_ioattest_ended_t));

    ended.outcome = NGX_HTTP_IOATTEST_DRAW_NOTHING;
    ended.reason = IOA_ATTESTATION_UNAVAILABLE;

    ngx_http_ioattest_draw_end(conf->zone, model, token, &ended, key,
                               &conf->limits, &news);
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


/* Each attempt gets a nonce of its own, because a nonce is good once. */

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

        /* requests to the other services have the full time again */

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

    /* too late for those who waited, but good for later requests */

    if (rc == NGX_OK && proof->reason == IOA_OK) {
        (void) ngx_atomic_fetch_add(&ngx_http_ioattest_store_counters(
                                proof->conf->zone)->attest_verified, 1);

        ngx_http_ioattest_outcome_trusted(attestation);
        ngx_http_ioattest_outcome_audit(attestation, IOA_OK);
        ngx_http_ioattest_outcome_searched(attestation);
        ngx_http_ioattest_wait_wake(attestation->ask.wake);
    }
}


static void
ngx_http_ioattest_attestation_timeout(ngx_http_ioattest_task_t *task)
{
    ioa_status_t                      reached;
    ngx_http_ioattest_attestation_t  *attestation;

    attestation = task->data;

    if (attestation->proof) {

        /* other attestations that wait for the same service fail with us */

        ngx_http_ioattest_endorsements_drop(attestation->proof,
                                            NGX_HTTP_GATEWAY_TIME_OUT);
    }

    if (attestation->ask.concluded) {
        ngx_http_ioattest_early_timeout(attestation->proof);
        return;
    }

    reached = IOA_OK;

    if (attestation->proof) {
        reached = attestation->proof->reached;

        if (reached == IOA_OK) {
            reached = ngx_http_ioattest_alone(attestation->proof);
        }
    }

    if (reached != IOA_OK) {

        /* only documents that make no difference have not come in time */

        ngx_http_ioattest_attestation_conclude(attestation, reached,
                                               NGX_HTTP_IOATTEST_GIVE_FAILED,
                                               NGX_HTTP_OK);
        return;
    }

    ngx_http_ioattest_attestation_conclude(attestation,
                                           IOA_ATTESTATION_TIMEOUT,
                                           NGX_HTTP_IOATTEST_GIVE_FAILED,
                                           NGX_HTTP_GATEWAY_TIME_OUT);
}


static void
ngx_http_ioattest_attestation_cleanup(ngx_http_ioattest_task_t *task)
{
    ngx_http_ioattest_outcome_t       outcome;
    ngx_http_ioattest_attestation_t  *attestation;

    attestation = task->data;

    if (attestation->proof) {
        ngx_http_ioattest_endorsements_drop(attestation->proof, 0);
    }

    if (attestation->ask.concluded) {
        return;
    }

    /* the worker shuts down, or nothing has been sent yet */

    ngx_memzero(&outcome, sizeof(ngx_http_ioattest_outcome_t));

    outcome.nothing = 1;
    outcome.reason = IOA_ATTESTATION_UNAVAILABLE;

    ngx_http_ioattest_attestation_end(attestation, &outcome);
}


static void
ngx_http_ioattest_attestation_conclude(
    ngx_http_ioattest_attestation_t *attestation, ioa_status_t reason,
    ngx_http_ioattest_give_e how, ngx_int_t status)
{
    ngx_http_ioattest_outcome_t  outcome;

    ngx_http_ioattest_task_untime(attestation->ask.task);

    ngx_http_ioattest_outcome_make(&outcome, attestation, reason);
    outcome.nothing = (how == NGX_HTTP_IOATTEST_GIVE_REFUSED);

    ngx_http_ioattest_outcome_count(attestation, &outcome);

    if (attestation->proof) {
        attestation->proof->over = 1;
    }

    if (reason == IOA_OK) {

        /* the zone took the slot back when it stored the result */
        attestation->ask.token = 0;
    }

    ngx_http_ioattest_attestation_end(attestation, &outcome);

    if (reason == IOA_OK) {
        ngx_http_ioattest_outcome_trusted(attestation);

    } else {
        ngx_http_ioattest_outcome_log(attestation, &outcome, status);
    }

    ngx_http_ioattest_outcome_audit(attestation, reason);
    ngx_http_ioattest_outcome_searched(attestation);

    ngx_http_ioattest_wait_wake(attestation->ask.wake);

    if (reason == IOA_OK) {
        ngx_http_ioattest_early_start(attestation);
    }
}


/* Reports the outcome to the zone, once. */

static void
ngx_http_ioattest_attestation_end(
    ngx_http_ioattest_attestation_t *attestation,
    const ngx_http_ioattest_outcome_t *outcome)
{
    ngx_http_ioattest_ask_t    *ask;
    ngx_http_ioattest_ended_t   ended;

    ask = &attestation->ask;
    ask->concluded = 1;

    if (ask->token == 0) {
        return;
    }

    ended.outcome = outcome->nothing ? NGX_HTTP_IOATTEST_DRAW_NOTHING
                    : outcome->refused ? NGX_HTTP_IOATTEST_DRAW_REFUSED
                                       : NGX_HTTP_IOATTEST_DRAW_SILENT;
    ended.reason = outcome->reason;
    ended.have_address = outcome->have_address;
    ngx_memcpy(ended.address20, outcome->address20, IOA_ADDRESS_LEN);

    ngx_http_ioattest_draw_end(ask->conf->zone, &attestation->model,
                               ask->token, &ended, &ask->key,
                               &ask->conf->limits, &attestation->news);
    ask->token = 0;
}
