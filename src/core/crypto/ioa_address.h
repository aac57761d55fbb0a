/*
 * ioa_address: the address of a signer, the last 20 bytes of the Keccak-256
 * of its public key, as in Ethereum.
 */

#ifndef IOA_ADDRESS_H
#define IOA_ADDRESS_H

#include <stdint.h>

#include "base/ioa_bytes.h"
#include "base/ioa_status.h"

#define IOA_ADDRESS_LEN         20
#define IOA_ADDRESS_TEXT_LEN    42      /* 0x and 40 hex digits */

/*
 * Reads "0x" and 40 hex digits, any case; EIP-55 mixed case is not checked.
 * Returns: 1, and address20; or 0, address20 untouched.
 */
int ioa_address_parse(uint8_t address20[IOA_ADDRESS_LEN], ioa_bytes_t text)
    IOA_MUST_CHECK;

/* Writes 0x and 40 lower-case hex digits, no terminator. */
void ioa_address_print(uint8_t text42[IOA_ADDRESS_TEXT_LEN],
    const uint8_t address20[IOA_ADDRESS_LEN]);

#endif
