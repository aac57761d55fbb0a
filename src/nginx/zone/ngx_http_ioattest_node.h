
/*
 * The nodes of the store and what may be done to them under the lock; for
 * the files of the store alone.
 */


#ifndef _NGX_HTTP_IOATTEST_NODE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_NODE_H_INCLUDED_


#include "zone/ngx_http_ioattest_zone.h"
#include "zone/ngx_http_ioattest_models.h"
#include "zone/ngx_http_ioattest_background.h"


typedef struct ngx_http_ioattest_node_s  ngx_http_ioattest_node_t;


/* An address that was named by evidence which was refused. */
typedef struct {
    u_char                      address20[IOA_ADDRESS_LEN];
    uint16_t                    reason;
    uint8_t                     repeats;
    uint8_t                     searched;   /* and not met by a search since */
    time_t                      at;         /* of the last, to be shown */
    ngx_msec_t                  since;      /* of the first */
    ngx_msec_t                  until;      /* it lasts */
    uint32_t                    met;        /* of the model's until since */
    uint32_t                    answered;   /* likewise */
} ngx_http_ioattest_note_t;


/* An address that was looked for and not met. */
typedef struct {
    u_char                      address20[IOA_ADDRESS_LEN];
    uint32_t                    used;
    ngx_msec_t                  until;
} ngx_http_ioattest_missing_t;


/* Both in a piece of their own, of the size of a node. */
typedef struct {
    ngx_http_ioattest_note_t    note[NGX_HTTP_IOATTEST_NOTES_MAX];
    ngx_uint_t                  n;
} ngx_http_ioattest_notes_t;

typedef struct {
    ngx_http_ioattest_missing_t missing[NGX_HTTP_IOATTEST_MISSED_MAX];
} ngx_http_ioattest_missed_t;


/* What is done to know all machines of a model: see zone_census.c. */
typedef enum {
    NGX_HTTP_IOATTEST_CENSUS_IDLE = 0,  /* each has long enough left */
    NGX_HTTP_IOATTEST_CENSUS_SEARCH,    /* there may be others */
    NGX_HTTP_IOATTEST_CENSUS_CHASE      /* one that is known runs out */
} ngx_http_ioattest_census_e;


/* Who uses the slots while nothing is trusted. */
typedef enum {
    NGX_HTTP_IOATTEST_WIDE_NO = 0,  /* one at a time, and one each second */
    NGX_HTTP_IOATTEST_WIDE_KEYS,    /* a key brought nothing: the others */
    NGX_HTTP_IOATTEST_WIDE_ALL      /* an outcome opened nothing */
} ngx_http_ioattest_wide_e;


/* The oldest request that waits for a slot, wherever it is. */
typedef struct {
    uint64_t                    asker;      /* 0: there is none */
    ngx_msec_t                  arrived;
    ngx_msec_t                  seen;
} ngx_http_ioattest_claim_t;


typedef struct {
    ngx_http_ioattest_names_t   names;
    u_char                      policy[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_queue_t                 all;        /* models of the zone */
    ngx_queue_t                 machines;   /* oldest attestation first */
    ngx_uint_t                  count;      /* of machines */
    ngx_uint_t                  held;       /* not to be dropped now */
    ngx_http_ioattest_notes_t  *notes;      /* NULL: none */
    ngx_http_ioattest_missed_t *missed;     /* NULL: none */

    uint64_t                    answered;   /* attestations: met or refused */
    uint64_t                    met;
    ngx_msec_t                  used;       /* last asked for */
    ngx_msec_t                  looked;     /* what is due, beside requests */
    ngx_msec_t                  started;    /* the last attestation */
    ngx_msec_t                  took;       /* ms, a running mean */
    ngx_http_ioattest_claim_t   claim;

    /* those who wait before the prompt */
    ngx_uint_t                  fails;      /* outcomes in a row */
    ngx_http_ioattest_wide_e    wide;
    ngx_uint_t                  backoff;
    ngx_msec_t                  retry_at;   /* while fails are too many */
    ioa_status_t                reason;
    u_char                      failed20[IOA_ADDRESS_LEN];
    ngx_uint_t                  have_failed;
    ngx_http_ioattest_silence_t own;        /* of the gateway's own key */

    /* the census */
    ngx_http_ioattest_census_e  census;
    ngx_uint_t                  streak;     /* met in a row, all known */
    ngx_uint_t                  searched;   /* answered in this search */
    ngx_msec_t                  search_at;  /* when it began */
    ngx_uint_t                  searches;   /* that have ended */
    ngx_msec_t                  searched_at;    /* when the last began */
    uint64_t                    new_at;     /* answered at the last new one */
    time_t                      last_new;   /* wall clock, to be shown */
    ngx_uint_t                  changed;    /* a new one was met after the
                                               first search had ended */
    ngx_msec_t                  changed_at; /* the last such */
    ngx_uint_t                  for_signer; /* so the last search began, and
                                               has met nobody new */
    ngx_msec_t                  signer_at;  /* when that was */
    ngx_uint_t                  mixed;      /* the last search has found some
                                               signers bound, not all */
    ngx_uint_t                  behind;     /* was said */
    ngx_uint_t                  ended;      /* a search, not told of yet */
    ngx_uint_t                  told_known; /* by the last end told of, + 1 */
    uint64_t                    told_new_at;
    ngx_msec_t                  told_until; /* see census_tell_locked() */
    ngx_uint_t                  share_met;
    ngx_uint_t                  share_refused;

    /* attempts for signers */
    ngx_uint_t                  budget;     /* spent */
    ngx_msec_t                  budget_at;  /* start of their window */

    /* "ioattest_pool all" */
    ngx_uint_t                  refused;    /* set: some evidence was */
    ngx_msec_t                  refused_at;
    ioa_status_t                refused_reason;
    u_char                      refused20[IOA_ADDRESS_LEN];
    ngx_uint_t                  have_refused20;
} ngx_http_ioattest_model_node_t;


typedef struct {
    ngx_queue_t                 siblings;
    ngx_http_ioattest_node_t   *model;
    ngx_http_ioattest_machine_t info;
    ngx_msec_t                  bumped;
    ngx_uint_t                  chased;     /* a chase looks for it */
    uint64_t                    chase_met;  /* model's met when that began */
    ngx_uint_t                  given_up;   /* by a chase */
} ngx_http_ioattest_machine_node_t;


/* Signers of a model that hardware binds, whatever the policy. */
typedef struct {
    ngx_uint_t                  strict;     /* no other is taken */
    ngx_msec_t                  met;        /* the last machine, of any kind */
    ngx_uint_t                  n;
    u_char                      address20[NGX_HTTP_IOATTEST_BOUND_MAX]
                                         [IOA_ADDRESS_LEN];
} ngx_http_ioattest_bound_node_t;


/* A name that was asked for. */
typedef struct {
    ngx_http_ioattest_names_t   names;
    u_char                      origin[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                      policy[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_msec_t                  at;
} ngx_http_ioattest_used_node_t;


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
    ngx_uint_t                  fetched;    /* head: it has been read */
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
    time_t                      failed_at;  /* and when */
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
        ngx_http_ioattest_bound_node_t    bound;
        ngx_http_ioattest_used_node_t     used;
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

/* The same for the master, which must not wait.  NULL: not in half a second. */
ngx_http_ioattest_sh_t *ngx_http_ioattest_store_try(
    ngx_http_ioattest_zone_t *zone);

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

/* 1 where less than ms have passed since at: on the monotonic clock. */
ngx_uint_t ngx_http_ioattest_within(ngx_msec_t at, ngx_msec_t ms);

/* 1 where a machine's proof is good for a location's "ioattest_valid". */
ngx_uint_t ngx_http_ioattest_machine_good_locked(
    const ngx_http_ioattest_machine_t *machine, ngx_msec_t valid);

/* What fail_timeout becomes after n repeats: doubled, up to a minute. */
ngx_msec_t ngx_http_ioattest_backoff(ngx_uint_t n, ngx_msec_t fail_timeout);

void ngx_http_ioattest_found_init(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_answer_e answer);

/* The model's node, found or new; NULL where there is no room. */
ngx_http_ioattest_node_t *ngx_http_ioattest_model_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_model_t *model);


/* slots */

/* Attestations of the model that are under way; all: of the whole zone. */
ngx_uint_t ngx_http_ioattest_slots_busy_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, ngx_uint_t *all);

/* 1 where one is asked for with the key. */
ngx_uint_t ngx_http_ioattest_slots_asked_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key);

/* Takes up to n slots; found has their tokens added.  Returns how many. */
ngx_uint_t ngx_http_ioattest_slots_take_locked(
    ngx_http_ioattest_found_t *found, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_trigger_e trigger,
    ngx_uint_t n);

ngx_http_ioattest_slot_t *ngx_http_ioattest_slot_give_locked(
    ngx_http_ioattest_sh_t *sh, const u_char *model_key32, uint64_t token);

/* 1 where an older request, asking with another key, is to have the slot. */
ngx_uint_t ngx_http_ioattest_claimed_locked(
    ngx_http_ioattest_model_node_t *mn, const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_waiter_t *waiter);

/*
 * Remembers a request that finds no slot, or forgets it: the oldest has the
 * next one.
 */
void ngx_http_ioattest_claim_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_waiter_t *waiter);
void ngx_http_ioattest_unclaim_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_key_t *key);


/* silences: keys that attestations bring no answer with */

/* The reason where the key is not asked with for now, or IOA_OK. */
ioa_status_t ngx_http_ioattest_silent_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key);

/* 1 where the key is not asked with for now, though no reason to refuse. */
ngx_uint_t ngx_http_ioattest_paused_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key,
    ngx_msec_t fail_timeout);

/* How many in a row. */
ngx_uint_t ngx_http_ioattest_silences_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key);
void ngx_http_ioattest_silence_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key,
    ioa_status_t reason, ngx_msec_t fail_timeout);
void ngx_http_ioattest_heard_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key);


/* notes: addresses that refused evidence has named, and those missed */

ngx_http_ioattest_note_t *ngx_http_ioattest_note_find_locked(
    ngx_http_ioattest_model_node_t *mn, const u_char *address20);

/* Returns 1 where it is new. */
ngx_uint_t ngx_http_ioattest_note_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_ended_t *ended, ngx_msec_t fail_timeout);

/* Forgets what is known against an address that was met; 1: there was. */
ngx_uint_t ngx_http_ioattest_note_met_locked(
    ngx_http_ioattest_model_node_t *mn, const u_char *address20);

/* A search has ended: what it has not met, though it began after the note. */
void ngx_http_ioattest_notes_searched_locked(
    ngx_http_ioattest_model_node_t *mn, ngx_uint_t attempts);

ngx_uint_t ngx_http_ioattest_missed_locked(ngx_http_ioattest_model_node_t *mn,
    const u_char *address20);
void ngx_http_ioattest_miss_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const u_char *address20);
void ngx_http_ioattest_notes_free_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_model_node_t *mn);


/* census */

/* Machines in time, those aside that a chase has given up. */
ngx_uint_t ngx_http_ioattest_census_count_locked(
    ngx_http_ioattest_model_node_t *mn, ngx_msec_t valid);

/* A response is signed by an address that is not known. */
void ngx_http_ioattest_census_unknown_locked(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits);

/*
 * An attestation was answered: it met a machine, known and in time or not, or
 * was refused.  new: by an address that was not known at all.
 */
void ngx_http_ioattest_census_met_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_model_node_t *mn, ngx_uint_t known, ngx_uint_t new,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news);
void ngx_http_ioattest_census_refused_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_model_node_t *mn, ngx_uint_t new,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news);

/* Attestations that a census wants now, beside those under way. */
ngx_uint_t ngx_http_ioattest_census_due_locked(
    ngx_http_ioattest_found_t *found, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits);

/* Attestations that a response may wait for. */
ngx_uint_t ngx_http_ioattest_attempts_locked(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits);


/* bound: signers that hardware binds */

void ngx_http_ioattest_bound_key(u_char *key32,
    const ngx_http_ioattest_names_t *names);

/*
 * NGX_OK; NGX_ABORT where the address, or strict the model, has shown that
 * hardware binds it and now it does not; NGX_DECLINED: no room.
 */
ngx_int_t ngx_http_ioattest_bound_check_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const u_char *key32, const ngx_http_ioattest_machine_t *machine,
    ngx_uint_t strict);

/* A search has ended that found all machines of the model bound. */
void ngx_http_ioattest_bound_strict_locked(ngx_http_ioattest_sh_t *sh,
    const u_char *key32);


#endif /* _NGX_HTTP_IOATTEST_NODE_H_INCLUDED_ */
