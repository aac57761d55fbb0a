
/*
 * The gateway's own keys that the background may use for one policy: those of
 * its locations.  Each key's models list is kept, since requests will ask for
 * it; attestations are the same with any key, and use the first that the API
 * does not refuse.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "attest/ngx_http_ioattest_sources.h"
#include "attest/ngx_http_ioattest_attestation.h"
#include "attest/ngx_http_ioattest_model.h"


static ngx_int_t ngx_http_ioattest_source_find(
    ngx_http_ioattest_source_t *source, ngx_http_ioattest_model_t *model,
    ioa_status_t *reason);


ngx_int_t
ngx_http_ioattest_sources_init(ngx_http_ioattest_sources_t *sources,
    ngx_pool_t *pool, ngx_array_t *confs)
{
    ngx_uint_t                      i;
    ngx_http_ioattest_loc_conf_t  **conf;

    conf = confs->elts;

    sources->n = confs->nelts;
    sources->source = ngx_pcalloc(pool, confs->nelts
                                        * sizeof(ngx_http_ioattest_source_t));
    if (sources->source == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < confs->nelts; i++) {
        sources->source[i].conf = conf[i];
    }

    return NGX_OK;
}


void
ngx_http_ioattest_sources_look(ngx_http_ioattest_sources_t *sources)
{
    ngx_uint_t                    i;
    ngx_http_ioattest_source_t   *source;
    ngx_http_ioattest_resting_t   rest;

    for (i = 0; i < sources->n; i++) {
        source = &sources->source[i];

        ngx_http_ioattest_ask_own(source->conf, &source->authorization,
                                  &source->key);

        source->rests = sources->n > 1
                        && ngx_http_ioattest_key_rests(source->conf->zone,
                                                       &source->key, &rest);
    }
}


ngx_int_t
ngx_http_ioattest_sources_find(ngx_http_ioattest_sources_t *sources,
    ngx_http_ioattest_loc_conf_t *conf, ngx_http_ioattest_model_t *model,
    ioa_status_t *reason)
{
    ngx_int_t                    rc, found;
    ngx_uint_t                   i;
    ioa_status_t                 why;
    ngx_http_ioattest_model_t    one, first;
    ngx_http_ioattest_source_t  *source;

    found = NGX_DECLINED;
    first = *model;
    *reason = IOA_ATTESTATION_REFUSED;

    for (i = 0; i < sources->n; i++) {
        source = &sources->source[i];

        if (conf && conf->model_id != source->conf->model_id) {
            continue;
        }

        one = *model;

        rc = ngx_http_ioattest_source_find(source, &one, &why);

        if (rc == NGX_OK && found != NGX_OK) {
            first = one;
            found = NGX_OK;

        } else if (rc == NGX_AGAIN && found != NGX_OK) {
            found = NGX_AGAIN;

        } else if (rc == NGX_DECLINED && *reason == IOA_ATTESTATION_REFUSED) {

            /* a key that was refused says less than the list of another */

            *reason = why;
        }
    }

    if (found == NGX_OK) {
        *model = first;
    }

    return found;
}


/* The first whose list has the model, or else just the first, of a good key. */

ngx_http_ioattest_source_t *
ngx_http_ioattest_sources_pick(ngx_http_ioattest_sources_t *sources,
    const ngx_http_ioattest_model_t *model)
{
    ngx_uint_t                   i;
    ioa_status_t                 reason;
    ngx_http_ioattest_model_t    one;
    ngx_http_ioattest_source_t  *source, *first;

    if (sources->n == 1) {
        return sources->source;
    }

    first = NULL;

    for (i = 0; i < sources->n; i++) {
        source = &sources->source[i];

        if (source->rests) {
            continue;
        }

        one = *model;

        if (ngx_http_ioattest_source_find(source, &one, &reason) == NGX_OK
            && ngx_memcmp(one.key, model->key, NGX_HTTP_IOATTEST_KEY_LEN) == 0)
        {
            return source;
        }

        if (first == NULL) {
            first = source;
        }
    }

    return first ? first : sources->source;
}


static ngx_int_t
ngx_http_ioattest_source_find(ngx_http_ioattest_source_t *source,
    ngx_http_ioattest_model_t *model, ioa_status_t *reason)
{
    ngx_http_ioattest_resting_t  rest;

    return ngx_http_ioattest_model_find(source->conf, &source->key,
                                        &source->authorization, model, reason,
                                        &rest);
}
