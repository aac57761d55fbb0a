/*
 * ioa_bytes: bytes that are owned elsewhere, with their length.
 */

#ifndef IOA_BYTES_H
#define IOA_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ioa_status.h"

typedef struct {
    const uint8_t  *data;
    size_t          len;
} ioa_bytes_t;


/* Returns: 1 if both have the same bytes; two empty ones are equal. */
IOA_MUST_CHECK static inline int
ioa_bytes_equal(ioa_bytes_t one, ioa_bytes_t two)
{
    /* data may be NULL where len is 0, which the analyzer does not know */

    return one.len == two.len   /* NOLINTNEXTLINE(*core.NonNullParamChecker) */
           && (one.len == 0 || memcmp(one.data, two.data, one.len) == 0);
}


/*
 * 1 if both have the same n bytes; how long it takes does not depend on them.
 */
int ioa_bytes_same_secret(const uint8_t *one, const uint8_t *two, size_t n)
    IOA_MUST_CHECK;

#endif
