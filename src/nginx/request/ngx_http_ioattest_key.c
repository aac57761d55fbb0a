
/*
 * The key that attestations and the models list are asked with, and what it
 * means that the API refuses it: see ioattest_authorization.
 *
 * It is known whose key it is, for it is put into our subrequests here.  What
 * a caller's key is refused concerns that key alone.  Of a key nothing but a
 * digest is kept beyond the request, and it is in no log line.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_key.h"
#include "subrequest/ngx_http_ioattest_job.h"


#define NGX_HTTP_IOATTEST_PAYMENT_REQUIRED  402

/* how long a key that was refused is not used, ms */
#define NGX_HTTP_IOATTEST_REST_OWN      60000
#define NGX_HTTP_IOATTEST_REST_429      5000    /* without a Retry-After */
#define NGX_HTTP_IOATTEST_REST_CALLER   1000

#define NGX_HTTP_IOATTEST_RETRY_MAX     3600    /* s */


static ngx_uint_t ngx_http_ioattest_key_status(ngx_int_t status);
static void ngx_http_ioattest_key_own_refused(ngx_http_ioattest_job_t *job,
    ngx_int_t status, ngx_msec_t ms);
static ngx_uint_t ngx_http_ioattest_key_retry_after(
    ngx_http_upstream_t *u);


ngx_int_t
ngx_http_ioattest_key_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_str_t                      list, digest;
    ngx_http_ioattest_key_t       *key;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ctx->conf;
    key = &ctx->key;

    if (ilcf->authorization) {

        if (ngx_http_complex_value(r, ilcf->authorization,
                                   &ctx->authorization)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else if (r->headers_in.authorization) {
        ctx->authorization = r->headers_in.authorization->value;
    }

    if (!ngx_http_ioattest_key_printable(&ctx->authorization)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "ioattest: the value of \"ioattest_authorization\" has "
                      "control characters: it is not sent");

        ngx_str_null(&ctx->authorization);
    }

    key->own = ilcf->own_key;
    key->many = (ilcf->authorization == NULL
                 || ilcf->authorization->lengths != NULL);

    ngx_http_ioattest_key_digest(ilcf->zone, key->digest,
                                 &ctx->authorization);

    ngx_str_set(&list, "models list");
    digest.data = key->digest;
    digest.len = NGX_HTTP_IOATTEST_KEY_LEN;

    ngx_http_ioattest_store_key(key->list, NGX_HTTP_IOATTEST_NODE_NAME,
                                ilcf->policy32, &list, &digest);

    return NGX_OK;
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


ioa_status_t
ngx_http_ioattest_key_judge(ngx_http_ioattest_job_t *job, ngx_int_t status,
    ngx_http_ioattest_give_e *how)
{
    ngx_msec_t                ms;
    ngx_uint_t                after;
    ngx_http_upstream_t      *u;
    ngx_http_ioattest_ctx_t  *ctx;

    u = job->sr->upstream;
    ctx = job->ctx;

    /* a 4xx of nginx itself says nothing of a key */

    if (status < 400 || status > 499 || u == NULL
        || (ngx_int_t) u->headers_in.status_n != status
        || (ctx->key.own && !ngx_http_ioattest_key_status(status)))
    {
        return IOA_ATTESTATION_UNAVAILABLE;
    }

    *how = NGX_HTTP_IOATTEST_GIVE_REFUSED;

    ctx->api_status = ngx_http_ioattest_key_status(status)
                      ? status : NGX_HTTP_BAD_GATEWAY;

    after = ngx_http_ioattest_key_retry_after(u);
    ctx->retry_after = after;

    if (status == NGX_HTTP_TOO_MANY_REQUESTS) {
        ms = after ? after * 1000 : NGX_HTTP_IOATTEST_REST_429;

    } else if (ctx->key.own) {
        ms = NGX_HTTP_IOATTEST_REST_OWN;

    } else if (ngx_http_ioattest_key_status(status)) {
        ms = NGX_HTTP_IOATTEST_REST_CALLER;

    } else {
        return IOA_ATTESTATION_REFUSED;
    }

    ngx_http_ioattest_key_rest(ctx->conf->zone, &ctx->key, status, ms);

    if (ctx->key.own) {
        ngx_http_ioattest_key_own_refused(job, status, ms);
    }

    return IOA_ATTESTATION_REFUSED;
}


/* 1 where the status is about the key that was used. */

static ngx_uint_t
ngx_http_ioattest_key_status(ngx_int_t status)
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
ngx_http_ioattest_key_own_refused(ngx_http_ioattest_job_t *job,
    ngx_int_t status, ngx_msec_t ms)
{
    (void) ngx_atomic_fetch_add(
                       &ngx_http_ioattest_counters(job->ctx)->key_refused, 1);

    ngx_log_error(NGX_LOG_ERR, job->ctx->request->connection->log, 0,
                  "ioattest: the API answered %i to the gateway's own key, "
                  "which is not used for %M ms: see "
                  "\"ioattest_authorization\"", status, ms);
}


/* Seconds, 1 to 3600, where one header says so in digits; else 0. */

static ngx_uint_t
ngx_http_ioattest_key_retry_after(ngx_http_upstream_t *u)
{
    ngx_int_t         n;
    ngx_uint_t        i, seen;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    static ngx_str_t  name = ngx_string("Retry-After");

    n = 0;
    seen = 0;

    for (part = &u->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len == name.len
                && ngx_strncasecmp(h[i].key.data, name.data, name.len) == 0)
            {
                seen++;
                n = ngx_atoi(h[i].value.data, h[i].value.len);
            }
        }
    }

    return (seen == 1 && n >= 1 && n <= NGX_HTTP_IOATTEST_RETRY_MAX) ? n : 0;
}


void
ngx_http_ioattest_key_resting(ngx_http_ioattest_ctx_t *ctx,
    const ngx_http_ioattest_resting_t *rest)
{
    ctx->api_status = rest->status;
    ctx->retry_after = (rest->status == NGX_HTTP_TOO_MANY_REQUESTS)
                       ? (rest->left + 999) / 1000 : 0;
}
