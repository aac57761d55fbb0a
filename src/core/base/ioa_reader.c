/*
 * ioa_reader: the getters that are not inlined.  See ioa_reader.h.
 */

#include <string.h>

#include "base/ioa_reader.h"


/* Reads n bytes, n <= 8, as one little-endian integer. */
static int
ioa_reader_le(ioa_reader_t *r, uint64_t *value, size_t n)
{
    const uint8_t  *p;

    if (!ioa_reader_take(r, &p, n)) {
        return 0;
    }

    *value = 0;

    while (n-- > 0) {
        *value = *value << 8 | p[n];
    }

    return 1;
}


int
ioa_reader_u16le(ioa_reader_t *r, uint16_t *value)
{
    uint64_t  v;

    if (!ioa_reader_le(r, &v, 2)) {
        return 0;
    }

    *value = (uint16_t) v;

    return 1;
}


int
ioa_reader_u24le(ioa_reader_t *r, uint32_t *value)
{
    uint64_t  v;

    if (!ioa_reader_le(r, &v, 3)) {
        return 0;
    }

    *value = (uint32_t) v;

    return 1;
}


int
ioa_reader_u32le(ioa_reader_t *r, uint32_t *value)
{
    uint64_t  v;

    if (!ioa_reader_le(r, &v, 4)) {
        return 0;
    }

    *value = (uint32_t) v;

    return 1;
}


int
ioa_reader_u64le(ioa_reader_t *r, uint64_t *value)
{
    return ioa_reader_le(r, value, 8);
}


int
ioa_reader_copy(ioa_reader_t *r, uint8_t *out, size_t n)
{
    const uint8_t  *p;

    if (!ioa_reader_take(r, &p, n)) {
        return 0;
    }

    if (n != 0) {
        memcpy(out, p, n);
    }

    return 1;
}


int
ioa_reader_sub(ioa_reader_t *r, ioa_reader_t *sub, size_t n)
{
    const uint8_t  *p;

    if (!ioa_reader_take(r, &p, n)) {
        return 0;
    }

    ioa_reader_init(sub, p, n);

    return 1;
}


int
ioa_reader_skip(ioa_reader_t *r, size_t n)
{
    const uint8_t  *p;

    return ioa_reader_take(r, &p, n);
}


int
ioa_reader_match(ioa_reader_t *r, const void *bytes, size_t n)
{
    if (n > r->left || (n != 0 && memcmp(r->pos, bytes, n) != 0)) {
        return 0;
    }

    return ioa_reader_skip(r, n);
}
