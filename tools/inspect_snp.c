/*
 * inspect_snp: SEV-SNP reports.  See inspect_print.h.
 */

#include <stdio.h>

#include "attest/ioattest.h"
#include "inspect_print.h"

#define IOATTEST_SNP_TEXT_MAX      16
#define IOATTEST_SNP_FAMILY_TURIN  0x1a    /* its TCBs have an FMC */

typedef struct {
    unsigned     bit;
    const char  *name;
} ioattest_snp_bit_t;

/*
 * AMD 56860: the guest's policy, and PLATFORM_INFO, by the names that a policy
 * file takes; migrate_ma and debug are refused whatever it says.
 */
static const ioattest_snp_bit_t  ioattest_snp_policy[] = {
    { 16, "smt" },
    { 18, "migrate_ma" },
    { 19, "debug" },
    { 20, "single_socket" },
    { 21, "cxl" },
    { 22, "mem_aes_256_xts" },
    { 23, "rapl_dis" },
    { 24, "ciphertext_hiding" },
    { 25, "page_swap_disable" },
    { 0, NULL }
};

static const ioattest_snp_bit_t  ioattest_snp_platform[] = {
    { 0, "smt" },
    { 1, "tsme" },
    { 2, "ecc" },
    { 3, "rapl_dis" },
    { 4, "ciphertext_hiding" },
    { 5, "alias_check" },
    { 7, "tio" },
    { 0, NULL }
};


static void
ioattest_snp_bits(ioattest_out_t *out, uint64_t value,
    const ioattest_snp_bit_t *bits)
{
    for ( ; bits->name != NULL; bits++) {
        ioattest_out_bool(out, bits->name, (value >> bits->bit & 1) != 0);
    }
}


void
ioattest_inspect_snp_settings(ioattest_out_t *out, const ioa_snp_view_t *snp)
{
    ioattest_out_bits(out, "policy", snp->policy);
    ioattest_out_open(out, "policy_bits");
    ioattest_out_number(out, "abi_major", snp->policy >> 8 & 0xff);
    ioattest_out_number(out, "abi_minor", snp->policy & 0xff);
    ioattest_snp_bits(out, snp->policy, ioattest_snp_policy);
    ioattest_out_close(out);

    ioattest_out_bits(out, "platform_info", snp->platform_info);
    ioattest_out_open(out, "platform_info_bits");
    ioattest_snp_bits(out, snp->platform_info, ioattest_snp_platform);
    ioattest_out_close(out);
}


static void
ioattest_snp_tcb(ioattest_out_t *out, const char *name,
    const ioa_snp_tcb_t *tcb, int turin)
{
    ioattest_out_open(out, name);

    if (turin) {
        ioattest_out_number(out, "fmc", tcb->fmc);
    }

    ioattest_out_number(out, "bootloader", tcb->bootloader);
    ioattest_out_number(out, "tee", tcb->tee);
    ioattest_out_number(out, "snp", tcb->snp);
    ioattest_out_number(out, "microcode", tcb->microcode);
    ioattest_out_close(out);
}


static void
ioattest_snp_firmware(ioattest_out_t *out, const char *name,
    const ioa_snp_firmware_t *firmware)
{
    char  text[IOATTEST_SNP_TEXT_MAX];

    (void) snprintf(text, sizeof(text), "%u.%u.%u", firmware->major,
                    firmware->minor, firmware->build);
    ioattest_out_string(out, name, text);
}


static void
ioattest_snp_measured(ioattest_out_t *out, const ioattest_piece_t *piece,
    const ioa_snp_view_t *snp)
{
    ioattest_out_hex(out, "measurement", snp->measurement48,
                     IOA_SNP_MEASUREMENT_LEN);
    ioattest_out_hex(out, "host_data", snp->host_data32,
                     IOA_SNP_HOST_DATA_LEN);
    ioattest_out_hex(out, "report_data", snp->report_data64,
                     IOA_SNP_REPORT_DATA_LEN);
    ioattest_inspect_layout(out, piece, snp->report_data64);
    ioattest_out_number(out, "vmpl", snp->vmpl);
    ioattest_out_number(out, "guest_svn", snp->guest_svn);
    ioattest_inspect_snp_settings(out, snp);

    ioattest_out_hex(out, "family_id", snp->family_id16, IOA_SNP_ID_LEN);
    ioattest_out_hex(out, "image_id", snp->image_id16, IOA_SNP_ID_LEN);
    ioattest_out_hex(out, "id_key_digest", snp->id_key_digest48,
                     IOA_SNP_KEY_DIGEST_LEN);
    ioattest_out_hex(out, "author_key_digest", snp->author_key_digest48,
                     IOA_SNP_KEY_DIGEST_LEN);
    ioattest_out_bool(out, "author_key_en", snp->author_key);
    ioattest_out_hex(out, "report_id", snp->report_id32,
                     IOA_SNP_REPORT_ID_LEN);
    ioattest_out_hex(out, "report_id_ma", snp->report_id_ma32,
                     IOA_SNP_REPORT_ID_LEN);
}


static void
ioattest_snp_chip(ioattest_out_t *out, const ioa_snp_view_t *snp)
{
    char     path[IOA_SNP_KDS_PATH_MAX];
    uint8_t  fms[3];

    if (snp->version >= 3) {
        fms[0] = snp->family;
        fms[1] = snp->model;
        fms[2] = snp->stepping;
        ioattest_out_hex(out, "fms", fms, sizeof(fms));
        ioattest_out_string(out, "product",
                            ioa_snp_product_name(snp->product));
    }

    ioattest_out_hex(out, "chip_id", snp->chip_id64, IOA_SNP_CHIP_ID_LEN);
    ioattest_out_string(out, "signing_key",
                        snp->signer == IOA_SNP_VCEK ? "VCEK"
                        : snp->signer == IOA_SNP_VLEK ? "VLEK" : "none");
    ioattest_out_bool(out, "chip_key_masked", snp->chip_key_masked);

    if (ioa_snp_kds_path(path, snp, IOA_SNP_PRODUCT_UNKNOWN) != 0) {
        ioattest_out_string(out, "kds_path", path);
    }
}


static void
ioattest_snp_levels(ioattest_out_t *out, const ioa_snp_view_t *snp)
{
    int  turin = snp->family == IOATTEST_SNP_FAMILY_TURIN;

    ioattest_snp_tcb(out, "current_tcb", &snp->current, turin);
    ioattest_snp_tcb(out, "reported_tcb", &snp->reported, turin);
    ioattest_snp_tcb(out, "committed_tcb", &snp->committed, turin);
    ioattest_snp_tcb(out, "launch_tcb", &snp->launch, turin);
    ioattest_snp_firmware(out, "current_firmware", &snp->current_firmware);
    ioattest_snp_firmware(out, "committed_firmware",
                          &snp->committed_firmware);

    if (snp->version >= 5) {
        ioattest_out_bits(out, "launch_mitigations",
                          snp->launch_mitigations);
        ioattest_out_bits(out, "current_mitigations",
                          snp->current_mitigations);
    }
}


static void
ioattest_snp_entry(ioattest_out_t *out, const char *name, ioa_reader_t der)
{
    ioa_bytes_t  bytes;

    bytes.data = der.pos;
    bytes.len = ioa_reader_left(&der);

    if (bytes.len != 0) {
        ioattest_out_open(out, name);
        ioattest_inspect_certs(out, bytes);
        ioattest_out_close(out);
    }
}


/* The certificate table. */
static void
ioattest_snp_table(ioattest_out_t *out, const ioa_snp_certs_t *certs)
{
    ioattest_snp_entry(out, "table_vcek", certs->vcek);
    ioattest_snp_entry(out, "table_vlek", certs->vlek);
    ioattest_snp_entry(out, "table_ask", certs->ask);
    ioattest_snp_entry(out, "table_ark", certs->ark);

    if (ioa_reader_left(&certs->crl) != 0) {
        ioattest_out_number(out, "table_crl_bytes",
                            ioa_reader_left(&certs->crl));
    }
}


void
ioattest_inspect_snp(ioattest_out_t *out, const ioattest_piece_t *piece)
{
    ioa_snp_view_t  snp;

    if (ioa_snp_parse(&snp, piece->bytes.data, piece->bytes.len) != IOA_OK) {
        return;
    }

    ioattest_out_number(out, "version", snp.version);
    ioattest_snp_measured(out, piece, &snp);
    ioattest_snp_chip(out, &snp);
    ioattest_snp_levels(out, &snp);
    ioattest_snp_table(out, &snp.certs);
}
