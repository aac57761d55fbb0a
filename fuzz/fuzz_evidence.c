/*
 * fuzz_evidence: ioa_attest_verify() as a whole: a reply with evidence,
 * replies of other services, and the roots.  The machine is zero unless
 * accepted, each reason is one that the function may return, unavailable
 * evidence names what it wants, and a second call, with a cache and a list of
 * checks, has the same result.
 *
 * An input is: what the policy asks for (1 byte: kinds of CPU 2 bits, GPU
 * mode 2, 3 being local with OCSP, report data 2, collateral, key service),
 * now (8), then fields, each a length (2) and as many bytes: roots, an answer
 * for each ioa_fetch_e, of OCSP with the nonce 00 01 .. 1f,
 * the issuer chains of TCB info and QE identity; the rest is the reply.  All
 * little-endian.
 */

#include "fuzz.h"
#include "attest/ioattest.h"

#define FIELDS  (1 + IOA_FETCH_MAX + 2)

static const ioa_policy_file_t  *file;

static const uint8_t  ocsp_nonce32[IOA_OCSP_NONCE_LEN] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
};


static void
fields_read(ioa_bytes_t fields[FIELDS], ioa_reader_t *r)
{
    size_t          i;
    uint16_t        n;
    const uint8_t  *bytes;

    for (i = 0; i < FIELDS; i++) {
        fields[i].data = NULL;
        fields[i].len = 0;

        if (!ioa_reader_u16le(r, &n) || n == 0
            || !ioa_reader_take(r, &bytes, n))
        {
            continue;
        }

        fields[i].data = fuzz_exact(bytes, n);
        fields[i].len = n;
    }
}


static void
policy_read(ioa_policy_t *policy, uint8_t flags, const ioa_roots_t *roots)
{
    memset(policy, 0, sizeof(ioa_policy_t));
    policy->file = file;
    policy->cpu = flags & 3;
    policy->gpu = (flags >> 2 & 3) == 3 ? IOA_GPU_LOCAL : flags >> 2 & 3;
    policy->gpu_ocsp = (flags >> 2 & 3) == 3;
    policy->report_data = (flags >> 4 & 3) % 3;
    policy->collateral = flags >> 6 & 1;
    policy->kds = flags >> 7;
    policy->cpu_roots = roots;
    policy->gpu_roots = roots;
    policy->slack = 300;
}


/* What Intel will ask for next decides nothing, and is said or is not. */
static void
judge_early(const ioa_policy_t *policy, const ioa_machine_t *machine,
    const ioa_fetched_t *fetched, int64_t now)
{
    ioa_early_t    early;
    ioa_status_t   st;

    static ioa_wants_t        wants;
    static ioa_checks_t       checks;
    static const ioa_early_t  zero;

    ioa_checks_init(&checks);
    memset(&early, 0xff, sizeof(early));
    st = ioa_evidence_early(&early, &wants, &checks, &machine->proved, policy,
                            fetched, now);

    fuzz_assert(st == IOA_OK || memcmp(&early, &zero, sizeof(zero)) == 0);
    fuzz_assert(st == IOA_OK || st == IOA_REVOKED || st == IOA_TCB_REJECTED
                || st == IOA_ATTESTATION_UNAVAILABLE);
    fuzz_assert((st == IOA_ATTESTATION_UNAVAILABLE) == (wants.wanted != 0));
    fuzz_assert(st != IOA_OK || (machine->proved.cpu == IOA_CPU_TDX
                                 && policy->collateral));
    fuzz_assert(st != IOA_OK || early.accepted
                || ioa_checks_failed(&checks) != NULL);
    fuzz_assert(memchr(early.lacks, '\0', sizeof(early.lacks)) != NULL);
}


static void
judge(const ioa_policy_t *policy, ioa_bytes_t reply,
    const ioa_fetched_t *fetched, int64_t now)
{
    size_t         i;
    uint8_t        nonce32[IOA_NONCE_LEN];
    ioa_status_t   st;
    ioa_policy_t   cached = *policy;

    static ioa_wants_t    wants;
    static ioa_checks_t   checks;
    static ioa_machine_t  machine, again, zero;

    for (i = 0; i < IOA_NONCE_LEN; i++) {
        nonce32[i] = (uint8_t) i;
    }

    memset(&machine, 0xff, sizeof(machine));
    st = ioa_attest_verify(&machine, &wants, NULL, reply, nonce32, policy,
                           fetched, 0, now);

    fuzz_assert(st == IOA_OK || memcmp(&machine, &zero, sizeof(zero)) == 0);
    fuzz_assert(ioa_status_name(st)[0] != '\0' || st == IOA_OK);
    fuzz_assert(st != IOA_ATTESTATION_UNAVAILABLE || wants.wanted != 0);
    fuzz_assert(st != IOA_OK || (policy->cpu == 0) == (machine.proved.cpu
                                                       == 0));
    fuzz_assert(st != IOA_OK || (machine.proved.cpu & ~policy->cpu) == 0);
    fuzz_assert(st != IOA_OK || (policy->gpu == IOA_GPU_OFF)
                                == (machine.proved.gpus == 0));
    fuzz_assert(st != IOA_OK || wants.wanted == 0);

    cached.cache = ioa_chain_cache_new(16);
    ioa_checks_init(&checks);
    memset(&again, 0xff, sizeof(again));

    for (i = 0; i < 2; i++) {
        fuzz_assert(ioa_attest_verify(&again, NULL, &checks, reply, nonce32,
                                      &cached, fetched, 0, now) == st);
        fuzz_assert(memcmp(&machine, &again, sizeof(again)) == 0);
    }

    judge_early(policy, &machine, fetched, now);

    /* a reply that is refused is also refused for a model bound before */
    if (st != IOA_OK) {
        fuzz_assert(ioa_attest_verify(&again, NULL, NULL, reply, nonce32,
                                      policy, fetched, 1, now) != IOA_OK);
    }

    ioa_chain_cache_free(cached.cache);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t          i;
    uint8_t         flags;
    uint64_t        now;
    ioa_bytes_t     reply, fields[FIELDS];
    ioa_roots_t    *roots;
    ioa_policy_t    policy;
    ioa_reader_t    r;
    ioa_fetched_t   fetched[IOA_FETCH_MAX];

    static ioa_policy_file_t  empty;

    if (file == NULL) {
        ioa_policy_init(&empty);
        file = &empty;
    }

    ioa_reader_init(&r, data, n);

    if (!ioa_reader_u8(&r, &flags) || !ioa_reader_u64le(&r, &now)) {
        return 0;
    }

    fields_read(fields, &r);

    if (ioa_roots_parse(&roots, fields[0].data, fields[0].len)
        == IOA_CHAIN_OK)
    {
        memset(fetched, 0, sizeof(fetched));

        for (i = 0; i < IOA_FETCH_MAX; i++) {
            fetched[i].body = fields[1 + i];

            if (i >= IOA_FETCH_GPU_OCSP) {
                fetched[i].chain.data = ocsp_nonce32;
                fetched[i].chain.len = sizeof(ocsp_nonce32);
            }
        }

        fetched[IOA_FETCH_TCB_INFO].chain = fields[1 + IOA_FETCH_MAX];
        fetched[IOA_FETCH_QE_IDENTITY].chain = fields[2 + IOA_FETCH_MAX];
        fetched[IOA_FETCH_EARLY_TCB_INFO].chain = fields[1 + IOA_FETCH_MAX];
        fetched[IOA_FETCH_EARLY_QE_IDENTITY].chain
            = fields[2 + IOA_FETCH_MAX];

        reply.len = ioa_reader_left(&r);
        reply.data = fuzz_exact(r.pos, reply.len);
        policy_read(&policy, flags, roots);
        judge(&policy, reply, fetched, (int64_t) (now & 0xffffffff));
        free((void *) reply.data);
    }

    ioa_roots_free(roots);

    for (i = 0; i < FIELDS; i++) {
        free((void *) fields[i].data);
    }

    return 0;
}
