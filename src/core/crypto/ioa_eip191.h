/*
 * ioa_eip191: signatures over a text in the form of Ethereum's personal_sign:
 * EIP-191 version 0x45, keccak-256, secp256k1 with recovery.
 */

#ifndef IOA_EIP191_H
#define IOA_EIP191_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"
#include "crypto/ioa_address.h"

#define IOA_EIP191_DIGEST_LEN   32
#define IOA_EIP191_SIG_LEN      65      /* r, s, v */

/*
 * Reads a signature: 130 hex digits of any case, with or without "0x" ("0X"
 * is refused, since nothing writes it).
 *
 * Returns: 1, and sig65; or 0, sig65 untouched.
 */
int ioa_eip191_sig_parse(uint8_t sig65[IOA_EIP191_SIG_LEN],
    const uint8_t *text, size_t text_len) IOA_MUST_CHECK;

/*
 * Out: digest32, of "\x19Ethereum Signed Message:\n", the text's length in
 * decimal, and the text, which may be of any length.
 */
void ioa_eip191_digest(uint8_t digest32[IOA_EIP191_DIGEST_LEN],
    const uint8_t *text, size_t text_len);

/*
 * Recovers the address of the signer.
 *
 * Returns: IOA_OK; IOA_MALFORMED_SIGNATURE if v is not 0, 1, 27 or 28, r or s
 * is zero or not below the group order, or s is in its upper half (anybody
 * can compute such a second form of a signature); IOA_SIGNATURE_MISMATCH if
 * there is no such key.
 * Out: address20, all zero unless IOA_OK.
 */
ioa_status_t ioa_eip191_recover(uint8_t address20[IOA_ADDRESS_LEN],
    const uint8_t sig65[IOA_EIP191_SIG_LEN],
    const uint8_t digest32[IOA_EIP191_DIGEST_LEN]) IOA_MUST_CHECK;

#endif
