/*
 * ioa_evidence_tdx: a TDX quote, Intel's collateral for it, and the policy.
 * See ioa_evidence.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/ioa_evidence_parts.h"
#include "base/ioa_codec.h"
#include "tdx/ioa_verify_collateral.h"
#include "tdx/ioa_verify_tdx.h"

/* Where Intel and a PCCS keep them (doc/formats.md 8.4). */
#define IOA_PCS_TCB_INFO     "tdx/certification/v4/tcb?fmspc=%.*s"
#define IOA_PCS_QE_IDENTITY  "tdx/certification/v4/qe/identity"
#define IOA_PCS_EARLY_INFO   IOA_PCS_TCB_INFO "&update=early"
#define IOA_PCS_EARLY_QE     IOA_PCS_QE_IDENTITY "?update=early"
#define IOA_PCS_PCK_CRL      "sgx/certification/v4/pckcrl?ca=%s&encoding=der"
#define IOA_PCS_ROOT_CRL     "IntelSGXRootCA.der"

#define IOA_TDX_CRLS                                                          \
    (IOA_FETCH_BIT(IOA_FETCH_PCK_CRL) | IOA_FETCH_BIT(IOA_FETCH_ROOT_CRL))
#define IOA_TDX_LEVELS                                                        \
    (IOA_FETCH_BIT(IOA_FETCH_TCB_INFO) | IOA_FETCH_BIT(IOA_FETCH_QE_IDENTITY))

#if IOA_PCK_PPID_LEN != IOA_POLICY_PPID_LEN                                   \
    || IOA_PCK_FMSPC_LEN != IOA_POLICY_FMSPC_LEN
#error "two headers disagree on the length of a PPID or an FMSPC"
#endif


static int
ioa_tdx_needs(ioa_wants_t *wants, const ioa_evidence_t *e,
    const ioa_tdx_result_t *tdx)
{
    int      all;
    uint8_t  fmspc[2 * IOA_PCK_FMSPC_LEN];

    ioa_hex_encode(fmspc, tdx->pck.fmspc, IOA_PCK_FMSPC_LEN);

    all = ioa_evidence_need(wants, e, IOA_FETCH_TCB_INFO, IOA_PCS_TCB_INFO,
                            (int) sizeof(fmspc), (const char *) fmspc);
    all &= ioa_evidence_need(wants, e, IOA_FETCH_QE_IDENTITY,
                             IOA_PCS_QE_IDENTITY);
    all &= ioa_evidence_need(wants, e, IOA_FETCH_PCK_CRL, IOA_PCS_PCK_CRL,
                             tdx->pck_ca == IOA_PCK_CA_PLATFORM
                             ? "platform" : "processor");
    all &= ioa_evidence_need(wants, e, IOA_FETCH_ROOT_CRL, IOA_PCS_ROOT_CRL);

    return all;
}


/* A PCCS gives the root's CRL as hex. */
static int
ioa_tdx_crl_add(ioa_crls_t *crls, ioa_bytes_t body)
{
    int       ok;
    uint8_t  *der;

    if (ioa_crls_add(crls, body.data, body.len) == IOA_CHAIN_OK) {
        return 1;
    }

    der = body.len > 2 * IOA_CRL_LEN_MAX ? NULL : malloc(body.len / 2 + 1);

    ok = der != NULL
         && ioa_hex_decode(der, body.len / 2, body.data, body.len)
         && ioa_crls_add(crls, der, body.len / 2) == IOA_CHAIN_OK;

    free(der);

    return ok;
}


static ioa_crls_t *
ioa_tdx_crls(ioa_checks_t *checks, const ioa_evidence_t *e)
{
    ioa_crls_t  *crls;
    size_t       i;
    ioa_bytes_t  body;

    static const struct {
        ioa_fetch_e  what;
        const char  *name;
    } lists[] = {
        { IOA_FETCH_PCK_CRL, "the CRL of PCK certificates" },
        { IOA_FETCH_ROOT_CRL, "the CRL of Intel's root" }
    };

    crls = ioa_crls_new();

    if (crls == NULL) {
        return NULL;
    }

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        body = e->fetched[lists[i].what].body;

        if (!ioa_tdx_crl_add(crls, body)) {
            ioa_check_add(checks, "tdx.crls", IOA_CHECK_FAILED,
                          "%s cannot be read: %s", lists[i].name,
                          ioa_evidence_crl_unread(body));
            ioa_crls_free(crls);
            return NULL;
        }
    }

    ioa_check_add(checks, "tdx.crls", IOA_CHECK_PASSED,
                  "both can be read");
    ioa_crls_slack(crls, e->policy->slack);

    return crls;
}


static int
ioa_tdx_chain(ioa_reader_t *chain, uint8_t **text, ioa_bytes_t header)
{
    size_t  n = 0;

    *text = malloc(header.len + 1);

    if (*text == NULL
        || !ioa_percent_decode(*text, &n, header.len, header.data,
                               header.len))
    {
        return 0;
    }

    ioa_reader_init(chain, *text, n);

    return 1;
}


static ioa_status_t
ioa_tdx_collateral(ioa_collateral_t **collateral, ioa_checks_t *checks,
    const ioa_evidence_t *e, const ioa_crls_t *crls,
    const ioa_fetched_t *info, const ioa_fetched_t *id)
{
    int                     ok;
    uint8_t                *tcb = NULL, *qe = NULL;
    ioa_status_t            st = IOA_TCB_REJECTED;
    ioa_collateral_text_t   text;

    ioa_reader_init(&text.tcb_info, info->body.data, info->body.len);
    ioa_reader_init(&text.qe_identity, id->body.data, id->body.len);

    ok = ioa_tdx_chain(&text.tcb_info_chain, &tcb, info->chain)
         && ioa_tdx_chain(&text.qe_identity_chain, &qe, id->chain);

    if (ioa_check_that(checks, ok, "tdx.issuer_chains", "%s",
                       ok ? "both can be read"
                          : "one of them is not URL-encoded text"))
    {
        st = ioa_collateral_verify(collateral, checks, &text,
                                   e->policy->cpu_roots, crls,
                                   e->policy->cache, e->now,
                                   e->policy->slack);
    }

    free(tcb);
    free(qe);

    return st;
}


/* What the policy judges of a quote; borrows from tdx. */
static void
ioa_tdx_said(ioa_policy_tdx_t *said, const ioa_tdx_result_t *tdx)
{
    size_t  i;

    said->regs48[IOA_POLICY_MR_TD] = tdx->body.mr_td;
    said->regs48[IOA_POLICY_MR_SEAM] = tdx->body.mr_seam;
    said->regs48[IOA_POLICY_MR_CONFIG_ID] = tdx->body.mr_config_id;

    for (i = 0; i < IOA_TDX_RTMRS; i++) {
        said->regs48[IOA_POLICY_RTMR0 + i] = tdx->body.rtmr[i];
    }

    said->ppid16 = tdx->pck.ppid;
    said->fmspc6 = tdx->pck.fmspc;
    said->sept_ve_disable = tdx->sept_ve_disable;
}


/* Verifies the quote; the policy says at once what attributes it must have. */
static ioa_status_t
ioa_tdx_quote(ioa_tdx_result_t *tdx, ioa_checks_t *checks,
    const ioa_evidence_t *e, ioa_bytes_t quote, const ioa_tdx_trust_t *trust)
{
    ioa_status_t       st;
    ioa_policy_tdx_t   said;

    st = ioa_tdx_verify(tdx, checks, quote.data, quote.len, trust);

    if (st != IOA_OK) {
        return st;
    }

    ioa_tdx_said(&said, tdx);

    return ioa_policy_td_attributes(checks, e->policy->file, &said);
}


/*
 * Verifies the quote again, with CRLs, and judges it by the collateral.  The
 * quote has verified without CRLs.
 */
static ioa_status_t
ioa_tdx_status(ioa_tcb_t *tcb, ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e, ioa_tdx_result_t *tdx,
    ioa_bytes_t quote, ioa_tdx_trust_t *trust)
{
    ioa_crls_t              *crls;
    ioa_status_t             st = IOA_CPU_EVIDENCE_INVALID;
    ioa_collateral_t        *collateral = NULL;

    wants->unfit = IOA_TDX_CRLS;
    crls = ioa_tdx_crls(checks, e);

    if (crls != NULL) {
        trust->crls = crls;
        st = ioa_tdx_quote(tdx, checks, e, quote, trust);
        trust->crls = NULL;
    }

    if (st == IOA_REVOKED) {
        wants->unfit = 0;
        wants->older = IOA_TDX_CRLS;
    }

    if (st == IOA_OK) {
        wants->unfit = IOA_TDX_CRLS | IOA_TDX_LEVELS;
        st = ioa_tdx_collateral(&collateral, checks, e, crls,
                                &e->fetched[IOA_FETCH_TCB_INFO],
                                &e->fetched[IOA_FETCH_QE_IDENTITY]);
    }

    if (st == IOA_OK) {
        wants->unfit = 0;
        wants->older = IOA_TDX_LEVELS;
        ioa_collateral_quote(&proved->platform, tdx);
        st = ioa_collateral_judge(tcb, checks, collateral,
                                  &proved->platform);
        ioa_evidence_expires(proved, ioa_collateral_expires(collateral)
                                     + e->policy->slack);
        ioa_evidence_expires(proved, ioa_crls_expire(crls));
    }

    ioa_collateral_free(collateral);
    ioa_crls_free(crls);

    return st;
}


/* What the quote says by itself, whatever is said of the platform. */
static ioa_status_t
ioa_tdx_judge(ioa_proved_t *proved, ioa_checks_t *checks,
    const ioa_evidence_t *e, const ioa_tdx_result_t *tdx)
{
    ioa_status_t       st;
    ioa_policy_tdx_t   said;

    ioa_tdx_said(&said, tdx);

    st = ioa_policy_tdx(checks, e->policy->file, &said);

    if (st != IOA_OK) {
        return st;
    }

    return ioa_evidence_report_data(proved, checks, e,
                                    tdx->body.report_data);
}


/*
 * Documents are missing.  A quote that is refused whatever they say is
 * refused now; else nothing of it is listed yet.
 */
static ioa_status_t
ioa_tdx_unaided(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e,
    const ioa_tdx_result_t *tdx)
{
    size_t         lines;
    ioa_status_t   st;

    lines = checks != NULL ? checks->n : 0;
    st = ioa_tdx_judge(proved, checks, e, tdx);

    if (st != IOA_OK) {
        wants->wanted = 0;
        return st;
    }

    if (checks != NULL) {
        checks->n = lines;
    }

    return IOA_ATTESTATION_UNAVAILABLE;
}


static ioa_status_t
ioa_tdx_policy(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e,
    const ioa_tdx_result_t *tdx, const ioa_tcb_t *tcb)
{
    int64_t        until;
    ioa_status_t   st;

    st = ioa_policy_tcb(checks, e->policy->file, tcb, e->policy->collateral,
                        e->now);

    if (st != IOA_OK) {
        return st;
    }

    until = ioa_policy_tcb_until(e->policy->file, tcb,
                                 e->policy->collateral, e->now);

    if (until != 0) {
        ioa_evidence_expires(proved, until);
    }

    wants->older = 0;

    return ioa_tdx_judge(proved, checks, e, tdx);
}


/* As many as have room, and "..." for the others. */
static void
ioa_tdx_advisories(ioa_proved_t *proved, const ioa_tcb_t *tcb)
{
    size_t  i, n, left, len = 0;

    static const char  cut[] = ",...";

    for (i = 0; i < tcb->advisories_n; i++) {
        n = strlen(tcb->advisories[i]);
        left = IOA_EVIDENCE_ADVISORY_MAX - len;

        /* with room for the sign, unless it is the last one */

        if (n + 1 + (i + 1 < tcb->advisories_n ? sizeof(cut) - 1 : 0) > left)
        {
            memcpy(proved->advisories + len, cut + (len == 0),
                   sizeof(cut) - 1 - (len == 0));
            len += sizeof(cut) - 1 - (len == 0);
            break;
        }

        if (len != 0) {
            proved->advisories[len++] = ',';
        }

        memcpy(proved->advisories + len, tcb->advisories[i], n);
        len += n;
    }

    proved->advisories[len] = '\0';
}


ioa_status_t
ioa_evidence_tdx(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e, ioa_bytes_t quote)
{
    size_t              lines;
    ioa_tcb_t          *tcb;
    ioa_status_t        st;
    ioa_tdx_trust_t     trust;
    ioa_tdx_result_t    tdx;

    trust.roots = e->policy->cpu_roots;
    trust.crls = NULL;
    trust.cache = e->policy->cache;
    trust.now = e->now;

    /* the quote names the collateral that is needed */
    lines = checks != NULL ? checks->n : 0;
    st = ioa_tdx_quote(&tdx, checks, e, quote, &trust);

    if (st != IOA_OK) {
        return st;
    }

    tcb = calloc(1, sizeof(ioa_tcb_t));

    if (tcb == NULL) {
        return IOA_CPU_EVIDENCE_INVALID;
    }

    proved->cpu = IOA_CPU_TDX;
    ioa_hex_encode((uint8_t *) proved->ppid, tdx.pck.ppid, IOA_PCK_PPID_LEN);
    ioa_hex_encode((uint8_t *) proved->fmspc, tdx.pck.fmspc,
                   IOA_PCK_FMSPC_LEN);
    ioa_evidence_expires(proved, tdx.not_after);

    if (e->policy->collateral && !ioa_tdx_needs(wants, e, &tdx)) {
        st = ioa_tdx_unaided(proved, wants, checks, e, &tdx);

    } else if (e->policy->collateral) {
        /* list the checks of the pass with CRLs only */
        if (checks != NULL) {
            checks->n = lines;
        }

        st = ioa_tdx_status(tcb, proved, wants, checks, e, &tdx, quote,
                            &trust);
    }

    if (st == IOA_OK) {
        st = ioa_tdx_policy(proved, wants, checks, e, &tdx, tcb);
    }

    proved->tcb_status = tcb->status;
    ioa_tdx_advisories(proved, tcb);

    free(tcb);

    return st;
}


/*
 * Judges the platform by verified early documents.  If they have no level for
 * it, they refuse it.
 */
static void
ioa_early_judge(ioa_early_t *early, ioa_checks_t *checks,
    const ioa_evidence_t *e, const ioa_collateral_t *collateral,
    const ioa_collateral_quote_t *platform, ioa_tcb_t *tcb)
{
    const ioa_check_t  *check;

    early->evaluation = ioa_collateral_evaluated(collateral);

    if (ioa_collateral_judge(tcb, checks, collateral, platform) == IOA_OK) {
        early->status = tcb->status;
        early->accepted = ioa_policy_tcb(checks, e->policy->file, tcb, 1,
                                         e->now)
                          == IOA_OK;
        memcpy(early->lacks, tcb->lacks, sizeof(early->lacks));
    }

    check = ioa_checks_failed(checks);

    if (early->lacks[0] == '\0' && check != NULL) {
        snprintf(early->lacks, sizeof(early->lacks), "%s: %.*s", check->name,
                 IOA_TCB_LACKS_MAX - IOA_CHECK_NAME_MAX - 2, check->detail);
    }
}


ioa_status_t
ioa_evidence_early(ioa_early_t *early, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_proved_t *proved,
    const ioa_policy_t *policy, const ioa_fetched_t *fetched, int64_t now)
{
    int                all;
    ioa_tcb_t         *tcb;
    ioa_crls_t        *crls;
    ioa_status_t       st = IOA_TCB_REJECTED;
    ioa_evidence_t     e;
    ioa_collateral_t  *collateral = NULL;

    memset(early, 0, sizeof(ioa_early_t));
    memset(wants, 0, sizeof(ioa_wants_t));
    memset(&e, 0, sizeof(ioa_evidence_t));

    e.policy = policy;
    e.fetched = fetched;
    e.now = now;

    if (proved->cpu != IOA_CPU_TDX || !policy->collateral) {
        return IOA_TCB_REJECTED;
    }

    all = ioa_evidence_need(wants, &e, IOA_FETCH_EARLY_TCB_INFO,
                            IOA_PCS_EARLY_INFO,
                            2 * IOA_PCK_FMSPC_LEN, proved->fmspc);
    all &= ioa_evidence_need(wants, &e, IOA_FETCH_EARLY_QE_IDENTITY,
                             IOA_PCS_EARLY_QE);

    if (!all) {
        return IOA_ATTESTATION_UNAVAILABLE;
    }

    wants->unfit = IOA_FETCH_BIT(IOA_FETCH_EARLY_TCB_INFO)
                   | IOA_FETCH_BIT(IOA_FETCH_EARLY_QE_IDENTITY);

    tcb = calloc(1, sizeof(ioa_tcb_t));
    crls = tcb != NULL ? ioa_tdx_crls(checks, &e) : NULL;

    if (crls != NULL) {
        st = ioa_tdx_collateral(&collateral, checks, &e, crls,
                                &fetched[IOA_FETCH_EARLY_TCB_INFO],
                                &fetched[IOA_FETCH_EARLY_QE_IDENTITY]);
    }

    if (st == IOA_OK) {
        ioa_early_judge(early, checks, &e, collateral, &proved->platform,
                        tcb);
    }

    ioa_collateral_free(collateral);
    ioa_crls_free(crls);
    free(tcb);

    return st;
}
