/*
 * fuzz_report: an attestation reply.  The machine is zero unless accepted,
 * and a reply accepted with a list of image digests is accepted without one.
 * What is asked of NVIDIA's service about it is JSON, with our nonce and
 * what fits the reply's length and a little more.
 */

#include "fuzz.h"
#include "attest/ioattest.h"
#include "json/ioa_json.h"


static void
ask(ioa_bytes_t reply, const uint8_t nonce32[IOA_NONCE_LEN])
{
    size_t             n, len, more;
    uint8_t           *out, *bigger;
    ioa_json_t        *root;
    const uint8_t     *text;
    const ioa_json_t  *list;

    /* what is said to be enough is, for all that can be sent */

    len = reply.len + IOA_EVIDENCE_NRAS_MORE;
    out = malloc(len);
    bigger = malloc(2 * len);
    fuzz_assert(out != NULL && bigger != NULL);

    n = ioa_evidence_nras_body(out, len, reply, nonce32);
    more = ioa_evidence_nras_body(bigger, 2 * len, reply, nonce32);
    fuzz_assert(n <= len && more == n);
    fuzz_assert(n == 0 || memcmp(out, bigger, n) == 0);

    if (n != 0) {
        fuzz_assert(ioa_json_parse(&root, out, n));
        fuzz_assert(ioa_json_string(&text, &more,
                                    ioa_json_member(root, "nonce"))
                    && more == 2 * IOA_NONCE_LEN
                    && memcmp(text, "000102", 6) == 0);
        list = ioa_json_member(root, "evidence_list");
        fuzz_assert(ioa_json_is_array(list) && ioa_json_first(list) != NULL);
        ioa_json_free(root);

        /* and what does not fit is not written at all */
        fuzz_assert(ioa_evidence_nras_body(out, n - 1, reply, nonce32) == 0);
    }

    free(out);
    free(bigger);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t         i;
    uint8_t       *text, address20[IOA_ADDRESS_LEN];
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

    fuzz_assert(st != IOA_OK || ioa_attest_address(address20, report));
    ask(report, nonce32);

    free(text);

    return 0;
}
