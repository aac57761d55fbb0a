/*
 * fuzz_snp: an SEV-SNP report, the certificate table after it, what the
 * certificates say, whoever issued them, and the report's verification: under
 * a root that has signed none of it, and under the table's own last
 * certificate.  For that the report is signed here, where the table's key is
 * that of fuzz_key.h; else the input would have to be the maker's.
 */

#include "fuzz_key.h"
#include "fuzz_root.h"
#include "snp/ioa_snp_cert.h"
#include "snp/ioa_verify_snp.h"

#define NOW         1750000000
#define SCALAR_LEN  (FUZZ_SIG_LEN / 2)
#define SCALAR_GAP  72              /* what a scalar has in a report */


/* What a certificate says, before anybody has asked who issued it. */
static void
fuzz_cert(ioa_reader_t der)
{
    ioa_chain_t                 *chain;
    ioa_snp_cert_t               cert;
    static const ioa_snp_cert_t  zero;

    chain = ioa_chain_new(NULL);
    fuzz_assert(chain != NULL);

    if (ioa_chain_add_der(chain, der.pos, ioa_reader_left(&der))
        == IOA_CHAIN_OK)
    {
        memset(&cert, 0xff, sizeof(cert));

        if (ioa_snp_cert_read(&cert, chain)) {
            fuzz_inside(cert.chip, chain->links[0]->cert.der.pos,
                        chain->links[0]->cert.der.left);
            fuzz_assert(cert.product != IOA_SNP_PRODUCT_UNKNOWN);
            fuzz_assert(ioa_reader_left(&cert.chip)
                        == (cert.signer == IOA_SNP_VLEK ? 0
                            : cert.product == IOA_SNP_TURIN
                            ? IOA_SNP_TURIN_CHIP_ID_LEN
                            : IOA_SNP_CHIP_ID_LEN));
            fuzz_assert(cert.product == IOA_SNP_TURIN || cert.tcb.fmc == 0);

        } else {
            fuzz_assert(memcmp(&cert, &zero, sizeof(zero)) == 0);
        }
    }

    ioa_chain_free(chain);
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
        fuzz_assert(ioa_snp_unread(&view)[0] != '\0');
        view.newer = 0;
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
    fuzz_cert(view.certs.vcek);
    fuzz_cert(view.certs.vlek);

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


/* The report with its signature made anew, if the key is ours. */
static void
fuzz_signed(uint8_t *data, const ioa_chain_t *chain)
{
    size_t   i;
    uint8_t  sig96[FUZZ_SIG_LEN], *at;

    if (!fuzz_key_is(chain)) {
        return;
    }

    fuzz_sign(sig96, data, IOA_SNP_SIGNED_LEN);

    for (i = 0; i < SCALAR_LEN; i++) {
        at = data + IOA_SNP_SIGNED_LEN + i;
        at[0] = sig96[SCALAR_LEN - 1 - i];
        at[SCALAR_GAP] = sig96[FUZZ_SIG_LEN - 1 - i];
    }
}


/* Under the ASK of the table, or what takes its place. */
static void
fuzz_own(uint8_t *data, size_t n)
{
    ioa_reader_t             key;
    ioa_chain_t             *chain, *issuer;
    ioa_status_t             st;
    ioa_roots_t             *roots;
    ioa_snp_trust_t          trust;
    ioa_snp_view_t           view;
    static ioa_snp_t         snp;
    static const ioa_snp_t   zero;
    static ioa_checks_t      checks;

    if (ioa_snp_parse(&view, data, n) != IOA_OK) {
        return;
    }

    chain = ioa_chain_new(NULL);
    issuer = ioa_chain_new(NULL);
    fuzz_assert(chain != NULL && issuer != NULL);

    key = view.signer == IOA_SNP_VCEK ? view.certs.vcek : view.certs.vlek;
    roots = NULL;

    if (ioa_chain_add_der(chain, key.pos, key.left) == IOA_CHAIN_OK
        && ioa_chain_add_der(issuer, view.certs.ask.pos, view.certs.ask.left)
           == IOA_CHAIN_OK)
    {
        fuzz_signed(data, chain);
        roots = fuzz_pin(issuer);
    }

    ioa_chain_free(chain);
    ioa_chain_free(issuer);

    if (roots == NULL) {
        return;
    }

    memset(&trust, 0, sizeof(trust));
    trust.roots = roots;
    trust.now = NOW;

    ioa_checks_init(&checks);
    memset(&snp, 0xff, sizeof(snp));
    st = ioa_snp_verify(&snp, &checks, data, n, &trust);
    ioa_roots_free(roots);

    fuzz_assert(st == IOA_OK || memcmp(&snp, &zero, sizeof(snp)) == 0);
    fuzz_assert((st == IOA_OK) == (ioa_checks_failed(&checks) == NULL));

    if (st == IOA_OK) {
        fuzz_assert(!(snp.policy & (IOA_SNP_POLICY_DEBUG
                                    | IOA_SNP_POLICY_MIGRATE_MA)));
        fuzz_assert(snp.vmpl <= IOA_SNP_VMPL_MAX && snp.not_after >= NOW);
        fuzz_assert(!snp.chip_checked
                    || memcmp(snp.chip_id, view.chip_id64,
                              sizeof(snp.chip_id)) == 0);
        fuzz_assert(ioa_snp_tcb_covers(&view.current, &view.committed)
                    && ioa_snp_tcb_covers(&view.committed, &view.launch));

    } else {
        fuzz_assert(st == IOA_CPU_EVIDENCE_INVALID || st == IOA_TCB_REJECTED);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t                *exact;
    ioa_reader_t            der;
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
    ioa_reader_init(&der, exact, n);
    fuzz_cert(der);

    memset(&trust, 0, sizeof(trust));
    trust.roots = roots;
    trust.now = NOW;

    ioa_checks_init(&checks);
    memset(&snp, 0xff, sizeof(snp));
    st = ioa_snp_verify(&snp, &checks, exact, n, &trust);

    fuzz_assert(st == IOA_CPU_EVIDENCE_INVALID
                || st == IOA_ATTESTATION_UNAVAILABLE);
    fuzz_assert(memcmp(&snp, &zero, sizeof(snp)) == 0);
    fuzz_assert(checks.n != 0 && checks.dropped == 0);

    fuzz_own(exact, n);

    free(exact);

    return 0;
}
