
/*
 * Models lists in the zone, and the leases for reading them.
 */


#ifndef _NGX_HTTP_IOATTEST_MODELS_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_MODELS_H_INCLUDED_


#include "zone/ngx_http_ioattest_zone.h"


typedef enum {
    NGX_HTTP_IOATTEST_LISTED = 0,
    NGX_HTTP_IOATTEST_LISTED_RENEW, /* listed; caller has the lease */
    NGX_HTTP_IOATTEST_UNLISTED,     /* absent from a recent list */
    NGX_HTTP_IOATTEST_LIST_TAKEN,   /* no list; caller has the lease */
    NGX_HTTP_IOATTEST_LIST_BUSY,
    NGX_HTTP_IOATTEST_LIST_FAILED,
    NGX_HTTP_IOATTEST_LIST_RESTING, /* the key is not to be used now */
    NGX_HTTP_IOATTEST_LIST_FULL     /* no room for the list or all of it */
} ngx_http_ioattest_listed_e;


typedef struct {
    ngx_http_ioattest_listed_e  answer;
    uint64_t                    token;
    ngx_pid_t                   pid;
    ioa_status_t                reason;
    ngx_http_ioattest_resting_t rest;
    ngx_uint_t                  attestable;
    size_t                      id_len;
    u_char                      id[IOA_MODEL_ID_MAX];
} ngx_http_ioattest_listed_t;


/* How a lease is given back. */
typedef enum {
    NGX_HTTP_IOATTEST_GIVE_BACK = 0,    /* no result: next waiter tries */
    NGX_HTTP_IOATTEST_GIVE_REFUSED,     /* likewise, not an attempt */
    NGX_HTTP_IOATTEST_GIVE_FAILED       /* the failure is remembered */
} ngx_http_ioattest_give_e;


/* Gives the lease of a models list back, if the token owns it. */
void ngx_http_ioattest_lease_give(ngx_http_ioattest_zone_t *zone,
    const u_char *key32, uint64_t token, ngx_http_ioattest_give_e how,
    ioa_status_t reason, ngx_msec_t fail_timeout);

/* Frees a lease whose process no longer exists. */
void ngx_http_ioattest_lease_bury(ngx_http_ioattest_zone_t *zone,
    const u_char *key32, uint64_t token, ngx_pid_t pid);

/*
 * Looks up a name in the models list that the API returned for key.  A name
 * that is absent has the list read again, at most once in fail_timeout; until
 * then the answer is UNLISTED, or LIST_FULL if the zone may have had the name
 * and had no room for it.  For keys with key->many set, at most
 * NGX_HTTP_IOATTEST_LISTS_MAX lists are kept.
 */
void ngx_http_ioattest_list_lookup(ngx_http_ioattest_listed_t *listed,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_key_t *key,
    const u_char *name_key32, const ngx_http_ioattest_limits_t *limits);

/*
 * Stores a models list, attestable models first, in a quarter of the zone at
 * most, and gives the lease back.  Returns the number of entries that found
 * no room.
 */
ngx_uint_t ngx_http_ioattest_list_store(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_key_t *key, const u_char *policy32,
    const ioa_models_t *list, uint64_t token);


#endif /* _NGX_HTTP_IOATTEST_MODELS_H_INCLUDED_ */
