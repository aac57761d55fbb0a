/*
 * ioa_reader: a bounded reader over bytes that came from outside.
 *
 * It is a pointer and what remains behind it.  One function,
 * ioa_reader_take, compares and moves; all others call it, and no other code
 * moves a pointer through input.  Every getter either succeeds whole (1) or
 * fails (0) and then leaves the reader and its outputs as they were.
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


/* Out: r, at the first of len bytes; data may be NULL where len is 0. */
static inline void
ioa_reader_init(ioa_reader_t *r, const uint8_t *data, size_t len)
{
    r->pos = data;
    r->left = len;
}


/* Returns: the bytes that remain. */
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


/* Shows the next byte and takes nothing. */
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

/* Takes n bytes.  Out: sub reads them, and them alone. */
int ioa_reader_sub(ioa_reader_t *r, ioa_reader_t *sub, size_t n)
    IOA_MUST_CHECK;

/* Takes n bytes and drops them. */
int ioa_reader_skip(ioa_reader_t *r, size_t n) IOA_MUST_CHECK;

/*
 * Takes n bytes where the next n are these.
 * Returns: 1; 0 where they differ or fewer remain, nothing is taken then.
 */
int ioa_reader_match(ioa_reader_t *r, const void *bytes, size_t n)
    IOA_MUST_CHECK;

#endif
