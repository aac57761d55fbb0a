/*
 * ioa_sha256: SHA-256 over pieces.
 *
 * OpenSSL's plain SHA256 functions under a name of ours: unlike EVP they
 * allocate nothing, cannot fail, and leave nothing to clean up, so a hash
 * can live inside any struct.  They use the same code of the processor.
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

/* Out: digest32.  sha is used up. */
void ioa_sha256_final(uint8_t digest32[IOA_SHA256_LEN], ioa_sha256_t *sha);

/* Feeds n bytes, as a sink of ioa_out.h: ctx is the ioa_sha256_t.  Returns: 1. */
int ioa_sha256_sink(void *ctx, const uint8_t *data, size_t n);

/* Out: digest32, of n bytes that are all there. */
void ioa_sha256(uint8_t digest32[IOA_SHA256_LEN], const uint8_t *data,
    size_t n);

#endif
