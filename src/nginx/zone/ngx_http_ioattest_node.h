
/*
 * The nodes of the store and what may be done to them under the lock; for
 * the files of the store alone.  Floor F4.
 */


#ifndef _NGX_HTTP_IOATTEST_NODE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_NODE_H_INCLUDED_


#include "zone/ngx_http_ioattest_zone.h"


typedef struct ngx_http_ioattest_node_s  ngx_http_ioattest_node_t;


typedef struct {
    ngx_http_ioattest_names_t   names;
    u_char                      policy[NGX_HTTP_IOATTEST_POLICY_LEN];
    ngx_http_ioattest_lease_t   lease;
    ngx_queue_t                 machines;   /* oldest attestation first */
    ngx_uint_t                  count;      /* of machines */
    time_t                      newest;     /* attested_at */
    time_t                      expires;    /* its evidence; 0: does not */
    uint64_t                    sequence;   /* attestations that succeeded */
    ngx_msec_t                  renew_at;   /* no renewal before */
    ngx_uint_t                  renewals;   /* of late that were of no use */
    ngx_uint_t                  budget;     /* attempts spent */
    ngx_msec_t                  budget_at;  /* start of their window */
} ngx_http_ioattest_model_node_t;


typedef struct {
    ngx_queue_t                 siblings;
    ngx_http_ioattest_node_t   *model;
    ngx_http_ioattest_machine_t info;
    time_t                      bumped;
} ngx_http_ioattest_machine_node_t;


/* An entry of the models list; the list's own head has an empty id. */
typedef struct {
    ngx_http_ioattest_names_t   names;
    ngx_uint_t                  attestable;
    uint64_t                    generation;
    ngx_http_ioattest_names_e   place;
    ngx_uint_t                  head;
    u_char                      content[NGX_HTTP_IOATTEST_KEY_LEN]; /* head */
    uint64_t                    dropped;    /* head: names_dropped of then */
    ngx_http_ioattest_lease_t   lease;      /* head: who fetches */
    time_t                      fetched_at; /* head */
    ngx_msec_t                  fetched_ms; /* head */
} ngx_http_ioattest_name_node_t;


/* Pieces of the size of a node: see the store's head. */
typedef struct ngx_http_ioattest_piece_s  ngx_http_ioattest_piece_t;

struct ngx_http_ioattest_piece_s {
    ngx_http_ioattest_piece_t  *next;
    u_char                      data[NGX_HTTP_IOATTEST_NODE_SIZE
                                     - sizeof(void *)];
};


typedef struct {
    ngx_http_ioattest_piece_t  *pieces;
    size_t                      body_len;
    size_t                      chain_len;
    time_t                      fetched_at;
    uint64_t                    version;    /* 0: nothing is there */
    ngx_http_ioattest_lease_t   lease;      /* who asks for it */
    uint64_t                    failed;     /* the last token that did */
    ngx_int_t                   status;     /* and how */
} ngx_http_ioattest_blob_node_t;


struct ngx_http_ioattest_node_s {
    ngx_str_node_t              sn;         /* str is the key below */
    ngx_queue_t                 lru;
    ngx_http_ioattest_kind_e    kind;
    u_char                      key[NGX_HTTP_IOATTEST_KEY_LEN];

    union {
        ngx_http_ioattest_model_node_t    model;
        ngx_http_ioattest_machine_node_t  machine;
        ngx_http_ioattest_name_node_t     name;
        ngx_http_ioattest_blob_node_t     blob;
    } u;
};


/*
 * Takes the mutex.  A head that is dirty belonged to a process that died in
 * the middle of a change: everything is laid out anew then, for nothing in
 * it can be believed.
 */
ngx_http_ioattest_sh_t *ngx_http_ioattest_store_lock(
    ngx_http_ioattest_zone_t *zone);
void ngx_http_ioattest_store_unlock(ngx_http_ioattest_zone_t *zone);

ngx_http_ioattest_node_t *ngx_http_ioattest_node_find_locked(
    ngx_http_ioattest_sh_t *sh, const u_char *key32,
    ngx_http_ioattest_kind_e kind);

/* A new node, linked; drops others for it.  NULL where none can go. */
ngx_http_ioattest_node_t *ngx_http_ioattest_node_create_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const u_char *key32, ngx_http_ioattest_kind_e kind);

void ngx_http_ioattest_node_delete_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *node);

void ngx_http_ioattest_blob_free_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_blob_node_t *blob);

/*
 * Takes the replay window's share of the zone, and drops nodes for it where
 * it must.  NGX_OK or NGX_DECLINED.
 */
ngx_int_t ngx_http_ioattest_replay_take_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh);

/* Drops the node that can best be missed; 0 where none can go. */
ngx_uint_t ngx_http_ioattest_node_drop_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh);

/* Moves an entry or a head of a models list to the front of a queue. */
void ngx_http_ioattest_node_place_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *node, ngx_http_ioattest_names_e place);

/* Drops what was used least there until fewer than max are left. */
void ngx_http_ioattest_node_trim_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_names_e place,
    ngx_uint_t max);

/* 1 and *rest where the key rests. */
ngx_uint_t ngx_http_ioattest_key_resting_locked(ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_resting_t *rest);

/* Moves a model to the idle ones, or away from them, by its count. */
void ngx_http_ioattest_node_settle_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *node);

/* 1 while somebody holds it. */
ngx_uint_t ngx_http_ioattest_lease_live_locked(
    const ngx_http_ioattest_lease_t *lease);

/* 1 while its last failure is remembered. */
ngx_uint_t ngx_http_ioattest_lease_failing_locked(
    const ngx_http_ioattest_lease_t *lease);

uint64_t ngx_http_ioattest_lease_take_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_lease_t *lease, ngx_msec_t age);

void ngx_http_ioattest_lease_release_locked(ngx_http_ioattest_lease_t *lease,
    ngx_http_ioattest_give_e how, ioa_status_t reason,
    ngx_msec_t fail_timeout);

/* The lease in a node that has one, or NULL. */
ngx_http_ioattest_lease_t *ngx_http_ioattest_node_lease_locked(
    ngx_http_ioattest_node_t *node);

/* 1 where a proof made at that time is still good. */
ngx_uint_t ngx_http_ioattest_fresh(time_t at, time_t valid);


#endif /* _NGX_HTTP_IOATTEST_NODE_H_INCLUDED_ */
