/*
 * fuzz_snp: an SEV-SNP report, the certificate table after it, and its
 * verification under a root that has signed none of it.
 */

#include "fuzz_root.h"
#include "snp/ioa_verify_snp.h"


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


/* The table by itself. */
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
    ioa_snp_trust_t         trust;
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

    memset(&trust, 0, sizeof(trust));
    trust.roots = roots;
    trust.now = 1750000000;

    ioa_checks_init(&checks);
    memset(&snp, 0xff, sizeof(snp));
    st = ioa_snp_verify(&snp, &checks, exact, n, &trust);

    fuzz_assert(st == IOA_CPU_EVIDENCE_INVALID
                || st == IOA_ATTESTATION_UNAVAILABLE);
    fuzz_assert(memcmp(&snp, &zero, sizeof(snp)) == 0);
    fuzz_assert(checks.n != 0 && checks.dropped == 0);

    free(exact);

    return 0;
}
