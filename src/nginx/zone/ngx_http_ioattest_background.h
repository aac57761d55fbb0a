
/*
 * What is done in the background: the census of the models in use.
 */


#ifndef _NGX_HTTP_IOATTEST_BACKGROUND_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_BACKGROUND_H_INCLUDED_


#include "zone/ngx_http_ioattest_zone.h"


/*
 * The attestations that the census of a model is short of.  found->answer is
 * not set.
 *
 * In: wanted, where the model is to be kept whether anybody asks for it or
 * not; else it is known already, and was asked for within
 * limits->background.
 */
void ngx_http_ioattest_store_census(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_uint_t wanted);

/* Frees the slots of processes that are gone. */
void ngx_http_ioattest_store_bury(ngx_http_ioattest_zone_t *zone);

/* Drops machines that nobody has met for a day and longer. */
void ngx_http_ioattest_store_sweep(ngx_http_ioattest_zone_t *zone);

/*
 * Names that were asked for within ms are kept whatever the policy of then,
 * by their origin: a server and the locations that it asks at.  keep notes
 * those of the models that are known under policy32.
 */
void ngx_http_ioattest_used_keep(ngx_http_ioattest_zone_t *zone,
    const u_char *policy32, const u_char *origin32, ngx_msec_t ms);

/*
 * Copies of max models at most, past the first skip of them; returns how
 * many.  Of names the key and the id are not set, and the policy is the
 * one that they were asked for under.
 */
ngx_uint_t ngx_http_ioattest_used_models(ngx_http_ioattest_zone_t *zone,
    const u_char *policy32, ngx_msec_t ms, ngx_http_ioattest_model_t *models,
    ngx_uint_t max, ngx_uint_t skip);
ngx_uint_t ngx_http_ioattest_used_names(ngx_http_ioattest_zone_t *zone,
    const u_char *origin32, ngx_msec_t ms, ngx_http_ioattest_model_t *models,
    ngx_uint_t max, ngx_uint_t skip);


#endif /* _NGX_HTTP_IOATTEST_BACKGROUND_H_INCLUDED_ */
