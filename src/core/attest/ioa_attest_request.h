/*
 * ioa_attest_request: the body by which an attestation is asked for.
 */

#ifndef IOA_ATTEST_REQUEST_H
#define IOA_ATTEST_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "attest/ioa_evidence.h"
#include "base/ioa_bytes.h"
#include "base/ioa_status.h"

#define IOA_MODEL_ID_MAX        128

/*
 * Writes the body of an attestation request, {"model_id":..,"nonce":..}, the
 * nonce as 64 lower-case hex digits (doc/formats.md 6.1).  The model id is
 * written as a JSON string with every escape that it needs.
 *
 * Returns: bytes written, or 0 where cap does not hold them, model_id is
 * longer than IOA_MODEL_ID_MAX, or is not UTF-8.
 */
size_t ioa_attest_request(uint8_t *out, size_t cap, ioa_bytes_t model_id,
    const uint8_t nonce32[IOA_NONCE_LEN]) IOA_MUST_CHECK;

#endif
