
/*
 * Reads the models list from the API.  It is kept for the key that was used.
 */


#include "attest/ngx_http_ioattest_attestation.h"


static ngx_int_t ngx_http_ioattest_models_begin(ngx_http_ioattest_ask_t *ask,
    ngx_http_ioattest_task_t *task, const ngx_http_ioattest_key_t *key,
    ngx_str_t *authorization);
static ngx_int_t ngx_http_ioattest_models_ask(ngx_http_ioattest_ask_t *ask);
static void ngx_http_ioattest_models_replied(
    ngx_http_ioattest_subrequest_t *sub, ngx_int_t status);
static ioa_status_t ngx_http_ioattest_models_read(
    ngx_http_ioattest_ask_t *ask);
static void ngx_http_ioattest_models_timeout(ngx_http_ioattest_task_t *task);
static void ngx_http_ioattest_models_cleanup(ngx_http_ioattest_task_t *task);
static void ngx_http_ioattest_models_conclude(ngx_http_ioattest_ask_t *ask,
    ioa_status_t reason, ngx_http_ioattest_give_e how, ngx_int_t status);


ngx_int_t
ngx_http_ioattest_models_start(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    uint64_t token)
{
    ngx_int_t                  rc;
    ngx_http_ioattest_ask_t   *ask;
    ngx_http_ioattest_task_t  *task;

    task = ngx_http_ioattest_task_create(conf, "models list");

    ask = task ? ngx_pcalloc(task->pool, sizeof(ngx_http_ioattest_ask_t))
               : NULL;

    if (ask == NULL) {
        ngx_http_ioattest_lease_give(conf->zone, key->list, token,
                                     NGX_HTTP_IOATTEST_GIVE_BACK, IOA_OK, 0);
        if (task) {
            ngx_http_ioattest_task_abort(task);
        }

        return NGX_ERROR;
    }

    ask->conf = conf;
    ask->token = token;
    ask->started = ngx_current_msec;
    ask->uri = &conf->models;
    ngx_str_set(&ask->what, "models list");

    ngx_memcpy(ask->wake, key->list, NGX_HTTP_IOATTEST_KEY_LEN);

    /* from here on the lease is given back when the task ends */

    task->data = ask;
    task->timeout = ngx_http_ioattest_models_timeout;
    task->cleanup = ngx_http_ioattest_models_cleanup;

    rc = ngx_http_ioattest_models_begin(ask, task, key, authorization);

    if (rc != NGX_OK) {
        ngx_http_ioattest_task_abort(task);
        return (rc == NGX_DECLINED) ? NGX_OK : NGX_ERROR;
    }

    ngx_http_ioattest_task_time(task, conf->timeout);
    ngx_http_ioattest_task_release(task);

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_models_begin(ngx_http_ioattest_ask_t *ask,
    ngx_http_ioattest_task_t *task, const ngx_http_ioattest_key_t *key,
    ngx_str_t *authorization)
{
    ngx_int_t  rc;

    rc = ngx_http_ioattest_ask_begin(ask, task, key, authorization);

    return (rc == NGX_OK) ? ngx_http_ioattest_models_ask(ask) : rc;
}


static ngx_int_t
ngx_http_ioattest_models_ask(ngx_http_ioattest_ask_t *ask)
{
    ngx_str_t                        none;
    ngx_http_ioattest_subrequest_t  *sub;

    sub = ngx_http_ioattest_subrequest_create(ask->task, IOA_MODELS_SIZE_MAX,
                                         ngx_http_ioattest_models_replied,
                                         ask);
    if (sub == NULL) {
        return NGX_ERROR;
    }

    ngx_str_null(&none);

    if (ngx_http_ioattest_subrequest_send(sub, ask->uri, &none, &none,
                                          &ask->authorization)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ask->asked = sub;

    return NGX_OK;
}


static void
ngx_http_ioattest_models_replied(ngx_http_ioattest_subrequest_t *sub,
    ngx_int_t status)
{
    ioa_status_t               reason;
    ngx_http_ioattest_ask_t   *ask;
    ngx_http_ioattest_give_e   how;

    ask = sub->data;

    if (!ask->again && ngx_http_ioattest_subrequest_lost(sub, status)
        && ngx_http_ioattest_models_ask(ask) == NGX_OK)
    {
        ask->again = 1;
        return;
    }

    reason = ngx_http_ioattest_ask_judge(ask, status, &how);

    if (reason == IOA_OK) {
        reason = ngx_http_ioattest_tls_counts(sub)
                 ? ngx_http_ioattest_models_read(ask)
                 : IOA_ATTESTATION_INSECURE;
    }

    ngx_http_ioattest_models_conclude(ask, reason, how, status);
}


static ioa_status_t
ngx_http_ioattest_models_read(ngx_http_ioattest_ask_t *ask)
{
    ngx_uint_t                     lost;
    ioa_bytes_t                    body;
    ioa_models_t                  *models;
    ioa_status_t                   st;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ask->conf;

    body.data = ask->asked->reply;
    body.len = ask->asked->size;

    st = ioa_models_parse(&models, body);
    if (st != IOA_OK) {
        return st;
    }

    lost = ngx_http_ioattest_list_store(ilcf->zone, &ask->key,
                                        ilcf->policy32, models, ask->token);

    ioa_models_free(models);

    if (lost) {
        ngx_log_error(NGX_LOG_WARN, ask->task->log, 0,
                      "ioattest zone \"%V\" has no room for %ui entries of "
                      "the models list: make it larger",
                      &ilcf->zone->name, lost);
    }

    return IOA_OK;
}


static void
ngx_http_ioattest_models_timeout(ngx_http_ioattest_task_t *task)
{
    ngx_http_ioattest_models_conclude(task->data, IOA_ATTESTATION_TIMEOUT,
                                      NGX_HTTP_IOATTEST_GIVE_FAILED,
                                      NGX_HTTP_GATEWAY_TIME_OUT);
}


static void
ngx_http_ioattest_models_cleanup(ngx_http_ioattest_task_t *task)
{
    ngx_http_ioattest_ask_end(task->data, NGX_HTTP_IOATTEST_GIVE_BACK,
                              IOA_OK);
}


static void
ngx_http_ioattest_models_conclude(ngx_http_ioattest_ask_t *ask,
    ioa_status_t reason, ngx_http_ioattest_give_e how, ngx_int_t status)
{
    ngx_str_t  none;

    ngx_http_ioattest_task_untime(ask->task);

    if (reason == IOA_OK) {

        /* the zone took the lease back when it stored the list */
        ask->token = 0;

    } else if (reason == IOA_ATTESTATION_INSECURE) {
        ngx_http_ioattest_ask_log_insecure(ask, ask->asked, status);

    } else {
        ngx_str_null(&none);
        ngx_http_ioattest_ask_log(ask, NGX_LOG_ERR, reason, status, &none);
    }

    ngx_http_ioattest_ask_end(ask, how, reason);
}
