/*
 * ioa_image_digest: the digest of a container image, "sha256:" and hex, as
 * attestations, responses, policies and the configuration name it.
 */

#ifndef IOA_IMAGE_DIGEST_H
#define IOA_IMAGE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_bytes.h"
#include "base/ioa_status.h"

/* 1 where text is "sha256:" and 64 lower-case hex digits. */
int ioa_image_digest_valid(ioa_bytes_t text);

/* 1 where the list has no digest at all, or this one. */
int ioa_image_digest_accepted(ioa_bytes_t digest, const ioa_bytes_t *list,
    size_t n) IOA_MUST_CHECK;

/*
 * Compares a response's image digest with the machine's.
 *
 * Returns: IOA_OK or IOA_IMAGE_DIGEST_MISMATCH.  The response must name the
 * digest that was attested, byte for byte, and name none where none was; of
 * a list of n accepted ones it must be one.
 * In: attested, of no length where the attestation named none; NULL: an
 * address trusted by configuration, for which only the list speaks.
 */
ioa_status_t ioa_image_digest_check(ioa_bytes_t digest,
    const ioa_bytes_t *attested, const ioa_bytes_t *list, size_t n)
    IOA_MUST_CHECK;

#endif
