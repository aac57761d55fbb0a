/*
 * ioa_verify_tdx: see ioa_verify_tdx.h.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tdx/ioa_verify_tdx.h"
#include "base/ioa_codec.h"
#include "base/ioa_sha256.h"
#include "crypto/ioa_ecdsa.h"

#define IOA_PCK_CN               "Intel SGX PCK Certificate"
#define IOA_PCK_CA_PLATFORM_CN   "Intel SGX PCK Platform CA"
#define IOA_PCK_CA_PROCESSOR_CN  "Intel SGX PCK Processor CA"

#define IOA_TDX_QE_PRODID        2
#define IOA_SGX_ATTRIBUTE_DEBUG  0x02       /* in the first byte */

/* All others are reserved, or make the domain's state leave it. */
#define IOA_TDX_TD_KNOWN                                                      \
    (IOA_TDX_TD_DEBUG | IOA_TDX_TD_SEPT_VE_DISABLE | IOA_TDX_TD_PKS           \
     | IOA_TDX_TD_KL | IOA_TDX_TD_PERFMON)

typedef struct {
    int                     made;           /* 0: the check was left out */
    char                    detail[IOA_CHECK_DETAIL_MAX];
    ioa_chain_t            *chain;
    ioa_tdx_quote_t         quote;
    ioa_tdx_result_t       *res;
    const uint8_t          *data;
    size_t                  len;
    const ioa_tdx_trust_t  *trust;
} ioa_tdx_ctx_t;

/* One check.  Returns: IOA_OK where it passed or was left out. */
typedef struct {
    const char    *name;
    ioa_status_t (*run)(ioa_tdx_ctx_t *ctx);
} ioa_tdx_step_t;

static const uint8_t  ioa_tdx_vendor_intel[IOA_TDX_VENDOR_LEN] = {
    0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
    0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07
};

/* MRSIGNER of Intel's TD quoting enclave. */
static const uint8_t  ioa_tdx_qe_signer[IOA_TDX_QE_HASH_LEN] = {
    0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17,
    0x47, 0x4e, 0x34, 0xa7, 0xfc, 0x43, 0xed, 0x03,
    0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba, 0xbd, 0xdf,
    0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5
};


static void ioa_tdx_say(ioa_tdx_ctx_t *ctx, const char *format, ...)
    __attribute__((format(printf, 2, 3)));


static void
ioa_tdx_say(ioa_tdx_ctx_t *ctx, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    (void) vsnprintf(ctx->detail, sizeof(ctx->detail), format, args);
    va_end(args);
}


static int
ioa_tdx_zero(const uint8_t *bytes, size_t n)
{
    size_t   i;
    uint8_t  any;

    for (i = 0, any = 0; i < n; i++) {
        any |= bytes[i];
    }

    return any == 0;
}


static ioa_status_t
ioa_tdx_step_layout(ioa_tdx_ctx_t *ctx)
{
    ioa_tdx_rc_t  rc;

    rc = ioa_tdx_parse(&ctx->quote, ctx->data, ctx->len);

    if (rc != IOA_TDX_OK) {
        ioa_tdx_say(ctx, "%s", ioa_tdx_rc_name(rc));
        return IOA_CPU_EVIDENCE_INVALID;
    }

    ioa_tdx_say(ctx, "version %d, TD 1.%c, %zu bytes behind it",
                ctx->quote.version, ctx->quote.body.td15 ? '5' : '0',
                ctx->quote.trailing);

    return memcmp(ctx->quote.vendor, ioa_tdx_vendor_intel,
                  IOA_TDX_VENDOR_LEN) == 0
           ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


/* Out: the earliest end of the chain's certificates. */
static ioa_status_t
ioa_tdx_chain_end(ioa_tdx_ctx_t *ctx)
{
    size_t   i;
    int64_t  from, to, end;

    for (i = 0, end = INT64_MAX; i < ioa_chain_count(ctx->chain); i++) {
        if (!ioa_chain_dates(&from, &to, ctx->chain, i)) {
            return IOA_CPU_EVIDENCE_INVALID;
        }

        end = to < end ? to : end;
    }

    ctx->res->not_after = end;

    return IOA_OK;
}


static ioa_status_t
ioa_tdx_step_chain(ioa_tdx_ctx_t *ctx)
{
    ioa_chain_rc_t  rc;

    ctx->chain = ioa_chain_new(ctx->trust->cache);

    if (ctx->chain == NULL) {
        ioa_tdx_say(ctx, "no memory");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    rc = ioa_chain_add_pem(ctx->chain, ctx->quote.certs.pos,
                           ctx->quote.certs.left);

    if (rc == IOA_CHAIN_OK) {
        rc = ioa_chain_verify(ctx->chain, ctx->trust->roots, ctx->trust->crls,
                              IOA_CHAIN_INTEL, ctx->trust->now);
    }

    ioa_tdx_say(ctx, "%zu certificates: %s", ioa_chain_count(ctx->chain),
                ioa_chain_rc_name(rc));

    if (rc != IOA_CHAIN_OK) {
        return rc == IOA_CHAIN_REVOKED ? IOA_REVOKED
                                       : IOA_CPU_EVIDENCE_INVALID;
    }

    return ioa_tdx_chain_end(ctx);
}


/* What ioa_tdx_step_chain did, on a line of its own. */
static ioa_status_t
ioa_tdx_step_crls(ioa_tdx_ctx_t *ctx)
{
    ctx->made = ctx->trust->crls != NULL;
    ioa_tdx_say(ctx, ctx->made ? "no certificate is listed"
                               : "no CRLs were given");

    return IOA_OK;
}


static ioa_status_t
ioa_tdx_step_pck(ioa_tdx_ctx_t *ctx)
{
    char          leaf[IOA_CHAIN_CN_MAX + 1], issuer[IOA_CHAIN_CN_MAX + 1];
    uint8_t       fmspc[2 * IOA_PCK_FMSPC_LEN + 1];
    ioa_reader_t  value;

    if (!ioa_chain_subject_cn(leaf, ctx->chain, 0)
        || !ioa_chain_issuer_cn(issuer, ctx->chain, 0)
        || strcmp(leaf, IOA_PCK_CN) != 0)
    {
        ioa_tdx_say(ctx, "the leaf is no PCK certificate");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    if (strcmp(issuer, IOA_PCK_CA_PLATFORM_CN) == 0) {
        ctx->res->pck_ca = IOA_PCK_CA_PLATFORM;

    } else if (strcmp(issuer, IOA_PCK_CA_PROCESSOR_CN) == 0) {
        ctx->res->pck_ca = IOA_PCK_CA_PROCESSOR;

    } else {
        ioa_tdx_say(ctx, "issued by \"%s\"", issuer);
        return IOA_CPU_EVIDENCE_INVALID;
    }

    if (!ioa_chain_extension(&value, ctx->chain, 0, IOA_PCK_OID)
        || !ioa_pck_parse(&ctx->res->pck, value))
    {
        ioa_tdx_say(ctx, "the SGX extension is missing or malformed");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    ioa_hex_encode(fmspc, ctx->res->pck.fmspc, IOA_PCK_FMSPC_LEN);
    fmspc[2 * IOA_PCK_FMSPC_LEN] = '\0';
    ioa_tdx_say(ctx, "fmspc %s, pcesvn %d, issued by \"%s\"",
                (const char *) fmspc, ctx->res->pck.pcesvn, issuer);

    return IOA_OK;
}


static ioa_status_t
ioa_tdx_step_qe_signature(ioa_tdx_ctx_t *ctx)
{
    ioa_reader_t  point;

    ioa_tdx_say(ctx, "by the PCK");

    return ioa_chain_point(&point, ctx->chain, 0)
           && point.left == IOA_P256_POINT_LEN
           && ioa_chain_ecdsa_verify(ctx->chain, 0,
                                     ctx->quote.qe_signature.pos,
                                     ctx->quote.qe_signature.left,
                                     ctx->quote.qe_report)
           ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


/* The QE's report data: SHA-256 of the key and the auth data, then zeros. */
static ioa_status_t
ioa_tdx_step_qe_binding(ioa_tdx_ctx_t *ctx)
{
    uint8_t       want[IOA_TDX_REPORT_DATA_LEN];
    ioa_sha256_t  sha;

    ioa_tdx_say(ctx, "its report names the attestation key");

    memset(want, 0, sizeof(want));
    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, ctx->quote.key.pos, ctx->quote.key.left);
    ioa_sha256_update(&sha, ctx->quote.qe_auth.pos, ctx->quote.qe_auth.left);
    ioa_sha256_final(want, &sha);

    return memcmp(want, ctx->quote.qe.report_data, sizeof(want)) == 0
           ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


static ioa_status_t
ioa_tdx_step_qe_identity(ioa_tdx_ctx_t *ctx)
{
    const ioa_tdx_qe_t  *qe;

    qe = &ctx->quote.qe;
    ioa_tdx_say(ctx, "product %d, svn %d", qe->isvprodid, qe->isvsvn);

    return memcmp(qe->mrsigner, ioa_tdx_qe_signer, IOA_TDX_QE_HASH_LEN) == 0
           && qe->isvprodid == IOA_TDX_QE_PRODID
           && !(qe->attributes[0] & IOA_SGX_ATTRIBUTE_DEBUG)
           ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


static ioa_status_t
ioa_tdx_step_signature(ioa_tdx_ctx_t *ctx)
{
    ioa_tdx_say(ctx, "by the attestation key");

    return ioa_ecdsa_verify(ctx->quote.key.pos, ctx->quote.key.left,
                            ctx->quote.signature.pos,
                            ctx->quote.signature.left,
                            ctx->quote.signed_part)
           ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


static ioa_status_t
ioa_tdx_step_debug(ioa_tdx_ctx_t *ctx)
{
    ioa_tdx_say(ctx, "td_attributes %016" PRIx64,
                ctx->quote.body.td_attributes);

    return ctx->quote.body.td_attributes & IOA_TDX_TD_DEBUG
           ? IOA_CPU_EVIDENCE_INVALID : IOA_OK;
}


static ioa_status_t
ioa_tdx_step_reserved(ioa_tdx_ctx_t *ctx)
{
    ioa_tdx_say(ctx, "td_attributes %016" PRIx64,
                ctx->quote.body.td_attributes);

    return ctx->quote.body.td_attributes & ~IOA_TDX_TD_KNOWN
           ? IOA_CPU_EVIDENCE_INVALID : IOA_OK;
}


static ioa_status_t
ioa_tdx_step_sept(ioa_tdx_ctx_t *ctx)
{
    ctx->res->sept_ve_disable = (ctx->quote.body.td_attributes
                                 & IOA_TDX_TD_SEPT_VE_DISABLE) != 0;
    ctx->made = ctx->trust->sept_ve_disable;

    ioa_tdx_say(ctx, "the bit is %s%s",
                ctx->res->sept_ve_disable ? "set" : "clear",
                ctx->made ? "" : ", and not asked for");

    return ctx->made && !ctx->res->sept_ve_disable
           ? IOA_CPU_EVIDENCE_INVALID : IOA_OK;
}


/* Intel's own module, without debug or any other attribute. */
static ioa_status_t
ioa_tdx_step_seam(ioa_tdx_ctx_t *ctx)
{
    ioa_tdx_say(ctx, "module svn %d.%d", ctx->quote.body.tee_tcb_svn[1],
                ctx->quote.body.tee_tcb_svn[0]);

    return ioa_tdx_zero(ctx->quote.body.mrsigner_seam, IOA_TDX_MR_LEN)
           && ioa_tdx_zero(ctx->quote.body.seam_attributes,
                           IOA_TDX_ATTRIBUTES_LEN)
           ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


/* A service TD could migrate the domain to a machine that nobody attested. */
static ioa_status_t
ioa_tdx_step_service(ioa_tdx_ctx_t *ctx)
{
    ctx->made = ctx->quote.body.td15;
    ioa_tdx_say(ctx, ctx->made ? "mr_servicetd is zero where there is none"
                               : "TD 1.0 has no such field");

    return ioa_tdx_zero(ctx->quote.body.mr_servicetd, IOA_TDX_MR_LEN)
           ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


static const ioa_tdx_step_t  ioa_tdx_steps[] = {
    { "tdx quote layout", ioa_tdx_step_layout },
    { "tdx pck chain", ioa_tdx_step_chain },
    { "tdx pck revocation", ioa_tdx_step_crls },
    { "tdx pck certificate", ioa_tdx_step_pck },
    { "tdx qe report signature", ioa_tdx_step_qe_signature },
    { "tdx qe report binding", ioa_tdx_step_qe_binding },
    { "tdx qe identity", ioa_tdx_step_qe_identity },
    { "tdx quote signature", ioa_tdx_step_signature },
    { "tdx debug off", ioa_tdx_step_debug },
    { "tdx attributes known", ioa_tdx_step_reserved },
    { "tdx sept_ve_disable", ioa_tdx_step_sept },
    { "tdx module", ioa_tdx_step_seam },
    { "tdx no service td", ioa_tdx_step_service },
};

#define IOA_TDX_STEPS  (sizeof(ioa_tdx_steps) / sizeof(ioa_tdx_steps[0]))


/* Makes the checks in order, up to the first that fails. */
static ioa_status_t
ioa_tdx_run(ioa_tdx_ctx_t *ctx, ioa_checks_t *checks)
{
    size_t               i, passed;
    ioa_status_t         st;
    ioa_check_verdict_t  verdict;

    st = IOA_CPU_EVIDENCE_INVALID;

    for (passed = 0; passed < IOA_TDX_STEPS; passed++) {
        ctx->made = 1;
        st = ioa_tdx_steps[passed].run(ctx);

        verdict = ctx->made ? IOA_CHECK_PASSED : IOA_CHECK_NOT_MADE;
        verdict = st == IOA_OK ? verdict : IOA_CHECK_FAILED;

        ioa_check_add(checks, ioa_tdx_steps[passed].name, verdict, "%s",
                      ctx->detail);

        if (st != IOA_OK) {
            break;
        }
    }

    for (i = passed + 1; i < IOA_TDX_STEPS; i++) {
        ioa_check_add(checks, ioa_tdx_steps[i].name, IOA_CHECK_NOT_MADE,
                      "an earlier check failed");
    }

    return st;
}


ioa_status_t
ioa_tdx_verify(ioa_tdx_result_t *res, ioa_checks_t *checks,
    const uint8_t *quote, size_t len, const ioa_tdx_trust_t *trust)
{
    ioa_status_t   st;
    ioa_tdx_ctx_t  ctx;

    memset(res, 0, sizeof(*res));
    memset(&ctx, 0, sizeof(ctx));
    ctx.res = res;
    ctx.data = quote;
    ctx.len = len;
    ctx.trust = trust;

    st = ioa_tdx_run(&ctx, checks);
    ioa_chain_free(ctx.chain);

    if (st != IOA_OK) {
        memset(res, 0, sizeof(*res));
        return st;
    }

    res->body = ctx.quote.body;
    res->qe = ctx.quote.qe;
    res->trailing = ctx.quote.trailing;

    return IOA_OK;
}
