
/*
 * What is done in the background: the census of the models in use.
 */


#ifndef _NGX_HTTP_IOATTEST_BACKGROUND_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_BACKGROUND_H_INCLUDED_


#include "zone/ngx_http_ioattest_zone.h"


/*
 * Takes slots for the attestations that the census of a model needs now.
 * found->answer is not set.
 *
 * In: wanted, if the model is to be kept attested without requests; else it
 * must be known, and have been asked for within limits->background.
 */
void ngx_http_ioattest_store_census(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_uint_t wanted);

/* Frees the slots of processes that no longer exist. */
void ngx_http_ioattest_store_bury(ngx_http_ioattest_zone_t *zone);

/* Drops machines that have not been met for a day or longer. */
void ngx_http_ioattest_store_sweep(ngx_http_ioattest_zone_t *zone);

/*
 * Names that were asked for within ms survive a change of the policy: they
 * are kept by their origin, a server and the locations at which it asks the
 * API.  keep notes those of the models known under policy32.
 */
void ngx_http_ioattest_used_keep(ngx_http_ioattest_zone_t *zone,
    const u_char *policy32, const u_char *origin32, ngx_msec_t ms);

/*
 * Copies of at most max models, without the first skip; returns their number.
 * In names, key and id are not set, and the policy is the one under which the
 * name was asked for.
 */
ngx_uint_t ngx_http_ioattest_used_models(ngx_http_ioattest_zone_t *zone,
    const u_char *policy32, ngx_msec_t ms, ngx_http_ioattest_model_t *models,
    ngx_uint_t max, ngx_uint_t skip);
ngx_uint_t ngx_http_ioattest_used_names(ngx_http_ioattest_zone_t *zone,
    const u_char *origin32, ngx_msec_t ms, ngx_http_ioattest_model_t *models,
    ngx_uint_t max, ngx_uint_t skip);


#endif /* _NGX_HTTP_IOATTEST_BACKGROUND_H_INCLUDED_ */
