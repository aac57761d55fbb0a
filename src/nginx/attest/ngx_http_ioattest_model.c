
/*
 * Which model a request is for, and what the API calls it.
 */


#include "request/ngx_http_ioattest.h"


static ngx_int_t ngx_http_ioattest_model_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, u_char *data, size_t *len, size_t max);
static ngx_int_t ngx_http_ioattest_model_listed(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason);


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

    /* as a name in the models list: no list has another */

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
    ngx_str_t                      id, none;
    ngx_http_ioattest_names_t     *names;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    names = &ctx->model.names;
    ilcf = ctx->conf;

    if (ilcf->model_id) {
        rc = ngx_http_ioattest_model_value(r, ilcf->model_id, names->id,
                                           &names->id_len, IOA_MODEL_ID_MAX);
        if (rc == NGX_DECLINED) {
            *reason = IOA_MODEL_UNKNOWN;
        }

    } else if (ilcf->models.len) {
        rc = ngx_http_ioattest_model_listed(r, ctx, reason);

    } else if (names->name_len <= IOA_MODEL_ID_MAX) {

        /* without a list the API's name of a model is all there is */

        ngx_memcpy(names->id, names->name, names->name_len);
        names->id_len = names->name_len;
        rc = NGX_OK;

    } else {
        *reason = IOA_MODEL_UNKNOWN;
        rc = NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        return rc;
    }

    id.data = names->id;
    id.len = names->id_len;
    ngx_str_null(&none);

    ngx_http_ioattest_store_key(ctx->model.key, NGX_HTTP_IOATTEST_NODE_MODEL,
                                ilcf->policy32, &id, &none);
    ngx_memcpy(ctx->model.policy, ilcf->policy32,
               NGX_HTTP_IOATTEST_POLICY_LEN);

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_model_listed(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason)
{
    ngx_str_t                      name, none;
    ngx_http_ioattest_listed_t     listed;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ctx->conf;

    name.data = ctx->model.names.name;
    name.len = ctx->model.names.name_len;
    ngx_str_null(&none);

    ngx_http_ioattest_store_key(ctx->name_key, NGX_HTTP_IOATTEST_NODE_NAME,
                                ilcf->policy32, &name, &none);

    ngx_http_ioattest_list_lookup(&listed, ilcf->zone, &ctx->key,
                                  ctx->name_key, &ilcf->limits);

    switch (listed.answer) {

    case NGX_HTTP_IOATTEST_LISTED_RENEW:

        if (ngx_http_ioattest_job_start(r, ctx, NGX_HTTP_IOATTEST_JOB_MODELS,
                                        listed.token, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* fall through */

    case NGX_HTTP_IOATTEST_LISTED:

        if (!listed.attestable) {
            *reason = IOA_MODEL_NOT_ATTESTABLE;
            return NGX_DECLINED;
        }

        ngx_memcpy(ctx->model.names.id, listed.id, listed.id_len);
        ctx->model.names.id_len = listed.id_len;

        return NGX_OK;

    case NGX_HTTP_IOATTEST_LIST_TAKEN:

        ngx_http_ioattest_wait_begin(ctx);

        if (ngx_http_ioattest_wait_over(ctx)) {
            ngx_http_ioattest_lease_give(ilcf->zone, ctx->key.list,
                                         listed.token,
                                         NGX_HTTP_IOATTEST_GIVE_BACK, IOA_OK,
                                         0);
            return NGX_AGAIN;
        }

        if (ngx_http_ioattest_job_start(r, ctx, NGX_HTTP_IOATTEST_JOB_MODELS,
                                        listed.token, 1)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        return NGX_AGAIN;

    case NGX_HTTP_IOATTEST_LIST_BUSY:

        ngx_http_ioattest_lease_bury(ilcf->zone, ctx->key.list, listed.token,
                                     listed.pid);
        ngx_http_ioattest_wait_begin(ctx);
        ngx_http_ioattest_wait_poll(ctx);

        return NGX_AGAIN;

    case NGX_HTTP_IOATTEST_LIST_FAILED:
        *reason = listed.reason;
        return NGX_DECLINED;

    case NGX_HTTP_IOATTEST_LIST_RESTING:
        ngx_http_ioattest_key_resting(ctx, &listed.rest);
        *reason = IOA_ATTESTATION_REFUSED;
        return NGX_DECLINED;

    case NGX_HTTP_IOATTEST_UNLISTED:
        *reason = IOA_MODEL_UNKNOWN;
        return NGX_DECLINED;

    default: /* NGX_HTTP_IOATTEST_LIST_FULL */
        *reason = IOA_ZONE_FULL;
        return NGX_DECLINED;
    }
}
