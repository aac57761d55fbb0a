/*
 * ioa_evidence: see ioa_evidence.h.  This file: CPU evidence, what it is, and
 * its report data.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/ioa_evidence_parts.h"
#include "base/ioa_codec.h"
#include "base/ioa_reader.h"
#include "crypto/ioa_address.h"
#include "snp/ioa_snp.h"
#include "tdx/ioa_tdx.h"

#define IOA_EVIDENCE_QUOTE_MAX    IOA_TDX_QUOTE_LEN_MAX
#define IOA_EVIDENCE_HALF         32        /* of the report data */
#define IOA_EVIDENCE_DER_FIRST    0x30      /* also '0', of one in hex */

/*
 * A quote begins with version and key type, 16 bits each, and the TEE's type
 * (doc/formats.md 8.1), a report with its version, 32 bits
 * (doc/formats.md 9).
 */
#define IOA_EVIDENCE_TDX_TEE      0x81
#define IOA_EVIDENCE_SNP_NEWER    0xff      /* what may yet be a version */

#if IOA_TDX_REPORT_DATA_LEN != 2 * IOA_EVIDENCE_HALF                          \
    || IOA_SNP_REPORT_DATA_LEN != 2 * IOA_EVIDENCE_HALF                       \
    || IOA_NONCE_LEN != IOA_EVIDENCE_HALF
#error "two headers disagree on the length of report data"
#endif


int
ioa_evidence_need(ioa_wants_t *wants, const ioa_evidence_t *e,
    ioa_fetch_e what, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    (void) vsnprintf(wants->path[what], IOA_EVIDENCE_PATH_MAX, format, args);
    va_end(args);

    if (e->fetched[what].body.data != NULL) {
        return 1;
    }

    wants->wanted |= IOA_FETCH_BIT(what);

    return 0;
}


void
ioa_evidence_expires(ioa_proved_t *proved, int64_t when)
{
    ioa_evidence_result_expires(proved, when);

    if (proved->documents_end == 0 || when < proved->documents_end) {
        proved->documents_end = when;
    }
}


void
ioa_evidence_result_expires(ioa_proved_t *proved, int64_t when)
{
    if (proved->expires == 0 || when < proved->expires) {
        proved->expires = when;
    }
}


const char *
ioa_evidence_crl_unread(ioa_bytes_t body)
{
    if (body.len == 0) {
        return "it is empty";
    }

    if (body.len > IOA_CRL_LEN_MAX) {
        return "it is too long";
    }

    switch (body.data[0]) {
    case '<':
        return "it is HTML or XML";
    case IOA_EVIDENCE_DER_FIRST:
    case '-':
        return "it is cut off, or a list of some certificates alone, or has "
               "a critical extension that is not known";
    default:
        return "it is neither DER nor PEM";
    }
}


ioa_status_t
ioa_evidence_report_data(ioa_proved_t *proved, ioa_checks_t *checks,
    const ioa_evidence_t *e, const uint8_t data64[64])
{
    int      nonce, bound, good;
    uint8_t  want[2 * IOA_EVIDENCE_HALF];

    memset(want, 0, sizeof(want));
    memcpy(want, e->nonce32, IOA_NONCE_LEN);
    nonce = ioa_bytes_same_secret(want, data64, sizeof(want));

    memset(want, 0, sizeof(want));
    memcpy(want, e->address20, IOA_ADDRESS_LEN);
    memcpy(want + IOA_EVIDENCE_HALF, e->nonce32, IOA_NONCE_LEN);
    bound = ioa_bytes_same_secret(want, data64, sizeof(want));

    switch (e->policy->report_data) {
    case IOA_REPORT_DATA_NONCE:
        good = nonce;
        break;
    case IOA_REPORT_DATA_ADDRESS:
        good = bound;
        break;
    default: /* IOA_REPORT_DATA_AUTO */
        good = bound || (nonce && !e->bound_before);
    }

    proved->signer_bound = good && bound;

    return ioa_check_that(checks, good, "cpu.report_data", "%s",
                          bound ? good ? "address and nonce"
                                  : "address and nonce, not the nonce alone"
                          : !nonce ? "neither layout"
                          : good ? "nonce, the signer is not bound"
                          : "nonce alone, a downgrade or not accepted")
           ? IOA_OK : IOA_REPORT_DATA_MISMATCH;
}


/*
 * Returns: what the bytes begin as, 0 for neither.
 * Out: *newer, 1 where they may be a report of a version that is not known.
 */
static unsigned
ioa_evidence_kind(int *newer, const uint8_t *data, size_t len)
{
    uint32_t      version, tee;
    ioa_reader_t  r;

    *newer = 0;
    ioa_reader_init(&r, data, len);

    if (!ioa_reader_u32le(&r, &version) || !ioa_reader_u32le(&r, &tee)) {
        return 0;
    }

    /* the type of the key stands where a report's version has zeros */
    if (tee == IOA_EVIDENCE_TDX_TEE && version >> 16 != 0) {
        return IOA_CPU_TDX;
    }

    if (version > IOA_SNP_VERSION_MAX && version <= IOA_EVIDENCE_SNP_NEWER
        && len >= IOA_SNP_REPORT_LEN)
    {
        *newer = 1;
        return 0;
    }

    return version >= IOA_SNP_VERSION_MIN && version <= IOA_SNP_VERSION_MAX
           ? IOA_CPU_SEV_SNP : 0;
}


static ioa_status_t
ioa_evidence_cpu_bytes(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e, ioa_bytes_t bytes)
{
    int       newer;
    unsigned  kind;

    kind = ioa_evidence_kind(&newer, bytes.data, bytes.len);

    if (!ioa_check_that(checks, (kind & e->policy->cpu) != 0, "cpu.kind",
                        "%s%s", kind == IOA_CPU_TDX ? "TDX quote"
                        : kind == IOA_CPU_SEV_SNP ? "SEV-SNP report"
                        : newer ? "SEV-SNP report, its version is above 5: "
                                  IOA_NEWER_FORMAT
                        : "neither a quote nor a report",
                        kind != 0 && (kind & e->policy->cpu) == 0
                        ? ", not accepted here" : ""))
    {
        return IOA_CPU_EVIDENCE_INVALID;
    }

    return kind == IOA_CPU_TDX
           ? ioa_evidence_tdx(proved, wants, checks, e, bytes)
           : ioa_evidence_snp(proved, wants, checks, e, bytes);
}


/*
 * The agent puts a sentence in the place of a quote that it could not get,
 * with status 200 (doc/formats.md 6.5).
 */
static int
ioa_evidence_quote(ioa_bytes_t *text, const ioa_report_t *report)
{
    static const char  error[] = "Error";

    return ioa_json_string(&text->data, &text->len,
                           ioa_json_member(report->cpu, "quote"))
           && text->len != 0
           && (text->len < sizeof(error) - 1
               || memcmp(text->data, error, sizeof(error) - 1) != 0);
}


ioa_status_t
ioa_evidence_cpu(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e)
{
    int            good;
    uint8_t       *data;
    ioa_bytes_t    text, bytes;
    ioa_status_t   st;

    good = ioa_evidence_quote(&text, e->report);

    if (!ioa_check_that(checks, good, "cpu.present", "%s",
                        good ? "member cpu.quote"
                             : "no cpu.quote, or an error in its place"))
    {
        return IOA_CPU_EVIDENCE_MISSING;
    }

    data = text.len / 2 > IOA_EVIDENCE_QUOTE_MAX
           ? NULL : malloc(text.len / 2 + 1);

    good = data != NULL
           && ioa_hex_decode(data, text.len / 2, text.data, text.len);

    if (!ioa_check_that(checks, good, "cpu.hex", "%zu %s", text.len,
                        good ? "digits"
                             : "bytes: not hex, or longer than a quote"))
    {
        free(data);
        return IOA_CPU_EVIDENCE_INVALID;
    }

    bytes.data = data;
    bytes.len = text.len / 2;

    st = ioa_evidence_cpu_bytes(proved, wants, checks, e, bytes);

    free(data);

    return st;
}
