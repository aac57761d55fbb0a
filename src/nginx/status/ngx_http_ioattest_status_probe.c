
/*
 * "?model=NAME": whether requests for a model can be answered, as readiness
 * probes ask.  With the gateway's own key this counts as a request for the
 * model, so that it becomes ready without any.
 */


#include "request/ngx_http_ioattest_key.h"
#include "attest/ngx_http_ioattest_attestation.h"
#include "attest/ngx_http_ioattest_model.h"
#include "status/ngx_http_ioattest_status.h"


/* What a policy says of a model. */
typedef enum {
    NGX_HTTP_IOATTEST_PROBE_UNKNOWN = 0,
    NGX_HTTP_IOATTEST_PROBE_WAIT,
    NGX_HTTP_IOATTEST_PROBE_READY
} ngx_http_ioattest_probe_e;


static ngx_int_t ngx_http_ioattest_probe_name(ngx_http_request_t *r,
    ngx_str_t *name, const ngx_str_t *arg);
static ngx_uint_t ngx_http_ioattest_probe_listable(const ngx_str_t *name);
static ngx_http_ioattest_probe_e ngx_http_ioattest_probe_policy(
    ngx_http_ioattest_main_conf_t *mcf, ngx_http_ioattest_loc_conf_t *conf,
    const ngx_str_t *name);
static ngx_http_ioattest_target_t *ngx_http_ioattest_probe_target(
    ngx_http_ioattest_main_conf_t *mcf, const u_char *policy32);
static ngx_http_ioattest_probe_e ngx_http_ioattest_probe_keys(
    ngx_http_ioattest_target_t *target, const ngx_str_t *name);
static ngx_http_ioattest_probe_e ngx_http_ioattest_probe_own(
    ngx_http_ioattest_loc_conf_t *conf, const ngx_str_t *name);


ngx_int_t
ngx_http_ioattest_status_probe(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text)
{
    ngx_int_t                        rc;
    ngx_str_t                        arg, name, policy;
    ngx_uint_t                       i, k, known, ready;
    ngx_http_ioattest_probe_e        state;
    ngx_http_ioattest_loc_conf_t   **conf;
    ngx_http_ioattest_main_conf_t   *mcf;

    if (ngx_http_arg(r, (u_char *) "model", 5, &arg) != NGX_OK) {
        return NGX_DECLINED;
    }

    rc = ngx_http_ioattest_probe_name(r, &name, &arg);
    if (rc != NGX_OK) {
        return rc;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_ioattest_module);
    conf = mcf->attested.elts;

    known = 0;
    ready = 0;

    ngx_http_ioattest_text_add(text, "{\"policies\":[");

    for (i = 0; i < mcf->attested.nelts; i++) {

        for (k = 0; k < i; k++) {
            if (conf[k]->zone == conf[i]->zone
                && ngx_memcmp(conf[k]->policy32, conf[i]->policy32,
                              NGX_HTTP_IOATTEST_KEY_LEN)
                   == 0)
            {
                break;
            }
        }

        if (k < i) {
            continue;
        }

        state = ngx_http_ioattest_probe_policy(mcf, conf[i], &name);

        if (state == NGX_HTTP_IOATTEST_PROBE_UNKNOWN) {
            continue;
        }

        policy = ngx_http_ioattest_text_policy(text, conf[i]->policy32);

        ngx_http_ioattest_text_add(text,
                               "%s{\"policy\":\"%V\",\"ready\":%s}",
                               known ? "," : "", &policy,
                               state == NGX_HTTP_IOATTEST_PROBE_READY
                               ? "true" : "false");

        known++;
        ready += (state == NGX_HTTP_IOATTEST_PROBE_READY);
    }

    name = ngx_http_ioattest_text_escape(text, name.data, name.len);

    ngx_http_ioattest_text_add(text, "],\"model\":\"%V\",\"ready\":%s}\n",
                               &name, known && ready == known ? "true"
                                                              : "false");

    ngx_str_set(&r->headers_out.content_type, "application/json");

    if (known == 0) {
        return NGX_HTTP_NOT_FOUND;
    }

    return ready == known ? NGX_HTTP_OK : NGX_HTTP_SERVICE_UNAVAILABLE;
}


/* Out: name, decoded; not longer than arg, which the request line bounds. */

static ngx_int_t
ngx_http_ioattest_probe_name(ngx_http_request_t *r, ngx_str_t *name,
    const ngx_str_t *arg)
{
    size_t      i;
    u_char     *p;
    ngx_int_t   byte;

    p = ngx_pnalloc(r->pool, arg->len + 1);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    name->data = p;

    for (i = 0; i < arg->len; i++) {

        if (arg->data[i] != '%') {
            *p++ = arg->data[i];
            continue;
        }

        if (arg->len - i < 3) {
            return NGX_HTTP_BAD_REQUEST;
        }

        byte = ngx_hextoi(&arg->data[i + 1], 2);
        if (byte == NGX_ERROR) {
            return NGX_HTTP_BAD_REQUEST;
        }

        *p++ = (u_char) byte;
        i += 2;
    }

    name->len = p - name->data;

    return NGX_OK;
}


/* The rules of the models list: a name that breaks them is in no list. */

static ngx_uint_t
ngx_http_ioattest_probe_listable(const ngx_str_t *name)
{
    size_t  i, n;

    for (i = 0; i < name->len; i += n) {
        n = ioa_utf8_char(name->data + i, name->len - i);

        if (n == 0 || name->data[i] < 0x20 || name->data[i] == 0x7f) {
            return 0;
        }
    }

    return name->len != 0 && name->len <= IOA_MODEL_NAME_MAX;
}


static ngx_http_ioattest_probe_e
ngx_http_ioattest_probe_policy(ngx_http_ioattest_main_conf_t *mcf,
    ngx_http_ioattest_loc_conf_t *conf, const ngx_str_t *name)
{
    ngx_http_ioattest_target_t  *target;

    if (!ngx_http_ioattest_probe_listable(name)) {
        return NGX_HTTP_IOATTEST_PROBE_UNKNOWN;
    }

    target = ngx_http_ioattest_probe_target(mcf, conf->policy32);

    if (target && !ngx_http_ioattest_model_varies(target->conf)) {
        return ngx_http_ioattest_probe_keys(target, name);
    }

    switch (ngx_http_ioattest_store_named(conf->zone, conf->policy32, name,
                                          conf->limits.valid))
    {
    case NGX_HTTP_IOATTEST_NAMED_TRUSTED:
        return NGX_HTTP_IOATTEST_PROBE_READY;

    case NGX_HTTP_IOATTEST_NAMED_LISTED:
        return NGX_HTTP_IOATTEST_PROBE_WAIT;

    default:
        return NGX_HTTP_IOATTEST_PROBE_UNKNOWN;
    }
}


/* What is attested with the gateway's own keys under the policy, or NULL. */

static ngx_http_ioattest_target_t *
ngx_http_ioattest_probe_target(ngx_http_ioattest_main_conf_t *mcf,
    const u_char *policy32)
{
    ngx_uint_t                   i;
    ngx_http_ioattest_target_t  *target;

    target = mcf->targets.elts;

    for (i = 0; i < mcf->targets.nelts; i++) {
        if (ngx_memcmp(target[i].conf->policy32, policy32,
                       NGX_HTTP_IOATTEST_KEY_LEN)
            == 0)
        {
            return &target[i];
        }
    }

    return NULL;
}


/* The API may refuse one of the gateway's own keys, and not another. */

static ngx_http_ioattest_probe_e
ngx_http_ioattest_probe_keys(ngx_http_ioattest_target_t *target,
    const ngx_str_t *name)
{
    ngx_uint_t                      i;
    ngx_http_ioattest_probe_e       state, best;
    ngx_http_ioattest_loc_conf_t  **conf;

    conf = target->confs.elts;
    best = NGX_HTTP_IOATTEST_PROBE_UNKNOWN;

    for (i = 0; i < target->confs.nelts; i++) {
        state = ngx_http_ioattest_probe_own(conf[i], name);
        best = ngx_max(best, state);

        if (best == NGX_HTTP_IOATTEST_PROBE_READY) {
            break;
        }
    }

    return best;
}


/* What a request for the model would do before it is sent. */

static ngx_http_ioattest_probe_e
ngx_http_ioattest_probe_own(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_str_t *name)
{
    ngx_int_t                    rc;
    ngx_str_t                    authorization;
    ioa_status_t                 reason;
    ngx_http_ioattest_key_t      key;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_model_t    model;
    ngx_http_ioattest_waiter_t   waiter;
    ngx_http_ioattest_resting_t  rest;

    ngx_memzero(&model, sizeof(ngx_http_ioattest_model_t));
    ngx_memzero(&waiter, sizeof(ngx_http_ioattest_waiter_t));

    ngx_memcpy(model.names.name, name->data, name->len);
    model.names.name_len = name->len;

    ngx_http_ioattest_ask_own(conf, &authorization, &key);

    rc = ngx_http_ioattest_model_find(conf, &key, &authorization, &model,
                                      &reason, &rest);

    if (rc == NGX_DECLINED && (reason == IOA_MODEL_UNKNOWN
                               || reason == IOA_MODEL_NOT_ATTESTABLE))
    {
        return NGX_HTTP_IOATTEST_PROBE_UNKNOWN;
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_IOATTEST_PROBE_WAIT;
    }

    ngx_http_ioattest_store_gate(&found, conf->zone, &model, &conf->limits,
                                 &key, &waiter);

    ngx_http_ioattest_attestations_start(&found, conf, &model, &key,
                                         &authorization,
                                         NGX_HTTP_IOATTEST_TRIGGER_GATE,
                                         ngx_cycle->log);

    return found.answer == NGX_HTTP_IOATTEST_TRUSTED
           ? NGX_HTTP_IOATTEST_PROBE_READY : NGX_HTTP_IOATTEST_PROBE_WAIT;
}
