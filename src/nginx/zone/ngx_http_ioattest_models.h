
/*
 * Models lists in the zone, and who reads them.
 */


#ifndef _NGX_HTTP_IOATTEST_MODELS_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_MODELS_H_INCLUDED_


#include "zone/ngx_http_ioattest_zone.h"


typedef enum {
    NGX_HTTP_IOATTEST_LISTED = 0,
    NGX_HTTP_IOATTEST_LISTED_RENEW, /* the lease is the caller's */
    NGX_HTTP_IOATTEST_UNLISTED,     /* absent from a list read lately */
    NGX_HTTP_IOATTEST_LIST_TAKEN,   /* no list: the lease is the caller's */
    NGX_HTTP_IOATTEST_LIST_BUSY,
    NGX_HTTP_IOATTEST_LIST_FAILED,
    NGX_HTTP_IOATTEST_LIST_RESTING, /* not to be asked for with this key */
    NGX_HTTP_IOATTEST_LIST_FULL
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


/* How an attestation, or a fetch of the list, ended for its lease. */
typedef enum {
    NGX_HTTP_IOATTEST_GIVE_BACK = 0,    /* no verdict: next waiter tries */
    NGX_HTTP_IOATTEST_GIVE_REFUSED,     /* the same, and no attempt spent */
    NGX_HTTP_IOATTEST_GIVE_FAILED       /* remembered for a while */
} ngx_http_ioattest_give_e;


/* Gives a lease of a models list back; only to the token's owner. */
void ngx_http_ioattest_lease_give(ngx_http_ioattest_zone_t *zone,
    const u_char *key32, uint64_t token, ngx_http_ioattest_give_e how,
    ioa_status_t reason, ngx_msec_t fail_timeout);

/* Frees a lease whose holder's process is gone. */
void ngx_http_ioattest_lease_bury(ngx_http_ioattest_zone_t *zone,
    const u_char *key32, uint64_t token, ngx_pid_t pid);

/*
 * Looks a name up in the models list that was given to key.  A name that is
 * absent makes the list be read again at most once in fail_timeout.  Of keys
 * that are one of many NGX_HTTP_IOATTEST_LISTS_MAX have a list at most.
 */
void ngx_http_ioattest_list_lookup(ngx_http_ioattest_listed_t *listed,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_key_t *key,
    const u_char *name_key32, const ngx_http_ioattest_limits_t *limits);

/*
 * Keeps a models list: all its attestable models first, then the others, up
 * to a quarter of the zone.  Gives the lease back.
 * Returns the number of entries that found no room.
 */
ngx_uint_t ngx_http_ioattest_list_store(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_key_t *key, const u_char *policy32,
    const ioa_models_t *list, uint64_t token);


#endif /* _NGX_HTTP_IOATTEST_MODELS_H_INCLUDED_ */
