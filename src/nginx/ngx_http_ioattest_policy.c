
/*
 * What a protected location needs, and the digest of all in it that decides
 * trust: the store keeps proofs under that digest, so that a machine which
 * was attested under one policy is unknown under another.
 */


#include "ngx_http_ioattest_conf.h"

#include <openssl/sha.h>


static char *ngx_http_ioattest_conf_need(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf, ngx_uint_t own);
static const char *ngx_http_ioattest_conf_missing(
    ngx_http_ioattest_loc_conf_t *conf);
static ngx_int_t ngx_http_ioattest_conf_digest(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf);
static int ngx_libc_cdecl ngx_http_ioattest_conf_cmp(const void *one,
    const void *two);


char *
ngx_http_ioattest_conf_finish(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf, ngx_uint_t own)
{
    char                           *rv;
    time_t                          refresh;
    ngx_str_t                       list, none;
    ngx_uint_t                      i;
    ngx_http_ioattest_zone_t      **zone;
    ngx_http_ioattest_main_conf_t  *mcf;

    if (!conf->enable) {
        conf->zone = NULL;
        return NGX_CONF_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ioattest_module);
    zone = mcf->zones.elts;
    conf->zone = NULL;

    for (i = 0; i < mcf->zones.nelts; i++) {
        if (zone[i]->name.len == conf->zone_name.len
            && ngx_strncmp(zone[i]->name.data, conf->zone_name.data,
                           conf->zone_name.len)
               == 0)
        {
            conf->zone = zone[i];
        }
    }

    if (conf->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown zone \"%V\" in \"ioattest\" directive, "
                           "expected one that \"ioattest_zone\" defines",
                           &conf->zone_name);
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_ioattest_conf_need(cf, conf, own);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    mcf->enabled = 1;

    /* the default of 1m, or less where proofs live for less than 10m */

    refresh = (conf->refresh == NGX_CONF_UNSET)
              ? ngx_min(60, conf->valid / 10) : conf->refresh;

    if (refresh >= conf->valid) {
        refresh = conf->valid / 2;

        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"ioattest_refresh\" is not less than "
                           "\"ioattest_valid\", %T seconds are used",
                           refresh);
    }

    conf->limits.valid = conf->valid;
    conf->limits.refresh = refresh;
    conf->limits.attempts = conf->attempts;
    conf->limits.fail_timeout = conf->fail_timeout;

    /* a holder gives up by itself before its lease ends */
    conf->limits.lease = conf->timeout + 1000;

    if (conf->image_digests) {
        ngx_qsort(conf->image_digests->elts, conf->image_digests->nelts,
                  sizeof(ioa_bytes_t), ngx_http_ioattest_conf_cmp);
        conf->policy.image_digests = conf->image_digests->elts;
        conf->policy.image_digests_n = conf->image_digests->nelts;
    }

    if (ngx_http_ioattest_conf_digest(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&list, "models list");
    ngx_str_null(&none);

    ngx_http_ioattest_store_key(conf->list_key, NGX_HTTP_IOATTEST_NODE_NAME,
                                conf->policy32, &list, &none);

    return NGX_CONF_OK;
}


static char *
ngx_http_ioattest_conf_need(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf, ngx_uint_t own)
{
    const char                *missing;
    ngx_http_core_loc_conf_t  *clcf;

    missing = ngx_http_ioattest_conf_missing(conf);

    if (missing) {
        clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

        if (clcf->name.len == 0 && !clcf->noname) {
            conf->incomplete = 1;
            return NGX_CONF_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in location \"%V\"",
                           missing, &clcf->name);
        return NGX_CONF_ERROR;
    }

    if (own && conf->request.len
        && conf->models.len == 0 && conf->model_id == NULL)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "neither \"ioattest_models\" nor "
                           "\"ioattest_model_id\" is set: attestations are "
                           "asked for by the model's name");
    }

    return NGX_CONF_OK;
}


/* Evidence is never accepted unchecked: who wants none must say so. */

static const char *
ngx_http_ioattest_conf_missing(ngx_http_ioattest_loc_conf_t *conf)
{
    if (conf->bind == NGX_HTTP_IOATTEST_BIND_BOTH
        && conf->text == IOA_TEXT_BODY)
    {
        return "\"ioattest_bind both\" needs \"ioattest_text\" \"agent\" or "
               "\"raw\": a text that is the response says nothing of the "
               "request";
    }

    if (conf->request.len == 0) {
        return conf->trust
               ? NULL
               : "\"ioattest\" needs \"ioattest_request\", the internal "
                 "location that attestations are asked at, or "
                 "\"ioattest_trust\"";
    }

    if (conf->cpu != NGX_HTTP_IOATTEST_CPU_OFF) {
        return "this version does not verify CPU evidence and does not "
               "accept it unverified: set \"ioattest_cpu off\" to trust the "
               "API's TLS certificate alone";
    }

    if (conf->gpu != NGX_HTTP_IOATTEST_GPU_OFF) {
        return "this version does not verify GPU evidence and does not "
               "accept it unverified: set \"ioattest_gpu off\" to trust the "
               "API's TLS certificate alone";
    }

    return NULL;
}


static int ngx_libc_cdecl
ngx_http_ioattest_conf_cmp(const void *one, const void *two)
{
    const ioa_bytes_t *a = one;
    const ioa_bytes_t *b = two;

    return ngx_memn2cmp((u_char *) a->data, (u_char *) b->data, a->len,
                        b->len);
}


static ngx_int_t
ngx_http_ioattest_conf_digest(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf)
{
    size_t        len;
    u_char       *buf, *p;
    ngx_uint_t    i;
    ioa_bytes_t  *digest;

    digest = conf->image_digests ? conf->image_digests->elts : NULL;

    len = sizeof("ioattest policy 1\nzone \ncpu \ngpu \nrequest \nmodels \n")
          + conf->zone->name.len + conf->request.len + conf->models.len
          + 2 * NGX_INT_T_LEN;

    for (i = 0; digest && i < conf->image_digests->nelts; i++) {
        len += sizeof("image_digest \n") + digest[i].len;
    }

    buf = ngx_pnalloc(cf->temp_pool, len);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(buf, "ioattest policy 1\nzone %V\ncpu %ui\ngpu %ui\n"
                    "request %V\nmodels %V\n", &conf->zone->name, conf->cpu,
                    conf->gpu, &conf->request, &conf->models);

    for (i = 0; digest && i < conf->image_digests->nelts; i++) {
        p = ngx_sprintf(p, "image_digest %*s\n", digest[i].len,
                        digest[i].data);
    }

    SHA256(buf, p - buf, conf->policy32);

    return NGX_OK;
}
