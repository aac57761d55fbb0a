
/*
 * The key that attestations and the models list are asked with: see
 * ioattest_authorization.  Beyond the requests that use a key only a digest
 * of it is kept, and no log line contains it.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_key.h"


static void ngx_http_ioattest_key_make(ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_str_t *value, ngx_http_ioattest_key_t *key);


ngx_int_t
ngx_http_ioattest_key_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    return ngx_http_ioattest_key_value(r, ctx->conf, &ctx->authorization,
                                       &ctx->key);
}


ngx_int_t
ngx_http_ioattest_key_value(ngx_http_request_t *r,
    ngx_http_ioattest_loc_conf_t *ilcf, ngx_str_t *value,
    ngx_http_ioattest_key_t *key)
{
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

    ngx_http_ioattest_key_make(ilcf, value, key);

    return NGX_OK;
}


void
ngx_http_ioattest_key_own(ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_str_t *value, ngx_http_ioattest_key_t *key)
{
    *value = ilcf->authorization->value;

    ngx_http_ioattest_key_make(ilcf, value, key);

    if (ilcf->authorization->lengths) {
        ngx_str_null(value);
    }
}


static void
ngx_http_ioattest_key_make(ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_str_t *value, ngx_http_ioattest_key_t *key)
{
    ngx_str_t  list, digest;

    key->own = ilcf->own_key;
    key->many = (ilcf->authorization == NULL
                 || ilcf->authorization->lengths != NULL);

    ngx_http_ioattest_key_digest(ilcf->zone, key->digest, value);

    ngx_str_set(&list, "models list");
    digest.data = key->digest;
    digest.len = NGX_HTTP_IOATTEST_KEY_LEN;

    ngx_http_ioattest_store_key(key->list, NGX_HTTP_IOATTEST_NODE_NAME,
                                ilcf->policy32, &list, &digest);
}


ngx_uint_t
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

    /* some of the time that it named may have passed */

    if (rest->after && rest->status == NGX_HTTP_TOO_MANY_REQUESTS) {
        ctx->retry_after = (rest->left + 999) / 1000;
    }
}
