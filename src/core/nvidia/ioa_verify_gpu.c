/*
 * ioa_verify_gpu: one device.  See ioa_verify_gpu.h.
 */

#include <stdio.h>
#include <string.h>

#include "nvidia/ioa_verify_gpu.h"
#include "base/ioa_bytes.h"
#include "base/ioa_codec.h"
#include "base/ioa_sha256.h"
#include "nvidia/ioa_gpu_ocsp.h"

#define IOA_GPU_ON   0xaa
#define IOA_GPU_OFF  0x55

#define IOA_GPU_NUMBER_MAX  24

typedef struct {
    const ioa_gpu_evidence_t  *evidence;
    const ioa_gpu_trust_t     *trust;
    size_t                     index;
    ioa_spdm_view_t            view;
    ioa_chain_t               *chain;
    ioa_gpu_t                  gpu;
} ioa_gpu_ctx_t;


static ioa_status_t
ioa_gpu_that(int good)
{
    return good ? IOA_OK : IOA_GPU_EVIDENCE_INVALID;
}


static ioa_status_t
ioa_gpu_step_form(ioa_note_t *note, void *data)
{
    ioa_gpu_ctx_t          *ctx = data;
    const ioa_spdm_form_t  *form = &ctx->view.form;

    if (ioa_spdm_parse(&ctx->view, ctx->evidence->evidence.pos,
                       ctx->evidence->evidence.left) != IOA_OK)
    {
        ioa_note(note, "%s",
                 ioa_spdm_newer(ctx->evidence->evidence.pos,
                                ctx->evidence->evidence.left)
                 ? "its SPDM version is above 1.1: " IOA_NEWER_FORMAT
                 : "not a whole request and its answer");
        return IOA_GPU_EVIDENCE_INVALID;
    }

    if (form->newer) {
        ioa_note(note, "opaque data NVDAOD %u.%u.%u, profile %u: "
                 IOA_NEWER_FORMAT, form->major, form->minor, form->patch,
                 form->profile);
        return IOA_GPU_EVIDENCE_INVALID;
    }

    ioa_note(note, "%zu measurements, %s records, %zu bytes behind the "
             "signature", ctx->view.blocks_n,
             form->versioned ? "versioned" : "unversioned",
             ctx->view.trailing);

    return IOA_OK;
}


static ioa_status_t
ioa_gpu_step_nonce(ioa_note_t *note, void *data)
{
    int             good;
    ioa_gpu_ctx_t  *ctx = data;

    good = ioa_bytes_same_secret(ctx->view.nonce32, ctx->trust->nonce32,
                                 IOA_SPDM_NONCE_LEN);

    ioa_note(note, "%sthe nonce that was sent", good ? "" : "not ");

    return ioa_gpu_that(good);
}


static ioa_status_t
ioa_gpu_step_certificates(ioa_note_t *note, void *data)
{
    ioa_chain_rc_t  rc;
    ioa_gpu_ctx_t  *ctx = data;

    rc = ioa_chain_add_pem(ctx->chain, ctx->evidence->certificates.pos,
                           ctx->evidence->certificates.left);

    if (rc != IOA_CHAIN_OK) {
        ioa_note(note, "they cannot be read: %s", ioa_chain_rc_name(rc));
        return IOA_GPU_EVIDENCE_INVALID;
    }

    ioa_note(note, "%zu, %d are expected", ioa_chain_count(ctx->chain),
             IOA_GPU_CERTS);

    return ioa_gpu_that(ioa_chain_count(ctx->chain) == IOA_GPU_CERTS);
}


static ioa_status_t
ioa_gpu_step_chain(ioa_note_t *note, void *data)
{
    ioa_chain_rc_t  rc;
    ioa_gpu_ctx_t  *ctx = data;

    rc = ioa_chain_verify(ctx->chain, ctx->trust->roots, NULL,
                          IOA_CHAIN_NVIDIA, ctx->trust->now);
    ioa_note(note, "%s", ioa_chain_rc_name(rc));

    return ioa_gpu_that(rc == IOA_CHAIN_OK);
}


/* CRLs cover none of these chains: NVIDIA's OCSP responder is asked. */
static ioa_status_t
ioa_gpu_step_revocation(ioa_note_t *note, void *data)
{
    ioa_gpu_ctx_t  *ctx = data;

    if (ctx->trust->ocsp == NULL) {
        ioa_note(note, "OCSP is not asked");
        note->made = 0;
        return IOA_OK;
    }

    return ioa_gpu_ocsp_judge(note, ctx->trust->ocsp, ctx->chain, ctx->index,
                              ctx->trust->now);
}


static ioa_status_t
ioa_gpu_step_arch(ioa_note_t *note, void *data)
{
    ioa_gpu_ctx_t  *ctx = data;

    if (!ioa_gpu_cert_arch(&ctx->gpu.arch, ctx->gpu.chip, ctx->chain)) {
        if (ctx->gpu.chip[0] != '\0') {
            ioa_note(note, "%s: " IOA_NEWER_FORMAT, ctx->gpu.chip);

        } else {
            ioa_note(note, "not a GPU that is known");
        }

        return IOA_GPU_EVIDENCE_INVALID;
    }

    ioa_note(note, "%s, %s", ctx->gpu.chip,
             ioa_gpu_arch_name(ctx->gpu.arch));

    return IOA_OK;
}


static ioa_status_t
ioa_gpu_step_signature(ioa_note_t *note, void *data)
{
    int             good;
    ioa_gpu_ctx_t  *ctx = data;

    good = ioa_chain_ecdsa_verify(ctx->chain, IOA_GPU_CERT_LEAF,
                                  ctx->view.sig96, IOA_SPDM_SIG_LEN,
                                  ctx->view.signed_bytes);

    ioa_note(note, "%s", good ? "ECDSA P-384, SHA-384"
                              : "the GPU's key did not sign this evidence");

    return ioa_gpu_that(good);
}


/* The chip's own key: what makes two pieces of evidence one device's. */
static ioa_status_t
ioa_gpu_step_identity(ioa_note_t *note, void *data)
{
    char            hex[2 * IOA_GPU_IDENTITY_LEN];
    ioa_reader_t    spki;
    ioa_gpu_ctx_t  *ctx = data;

    if (!ioa_chain_spki(&spki, ctx->chain, IOA_GPU_CERT_DEVICE)
        || !ioa_gpu_cert_ueid(ctx->gpu.ueid, ctx->chain))
    {
        ioa_note(note, "the certificate has no UEID");
        return IOA_GPU_EVIDENCE_INVALID;
    }

    ioa_sha256(ctx->gpu.identity, spki.pos, spki.left);

    ioa_hex_encode((uint8_t *) hex, ctx->gpu.identity, IOA_GPU_IDENTITY_LEN);
    ioa_note(note, "UEID %s, SHA-256 of its key %.*s", ctx->gpu.ueid,
             (int) sizeof(hex), hex);

    return IOA_OK;
}


static ioa_status_t
ioa_gpu_step_fwid(ioa_note_t *note, void *data)
{
    ioa_reader_t    said, certified;
    ioa_gpu_ctx_t  *ctx = data;

    if (!ioa_spdm_has(&ctx->view, IOA_SPDM_FWID)) {
        ioa_note(note, "the evidence has none");
        note->made = 0;
        return IOA_OK;
    }

    said = ctx->view.records[IOA_SPDM_FWID];

    if (!ioa_gpu_cert_fwid(&certified, ctx->chain, ctx->gpu.arch)) {
        ioa_note(note, "the certificate has none");
        return IOA_GPU_EVIDENCE_INVALID;
    }

    if (ioa_reader_left(&said) != ioa_reader_left(&certified)
        || !ioa_reader_match(&said, certified.pos, certified.left))
    {
        ioa_note(note, "differs from the certificate's");
        return IOA_GPU_EVIDENCE_INVALID;
    }

    ioa_note(note, "the certificate's");

    return IOA_OK;
}


/*
 * Every GPU that NVIDIA has made for confidential computing measures as much.
 * That each index is there once, ioa_spdm_parse has seen to.
 */
static ioa_status_t
ioa_gpu_step_shape(ioa_note_t *note, void *data)
{
    size_t                   i;
    ioa_gpu_ctx_t           *ctx = data;
    const ioa_spdm_block_t  *block;

    ioa_note(note, "%zu measurements, %d are expected", ctx->view.blocks_n,
             IOA_GPU_MEASURED_MAX);

    for (i = 0; i < ctx->view.blocks_n; i++) {
        block = &ctx->view.blocks[i];

        if (block->index == 0 || block->index > IOA_GPU_MEASURED_MAX
            || ioa_reader_left(&block->value) != IOA_GPU_MEASURED_LEN)
        {
            ioa_note(note, "measurement %u of %zu bytes: 1 to %d are "
                     "expected, of %d", (unsigned) block->index,
                     ioa_reader_left(&block->value), IOA_GPU_MEASURED_MAX,
                     IOA_GPU_MEASURED_LEN);
            return IOA_GPU_EVIDENCE_INVALID;
        }
    }

    return ioa_gpu_that(ctx->view.blocks_n == IOA_GPU_MEASURED_MAX);
}


static ioa_status_t
ioa_gpu_step_versions(ioa_note_t *note, void *data)
{
    ioa_gpu_ctx_t  *ctx = data;

    if (!ioa_spdm_driver(ctx->gpu.driver, &ctx->view)
        || !ioa_spdm_vbios(ctx->gpu.vbios, &ctx->view))
    {
        ioa_note(note, "%s is missing or malformed",
                 ctx->gpu.driver[0] == '\0' ? "the driver's version"
                                            : "the VBIOS' version");
        return IOA_GPU_EVIDENCE_INVALID;
    }

    ioa_note(note, "driver %s, VBIOS %s", ctx->gpu.driver, ctx->gpu.vbios);

    return IOA_OK;
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


static ioa_status_t
ioa_gpu_step_nvdec0(ioa_note_t *note, void *data)
{
    ioa_gpu_ctx_t  *ctx = data;

    if (!ioa_gpu_switch(&ctx->gpu.nvdec0, &ctx->view, IOA_SPDM_NVDEC0)
        || ctx->gpu.nvdec0 == IOA_GPU_NOT_SAID)
    {
        ioa_note(note, "missing, or neither on nor off");
        return IOA_GPU_EVIDENCE_INVALID;
    }

    ioa_note(note, ctx->gpu.nvdec0 ? "on" : "off");

    return IOA_OK;
}


/* The switch of each NVLink.  Out: gpu, each switch once, sorted. */
IOA_MUST_CHECK static int
ioa_gpu_switches(ioa_gpu_t *gpu, ioa_reader_t pdis)
{
    int             order;
    size_t          i;
    const uint8_t  *pdi;

    if (ioa_reader_left(&pdis) == 0
        || ioa_reader_left(&pdis) % IOA_GPU_PDI_LEN != 0)
    {
        return 0;
    }

    while (ioa_reader_take(&pdis, &pdi, IOA_GPU_PDI_LEN)) {

        for (i = 0, order = 1; i < gpu->switches_n && order > 0; i++) {
            order = memcmp(pdi, gpu->switches[i], IOA_GPU_PDI_LEN);
        }

        if (order == 0) {
            continue;
        }

        if (gpu->switches_n == IOA_GPU_SWITCHES) {
            gpu->switches_n++;
            return 1;
        }

        /* before the last one looked at, where that is greater */

        i = order < 0 ? i - 1 : i;
        memmove(gpu->switches[i + 1], gpu->switches[i],
                (gpu->switches_n - i) * IOA_GPU_PDI_LEN);
        memcpy(gpu->switches[i], pdi, IOA_GPU_PDI_LEN);
        gpu->switches_n++;
    }

    return 1;
}


/* Two records say it; drivers before 580 have the first alone. */
static ioa_status_t
ioa_gpu_step_mode(ioa_note_t *note, void *data)
{
    int             pcie;
    unsigned        mode;
    ioa_gpu_t      *gpu;
    ioa_gpu_ctx_t  *ctx = data;

    gpu = &ctx->gpu;

    if (!ioa_gpu_switch(&pcie, &ctx->view, IOA_SPDM_PROTECTED_PCIE)) {
        ioa_note(note, "protected PCIe is neither on nor off");
        return IOA_GPU_EVIDENCE_INVALID;
    }

    mode = pcie == 1 ? IOA_GPU_PROTECTED_PCIE : IOA_GPU_SINGLE;

    if (ioa_spdm_has(&ctx->view, IOA_SPDM_FEATURE)
        && (!ioa_spdm_number(&mode, &ctx->view, IOA_SPDM_FEATURE)
            || mode >= IOA_GPU_MODES))
    {
        ioa_note(note, "a mode that is not known: " IOA_NEWER_FORMAT);
        return IOA_GPU_EVIDENCE_INVALID;
    }

    if (pcie != IOA_GPU_NOT_SAID
        && (pcie == 1) != (mode == IOA_GPU_PROTECTED_PCIE))
    {
        ioa_note(note, "two records of the mode disagree");
        return IOA_GPU_EVIDENCE_INVALID;
    }

    gpu->mode = (ioa_gpu_mode_t) mode;
    ioa_note(note, "%s", ioa_gpu_mode_name(gpu->mode));

    if (gpu->mode == IOA_GPU_PROTECTED_PCIE
        && !ioa_gpu_switches(gpu, ctx->view.records[IOA_SPDM_SWITCHES]))
    {
        ioa_note(note, "protected-pcie, without the switches of its NVLinks");
        return IOA_GPU_EVIDENCE_INVALID;
    }

    return IOA_OK;
}


const char *
ioa_gpu_mode_name(ioa_gpu_mode_t mode)
{
    static const char *const  names[IOA_GPU_MODES] = {
        [IOA_GPU_SINGLE] = "single",
        [IOA_GPU_MULTI] = "multi",
        [IOA_GPU_PROTECTED_PCIE] = "protected-pcie"
    };

    return (unsigned) mode < IOA_GPU_MODES ? names[mode] : "unknown";
}


static const ioa_step_t  ioa_gpu_steps[] = {
    { "gpu.#.layout", ioa_gpu_step_form },
    { "gpu.#.nonce", ioa_gpu_step_nonce },
    { "gpu.#.certificates", ioa_gpu_step_certificates },
    { "gpu.#.chain", ioa_gpu_step_chain },
    { "gpu.#.revocation", ioa_gpu_step_revocation },
    { "gpu.#.chip", ioa_gpu_step_arch },
    { "gpu.#.signature", ioa_gpu_step_signature },
    { "gpu.#.identity", ioa_gpu_step_identity },
    { "gpu.#.fwid", ioa_gpu_step_fwid },
    { "gpu.#.shape", ioa_gpu_step_shape },
    { "gpu.#.versions", ioa_gpu_step_versions },
    { "gpu.#.nvdec0", ioa_gpu_step_nvdec0 },
    { "gpu.#.mode", ioa_gpu_step_mode }
};

#define IOA_GPU_STEPS  (sizeof(ioa_gpu_steps) / sizeof(ioa_gpu_steps[0]))

/* Whether the leaf is a GPU's of NVIDIA's is for its service to say. */
static const ioa_step_t  ioa_gpu_read_steps[] = {
    { "gpu.#.layout", ioa_gpu_step_form },
    { "gpu.#.nonce", ioa_gpu_step_nonce },
    { "gpu.#.certificates", ioa_gpu_step_certificates },
    { "gpu.#.chip", ioa_gpu_step_arch },
    { "gpu.#.signature", ioa_gpu_step_signature },
    { "gpu.#.identity", ioa_gpu_step_identity },
    { "gpu.#.mode", ioa_gpu_step_mode }
};

#define IOA_GPU_READ_STEPS                                                   \
    (sizeof(ioa_gpu_read_steps) / sizeof(ioa_gpu_read_steps[0]))


static ioa_status_t
ioa_gpu_run(ioa_gpu_t *gpu, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t index,
    const ioa_gpu_trust_t *trust, const ioa_step_t *steps, size_t n)
{
    char           number[IOA_GPU_NUMBER_MAX];
    ioa_status_t   st;
    ioa_gpu_ctx_t  ctx;

    memset(gpu, 0, sizeof(ioa_gpu_t));
    memset(&ctx, 0, sizeof(ioa_gpu_ctx_t));

    ctx.evidence = evidence;
    ctx.trust = trust;
    ctx.index = index;
    ctx.chain = ioa_chain_new(trust->cache);

    if (ctx.chain == NULL) {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    snprintf(number, sizeof(number), "%zu", index);
    st = ioa_steps_run(checks, number, steps, n, &ctx);

    if (st == IOA_OK) {
        *gpu = ctx.gpu;
        ioa_gpu_measured(gpu, &ctx.view);
    }

    ioa_chain_free(ctx.chain);

    return st;
}


ioa_status_t
ioa_gpu_verify(ioa_gpu_t *gpu, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t index,
    const ioa_gpu_trust_t *trust)
{
    return ioa_gpu_run(gpu, checks, evidence, index, trust, ioa_gpu_steps,
                       IOA_GPU_STEPS);
}


ioa_status_t
ioa_gpu_read(ioa_gpu_t *gpu, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t index,
    const ioa_gpu_trust_t *trust)
{
    return ioa_gpu_run(gpu, checks, evidence, index, trust,
                       ioa_gpu_read_steps, IOA_GPU_READ_STEPS);
}
