/*
 * ioa_block: see ioa_block.h.
 */

#include "json/ioa_block.h"
#include "json/ioa_escape.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define IOA_BLOCK_X86  1
#include <immintrin.h>
#else
#define IOA_BLOCK_X86  0
#endif


/* A byte of 0x20..0x7e plus 1, as a signed byte, is more than this. */
#define IOA_BLOCK_ABOVE  0x20


#if (IOA_BLOCK_X86)

#define IOA_BLOCK_AVX2   32
#define IOA_BLOCK_SSE    16


__attribute__((target("avx2"))) static inline __m256i
ioa_block_plain32(const uint8_t *data)
{
    __m256i  x, other;

    x = _mm256_loadu_si256((const __m256i *) data);
    other = _mm256_or_si256(_mm256_cmpeq_epi8(x, _mm256_set1_epi8('"')),
                            _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\\')));
    x = _mm256_cmpgt_epi8(_mm256_add_epi8(x, _mm256_set1_epi8(1)),
                          _mm256_set1_epi8(IOA_BLOCK_ABOVE));

    return _mm256_andnot_si256(other, x);
}


__attribute__((target("avx2"))) static size_t
ioa_block_plain_avx2(const uint8_t *data, size_t n)
{
    size_t   i = 0;
    __m256i  both;

    for ( ; n - i >= 2 * IOA_BLOCK_AVX2; i += 2 * IOA_BLOCK_AVX2) {
        both = _mm256_and_si256(ioa_block_plain32(data + i),
                                ioa_block_plain32(data + i + IOA_BLOCK_AVX2));

        if (_mm256_movemask_epi8(both) != -1) {
            break;
        }
    }

    if (n - i >= IOA_BLOCK_AVX2
        && _mm256_movemask_epi8(ioa_block_plain32(data + i)) == -1)
    {
        i += IOA_BLOCK_AVX2;
    }

    return i;
}


/*
 * How eight bytes are spread: a row for each set of those that get a
 * backslash, which is byte 8 here.  What follows the last one is of no use.
 */

#define IOA_ROW(...)   { __VA_ARGS__ },
#define IOA_ROW_0(...)  IOA_ROW(0, __VA_ARGS__) IOA_ROW(8, 0, __VA_ARGS__)
#define IOA_ROW_1(...)  IOA_ROW_0(1, __VA_ARGS__) IOA_ROW_0(8, 1, __VA_ARGS__)
#define IOA_ROW_2(...)  IOA_ROW_1(2, __VA_ARGS__) IOA_ROW_1(8, 2, __VA_ARGS__)
#define IOA_ROW_3(...)  IOA_ROW_2(3, __VA_ARGS__) IOA_ROW_2(8, 3, __VA_ARGS__)
#define IOA_ROW_4(...)  IOA_ROW_3(4, __VA_ARGS__) IOA_ROW_3(8, 4, __VA_ARGS__)
#define IOA_ROW_5(...)  IOA_ROW_4(5, __VA_ARGS__) IOA_ROW_4(8, 5, __VA_ARGS__)
#define IOA_ROW_6(...)  IOA_ROW_5(6, __VA_ARGS__) IOA_ROW_5(8, 6, __VA_ARGS__)

static const uint8_t  ioa_block_rows[256][IOA_BLOCK_SSE]
    __attribute__((aligned(IOA_BLOCK_SSE))) =
{
    IOA_ROW_6(7)
    IOA_ROW_6(8, 7)
};


/* Writes the first half of pair, the other being backslashes. */
__attribute__((target("ssse3"))) static inline void
ioa_block_spread(uint8_t *out, __m128i pair, unsigned marked)
{
    __m128i  row;

    row = _mm_load_si128((const __m128i *) ioa_block_rows[marked]);
    _mm_storeu_si128((__m128i *) out, _mm_shuffle_epi8(pair, row));
}


__attribute__((target("ssse3,popcnt"))) static size_t
ioa_block_quote_ssse3(uint8_t *out, size_t *len, const uint8_t *data,
    size_t n)
{
    size_t         i, at = 0;
    unsigned       marked, other, taken = 0;
    const __m128i  slash = _mm_set1_epi8('\\');

    for (i = 0; n - i >= IOA_BLOCK_SSE; i += IOA_BLOCK_SSE) {
        __m128i  x, y;

        x = _mm_loadu_si128((const __m128i *) (data + i));
        y = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')),
                         _mm_cmpeq_epi8(x, slash));
        marked = (unsigned) _mm_movemask_epi8(y);
        y = _mm_cmpgt_epi8(_mm_add_epi8(x, _mm_set1_epi8(1)),
                           _mm_set1_epi8(IOA_BLOCK_ABOVE));
        other = (unsigned) _mm_movemask_epi8(y) ^ 0xffff;

        ioa_block_spread(out + at, _mm_unpacklo_epi64(x, slash),
                         marked & 0xff);
        ioa_block_spread(out + at + 8
                         + (unsigned) __builtin_popcount(marked & 0xff),
                         _mm_unpackhi_epi64(x, slash), marked >> 8);

        if (other != 0) {
            /* what was written of the rest is not counted */
            taken = (unsigned) __builtin_ctz(other);
            marked &= (1u << taken) - 1;
            at += taken + (unsigned) __builtin_popcount(marked);
            break;
        }

        at += IOA_BLOCK_SSE + (unsigned) __builtin_popcount(marked);
    }

    *len = at;

    return i + taken;
}

#endif


size_t
ioa_block_plain(const uint8_t *data, size_t n)
{
#if (IOA_BLOCK_X86)

    if (__builtin_cpu_supports("avx2")) {
        return ioa_block_plain_avx2(data, n);
    }

#else

    (void) data;
    (void) n;

#endif

    return 0;
}


size_t
ioa_block_quote(uint8_t *out, size_t *len, const uint8_t *data, size_t n)
{
    size_t   i = 0, at = 0;
    uint8_t  c;

#if (IOA_BLOCK_X86)

    if (__builtin_cpu_supports("ssse3") && __builtin_cpu_supports("popcnt")) {
        i = ioa_block_quote_ssse3(out, &at, data, n);
    }

#endif

    for ( ; i < n; i++) {
        c = data[i];

        if (!ioa_plain_table[c]) {
            if (c != '"' && c != '\\') {
                break;
            }

            out[at++] = '\\';
        }

        out[at++] = c;
    }

    *len = at;

    return i;
}
