/*
 * ioa_verify_gpu: one device.  See ioa_verify_gpu.h.  The steps stand in one
 * table, in order; the first that fails ends it, and the rest are reported
 * as not made.
 */

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "nvidia/ioa_verify_gpu.h"
#include "base/ioa_sha256.h"

#define IOA_GPU_ON          0xaa
#define IOA_GPU_OFF         0x55
#define IOA_GPU_DETAIL_MAX  IOA_CHECK_DETAIL_MAX

typedef struct {
    const ioa_gpu_evidence_t  *evidence;
    const ioa_gpu_policy_t    *policy;
    ioa_spdm_view_t            view;
    ioa_chain_t               *chain;
    ioa_gpu_t                  gpu;
    char                       detail[IOA_GPU_DETAIL_MAX];
} ioa_gpu_ctx_t;

typedef ioa_check_verdict_t (*ioa_gpu_step_pt)(ioa_gpu_ctx_t *ctx);

typedef struct {
    const char       *name;
    ioa_gpu_step_pt   run;
} ioa_gpu_step_t;


static ioa_check_verdict_t
ioa_gpu_that(int good)
{
    return good ? IOA_CHECK_PASSED : IOA_CHECK_FAILED;
}


static void
ioa_gpu_detail(ioa_gpu_ctx_t *ctx, const char *text)
{
    snprintf(ctx->detail, sizeof(ctx->detail), "%s", text);
}


static ioa_check_verdict_t
ioa_gpu_step_form(ioa_gpu_ctx_t *ctx)
{
    ioa_status_t  st;

    st = ioa_spdm_parse(&ctx->view, ctx->evidence->evidence.pos,
                        ctx->evidence->evidence.left);

    if (st == IOA_OK) {
        snprintf(ctx->detail, sizeof(ctx->detail),
                 "%zu measurements, %zu bytes behind the signature",
                 ctx->view.blocks_n, ctx->view.trailing);
        ctx->gpu.measurements = ctx->view.blocks_n;
    }

    return ioa_gpu_that(st == IOA_OK);
}


static ioa_check_verdict_t
ioa_gpu_step_nonce(ioa_gpu_ctx_t *ctx)
{
    return ioa_gpu_that(CRYPTO_memcmp(ctx->view.nonce32,
                                      ctx->policy->nonce32,
                                      IOA_SPDM_NONCE_LEN) == 0);
}


static ioa_check_verdict_t
ioa_gpu_step_certificates(ioa_gpu_ctx_t *ctx)
{
    ioa_chain_rc_t  rc;

    rc = ioa_chain_add_pem(ctx->chain, ctx->evidence->certificates.pos,
                           ctx->evidence->certificates.left);

    snprintf(ctx->detail, sizeof(ctx->detail), "%s, %zu certificates",
             ioa_chain_rc_name(rc), ioa_chain_count(ctx->chain));

    return ioa_gpu_that(rc == IOA_CHAIN_OK
                        && ioa_chain_count(ctx->chain) == IOA_GPU_CERTS);
}


static ioa_check_verdict_t
ioa_gpu_step_chain(ioa_gpu_ctx_t *ctx)
{
    ioa_chain_rc_t  rc;

    rc = ioa_chain_verify(ctx->chain, ctx->policy->roots, NULL,
                          IOA_CHAIN_NVIDIA, ctx->policy->now);
    ioa_gpu_detail(ctx, ioa_chain_rc_name(rc));

    return ioa_gpu_that(rc == IOA_CHAIN_OK);
}


/* CRLs cover none of these chains; OCSP is not asked here. */
static ioa_check_verdict_t
ioa_gpu_step_revocation(ioa_gpu_ctx_t *ctx)
{
    ioa_gpu_detail(ctx, "OCSP is not asked");

    return IOA_CHECK_NOT_MADE;
}


static ioa_check_verdict_t
ioa_gpu_step_arch(ioa_gpu_ctx_t *ctx)
{
    if (!ioa_gpu_cert_arch(&ctx->gpu.arch, ctx->gpu.chip, ctx->chain)) {
        ioa_gpu_detail(ctx, "not a GPU that is known");
        return IOA_CHECK_FAILED;
    }

    snprintf(ctx->detail, sizeof(ctx->detail), "%s, %s", ctx->gpu.chip,
             ioa_gpu_arch_name(ctx->gpu.arch));

    return IOA_CHECK_PASSED;
}


static ioa_check_verdict_t
ioa_gpu_step_signature(ioa_gpu_ctx_t *ctx)
{
    ioa_gpu_detail(ctx, "ECDSA P-384, SHA-384");

    return ioa_gpu_that(ioa_chain_ecdsa_verify(ctx->chain, IOA_GPU_CERT_LEAF,
                                               ctx->view.sig96,
                                               IOA_SPDM_SIG_LEN,
                                               ctx->view.signed_bytes));
}


/* The chip's own key: what makes two pieces of evidence one device's. */
static ioa_check_verdict_t
ioa_gpu_step_identity(ioa_gpu_ctx_t *ctx)
{
    ioa_sha256_t  sha;
    ioa_reader_t  spki;

    if (!ioa_chain_spki(&spki, ctx->chain, IOA_GPU_CERT_DEVICE)) {
        return IOA_CHECK_FAILED;
    }

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, spki.pos, spki.left);
    ioa_sha256_final(ctx->gpu.identity, &sha);

    return IOA_CHECK_PASSED;
}


static ioa_check_verdict_t
ioa_gpu_step_fwid(ioa_gpu_ctx_t *ctx)
{
    ioa_reader_t  said, certified;

    if (!ioa_spdm_has(&ctx->view, IOA_SPDM_FWID)) {
        ioa_gpu_detail(ctx, "the evidence has none");
        return IOA_CHECK_NOT_MADE;
    }

    said = ctx->view.records[IOA_SPDM_FWID];

    if (!ioa_gpu_cert_fwid(&certified, ctx->chain, ctx->gpu.arch)
        || ioa_reader_left(&said) != ioa_reader_left(&certified)
        || !ioa_reader_match(&said, certified.pos, certified.left))
    {
        return IOA_CHECK_FAILED;
    }

    ctx->gpu.fwid_checked = 1;

    return IOA_CHECK_PASSED;
}


/* A version must be one where it is said at all. */
static ioa_check_verdict_t
ioa_gpu_step_versions(ioa_gpu_ctx_t *ctx)
{
    const ioa_spdm_view_t  *view;

    view = &ctx->view;

    if ((!ioa_spdm_driver(ctx->gpu.driver, view)
         && ioa_spdm_has(view, IOA_SPDM_DRIVER))
        || (!ioa_spdm_vbios(ctx->gpu.vbios, view)
            && ioa_spdm_has(view, IOA_SPDM_VBIOS)))
    {
        ioa_gpu_detail(ctx, "malformed");
        return IOA_CHECK_FAILED;
    }

    snprintf(ctx->detail, sizeof(ctx->detail), "driver %s, VBIOS %s",
             ctx->gpu.driver, ctx->gpu.vbios);

    return IOA_CHECK_PASSED;
}


/* Out: flag, 1 or 0, or IOA_GPU_NOT_SAID. */
IOA_MUST_CHECK static int
ioa_gpu_switch(int *flag, const ioa_spdm_view_t *view, ioa_spdm_type_t type)
{
    unsigned  value;

    *flag = IOA_GPU_NOT_SAID;

    if (!ioa_spdm_has(view, type)) {
        return 1;
    }

    if (!ioa_spdm_number(&value, view, type)
        || (value != IOA_GPU_ON && value != IOA_GPU_OFF))
    {
        return 0;
    }

    *flag = value == IOA_GPU_ON;

    return 1;
}


/* A feature that is not known is handed on as its number. */
static ioa_check_verdict_t
ioa_gpu_step_flags(ioa_gpu_ctx_t *ctx)
{
    unsigned    value;
    ioa_gpu_t  *gpu;

    gpu = &ctx->gpu;
    gpu->feature = IOA_GPU_NOT_SAID;

    if (!ioa_gpu_switch(&gpu->nvdec0, &ctx->view, IOA_SPDM_NVDEC0)
        || !ioa_gpu_switch(&gpu->protected_pcie, &ctx->view,
                           IOA_SPDM_PROTECTED_PCIE))
    {
        return IOA_CHECK_FAILED;
    }

    if (ioa_spdm_has(&ctx->view, IOA_SPDM_FEATURE)) {
        if (!ioa_spdm_number(&value, &ctx->view, IOA_SPDM_FEATURE)) {
            return IOA_CHECK_FAILED;
        }

        gpu->feature = (int) value;
    }

    snprintf(ctx->detail, sizeof(ctx->detail),
             "feature %d, protected PCIe %d, NVDEC0 %d", gpu->feature,
             gpu->protected_pcie, gpu->nvdec0);

    return IOA_CHECK_PASSED;
}


static const ioa_gpu_step_t  ioa_gpu_steps[] = {
    { "form", ioa_gpu_step_form },
    { "nonce", ioa_gpu_step_nonce },
    { "certificates", ioa_gpu_step_certificates },
    { "chain", ioa_gpu_step_chain },
    { "revocation", ioa_gpu_step_revocation },
    { "arch", ioa_gpu_step_arch },
    { "signature", ioa_gpu_step_signature },
    { "identity", ioa_gpu_step_identity },
    { "fwid", ioa_gpu_step_fwid },
    { "versions", ioa_gpu_step_versions },
    { "flags", ioa_gpu_step_flags }
};

#define IOA_GPU_STEPS  (sizeof(ioa_gpu_steps) / sizeof(ioa_gpu_steps[0]))


/* Returns: 1 where no step failed. */
IOA_MUST_CHECK static int
ioa_gpu_run(ioa_gpu_ctx_t *ctx, ioa_checks_t *checks, size_t index)
{
    int                  good;
    char                 name[IOA_CHECK_NAME_MAX];
    size_t               i;
    ioa_check_verdict_t  verdict;

    good = 1;

    for (i = 0; i < IOA_GPU_STEPS; i++) {
        snprintf(name, sizeof(name), "gpu[%zu].%s", index,
                 ioa_gpu_steps[i].name);
        ctx->detail[0] = '\0';

        if (!good) {
            ioa_check_add(checks, name, IOA_CHECK_NOT_MADE,
                          "an earlier check failed");
            continue;
        }

        verdict = ioa_gpu_steps[i].run(ctx);
        ioa_check_add(checks, name, verdict, "%s", ctx->detail);
        good = verdict != IOA_CHECK_FAILED;
    }

    return good;
}


ioa_status_t
ioa_gpu_verify(ioa_gpu_t *gpu, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t index,
    const ioa_gpu_policy_t *policy)
{
    ioa_status_t   st;
    ioa_gpu_ctx_t  ctx;

    memset(gpu, 0, sizeof(ioa_gpu_t));
    memset(&ctx, 0, sizeof(ioa_gpu_ctx_t));

    ctx.evidence = evidence;
    ctx.policy = policy;
    ctx.chain = ioa_chain_new(policy->cache);

    if (ctx.chain == NULL) {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    st = IOA_GPU_EVIDENCE_INVALID;

    if (ioa_gpu_run(&ctx, checks, index)) {
        *gpu = ctx.gpu;
        st = IOA_OK;
    }

    ioa_chain_free(ctx.chain);

    return st;
}
