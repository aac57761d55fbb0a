/*
 * fuzz_snp: an SEV-SNP report, the certificate table behind it, and its
 * verification under a root that signed none of it.
 */

#include "fuzz.h"
#include "ioa_verify_snp.h"

/* A CA on P-384, self-signed: its key is nobody's. */
static const char  fuzz_root[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB0DCCAVWgAwIBAgIBATAKBggqhkjOPQQDAzAgMQ0wCwYDVQQKDARUZXN0MQ8w\n"
    "DQYDVQQDDAZOb2JvZHkwHhcNMjAwOTEzMTIyNjQwWhcNNDkwMzIyMDQyNjQwWjAg\n"
    "MQ0wCwYDVQQKDARUZXN0MQ8wDQYDVQQDDAZOb2JvZHkwdjAQBgcqhkjOPQIBBgUr\n"
    "gQQAIgNiAASM05naXkh8BS6dCrYd5uuiV0ViYCz2A4IJqzr5PztK9ad/iqJwUWYy\n"
    "NDrrmWtDikNv5+eii8kgkBHU2Lm/r8WY4ssFeKnNlEs3RP3g6kpBjuO1Bo4nz3ux\n"
    "jN4dvtSl+cejYzBhMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0G\n"
    "A1UdDgQWBBTsDGUCM9wPOE4dEyg9hF4L/AY8ejAfBgNVHSMEGDAWgBTsDGUCM9wP\n"
    "OE4dEyg9hF4L/AY8ejAKBggqhkjOPQQDAwNpADBmAjEAyo0vZAVFMlLlbA3XSqK4\n"
    "hUyW1Y9xTNGrmMxXIJJ4DXb6xRxLclzq9kEtg7LdUEU4AjEA+nR84cCx7NAUN9cR\n"
    "sKd0ytM5xJg4HsdaXJIB8rSspkG+ueauQYU9SjLtNeawqzO/\n"
    "-----END CERTIFICATE-----\n";


/* What a view points at lies in the input. */
static void
fuzz_inside(ioa_reader_t r, const uint8_t *data, size_t n)
{
    if (r.left != 0) {
        fuzz_assert(r.pos >= data && r.left <= n
                    && (size_t) (r.pos - data) <= n - r.left);
    }
}


static void
fuzz_view(const uint8_t *data, size_t n)
{
    char                       path[IOA_SNP_KDS_PATH_MAX];
    size_t                     len;
    ioa_snp_view_t             view;
    static const ioa_snp_view_t  zero;

    memset(&view, 0xff, sizeof(view));

    if (ioa_snp_parse(&view, data, n) != IOA_OK) {
        fuzz_assert(memcmp(&view, &zero, sizeof(view)) == 0);
        return;
    }

    fuzz_assert(n >= IOA_SNP_REPORT_LEN && view.report == data);
    fuzz_assert(view.chip_id64 == data + 0x1a0);
    fuzz_inside(view.certs.vcek, data, n);
    fuzz_inside(view.certs.vlek, data, n);
    fuzz_inside(view.certs.ask, data, n);
    fuzz_inside(view.certs.ark, data, n);
    fuzz_inside(view.certs.crl, data, n);

    len = ioa_snp_kds_path(path, &view, IOA_SNP_MILAN);
    fuzz_assert(len < IOA_SNP_KDS_PATH_MAX && strlen(path) == len);
}


/* The table alone, as it also comes. */
static void
fuzz_table(const uint8_t *data, size_t n)
{
    ioa_snp_certs_t  certs;

    if (ioa_snp_table_parse(&certs, data, n) == IOA_OK) {
        fuzz_inside(certs.vcek, data, n);
        fuzz_inside(certs.crl, data, n);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t                *exact;
    ioa_status_t            st;
    ioa_snp_policy_t        policy;
    static ioa_snp_t        snp, zero;
    static ioa_roots_t     *roots;
    static ioa_checks_t     checks;

    if (roots == NULL) {
        fuzz_assert(ioa_roots_parse(&roots, (const uint8_t *) fuzz_root,
                                    sizeof(fuzz_root) - 1) == IOA_CHAIN_OK);
    }

    exact = fuzz_exact(data, n);
    fuzz_view(exact, n);
    fuzz_table(exact, n);

    memset(&policy, 0, sizeof(policy));
    policy.roots = roots;
    policy.now = 1750000000;
    policy.vmpl = IOA_SNP_VMPL_ANY;

    ioa_checks_init(&checks);
    memset(&snp, 0xff, sizeof(snp));
    st = ioa_snp_verify(&snp, &checks, exact, n, &policy);

    fuzz_assert(st == IOA_CPU_EVIDENCE_INVALID
                || st == IOA_ATTESTATION_UNAVAILABLE);
    fuzz_assert(memcmp(&snp, &zero, sizeof(snp)) == 0);
    fuzz_assert(checks.n != 0 && checks.dropped == 0);

    free(exact);

    return 0;
}
