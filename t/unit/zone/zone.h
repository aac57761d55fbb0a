/*
 * zone: what the cases of the zone share.  They run inside nginx, in a module
 * that does nothing else (main.c), so that slab, tree and lock are nginx's
 * own; memory and clock are the cases'.
 */

#ifndef ZONE_TEST_H
#define ZONE_TEST_H

#include "zone/ngx_http_ioattest_node.h"
#include "zone/ngx_http_ioattest_walk.h"

#define UNIT_PARTS
#include "unit.h"

#include <sys/mman.h>
#include <sys/wait.h>

#define ZONE_VALID   600        /* s, ioattest_valid */
#define ZONE_PACE    5000       /* ms, ioattest_fail_timeout */
#define ZONE_ATTEST  10000      /* ms, ioattest_timeout */
#define ZONE_MANY    8          /* ioattest_parallel */
#define ZONE_EPOCH   1800000000


/* What locations and models of a case share. */
typedef struct {
    ngx_http_ioattest_zone_t    zone;
    ngx_shm_zone_t              shm;
    ngx_http_ioattest_limits_t  limits;
    ngx_http_ioattest_key_t     key;
} zone_t;


/* A zone of that size, laid out anew, at the clocks' start. */
void zone_open(zone_t *z, size_t size);
void zone_close(zone_t *z);

/* A worker has died in the middle of a change: the zone starts empty. */
void zone_empty(zone_t *z);

/* That happens where the zone is unlocked the n-th time from now. */
void zone_empty_at(zone_t *z, ngx_uint_t n);

/* Both clocks go on, as they do when nobody sets one. */
void zone_pass(time_t seconds);

/* The same, in milliseconds: of the clock that nobody sets. */
void zone_pass_ms(ngx_msec_t ms);

/* The wall clock alone is set, by so much. */
void zone_step(time_t seconds);

/* Whose key is asked with from now on: caller n's, or the gateway's own. */
void zone_caller(zone_t *z, ngx_uint_t n);
void zone_gateway(zone_t *z);

/* A model of that number: its key and names. */
ngx_http_ioattest_model_t zone_model(ngx_uint_t n);

/* The key of machine n of a model. */
void zone_machine_key(u_char *key32, ngx_uint_t model, ngx_uint_t n);

/* A machine that has been attested now. */
ngx_http_ioattest_machine_t zone_machine(ngx_uint_t n);

/* Attestations: one that met it, and one that ended otherwise. */
ngx_int_t zone_add(zone_t *z, ngx_uint_t model,
    const ngx_http_ioattest_machine_t *machine, ngx_uint_t n, uint64_t token);
void zone_end(zone_t *z, ngx_uint_t model, uint64_t token,
    ngx_http_ioattest_outcome_e how, ioa_status_t reason, ngx_uint_t n);

/* What the gate says of a model to a request that has just come. */
ngx_http_ioattest_found_t zone_gate(zone_t *z, ngx_uint_t model);

/* The same to one that came at that time. */
ngx_http_ioattest_found_t zone_gate_of(zone_t *z, ngx_uint_t model,
    ngx_msec_t arrived);

/* What the census of a model is short of. */
ngx_http_ioattest_found_t zone_census(zone_t *z, ngx_uint_t model,
    ngx_uint_t wanted);

/* A waiter of that time that has not waited yet. */
ngx_http_ioattest_waiter_t zone_waiter(ngx_msec_t arrived);

/* So many attestations by nobody, that were not answered or were refused. */
void zone_silence(zone_t *z, ngx_uint_t model, ngx_uint_t times);
void zone_refuse(zone_t *z, ngx_uint_t model, ngx_uint_t n);

/* A machine is met now, by nobody's attestation. */
void zone_meet(zone_t *z, ngx_uint_t model, ngx_uint_t n);

/* What is said of a signer, and of one that a response waits for. */
ngx_http_ioattest_answer_e zone_signer(zone_t *z, ngx_uint_t model,
    ngx_uint_t n);
ngx_http_ioattest_found_t zone_wait(zone_t *z, ngx_uint_t model,
    ngx_uint_t n, ngx_http_ioattest_waiter_t *waiter);

/* The status page's row of a model. */
ngx_http_ioattest_row_t zone_row(zone_t *z, ngx_uint_t model);

/* A models list: what is said of a name, and one that was read. */
ngx_http_ioattest_listed_t zone_look(zone_t *z, const char *text);
ngx_uint_t zone_store(zone_t *z, const char *text, uint64_t token);

#define ENTRY(name, attestable)                                               \
    "{\"id\":\"" name "\",\"name\":\"" name "\",\"model_id\":\"" name "-id\","\
    "\"supports_attestation\":" attestable "}"

#define LIST(entries)  "{\"object\":\"list\",\"data\":[" entries "]}"


/* How many nodes of a kind there are. */
ngx_uint_t zone_rows(zone_t *z, ngx_http_ioattest_kind_e kind);


/* The cases, each file's. */
void zone_kept_key_cases(void);
void zone_trust_cases(void);
void zone_slot_cases(void);
void zone_death_cases(void);
void zone_outcome_cases(void);
void zone_room_cases(void);
void zone_list_cases(void);
void zone_tell_cases(void);
void zone_watch_cases(void);
void zone_claim_cases(void);
void zone_silence_cases(void);
void zone_rest_cases(void);
void zone_fetch_cases(void);
void zone_upgrade_cases(void);
void zone_used_cases(void);
void zone_chase_cases(void);
void zone_mixed_cases(void);
void zone_hang_cases(void);
void zone_end_cases(void);
void zone_pool_cases(void);
void zone_search_cases(void);
void zone_note_cases(void);
void zone_window_cases(void);
void zone_layout_cases(void);
void zone_document_cases(void);
void zone_key_cases(void);


#endif
