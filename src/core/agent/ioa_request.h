/*
 * ioa_request: finds the model's name in a JSON request body as it goes by.
 *
 * The agent reads the body with Python's json.loads: the last of duplicate
 * keys wins, keys compare after unescaping.  A body in which the model could
 * be read in two ways must never leave the gateway, so the scanner checks
 * that the whole body is one plain UTF-8 JSON object (RFC 8259; no NaN,
 * nothing after its end but white space, nothing before it but a byte order
 * mark, which the agent skips) and that "model" stands in it once at top
 * level.  It keeps no tree and no more memory than this struct;
 * no recursion.
 *
 * Bytes in, name out, no cryptography.
 */

#ifndef IOA_REQUEST_H
#define IOA_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_cause.h"
#include "base/ioa_status.h"

#define IOA_MODEL_NAME_MAX    200
#define IOA_REQUEST_DEPTH_MAX 10240

typedef struct ioa_request_scan_s ioa_request_scan_t;

/* Bytes of a scanner, for callers that allocate from a pool. */
size_t ioa_request_scan_size(void);

/* Out: scan, ready for the first byte.  Memory comes from the caller. */
void ioa_request_scan_init(ioa_request_scan_t *scan);

/*
 * Feeds the next n bytes, in pieces of any size.
 *
 * Returns: IOA_OK, or IOA_REQUEST_AMBIGUOUS once the body can no longer be
 * one plain UTF-8 JSON object with one "model" (it then stays so).
 */
ioa_status_t ioa_request_scan_update(ioa_request_scan_t *scan,
    const uint8_t *data, size_t n) IOA_MUST_CHECK;

/*
 * Ends the body.
 *
 * Returns: IOA_OK and the name; IOA_MODEL_UNKNOWN where a well-formed object
 * has no "model", or one that is no string, is empty or is longer than
 * IOA_MODEL_NAME_MAX bytes; IOA_REQUEST_AMBIGUOUS where the body is not one
 * plain UTF-8 JSON object, has "model" twice, or a name with \u0000 or a
 * lone surrogate in it.  An empty body has no model: IOA_MODEL_UNKNOWN.
 * Out: *name borrows from scan (UTF-8, unescaped, not terminated),
 * *name_len its bytes; set only on IOA_OK.
 */
ioa_status_t ioa_request_scan_final(const uint8_t **name, size_t *name_len,
    ioa_request_scan_t *scan) IOA_MUST_CHECK;

/* Why it is IOA_REQUEST_AMBIGUOUS; IOA_CAUSE_NONE where it is not. */
ioa_cause_t ioa_request_scan_cause(const ioa_request_scan_t *scan);

/*
 * 1 where the body's "stream" is the literal true, the last one of several.
 * It says something only where ioa_request_scan_final returned another
 * status than IOA_REQUEST_AMBIGUOUS.
 */
int ioa_request_scan_stream(const ioa_request_scan_t *scan);

#endif
