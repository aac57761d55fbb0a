/*
 * pin_take: what a verified reply says, see pin.h.
 */

#include <stdio.h>
#include <string.h>

#include "input.h"
#include "pin.h"
#include "report_print.h"


static void
ioattest_pin_hex(ioattest_pinned_t *one, ioattest_pin_e what,
    const uint8_t *data, size_t n)
{
    ioa_hex_encode((uint8_t *) one->value[what], data, n);
    one->value[what][2 * n] = '\0';
}


static void
ioattest_pin_word(ioattest_pinned_t *one, ioattest_pin_e what,
    const char *word)
{
    (void) snprintf(one->value[what], sizeof(one->value[what]), "%s", word);
}


static void
ioattest_pin_number(ioattest_pinned_t *one, ioattest_pin_e what, size_t n)
{
    (void) snprintf(one->value[what], sizeof(one->value[what]), "%zu", n);
}


static void
ioattest_pin_tdx(ioattest_pinned_t *one, const ioa_tdx_body_t *body,
    const ioa_proved_t *proved)
{
    size_t  i;

    ioattest_pin_hex(one, IOATTEST_PIN_MR_TD, body->mr_td, IOA_TDX_MR_LEN);
    ioattest_pin_hex(one, IOATTEST_PIN_MR_SEAM, body->mr_seam,
                     IOA_TDX_MR_LEN);
    ioattest_pin_hex(one, IOATTEST_PIN_MR_CONFIG_ID, body->mr_config_id,
                     IOA_TDX_MR_LEN);

    for (i = 0; i < IOA_TDX_RTMRS; i++) {
        ioattest_pin_hex(one, (ioattest_pin_e) (IOATTEST_PIN_RTMR0 + i),
                         body->rtmr[i], IOA_TDX_MR_LEN);
    }

    ioattest_pin_word(one, IOATTEST_PIN_FMSPC, proved->fmspc);
    ioattest_pin_word(one, IOATTEST_PIN_PPID, proved->ppid);
}


/* A report of version 2 names no product; a chip's id may be masked. */
static void
ioattest_pin_snp(ioattest_pinned_t *one, const ioa_snp_view_t *snp)
{
    static const uint8_t  masked[IOA_SNP_CHIP_ID_LEN];

    ioattest_pin_hex(one, IOATTEST_PIN_MEASUREMENT, snp->measurement48,
                     IOA_SNP_MEASUREMENT_LEN);
    ioattest_pin_hex(one, IOATTEST_PIN_HOST_DATA, snp->host_data32,
                     IOA_SNP_HOST_DATA_LEN);
    ioattest_pin_number(one, IOATTEST_PIN_VMPL, snp->vmpl);

    if (snp->product != IOA_SNP_PRODUCT_UNKNOWN) {
        ioattest_pin_word(one, IOATTEST_PIN_PRODUCT,
                          ioa_snp_product_name(snp->product));
    }

    if (memcmp(snp->chip_id64, masked, IOA_SNP_CHIP_ID_LEN) != 0) {
        ioattest_pin_hex(one, IOATTEST_PIN_CHIP_ID, snp->chip_id64,
                         IOA_SNP_CHIP_ID_LEN);
    }
}


static void
ioattest_pin_ueids(ioattest_pinned_t *one, const ioa_proved_t *proved)
{
    size_t  i, n = 0, cap = sizeof(one->value[IOATTEST_PIN_UEID]);

    for (i = 0; i < proved->gpus && n < cap; i++) {
        n += (size_t) snprintf(one->value[IOATTEST_PIN_UEID] + n, cap - n,
                               "%s%s", i == 0 ? "" : IOATTEST_PIN_BETWEEN,
                               proved->ueids[i]);
    }
}


void
ioattest_pin_take(ioattest_pinned_t *one, const ioa_machine_t *machine,
    ioa_bytes_t reply)
{
    ioa_bytes_t          quote;
    ioa_snp_view_t       snp;
    ioa_tdx_quote_t      tdx;
    const ioa_proved_t  *proved = &machine->proved;

    memset(one, 0, sizeof(ioattest_pinned_t));
    one->cpu = proved->cpu;

    memcpy(one->value[IOATTEST_PIN_IMAGE], machine->image_digest,
           machine->image_digest_len);

    if (ioattest_report_quote(&quote, reply)) {

        if (one->cpu == IOA_CPU_TDX
            && ioa_tdx_parse(&tdx, quote.data, quote.len) == IOA_TDX_OK)
        {
            ioattest_pin_tdx(one, &tdx.body, proved);

        } else if (one->cpu == IOA_CPU_SEV_SNP
                   && ioa_snp_parse(&snp, quote.data, quote.len) == IOA_OK)
        {
            ioattest_pin_snp(one, &snp);
        }
    }

    ioattest_input_free(&quote);

    if (proved->gpus != 0) {
        ioattest_pin_word(one, IOATTEST_PIN_ARCH, proved->gpu_arch);
        ioattest_pin_word(one, IOATTEST_PIN_MODE, proved->gpu_mode);
        ioattest_pin_word(one, IOATTEST_PIN_DRIVER, proved->gpu_driver);
        ioattest_pin_word(one, IOATTEST_PIN_VBIOS, proved->gpu_vbios);
        ioattest_pin_number(one, IOATTEST_PIN_COUNT, proved->gpus);
        ioattest_pin_ueids(one, proved);
    }
}
