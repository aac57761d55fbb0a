/*
 * report_print: see report_print.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/ioattest.h"
#include "input.h"
#include "inspect_print.h"
#include "report_files.h"
#include "report_print.h"

#define IOATTEST_URL_MAX    512
#define IOATTEST_SERIAL_AT  80          /* of the hex digits of a CertID */


static void
ioattest_report_checks(ioattest_out_t *out, const ioa_checks_t *checks)
{
    size_t              i;
    const char         *verdict;
    const ioa_check_t  *check;

    ioattest_out_list(out, "checks");

    for (i = 0; i < checks->n; i++) {
        check = &checks->list[i];
        verdict = ioa_check_verdict_name(check->verdict);

        if (!out->as_json) {
            printf("%-8s  %s%s%s\n", verdict, check->name,
                   check->detail[0] != '\0' ? ": " : "", check->detail);
            continue;
        }

        ioattest_out_item(out, "checks", i);
        ioattest_out_string(out, "name", check->name);
        ioattest_out_string(out, "verdict", verdict);
        ioattest_out_string(out, "detail", check->detail);
        ioattest_out_close(out);
    }

    ioattest_out_list_end(out);

    if (checks->dropped != 0) {
        ioattest_out_number(out, "checks_left_out", checks->dropped);
    }
}


static void
ioattest_report_from(ioattest_out_t *out, const char *name, ioa_fetch_e what,
    const char *path)
{
    char  url[IOATTEST_URL_MAX];

    if (what >= IOA_FETCH_GPU_OCSP
        && strlen(path) > IOATTEST_SERIAL_AT)
    {
        path += IOATTEST_SERIAL_AT;
    }

    (void) snprintf(url, sizeof(url), "%s%s", ioattest_files_service(what),
                    path);
    ioattest_out_string(out, name, url);
}


/* Files of --collateral; a VCEK too where that is not given. */
static void
ioattest_report_missing(ioattest_out_t *out,
    const ioattest_report_verdict_t *verdict)
{
    char                name[IOATTEST_FILES_NAME_MAX];
    size_t              i, n = 0;
    uint64_t            wanted;
    const ioa_wants_t  *wants = &verdict->wants;

    wanted = wants->wanted;

    if (verdict->reason == IOA_CPU_EVIDENCE_MISSING
        && wants->path[IOA_FETCH_VCEK][0] != '\0')
    {
        wanted |= IOA_FETCH_BIT(IOA_FETCH_VCEK);
    }

    ioattest_out_list(out, "missing");

    for (i = 0; i < IOA_FETCH_MAX; i++) {

        if ((wanted & IOA_FETCH_BIT(i)) == 0) {
            continue;
        }

        ioattest_out_item(out, "missing", n++);
        ioattest_files_name(name, (ioa_fetch_e) i);
        ioattest_out_string(out, "file", name);
        ioattest_report_from(out, "from", (ioa_fetch_e) i, wants->path[i]);

        if (i == IOA_FETCH_VCEK && wants->vcek_else[0] != '\0') {
            ioattest_report_from(out, "or_from", (ioa_fetch_e) i,
                                 wants->vcek_else);
        }

        ioattest_out_close(out);
    }

    ioattest_out_list_end(out);
}


static void
ioattest_report_tdx(ioattest_out_t *out, const ioa_tdx_body_t *body)
{
    size_t  i;

    static const char *const  rtmrs[IOA_TDX_RTMRS] = {
        "rtmr0", "rtmr1", "rtmr2", "rtmr3"
    };

    ioattest_out_hex(out, "mr_td", body->mr_td, IOA_TDX_MR_LEN);
    ioattest_out_hex(out, "mr_seam", body->mr_seam, IOA_TDX_MR_LEN);
    ioattest_out_hex(out, "mr_config_id", body->mr_config_id,
                     IOA_TDX_MR_LEN);

    for (i = 0; i < IOA_TDX_RTMRS; i++) {
        ioattest_out_hex(out, rtmrs[i], body->rtmr[i], IOA_TDX_MR_LEN);
    }
}


/* Which machine, and how it is set up.  Version 2 names no product. */
static void
ioattest_report_platform(ioattest_out_t *out, const ioa_snp_view_t *snp)
{
    if (snp->product != IOA_SNP_PRODUCT_UNKNOWN) {
        ioattest_out_string(out, "product",
                            ioa_snp_product_name(snp->product));
    }

    ioattest_out_hex(out, "chip_id", snp->chip_id64, IOA_SNP_CHIP_ID_LEN);
    ioattest_inspect_snp_settings(out, snp);
}


int
ioattest_report_quote(ioa_bytes_t *quote, ioa_bytes_t reply)
{
    int            ok;
    uint8_t       *data = NULL;
    ioa_bytes_t    text = { NULL, 0 };
    ioa_report_t   report;

    quote->data = NULL;
    quote->len = 0;

    if (ioa_report_parse(&report, reply.data, reply.len) != IOA_OK) {
        return 0;
    }

    ok = ioa_json_string(&text.data, &text.len,
                         ioa_json_member(report.cpu, "quote"));

    if (ok) {
        data = malloc(text.len / 2 + 1);
        ok = data != NULL
             && ioa_hex_decode(data, text.len / 2, text.data, text.len);
    }

    ioa_report_cleanup(&report);

    if (!ok) {
        free(data);
        return 0;
    }

    quote->data = data;
    quote->len = text.len / 2;

    return 1;
}


/* Writes the registers of verified evidence. */
static void
ioattest_report_registers(ioattest_out_t *out, unsigned cpu,
    const uint8_t *data, size_t len)
{
    ioa_snp_view_t   snp;
    ioa_tdx_quote_t  tdx;

    if (cpu == IOA_CPU_TDX
        && ioa_tdx_parse(&tdx, data, len) == IOA_TDX_OK)
    {
        ioattest_report_tdx(out, &tdx.body);

    } else if (cpu == IOA_CPU_SEV_SNP
               && ioa_snp_parse(&snp, data, len) == IOA_OK)
    {
        ioattest_out_hex(out, "measurement", snp.measurement48,
                         IOA_SNP_MEASUREMENT_LEN);
        ioattest_out_hex(out, "host_data", snp.host_data32,
                         IOA_SNP_HOST_DATA_LEN);
        ioattest_out_number(out, "vmpl", snp.vmpl);
        ioattest_report_platform(out, &snp);
    }
}


static void
ioattest_report_measurements(ioattest_out_t *out, unsigned cpu,
    ioa_bytes_t reply)
{
    ioa_bytes_t  quote;

    ioattest_out_open(out, "measurements");

    if (ioattest_report_quote(&quote, reply)) {
        ioattest_report_registers(out, cpu, quote.data, quote.len);
    }

    ioattest_input_free(&quote);
    ioattest_out_close(out);
}


static void
ioattest_report_cpu(ioattest_out_t *out, const ioa_proved_t *proved,
    ioa_bytes_t reply)
{
    ioattest_out_string(out, "cpu", proved->cpu == IOA_CPU_TDX ? "tdx"
                        : proved->cpu == IOA_CPU_SEV_SNP ? "sev-snp" : "-");

    if (proved->cpu == 0) {
        return;
    }

    if (proved->cpu == IOA_CPU_TDX) {
        ioattest_out_string(out, "ppid", proved->ppid);
        ioattest_out_string(out, "fmspc", proved->fmspc);
    }

    if (proved->chip_id[0] != '\0') {
        ioattest_out_string(out, "chip_id", proved->chip_id);
    }

    ioattest_out_string(out, "tcb_status", ioa_tcb_name(proved->tcb_status));
    ioattest_out_string(out, "advisories", proved->advisories);
    ioattest_report_measurements(out, proved->cpu, reply);
}


static void
ioattest_report_ueids(ioattest_out_t *out, const ioa_proved_t *proved)
{
    size_t  i;

    ioattest_out_list(out, "ueids");

    for (i = 0; i < proved->gpus; i++) {
        ioattest_out_item(out, "gpu", i);
        ioattest_out_string(out, "ueid", proved->ueids[i]);
        ioattest_out_close(out);
    }

    ioattest_out_list_end(out);
}


static void
ioattest_report_proved(ioattest_out_t *out, const ioa_machine_t *machine,
    ioa_bytes_t reply)
{
    uint8_t              text42[IOA_ADDRESS_TEXT_LEN];
    ioa_bytes_t          bytes = { text42, sizeof(text42) };
    const ioa_proved_t  *proved = &machine->proved;

    ioattest_out_open(out, "proved");

    ioa_address_print(text42, machine->address20);
    ioattest_out_bytes(out, "signing_address", bytes);
    ioattest_out_bool(out, "signer_bound", proved->signer_bound);

    if (machine->image_digest_len != 0) {
        bytes.data = machine->image_digest;
        bytes.len = machine->image_digest_len;
        ioattest_out_bytes(out, "image_digest", bytes);
    }

    ioattest_out_hex(out, "evidence_sha256", machine->evidence32,
                     IOA_SHA256_LEN);
    ioattest_report_cpu(out, proved, reply);
    ioattest_out_number(out, "gpus", proved->gpus);

    if (proved->gpus != 0) {
        ioattest_out_string(out, "gpu_arch", proved->gpu_arch);
        ioattest_out_string(out, "gpu_driver", proved->gpu_driver);
        ioattest_out_string(out, "gpu_vbios", proved->gpu_vbios);

        if (proved->gpu_mode[0] != '\0') {
            ioattest_out_string(out, "gpu_mode", proved->gpu_mode);
        }

        if (strcmp(proved->gpu_mode, "protected-pcie") == 0) {
            ioattest_out_string(out, "nvswitches", "not attested");
        }

        ioattest_out_bool(out, "gpu_reference", proved->gpu_reference);
        ioattest_report_ueids(out, proved);
    }

    if (proved->expires != 0) {
        ioattest_out_time(out, "expires", proved->expires);
    }

    ioattest_out_close(out);
}


/* Why the documents are no good, or what the policy would refuse. */
static const char *
ioattest_report_failed(const ioa_checks_t *checks)
{
    size_t  i;

    for (i = 0; i < checks->n; i++) {
        if (checks->list[i].verdict == IOA_CHECK_FAILED) {
            return checks->list[i].name;
        }
    }

    return "";
}


/*
 * The machine by Intel's next TCB.  Where the documents cannot be used that is
 * said too: silence would look like a good result.
 */
static void
ioattest_report_early(ioattest_out_t *out,
    const ioattest_report_verdict_t *verdict)
{
    int                 judged = verdict->early_reason == IOA_OK;
    const char         *failed;
    const ioa_early_t  *early = &verdict->early;

    if (!verdict->early_given) {
        return;
    }

    failed = ioattest_report_failed(&verdict->early_checks);
    ioattest_out_open(out, "tcb_early");

    if (judged) {
        ioattest_out_string(out, "status", ioa_tcb_name(early->status));
        ioattest_out_bool(out, "accepted", early->accepted);
        ioattest_out_string(out, "lacks", early->lacks);
        ioattest_out_number(out, "evaluation", early->evaluation);

    } else {
        ioattest_out_string(out, "not_judged",
                            verdict->early_reason
                            == IOA_ATTESTATION_UNAVAILABLE
                            ? "a file of tcb_info_early and "
                              "qe_identity_early, or a CRL, is missing"
                            : ioa_status_name(verdict->early_reason));
    }

    if (failed[0] != '\0') {
        ioattest_out_string(out, "failed", failed);
    }

    ioattest_out_close(out);
}


void
ioattest_report_print(const ioattest_report_verdict_t *verdict,
    ioa_bytes_t reply, int as_json)
{
    int             verified = verdict->reason == IOA_OK;
    ioattest_out_t  out;

    ioattest_out_begin(&out, as_json);

    if (as_json) {
        ioattest_out_string(&out, "verdict",
                            verified ? "verified" : "refused");
        ioattest_out_string(&out, "reason",
                            ioa_status_name(verdict->reason));
        ioattest_out_string(&out, "message",
                            ioa_status_message(verdict->reason));

    } else {
        puts(verified ? "verified" : ioa_status_name(verdict->reason));

        if (!verified) {
            puts(ioa_status_message(verdict->reason));
        }
    }

    ioattest_report_checks(&out, &verdict->checks);
    ioattest_report_missing(&out, verdict);

    if (verified) {
        ioattest_report_proved(&out, &verdict->machine, reply);
        ioattest_report_early(&out, verdict);

    } else if (as_json) {
        ioattest_out_string(&out, "proved", NULL);
    }

    ioattest_out_end(&out);
}
