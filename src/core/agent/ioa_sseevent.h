/*
 * ioa_sseevent: the JSON of the signature event (doc/formats.md 5.2).
 *
 * Used by ioa_sse alone.
 */

#ifndef IOA_SSEEVENT_H
#define IOA_SSEEVENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_bytes.h"
#include "base/ioa_status.h"

#define IOA_SSE_EVENT_MAX  16384    /* bytes of the event's JSON */

/*
 * What the event says.  Each borrows from the reader; data is NULL where the
 * event lacks the member.
 */
typedef struct {
    ioa_bytes_t  text;
    ioa_bytes_t  signature;
    ioa_bytes_t  signing_address;
    ioa_bytes_t  signing_algo;
    ioa_bytes_t  image_digest;
} ioa_sse_signature_t;

/*
 * Reads the *n bytes at json, at most IOA_SSE_EVENT_MAX, and writes them anew
 * in their place, in the one form that has a string in one spelling.
 *
 * Returns: 1; 0 where it is no strict JSON object, a key stands in it twice,
 * it has a member that the agent does not write, one of the five is no plain
 * string, or memory ran out.
 * Out: sig, which was all NULL, of plain printable ASCII without a quote or a
 * backslash; not to be used where 0 was returned.
 */
int ioa_sseevent_read(ioa_sse_signature_t *sig, uint8_t *json, size_t *n)
    IOA_MUST_CHECK;

#endif
