/*
 * ioa_bytes: see ioa_bytes.h.
 */

#include <openssl/crypto.h>

#include "base/ioa_bytes.h"


int
ioa_bytes_same_secret(const uint8_t *one, const uint8_t *two, size_t n)
{
    return CRYPTO_memcmp(one, two, n) == 0;
}
