
/*
 * The nodes of the zone, and operations on them under the lock; for files of
 * this folder only.
 */


#ifndef _NGX_HTTP_IOATTEST_NODE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_NODE_H_INCLUDED_


#include "zone/ngx_http_ioattest_zone.h"
#include "zone/ngx_http_ioattest_models.h"
#include "zone/ngx_http_ioattest_background.h"


typedef struct ngx_http_ioattest_node_s  ngx_http_ioattest_node_t;


/* An address named by evidence that was refused. */
typedef struct {
    u_char                      address20[IOA_ADDRESS_LEN];
    uint16_t                    reason;
    uint8_t                     repeats;
    uint8_t                     searched;   /* a search has not met it */
    time_t                      at;         /* last refusal, wall clock */
    ngx_msec_t                  since;      /* first refusal */
    ngx_msec_t                  until;      /* end of the note */
    uint32_t                    met;        /* model's count at since */
    uint32_t                    answered;   /* likewise */
} ngx_http_ioattest_note_t;


/* An address that was searched for and not met. */
typedef struct {
    u_char                      address20[IOA_ADDRESS_LEN];
    uint32_t                    used;
    ngx_msec_t                  until;
} ngx_http_ioattest_missing_t;


/* Both are allocated in pieces that have the size of a node. */
typedef struct {
    ngx_http_ioattest_note_t    note[NGX_HTTP_IOATTEST_NOTES_MAX];
    ngx_uint_t                  n;
} ngx_http_ioattest_notes_t;

typedef struct {
    ngx_http_ioattest_missing_t missing[NGX_HTTP_IOATTEST_MISSED_MAX];
} ngx_http_ioattest_missed_t;


/* How the machines of a model are kept known: see zone_census.c. */
typedef enum {
    NGX_HTTP_IOATTEST_CENSUS_IDLE = 0,  /* no machine expires soon */
    NGX_HTTP_IOATTEST_CENSUS_SEARCH,    /* there may be unknown machines */
    NGX_HTTP_IOATTEST_CENSUS_CHASE      /* a known machine expires soon */
} ngx_http_ioattest_census_e;


/* How many attestations are made while no machine is trusted. */
typedef enum {
    NGX_HTTP_IOATTEST_WIDE_NO = 0,  /* one, and one more each second */
    NGX_HTTP_IOATTEST_WIDE_KEYS,    /* one failed: one for each key */
    NGX_HTTP_IOATTEST_WIDE_ALL      /* all slots */
} ngx_http_ioattest_wide_e;


/* The oldest request, of all workers, that waits for a slot. */
typedef struct {
    uint64_t                    asker;      /* its key; 0: none */
    ngx_msec_t                  arrived;
    ngx_msec_t                  seen;
} ngx_http_ioattest_claim_t;


typedef struct {
    ngx_http_ioattest_names_t   names;
    u_char                      policy[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_queue_t                 all;        /* all models of the zone */
    ngx_queue_t                 machines;   /* oldest attestation first */
    ngx_uint_t                  count;      /* of machines */
    ngx_uint_t                  held;       /* may not be dropped now */
    ngx_http_ioattest_notes_t  *notes;      /* NULL: none */
    ngx_http_ioattest_missed_t *missed;     /* NULL: none */

    uint64_t                    answered;   /* attestations: met or refused */
    uint64_t                    met;
    ngx_msec_t                  used;       /* last request */
    ngx_uint_t                  lacked;     /* no machine was trusted when */
    ngx_msec_t                  lacked_at;  /* one was last asked for */
    ngx_msec_t                  looked;     /* last check by a request */
    ngx_msec_t                  started;    /* the last attestation */
    ngx_msec_t                  took;       /* ms, a running mean */
    ngx_http_ioattest_claim_t   claim;

    ngx_uint_t                  refusals;   /* in a row */

    /* while no machine is trusted */
    ngx_uint_t                  fails;      /* failures in a row */
    ngx_http_ioattest_wide_e    wide;
    ngx_uint_t                  backoff;
    ngx_msec_t                  retry_at;   /* while fails are too many */
    ioa_status_t                reason;
    ngx_msec_t                  failed_at;  /* when it was that */
    u_char                      failed20[IOA_ADDRESS_LEN];
    ngx_uint_t                  have_failed;
    ngx_http_ioattest_silence_t own;        /* for the gateway's own key */

    /* the census */
    ngx_http_ioattest_census_e  census;
    ngx_uint_t                  streak;     /* known machines in a row */
    ngx_uint_t                  searched;   /* draws of this search */
    ngx_msec_t                  search_at;  /* when it began */
    ngx_uint_t                  searches;   /* searches completed */
    ngx_msec_t                  searched_at;    /* start of the last one */
    uint64_t                    new_at;     /* answered at last new machine */
    time_t                      last_new;   /* the same, wall clock */
    ngx_uint_t                  changed;    /* a new machine was met after
                                               the first search */
    ngx_msec_t                  changed_at; /* when it was met */
    ngx_uint_t                  for_signer; /* the last search began for an
                                               unknown signer, and has met
                                               no new machine */
    ngx_msec_t                  signer_at;  /* when it began */
    ngx_uint_t                  mixed;      /* the last search found some
                                               signers bound, not all */
    ngx_uint_t                  behind;     /* is shown */
    ngx_uint_t                  behind_told;    /* has been logged */
    ngx_msec_t                  behind_at;      /* when it was */
    ngx_uint_t                  ended;      /* a search, not yet logged */
    ngx_uint_t                  told_known; /* machines last logged, + 1 */
    uint64_t                    told_new_at;
    ngx_msec_t                  told_until; /* see census_tell_locked() */
    ngx_uint_t                  share_met;
    ngx_uint_t                  share_refused;

    /* attempts for signers */
    ngx_uint_t                  budget;     /* spent */
    ngx_msec_t                  budget_at;  /* start of their window */

    /* "ioattest_pool all" */
    ngx_uint_t                  refused;    /* evidence was refused */
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
    uint64_t                    chase_met;  /* model's met when chased */
    uint8_t                     chased;     /* is being renewed */
    uint8_t                     given_up;   /* the chase did not meet it */
    uint16_t                    refused;    /* evidence that names it was, and
                                               why; IOA_OK: none since then */
    time_t                      refused_at; /* the last, wall clock */
    char                       *early;      /* which SVNs are short by the
                                               TCB to come; NULL: none */
} ngx_http_ioattest_machine_node_t;


/* Signers of a model that are bound by hardware, under any policy. */
typedef struct {
    ngx_uint_t                  strict;     /* only such are accepted */
    ngx_msec_t                  met;        /* last machine of the model */
    ngx_uint_t                  n;
    u_char                      address20[NGX_HTTP_IOATTEST_BOUND_MAX]
                                         [IOA_ADDRESS_LEN];
} ngx_http_ioattest_bound_node_t;


/* A model's name that was asked for. */
typedef struct {
    ngx_http_ioattest_names_t   names;
    u_char                      origin[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                      policy[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_msec_t                  at;
} ngx_http_ioattest_used_node_t;


/* An entry of a models list, or with an empty id the head of the list. */
typedef struct {
    ngx_http_ioattest_names_t   names;
    ngx_uint_t                  attestable;
    uint64_t                    generation;
    ngx_http_ioattest_names_e   place;
    ngx_uint_t                  head;
    u_char                      content[NGX_HTTP_IOATTEST_KEY_LEN]; /* head */
    uint64_t                    dropped;    /* head: names_dropped then */
    ngx_http_ioattest_lease_t   lease;      /* head: who reads it */
    ngx_uint_t                  fetched;    /* head: has been read */
    ngx_msec_t                  fetched_ms; /* head */
    ngx_uint_t                  reread;     /* head: for dropped entries */
    ngx_msec_t                  reread_ms;  /* head: when, if it was */
} ngx_http_ioattest_name_node_t;


/* Pieces of the size of a node: see ngx_http_ioattest_zone.h. */
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
    ngx_msec_t                  fetched_ms;
    uint64_t                    version;    /* 0: no document */
    ngx_http_ioattest_lease_t   lease;      /* who fetches it */
    uint64_t                    failed;     /* token of the last failure */
    ngx_int_t                   status;     /* of that failure */
    ngx_msec_t                  failed_ms;  /* and its time */
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


/* A text that was signed, in the replay window. */
typedef struct {
    u_char                      digest32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_msec_t                  seen_at;
    uint32_t                    next;       /* index + 1; 0: none */
    uint32_t                    used;
} ngx_http_ioattest_seen_t;


/* The window: followed by the entries, and by one head for each. */
struct ngx_http_ioattest_replay_s {
    uint32_t                    size;       /* entries */
    uint32_t                    used;
    uint32_t                    oldest;     /* the next to overwrite */
    ngx_msec_t                  window;     /* the longest configured */
};


/*
 * Takes the mutex.  If the head is dirty, a process died in the middle of a
 * change: everything is laid out anew, since nothing in it is reliable.
 */
ngx_http_ioattest_sh_t *ngx_http_ioattest_store_lock(
    ngx_http_ioattest_zone_t *zone);
void ngx_http_ioattest_store_unlock(ngx_http_ioattest_zone_t *zone);

/* For the master, which must not wait: NULL if not free in half a second. */
ngx_http_ioattest_sh_t *ngx_http_ioattest_store_try(
    ngx_http_ioattest_zone_t *zone);

ngx_http_ioattest_node_t *ngx_http_ioattest_node_find_locked(
    ngx_http_ioattest_sh_t *sh, const u_char *key32,
    ngx_http_ioattest_kind_e kind);

/* Creates and links a node; may drop others.  NULL if there is no room. */
ngx_http_ioattest_node_t *ngx_http_ioattest_node_create_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const u_char *key32, ngx_http_ioattest_kind_e kind);

void ngx_http_ioattest_node_delete_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *node);

void ngx_http_ioattest_blob_free_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_blob_node_t *blob);

/* What is kept of early when a machine is attested again. */
void ngx_http_ioattest_early_again_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_machine_node_t *machine,
    const ngx_http_ioattest_early_t *was);
void ngx_http_ioattest_early_free_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_machine_node_t *machine);

/* Drops the least useful node; 0 if none may be dropped. */
ngx_uint_t ngx_http_ioattest_node_drop_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh);

/* 1 and *rest if the key rests. */
ngx_uint_t ngx_http_ioattest_key_resting_locked(ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_resting_t *rest);

/* Links a model in the idle queue, or unlinks it, by its machine count. */
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

/* 1 if less than ms have passed since at, on the monotonic clock. */
ngx_uint_t ngx_http_ioattest_within(ngx_msec_t at, ngx_msec_t ms);

/* 1 if a machine has not expired for a location's "ioattest_valid". */
ngx_uint_t ngx_http_ioattest_machine_good_locked(
    const ngx_http_ioattest_machine_t *machine, ngx_msec_t valid);

/* 1 if a machine of the model is trusted. */
ngx_uint_t ngx_http_ioattest_open_locked(ngx_http_ioattest_model_node_t *mn,
    ngx_msec_t valid);

/* fail_timeout after n repeats: doubled each time, up to a minute. */
ngx_msec_t ngx_http_ioattest_backoff(ngx_uint_t n, ngx_msec_t fail_timeout);

void ngx_http_ioattest_found_init(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_answer_e answer);

/* The model's node, found or created; NULL if there is no room. */
ngx_http_ioattest_node_t *ngx_http_ioattest_model_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_model_t *model);


/* slots */

/* Attestations of the model in progress; *all: of the whole zone. */
ngx_uint_t ngx_http_ioattest_slots_busy_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, ngx_uint_t *all);

/* Those of the model that may still be answered, as far as one can tell. */
ngx_uint_t ngx_http_ioattest_slots_moving_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model);

/* 1 if an attestation with the key is in progress. */
ngx_uint_t ngx_http_ioattest_slots_asked_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key);

/* Takes up to n slots and adds their tokens to found; returns how many. */
ngx_uint_t ngx_http_ioattest_slots_take_locked(
    ngx_http_ioattest_found_t *found, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_trigger_e trigger,
    ngx_uint_t n);

ngx_http_ioattest_slot_t *ngx_http_ioattest_slot_give_locked(
    ngx_http_ioattest_sh_t *sh, const u_char *model_key32, uint64_t token);

/* 1 if the slot is due to an older request that asks with another key. */
ngx_uint_t ngx_http_ioattest_claimed_locked(
    ngx_http_ioattest_model_node_t *mn, const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_waiter_t *waiter);

/*
 * Records a request that found no slot, or forgets it: the oldest one gets
 * the next slot.
 */
void ngx_http_ioattest_claim_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_waiter_t *waiter);
void ngx_http_ioattest_unclaim_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_key_t *key);


/*
 * 1 if of several failures in a row the first reason is still told, and not
 * the second: it says more, and is younger than fail_timeout.
 */
ngx_uint_t ngx_http_ioattest_tells_more(ioa_status_t reason, ngx_msec_t at,
    ioa_status_t second, ngx_msec_t fail_timeout);


/* silences: keys whose attestations bring no answer */

/* The reason to refuse if the key is not used for now, or IOA_OK. */
ioa_status_t ngx_http_ioattest_silent_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key);

/* 1 if the key is not used for now, without a reason to refuse. */
ngx_uint_t ngx_http_ioattest_paused_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key,
    ngx_msec_t fail_timeout);

/* Their number in a row. */
ngx_uint_t ngx_http_ioattest_silences_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key);
void ngx_http_ioattest_silence_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key,
    ioa_status_t reason, ngx_msec_t fail_timeout);
void ngx_http_ioattest_heard_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key);


/* notes: addresses named by refused evidence, and addresses missed */

ngx_http_ioattest_note_t *ngx_http_ioattest_note_find_locked(
    ngx_http_ioattest_model_node_t *mn, const u_char *address20);

/* Returns 1 if the note is new. */
ngx_uint_t ngx_http_ioattest_note_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_ended_t *ended, ngx_msec_t fail_timeout);

/* Forgets the notes about an address that was met; 1 if there were any. */
ngx_uint_t ngx_http_ioattest_note_met_locked(
    ngx_http_ioattest_model_node_t *mn, const u_char *address20);

/* At a search's end: marks addresses noted before it and not met by it. */
void ngx_http_ioattest_notes_searched_locked(
    ngx_http_ioattest_model_node_t *mn, ngx_uint_t attempts);

ngx_uint_t ngx_http_ioattest_missed_locked(ngx_http_ioattest_model_node_t *mn,
    const u_char *address20);
void ngx_http_ioattest_miss_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const u_char *address20);


/* census */

/* A response was signed by an unknown address. */
void ngx_http_ioattest_census_unknown_locked(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits);

/*
 * An attestation was answered: it met a machine, or was refused.  known: a
 * machine that had not expired; new: an address that was not known at all.
 */
void ngx_http_ioattest_census_met_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_model_node_t *mn, ngx_uint_t known, ngx_uint_t new,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news);
void ngx_http_ioattest_census_refused_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_model_node_t *mn, ngx_uint_t new,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news);

/* Attestations that a census needs now, beside those in progress. */
ngx_uint_t ngx_http_ioattest_census_due_locked(
    ngx_http_ioattest_found_t *found, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits);

/* The number of attestations that a response may wait for. */
ngx_uint_t ngx_http_ioattest_attempts_locked(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits);


/* bound: signers that are bound by hardware */

void ngx_http_ioattest_bound_key(u_char *key32,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_names_t *names);

/*
 * NGX_OK; NGX_ABORT: the signer is not bound by hardware, but the address, or
 * with strict any machine of the model, has been; NGX_DECLINED: no room.
 */
ngx_int_t ngx_http_ioattest_bound_check_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const u_char *key32, const ngx_http_ioattest_machine_t *machine,
    ngx_uint_t strict);

/* Called when a search has found all machines of the model bound. */
void ngx_http_ioattest_bound_strict_locked(ngx_http_ioattest_sh_t *sh,
    const u_char *key32);


/*
 * In what a machine differs from the one that its address was trusted on in
 * the last day.  Out: was, the ids of that one, if it does.
 */
ngx_http_ioattest_changed_e ngx_http_ioattest_ids_changed_locked(
    ngx_http_ioattest_sh_t *sh, const u_char *key32,
    const ngx_http_ioattest_machine_t *machine, ngx_http_ioattest_ids_t *was);


/* The replay window's memory, under the lock. */

/*
 * NGX_OK: the text had not been seen for so long, and has now;
 * NGX_DECLINED: it had.  In: a zone that has a window.
 */
ngx_int_t ngx_http_ioattest_replay_used(ngx_http_ioattest_sh_t *sh,
    const u_char *digest32, ngx_msec_t window);

/* Out: used of size entries; 0 of 0 where there is no window. */
void ngx_http_ioattest_replay_size(ngx_http_ioattest_sh_t *sh,
    ngx_uint_t *used, ngx_uint_t *size);

/* NGX_OK, or NGX_DECLINED if there is no room. */
ngx_int_t ngx_http_ioattest_replay_take_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh);

/*
 * A copy in this process's memory, to be freed by ngx_free(): NULL if there is
 * no window, or no memory.
 * Out: *blind, until when it is not known what was used unless the copy is
 * restored; 0 if nothing was.
 */
ngx_http_ioattest_replay_t *ngx_http_ioattest_replay_keep(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    ngx_msec_t *blind);

/* Into a zone that was laid out anew.  NGX_OK or NGX_DECLINED, as above. */
ngx_int_t ngx_http_ioattest_replay_restore_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_replay_t *kept);


#endif /* _NGX_HTTP_IOATTEST_NODE_H_INCLUDED_ */
