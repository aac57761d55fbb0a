/*
 * ioa_reader: a bounded reader over bytes from outside.
 *
 * It is a pointer and the number of bytes left.  One function,
 * ioa_reader_take, compares and advances; all others call it, and no other
 * code advances a pointer through input.  A getter either succeeds (1), or
 * fails (0) and leaves the reader and its outputs unchanged.
 */

#ifndef IOA_READER_H
#define IOA_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

typedef struct {
    const uint8_t  *pos;
    size_t          left;
} ioa_reader_t;


/* Out: r, at the first of len bytes; data may be NULL if len is 0. */
static inline void
ioa_reader_init(ioa_reader_t *r, const uint8_t *data, size_t len)
{
    r->pos = data;
    r->left = len;
}


/* Returns: the number of bytes left. */
static inline size_t
ioa_reader_left(const ioa_reader_t *r)
{
    return r->left;
}


/* Takes n bytes.  Out: *bytes borrows from the input. */
IOA_MUST_CHECK static inline int
ioa_reader_take(ioa_reader_t *r, const uint8_t **bytes, size_t n)
{
    if (n > r->left) {
        return 0;
    }

    *bytes = r->pos;

    if (n != 0) {
        r->pos += n;
        r->left -= n;
    }

    return 1;
}


/* Takes one byte. */
IOA_MUST_CHECK static inline int
ioa_reader_u8(ioa_reader_t *r, uint8_t *value)
{
    const uint8_t  *p;

    if (!ioa_reader_take(r, &p, 1)) {
        return 0;
    }

    *value = p[0];

    return 1;
}


/* Returns the next byte without taking it. */
IOA_MUST_CHECK static inline int
ioa_reader_peek(const ioa_reader_t *r, uint8_t *value)
{
    if (r->left == 0) {
        return 0;
    }

    *value = r->pos[0];

    return 1;
}


/* Unsigned integers, little-endian. */
int ioa_reader_u16le(ioa_reader_t *r, uint16_t *value) IOA_MUST_CHECK;
int ioa_reader_u24le(ioa_reader_t *r, uint32_t *value) IOA_MUST_CHECK;
int ioa_reader_u32le(ioa_reader_t *r, uint32_t *value) IOA_MUST_CHECK;
int ioa_reader_u64le(ioa_reader_t *r, uint64_t *value) IOA_MUST_CHECK;

/* Takes n bytes.  Out: copied to out. */
int ioa_reader_copy(ioa_reader_t *r, uint8_t *out, size_t n) IOA_MUST_CHECK;

/* Takes n bytes.  Out: sub, a reader over exactly these. */
int ioa_reader_sub(ioa_reader_t *r, ioa_reader_t *sub, size_t n)
    IOA_MUST_CHECK;

/* Skips n bytes. */
int ioa_reader_skip(ioa_reader_t *r, size_t n) IOA_MUST_CHECK;

/*
 * Takes n bytes if they are equal to bytes.
 * Returns: 1; 0 if they differ or fewer are left, and nothing is taken.
 */
int ioa_reader_match(ioa_reader_t *r, const void *bytes, size_t n)
    IOA_MUST_CHECK;

#endif
