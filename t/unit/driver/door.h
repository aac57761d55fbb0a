/*
 * door: reads an input of fuzz_evidence (see fuzz/fuzz_evidence.c), for
 * programs that show it to ioa_attest_verify.  The nonce is 00 01 .. 1f, for
 * OCSP too.  Of the environment: DOOR_NO_NONCE, no nonce was sent for OCSP;
 * DOOR_SAVED, its answers were saved; DOOR_HOLD, certificateHold is accepted;
 * DOOR_REFERENCES, the text of a file of reference values.
 */

#ifndef DOOR_H
#define DOOR_H

#include "attest/ioattest.h"
#include "unit.h"

#define DOOR_FIELDS  (1 + IOA_FETCH_MAX + 2)

typedef struct {
    ioa_bytes_t         fields[DOOR_FIELDS];
    ioa_bytes_t         reply;
    ioa_roots_t        *roots;
    ioa_policy_t        policy;
    ioa_policy_file_t   file;
    ioa_fetched_t       fetched[IOA_FETCH_MAX];
    uint8_t             nonce32[IOA_NONCE_LEN];
    int64_t             now;
} door_t;


static inline void
door_fields(door_t *door, ioa_reader_t *r)
{
    size_t          i;
    uint16_t        n;
    const uint8_t  *bytes;

    for (i = 0; i < DOOR_FIELDS; i++) {
        if (!ioa_reader_u16le(r, &n) || !ioa_reader_take(r, &bytes, n)) {
            exit(1);
        }

        door->fields[i].data = n != 0 ? unit_exact(bytes, n) : NULL;
        door->fields[i].len = n;
    }
}


static inline void
door_policy(door_t *door, unsigned flags)
{
    ioa_policy_t  *policy = &door->policy;

    ioa_policy_init(&door->file);
    memset(policy, 0, sizeof(*policy));

    policy->file = &door->file;
    policy->cpu = flags & 3;
    policy->gpu = (flags >> 2 & 3) == 3 ? IOA_GPU_LOCAL : flags >> 2 & 3;
    policy->gpu_ocsp = (flags >> 2 & 3) == 3;
    policy->report_data = flags >> 4 & 3;
    policy->collateral = flags >> 6 & 1;
    policy->kds = flags >> 7;
    policy->cpu_roots = door->roots;
    policy->gpu_roots = door->roots;
    policy->slack = 300;
}


static inline void
door_environment(door_t *door)
{
    char              error[IOA_REFERENCE_ERROR_MAX];
    const char       *text = getenv("DOOR_REFERENCES");
    ioa_reference_t  *reference;

    door->policy.gpu_hold = getenv("DOOR_HOLD") != NULL;
    door->policy.gpu_saved = getenv("DOOR_SAVED") != NULL;

    if (text == NULL) {
        return;
    }

    if (!ioa_reference_parse(&reference, error, (const uint8_t *) text,
                             strlen(text)))
    {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }

    door->policy.reference = reference;
}


/* Reads standard input; ends where it is not as it should be. */
static inline void
door_read(door_t *door)
{
    size_t         i, n;
    uint8_t        flags, *input;
    uint64_t       now;
    ioa_reader_t   r;

    input = malloc(1 << 20);
    n = input != NULL ? fread(input, 1, 1 << 20, stdin) : 0;
    ioa_reader_init(&r, input, n);

    if (!ioa_reader_u8(&r, &flags) || !ioa_reader_u64le(&r, &now)) {
        exit(1);
    }

    door->now = (int64_t) now;
    door_fields(door, &r);

    if (ioa_roots_parse_leaves(&door->roots, door->fields[0].data,
                               door->fields[0].len)
        != IOA_CHAIN_OK)
    {
        exit(1);
    }

    memset(door->fetched, 0, sizeof(door->fetched));

    for (i = 0; i < IOA_FETCH_MAX; i++) {
        door->fetched[i].body = door->fields[1 + i];

        if (i >= IOA_FETCH_GPU_OCSP) {
            door->fetched[i].chain.data = door->nonce32;
            door->fetched[i].chain.len = getenv("DOOR_NO_NONCE") != NULL
                                         ? 0 : IOA_NONCE_LEN;
        }
    }

    door->fetched[IOA_FETCH_TCB_INFO].chain = door->fields[1 + IOA_FETCH_MAX];
    door->fetched[IOA_FETCH_QE_IDENTITY].chain
        = door->fields[2 + IOA_FETCH_MAX];

    door->fetched[IOA_FETCH_EARLY_TCB_INFO].chain
        = door->fetched[IOA_FETCH_TCB_INFO].chain;
    door->fetched[IOA_FETCH_EARLY_QE_IDENTITY].chain
        = door->fetched[IOA_FETCH_QE_IDENTITY].chain;

    for (i = 0; i < IOA_NONCE_LEN; i++) {
        door->nonce32[i] = (uint8_t) i;
    }

    door_policy(door, flags);
    door_environment(door);

    door->reply.len = ioa_reader_left(&r);
    door->reply.data = unit_exact(r.pos, door->reply.len);
    free(input);
}


static inline void
door_free(door_t *door)
{
    size_t  i;

    ioa_roots_free(door->roots);
    ioa_reference_free((ioa_reference_t *) door->policy.reference);
    free((void *) door->reply.data);

    for (i = 0; i < DOOR_FIELDS; i++) {
        free((void *) door->fields[i].data);
    }
}

#endif
