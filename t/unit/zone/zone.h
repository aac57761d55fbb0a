/*
 * zone: what the cases of the zone share.  They run inside nginx, in a module
 * that does nothing else (main.c), so that slab, tree and lock are nginx's
 * own; memory and clock are the cases'.
 */

#ifndef ZONE_TEST_H
#define ZONE_TEST_H

#include "zone/ngx_http_ioattest_node.h"

#define UNIT_PARTS
#include "unit.h"

#include <sys/mman.h>
#include <sys/wait.h>

#define ZONE_VALID   600
#define ZONE_PACE    5000       /* ms, ioattest_fail_timeout */
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

/* Both clocks go on, as they do when nobody sets one. */
void zone_pass(time_t seconds);

/* The wall clock alone is set, by so much. */
void zone_step(time_t seconds);

/* A model of that number: its key and names. */
ngx_http_ioattest_model_t zone_model(ngx_uint_t n);

/* The key of machine n of a model, and where bound signers are remembered. */
void zone_machine_key(u_char *key32, ngx_uint_t model, ngx_uint_t n);
void zone_bound_key(u_char *key32, ngx_uint_t model);

/* A machine that has been attested now. */
ngx_http_ioattest_machine_t zone_machine(ngx_uint_t n);

/* Keeps it, under the lease of token. */
ngx_int_t zone_add(zone_t *z, ngx_uint_t model,
    const ngx_http_ioattest_machine_t *machine, ngx_uint_t n, uint64_t token);

/* What the gate says of a model, and what is said of a signer. */
ngx_http_ioattest_found_t zone_gate(zone_t *z, ngx_uint_t model);
ngx_http_ioattest_answer_e zone_signer(zone_t *z, ngx_uint_t model,
    ngx_uint_t n);

/* How many nodes of a kind there are. */
ngx_uint_t zone_rows(zone_t *z, ngx_http_ioattest_kind_e kind);


/* The cases, each file's. */
void zone_trust_cases(void);
void zone_lease_cases(void);
void zone_room_cases(void);
void zone_list_cases(void);


#endif
