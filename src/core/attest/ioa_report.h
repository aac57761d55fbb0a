/*
 * ioa_report: the attestation reply, as a view.
 *
 * It says whether the reply has the shape of one.  Whether it is true,
 * ioa_attest_verify() finds out.  Members that are not known are left alone.
 */

#ifndef IOA_REPORT_H
#define IOA_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"
#include "json/ioa_json.h"

#define IOA_REPORT_DIGEST_MAX  128

/* Everything borrows from root. */
typedef struct {
    ioa_json_t        *root;
    const uint8_t     *nonce;
    size_t             nonce_len;
    const uint8_t     *signing_address;
    size_t             signing_address_len;
    const uint8_t     *image_digest;        /* NULL where there is none */
    size_t             image_digest_len;
    const ioa_json_t  *cpu;                 /* an object, or NULL */
    const ioa_json_t  *gpu;
} ioa_report_t;

/*
 * Reads a reply: a JSON object in which nonce and signing_address are
 * strings, image_digest is 1 to IOA_REPORT_DIGEST_MAX printable ASCII bytes
 * without space, null or absent, cpu and gpu are objects, null or absent.
 *
 * Returns: IOA_OK or IOA_ATTESTATION_MALFORMED.
 * Out: report, to be given to ioa_report_cleanup; all zero unless IOA_OK.
 */
ioa_status_t ioa_report_parse(ioa_report_t *report, const uint8_t *text,
    size_t text_len) IOA_MUST_CHECK;
void ioa_report_cleanup(ioa_report_t *report);

#endif
