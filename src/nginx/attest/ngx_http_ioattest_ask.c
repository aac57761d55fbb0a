
/*
 * What an attestation and a read of the models list have in common: the key
 * that the API is asked with, what a refusal by the API means, and the lease.
 *
 * The subrequests get their key here, so it is known whose key the API has
 * refused.  The refusal of a caller's key concerns that key alone.
 */


#include "request/ngx_http_ioattest_key.h"
#include "request/ngx_http_ioattest_wait.h"
#include "request/ngx_http_ioattest_log.h"
#include "attest/ngx_http_ioattest_attestation.h"


#define NGX_HTTP_IOATTEST_PAYMENT_REQUIRED  402

/* how long a key is not used after it was refused, ms */
#define NGX_HTTP_IOATTEST_REST_OWN      60000
#define NGX_HTTP_IOATTEST_REST_429      5000    /* without a Retry-After */
#define NGX_HTTP_IOATTEST_REST_CALLER   1000

#define NGX_HTTP_IOATTEST_RETRY_MAX     3600    /* s */


static ioa_status_t ngx_http_ioattest_ask_status(
    ngx_http_ioattest_ask_t *ask, ngx_int_t status,
    ngx_http_ioattest_give_e *how);
static ngx_uint_t ngx_http_ioattest_ask_of_key(ngx_int_t status);
static void ngx_http_ioattest_ask_own_refused(ngx_http_ioattest_ask_t *ask,
    ngx_int_t status, ngx_msec_t ms);
static ngx_uint_t ngx_http_ioattest_ask_retry_after(
    ngx_http_ioattest_subrequest_t *sub);


/* A task is what variables can be evaluated in: it asks for nothing. */

void
ngx_http_ioattest_ask_own(ngx_http_ioattest_loc_conf_t *conf,
    ngx_str_t *authorization, ngx_http_ioattest_key_t *key)
{
    ngx_str_t                  value;
    ngx_http_ioattest_key_t    made, *seen;
    ngx_http_ioattest_task_t  *task;

    if (ngx_http_ioattest_key_stale(conf)) {
        task = ngx_http_ioattest_task_create(conf, "key");
        seen = NULL;

        if (task) {
            if (ngx_http_ioattest_key_value(task->request, conf, &value,
                                            &made)
                == NGX_OK)
            {
                seen = &made;
            }

            ngx_http_ioattest_task_abort(task);
        }

        ngx_http_ioattest_key_seen(conf, seen);
    }

    ngx_http_ioattest_key_own(conf, authorization, key);
}


ngx_int_t
ngx_http_ioattest_ask_begin(ngx_http_ioattest_ask_t *ask,
    ngx_http_ioattest_task_t *task, const ngx_http_ioattest_key_t *key,
    ngx_str_t *authorization)
{
    ngx_http_ioattest_resting_t  rest;

    ask->task = task;

    ask->key = *key;

    if (authorization->data || !key->own) {

        ask->authorization.len = authorization->len;
        ask->authorization.data = ngx_pnalloc(task->pool,
                                              authorization->len + 1);
        if (ask->authorization.data == NULL) {
            return NGX_ERROR;
        }

        if (authorization->data) {
            ngx_memcpy(ask->authorization.data, authorization->data,
                       authorization->len);
        }

        return NGX_OK;
    }

    if (ngx_http_ioattest_key_value(task->request, ask->conf,
                                    &ask->authorization, &ask->key)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_ioattest_key_seen(ask->conf, &ask->key);

    return ngx_http_ioattest_key_rests(ask->conf->zone, &ask->key, &rest)
           ? NGX_DECLINED : NGX_OK;
}


ioa_status_t
ngx_http_ioattest_ask_judge(ngx_http_ioattest_ask_t *ask, ngx_int_t status,
    ngx_http_ioattest_give_e *how)
{
    ngx_http_ioattest_subrequest_t  *sub;

    sub = ask->asked;
    *how = NGX_HTTP_IOATTEST_GIVE_FAILED;

    if (status == NGX_HTTP_GATEWAY_TIME_OUT) {
        return IOA_ATTESTATION_TIMEOUT;
    }

    if (sub->overflow) {
        return IOA_ATTESTATION_MALFORMED;
    }

    if (status != NGX_HTTP_OK) {
        return ngx_http_ioattest_ask_status(ask, status, how);
    }

    return sub->complete ? IOA_OK : IOA_ATTESTATION_MALFORMED;
}


static ioa_status_t
ngx_http_ioattest_ask_status(ngx_http_ioattest_ask_t *ask, ngx_int_t status,
    ngx_http_ioattest_give_e *how)
{
    ngx_msec_t            ms;
    ngx_uint_t            after;
    ngx_http_upstream_t  *u;

    u = ask->asked->request->upstream;

    /* a 4xx made by nginx itself says nothing about the key */

    if (status < 400 || status > 499 || u == NULL
        || (ngx_int_t) u->headers_in.status_n != status
        || (ask->key.own && !ngx_http_ioattest_ask_of_key(status)))
    {
        return IOA_ATTESTATION_UNAVAILABLE;
    }

    *how = NGX_HTTP_IOATTEST_GIVE_REFUSED;

    after = ngx_http_ioattest_ask_retry_after(ask->asked);

    if (status == NGX_HTTP_TOO_MANY_REQUESTS) {
        ms = after ? after * 1000 : NGX_HTTP_IOATTEST_REST_429;

    } else {
        ms = ask->key.own ? NGX_HTTP_IOATTEST_REST_OWN
                          : NGX_HTTP_IOATTEST_REST_CALLER;
    }

    if (ask->key.own) {
        ngx_http_ioattest_ask_own_refused(ask, status, ms);
    }

    /* requests that wait with this key learn of the refusal from the zone */

    ngx_http_ioattest_key_rest(ask->conf->zone, &ask->key,
                               ngx_http_ioattest_ask_of_key(status)
                               ? status : NGX_HTTP_BAD_GATEWAY, after, ms);

    return IOA_ATTESTATION_REFUSED;
}


/* Returns 1 if the status concerns the key that was used. */

static ngx_uint_t
ngx_http_ioattest_ask_of_key(ngx_int_t status)
{
    switch (status) {

    case NGX_HTTP_UNAUTHORIZED:
    case NGX_HTTP_IOATTEST_PAYMENT_REQUIRED:
    case NGX_HTTP_FORBIDDEN:
    case NGX_HTTP_TOO_MANY_REQUESTS:
        return 1;

    default:
        return 0;
    }
}


static void
ngx_http_ioattest_ask_own_refused(ngx_http_ioattest_ask_t *ask,
    ngx_int_t status, ngx_msec_t ms)
{
    ngx_http_ioattest_counters_t  *counters;

    counters = ngx_http_ioattest_store_counters(ask->conf->zone);

    (void) ngx_atomic_fetch_add(&counters->key_refused, 1);
    counters->key_refused_at = (ngx_atomic_uint_t) ngx_time();

    ngx_log_error(NGX_LOG_ERR, ask->task->log, 0,
                  "ioattest: the API answered %i to the gateway's own key, "
                  "which is not used for %M ms: see "
                  "\"ioattest_authorization\"", status, ms);
}


/* The Retry-After in seconds, 1 to 3600; 0: none, or not in digits. */

static ngx_uint_t
ngx_http_ioattest_ask_retry_after(ngx_http_ioattest_subrequest_t *sub)
{
    ngx_int_t  n;
    ngx_str_t  value;

    if (ngx_http_ioattest_subrequest_replied(sub, "Retry-After", "", &value)
        != 1)
    {
        return 0;
    }

    n = ngx_atoi(value.data, value.len);

    return (n >= 1 && n <= NGX_HTTP_IOATTEST_RETRY_MAX) ? n : 0;
}


void
ngx_http_ioattest_ask_end(ngx_http_ioattest_ask_t *ask,
    ngx_http_ioattest_give_e how, ioa_status_t reason)
{
    if (ask->concluded) {
        return;
    }

    ask->concluded = 1;

    if (ask->token) {
        ngx_http_ioattest_lease_give(ask->conf->zone, ask->wake,
                                     ask->token, how, reason,
                                     ask->conf->limits.fail_timeout);
        ask->token = 0;
    }

    ngx_http_ioattest_wait_wake(ask->wake);
}


void
ngx_http_ioattest_ask_log(ngx_http_ioattest_ask_t *ask, ngx_uint_t level,
    ioa_status_t reason, ngx_int_t status, ngx_str_t *more)
{
    size_t                           size;
    ngx_log_t                       *log, shown;
    const char                      *state;
    ngx_http_ioattest_subrequest_t  *sub;

    sub = ask->asked;
    size = 0;
    state = ", incomplete";
    log = ngx_http_ioattest_log_shown(&shown, ask->task->log);

    if (sub) {
        size = sub->size;
        state = sub->overflow ? ", too large"
                              : sub->complete ? "" : ", incomplete";
    }

    /* the API's refusal of a caller's key is no failure of the gateway */

    if (reason == IOA_ATTESTATION_REFUSED && !ask->key.own) {
        level = NGX_LOG_WARN;
        log = ask->task->log;
    }

    ngx_log_error(level, log, 0,
                  "ioattest: %V failed: %s%V (status %i, %uz bytes%s), "
                  "asked at \"%V\"",
                  &ask->what, ioa_status_name(reason), more, status, size,
                  state, ask->uri);
}


/* The insecure reply may have been that of another service. */

void
ngx_http_ioattest_ask_log_insecure(ngx_http_ioattest_ask_t *ask,
    ngx_http_ioattest_subrequest_t *sub, ngx_int_t status)
{
    ngx_str_t  why;

    if (sub) {
        why = ngx_http_ioattest_tls_text(sub);

    } else {
        ngx_str_set(&why, "a document that was shared with another "
                          "attestation came insecurely, see its log line");
    }

    ngx_log_error(NGX_LOG_ERR, ask->task->log, 0,
                  "ioattest: %V failed: %s: %V; or \"ioattest_ssl_verify "
                  "off\" where something else on this machine verifies TLS "
                  "(status %i, %uz bytes)",
                  &ask->what, ioa_status_name(IOA_ATTESTATION_INSECURE), &why,
                  status, ask->asked->size);
}
