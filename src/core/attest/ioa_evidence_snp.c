/*
 * ioa_evidence_snp: an SEV-SNP report, the certificate of its key, and the
 * policy.  See ioa_evidence.h.
 */

#include <stdio.h>
#include <string.h>

#include "attest/ioa_evidence_parts.h"
#include "base/ioa_codec.h"
#include "snp/ioa_snp.h"
#include "snp/ioa_verify_snp.h"

#define IOA_KDS_CRL  "%s/v1/%s/crl"

#if IOA_SNP_CHIP_ID_LEN != IOA_POLICY_CHIP_LEN
#error "two headers disagree on the length of a chip's id"
#endif


/* Returns: 1 where the list of what AMD revoked is there. */
static int
ioa_snp_needs_crl(ioa_wants_t *wants, const ioa_evidence_t *e,
    ioa_snp_product_t product, ioa_snp_signer_t signer)
{
    return ioa_evidence_need(wants, e, IOA_FETCH_AMD_CRL, IOA_KDS_CRL,
                             signer == IOA_SNP_VLEK ? "vlek" : "vcek",
                             ioa_snp_product_name(product));
}


static void
ioa_snp_trust_init(ioa_snp_trust_t *trust, const ioa_evidence_t *e)
{
    memset(trust, 0, sizeof(ioa_snp_trust_t));

    trust->roots = e->policy->cpu_roots;
    trust->cache = e->policy->cache;
    trust->now = e->now;
}


/* Returns: 1 where the key's certificate stands in the file of roots. */
static int
ioa_snp_in_file(const ioa_evidence_t *e, ioa_bytes_t report)
{
    size_t             i;
    ioa_snp_t          snp;
    ioa_snp_trust_t    trust;

    ioa_snp_trust_init(&trust, e);

    for (i = 0; ioa_roots_leaf(&trust.key, trust.roots, i); i++) {
        if (ioa_snp_verify(&snp, NULL, report.data, report.len, &trust)
            != IOA_CPU_EVIDENCE_INVALID)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Returns: 1 where the VCEK is there, or nobody is asked for it.  A report
 * of version 2 is that of a Milan or of a Genoa.
 */
static int
ioa_snp_needs_vcek(ioa_wants_t *wants, const ioa_evidence_t *e,
    const ioa_snp_view_t *view, ioa_bytes_t report)
{
    char  path[IOA_SNP_KDS_PATH_MAX], other[IOA_SNP_KDS_PATH_MAX];

    other[0] = '\0';

    if (view->product != IOA_SNP_PRODUCT_UNKNOWN) {
        (void) ioa_snp_kds_path(path, view, view->product);

    } else {
        (void) ioa_snp_kds_path(path, view, IOA_SNP_MILAN);
        (void) ioa_snp_kds_path(other, view, IOA_SNP_GENOA);
    }

    if (ioa_reader_left(&view->certs.vcek) != 0
        || ioa_reader_left(&view->certs.vlek) != 0 || path[0] == '\0')
    {
        return 1;
    }

    if (!e->policy->kds) {

        /* named in the refusal if no certificate is found */

        snprintf(wants->path[IOA_FETCH_VCEK], IOA_EVIDENCE_PATH_MAX, "%s",
                 path);
        snprintf(wants->vcek_else, IOA_EVIDENCE_PATH_MAX, "%s", other);
        return 1;
    }

    if (ioa_snp_in_file(e, report)
        || ioa_evidence_need(wants, e, IOA_FETCH_VCEK, "%s", path))
    {
        return 1;
    }

    snprintf(wants->vcek_else, IOA_EVIDENCE_PATH_MAX, "%s", other);

    return 0;
}


/* Returns: 1 where the key service's answers are there, or not needed. */
static int
ioa_snp_needs(ioa_wants_t *wants, const ioa_evidence_t *e,
    const ioa_snp_view_t *view, ioa_bytes_t report)
{
    int  all;

    all = ioa_snp_needs_vcek(wants, e, view, report);

    if (!e->policy->kds) {
        return 1;
    }

    /* where the report does not say the product, its certificate will */

    if (view->product != IOA_SNP_PRODUCT_UNKNOWN) {
        all &= ioa_snp_needs_crl(wants, e, view->product, view->signer);
    }

    return all;
}


/* Out: *crls, NULL where there is none.  Returns: 0 where it is no list. */
static int
ioa_snp_crls(ioa_crls_t **crls, ioa_checks_t *checks, const ioa_evidence_t *e)
{
    ioa_bytes_t  body;

    *crls = NULL;
    body = e->fetched[IOA_FETCH_AMD_CRL].body;

    if (body.len == 0) {
        return 1;
    }

    *crls = ioa_crls_new();

    if (*crls != NULL
        && ioa_crls_add(*crls, body.data, body.len) == IOA_CHAIN_OK)
    {
        ioa_check_add(checks, "sev_snp.crl", IOA_CHECK_PASSED,
                      "it can be read");
        return 1;
    }

    ioa_check_add(checks, "sev_snp.crl", IOA_CHECK_FAILED, "AMD's CRL cannot "
                  "be read: %s", ioa_evidence_crl_unread(body));
    ioa_crls_free(*crls);
    *crls = NULL;

    return 0;
}


/*
 * A report that brings no certificate of its key may be that of one in the
 * file of roots.  Each try replaces the lines of the one before.
 */
static ioa_status_t
ioa_snp_try(ioa_snp_t *snp, ioa_checks_t *checks, ioa_bytes_t report,
    ioa_snp_trust_t *trust)
{
    size_t         i, n;
    ioa_reader_t   leaf;
    ioa_status_t   st;

    n = checks != NULL ? checks->n : 0;

    st = ioa_snp_verify(snp, checks, report.data, report.len, trust);

    for (i = 0; st == IOA_ATTESTATION_UNAVAILABLE || i != 0; i++) {

        if (!ioa_roots_leaf(&leaf, trust->roots, i)) {
            break;
        }

        if (checks != NULL) {
            checks->n = n;
        }

        trust->key = leaf;
        st = ioa_snp_verify(snp, checks, report.data, report.len, trust);

        if (st == IOA_OK) {
            break;
        }
    }

    return st;
}


/*
 * Refuses a report where the key service has no CRL, unless that is accepted.
 * Called last: a report that is forged is refused as such.
 */
static ioa_status_t
ioa_snp_list_there(ioa_checks_t *checks, const ioa_evidence_t *e,
    const ioa_crls_t *crls)
{
    if (crls != NULL || !e->policy->kds || e->policy->no_crl) {
        return IOA_OK;
    }

    ioa_check_add(checks, "sev_snp.crl", IOA_CHECK_FAILED,
                  "AMD's key service has no CRL: revocation cannot be "
                  "checked");

    return IOA_ATTESTATION_UNAVAILABLE;
}


static ioa_policy_product_t
ioa_snp_policy_product(ioa_snp_product_t product)
{
    switch (product) {
    case IOA_SNP_MILAN:
        return IOA_POLICY_MILAN;
    case IOA_SNP_GENOA:
        return IOA_POLICY_GENOA;
    case IOA_SNP_TURIN:
        return IOA_POLICY_TURIN;
    default:
        return IOA_POLICY_PRODUCTS;
    }
}


static ioa_status_t
ioa_snp_policy(ioa_proved_t *proved, ioa_checks_t *checks,
    const ioa_evidence_t *e, const ioa_snp_t *snp)
{
    ioa_status_t       st;
    ioa_policy_snp_t   said;

    said.measurement48 = snp->measurement;
    said.host_data32 = snp->host_data;
    said.vmpl = snp->vmpl;
    said.reported_tcb[IOA_POLICY_BOOTLOADER] = snp->reported.bootloader;
    said.reported_tcb[IOA_POLICY_TEE] = snp->reported.tee;
    said.reported_tcb[IOA_POLICY_SNP] = snp->reported.snp;
    said.reported_tcb[IOA_POLICY_MICROCODE] = snp->reported.microcode;
    said.reported_tcb[IOA_POLICY_FMC] = snp->reported.fmc;
    said.product = ioa_snp_policy_product(snp->product);
    said.chip_id64 = snp->chip_checked ? snp->chip_id : NULL;
    said.platform_info = snp->platform_info;
    said.policy = snp->policy;
    said.provisional = snp->provisional;

    st = ioa_policy_snp(checks, e->policy->file, &said);

    if (st != IOA_OK) {
        return st;
    }

    return ioa_evidence_report_data(proved, checks, e, snp->report_data);
}


/*
 * Documents are missing.  A report that is refused whatever they say is
 * refused now: by what can be judged without them, and by what it says of
 * itself.  Of version 2 it is refused if it is as neither product.
 */
static ioa_status_t
ioa_snp_unaided(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e, const ioa_snp_view_t *view,
    ioa_bytes_t report)
{
    size_t             n;
    ioa_snp_t          snp;
    ioa_status_t       st;
    ioa_snp_trust_t    trust;

    n = checks != NULL ? checks->n : 0;

    ioa_snp_trust_init(&trust, e);
    st = ioa_snp_verify(&snp, checks, report.data, report.len, &trust);

    if (st == IOA_OK || st == IOA_ATTESTATION_UNAVAILABLE) {
        ioa_snp_claims(&snp, view);

        snp.chip_checked = view->signer == IOA_SNP_VCEK
                           && !ioa_snp_chip_masked(view);

        if (view->product == IOA_SNP_PRODUCT_UNKNOWN) {
            snp.product = IOA_SNP_MILAN;
        }

        if (checks != NULL) {
            checks->n = n;
        }

        st = ioa_snp_policy(proved, checks, e, &snp);

        if (st != IOA_OK && view->product == IOA_SNP_PRODUCT_UNKNOWN) {

            if (checks != NULL) {
                checks->n = n;
            }

            snp.product = IOA_SNP_GENOA;
            st = ioa_snp_policy(proved, checks, e, &snp);
        }
    }

    if (st != IOA_OK) {
        wants->wanted = 0;
        return st;
    }

    if (checks != NULL) {
        checks->n = n;
    }

    return IOA_ATTESTATION_UNAVAILABLE;
}


/* What the documents at hand have to do with a refusal. */
static void
ioa_snp_doubt(ioa_wants_t *wants, const ioa_evidence_t *e, ioa_bytes_t report,
    const ioa_snp_trust_t *trust, ioa_status_t st)
{
    ioa_snp_t          other;
    ioa_snp_trust_t    without;

    if (st == IOA_REVOKED) {
        wants->older |= IOA_FETCH_BIT(IOA_FETCH_AMD_CRL);
        return;
    }

    if (st == IOA_OK || st == IOA_ATTESTATION_UNAVAILABLE) {
        return;
    }

    if (*trust->key_unfit && ioa_reader_left(&trust->key) != 0
        && e->fetched[IOA_FETCH_VCEK].body.len != 0)
    {
        wants->unfit |= IOA_FETCH_BIT(IOA_FETCH_VCEK);
    }

    if (trust->crls != NULL) {
        without = *trust;
        without.crls = NULL;
        without.key_unfit = NULL;

        if (ioa_snp_try(&other, NULL, report, &without) == IOA_OK) {
            wants->unfit = IOA_FETCH_BIT(IOA_FETCH_AMD_CRL);
        }
    }
}


/*
 * A report of version 2 is judged first for the product that its certificate
 * names, then with the list of what is revoked of that product.
 */
static ioa_status_t
ioa_snp_judge(ioa_snp_t *snp, ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e, ioa_bytes_t report,
    const ioa_snp_trust_t *trust, int product_said)
{
    size_t             n;
    ioa_crls_t        *crls;
    ioa_status_t       st;
    ioa_snp_trust_t    with;

    n = checks != NULL ? checks->n : 0;

    if (!product_said) {
        with = *trust;
        st = ioa_snp_try(snp, checks, report, &with);
        ioa_snp_doubt(wants, e, report, &with, st);

        if (st != IOA_OK || !e->policy->kds) {
            return st == IOA_ATTESTATION_UNAVAILABLE
                   ? IOA_CPU_EVIDENCE_MISSING : st;
        }

        if (!ioa_snp_needs_crl(wants, e, snp->product, snp->signer)) {
            return IOA_ATTESTATION_UNAVAILABLE;
        }

        if (checks != NULL) {
            checks->n = n;
        }
    }

    if (!ioa_snp_crls(&crls, checks, e)) {
        wants->unfit |= IOA_FETCH_BIT(IOA_FETCH_AMD_CRL);
        return IOA_CPU_EVIDENCE_INVALID;
    }

    with = *trust;
    with.crls = crls;
    st = ioa_snp_try(snp, checks, report, &with);
    ioa_snp_doubt(wants, e, report, &with, st);

    if (st == IOA_OK && crls != NULL) {
        ioa_evidence_expires(proved, ioa_crls_expire(crls));
    }

    if (st == IOA_ATTESTATION_UNAVAILABLE) {

        /* nobody can be asked for its key's certificate */
        st = IOA_CPU_EVIDENCE_MISSING;

    } else if (st == IOA_OK) {
        st = ioa_snp_list_there(checks, e, crls);
    }

    ioa_crls_free(crls);

    return st;
}


ioa_status_t
ioa_evidence_snp(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e, ioa_bytes_t report)
{
    int                unfit = 0;
    ioa_bytes_t        key;
    ioa_snp_t          snp;
    ioa_status_t       st;
    ioa_snp_view_t     view;
    ioa_snp_trust_t    trust;

    st = ioa_snp_parse(&view, report.data, report.len);

    if (st != IOA_OK) {
        ioa_check_add(checks, "sev_snp.layout", IOA_CHECK_FAILED,
                      "%s", ioa_snp_unread(&view));
        return st;
    }

    if (!ioa_snp_needs(wants, e, &view, report)) {
        return ioa_snp_unaided(proved, wants, checks, e, &view, report);
    }

    ioa_snp_trust_init(&trust, e);
    trust.key_unfit = &unfit;

    key = e->fetched[IOA_FETCH_VCEK].body;
    ioa_reader_init(&trust.key, key.data, key.len);

    st = ioa_snp_judge(&snp, proved, wants, checks, e, report, &trust,
                       view.product != IOA_SNP_PRODUCT_UNKNOWN);

    if (st != IOA_OK) {
        return st;
    }

    proved->cpu = IOA_CPU_SEV_SNP;
    ioa_evidence_expires(proved, snp.not_after);

    if (snp.chip_checked) {
        ioa_hex_encode((uint8_t *) proved->chip_id, snp.chip_id,
                       IOA_SNP_CHIP_ID_LEN);
    }

    return ioa_snp_policy(proved, checks, e, &snp);
}
