
/*
 * The zone: trusted machines, models and the models list in shared memory.
 * Uses only nginx's core API; knows no request.
 * Public functions take and release the slab mutex themselves.  Functions
 * that end in _locked are called with it held.  No pointer into a node is
 * used without the lock: values are copied.
 *
 * All nodes have one size, so that any node that is dropped makes room for
 * any other.
 */


#ifndef _NGX_HTTP_IOATTEST_STORE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_STORE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "attest/ioattest.h"


#define NGX_HTTP_IOATTEST_KEY_LEN        32
#define NGX_HTTP_IOATTEST_POLICY_LEN     4   /* bytes of a digest shown */
#define NGX_HTTP_IOATTEST_NODE_SIZE      1024
#define NGX_HTTP_IOATTEST_MACHINES_MAX   1024    /* per model */
#define NGX_HTTP_IOATTEST_BACKOFF_MAX    60000   /* ms */

/* models lists kept for callers' keys, at most */
#define NGX_HTTP_IOATTEST_LISTS_MAX      64

/* places for keys that the API has refused: callers', the gateway's */
#define NGX_HTTP_IOATTEST_RESTS          64
#define NGX_HTTP_IOATTEST_OWN_RESTS      16

/* attestations in progress: of one model, and of all in a zone */
#define NGX_HTTP_IOATTEST_PARALLEL_MAX   32
#define NGX_HTTP_IOATTEST_SLOTS          (4 * NGX_HTTP_IOATTEST_PARALLEL_MAX)

/* addresses noted for a model: refused, and missed by a search */
#define NGX_HTTP_IOATTEST_NOTES_MAX      16
#define NGX_HTTP_IOATTEST_MISSED_MAX     32
#define NGX_HTTP_IOATTEST_MISSED_TIME    60000   /* ms */

/* names in use that are kept, under any policy */
#define NGX_HTTP_IOATTEST_USED_MAX       256

/* callers' keys whose attestations brought no answer */
#define NGX_HTTP_IOATTEST_SILENCES       64

/* failures in a row after which requests that wait fail at once */
#define NGX_HTTP_IOATTEST_FAILS_MAX      8
#define NGX_HTTP_IOATTEST_SILENT_MAX     3

/*
 * After so many draws without a new machine, machines not met have less than
 * UNSEEN / draws of the responses: exp(-7) < 0.001.
 */
#define NGX_HTTP_IOATTEST_UNSEEN         7

/* "ioattest_attempts auto": for each known machine, and at least */
#define NGX_HTTP_IOATTEST_ATTEMPTS_AUTO  ((ngx_uint_t) -2)
#define NGX_HTTP_IOATTEST_ATTEMPTS_EACH  8
#define NGX_HTTP_IOATTEST_ATTEMPTS_LEAST 32
/* and at most so many times that if most evidence was refused */
#define NGX_HTTP_IOATTEST_ATTEMPTS_MOST  4

/* addresses of a model that are remembered as bound by hardware */
#define NGX_HTTP_IOATTEST_BOUND_MAX      32
#define NGX_HTTP_IOATTEST_BOUND_TIME     86400000    /* ms */

/* GPUs of a machine whose UEIDs are shown */
#define NGX_HTTP_IOATTEST_UEIDS_MAX      8

/* answers refused of late, for the status page */
#define NGX_HTTP_IOATTEST_RECENT         16
#define NGX_HTTP_IOATTEST_RECENT_NAME    64

/* upper bounds of the histograms' buckets, in microseconds */
#define NGX_HTTP_IOATTEST_BUCKETS        12


typedef struct {
    ngx_atomic_t                bucket[NGX_HTTP_IOATTEST_BUCKETS + 1];
    ngx_atomic_t                sum_us;
} ngx_http_ioattest_histogram_t;


/* Why an attestation is made. */
typedef enum {
    NGX_HTTP_IOATTEST_TRIGGER_GATE = 0,     /* for a request not yet sent */
    NGX_HTTP_IOATTEST_TRIGGER_SIGNER,       /* for an unknown signer */
    NGX_HTTP_IOATTEST_TRIGGER_BACKGROUND,
    NGX_HTTP_IOATTEST_TRIGGER_MAX
} ngx_http_ioattest_trigger_e;


typedef struct {
    ngx_atomic_t                verified;
    ngx_atomic_t                unsigned_errors;
    ngx_atomic_t                rejected[IOA_STATUS_MAX];
    ngx_atomic_t                dry_run_rejected[IOA_STATUS_MAX];
    ngx_atomic_t                attest_trigger[NGX_HTTP_IOATTEST_TRIGGER_MAX];
    ngx_atomic_t                requests_waited;
    ngx_atomic_t                attest_verified;
    ngx_atomic_t                attest_rejected[IOA_STATUS_MAX];
    ngx_atomic_t                requests_match;
    ngx_atomic_t                requests_mismatch;
    ngx_atomic_t                requests_unknown;
    ngx_atomic_t                evicted;
    ngx_atomic_t                replay_evicted; /* before their time */
    ngx_atomic_t                key_refused;    /* the gateway's own */
    ngx_atomic_t                key_refused_at; /* the last time, s */
    ngx_http_ioattest_histogram_t
                                verify;
    ngx_http_ioattest_histogram_t
                                attest;
    ngx_http_ioattest_histogram_t
                                wait;
} ngx_http_ioattest_counters_t;


typedef struct ngx_http_ioattest_replay_s  ngx_http_ioattest_replay_t;


/*
 * Queues for heads and entries of models lists.  Callers' lists are limited
 * in number, and heads of lists that are still being read, with keys that the
 * API may refuse, displace no list that was read.
 */
typedef enum {
    NGX_HTTP_IOATTEST_NAMES_OWN = 0,    /* entries of the gateway's lists */
    NGX_HTTP_IOATTEST_NAMES_SHARED,     /* entries of callers' lists */
    NGX_HTTP_IOATTEST_NAMES_ASKING,     /* callers' heads, not yet read */
    NGX_HTTP_IOATTEST_NAMES_LISTS,      /* callers' heads, read */
    NGX_HTTP_IOATTEST_NAMES_HEADS,      /* the gateway's heads */
    NGX_HTTP_IOATTEST_NAMES_MAX
} ngx_http_ioattest_names_e;


/* A key that is not used for a while, and the API's response to it. */
typedef struct {
    u_char                      digest[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_msec_t                  until;
    ngx_uint_t                  status;     /* 0: none */
    ngx_uint_t                  after;      /* Retry-After, s; 0: none */
} ngx_http_ioattest_rest_t;


/* An attestation in progress: one of the zone's slots. */
typedef struct {
    uint64_t                    token;      /* 0: free */
    uint64_t                    model;      /* from its key */
    uint64_t                    asker;      /* from the digest of the key
                                               that is used */
    ngx_msec_t                  started;
    ngx_msec_t                  deadline;
    ngx_pid_t                   pid;
    unsigned                    charged:1;  /* to the model's budget */
} ngx_http_ioattest_slot_t;


/* A caller's key whose attestations of a model brought no answer. */
typedef struct {
    uint64_t                    asker;      /* of key and model; 0: free */
    ngx_msec_t                  at;         /* the last one */
    ngx_msec_t                  until;      /* not used before */
    ngx_uint_t                  n;          /* in a row */
    ioa_status_t                reason;
    ngx_msec_t                  reason_at;
} ngx_http_ioattest_silence_t;


/*
 * An answer that was refused, for which no caller is to blame; the same again
 * is counted.
 */
typedef struct {
    time_t                      at;         /* the last one; 0: none */
    ngx_uint_t                  n;
    uint16_t                    reason;
    uint8_t                     dry_run;    /* it passed */
    uint8_t                     sent;       /* the prompt had left */
    uint8_t                     have_address;
    uint8_t                     name_len;
    u_char                      address20[IOA_ADDRESS_LEN];
    u_char                      name[NGX_HTTP_IOATTEST_RECENT_NAME];
} ngx_http_ioattest_recent_t;


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
    uint64_t                    names_dropped;  /* list entries, in total */
    ngx_uint_t                  bounds;
    ngx_uint_t                  blobs;      /* nodes and their pieces */
    ngx_uint_t                  used;       /* names in use */
    ngx_rbtree_t                rbtree;
    ngx_rbtree_node_t           sentinel;
    ngx_queue_t                 machine_lru;
    ngx_queue_t                 idle_lru;
    ngx_queue_t                 name_lru[NGX_HTTP_IOATTEST_NAMES_MAX];
    ngx_queue_t                 blob_lru;
    ngx_queue_t                 used_lru;
    ngx_queue_t                 models;     /* all of them */
    ngx_http_ioattest_slot_t    slots[NGX_HTTP_IOATTEST_SLOTS];
    ngx_http_ioattest_silence_t silences[NGX_HTTP_IOATTEST_SILENCES];
    ngx_http_ioattest_replay_t *replay;     /* NULL: no window */
    ngx_msec_t                  replay_retry;   /* if there was no room */
    ngx_msec_t                  replay_blind;   /* until then it is not known
                                               what was used; 0: it is */
    ngx_http_ioattest_rest_t    rests[NGX_HTTP_IOATTEST_RESTS];
    ngx_http_ioattest_rest_t    own_rests[NGX_HTTP_IOATTEST_OWN_RESTS];
    ngx_http_ioattest_counters_t
                                counters;
    ngx_http_ioattest_recent_t  recent[NGX_HTTP_IOATTEST_RECENT];
    ngx_msec_t                  early_failed;   /* logged; 0: not yet */
} ngx_http_ioattest_sh_t;


/* The data of a zone in each process. */
typedef struct {
    ngx_str_t                   name;
    ngx_slab_pool_t            *shpool;
    ngx_shm_zone_t             *shm_zone;
    ngx_array_t                *policies;   /* of the configuration */
    ngx_array_t                *changes;    /* of policies, by reloads */
    ngx_uint_t                  replay;     /* some location has a window */

    /*
     * Secret for the digests of keys, so that the contents of the zone cannot
     * be used to guess keys: made at the start, kept at reloads, not in it.
     */
    u_char                      secret[NGX_HTTP_IOATTEST_KEY_LEN];
} ngx_http_ioattest_zone_t;


typedef enum {
    NGX_HTTP_IOATTEST_NODE_MODEL = 1,
    NGX_HTTP_IOATTEST_NODE_MACHINE,
    NGX_HTTP_IOATTEST_NODE_NAME,
    NGX_HTTP_IOATTEST_NODE_BOUND,   /* signers bound by hardware */
    NGX_HTTP_IOATTEST_NODE_BLOB,    /* a document of another service */
    NGX_HTTP_IOATTEST_NODE_USED     /* a name that was asked for */
} ngx_http_ioattest_kind_e;


/*
 * Single flight: which request reads the models list, and what the last
 * failure was.  The holder is known by its token; its process is kept, so
 * that the lease of a worker that died can be taken at once.
 */
typedef struct {
    uint64_t                    token;      /* 0: free */
    ngx_msec_t                  deadline;
    ngx_pid_t                   pid;
    ngx_msec_t                  retry_at;   /* while failures > 0 */
    ngx_uint_t                  failures;
    ioa_status_t                reason;
} ngx_http_ioattest_lease_t;


/* Which machine it is, by its evidence. */
typedef struct {
    u_char                      cpu[IOA_POLICY_CHIP_LEN];   /* PPID, chip id */
    uint8_t                     cpu_len;    /* 0: not said */
    uint8_t                     ueids_n;
    u_char                      ueids[NGX_HTTP_IOATTEST_UEIDS_MAX]
                                     [IOA_UEID_LEN];
    u_char                      gpus32[IOA_SHA256_LEN]; /* of all UEIDs */
} ngx_http_ioattest_ids_t;


/* What ioa_proved_t has, as far as it is shown, in less room. */
typedef struct {
    unsigned                    cpu;
    ioa_tcb_status_t            tcb_status;
    int                         signer_bound;
    int                         gpu_reference;
    int64_t                     expires;
    int64_t                     documents_end;
    size_t                      gpus;
    char                        gpu_arch[16];
    char                        gpu_mode[16];
    char                        gpu_driver[32];
    char                        gpu_vbios[32];
    char                        advisories[IOA_EVIDENCE_ADVISORY_MAX + 1];
    ngx_http_ioattest_ids_t     ids;
} ngx_http_ioattest_proved_t;


/* A TDX platform by the TCB that Intel will ask for next: ioa_early_t. */
typedef struct {
    uint64_t                    evaluation; /* of Intel's documents */
    uint64_t                    told;       /* last one warned of, + 1 */
    uint8_t                     status;     /* ioa_tcb_status_t */
    uint8_t                     asked;      /* by its location */
    uint8_t                     judged;     /* 0: not yet, or it failed */
    uint8_t                     accepted;   /* by the policy */
} ngx_http_ioattest_early_t;


typedef struct {
    u_char                      address20[IOA_ADDRESS_LEN];
    u_char                      image_digest[IOA_IMAGE_DIGEST_MAX];
    size_t                      image_digest_len;
    time_t                      attested_at;    /* wall clock, shown */
    time_t                      expires_at;     /* likewise */
    ngx_msec_t                  attested_ms;    /* ngx_current_msec */
    ngx_msec_t                  valid;          /* ms, by its location */
    unsigned                    via_tls:1;  /* over verified TLS */
    unsigned                    pinned:1;   /* image or measurement */
    unsigned                    end_kept:1; /* a renewal before the end of its
                                               evidence did not move that */
    ngx_http_ioattest_proved_t  proved;     /* by its evidence */
    uint64_t                    verified;   /* responses */
    ngx_http_ioattest_early_t   early;
} ngx_http_ioattest_machine_t;


typedef struct {
    u_char                      name[IOA_MODEL_NAME_MAX];
    size_t                      name_len;
    u_char                      id[IOA_MODEL_ID_MAX];
    size_t                      id_len;
} ngx_http_ioattest_names_t;


/* A model as requests know it; the key covers policy, zone and id. */
typedef struct {
    u_char                      key[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                      policy[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_http_ioattest_names_t   names;
} ngx_http_ioattest_model_t;


/* The key that attestations and the models list are asked with. */
typedef struct {
    u_char                      digest[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                      list[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_uint_t                  own;        /* the gateway's */
    ngx_uint_t                  many;       /* one of many callers' */
} ngx_http_ioattest_key_t;


typedef struct {
    ngx_uint_t                  status;     /* 0: it does not rest */
    ngx_uint_t                  after;      /* Retry-After, s; 0: none */
    ngx_msec_t                  left;
} ngx_http_ioattest_resting_t;


/*
 * Times and limits of attestations.  Those of the census are the strictest of
 * all locations that share a policy.  origin: the API, without the policy.
 */
typedef struct {
    ngx_msec_t                  valid;          /* of the location */
    ngx_msec_t                  refresh;        /* likewise; 0: off */
    ngx_msec_t                  lease;          /* for reading a list */
    ngx_msec_t                  attest;         /* for an attestation */
    ngx_msec_t                  fail_timeout;
    ngx_uint_t                  attempts;       /* or ATTEMPTS_AUTO */
    ngx_uint_t                  parallel;       /* of one model */
    ngx_uint_t                  total;          /* of all in the zone */
    ngx_uint_t                  pool_all;
    ngx_uint_t                  strict;         /* report_data auto */
    ngx_msec_t                  census_valid;
    ngx_msec_t                  census_refresh; /* 0: none is renewed */
    ngx_msec_t                  background;     /* 0: off */
    u_char                      origin[NGX_HTTP_IOATTEST_KEY_LEN];
} ngx_http_ioattest_limits_t;


typedef enum {
    NGX_HTTP_IOATTEST_TRUSTED = 0,  /* known and not expired */
    NGX_HTTP_IOATTEST_WAIT,         /* not known: wait, and ask again */
    NGX_HTTP_IOATTEST_FAILED,       /* not known: attestations failed */
    NGX_HTTP_IOATTEST_RESTING,      /* not known: the key may not be used */
    NGX_HTTP_IOATTEST_EXHAUSTED,    /* not known: attempts used up */
    NGX_HTTP_IOATTEST_FULL          /* no room for the model */
} ngx_http_ioattest_answer_e;


/*
 * A request or response that waits for attestations of its model.  Zeroed
 * before it waits for the first time.
 */
typedef struct {
    ngx_msec_t                  arrived;
    uint64_t                    answered;   /* model's count at arrival */
    uint64_t                    met;        /* likewise */
    ngx_uint_t                  counting;   /* both are set */
} ngx_http_ioattest_waiter_t;


/*
 * The zone's answer, and the attestations that the caller has to start now:
 * each token owns a slot of the zone, which ngx_http_ioattest_draw_met() or
 * ngx_http_ioattest_draw_end() gives back.
 */
typedef struct {
    ngx_http_ioattest_answer_e  answer;
    ngx_uint_t                  n;
    uint64_t                    token[NGX_HTTP_IOATTEST_PARALLEL_MAX];
    ioa_status_t                reason;     /* FAILED, EXHAUSTED */
    ngx_uint_t                  have_address;   /* FAILED: refused one */
    u_char                      address20[IOA_ADDRESS_LEN];
    ngx_http_ioattest_resting_t rest;       /* if the key rests */
    ngx_uint_t                  busy;       /* WAIT: in progress */
    ngx_http_ioattest_machine_t machine;    /* of a signer: TRUSTED */
    ngx_uint_t                  behind;     /* census: "parallel" needed, to
                                               be logged once; else 0 */
} ngx_http_ioattest_found_t;


/* How an attestation ended that did not meet a machine. */
typedef enum {
    NGX_HTTP_IOATTEST_DRAW_REFUSED = 0, /* the evidence is wrong */
    NGX_HTTP_IOATTEST_DRAW_SILENT,      /* nothing that names a machine */
    NGX_HTTP_IOATTEST_DRAW_NOTHING      /* no outcome: a caller's key was
                                           refused, or nothing was asked */
} ngx_http_ioattest_outcome_e;


typedef struct {
    ngx_http_ioattest_outcome_e outcome;
    ioa_status_t                reason;
    ngx_uint_t                  have_address;   /* REFUSED: a hint */
    u_char                      address20[IOA_ADDRESS_LEN];
} ngx_http_ioattest_ended_t;


/* What is new about an outcome, for the log. */
typedef enum {
    NGX_HTTP_IOATTEST_NEWS_NONE = 0,
    NGX_HTTP_IOATTEST_NEWS_FIRST,       /* met or refused the first time */
    NGX_HTTP_IOATTEST_NEWS_AGAIN        /* met after it was refused */
} ngx_http_ioattest_news_e;


/* In what a machine is another one than its address was trusted with. */
typedef enum {
    NGX_HTTP_IOATTEST_CHANGED_NOTHING = 0,
    NGX_HTTP_IOATTEST_CHANGED_CPU,      /* TDX or SEV-SNP */
    NGX_HTTP_IOATTEST_CHANGED_PPID,
    NGX_HTTP_IOATTEST_CHANGED_CHIP_ID,
    NGX_HTTP_IOATTEST_CHANGED_UEIDS
} ngx_http_ioattest_changed_e;


typedef struct {
    ngx_http_ioattest_news_e    machine;
    ngx_uint_t                  searched;   /* a search has ended */
    ngx_uint_t                  known;      /* then: machines not expired */
    uint64_t                    draws;      /* then: since the last new one */
    ngx_http_ioattest_changed_e changed;    /* why it was not stored */
    ngx_http_ioattest_ids_t     was;        /* then: of the other machine */
} ngx_http_ioattest_news_t;


/*
 * Takes over or lays out the zone's memory; called by the zone's init
 * handler. old: the zone of the previous cycle, or NULL.
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

/*
 * Before a prompt is sent: is a machine of the model trusted?  found->token
 * names attestations that the request starts with its key: with WAIT those
 * that it waits for, else some that are due in the background.
 */
void ngx_http_ioattest_store_gate(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_waiter_t *waiter);

/*
 * TRUSTED with the machine, or EXHAUSTED.  Starts no attestation, but tells
 * the census of an unknown signer.
 */
void ngx_http_ioattest_store_signer(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const u_char *machine_key32, const u_char *address20,
    const ngx_http_ioattest_limits_t *limits);

/*
 * As store_signer, for a response that waits until its signer is met.  key:
 * NULL if no attestation may be asked with it any more.
 */
void ngx_http_ioattest_store_wait(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const u_char *machine_key32, const u_char *address20,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_waiter_t *waiter);

/*
 * Stores an attested machine, and gives the slot back with NGX_OK.
 *
 * Returns NGX_OK; NGX_DECLINED if there is no room; NGX_ABORT for a
 * downgrade: the signer is not bound by hardware, but the address or the
 * model has been; NGX_BUSY and news->changed if its address was trusted on
 * another machine in the last day, under this policy and for this model. In
 * the latter three cases the caller calls draw_end().
 */
ngx_int_t ngx_http_ioattest_draw_met(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_model_t *model, const u_char *machine_key32,
    const ngx_http_ioattest_machine_t *machine, uint64_t token,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news);

/*
 * When the census renews a machine, ms from now; 0: now.  *window: how long
 * before its end that is.
 */
ngx_msec_t ngx_http_ioattest_machine_due(
    const ngx_http_ioattest_machine_t *machine, ngx_msec_t valid,
    ngx_msec_t refresh, ngx_msec_t *window);

/* 1 if the end of its evidence has it renewed now. */
ngx_uint_t ngx_http_ioattest_machine_ends(
    const ngx_http_ioattest_machine_t *machine, ngx_msec_t refresh);

/* Out: machine->proved. */
void ngx_http_ioattest_machine_prove(ngx_http_ioattest_machine_t *machine,
    const ioa_proved_t *proved);

/* Ends an attestation without a machine, and gives its slot back. */
void ngx_http_ioattest_draw_end(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_model_t *model, uint64_t token,
    const ngx_http_ioattest_ended_t *ended,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news);

/* 1 if signers of the model have to be bound by hardware. */
ngx_uint_t ngx_http_ioattest_store_bound(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_limits_t *limits);

/*
 * Notes what a machine is by the TCB that Intel will ask for next; early is
 * NULL if that could not be judged.  Returns 1 if its platform is one that
 * the policy would refuse, and no machine on it was told of for this
 * evaluation of Intel's.
 */
ngx_uint_t ngx_http_ioattest_store_early(ngx_http_ioattest_zone_t *zone,
    const u_char *machine_key32, const ioa_early_t *early);

/* 1 if such a failure is to be logged: once an hour. */
ngx_uint_t ngx_http_ioattest_store_early_failed(
    ngx_http_ioattest_zone_t *zone);

/* Counts a verified response of a machine. */
void ngx_http_ioattest_store_used(ngx_http_ioattest_zone_t *zone,
    const u_char *machine_key32);

/*
 * Allocates the replay window, if it is not there yet.  NGX_OK, NGX_DECLINED
 * if there is no room, NGX_AGAIN if the zone is locked.
 */
ngx_int_t ngx_http_ioattest_replay_open(ngx_http_ioattest_zone_t *zone);

/*
 * Records a signed text.  NGX_OK: not seen within window; NGX_DECLINED: seen;
 * NGX_ERROR: the zone has no room for a window.
 */
ngx_int_t ngx_http_ioattest_replay_check(ngx_http_ioattest_zone_t *zone,
    ngx_str_t *text, ngx_msec_t window);

/* The texts recorded, and the capacity; 0 and 0 without a window. */
void ngx_http_ioattest_replay_count(ngx_http_ioattest_zone_t *zone,
    ngx_uint_t *used, ngx_uint_t *size);

/* Out: digest32 of a key, the only form in which keys are kept. */
void ngx_http_ioattest_key_digest(ngx_http_ioattest_zone_t *zone,
    u_char *digest32, ngx_str_t *value);

/*
 * Has the key rest for ms, because the API answered it with status, and a
 * Retry-After or 0.
 */
void ngx_http_ioattest_key_rest(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_key_t *key, ngx_uint_t status, ngx_uint_t after,
    ngx_msec_t ms);

/* 1 and *rest if the key rests. */
ngx_uint_t ngx_http_ioattest_key_rests(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_resting_t *rest);

/* Notes a refused answer; at and n are set here. */
void ngx_http_ioattest_recent_add(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_recent_t *recent);

/* Out: recent, NGX_HTTP_IOATTEST_RECENT at most, newest first.  Their number. */
ngx_uint_t ngx_http_ioattest_recent_get(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_recent_t *recent);

ngx_http_ioattest_counters_t *ngx_http_ioattest_store_counters(
    ngx_http_ioattest_zone_t *zone);
ngx_uint_t ngx_http_ioattest_store_resets(ngx_http_ioattest_zone_t *zone);
extern const ngx_uint_t
    ngx_http_ioattest_bucket_us[NGX_HTTP_IOATTEST_BUCKETS];
void ngx_http_ioattest_observe(ngx_http_ioattest_histogram_t *histogram,
    uint64_t us);


#endif /* _NGX_HTTP_IOATTEST_STORE_H_INCLUDED_ */
