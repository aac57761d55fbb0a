
/*
 * Reads the models list from the API.  It is kept for the key that was used.
 */


#include "attest/ngx_http_ioattest_attestation.h"


/* A read of a list by this worker. */
typedef struct {
    ngx_http_ioattest_ask_t   ask;
    ngx_queue_t               queue;
} ngx_http_ioattest_reading_t;


static ngx_http_ioattest_ask_t *ngx_http_ioattest_models_reading(
    ngx_http_ioattest_loc_conf_t *conf, const ngx_http_ioattest_key_t *key);
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


static ngx_queue_t  ngx_http_ioattest_readings;


ngx_int_t
ngx_http_ioattest_models_start(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    uint64_t token)
{
    ngx_int_t                     rc;
    ngx_http_ioattest_ask_t      *ask;
    ngx_http_ioattest_task_t     *task;
    ngx_http_ioattest_reading_t  *reading;

    ask = ngx_http_ioattest_models_reading(conf, key);

    if (ask) {
        ask->token = token;
        return NGX_OK;
    }

    task = ngx_http_ioattest_task_create(conf, "models list");

    reading = task ? ngx_pcalloc(task->pool,
                                 sizeof(ngx_http_ioattest_reading_t))
                   : NULL;

    if (reading == NULL) {
        ngx_http_ioattest_lease_give(conf->zone, key->list, token,
                                     NGX_HTTP_IOATTEST_GIVE_BACK, IOA_OK, 0);
        if (task) {
            ngx_http_ioattest_task_abort(task);
        }

        return NGX_ERROR;
    }

    ask = &reading->ask;
    ngx_queue_insert_tail(&ngx_http_ioattest_readings, &reading->queue);

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


/*
 * The read of this worker that goes on with the key, or NULL.  While more
 * callers ask than the zone has places for, the lease of one whose list is
 * being read may be dropped and taken again: then that read has it, and no
 * second one is started.
 */

static ngx_http_ioattest_ask_t *
ngx_http_ioattest_models_reading(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_key_t *key)
{
    ngx_queue_t                  *q;
    ngx_http_ioattest_reading_t  *reading;

    if (ngx_http_ioattest_readings.next == NULL) {
        ngx_queue_init(&ngx_http_ioattest_readings);
    }

    for (q = ngx_queue_head(&ngx_http_ioattest_readings);
         q != ngx_queue_sentinel(&ngx_http_ioattest_readings);
         q = ngx_queue_next(q))
    {
        reading = ngx_queue_data(q, ngx_http_ioattest_reading_t, queue);

        if (!reading->ask.concluded
            && reading->ask.conf->zone == conf->zone
            && ngx_memcmp(reading->ask.wake, key->list,
                          NGX_HTTP_IOATTEST_KEY_LEN)
               == 0)
        {
            return &reading->ask;
        }
    }

    return NULL;
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
    ngx_http_ioattest_reading_t  *reading;

    reading = task->data;
    ngx_queue_remove(&reading->queue);

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
