
/*
 * The key that attestations and the models list are asked with: see
 * ioattest_authorization.  Of a key nothing but a digest is kept beyond the
 * requests that use it, and it is in no log line.
 */


#include "module/ngx_http_ioattest_conf.h"


static ngx_uint_t ngx_http_ioattest_key_printable(ngx_str_t *value);


ngx_int_t
ngx_http_ioattest_key_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    if (ctx->keyed) {
        return NGX_OK;
    }

    if (ngx_http_ioattest_key_value(r, ctx->conf, &ctx->authorization,
                                    &ctx->key)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->keyed = 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_ioattest_key_value(ngx_http_request_t *r,
    ngx_http_ioattest_loc_conf_t *ilcf, ngx_str_t *value,
    ngx_http_ioattest_key_t *key)
{
    ngx_str_t  list, digest;

    ngx_str_null(value);

    if (ilcf->authorization) {

        if (ngx_http_complex_value(r, ilcf->authorization, value) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (r->headers_in.authorization) {
        *value = r->headers_in.authorization->value;
    }

    if (!ngx_http_ioattest_key_printable(value)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "ioattest: the value of \"ioattest_authorization\" has "
                      "control characters: it is not sent");

        ngx_str_null(value);
    }

    key->own = ilcf->own_key;
    key->many = (ilcf->authorization == NULL
                 || ilcf->authorization->lengths != NULL);

    ngx_http_ioattest_key_digest(ilcf->zone, key->digest, value);

    ngx_str_set(&list, "models list");
    digest.data = key->digest;
    digest.len = NGX_HTTP_IOATTEST_KEY_LEN;

    ngx_http_ioattest_store_key(key->list, NGX_HTTP_IOATTEST_NODE_NAME,
                                ilcf->policy32, &list, &digest);
    return NGX_OK;
}


static ngx_uint_t
ngx_http_ioattest_key_printable(ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < 0x20 || value->data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


void
ngx_http_ioattest_key_resting(ngx_http_ioattest_ctx_t *ctx,
    const ngx_http_ioattest_resting_t *rest)
{
    ctx->api_status = rest->status;
    ctx->retry_after = rest->after;

    /* of the time it named some may be over */

    if (rest->after && rest->status == NGX_HTTP_TOO_MANY_REQUESTS) {
        ctx->retry_after = (rest->left + 999) / 1000;
    }
}


/* A key that is not taken is not shown either. */

char *
ngx_http_ioattest_conf_authorization(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    ngx_str_t                         *value;
    ngx_http_compile_complex_value_t   ccv;

    (void) cmd;

    if (ilcf->authorization) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0 || !ngx_http_ioattest_key_printable(&value[1])) {
        return "has an invalid value, expected that of an Authorization "
               "header, which may hold variables";
    }

    if (cf->args->nelts == 3 && ngx_strcmp(value[2].data, "own") != 0) {
        return "has an invalid second value, expected \"own\" or nothing";
    }

    ilcf->authorization = ngx_palloc(cf->pool,
                                     sizeof(ngx_http_complex_value_t));
    if (ilcf->authorization == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = ilcf->authorization;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ilcf->own_key = (cf->args->nelts == 3
                     || ilcf->authorization->lengths == NULL);

    return NGX_CONF_OK;
}
