
/*
 * The key that attestations and the models list are asked with: see
 * ioattest_authorization.  Beyond the requests that use a key only a digest
 * of it is kept, and no log line contains it.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_key.h"


/* how often a value that the API refused is looked at for a change, ms */
#define NGX_HTTP_IOATTEST_KEY_LOOK  5000


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

    if (ilcf->authorization->lengths == NULL) {
        ngx_http_ioattest_key_make(ilcf, value, key);
        return;
    }

    if (ilcf->own.known) {
        *key = ilcf->own.key;

    } else {
        ngx_http_ioattest_key_make(ilcf, value, key);
    }

    ngx_str_null(value);
}


void
ngx_http_ioattest_key_seen(ngx_http_ioattest_loc_conf_t *ilcf,
    const ngx_http_ioattest_key_t *key)
{
    ilcf->own.tried = 1;
    ilcf->own.at = ngx_current_msec;

    if (key) {
        ilcf->own.key = *key;
        ilcf->own.known = 1;
    }
}


/*
 * Each use of the key evaluates it.  While it rests nothing uses it, and a new
 * value would go unnoticed.
 */

ngx_uint_t
ngx_http_ioattest_key_stale(ngx_http_ioattest_loc_conf_t *ilcf)
{
    ngx_http_ioattest_resting_t  rest;

    if (ilcf->authorization->lengths == NULL) {
        return 0;
    }

    if (ilcf->own.tried
        && ngx_current_msec - ilcf->own.at < NGX_HTTP_IOATTEST_KEY_LOOK)
    {
        return 0;
    }

    return !ilcf->own.known
           || ngx_http_ioattest_key_rests(ilcf->zone, &ilcf->own.key, &rest);
}


/*
 * A caller's list is that of his key.  The gateway's is that of the configured
 * text: the background finds it whatever the variables in it are for a client,
 * and values that change do not have it read anew each time.
 */

static void
ngx_http_ioattest_key_make(ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_str_t *value, ngx_http_ioattest_key_t *key)
{
    u_char     text32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_str_t  list, digest;

    key->own = ilcf->own_key;
    key->many = !ilcf->own_key;

    ngx_http_ioattest_key_digest(ilcf->zone, key->digest, value);
    ngx_http_ioattest_key_digest(ilcf->zone, text32,
                                 key->own ? &ilcf->authorization->value
                                          : value);

    ngx_str_set(&list, "models list");
    digest.data = text32;
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
