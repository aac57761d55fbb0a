/*
 * ioa_snp: see ioa_snp.h.  Each function reads one stretch of the report, in
 * the report's order.
 */

#include <stdio.h>
#include <string.h>

#include "snp/ioa_snp.h"
#include "base/ioa_codec.h"
#include "base/ioa_reader.h"

#define IOA_SNP_FAMILY_ZEN3_ZEN4    0x19
#define IOA_SNP_FAMILY_ZEN5         0x1a
#define IOA_SNP_V3                  3       /* says family and model */
#define IOA_SNP_V5                  5       /* has mitigation vectors */
#define IOA_SNP_FMS_RESERVED_LEN    21
#define IOA_SNP_TAIL_LEN            168     /* 0x1f8 to 0x2a0 */
#define IOA_SNP_MITIGATIONS_LEN     16
#define IOA_SNP_POLICY_RESERVED_BIT 26      /* and all above */
#define IOA_SNP_FLAGS_RESERVED_BIT  5
#define IOA_SNP_SCALAR_LEN          (IOA_SNP_SIG_LEN / 2)
#define IOA_SNP_SCALAR_FIELD_LEN    72
#define IOA_SNP_SIG_RESERVED_LEN    368     /* 512 less two scalars */


/* Takes n bytes that must be zero. */
IOA_MUST_CHECK static int
ioa_snp_zero(ioa_reader_t *r, size_t n)
{
    size_t          i;
    const uint8_t  *p;

    if (!ioa_reader_take(r, &p, n)) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (p[i] != 0) {
            return 0;
        }
    }

    return 1;
}


/* The same of bytes that a later version of the report may use. */
IOA_MUST_CHECK static int
ioa_snp_reserved(ioa_snp_view_t *view, ioa_reader_t *r, size_t n)
{
    if (ioa_reader_left(r) < n) {
        return 0;
    }

    if (!ioa_snp_zero(r, n)) {
        view->newer = 1;
        return 0;
    }

    return 1;
}


/* As known; where not, something of the report is newer than this. */
IOA_MUST_CHECK static int
ioa_snp_known(ioa_snp_view_t *view, int known)
{
    view->newer |= !known;

    return known;
}


/* TCB_VERSION, in the layout of Turin or of what came before. */
IOA_MUST_CHECK static int
ioa_snp_tcb(ioa_snp_view_t *view, ioa_snp_tcb_t *tcb, ioa_reader_t *r,
    int turin)
{
    if (turin) {
        return ioa_reader_u8(r, &tcb->fmc)
               && ioa_reader_u8(r, &tcb->bootloader)
               && ioa_reader_u8(r, &tcb->tee)
               && ioa_reader_u8(r, &tcb->snp)
               && ioa_snp_reserved(view, r, 3)
               && ioa_reader_u8(r, &tcb->microcode);
    }

    tcb->fmc = 0;

    return ioa_reader_u8(r, &tcb->bootloader)
           && ioa_reader_u8(r, &tcb->tee)
           && ioa_snp_reserved(view, r, 4)
           && ioa_reader_u8(r, &tcb->snp)
           && ioa_reader_u8(r, &tcb->microcode);
}


/* 0x00: version to signature algorithm.  Out: current, still to be read. */
static int
ioa_snp_head(ioa_snp_view_t *view, ioa_reader_t *current, ioa_reader_t *r)
{
    return ioa_reader_u32le(r, &view->version)
           && view->version >= IOA_SNP_VERSION_MIN
           && ioa_snp_known(view, view->version <= IOA_SNP_VERSION_MAX)
           && ioa_reader_u32le(r, &view->guest_svn)
           && ioa_reader_u64le(r, &view->policy)
           && view->policy & IOA_SNP_POLICY_ONE
           && ioa_snp_known(view, view->policy
                                  >> IOA_SNP_POLICY_RESERVED_BIT == 0)
           && ioa_reader_take(r, &view->family_id16, IOA_SNP_ID_LEN)
           && ioa_reader_take(r, &view->image_id16, IOA_SNP_ID_LEN)
           && ioa_reader_u32le(r, &view->vmpl)
           && ioa_reader_u32le(r, &view->sig_algo)
           && view->sig_algo >= IOA_SNP_SIG_ALGO_ECDSA_P384_SHA384
           && ioa_snp_known(view, view->sig_algo
                                  == IOA_SNP_SIG_ALGO_ECDSA_P384_SHA384)
           && ioa_reader_sub(r, current, 8);
}


/* 0x40: platform info, and the word with the kind of signing key. */
static int
ioa_snp_signing(ioa_snp_view_t *view, ioa_reader_t *r)
{
    uint32_t  flags;

    if (!ioa_reader_u64le(r, &view->platform_info)
        || !ioa_reader_u32le(r, &flags)
        || !ioa_snp_known(view, flags >> IOA_SNP_FLAGS_RESERVED_BIT == 0)
        || !ioa_snp_reserved(view, r, 4))
    {
        return 0;
    }

    view->author_key = flags & 1;
    view->chip_key_masked = flags >> 1 & 1;

    switch (flags >> 2) {
    case IOA_SNP_VCEK:
        view->signer = IOA_SNP_VCEK;
        return 1;
    case IOA_SNP_VLEK:
        view->signer = IOA_SNP_VLEK;
        return 1;
    case IOA_SNP_UNSIGNED:
        view->signer = IOA_SNP_UNSIGNED;
        return 1;
    default:
        return ioa_snp_known(view, 0);
    }
}


/* 0x50: what was measured.  Out: reported, still to be read. */
static int
ioa_snp_measured(ioa_snp_view_t *view, ioa_reader_t *reported,
    ioa_reader_t *r)
{
    return ioa_reader_take(r, &view->report_data64, IOA_SNP_REPORT_DATA_LEN)
           && ioa_reader_take(r, &view->measurement48,
                              IOA_SNP_MEASUREMENT_LEN)
           && ioa_reader_take(r, &view->host_data32, IOA_SNP_HOST_DATA_LEN)
           && ioa_reader_take(r, &view->id_key_digest48,
                              IOA_SNP_KEY_DIGEST_LEN)
           && ioa_reader_take(r, &view->author_key_digest48,
                              IOA_SNP_KEY_DIGEST_LEN)
           && ioa_reader_take(r, &view->report_id32, IOA_SNP_REPORT_ID_LEN)
           && ioa_reader_take(r, &view->report_id_ma32,
                              IOA_SNP_REPORT_ID_LEN)
           && ioa_reader_sub(r, reported, 8);
}


/*
 * Which key service has the processor: Bergamo and Siena (models 0xa0 to
 * 0xaf) go by Genoa's name, dense Turin (0x11) by Turin's.
 */
static ioa_snp_product_t
ioa_snp_product(uint8_t family, uint8_t model)
{
    if (family == IOA_SNP_FAMILY_ZEN3_ZEN4) {
        switch (model >> 4) {
        case 0x0:
            return IOA_SNP_MILAN;
        case 0x1:
        case 0xa:
            return IOA_SNP_GENOA;
        default:
            return IOA_SNP_PRODUCT_UNKNOWN;
        }
    }

    if (family == IOA_SNP_FAMILY_ZEN5 && model >> 4 <= 1) {
        return IOA_SNP_TURIN;
    }

    return IOA_SNP_PRODUCT_UNKNOWN;
}


/* 0x188: the processor, reserved in version 2; 0x1a0: the chip's id. */
static int
ioa_snp_chip(ioa_snp_view_t *view, ioa_reader_t *r)
{
    if (view->version < IOA_SNP_V3) {
        if (!ioa_snp_reserved(view, r, 3)) {
            return 0;
        }

    } else if (!ioa_reader_u8(r, &view->family)
               || !ioa_reader_u8(r, &view->model)
               || !ioa_reader_u8(r, &view->stepping))
    {
        return 0;
    }

    view->product = ioa_snp_product(view->family, view->model);

    return ioa_snp_reserved(view, r, IOA_SNP_FMS_RESERVED_LEN)
           && ioa_reader_take(r, &view->chip_id64, IOA_SNP_CHIP_ID_LEN);
}


IOA_MUST_CHECK static int
ioa_snp_firmware(ioa_snp_view_t *view, ioa_snp_firmware_t *firmware,
    ioa_reader_t *r)
{
    return ioa_reader_u8(r, &firmware->build)
           && ioa_reader_u8(r, &firmware->minor)
           && ioa_reader_u8(r, &firmware->major)
           && ioa_snp_reserved(view, r, 1);
}


/* 0x1e0: firmware and its levels; 0x1f8: mitigations and what is reserved. */
static int
ioa_snp_levels(ioa_snp_view_t *view, ioa_reader_t *r, int turin)
{
    if (!ioa_snp_tcb(view, &view->committed, r, turin)
        || !ioa_snp_firmware(view, &view->current_firmware, r)
        || !ioa_snp_firmware(view, &view->committed_firmware, r)
        || !ioa_snp_tcb(view, &view->launch, r, turin))
    {
        return 0;
    }

    if (view->version < IOA_SNP_V5) {
        return ioa_snp_reserved(view, r, IOA_SNP_TAIL_LEN);
    }

    return ioa_reader_u64le(r, &view->launch_mitigations)
           && ioa_reader_u64le(r, &view->current_mitigations)
           && ioa_snp_reserved(view, r,
                               IOA_SNP_TAIL_LEN - IOA_SNP_MITIGATIONS_LEN);
}


/* Turns a little-endian field of 72 bytes into 48 big-endian ones. */
IOA_MUST_CHECK static int
ioa_snp_scalar(uint8_t scalar48[IOA_SNP_SCALAR_LEN], ioa_reader_t *r)
{
    size_t          i;
    const uint8_t  *p;

    if (!ioa_reader_take(r, &p, IOA_SNP_SCALAR_LEN)
        || !ioa_snp_zero(r, IOA_SNP_SCALAR_FIELD_LEN - IOA_SNP_SCALAR_LEN))
    {
        return 0;
    }

    for (i = 0; i < IOA_SNP_SCALAR_LEN; i++) {
        scalar48[i] = p[IOA_SNP_SCALAR_LEN - 1 - i];
    }

    return 1;
}


static int
ioa_snp_report(ioa_snp_view_t *view, ioa_reader_t *r)
{
    int           turin;
    ioa_reader_t  current, reported;

    if (!ioa_snp_head(view, &current, r)
        || !ioa_snp_signing(view, r)
        || !ioa_snp_measured(view, &reported, r)
        || !ioa_snp_chip(view, r))
    {
        return 0;
    }

    turin = view->family == IOA_SNP_FAMILY_ZEN5;

    return ioa_snp_tcb(view, &view->current, &current, turin)
           && ioa_snp_tcb(view, &view->reported, &reported, turin)
           && ioa_snp_levels(view, r, turin)
           && ioa_snp_scalar(view->sig96, r)
           && ioa_snp_scalar(view->sig96 + IOA_SNP_SCALAR_LEN, r)
           && ioa_snp_zero(r, IOA_SNP_SIG_RESERVED_LEN);
}


/* What follows the report: nothing, or a table. */
static int
ioa_snp_rest(ioa_snp_view_t *view, ioa_reader_t *r)
{
    size_t          n;
    const uint8_t  *table;

    n = ioa_reader_left(r);

    if (n == 0) {
        return 1;
    }

    return ioa_reader_take(r, &table, n)
           && ioa_snp_table_parse(&view->certs, table, n) == IOA_OK;
}


ioa_status_t
ioa_snp_parse(ioa_snp_view_t *view, const uint8_t *data, size_t len)
{
    int           newer;
    ioa_reader_t  r;

    memset(view, 0, sizeof(ioa_snp_view_t));
    ioa_reader_init(&r, data, len);

    if (ioa_snp_report(view, &r)
        && ioa_reader_left(&r) == len - IOA_SNP_REPORT_LEN
        && ioa_snp_rest(view, &r))
    {
        view->report = data;
        return IOA_OK;
    }

    newer = view->newer && len >= IOA_SNP_REPORT_LEN;
    memset(view, 0, sizeof(ioa_snp_view_t));
    view->newer = newer;

    return IOA_CPU_EVIDENCE_INVALID;
}


const char *
ioa_snp_unread(const ioa_snp_view_t *view)
{
    return view->newer ? "not a report of versions 2 to 5, or bits of it are "
                         "set that are reserved there: " IOA_NEWER_FORMAT
                       : "not a report";
}


const char *
ioa_snp_product_name(ioa_snp_product_t product)
{
    switch (product) {
    case IOA_SNP_MILAN:
        return "Milan";
    case IOA_SNP_GENOA:
        return "Genoa";
    case IOA_SNP_TURIN:
        return "Turin";
    default:
        return "unknown";
    }
}


int
ioa_snp_tcb_covers(const ioa_snp_tcb_t *a, const ioa_snp_tcb_t *b)
{
    return a->fmc >= b->fmc && a->bootloader >= b->bootloader
           && a->tee >= b->tee && a->snp >= b->snp
           && a->microcode >= b->microcode;
}


int
ioa_snp_chip_masked(const ioa_snp_view_t *view)
{
    ioa_reader_t  r;

    ioa_reader_init(&r, view->chip_id64, IOA_SNP_CHIP_ID_LEN);

    return ioa_snp_zero(&r, IOA_SNP_CHIP_ID_LEN);
}


size_t
ioa_snp_kds_path(char text[IOA_SNP_KDS_PATH_MAX], const ioa_snp_view_t *view,
    ioa_snp_product_t product)
{
    int                   n;
    char                  fmc[16], chip[2 * IOA_SNP_CHIP_ID_LEN + 1];
    size_t                chip_len;
    const ioa_snp_tcb_t  *tcb;

    text[0] = '\0';
    tcb = &view->reported;

    if (view->product != IOA_SNP_PRODUCT_UNKNOWN) {
        product = view->product;

    } else if (view->version >= IOA_SNP_V3 || product == IOA_SNP_TURIN) {
        return 0;
    }

    if (product == IOA_SNP_PRODUCT_UNKNOWN || view->signer != IOA_SNP_VCEK
        || ioa_snp_chip_masked(view))
    {
        return 0;
    }

    fmc[0] = '\0';
    chip_len = IOA_SNP_CHIP_ID_LEN;

    if (product == IOA_SNP_TURIN) {
        snprintf(fmc, sizeof(fmc), "fmcSPL=%u&", tcb->fmc);
        chip_len = IOA_SNP_TURIN_CHIP_ID_LEN;
    }

    ioa_hex_encode((uint8_t *) chip, view->chip_id64, chip_len);
    chip[2 * chip_len] = '\0';

    n = snprintf(text, IOA_SNP_KDS_PATH_MAX,
                 "vcek/v1/%s/%s?%sblSPL=%u&teeSPL=%u&snpSPL=%u&ucodeSPL=%u",
                 ioa_snp_product_name(product), chip, fmc, tcb->bootloader,
                 tcb->tee, tcb->snp, tcb->microcode);

    return (size_t) n;
}
