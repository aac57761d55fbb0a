
/*
 * Which model a request is for, and the API's id of that model.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_key.h"
#include "request/ngx_http_ioattest_wait.h"
#include "attest/ngx_http_ioattest_attestation.h"
#include "attest/ngx_http_ioattest_model.h"


static ngx_int_t ngx_http_ioattest_model_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, u_char *data, size_t *len, size_t max);
static void ngx_http_ioattest_model_key(ngx_http_ioattest_loc_conf_t *conf,
    ngx_http_ioattest_model_t *model);
static ngx_int_t ngx_http_ioattest_model_listed(
    ngx_http_ioattest_loc_conf_t *conf, const ngx_http_ioattest_key_t *key,
    ngx_str_t *authorization, ngx_http_ioattest_names_t *names,
    ioa_status_t *reason, ngx_http_ioattest_resting_t *rest);


ngx_int_t
ngx_http_ioattest_model_name(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason)
{
    ngx_int_t                   rc;
    ngx_http_ioattest_names_t  *names;

    names = &ctx->model.names;

    if (ctx->conf->model) {
        rc = ngx_http_ioattest_model_value(r, ctx->conf->model, names->name,
                                           &names->name_len,
                                           IOA_MODEL_NAME_MAX);
        if (rc == NGX_DECLINED) {
            *reason = IOA_MODEL_UNKNOWN;
        }

    } else {
        *reason = ctx->gate.scanned;

        rc = (*reason == IOA_OK) ? NGX_OK : NGX_DECLINED;
    }

    return rc;
}


static ngx_int_t
ngx_http_ioattest_model_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, u_char *data, size_t *len, size_t max)
{
    size_t     i, n;
    ngx_str_t  value;

    if (ngx_http_complex_value(r, cv, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (value.len == 0 || value.len > max) {
        return NGX_DECLINED;
    }

    /* the rules of the models list: a name that breaks them is in no list */

    for (i = 0; i < value.len; i += n) {
        n = ioa_utf8_char(value.data + i, value.len - i);

        if (n == 0 || value.data[i] < 0x20 || value.data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    ngx_memcpy(data, value.data, value.len);
    *len = value.len;

    return NGX_OK;
}

ngx_int_t
ngx_http_ioattest_model_resolve(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason)
{
    ngx_int_t                      rc;
    ngx_http_ioattest_names_t     *names;
    ngx_http_ioattest_resting_t    rest;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    names = &ctx->model.names;
    ilcf = ctx->conf;

    if (ilcf->model_id) {
        rc = ngx_http_ioattest_model_value(r, ilcf->model_id, names->id,
                                           &names->id_len, IOA_MODEL_ID_MAX);
        if (rc != NGX_OK) {
            *reason = IOA_MODEL_UNKNOWN;
            return rc;
        }

        ngx_http_ioattest_model_key(ilcf, &ctx->model);

        return NGX_OK;
    }

    if (ngx_http_ioattest_wait_over(ctx)) {
        return NGX_AGAIN;
    }

    rc = ngx_http_ioattest_model_find(ilcf, &ctx->key, &ctx->authorization,
                                      &ctx->model, reason, &rest);

    switch (rc) {

    case NGX_OK:
        return NGX_OK;

    case NGX_AGAIN:
        ngx_http_ioattest_wait_begin(ctx);
        ngx_http_ioattest_wait_poll(ctx);
        return NGX_AGAIN;

    default: /* NGX_DECLINED */

        if (*reason == IOA_ATTESTATION_REFUSED) {
            ngx_http_ioattest_key_resting(ctx, &rest);
        }

        return NGX_DECLINED;
    }
}


ngx_uint_t
ngx_http_ioattest_model_varies(ngx_http_ioattest_loc_conf_t *conf)
{
    return conf->model_id && conf->model_id->lengths;
}


ngx_int_t
ngx_http_ioattest_model_find(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    ngx_http_ioattest_model_t *model, ioa_status_t *reason,
    ngx_http_ioattest_resting_t *rest)
{
    ngx_int_t                   rc;
    ngx_str_t                  *id;
    ngx_http_ioattest_names_t  *names;

    names = &model->names;
    *reason = IOA_MODEL_UNKNOWN;

    if (conf->model_id) {
        id = &conf->model_id->value;

        if (ngx_http_ioattest_model_varies(conf)
            || id->len > IOA_MODEL_ID_MAX)
        {
            return NGX_DECLINED;
        }

        ngx_memcpy(names->id, id->data, id->len);
        names->id_len = id->len;

    } else if (conf->models.len) {
        rc = ngx_http_ioattest_model_listed(conf, key, authorization, names,
                                            reason, rest);
        if (rc != NGX_OK) {
            return rc;
        }

    } else if (names->name_len <= IOA_MODEL_ID_MAX) {

        /* without a models list the name is the API's id */

        ngx_memcpy(names->id, names->name, names->name_len);
        names->id_len = names->name_len;

    } else {
        return NGX_DECLINED;
    }

    ngx_http_ioattest_model_key(conf, model);

    return NGX_OK;
}


static void
ngx_http_ioattest_model_key(ngx_http_ioattest_loc_conf_t *conf,
    ngx_http_ioattest_model_t *model)
{
    ngx_str_t  id, none;

    id.data = model->names.id;
    id.len = model->names.id_len;
    ngx_str_null(&none);

    ngx_http_ioattest_store_key(model->key, NGX_HTTP_IOATTEST_NODE_MODEL,
                                conf->policy32, &id, &none);
    ngx_memcpy(model->policy, conf->policy32, NGX_HTTP_IOATTEST_KEY_LEN);
}


static ngx_int_t
ngx_http_ioattest_model_listed(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    ngx_http_ioattest_names_t *names, ioa_status_t *reason,
    ngx_http_ioattest_resting_t *rest)
{
    u_char                      name_key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_str_t                   name, none;
    ngx_http_ioattest_listed_t  listed;

    name.data = names->name;
    name.len = names->name_len;
    ngx_str_null(&none);

    ngx_http_ioattest_store_key(name_key32, NGX_HTTP_IOATTEST_NODE_NAME,
                                conf->policy32, &name, &none);

    ngx_http_ioattest_list_lookup(&listed, conf->zone, key, name_key32,
                                  &conf->limits);

    switch (listed.answer) {

    case NGX_HTTP_IOATTEST_LISTED_RENEW:

        (void) ngx_http_ioattest_models_start(conf, key, authorization,
                                              listed.token);

        /* fall through */

    case NGX_HTTP_IOATTEST_LISTED:

        if (!listed.attestable) {
            *reason = IOA_MODEL_NOT_ATTESTABLE;
            return NGX_DECLINED;
        }

        ngx_memcpy(names->id, listed.id, listed.id_len);
        names->id_len = listed.id_len;

        return NGX_OK;

    case NGX_HTTP_IOATTEST_LIST_TAKEN:

        if (ngx_http_ioattest_models_start(conf, key, authorization,
                                           listed.token)
            != NGX_OK)
        {
            *reason = IOA_ATTESTATION_UNAVAILABLE;
            return NGX_DECLINED;
        }

        return NGX_AGAIN;

    case NGX_HTTP_IOATTEST_LIST_BUSY:
        ngx_http_ioattest_lease_bury(conf->zone, key->list, listed.token,
                                     listed.pid);
        return NGX_AGAIN;

    case NGX_HTTP_IOATTEST_LIST_FAILED:
        *reason = listed.reason;
        return NGX_DECLINED;

    case NGX_HTTP_IOATTEST_LIST_RESTING:
        *rest = listed.rest;
        *reason = IOA_ATTESTATION_REFUSED;
        return NGX_DECLINED;

    case NGX_HTTP_IOATTEST_UNLISTED:
        return NGX_DECLINED;

    default: /* NGX_HTTP_IOATTEST_LIST_FULL */
        *reason = IOA_ZONE_FULL;
        return NGX_DECLINED;
    }
}
