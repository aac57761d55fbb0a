/*
 * ioa_canon: the hash of a JSON response as the agent takes it
 * (doc/formats.md 4): SHA-256 of the body in the form of Python's json.dumps
 * with the separators "," and ":".
 *
 * Of a body as the agent sends it that is the body less the white space
 * outside strings.  Where something between here and the agent wrote the
 * same value in another way (raw UTF-8, \/, upper-case \u00E9, 1.50) the
 * hash is the same.  Duplicate keys stay: no signed form has them, so such a
 * body never matches.  NaN, Infinity and lone surrogates do occur in signed
 * responses and are taken.
 *
 * What is hashed is always a text of the same value as the body: so a match
 * means that the body says what was signed, whatever this code rewrote.
 */

#ifndef IOA_CANON_H
#define IOA_CANON_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_out.h"
#include "base/ioa_sha256.h"
#include "base/ioa_status.h"
#include "json/ioa_pyjson.h"

/* About 10 kB; nothing in it needs to be freed. */
typedef struct {
    ioa_sha256_t  sha;
    ioa_out_t     out;
    ioa_pyjson_t  json;
} ioa_canon_t;

/* Out: canon, ready for the first byte.  It must not be moved from then. */
void ioa_canon_init(ioa_canon_t *canon);

/*
 * Feeds the next n bytes, in pieces of any size.
 *
 * Returns: IOA_OK; IOA_RESPONSE_HASH_MISMATCH once the body cannot be JSON,
 * and from then on.
 */
ioa_status_t ioa_canon_update(ioa_canon_t *canon, const uint8_t *data,
    size_t n) IOA_MUST_CHECK;

/*
 * Ends the body.
 *
 * Returns: IOA_OK; IOA_RESPONSE_HASH_MISMATCH where it was not exactly one
 * JSON value with white space around it at most, was nested deeper than
 * IOA_PYJSON_DEPTH_MAX or held a number longer than Python takes.
 * Out: digest32; all zero unless IOA_OK.
 */
ioa_status_t ioa_canon_final(uint8_t digest32[IOA_SHA256_LEN],
    ioa_canon_t *canon) IOA_MUST_CHECK;

#endif
