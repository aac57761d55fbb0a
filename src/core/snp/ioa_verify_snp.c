/*
 * ioa_verify_snp: see ioa_verify_snp.h.  The steps stand in one table, in
 * order; the first that fails ends it, and the rest are reported as not made.
 */

#include <stdio.h>
#include <string.h>

#include "snp/ioa_verify_snp.h"
#include "snp/ioa_snp_cert.h"

#define IOA_SNP_DER_FIRST   0x30    /* SEQUENCE; PEM text starts otherwise */
#define IOA_SNP_DETAIL_MAX  (IOA_SNP_KDS_PATH_MAX + 32)

typedef struct {
    const uint8_t           *data;
    size_t                   len;
    const ioa_snp_policy_t  *policy;
    ioa_snp_view_t           view;
    ioa_chain_t             *chain;
    ioa_snp_cert_t           cert;
    ioa_status_t             reason;    /* of the step that failed */
    int                      chip_checked;
    int                      crl_checked;
    char                     detail[IOA_SNP_DETAIL_MAX];
} ioa_snp_ctx_t;

typedef ioa_check_verdict_t (*ioa_snp_step_pt)(ioa_snp_ctx_t *ctx);

typedef struct {
    const char       *name;
    ioa_snp_step_pt   run;
} ioa_snp_step_t;


static ioa_check_verdict_t
ioa_snp_that(int good)
{
    return good ? IOA_CHECK_PASSED : IOA_CHECK_FAILED;
}


static void
ioa_snp_detail(ioa_snp_ctx_t *ctx, const char *text)
{
    snprintf(ctx->detail, sizeof(ctx->detail), "%s", text);
}


static void
ioa_snp_detail_tcb(ioa_snp_ctx_t *ctx, const ioa_snp_tcb_t *tcb)
{
    snprintf(ctx->detail, sizeof(ctx->detail),
             "fmc %u, bootloader %u, tee %u, snp %u, microcode %u", tcb->fmc,
             tcb->bootloader, tcb->tee, tcb->snp, tcb->microcode);
}


static ioa_check_verdict_t
ioa_snp_step_form(ioa_snp_ctx_t *ctx)
{
    if (ioa_snp_parse(&ctx->view, ctx->data, ctx->len) != IOA_OK) {
        ioa_snp_detail(ctx, "not a report, or reserved bits are set");
        return IOA_CHECK_FAILED;
    }

    snprintf(ctx->detail, sizeof(ctx->detail), "version %u",
             (unsigned) ctx->view.version);

    return IOA_CHECK_PASSED;
}


static ioa_check_verdict_t
ioa_snp_step_debug(ioa_snp_ctx_t *ctx)
{
    snprintf(ctx->detail, sizeof(ctx->detail), "policy 0x%llx",
             (unsigned long long) ctx->view.policy);

    return ioa_snp_that(!(ctx->view.policy & IOA_SNP_POLICY_DEBUG));
}


/* An agent could take the guest to a machine that nobody attested. */
static ioa_check_verdict_t
ioa_snp_step_migration(ioa_snp_ctx_t *ctx)
{
    snprintf(ctx->detail, sizeof(ctx->detail), "policy 0x%llx",
             (unsigned long long) ctx->view.policy);

    return ioa_snp_that(!(ctx->view.policy & IOA_SNP_POLICY_MIGRATE_MA));
}


static ioa_check_verdict_t
ioa_snp_step_vmpl(ioa_snp_ctx_t *ctx)
{
    snprintf(ctx->detail, sizeof(ctx->detail), "%u",
             (unsigned) ctx->view.vmpl);

    if (ctx->policy->vmpl == IOA_SNP_VMPL_ANY) {
        return IOA_CHECK_NOT_MADE;
    }

    return ioa_snp_that(ctx->policy->vmpl >= 0
                        && ctx->view.vmpl == (uint32_t) ctx->policy->vmpl);
}


static ioa_check_verdict_t
ioa_snp_step_signer(ioa_snp_ctx_t *ctx)
{
    ioa_snp_detail(ctx, ctx->view.signer == IOA_SNP_VCEK ? "VCEK"
                        : ctx->view.signer == IOA_SNP_VLEK ? "VLEK"
                        : "not signed");

    return ioa_snp_that(ctx->view.signer != IOA_SNP_UNSIGNED);
}


IOA_MUST_CHECK static ioa_chain_rc_t
ioa_snp_add(ioa_chain_t *chain, ioa_reader_t cert)
{
    uint8_t  first;

    if (ioa_reader_peek(&cert, &first) && first == IOA_SNP_DER_FIRST) {
        return ioa_chain_add_der(chain, cert.pos, cert.left);
    }

    return ioa_chain_add_pem(chain, cert.pos, cert.left);
}


/* What was given goes before what the report's table holds. */
static ioa_check_verdict_t
ioa_snp_step_key(ioa_snp_ctx_t *ctx)
{
    ioa_reader_t    key;
    ioa_chain_rc_t  rc;

    key = ctx->policy->key;

    if (ioa_reader_left(&key) == 0) {
        key = ctx->view.signer == IOA_SNP_VCEK ? ctx->view.certs.vcek
                                               : ctx->view.certs.vlek;
    }

    if (ioa_reader_left(&key) == 0) {
        ctx->reason = IOA_ATTESTATION_UNAVAILABLE;

        if (!ioa_snp_kds_path(ctx->detail, &ctx->view,
                              IOA_SNP_PRODUCT_UNKNOWN))
        {
            ioa_snp_detail(ctx, "missing");
        }

        return IOA_CHECK_FAILED;
    }

    rc = ioa_snp_add(ctx->chain, key);
    ioa_snp_detail(ctx, ioa_chain_rc_name(rc));

    return ioa_snp_that(rc == IOA_CHAIN_OK);
}


/* The certificate is of the kind and the product that the report names. */
static ioa_check_verdict_t
ioa_snp_step_names(ioa_snp_ctx_t *ctx)
{
    if (!ioa_snp_cert_read(&ctx->cert, ctx->chain)) {
        ioa_snp_detail(ctx, "not a VCEK or VLEK");
        return IOA_CHECK_FAILED;
    }

    ioa_snp_detail(ctx, ioa_snp_product_name(ctx->cert.product));

    if (ctx->cert.signer != ctx->view.signer) {
        return IOA_CHECK_FAILED;
    }

    if (ctx->view.version > IOA_SNP_VERSION_MIN) {
        return ioa_snp_that(ctx->cert.product == ctx->view.product);
    }

    /* version 2 names no product, and Turin has never had it */
    return ioa_snp_that(ctx->cert.product != IOA_SNP_TURIN);
}


/*
 * The ASK of the table is tried only where the leaf alone does not reach a
 * pinned certificate: whoever pins ASKs need not care what hosts send.
 */
static ioa_check_verdict_t
ioa_snp_step_chain(ioa_snp_ctx_t *ctx)
{
    ioa_chain_rc_t           rc;
    const ioa_snp_policy_t  *policy;

    policy = ctx->policy;
    rc = ioa_chain_verify(ctx->chain, policy->roots, policy->crls,
                          IOA_CHAIN_AMD, policy->now);

    if (rc == IOA_CHAIN_UNTRUSTED && ioa_chain_count(ctx->chain) == 1
        && ioa_reader_left(&ctx->view.certs.ask) != 0
        && ioa_snp_add(ctx->chain, ctx->view.certs.ask) == IOA_CHAIN_OK)
    {
        rc = ioa_chain_verify(ctx->chain, policy->roots, policy->crls,
                              IOA_CHAIN_AMD, policy->now);
    }

    if (rc == IOA_CHAIN_REVOKED) {
        ctx->reason = IOA_REVOKED;
    }

    ioa_snp_detail(ctx, ioa_chain_rc_name(rc));

    return ioa_snp_that(rc == IOA_CHAIN_OK);
}


/* The step before has looked at what CRLs there are. */
static ioa_check_verdict_t
ioa_snp_step_crl(ioa_snp_ctx_t *ctx)
{
    if (ctx->policy->crls == NULL) {
        ioa_snp_detail(ctx, "no CRL");
        return IOA_CHECK_NOT_MADE;
    }

    ctx->crl_checked = 1;

    return IOA_CHECK_PASSED;
}


static ioa_check_verdict_t
ioa_snp_step_tcb(ioa_snp_ctx_t *ctx)
{
    ioa_snp_detail_tcb(ctx, &ctx->cert.tcb);

    return ioa_snp_that(ioa_snp_tcb_covers(&ctx->cert.tcb,
                                           &ctx->view.reported)
                        && ioa_snp_tcb_covers(&ctx->view.reported,
                                              &ctx->cert.tcb));
}


/* The id in the certificate begins the report's, and zeros end it. */
static ioa_check_verdict_t
ioa_snp_step_chip(ioa_snp_ctx_t *ctx)
{
    size_t        n;
    ioa_reader_t  id;

    static const uint8_t  zeros[IOA_SNP_CHIP_ID_LEN];

    if (ctx->cert.signer == IOA_SNP_VLEK) {
        ioa_snp_detail(ctx, "a VLEK names no chip");
        return IOA_CHECK_NOT_MADE;
    }

    if (ioa_snp_chip_masked(&ctx->view)) {
        ioa_snp_detail(ctx, "masked");
        return IOA_CHECK_NOT_MADE;
    }

    ioa_reader_init(&id, ctx->view.chip_id64, IOA_SNP_CHIP_ID_LEN);
    n = ioa_reader_left(&ctx->cert.chip);

    if (!ioa_reader_match(&id, ctx->cert.chip.pos, n)
        || !ioa_reader_match(&id, zeros, IOA_SNP_CHIP_ID_LEN - n))
    {
        return IOA_CHECK_FAILED;
    }

    ctx->chip_checked = 1;

    return IOA_CHECK_PASSED;
}


static ioa_check_verdict_t
ioa_snp_step_signature(ioa_snp_ctx_t *ctx)
{
    ioa_reader_t  piece;

    ioa_reader_init(&piece, ctx->view.report, IOA_SNP_SIGNED_LEN);
    ioa_snp_detail(ctx, "ECDSA P-384, SHA-384");

    return ioa_snp_that(ioa_chain_ecdsa_verify(ctx->chain, 0,
                                               ctx->view.sig96,
                                               IOA_SNP_SIG_LEN, piece));
}


/* In the order in which versions are newer. */
static unsigned
ioa_snp_firmware_version(const ioa_snp_firmware_t *firmware)
{
    return (unsigned) firmware->major << 16 | (unsigned) firmware->minor << 8
           | firmware->build;
}


/*
 * Firmware may run before it is committed, and be rolled back then: what is
 * reported must be committed already, and what is committed must run.
 */
static ioa_check_verdict_t
ioa_snp_step_committed(ioa_snp_ctx_t *ctx)
{
    const ioa_snp_view_t  *view;

    view = &ctx->view;
    ctx->reason = IOA_TCB_REJECTED;
    ioa_snp_detail_tcb(ctx, &view->committed);

    return ioa_snp_that(ioa_snp_tcb_covers(&view->committed, &view->reported)
                        && ioa_snp_tcb_covers(&view->current,
                                              &view->committed)
                        && ioa_snp_firmware_version(&view->committed_firmware)
                           <= ioa_snp_firmware_version(
                                  &view->current_firmware));
}


/*
 * The guest was launched on a TCB that can no longer be rolled back; what runs
 * has it too, for it is not older than what is committed.
 */
static ioa_check_verdict_t
ioa_snp_step_launch(ioa_snp_ctx_t *ctx)
{
    ctx->reason = IOA_TCB_REJECTED;
    ioa_snp_detail_tcb(ctx, &ctx->view.launch);

    return ioa_snp_that(ioa_snp_tcb_covers(&ctx->view.committed,
                                           &ctx->view.launch));
}


static ioa_check_verdict_t
ioa_snp_step_floor(ioa_snp_ctx_t *ctx)
{
    ctx->reason = IOA_TCB_REJECTED;
    ioa_snp_detail_tcb(ctx, &ctx->view.reported);

    return ioa_snp_that(ioa_snp_tcb_covers(&ctx->view.reported,
                                           &ctx->policy->min_tcb));
}


static const ioa_snp_step_t  ioa_snp_steps[] = {
    { "snp.form", ioa_snp_step_form },
    { "snp.debug_off", ioa_snp_step_debug },
    { "snp.no_migration", ioa_snp_step_migration },
    { "snp.vmpl", ioa_snp_step_vmpl },
    { "snp.signing_key", ioa_snp_step_signer },
    { "snp.certificate", ioa_snp_step_key },
    { "snp.certificate_names", ioa_snp_step_names },
    { "snp.chain", ioa_snp_step_chain },
    { "snp.revocation", ioa_snp_step_crl },
    { "snp.certificate_tcb", ioa_snp_step_tcb },
    { "snp.chip_id", ioa_snp_step_chip },
    { "snp.signature", ioa_snp_step_signature },
    { "snp.committed_tcb", ioa_snp_step_committed },
    { "snp.launch_tcb", ioa_snp_step_launch },
    { "snp.min_tcb", ioa_snp_step_floor }
};

#define IOA_SNP_STEPS  (sizeof(ioa_snp_steps) / sizeof(ioa_snp_steps[0]))


/* Returns: IOA_OK where no step failed. */
static ioa_status_t
ioa_snp_run(ioa_snp_ctx_t *ctx, ioa_checks_t *checks)
{
    size_t               i;
    ioa_status_t         st;
    ioa_check_verdict_t  verdict;

    st = IOA_OK;

    for (i = 0; i < IOA_SNP_STEPS; i++) {
        ctx->detail[0] = '\0';
        ctx->reason = IOA_CPU_EVIDENCE_INVALID;

        if (st != IOA_OK) {
            ioa_check_add(checks, ioa_snp_steps[i].name, IOA_CHECK_NOT_MADE,
                          "an earlier check failed");
            continue;
        }

        verdict = ioa_snp_steps[i].run(ctx);
        ioa_check_add(checks, ioa_snp_steps[i].name, verdict, "%s",
                      ctx->detail);

        if (verdict == IOA_CHECK_FAILED) {
            st = ctx->reason;
        }
    }

    return st;
}


/* Out: snp, from a report that was verified. */
static void
ioa_snp_fill(ioa_snp_t *snp, const ioa_snp_ctx_t *ctx)
{
    int64_t                from;
    const ioa_snp_view_t  *view;

    view = &ctx->view;

    snp->product = ctx->cert.product;
    snp->signer = view->signer;
    snp->version = view->version;
    snp->guest_svn = view->guest_svn;
    snp->policy = view->policy;
    snp->platform_info = view->platform_info;
    snp->vmpl = view->vmpl;
    snp->reported = view->reported;
    snp->current = view->current;
    snp->committed = view->committed;
    snp->launch = view->launch;

    memcpy(snp->report_data, view->report_data64, IOA_SNP_REPORT_DATA_LEN);
    memcpy(snp->measurement, view->measurement48, IOA_SNP_MEASUREMENT_LEN);
    memcpy(snp->host_data, view->host_data32, IOA_SNP_HOST_DATA_LEN);
    memcpy(snp->chip_id, view->chip_id64, IOA_SNP_CHIP_ID_LEN);

    snp->chip_checked = ctx->chip_checked;
    snp->crl_checked = ctx->crl_checked;

    if (!ioa_chain_dates(&from, &snp->not_after, ctx->chain, 0)) {
        snp->not_after = 0;
    }
}


ioa_status_t
ioa_snp_verify(ioa_snp_t *snp, ioa_checks_t *checks, const uint8_t *data,
    size_t len, const ioa_snp_policy_t *policy)
{
    ioa_status_t   st;
    ioa_snp_ctx_t  ctx;

    memset(snp, 0, sizeof(ioa_snp_t));
    memset(&ctx, 0, sizeof(ioa_snp_ctx_t));

    ctx.data = data;
    ctx.len = len;
    ctx.policy = policy;
    ctx.chain = ioa_chain_new(policy->cache);

    if (ctx.chain == NULL) {
        return IOA_CPU_EVIDENCE_INVALID;
    }

    st = ioa_snp_run(&ctx, checks);

    if (st == IOA_OK) {
        ioa_snp_fill(snp, &ctx);
    }

    ioa_chain_free(ctx.chain);

    return st;
}
