/*
 * ioa_verify_snp: see ioa_verify_snp.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "snp/ioa_verify_snp.h"
#include "snp/ioa_snp_cert.h"

#define IOA_SNP_DER_FIRST  0x30    /* SEQUENCE; PEM text starts otherwise */
#define IOA_SNP_TCB_TEXT   80

typedef struct {
    const uint8_t          *data;
    size_t                  len;
    const ioa_snp_trust_t  *trust;
    ioa_snp_view_t          view;
    ioa_chain_t            *chain;
    ioa_snp_cert_t          cert;
    int                     chip_checked;
    int                     key_unfit;
} ioa_snp_ctx_t;


static ioa_status_t
ioa_snp_that(int good)
{
    return good ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


static void
ioa_snp_tcb_text(char text[IOA_SNP_TCB_TEXT], const ioa_snp_tcb_t *tcb)
{
    snprintf(text, IOA_SNP_TCB_TEXT,
             "fmc %u, bootloader %u, tee %u, snp %u, microcode %u",
             tcb->fmc, tcb->bootloader, tcb->tee, tcb->snp, tcb->microcode);
}


/* Notes the TCB that was found, or how it does not fit another one. */
static int
ioa_snp_note_tcb(ioa_note_t *note, int good, const char *before,
    const ioa_snp_tcb_t *tcb, const char *between,
    const ioa_snp_tcb_t *other)
{
    char  one[IOA_SNP_TCB_TEXT], two[IOA_SNP_TCB_TEXT];

    ioa_snp_tcb_text(one, tcb);
    ioa_snp_tcb_text(two, other);

    if (good) {
        ioa_note(note, "%s", one);

    } else {
        ioa_note(note, "%s%s%s%s", before, one, between, two);
    }

    return good;
}


static ioa_status_t
ioa_snp_step_form(ioa_note_t *note, void *data)
{
    ioa_snp_ctx_t  *ctx = data;

    if (ioa_snp_parse(&ctx->view, ctx->data, ctx->len) != IOA_OK) {
        ioa_note(note, "%s", ioa_snp_unread(&ctx->view));
        return IOA_CPU_EVIDENCE_INVALID;
    }

    ioa_note(note, "version %u", (unsigned) ctx->view.version);

    return IOA_OK;
}


static ioa_status_t
ioa_snp_step_debug(ioa_note_t *note, void *data)
{
    ioa_snp_ctx_t  *ctx = data;

    ioa_note(note, "policy 0x%" PRIx64 "%s", ctx->view.policy,
             ctx->view.policy & IOA_SNP_POLICY_DEBUG
             ? ": debug mode is allowed" : "");

    return ioa_snp_that(!(ctx->view.policy & IOA_SNP_POLICY_DEBUG));
}


/* An agent could take the guest to a machine that nobody attested. */
static ioa_status_t
ioa_snp_step_migration(ioa_note_t *note, void *data)
{
    ioa_snp_ctx_t  *ctx = data;

    ioa_note(note, "policy 0x%" PRIx64 "%s", ctx->view.policy,
             ctx->view.policy & IOA_SNP_POLICY_MIGRATE_MA
             ? ": a migration agent is allowed" : "");

    return ioa_snp_that(!(ctx->view.policy & IOA_SNP_POLICY_MIGRATE_MA));
}


/* What a guest asked for has its level; what the host did has none. */
static ioa_status_t
ioa_snp_step_vmpl(ioa_note_t *note, void *data)
{
    ioa_snp_ctx_t  *ctx = data;

    ioa_note(note, "%u%s", (unsigned) ctx->view.vmpl,
             ctx->view.vmpl > IOA_SNP_VMPL_MAX
             ? ", not asked for by a guest" : "");

    return ioa_snp_that(ctx->view.vmpl <= IOA_SNP_VMPL_MAX);
}


static const char *
ioa_snp_signer_name(ioa_snp_signer_t signer)
{
    return signer == IOA_SNP_VCEK ? "VCEK"
           : signer == IOA_SNP_VLEK ? "VLEK" : "not signed";
}


static ioa_status_t
ioa_snp_step_signer(ioa_note_t *note, void *data)
{
    ioa_snp_ctx_t  *ctx = data;

    ioa_note(note, "%s", ioa_snp_signer_name(ctx->view.signer));

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


/*
 * A certificate from a file or the key service takes precedence over the
 * report's table.
 */
static ioa_status_t
ioa_snp_step_key(ioa_note_t *note, void *data)
{
    char            path[IOA_SNP_KDS_PATH_MAX];
    ioa_reader_t    key;
    ioa_chain_rc_t  rc;
    ioa_snp_ctx_t  *ctx = data;

    key = ctx->trust->key;

    if (ioa_reader_left(&key) == 0) {
        key = ctx->view.signer == IOA_SNP_VCEK ? ctx->view.certs.vcek
                                               : ctx->view.certs.vlek;
    }

    if (ioa_reader_left(&key) == 0) {
        (void) ioa_snp_kds_path(path, &ctx->view, IOA_SNP_PRODUCT_UNKNOWN);
        ioa_note(note, "no certificate of the key%s%s",
                 path[0] != '\0' ? ", the key service has it at " : "", path);

        return IOA_ATTESTATION_UNAVAILABLE;
    }

    ctx->key_unfit = 1;
    rc = ioa_snp_add(ctx->chain, key);
    ioa_note(note, "%s", rc == IOA_CHAIN_OK ? "it can be read"
                                            : ioa_chain_rc_name(rc));

    return ioa_snp_that(rc == IOA_CHAIN_OK);
}


/* The certificate is of the kind and the product that the report names. */
static ioa_status_t
ioa_snp_step_names(ioa_note_t *note, void *data)
{
    int             good;
    ioa_snp_ctx_t  *ctx = data;

    if (!ioa_snp_cert_read(&ctx->cert, ctx->chain)) {
        ioa_note(note, "not a VCEK or VLEK");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    /* version 2 names no product, and Turin has never had it */

    good = ctx->cert.signer == ctx->view.signer
           && (ctx->view.version > IOA_SNP_VERSION_MIN
               ? ctx->cert.product == ctx->view.product
               : ctx->cert.product != IOA_SNP_TURIN);

    if (good) {
        ioa_note(note, "%s of %s", ioa_snp_signer_name(ctx->cert.signer),
                 ioa_snp_product_name(ctx->cert.product));
        return IOA_OK;
    }

    ioa_note(note, "the certificate is for a %s of %s, the report (version "
             "%u) for a %s of %s", ioa_snp_signer_name(ctx->cert.signer),
             ioa_snp_product_name(ctx->cert.product),
             (unsigned) ctx->view.version,
             ioa_snp_signer_name(ctx->view.signer),
             ctx->view.product != IOA_SNP_PRODUCT_UNKNOWN
             ? ioa_snp_product_name(ctx->view.product) : "Milan or Genoa");

    return IOA_CPU_EVIDENCE_INVALID;
}


/*
 * The ASK of the table is tried only where the leaf alone does not reach a
 * pinned certificate: with pinned ASKs the host's table does not matter.
 */
static ioa_status_t
ioa_snp_step_chain(ioa_note_t *note, void *data)
{
    char                    text[IOA_CHAIN_TEXT_MAX];
    ioa_chain_rc_t          rc;
    ioa_snp_ctx_t          *ctx = data;
    const ioa_snp_trust_t  *trust;

    trust = ctx->trust;
    rc = ioa_chain_verify(ctx->chain, trust->roots, trust->crls,
                          IOA_CHAIN_AMD, trust->now);

    if (rc == IOA_CHAIN_UNTRUSTED && ioa_chain_count(ctx->chain) == 1
        && ioa_reader_left(&ctx->view.certs.ask) != 0
        && ioa_snp_add(ctx->chain, ctx->view.certs.ask) == IOA_CHAIN_OK)
    {
        rc = ioa_chain_verify(ctx->chain, trust->roots, trust->crls,
                              IOA_CHAIN_AMD, trust->now);
    }

    ioa_chain_text(text, rc, ctx->chain, trust->roots, trust->crls,
                   IOA_CHAIN_AMD, trust->now);
    ioa_note(note, "%s", text);

    return rc == IOA_CHAIN_REVOKED ? IOA_REVOKED
                                   : ioa_snp_that(rc == IOA_CHAIN_OK);
}


/* The step before has looked at what CRLs there are. */
static ioa_status_t
ioa_snp_step_crl(ioa_note_t *note, void *data)
{
    ioa_snp_ctx_t  *ctx = data;

    note->made = ctx->trust->crls != NULL;
    ioa_note(note, note->made ? "no certificate is listed" : "no CRL");

    return IOA_OK;
}


static ioa_status_t
ioa_snp_step_tcb(ioa_note_t *note, void *data)
{
    int             good;
    ioa_snp_ctx_t  *ctx = data;

    good = ioa_snp_tcb_covers(&ctx->cert.tcb, &ctx->view.reported)
           && ioa_snp_tcb_covers(&ctx->view.reported, &ctx->cert.tcb);

    return ioa_snp_that(ioa_snp_note_tcb(note, good, "certificate: ",
                                         &ctx->cert.tcb, "; report: ",
                                         &ctx->view.reported));
}


/* The id in the certificate begins the report's, and zeros end it. */
static ioa_status_t
ioa_snp_step_chip(ioa_note_t *note, void *data)
{
    size_t          n;
    ioa_reader_t    id;
    ioa_snp_ctx_t  *ctx = data;

    static const uint8_t  zeros[IOA_SNP_CHIP_ID_LEN];

    if (ctx->cert.signer == IOA_SNP_VLEK) {
        ioa_note(note, "a VLEK names no chip");
        note->made = 0;
        return IOA_OK;
    }

    if (ioa_snp_chip_masked(&ctx->view)) {
        ioa_note(note, "masked");
        note->made = 0;
        return IOA_OK;
    }

    ioa_reader_init(&id, ctx->view.chip_id64, IOA_SNP_CHIP_ID_LEN);
    n = ioa_reader_left(&ctx->cert.chip);

    if (!ioa_reader_match(&id, ctx->cert.chip.pos, n)
        || !ioa_reader_match(&id, zeros, IOA_SNP_CHIP_ID_LEN - n))
    {
        ioa_note(note, "certificate and report name different chips");
        return IOA_CPU_EVIDENCE_INVALID;
    }

    ioa_note(note, "the report's");
    ctx->chip_checked = 1;

    return IOA_OK;
}


static ioa_status_t
ioa_snp_step_signature(ioa_note_t *note, void *data)
{
    int             good;
    ioa_reader_t    piece;
    ioa_snp_ctx_t  *ctx = data;

    ctx->key_unfit = 0;

    ioa_reader_init(&piece, ctx->view.report, IOA_SNP_SIGNED_LEN);
    good = ioa_chain_ecdsa_verify(ctx->chain, 0, ctx->view.sig96,
                                  IOA_SNP_SIG_LEN, piece);

    ioa_note(note, "%s", good ? "ECDSA P-384, SHA-384"
                              : "the key did not sign this report");

    return ioa_snp_that(good);
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
static ioa_status_t
ioa_snp_step_committed(ioa_note_t *note, void *data)
{
    const ioa_snp_view_t  *view;
    ioa_snp_ctx_t         *ctx = data;

    view = &ctx->view;

    if (!ioa_snp_note_tcb(note, ioa_snp_tcb_covers(&view->committed,
                                                   &view->reported),
                          "reported is ", &view->reported,
                          ", but committed only ", &view->committed)
        || !ioa_snp_note_tcb(note, ioa_snp_tcb_covers(&view->current,
                                                      &view->committed),
                             "committed is ", &view->committed,
                             ", but running only ", &view->current))
    {
        return IOA_TCB_REJECTED;
    }

    if (ioa_snp_firmware_version(&view->committed_firmware)
        > ioa_snp_firmware_version(&view->current_firmware))
    {
        ioa_note(note, "committed is firmware %u.%u.%u, but running only "
                 "%u.%u.%u", view->committed_firmware.major,
                 view->committed_firmware.minor,
                 view->committed_firmware.build,
                 view->current_firmware.major, view->current_firmware.minor,
                 view->current_firmware.build);
        return IOA_TCB_REJECTED;
    }

    return IOA_OK;
}


/*
 * The guest was launched on a TCB that can no longer be rolled back; what
 * runs has it too, for it is not older than what is committed.
 */
static ioa_status_t
ioa_snp_step_launch(ioa_note_t *note, void *data)
{
    ioa_snp_ctx_t  *ctx = data;

    return ioa_snp_note_tcb(note, ioa_snp_tcb_covers(&ctx->view.committed,
                                                     &ctx->view.launch),
                            "launched with ", &ctx->view.launch,
                            ", but committed is only ", &ctx->view.committed)
           ? IOA_OK : IOA_TCB_REJECTED;
}


static const ioa_step_t  ioa_snp_steps[] = {
    { "sev_snp.layout", ioa_snp_step_form },
    { "sev_snp.debug", ioa_snp_step_debug },
    { "sev_snp.migration", ioa_snp_step_migration },
    { "sev_snp.vmpl_range", ioa_snp_step_vmpl },
    { "sev_snp.signing_key", ioa_snp_step_signer },
    { "sev_snp.certificate", ioa_snp_step_key },
    { "sev_snp.certificate_names", ioa_snp_step_names },
    { "sev_snp.chain", ioa_snp_step_chain },
    { "sev_snp.revocation", ioa_snp_step_crl },
    { "sev_snp.certificate_tcb", ioa_snp_step_tcb },
    { "sev_snp.certificate_chip_id", ioa_snp_step_chip },
    { "sev_snp.signature", ioa_snp_step_signature },
    { "sev_snp.committed_tcb", ioa_snp_step_committed },
    { "sev_snp.launch_tcb", ioa_snp_step_launch }
};

#define IOA_SNP_STEPS  (sizeof(ioa_snp_steps) / sizeof(ioa_snp_steps[0]))


void
ioa_snp_claims(ioa_snp_t *snp, const ioa_snp_view_t *view)
{
    memset(snp, 0, sizeof(ioa_snp_t));

    snp->product = view->product;
    snp->signer = view->signer;
    snp->policy = view->policy;
    snp->platform_info = view->platform_info;
    snp->vmpl = view->vmpl;
    snp->reported = view->reported;

    memcpy(snp->report_data, view->report_data64, IOA_SNP_REPORT_DATA_LEN);
    memcpy(snp->measurement, view->measurement48, IOA_SNP_MEASUREMENT_LEN);
    memcpy(snp->host_data, view->host_data32, IOA_SNP_HOST_DATA_LEN);
    memcpy(snp->chip_id, view->chip_id64, IOA_SNP_CHIP_ID_LEN);

    snp->provisional = memcmp(&view->current, &view->committed,
                              sizeof(view->current))
                       != 0
                       || memcmp(&view->current_firmware,
                                 &view->committed_firmware,
                                 sizeof(view->current_firmware))
                          != 0;
}


/* Out: snp, from a report that was verified. */
static void
ioa_snp_fill(ioa_snp_t *snp, const ioa_snp_ctx_t *ctx)
{
    int64_t  from;

    ioa_snp_claims(snp, &ctx->view);

    snp->product = ctx->cert.product;
    snp->chip_checked = ctx->chip_checked;

    if (!ioa_chain_dates(&from, &snp->not_after, ctx->chain, 0)) {
        snp->not_after = 0;
    }
}


ioa_status_t
ioa_snp_verify(ioa_snp_t *snp, ioa_checks_t *checks, const uint8_t *data,
    size_t len, const ioa_snp_trust_t *trust)
{
    ioa_status_t   st;
    ioa_snp_ctx_t  ctx;

    memset(snp, 0, sizeof(ioa_snp_t));
    memset(&ctx, 0, sizeof(ioa_snp_ctx_t));

    ctx.data = data;
    ctx.len = len;
    ctx.trust = trust;
    ctx.chain = ioa_chain_new(trust->cache);

    if (ctx.chain == NULL) {
        return IOA_CPU_EVIDENCE_INVALID;
    }

    st = ioa_steps_run(checks, "", ioa_snp_steps, IOA_SNP_STEPS, &ctx);

    if (st == IOA_OK) {
        ioa_snp_fill(snp, &ctx);
    }

    if (trust->key_unfit != NULL) {
        *trust->key_unfit = ctx.key_unfit;
    }

    ioa_chain_free(ctx.chain);

    return st;
}
