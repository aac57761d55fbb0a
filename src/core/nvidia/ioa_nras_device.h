/*
 * ioa_nras_device: the claims of one GPU in an NRAS reply, versions 3.0 and
 * 4.0.
 *
 * For ioa_verify_nras.c alone.
 */

#ifndef IOA_NRAS_DEVICE_H
#define IOA_NRAS_DEVICE_H

#include "json/ioa_json.h"
#include "nvidia/ioa_verify_nras.h"

/*
 * Judges claims whose signature was verified.
 *
 * Returns: IOA_OK, IOA_REVOKED or IOA_GPU_EVIDENCE_INVALID.
 * Out: device but its name; *failed, the claim, unless IOA_OK.
 */
ioa_status_t ioa_nras_device(ioa_nras_device_t *device, const char **failed,
    const ioa_json_t *claims) IOA_MUST_CHECK;

/*
 * Copies 1 to IOA_NRAS_WORD_MAX printable ASCII bytes, space included.
 * Returns: 1; 0, word untouched.
 */
int ioa_nras_word(char word[IOA_NRAS_WORD_MAX + 1], const uint8_t *text,
    size_t len) IOA_MUST_CHECK;

#endif
