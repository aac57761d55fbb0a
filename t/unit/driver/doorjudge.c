/*
 * doorjudge: what ioa_attest_verify says of one reply with evidence, for
 * tests in other languages.
 *
 * Standard input: an input of fuzz_evidence (see fuzz/fuzz_evidence.c).  The
 * nonce is 00 01 .. 1f; an argument: the model was bound before.
 * Standard output: the reason or "ok", what is wanted in hex, kind of CPU,
 * TCB status, number of GPUs, signer bound, whether something says until
 * when, whether nothing was left in machine.
 */

#include "ioa_verdict.h"
#include "../unit.h"

#define FIELDS  (1 + IOA_FETCH_MAX + 2)


static void
door_read(ioa_bytes_t fields[FIELDS], ioa_reader_t *r)
{
    size_t          i;
    uint16_t        n;
    const uint8_t  *bytes;

    for (i = 0; i < FIELDS; i++) {
        if (!ioa_reader_u16le(r, &n) || !ioa_reader_take(r, &bytes, n)) {
            exit(1);
        }

        fields[i].data = n != 0 ? unit_exact(bytes, n) : NULL;
        fields[i].len = n;
    }
}


static void
door_print(const ioa_machine_t *m, ioa_status_t st, const ioa_wants_t *wants)
{
    static const ioa_machine_t  zero;

    printf("%s %x %u %s %zu %d %d %d\n",
           st == IOA_OK ? "ok" : ioa_status_name(st), wants->wanted,
           m->proved.cpu, ioa_tcb_name(m->proved.tcb_status),
           m->proved.gpus, m->proved.signer_bound, m->proved.expires != 0,
           memcmp(m, &zero, sizeof(zero)) == 0);
}


int
main(int argc, char **argv)
{
    size_t          i, n;
    uint8_t         flags, nonce32[IOA_NONCE_LEN], *input;
    uint64_t        now;
    ioa_bytes_t     reply, fields[FIELDS];
    ioa_roots_t    *roots;
    ioa_wants_t     wants;
    ioa_policy_t    policy;
    ioa_reader_t    r;
    ioa_status_t    st;
    ioa_machine_t   machine;
    ioa_fetched_t   fetched[IOA_FETCH_MAX];

    static ioa_policy_file_t  file;

    (void) argv;

    input = malloc(1 << 20);
    n = input != NULL ? fread(input, 1, 1 << 20, stdin) : 0;
    ioa_reader_init(&r, input, n);

    if (!ioa_reader_u8(&r, &flags) || !ioa_reader_u64le(&r, &now)) {
        return 1;
    }

    door_read(fields, &r);

    if (ioa_roots_parse(&roots, fields[0].data, fields[0].len)
        != IOA_CHAIN_OK)
    {
        return 1;
    }

    memset(fetched, 0, sizeof(fetched));

    for (i = 0; i < IOA_FETCH_MAX; i++) {
        fetched[i].body = fields[1 + i];
    }

    fetched[IOA_FETCH_TCB_INFO].chain = fields[1 + IOA_FETCH_MAX];
    fetched[IOA_FETCH_QE_IDENTITY].chain = fields[2 + IOA_FETCH_MAX];

    for (i = 0; i < IOA_NONCE_LEN; i++) {
        nonce32[i] = (uint8_t) i;
    }

    ioa_policy_init(&file);
    memset(&policy, 0, sizeof(policy));
    policy.file = &file;
    policy.cpu = flags & 3;
    policy.gpu = flags >> 2 & 3;
    policy.report_data = flags >> 4 & 3;
    policy.collateral = flags >> 6 & 1;
    policy.kds = flags >> 7;
    policy.cpu_roots = roots;
    policy.gpu_roots = roots;
    policy.slack = 300;

    reply.len = ioa_reader_left(&r);
    reply.data = unit_exact(r.pos, reply.len);
    memset(&machine, 0xff, sizeof(machine));

    st = ioa_attest_verify(&machine, &wants, NULL, reply, nonce32, &policy,
                           fetched, argc > 1, (int64_t) now);
    door_print(&machine, st, &wants);

    ioa_roots_free(roots);
    free((void *) reply.data);
    free(input);

    for (i = 0; i < FIELDS; i++) {
        free((void *) fields[i].data);
    }

    return 0;
}
