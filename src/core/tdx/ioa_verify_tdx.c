/*
 * ioa_verify_tdx: see ioa_verify_tdx.h.
 */

#include <inttypes.h>
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

/* All others are reserved, or let the host see the domain's state. */
#define IOA_TDX_TD_KNOWN                                                      \
    (IOA_TDX_TD_DEBUG | IOA_TDX_TD_SEPT_VE_DISABLE | IOA_TDX_TD_PKS           \
     | IOA_TDX_TD_KL | IOA_TDX_TD_PERFMON)

typedef struct {
    ioa_chain_t            *chain;
    ioa_tdx_quote_t         quote;
    ioa_tdx_result_t       *res;
    const uint8_t          *data;
    size_t                  len;
    const ioa_tdx_trust_t  *trust;
} ioa_tdx_ctx_t;

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


/* Notes what was found, or what is wrong. */
static ioa_status_t
ioa_tdx_that(ioa_note_t *note, int good, const char *found,
    const char *wrong)
{
    ioa_note(note, "%s", good ? found : wrong);

    return good ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


static ioa_status_t
ioa_tdx_step_layout(ioa_note_t *note, void *data)
{
    ioa_tdx_rc_t    rc;
    ioa_tdx_ctx_t  *ctx = data;

    rc = ioa_tdx_parse(&ctx->quote, ctx->data, ctx->len);

    if (rc != IOA_TDX_OK) {
        ioa_note(note, "%s", ioa_tdx_rc_name(rc));
        return IOA_CPU_EVIDENCE_INVALID;
    }

    if (memcmp(ctx->quote.vendor, ioa_tdx_vendor_intel, IOA_TDX_VENDOR_LEN)
        != 0)
    {
        ioa_note(note, "the vendor of the quoting enclave is not Intel");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    ioa_note(note, "version %d, TD 1.%c, %zu bytes behind it",
             ctx->quote.version, ctx->quote.body.td15 ? '5' : '0',
             ctx->quote.trailing);

    return IOA_OK;
}


/* Out: the earliest end of the chain's certificates. */
static ioa_status_t
ioa_tdx_chain_end(ioa_note_t *note, ioa_tdx_ctx_t *ctx)
{
    size_t   i;
    int64_t  from, to, end;

    for (i = 0, end = INT64_MAX; i < ioa_chain_count(ctx->chain); i++) {
        if (!ioa_chain_dates(&from, &to, ctx->chain, i)) {
            ioa_note(note, "the dates of certificate %zu cannot be read", i);
            return IOA_CPU_EVIDENCE_INVALID;
        }

        end = to < end ? to : end;
    }

    ctx->res->not_after = end;

    return IOA_OK;
}


static ioa_status_t
ioa_tdx_step_chain(ioa_note_t *note, void *data)
{
    char            text[IOA_CHAIN_TEXT_MAX];
    ioa_chain_rc_t  rc;
    ioa_tdx_ctx_t  *ctx = data;

    ctx->chain = ioa_chain_new(ctx->trust->cache);

    if (ctx->chain == NULL) {
        ioa_note(note, "no memory");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    rc = ioa_chain_add_pem(ctx->chain, ctx->quote.certs.pos,
                           ctx->quote.certs.left);

    if (rc == IOA_CHAIN_OK) {
        rc = ioa_chain_verify(ctx->chain, ctx->trust->roots, ctx->trust->crls,
                              IOA_CHAIN_INTEL, ctx->trust->now);
    }

    ioa_chain_text(text, rc, ctx->chain, ctx->trust->roots, ctx->trust->crls,
                   IOA_CHAIN_INTEL, ctx->trust->now);
    ioa_note(note, "%zu certificates: %s", ioa_chain_count(ctx->chain), text);

    if (rc != IOA_CHAIN_OK) {
        return rc == IOA_CHAIN_REVOKED ? IOA_REVOKED
                                       : IOA_CPU_EVIDENCE_INVALID;
    }

    return ioa_tdx_chain_end(note, ctx);
}


/* What ioa_tdx_step_chain did, on a line of its own. */
static ioa_status_t
ioa_tdx_step_crls(ioa_note_t *note, void *data)
{
    ioa_tdx_ctx_t  *ctx = data;

    note->made = ctx->trust->crls != NULL;
    ioa_note(note, note->made ? "no certificate is listed"
                              : "no CRLs were given");

    return IOA_OK;
}


static ioa_status_t
ioa_tdx_step_pck(ioa_note_t *note, void *data)
{
    char            leaf[IOA_CHAIN_CN_MAX + 1], issuer[IOA_CHAIN_CN_MAX + 1];
    uint8_t         fmspc[2 * IOA_PCK_FMSPC_LEN + 1];
    ioa_reader_t    value;
    ioa_tdx_ctx_t  *ctx = data;

    if (!ioa_chain_subject_cn(leaf, ctx->chain, 0)
        || !ioa_chain_issuer_cn(issuer, ctx->chain, 0)
        || strcmp(leaf, IOA_PCK_CN) != 0)
    {
        ioa_note(note, "the leaf is no PCK certificate");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    if (strcmp(issuer, IOA_PCK_CA_PLATFORM_CN) == 0) {
        ctx->res->pck_ca = IOA_PCK_CA_PLATFORM;

    } else if (strcmp(issuer, IOA_PCK_CA_PROCESSOR_CN) == 0) {
        ctx->res->pck_ca = IOA_PCK_CA_PROCESSOR;

    } else {
        ioa_note(note, "issued by \"%s\"", issuer);
        return IOA_CPU_EVIDENCE_INVALID;
    }

    if (!ioa_chain_extension(&value, ctx->chain, 0, IOA_PCK_OID)
        || !ioa_pck_parse(&ctx->res->pck, value))
    {
        ioa_note(note, "the SGX extension is missing or malformed");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    ioa_hex_encode(fmspc, ctx->res->pck.fmspc, IOA_PCK_FMSPC_LEN);
    fmspc[2 * IOA_PCK_FMSPC_LEN] = '\0';
    ioa_note(note, "fmspc %s, pcesvn %d, issued by \"%s\"",
             (const char *) fmspc, ctx->res->pck.pcesvn, issuer);

    return IOA_OK;
}


static ioa_status_t
ioa_tdx_step_qe_signature(ioa_note_t *note, void *data)
{
    int             good;
    ioa_reader_t    point;
    ioa_tdx_ctx_t  *ctx = data;

    good = ioa_chain_point(&point, ctx->chain, 0)
           && point.left == IOA_P256_POINT_LEN
           && ioa_chain_ecdsa_verify(ctx->chain, 0,
                                     ctx->quote.qe_signature.pos,
                                     ctx->quote.qe_signature.left,
                                     ctx->quote.qe_report);

    return ioa_tdx_that(note, good, "by the PCK",
                        "the PCK did not sign this report");
}


/* The QE's report data: SHA-256 of the key and the auth data, then zeros. */
static ioa_status_t
ioa_tdx_step_qe_binding(ioa_note_t *note, void *data)
{
    uint8_t         want[IOA_TDX_REPORT_DATA_LEN];
    ioa_sha256_t    sha;
    ioa_tdx_ctx_t  *ctx = data;

    memset(want, 0, sizeof(want));
    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, ctx->quote.key.pos, ctx->quote.key.left);
    ioa_sha256_update(&sha, ctx->quote.qe_auth.pos, ctx->quote.qe_auth.left);
    ioa_sha256_final(want, &sha);

    return ioa_tdx_that(note, memcmp(want, ctx->quote.qe.report_data,
                                     sizeof(want)) == 0,
                        "the QE's report names the attestation key",
                        "the QE's report does not name the attestation key");
}


static ioa_status_t
ioa_tdx_step_qe_identity(ioa_note_t *note, void *data)
{
    const ioa_tdx_qe_t  *qe;
    ioa_tdx_ctx_t       *ctx = data;

    qe = &ctx->quote.qe;

    if (memcmp(qe->mrsigner, ioa_tdx_qe_signer, IOA_TDX_QE_HASH_LEN) != 0) {
        ioa_note(note, "the signer of the quoting enclave is not Intel");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    if (qe->isvprodid != IOA_TDX_QE_PRODID) {
        ioa_note(note, "product %d of Intel's is not the TD quoting enclave",
                 qe->isvprodid);
        return IOA_CPU_EVIDENCE_INVALID;
    }

    if (qe->attributes[0] & IOA_SGX_ATTRIBUTE_DEBUG) {
        ioa_note(note, "the quoting enclave is in debug mode");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    ioa_note(note, "product %d, svn %d", qe->isvprodid, qe->isvsvn);

    return IOA_OK;
}


static ioa_status_t
ioa_tdx_step_signature(ioa_note_t *note, void *data)
{
    int             good;
    ioa_tdx_ctx_t  *ctx = data;

    good = ioa_ecdsa_verify(ctx->quote.key.pos, ctx->quote.key.left,
                            ctx->quote.signature.pos,
                            ctx->quote.signature.left,
                            ctx->quote.signed_part);

    return ioa_tdx_that(note, good, "by the attestation key",
                        "the attestation key did not sign this quote");
}


static ioa_status_t
ioa_tdx_step_debug(ioa_note_t *note, void *data)
{
    uint64_t        debug;
    ioa_tdx_ctx_t  *ctx = data;

    debug = ctx->quote.body.td_attributes & IOA_TDX_TD_DEBUG;
    ioa_note(note, "%016" PRIx64 "%s", ctx->quote.body.td_attributes,
             debug != 0 ? ": DEBUG is set" : "");

    return debug != 0 ? IOA_CPU_EVIDENCE_INVALID : IOA_OK;
}


static ioa_status_t
ioa_tdx_step_reserved(ioa_note_t *note, void *data)
{
    uint64_t        bits;
    ioa_tdx_ctx_t  *ctx = data;

    bits = ctx->quote.body.td_attributes & ~IOA_TDX_TD_KNOWN;

    if (bits != 0) {
        ioa_note(note, "%016" PRIx64 ": of these, %016" PRIx64 " must not be "
                 "set", ctx->quote.body.td_attributes, bits);
        return IOA_CPU_EVIDENCE_INVALID;
    }

    ioa_note(note, "%016" PRIx64, ctx->quote.body.td_attributes);

    return IOA_OK;
}


/* Intel's own module, without debug or any other attribute. */
static ioa_status_t
ioa_tdx_step_seam(ioa_note_t *note, void *data)
{
    int             good;
    ioa_tdx_ctx_t  *ctx = data;

    good = ioa_tdx_zero(ctx->quote.body.mrsigner_seam, IOA_TDX_MR_LEN)
           && ioa_tdx_zero(ctx->quote.body.seam_attributes,
                           IOA_TDX_ATTRIBUTES_LEN);

    ioa_note(note, "module svn %d.%d%s", ctx->quote.body.tee_tcb_svn[1],
             ctx->quote.body.tee_tcb_svn[0],
             good ? "" : ", signer or attributes are not Intel's");

    return good ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


/* A service TD could migrate the domain to a machine that nobody attested. */
static ioa_status_t
ioa_tdx_step_service(ioa_note_t *note, void *data)
{
    ioa_tdx_ctx_t  *ctx = data;

    note->made = ctx->quote.body.td15;

    return ioa_tdx_that(note, ioa_tdx_zero(ctx->quote.body.mr_servicetd,
                                           IOA_TDX_MR_LEN),
                        note->made ? "mr_servicetd is zero"
                                   : "TD 1.0 has no such field",
                        "mr_servicetd is not zero");
}


static const ioa_step_t  ioa_tdx_steps[] = {
    { "tdx.layout", ioa_tdx_step_layout },
    { "tdx.pck_chain", ioa_tdx_step_chain },
    { "tdx.pck_revocation", ioa_tdx_step_crls },
    { "tdx.pck_certificate", ioa_tdx_step_pck },
    { "tdx.qe_report_signature", ioa_tdx_step_qe_signature },
    { "tdx.qe_report_data", ioa_tdx_step_qe_binding },
    { "tdx.qe", ioa_tdx_step_qe_identity },
    { "tdx.signature", ioa_tdx_step_signature },
    { "tdx.debug", ioa_tdx_step_debug },
    { "tdx.td_attributes", ioa_tdx_step_reserved },
    { "tdx.seam_module", ioa_tdx_step_seam },
    { "tdx.service_td", ioa_tdx_step_service }
};

#define IOA_TDX_STEPS  (sizeof(ioa_tdx_steps) / sizeof(ioa_tdx_steps[0]))


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

    st = ioa_steps_run(checks, "", ioa_tdx_steps, IOA_TDX_STEPS, &ctx);
    ioa_chain_free(ctx.chain);

    if (st != IOA_OK) {
        memset(res, 0, sizeof(*res));
        return st;
    }

    res->sept_ve_disable = (ctx.quote.body.td_attributes
                            & IOA_TDX_TD_SEPT_VE_DISABLE) != 0;
    res->body = ctx.quote.body;
    res->qe = ctx.quote.qe;

    return IOA_OK;
}
