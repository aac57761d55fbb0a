/*
 * ioa_defaults: members that an API's front adds to a chat completion
 * request which lacks them, before the agent sees and hashes it
 * (doc/formats.md 3.10).
 *
 * They are put into the request's canonical text, and the agent's rules are
 * then applied to the result: as if the client had sent them, behind its own
 * members and in the file's order.  A member that is there stays as it is,
 * null included.  Where the request and the defaults both have an object, as
 * "stream_options", the object's missing members are added: a schema fills
 * in the defaults of an object that a client has begun.  Arrays are not
 * looked into.
 */

#ifndef IOA_DEFAULTS_H
#define IOA_DEFAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_sha256.h"
#include "base/ioa_status.h"

#define IOA_DEFAULTS_SIZE_MAX     65536
#define IOA_DEFAULTS_DEPTH_MAX    8       /* the file's object is level 1 */
#define IOA_DEFAULTS_MEMBERS_MAX  64      /* of one object */
#define IOA_DEFAULTS_ERROR_MAX    256

typedef struct ioa_defaults_s ioa_defaults_t;

/*
 * Reads a file: one JSON object of values that the agent takes.  "messages",
 * "model" and "stream" cannot be defaults: the gateway goes by what the
 * client itself says there.
 *
 * Returns: 1, and *defaults, to be given to ioa_defaults_free; 0 with a
 * sentence that names the place, without control characters, in error.
 */
int ioa_defaults_parse(ioa_defaults_t **defaults,
    char error[IOA_DEFAULTS_ERROR_MAX], const uint8_t *text,
    size_t text_len) IOA_MUST_CHECK;
void ioa_defaults_free(ioa_defaults_t *defaults);

/*
 * Adds what is missing.
 *
 * Returns: IOA_OK; IOA_BODY_TOO_LARGE without memory; IOA_REQUEST_AMBIGUOUS
 * where the text is no object or has a key twice in an object that was
 * looked into, and then *out is NULL.
 * Out: *out, canonical text, to be freed by the caller, and *out_len.
 * In: text, canonical text of a request.
 */
ioa_status_t ioa_defaults_add(uint8_t **out, size_t *out_len,
    const ioa_defaults_t *defaults, const uint8_t *text, size_t text_len)
    IOA_MUST_CHECK;

#endif
