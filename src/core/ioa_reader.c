/*
 * ioa_reader: the getters that need no inlining.  See ioa_reader.h.
 */

#include <string.h>

#include "ioa_reader.h"

#define IOA_WORD_LEN   8
#define IOA_WORD_ONES  UINT64_C(0x0101010101010101)
#define IOA_WORD_TOPS  UINT64_C(0x8080808080808080)


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
ioa_reader_u16be(ioa_reader_t *r, uint16_t *value)
{
    const uint8_t  *p;

    if (!ioa_reader_take(r, &p, 2)) {
        return 0;
    }

    *value = (uint16_t) (p[0] << 8 | p[1]);

    return 1;
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


/*
 * Nonzero where one of the eight bytes does not stand for itself.  Each
 * subtraction sets the top bit of a byte that it takes below zero; the borrow
 * may mark the byte above as well, but where nothing goes below zero there is
 * no borrow.  So zero is certain; else the caller looks byte by byte.
 */
static uint64_t
ioa_word_special(uint64_t w)
{
    uint64_t  quote, slash;

    quote = w ^ IOA_WORD_ONES * '"';
    slash = w ^ IOA_WORD_ONES * '\\';

    return (w
            | (quote - IOA_WORD_ONES)
            | (slash - IOA_WORD_ONES)
            | (w - IOA_WORD_ONES * 0x20)) & IOA_WORD_TOPS;
}


static int
ioa_byte_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}


size_t
ioa_reader_text_run(ioa_reader_t *r, const uint8_t **bytes)
{
    size_t          n;
    uint64_t        w;
    const uint8_t  *p;

    p = r->pos;

    for (n = 0; r->left - n >= IOA_WORD_LEN; n += IOA_WORD_LEN) {
        memcpy(&w, p + n, IOA_WORD_LEN);

        if (ioa_word_special(w)) {
            break;
        }
    }

    while (n < r->left && ioa_byte_plain(p[n])) {
        n++;
    }

    return ioa_reader_take(r, bytes, n) ? n : 0;
}
