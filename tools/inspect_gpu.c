/*
 * inspect_gpu: evidence of NVIDIA's GPUs and switches.  See inspect_print.h.
 */

#include <stdio.h>
#include <string.h>

#include "attest/ioattest.h"
#include "inspect_print.h"
#include "inspect_text.h"

#define IOATTEST_GPU_WORD       16
#define IOATTEST_GPU_FORM       32
#define IOATTEST_GPU_SWITCH     26      /* a record that only switches have */
#define IOATTEST_GPU_RECORDS    256     /* known types are below */
#define IOATTEST_GPU_SWITCH_CN  "LS_10"

/* How a record is written. */
typedef enum {
    IOATTEST_GPU_HEX = 0,
    IOATTEST_GPU_TEXT,          /* without trailing zeros */
    IOATTEST_GPU_NUMBER
} ioattest_gpu_form_t;

typedef struct {
    uint16_t              type;
    const char           *name;
    ioattest_gpu_form_t   form;
} ioattest_gpu_record_t;

/* Records without a line of their own (doc/formats.md 10.1). */
static const ioattest_gpu_record_t  ioattest_gpu_records[] = {
    { 4, "gpu_info", IOATTEST_GPU_HEX },
    { 5, "sku", IOATTEST_GPU_HEX },
    { 12, "msrscnt", IOATTEST_GPU_HEX },
    { 13, "cpr_info", IOATTEST_GPU_HEX },
    { 14, "board_id", IOATTEST_GPU_HEX },
    { IOA_SPDM_CHIP_SKU, "chip_sku", IOATTEST_GPU_TEXT },
    { 16, "chip_sku_mod", IOATTEST_GPU_TEXT },
    { IOA_SPDM_PROJECT, "project", IOATTEST_GPU_TEXT },
    { IOA_SPDM_PROJECT_SKU, "project_sku", IOATTEST_GPU_TEXT },
    { 19, "project_sku_mod", IOATTEST_GPU_TEXT },
    { IOA_SPDM_FWID, "fwid", IOATTEST_GPU_HEX },
    { 22, "switch_pdis", IOATTEST_GPU_HEX },
    { 23, "switch_gpu_ports", IOATTEST_GPU_HEX },
    { 24, "switch_position", IOATTEST_GPU_NUMBER },
    { 25, "switch_lock", IOATTEST_GPU_NUMBER },
    { IOATTEST_GPU_SWITCH, "switch_gpu_pdis", IOATTEST_GPU_HEX },
    { 32, "links", IOATTEST_GPU_HEX },
    { 33, "system_enable", IOATTEST_GPU_NUMBER },
    { 34, "opaque_version", IOATTEST_GPU_NUMBER },
    { 35, "chip_info", IOATTEST_GPU_HEX },
    { IOA_SPDM_FSP_SVN, "fsp_ucode_svn", IOATTEST_GPU_NUMBER }
};

#define IOATTEST_GPU_KNOWN                                                    \
    (sizeof(ioattest_gpu_records) / sizeof(ioattest_gpu_records[0]))


static int
ioattest_gpu_switch_leaf(ioa_bytes_t bytes)
{
    int           is = 0;
    char          cn[IOA_CHAIN_CN_MAX + 1];
    ioa_chain_t  *chain;

    chain = bytes.data == NULL ? NULL : ioa_chain_new(NULL);

    if (chain == NULL) {
        return 0;
    }

    if (ioa_chain_add_pem(chain, bytes.data, bytes.len) == IOA_CHAIN_OK
        && ioa_chain_subject_cn(cn, chain, 0))
    {
        is = strncmp(cn, IOATTEST_GPU_SWITCH_CN,
                     sizeof(IOATTEST_GPU_SWITCH_CN) - 1) == 0;
    }

    ioa_chain_free(chain);

    return is;
}


int
ioattest_inspect_is_switch(const ioattest_piece_t *piece)
{
    ioa_spdm_view_t    spdm;
    ioa_spdm_record_t  record;

    if (piece->kind != IOATTEST_KIND_GPU
        || ioa_spdm_parse(&spdm, piece->bytes.data, piece->bytes.len)
           != IOA_OK)
    {
        return 0;
    }

    while (!spdm.form.newer
           && ioa_spdm_record(&record, &spdm.opaque, &spdm.form))
    {
        if (record.type == IOATTEST_GPU_SWITCH) {
            return 1;
        }
    }

    return ioattest_gpu_switch_leaf(piece->certificates);
}


/* Writes one record by its type.  In: value, 1 or 2 bytes for a number. */
static void
ioattest_gpu_record(ioattest_out_t *out, const ioattest_gpu_record_t *record,
    ioa_reader_t value)
{
    uint8_t      low;
    uint16_t     wide;
    ioa_bytes_t  bytes;

    bytes.data = value.pos;
    bytes.len = ioa_reader_left(&value);

    if (record->form == IOATTEST_GPU_TEXT) {
        while (bytes.len > 0 && bytes.data[bytes.len - 1] == '\0') {
            bytes.len--;
        }

        ioattest_out_bytes(out, record->name, bytes);
        return;
    }

    if (record->form == IOATTEST_GPU_NUMBER && bytes.len == 1
        && ioa_reader_u8(&value, &low))
    {
        ioattest_out_number(out, record->name, low);

    } else if (record->form == IOATTEST_GPU_NUMBER && bytes.len == 2
               && ioa_reader_u16le(&value, &wide))
    {
        ioattest_out_number(out, record->name, wide);

    } else {
        ioattest_out_hex(out, record->name, bytes.data, bytes.len);
    }
}


/* 1 for records that have a line of their own elsewhere. */
static int
ioattest_gpu_named(uint16_t type)
{
    switch (type) {
    case IOA_SPDM_DRIVER:
    case IOA_SPDM_VBIOS:
    case IOA_SPDM_NVDEC0:
    case IOA_SPDM_PROTECTED_PCIE:
    case IOA_SPDM_FEATURE:
        return 1;
    default:
        return 0;
    }
}


/* Writes the form of the records: their version, where they have one. */
static void
ioattest_gpu_form(ioattest_out_t *out, const ioa_spdm_form_t *form)
{
    char  text[IOATTEST_GPU_FORM];

    if (!form->versioned) {
        ioattest_out_string(out, "opaque_format", "unversioned");
        return;
    }

    (void) snprintf(text, sizeof(text), "NVDAOD %u.%u.%u", form->major,
                    form->minor, form->patch);
    ioattest_out_string(out, "opaque_format", text);

    if (form->newer) {
        ioattest_out_string(out, "opaque_unread", IOA_NEWER_FORMAT);
    }
}


/* Writes records with a name, once each, and the number of others. */
static void
ioattest_gpu_opaque(ioattest_out_t *out, const ioa_spdm_view_t *spdm)
{
    size_t             i, others = 0;
    uint8_t            seen[IOATTEST_GPU_RECORDS] = { 0 };
    ioa_reader_t       opaque = spdm->opaque;
    ioa_spdm_record_t  record;

    ioattest_gpu_form(out, &spdm->form);

    if (spdm->form.newer) {
        ioattest_out_hex(out, "opaque", opaque.pos, ioa_reader_left(&opaque));
        return;
    }

    while (ioa_spdm_record(&record, &opaque, &spdm->form)) {

        if (ioattest_gpu_named(record.type)) {
            continue;
        }

        for (i = 0; i < IOATTEST_GPU_KNOWN; i++) {
            if (ioattest_gpu_records[i].type == record.type) {
                break;
            }
        }

        if (i == IOATTEST_GPU_KNOWN || seen[record.type]++ != 0) {
            others++;
            continue;
        }

        ioattest_gpu_record(out, &ioattest_gpu_records[i], record.value);
    }

    ioattest_out_number(out, "other_records", others);
}


/* Writes a setting with NVIDIA's values for on and off. */
static void
ioattest_gpu_on(ioattest_out_t *out, const char *name,
    const ioa_spdm_view_t *spdm, ioa_spdm_type_t type)
{
    char      text[IOATTEST_GPU_WORD];
    unsigned  value;

    if (!ioa_spdm_number(&value, spdm, type)) {
        return;
    }

    (void) snprintf(text, sizeof(text), "0x%02x", value);
    ioattest_out_string(out, name, value == 0xaa ? "on"
                                   : value == 0x55 ? "off" : text);
}


static void
ioattest_gpu_feature(ioattest_out_t *out, const ioa_spdm_view_t *spdm)
{
    char      text[IOATTEST_GPU_WORD];
    unsigned  value;

    static const char *const  modes[] = { "SPT", "MPT", "PPCIE" };

    if (!ioa_spdm_number(&value, spdm, IOA_SPDM_FEATURE)) {
        return;
    }

    (void) snprintf(text, sizeof(text), "%u", value);
    ioattest_out_string(out, "feature_flag",
                        value < sizeof(modes) / sizeof(modes[0])
                        ? modes[value] : text);
}


/* A version not in the form of GPUs, such as the VBIOS of a switch. */
static void
ioattest_gpu_text(ioattest_out_t *out, const char *name, const char *hex_name,
    ioa_reader_t value)
{
    ioa_bytes_t  bytes;

    bytes.data = value.pos;
    bytes.len = ioa_reader_left(&value);

    if (ioattest_text_is(bytes)) {
        ioattest_out_bytes(out, name, bytes);
    } else {
        ioattest_out_hex(out, hex_name, bytes.data, bytes.len);
    }
}


static void
ioattest_gpu_versions(ioattest_out_t *out, const ioa_spdm_view_t *spdm)
{
    char          driver[IOA_SPDM_DRIVER_MAX + 1];
    char          vbios[IOA_SPDM_VBIOS_TEXT_LEN + 1];
    ioa_reader_t  r;

    r = spdm->records[IOA_SPDM_DRIVER];

    if (ioa_spdm_driver(driver, spdm)) {
        ioattest_out_string(out, "driver", driver);

    } else if (ioa_spdm_has(spdm, IOA_SPDM_DRIVER)) {
        ioattest_gpu_text(out, "driver", "driver_hex", r);
    }

    r = spdm->records[IOA_SPDM_VBIOS];

    if (ioa_spdm_vbios(vbios, spdm)) {
        ioattest_out_string(out, "vbios", vbios);

    } else if (ioa_spdm_has(spdm, IOA_SPDM_VBIOS)) {
        ioattest_gpu_text(out, "vbios", "vbios_hex", r);
    }
}


static void
ioattest_gpu_measurements(ioattest_out_t *out, const ioa_spdm_view_t *spdm)
{
    char                     index[IOATTEST_GPU_WORD];
    size_t                   i;
    const ioa_spdm_block_t  *block;

    ioattest_out_number(out, "measurements_count", spdm->blocks_n);
    ioattest_out_open(out, "measurements");

    for (i = 0; i < spdm->blocks_n; i++) {
        block = &spdm->blocks[i];
        (void) snprintf(index, sizeof(index), "%u", block->index);
        ioattest_out_hex(out, index, block->value.pos,
                         ioa_reader_left(&block->value));
    }

    ioattest_out_close(out);
}


void
ioattest_inspect_gpu(ioattest_out_t *out, const ioattest_piece_t *piece)
{
    uint8_t          nonce32[IOA_SPDM_NONCE_LEN];
    ioa_spdm_view_t  spdm;

    if (ioa_spdm_parse(&spdm, piece->bytes.data, piece->bytes.len) != IOA_OK)
    {
        return;
    }

    ioattest_out_hex(out, "nonce", spdm.nonce32, IOA_SPDM_NONCE_LEN);

    if (ioattest_inspect_nonce(nonce32, piece->reply)) {
        ioattest_out_bool(out, "nonce_as_said",
                          memcmp(nonce32, spdm.nonce32, sizeof(nonce32)) == 0);
    }

    ioattest_out_hex(out, "responder_nonce", spdm.responder_nonce32,
                     IOA_SPDM_NONCE_LEN);
    ioattest_gpu_versions(out, &spdm);
    ioattest_gpu_feature(out, &spdm);
    ioattest_gpu_on(out, "protected_pcie", &spdm, IOA_SPDM_PROTECTED_PCIE);
    ioattest_gpu_on(out, "nvdec0", &spdm, IOA_SPDM_NVDEC0);
    ioattest_gpu_opaque(out, &spdm);
    ioattest_gpu_measurements(out, &spdm);

    if (piece->certificates.data != NULL) {
        ioattest_inspect_certs(out, piece->certificates);
    }
}
