/*
 * ioa_escape: the inside of JSON strings, read as any JSON has it and written
 * as Python's json.dumps writes it (doc/formats.md 3.7).
 *
 * A string is made of plain bytes, which stand for themselves on both sides,
 * and of units: an escape, a UTF-8 character, or a byte that must be escaped
 * on the way out.
 */

#ifndef IOA_ESCAPE_H
#define IOA_ESCAPE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ioa_status.h"
#include "json/ioa_block.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define IOA_UNIT_MAX        6       /* \uXXXX */
#define IOA_ESCAPE_MAX      12      /* \uXXXX\uXXXX */

#define IOA_UNIT_BAD        ((size_t) -1)

/* a run of plain bytes of which this many went by is taken for a long one */
#define IOA_PLAIN_LONG      64

/* 1 for 0x20..0x7e save '"' and '\\'. */
extern const uint8_t ioa_plain_table[256];

/*
 * Low nibble and IOA_ESCAPE_HEX: the value of a lower-case hex digit.
 * IOA_ESCAPE_SHORT: an escape of two characters ends in it, as json.dumps
 * writes it.
 */
#define IOA_ESCAPE_HEX    0x10
#define IOA_ESCAPE_SHORT  0x20
extern const uint8_t ioa_escape_table[256];


#if !defined(__SSE2__)

#define IOA_WORD_ONES  UINT64_C(0x0101010101010101)
#define IOA_WORD_TOPS  UINT64_C(0x8080808080808080)

/*
 * Nonzero where one of the eight bytes is not plain.  Each subtraction sets
 * the top bit of a byte that it takes below zero; the borrow may mark the
 * byte above as well, but where nothing goes below zero there is no borrow.
 * So zero is certain; else the caller looks byte by byte.
 */
static inline uint64_t
ioa_word_special(uint64_t w)
{
    return (w
            | (w - IOA_WORD_ONES * 0x20)
            | ((w ^ IOA_WORD_ONES * '"') - IOA_WORD_ONES)
            | ((w ^ IOA_WORD_ONES * '\\') - IOA_WORD_ONES)
            | ((w ^ IOA_WORD_ONES * 0x7f) - IOA_WORD_ONES)) & IOA_WORD_TOPS;
}

#endif


/* Returns: how many of the first n bytes are plain. */
static inline size_t
ioa_plain_run(const uint8_t *data, size_t n)
{
    size_t  i = 0;

#if defined(__SSE2__)

    const __m128i  one = _mm_set1_epi8(1);
    const __m128i  space = _mm_set1_epi8(0x20);
    const __m128i  quote = _mm_set1_epi8('"');
    const __m128i  slash = _mm_set1_epi8('\\');

    while (n - i >= 16) {
        __m128i   x, bad;
        unsigned  mask;

        x = _mm_loadu_si128((const __m128i *) (data + i));

        /* signed: with 1 added, 0x7f..0xfe are below zero, and 0xff is 0 */
        bad = _mm_or_si128(_mm_cmpeq_epi8(x, quote),
                           _mm_cmpeq_epi8(x, slash));
        bad = _mm_andnot_si128(bad, _mm_cmpgt_epi8(_mm_add_epi8(x, one),
                                                   space));
        mask = (unsigned) _mm_movemask_epi8(bad) ^ 0xffff;

        if (mask != 0) {
            return i + (size_t) __builtin_ctz(mask);
        }

        i += 16;

        if (i == IOA_PLAIN_LONG && n - i >= IOA_PLAIN_LONG) {
            i += ioa_block_plain(data + i, n - i);
        }
    }

#else

    for ( /* void */ ; n - i >= 8; i += 8) {
        uint64_t  w;

        memcpy(&w, data + i, 8);

        if (ioa_word_special(w)) {
            break;
        }
    }

#endif

    while (i < n && ioa_plain_table[data[i]]) {
        i++;
    }

    return i;
}


/*
 * At a backslash: the length of an escape that is written just as it was
 * read, with its code where it is \\uXXXX, else *code is 0.
 * Returns: 0 where it is another one, or fewer than n bytes tell.
 */
static inline size_t
ioa_escape_same(uint32_t *code, const uint8_t *data, size_t n)
{
    uint8_t   a, b, c, d;
    uint32_t  value;

    *code = 0;

    if (n < 6) {
        return 0;
    }

    if (data[1] != 'u') {
        return ioa_escape_table[data[1]] & IOA_ESCAPE_SHORT ? 2 : 0;
    }

    a = ioa_escape_table[data[2]];
    b = ioa_escape_table[data[3]];
    c = ioa_escape_table[data[4]];
    d = ioa_escape_table[data[5]];

    if (!(a & b & c & d & IOA_ESCAPE_HEX)) {
        return 0;
    }

    value = (a & 0xfu) << 12 | (b & 0xfu) << 8 | (c & 0xfu) << 4 | (d & 0xfu);
    *code = value;

    /* no shorter form: not 0x20..0x7e, not \\b \\t \\n \\f \\r */
    return value > 0x7e || (value < 0x20 && !(0x3700u >> value & 1)) ? 6 : 0;
}


/*
 * Looks at the unit that begins at data[0], of which n >= 1 bytes are there.
 *
 * Returns: the unit's length as far as these bytes tell: where it is greater
 * than n, ask again with more; IOA_UNIT_BAD for a byte that begins none.
 */
size_t ioa_unit_len(const uint8_t *data, size_t n) IOA_MUST_CHECK;

/*
 * Reads a whole unit of ioa_unit_len bytes.
 *
 * Returns: 1, or 0 where it is no escape of JSON or not UTF-8 (RFC 3629).
 * Out: *code, for \uXXXX one UTF-16 code unit, surrogates included; *same, 1
 * where the unit is written just as it was read.
 */
int ioa_unit_read(uint32_t *code, int *same, const uint8_t *data, size_t n)
    IOA_MUST_CHECK;

/*
 * Writes what stands for one code point (or one surrogate) in a string.
 * Returns: the length; 1 where it stands for itself.
 */
size_t ioa_escape_print(uint8_t out[IOA_ESCAPE_MAX], uint32_t code)
    IOA_MUST_CHECK;

#endif
