
/*
 * The store: trusted machines, models and the models list in shared memory.
 * Uses nginx's core API only; knows no request.  Floor F4.
 *
 * Every public function takes and leaves the slab mutex itself.  Functions
 * that end in _locked want it held.  No pointer into a node leaves a lock:
 * values are copied out.
 *
 * All nodes have one size, so that any node which is dropped makes room for
 * any other.
 */


#ifndef _NGX_HTTP_IOATTEST_STORE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_STORE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ioa_verdict.h"


#define NGX_HTTP_IOATTEST_KEY_LEN        32
#define NGX_HTTP_IOATTEST_POLICY_LEN     4       /* shown of its digest */
#define NGX_HTTP_IOATTEST_NODE_SIZE      1024
#define NGX_HTTP_IOATTEST_MACHINES_MAX   1024    /* per model */
#define NGX_HTTP_IOATTEST_BACKOFF_MAX    60000   /* ms */

/* models lists that are kept for callers' keys, at most */
#define NGX_HTTP_IOATTEST_LISTS_MAX      64

/* keys that the API has refused: of callers, and of the gateway */
#define NGX_HTTP_IOATTEST_RESTS          64
#define NGX_HTTP_IOATTEST_OWN_RESTS      16

/* upper bounds of the histograms' buckets, in microseconds */
#define NGX_HTTP_IOATTEST_BUCKETS        12


typedef struct {
    ngx_atomic_t                bucket[NGX_HTTP_IOATTEST_BUCKETS + 1];
    ngx_atomic_t                sum_us;
} ngx_http_ioattest_histogram_t;


typedef struct {
    ngx_atomic_t                verified;
    ngx_atomic_t                unsigned_errors;
    ngx_atomic_t                rejected[IOA_STATUS_MAX];
    ngx_atomic_t                dry_run;
    ngx_atomic_t                attest_verified;
    ngx_atomic_t                attest_rejected[IOA_STATUS_MAX];
    ngx_atomic_t                requests_match;
    ngx_atomic_t                requests_mismatch;
    ngx_atomic_t                requests_unknown;
    ngx_atomic_t                evicted;
    ngx_atomic_t                replay_evicted; /* before their time */
    ngx_atomic_t                key_refused;    /* the gateway's own */
    ngx_http_ioattest_histogram_t
                                verify;
    ngx_http_ioattest_histogram_t
                                attest;
    ngx_http_ioattest_histogram_t
                                wait;
} ngx_http_ioattest_counters_t;


typedef struct ngx_http_ioattest_replay_s  ngx_http_ioattest_replay_t;


/*
 * The places of what the zone has of models lists, each with a queue of its
 * own.  Callers' lists are bounded, and those that are being asked for with
 * keys which the API may refuse push no list out that another was given.
 */
typedef enum {
    NGX_HTTP_IOATTEST_NAMES_OWN = 0,    /* the gateway's: heads, entries */
    NGX_HTTP_IOATTEST_NAMES_SHARED,     /* entries of callers' lists */
    NGX_HTTP_IOATTEST_NAMES_ASKING,     /* callers' heads without a list */
    NGX_HTTP_IOATTEST_NAMES_LISTS,      /* callers' heads with one */
    NGX_HTTP_IOATTEST_NAMES_MAX
} ngx_http_ioattest_names_e;


/* A key that is not used until then, and what the API said to it. */
typedef struct {
    u_char                      digest[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_msec_t                  until;
    ngx_uint_t                  status;     /* 0: none */
    ngx_uint_t                  after;      /* Retry-After, s; 0: none */
} ngx_http_ioattest_rest_t;


/* Head of the zone. */
typedef struct {
    uint64_t                    magic;
    ngx_uint_t                  layout;
    ngx_uint_t                  dirty;      /* set while the lock is held */
    ngx_uint_t                  resets;     /* a holder of the lock died */
    uint64_t                    next_token;
    uint64_t                    next_generation;
    ngx_uint_t                  capacity;   /* nodes */
    ngx_uint_t                  idle;       /* models without a machine */
    ngx_uint_t                  names[NGX_HTTP_IOATTEST_NAMES_MAX];
    uint64_t                    names_dropped;  /* entries of lists, ever */
    ngx_uint_t                  bounds;
    ngx_uint_t                  blobs;      /* nodes and their pieces */
    ngx_rbtree_t                rbtree;
    ngx_rbtree_node_t           sentinel;
    ngx_queue_t                 machine_lru;
    ngx_queue_t                 idle_lru;
    ngx_queue_t                 name_lru[NGX_HTTP_IOATTEST_NAMES_MAX];
    ngx_queue_t                 blob_lru;
    ngx_http_ioattest_replay_t *replay;     /* NULL: no location has it */
    ngx_msec_t                  replay_retry;   /* there was no room */
    ngx_http_ioattest_rest_t    rests[NGX_HTTP_IOATTEST_RESTS];
    ngx_http_ioattest_rest_t    own_rests[NGX_HTTP_IOATTEST_OWN_RESTS];
    ngx_http_ioattest_counters_t
                                counters;
} ngx_http_ioattest_sh_t;


/* What a zone's data points to. */
typedef struct {
    ngx_str_t                   name;
    ngx_slab_pool_t            *shpool;
    ngx_shm_zone_t             *shm_zone;
    ngx_array_t                *policies;   /* of the configuration */
    ngx_uint_t                  replay;     /* some location has a window */

    /*
     * What keys are digested with, so that nobody who reads the zone can try
     * keys against it: made at the start, kept over reloads, not in the zone.
     */
    u_char                      secret[NGX_HTTP_IOATTEST_KEY_LEN];
} ngx_http_ioattest_zone_t;


typedef enum {
    NGX_HTTP_IOATTEST_NODE_MODEL = 1,
    NGX_HTTP_IOATTEST_NODE_MACHINE,
    NGX_HTTP_IOATTEST_NODE_NAME,
    NGX_HTTP_IOATTEST_NODE_BOUND,   /* nothing but its key */
    NGX_HTTP_IOATTEST_NODE_BLOB     /* what another service said */
} ngx_http_ioattest_kind_e;


/*
 * Single flight: who attests now, and what the last failure was.  The holder
 * is known by its token; the process is kept so that a lease of a worker that
 * died can be taken at once.
 */
typedef struct {
    uint64_t                    token;      /* 0: free */
    ngx_msec_t                  deadline;
    ngx_pid_t                   pid;
    ngx_msec_t                  retry_at;   /* while failures > 0 */
    ngx_uint_t                  failures;
    ioa_status_t                reason;
    ngx_uint_t                  charged;    /* to the model's budget */
} ngx_http_ioattest_lease_t;


typedef struct {
    u_char                      address20[IOA_ADDRESS_LEN];
    u_char                      image_digest[IOA_IMAGE_DIGEST_MAX];
    size_t                      image_digest_len;
    time_t                      attested_at;
    time_t                      expires_at; /* by the location that attested */
    ngx_uint_t                  via_tls;    /* its reply, and verified */
    ngx_uint_t                  pinned;     /* image or measurement */
    ioa_proved_t                proved;     /* what its evidence said */
    uint64_t                    verified;   /* responses */
} ngx_http_ioattest_machine_t;


typedef struct {
    u_char                      name[IOA_MODEL_NAME_MAX];
    size_t                      name_len;
    u_char                      id[IOA_MODEL_ID_MAX];
    size_t                      id_len;
} ngx_http_ioattest_names_t;


/* What a caller knows of a model; the key covers policy, zone and id. */
typedef struct {
    u_char                      key[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                      policy[NGX_HTTP_IOATTEST_POLICY_LEN];
    ngx_http_ioattest_names_t   names;
} ngx_http_ioattest_model_t;


/* Whose key attestations and the models list are asked with. */
typedef struct {
    u_char                      digest[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                      list[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_uint_t                  own;        /* the gateway's */
    ngx_uint_t                  many;       /* one of many: see list_lookup */
} ngx_http_ioattest_key_t;


typedef struct {
    ngx_uint_t                  status;     /* 0: it does not rest */
    ngx_uint_t                  after;      /* Retry-After, s; 0: none */
    ngx_msec_t                  left;
} ngx_http_ioattest_resting_t;


/* Statuses of a document's failure that are not HTTP's. */
#define NGX_HTTP_IOATTEST_DOCUMENT_INSECURE  -1
#define NGX_HTTP_IOATTEST_DOCUMENT_LARGE     -2


/* What a caller knows of a document; all zero but its key at first. */
typedef struct {
    u_char                      key[NGX_HTTP_IOATTEST_KEY_LEN];
    uint64_t                    token;      /* held, or waited for */
    uint64_t                    version;    /* of the copy; 0: none */
    ngx_int_t                   status;     /* of another's failure */
    ngx_str_t                   body;
    ngx_str_t                   chain;
    ngx_uint_t                  waiting;
} ngx_http_ioattest_document_t;


/* Times and limits of a location that govern single flight. */
typedef struct {
    time_t                      valid;          /* s */
    time_t                      refresh;        /* s */
    ngx_msec_t                  lease;          /* ms a lease may last */
    ngx_msec_t                  fail_timeout;   /* ms */
    ngx_uint_t                  attempts;
} ngx_http_ioattest_limits_t;


typedef enum {
    NGX_HTTP_IOATTEST_TRUSTED = 0,  /* a machine is known and in time */
    NGX_HTTP_IOATTEST_RENEW,        /* the same; the lease is the caller's */
    NGX_HTTP_IOATTEST_TAKEN,        /* not known; the lease is the caller's */
    NGX_HTTP_IOATTEST_BUSY,         /* not known; somebody attests now */
    NGX_HTTP_IOATTEST_FAILED,       /* not known; failed a moment ago */
    NGX_HTTP_IOATTEST_RESTING,      /* not known; not to be asked with key */
    NGX_HTTP_IOATTEST_EXHAUSTED,    /* not known; no attempt is left */
    NGX_HTTP_IOATTEST_FULL          /* no room for a lease */
} ngx_http_ioattest_answer_e;


typedef struct {
    ngx_http_ioattest_answer_e  answer;
    uint64_t                    token;      /* the lease taken or held */
    ngx_pid_t                   pid;        /* BUSY: of its holder */
    ioa_status_t                reason;     /* FAILED */
    ngx_http_ioattest_resting_t rest;       /* RESTING */
    uint64_t                    sequence;   /* attestations of the model */
    ngx_http_ioattest_machine_t machine;    /* of store_signer: TRUSTED */
} ngx_http_ioattest_found_t;


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


/*
 * Takes over or lays out the zone's memory; to be called by the zone's init
 * handler.  old: the zone of the previous cycle, or NULL.
 */
ngx_int_t ngx_http_ioattest_store_init(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_zone_t *old, ngx_log_t *log);

/*
 * The key of a node: SHA-256 over policy32, a tag for the kind, and the two
 * parts, each with its length.
 */
void ngx_http_ioattest_store_key(u_char *key32,
    ngx_http_ioattest_kind_e kind, const u_char *policy32, ngx_str_t *a,
    ngx_str_t *b);

/* Before a prompt leaves: is a machine of the model trusted? */
void ngx_http_ioattest_store_gate(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key);

/* Is this machine trusted?  Takes no lease: TRUSTED or EXHAUSTED. */
void ngx_http_ioattest_store_signer(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const u_char *machine_key32, const ngx_http_ioattest_limits_t *limits);

/*
 * As store_signer; where the machine is unknown takes the lease from the
 * model's budget of attempts, unless key rests or is NULL: RESTING.
 */
void ngx_http_ioattest_store_recheck(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const u_char *machine_key32, const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key);

/*
 * Keeps an attested machine, and gives the lease back with NGX_OK.
 *
 * In: bound_key32, where it is remembered that the model has shown a signer
 * that hardware binds; strict, a machine whose signer is not bound is then
 * refused.
 * Returns NGX_OK; NGX_DECLINED where no room could be made; NGX_ABORT for a
 * downgrade.
 */
ngx_int_t ngx_http_ioattest_store_add(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_model_t *model, const u_char *machine_key32,
    const ngx_http_ioattest_machine_t *machine, uint64_t token,
    const u_char *bound_key32, ngx_uint_t strict);

/* 1 where the model has shown such a signer. */
ngx_uint_t ngx_http_ioattest_store_bound(ngx_http_ioattest_zone_t *zone,
    const u_char *bound_key32);

/* Counts a verified response of a machine. */
void ngx_http_ioattest_store_used(ngx_http_ioattest_zone_t *zone,
    const u_char *machine_key32);

/*
 * What another service said, kept for all workers: body and, of some, a
 * header.  Of all who want it one asks, and the others wait.  What is larger
 * than an eighth of the zone is not kept.  All of them take a quarter of it
 * at most.
 *
 * take: NGX_OK: body and chain are copies from pool, newer than version and
 * not older than life; NGX_DECLINED: the caller is to ask, and has the lease
 * for age, or there is no room for one; NGX_AGAIN: another asks, and take is
 * to be called again in a while; NGX_DONE: who was waited for has failed, see
 * status; NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_document_take(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_pool_t *pool, time_t life,
    ngx_msec_t age);

/* However old: NGX_OK as above; NGX_DECLINED: it is not there; NGX_ERROR. */
ngx_int_t ngx_http_ioattest_document_get(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_pool_t *pool);

/* Keeps an answer in place of what was there; gives the lease back. */
void ngx_http_ioattest_document_put(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_str_t *body, ngx_str_t *chain);

/* Gives the lease back, if there is one: it failed so; 0: another may ask. */
void ngx_http_ioattest_document_give(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_int_t status);

/*
 * Notes a signed text.  NGX_OK: it was not seen within window; NGX_DECLINED:
 * it was; NGX_ERROR: the zone has no room for a window.
 */
ngx_int_t ngx_http_ioattest_replay_check(ngx_http_ioattest_zone_t *zone,
    ngx_str_t *text, ngx_msec_t window);

/* How many texts are noted, and how many can be; 0 and 0 without a window. */
void ngx_http_ioattest_replay_count(ngx_http_ioattest_zone_t *zone,
    ngx_uint_t *used, ngx_uint_t *size);

/* Gives a lease of a model or of the list back; only to the token's owner. */
void ngx_http_ioattest_lease_give(ngx_http_ioattest_zone_t *zone,
    const u_char *key32, uint64_t token, ngx_http_ioattest_give_e how,
    ioa_status_t reason, ngx_msec_t fail_timeout);

/* Frees a lease whose holder's process is gone. */
void ngx_http_ioattest_lease_bury(ngx_http_ioattest_zone_t *zone,
    const u_char *key32, uint64_t token, ngx_pid_t pid);

/* Out: digest32, of a key: all that is kept of it. */
void ngx_http_ioattest_key_digest(ngx_http_ioattest_zone_t *zone,
    u_char *digest32, ngx_str_t *value);

/*
 * Nothing is asked with the key for ms, for the API answered it status, with
 * a Retry-After or 0.
 */
void ngx_http_ioattest_key_rest(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_key_t *key, ngx_uint_t status, ngx_uint_t after,
    ngx_msec_t ms);

/* 1 and *rest where the key rests. */
ngx_uint_t ngx_http_ioattest_key_rests(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_resting_t *rest);

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


/*
 * A walk over the nodes for the status page: next is called until it returns
 * NGX_DONE; each call holds the lock for a batch of copies at most.
 */
typedef struct {
    ngx_http_ioattest_kind_e    kind;
    ngx_http_ioattest_names_t   names;      /* MODEL; MACHINE: its model's */
    ngx_http_ioattest_machine_t machine;    /* MACHINE */
    ngx_uint_t                  machines;   /* MODEL */
    ngx_uint_t                  attestable; /* NAME */
    ngx_uint_t                  leased;     /* MODEL, NAME */
    ioa_status_t                failing;    /* MODEL: remembered, or IOA_OK */
    u_char                      policy[NGX_HTTP_IOATTEST_POLICY_LEN];
} ngx_http_ioattest_row_t;

typedef struct {
    u_char                      key[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_uint_t                  started;
} ngx_http_ioattest_cursor_t;

/* Returns the number of rows written, 0 at the end. */
ngx_uint_t ngx_http_ioattest_store_rows(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_cursor_t *cursor, ngx_http_ioattest_row_t *rows,
    ngx_uint_t n);

/* Bytes of the zone in use, whole pages. */
size_t ngx_http_ioattest_store_used_bytes(ngx_http_ioattest_zone_t *zone);

ngx_http_ioattest_counters_t *ngx_http_ioattest_store_counters(
    ngx_http_ioattest_zone_t *zone);
ngx_uint_t ngx_http_ioattest_store_resets(ngx_http_ioattest_zone_t *zone);

extern const ngx_uint_t
    ngx_http_ioattest_bucket_us[NGX_HTTP_IOATTEST_BUCKETS];
void ngx_http_ioattest_observe(ngx_http_ioattest_histogram_t *histogram,
    uint64_t us);


#endif /* _NGX_HTTP_IOATTEST_STORE_H_INCLUDED_ */
