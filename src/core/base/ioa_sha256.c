/*
 * ioa_sha256: see ioa_sha256.h.
 */

/* The only file that uses functions deprecated by OpenSSL 3. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/ioa_sha256.h"


void
ioa_sha256_init(ioa_sha256_t *sha)
{
    (void) SHA256_Init(&sha->ctx);
}


void
ioa_sha256_update(ioa_sha256_t *sha, const uint8_t *data, size_t n)
{
    (void) SHA256_Update(&sha->ctx, data, n);
}


int
ioa_sha256_sink(void *ctx, const uint8_t *data, size_t n)
{
    ioa_sha256_update(ctx, data, n);

    return 1;
}


void
ioa_sha256_final(uint8_t digest32[IOA_SHA256_LEN], ioa_sha256_t *sha)
{
    (void) SHA256_Final(digest32, &sha->ctx);
}


void
ioa_sha256(uint8_t digest32[IOA_SHA256_LEN], const uint8_t *data, size_t n)
{
    ioa_sha256_t  sha;

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, data, n);
    ioa_sha256_final(digest32, &sha);
}
