/*
 * fuzz_report: an attestation reply.  The machine is zero unless accepted,
 * and a reply accepted with a list of image digests is accepted without one.
 */

#include "fuzz.h"
#include "attest/ioattest.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t         i;
    uint8_t       *text;
    ioa_bytes_t    report;
    ioa_status_t   st, st_listed;
    ioa_machine_t  machine, listed, zero;

    static const ioa_bytes_t   digest = { (const uint8_t *) "sha256:a", 8 };
    static const ioa_policy_t  any = { .image_digests = NULL };
    static const ioa_policy_t  list = {
        .image_digests = &digest, .image_digests_n = 1
    };
    static uint8_t             nonce32[IOA_NONCE_LEN];

    for (i = 0; i < IOA_NONCE_LEN; i++) {
        nonce32[i] = (uint8_t) i;
    }

    text = fuzz_exact(data, n);
    report.data = text;
    report.len = n;
    memset(&zero, 0, sizeof(zero));

    st = ioa_attest_verify(&machine, NULL, NULL, report, nonce32, &any, NULL, 0,
                           0);
    st_listed = ioa_attest_verify(&listed, NULL, NULL, report, nonce32, &list,
                                  NULL, 0, 0);

    fuzz_assert(st == IOA_OK || st == IOA_ATTESTATION_MALFORMED
                || st == IOA_NONCE_MISMATCH);
    fuzz_assert(st == IOA_OK || memcmp(&machine, &zero, sizeof(zero)) == 0);
    fuzz_assert(machine.image_digest_len <= IOA_IMAGE_DIGEST_MAX);
    fuzz_assert(st_listed == st
                || (st == IOA_OK && st_listed == IOA_IMAGE_DIGEST_MISMATCH));
    fuzz_assert(st_listed == IOA_OK
                || memcmp(&listed, &zero, sizeof(zero)) == 0);

    free(text);

    return 0;
}
