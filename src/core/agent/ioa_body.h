/*
 * ioa_body: the hash of a response's body, taken as it goes by, in the way
 * that its kind asks for.
 */

#ifndef IOA_BODY_H
#define IOA_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "agent/ioa_signature.h"
#include "agent/ioa_sse.h"
#include "base/ioa_sha256.h"
#include "base/ioa_status.h"

typedef enum {
    IOA_BODY_JSON = 0,      /* the agent's canonical JSON (doc/formats.md 4) */
    IOA_BODY_STREAM,        /* its event streams (doc/formats.md 5) */
    IOA_BODY_RAW            /* the bytes as they are (doc/formats.md 2.2) */
} ioa_body_kind_e;

typedef struct ioa_body_s  ioa_body_t;

/* Bytes of a reader of that kind, for callers that allocate from a pool. */
size_t ioa_body_size(ioa_body_kind_e kind);

/* Out: body, ready for the first byte.  It must not be moved from then. */
void ioa_body_init(ioa_body_t *body, ioa_body_kind_e kind);

/*
 * Feeds the next n bytes, in pieces of any size.
 *
 * Returns: IOA_OK; else, and from then on, what ioa_canon_update or
 * ioa_sse_update does.
 */
ioa_status_t ioa_body_update(ioa_body_t *body, const uint8_t *data, size_t n)
    IOA_MUST_CHECK;

/*
 * Ends the body.
 *
 * Returns: IOA_OK; else what ioa_canon_final or ioa_sse_final does.
 * Out: digest32, all zero unless IOA_OK; of a stream sig as well: what its
 * signature event says, borrowed from body.  Of other kinds sig is not
 * touched.
 */
ioa_status_t ioa_body_final(uint8_t digest32[IOA_SHA256_LEN],
    ioa_signature_t *sig, ioa_body_t *body) IOA_MUST_CHECK;

/* The reader of a stream, for ioa_sse_output and ioa_sse_close. */
ioa_sse_t *ioa_body_stream(ioa_body_t *body);

#endif
