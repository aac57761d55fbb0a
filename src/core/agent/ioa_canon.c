/*
 * ioa_canon: see ioa_canon.h.
 */

#include <string.h>

#include "agent/ioa_canon.h"


void
ioa_canon_init(ioa_canon_t *canon)
{
    ioa_sha256_init(&canon->sha);
    ioa_out_init(&canon->out, ioa_sha256_sink, &canon->sha);
    ioa_pyjson_init(&canon->json, &canon->out, IOA_PYJSON_DEPTH_MAX, 0);
}


ioa_status_t
ioa_canon_update(ioa_canon_t *canon, const uint8_t *data, size_t n)
{
    return ioa_pyjson_update(&canon->json, data, n)
           ? IOA_OK : IOA_RESPONSE_HASH_MISMATCH;
}


ioa_status_t
ioa_canon_final(uint8_t digest32[IOA_SHA256_LEN], ioa_canon_t *canon)
{
    if (!ioa_pyjson_final(&canon->json)) {
        memset(digest32, 0, IOA_SHA256_LEN);
        return IOA_RESPONSE_HASH_MISMATCH;
    }

    ioa_sha256_final(digest32, &canon->sha);

    return IOA_OK;
}
