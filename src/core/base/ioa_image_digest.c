/*
 * ioa_image_digest: see ioa_image_digest.h.
 */

#include "base/ioa_codec.h"
#include "base/ioa_image_digest.h"
#include "base/ioa_reader.h"

#define IOA_IMAGE_DIGEST_HEX  64


int
ioa_image_digest_valid(ioa_bytes_t text)
{
    ioa_reader_t  r;

    ioa_reader_init(&r, text.data, text.len);

    return ioa_reader_match(&r, "sha256:", sizeof("sha256:") - 1)
           && ioa_hex_lower(r.pos, r.left, IOA_IMAGE_DIGEST_HEX);
}


int
ioa_image_digest_accepted(ioa_bytes_t digest, const ioa_bytes_t *list,
    size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (ioa_bytes_equal(digest, list[i])) {
            return 1;
        }
    }

    return n == 0;
}


ioa_status_t
ioa_image_digest_check(ioa_bytes_t digest, const ioa_bytes_t *attested,
    const ioa_bytes_t *list, size_t n)
{
    if (attested != NULL
        && ((digest.data == NULL) != (attested->len == 0)
            || !ioa_bytes_equal(digest, *attested)))
    {
        return IOA_IMAGE_DIGEST_MISMATCH;
    }

    return ioa_image_digest_accepted(digest, list, n)
           ? IOA_OK : IOA_IMAGE_DIGEST_MISMATCH;
}
