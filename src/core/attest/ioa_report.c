/*
 * ioa_report: see ioa_report.h.
 */

#include <string.h>

#include "attest/ioa_report.h"


/* Absent and null are one: there is none. */
static const ioa_json_t *
ioa_report_optional(const ioa_report_t *report, const char *name)
{
    const ioa_json_t  *value;

    value = ioa_json_member(report->root, name);

    return ioa_json_is_null(value) ? NULL : value;
}


static int
ioa_report_string(const uint8_t **text, size_t *text_len,
    const ioa_report_t *report, const char *name)
{
    return ioa_json_string(text, text_len,
                           ioa_json_member(report->root, name));
}


static int
ioa_report_object(const ioa_json_t **object, const ioa_report_t *report,
    const char *name)
{
    *object = ioa_report_optional(report, name);

    return *object == NULL || ioa_json_is_object(*object);
}


static int
ioa_report_image_digest(ioa_report_t *report)
{
    size_t             i;
    const ioa_json_t  *value;

    value = ioa_report_optional(report, "image_digest");

    if (value == NULL) {
        return 1;
    }

    if (!ioa_json_string(&report->image_digest, &report->image_digest_len,
                         value)
        || report->image_digest_len == 0
        || report->image_digest_len > IOA_REPORT_DIGEST_MAX)
    {
        return 0;
    }

    for (i = 0; i < report->image_digest_len; i++) {
        if (report->image_digest[i] <= ' ' || report->image_digest[i] > '~') {
            return 0;
        }
    }

    return 1;
}


static int
ioa_report_members(ioa_report_t *report)
{
    return ioa_json_is_object(report->root)
           && ioa_report_string(&report->nonce, &report->nonce_len, report,
                                "nonce")
           && ioa_report_string(&report->signing_address,
                                &report->signing_address_len, report,
                                "signing_address")
           && ioa_report_image_digest(report)
           && ioa_report_object(&report->cpu, report, "cpu")
           && ioa_report_object(&report->gpu, report, "gpu");
}


ioa_status_t
ioa_report_parse(ioa_report_t *report, const uint8_t *text, size_t text_len)
{
    memset(report, 0, sizeof(ioa_report_t));

    if (!ioa_json_parse(&report->root, text, text_len)) {
        return IOA_ATTESTATION_MALFORMED;
    }

    if (!ioa_report_members(report)) {
        ioa_report_cleanup(report);
        return IOA_ATTESTATION_MALFORMED;
    }

    return IOA_OK;
}


void
ioa_report_cleanup(ioa_report_t *report)
{
    ioa_json_free(report->root);
    memset(report, 0, sizeof(ioa_report_t));
}
