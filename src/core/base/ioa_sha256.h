/*
 * ioa_sha256: SHA-256 over pieces.
 *
 * OpenSSL's plain SHA256 functions under our own name: unlike EVP they
 * allocate nothing, cannot fail, and need no cleanup, so that a hash can be
 * part of any struct.  They use the same optimised code.
 */

#ifndef IOA_SHA256_H
#define IOA_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/sha.h>

#define IOA_SHA256_LEN  32

typedef struct {
    SHA256_CTX  ctx;
} ioa_sha256_t;

/* Out: sha, ready for the first byte. */
void ioa_sha256_init(ioa_sha256_t *sha);

/* Feeds n bytes. */
void ioa_sha256_update(ioa_sha256_t *sha, const uint8_t *data, size_t n);

/* Out: digest32.  sha may not be used after this. */
void ioa_sha256_final(uint8_t digest32[IOA_SHA256_LEN], ioa_sha256_t *sha);

/* Feeds n bytes, as a sink for ioa_out.h; ctx: ioa_sha256_t.  Returns: 1. */
int ioa_sha256_sink(void *ctx, const uint8_t *data, size_t n);

/* Out: digest32, of n bytes in one piece. */
void ioa_sha256(uint8_t digest32[IOA_SHA256_LEN], const uint8_t *data,
    size_t n);

#endif
