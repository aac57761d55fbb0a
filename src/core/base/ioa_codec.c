/*
 * ioa_codec: hex and base64.  See ioa_codec.h.
 */

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/ioa_codec.h"
#include "base/ioa_reader.h"

#define IOA_BASE64_GROUP  4     /* digits for IOA_BASE64_BYTES */
#define IOA_BASE64_BYTES  3

static const uint8_t  ioa_hex_digits[] = "0123456789abcdef";


/* Its value; IOA_HEX_UPPER and it; IOA_HEX_NONE where it is no digit. */
#define IOA_HEX_UPPER  0x10
#define IOA_HEX_NONE   0x20

#define IOA_HEX_X2   IOA_HEX_NONE, IOA_HEX_NONE
#define IOA_HEX_X8   IOA_HEX_X2, IOA_HEX_X2, IOA_HEX_X2, IOA_HEX_X2
#define IOA_HEX_X32  IOA_HEX_X8, IOA_HEX_X8, IOA_HEX_X8, IOA_HEX_X8

static const uint8_t  ioa_hex_table[256] = {
    IOA_HEX_X32,
    IOA_HEX_X8, IOA_HEX_X8,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, IOA_HEX_X2, IOA_HEX_X2, IOA_HEX_X2,
    IOA_HEX_NONE, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, IOA_HEX_NONE,
    IOA_HEX_X8, IOA_HEX_X8, IOA_HEX_X8,
    IOA_HEX_NONE, 10, 11, 12, 13, 14, 15, IOA_HEX_NONE,
    IOA_HEX_X8, IOA_HEX_X8, IOA_HEX_X8,
    IOA_HEX_X32, IOA_HEX_X32, IOA_HEX_X32, IOA_HEX_X32
};


#if defined(__SSE2__)

#define IOA_HEX_BLOCK  16       /* digits at a time */

/*
 * The values of a block of digits.  In: fold, 0x20 to take upper case too.
 * Out: *good, all ones where a byte is a digit.
 */
static inline __m128i
ioa_hex_block(__m128i *good, const uint8_t *text, int fold)
{
    __m128i  x, digit, letter, is_digit, is_letter;

    x = _mm_loadu_si128((const __m128i *) text);
    digit = _mm_sub_epi8(x, _mm_set1_epi8('0'));
    letter = _mm_sub_epi8(_mm_or_si128(x, _mm_set1_epi8((char) fold)),
                          _mm_set1_epi8('a'));

    /* unsigned: at most 9, at most 5 */
    is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)),
                               letter);

    *good = _mm_or_si128(is_digit, is_letter);
    letter = _mm_add_epi8(letter, _mm_set1_epi8(10));

    return _mm_or_si128(_mm_and_si128(is_digit, digit),
                        _mm_and_si128(is_letter, letter));
}

#endif


/* Returns: 1 where all bytes are digits; upper, of either case. */
static int
ioa_hex_only(const uint8_t *text, size_t n, int upper)
{
    size_t   i = 0;
    uint8_t  all = 0;

#if defined(__SSE2__)

    __m128i  good, every = _mm_set1_epi8(-1);

    for ( /* void */ ; n - i >= IOA_HEX_BLOCK; i += IOA_HEX_BLOCK) {
        (void) ioa_hex_block(&good, text + i, upper ? 0x20 : 0);
        every = _mm_and_si128(every, good);
    }

    if (_mm_movemask_epi8(every) != 0xffff) {
        return 0;
    }

#endif

    for ( /* void */ ; i < n; i++) {
        all |= ioa_hex_table[text[i]];
    }

    return (all & (upper ? IOA_HEX_NONE : IOA_HEX_NONE | IOA_HEX_UPPER)) == 0;
}


int
ioa_hex_decode(uint8_t *out, size_t n, const uint8_t *text, size_t text_len)
{
    size_t  i = 0;

    if (text_len % 2 != 0 || text_len / 2 != n
        || !ioa_hex_only(text, text_len, 1))
    {
        return 0;
    }

#if defined(__SSE2__)

    for ( /* void */ ; n - i >= IOA_HEX_BLOCK / 2; i += IOA_HEX_BLOCK / 2) {
        __m128i  good, value;

        value = ioa_hex_block(&good, text + 2 * i, 0x20);

        /* in 16 bits the first digit is the lower byte */
        value = _mm_or_si128(_mm_slli_epi16(value, 4),
                             _mm_srli_epi16(value, 8));
        value = _mm_and_si128(value, _mm_set1_epi16(0x00ff));

        _mm_storel_epi64((__m128i *) (out + i),
                         _mm_packus_epi16(value, value));
    }

#endif

    for ( /* void */ ; i < n; i++) {
        out[i] = (uint8_t) (ioa_hex_table[text[2 * i]] << 4
                            | (ioa_hex_table[text[2 * i + 1]] & 0x0f));
    }

    return 1;
}


void
ioa_hex_encode(uint8_t *text, const uint8_t *data, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        text[2 * i] = ioa_hex_digits[data[i] >> 4];
        text[2 * i + 1] = ioa_hex_digits[data[i] & 0x0f];
    }
}


int
ioa_hex_lower(const uint8_t *text, size_t text_len, size_t n)
{
    return text_len == n && ioa_hex_only(text, n, 0);
}


/* Returns: 0..63, or -1.  In: last2, the digits of 62 and 63. */
static int
ioa_base64_value(uint8_t c, const char *last2)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    if (c == (uint8_t) last2[0]) {
        return 62;
    }

    return c == (uint8_t) last2[1] ? 63 : -1;
}


/*
 * Decodes one group of digits.  Returns: its bytes, one less than its digits;
 * 0 if it is malformed, as one digit alone always is.
 */
static size_t
ioa_base64_group(uint8_t bytes3[IOA_BASE64_BYTES], const uint8_t *text,
    size_t digits, const char *last2)
{
    int       v;
    size_t    i;
    uint32_t  bits;

    bits = 0;

    for (i = 0; i < IOA_BASE64_GROUP; i++) {
        v = i < digits ? ioa_base64_value(text[i], last2) : 0;

        if (v < 0) {
            return 0;
        }

        bits = bits << 6 | (uint32_t) v;
    }

    bytes3[0] = (uint8_t) (bits >> 16);
    bytes3[1] = (uint8_t) (bits >> 8);
    bytes3[2] = (uint8_t) bits;

    /* unused bits must be zero, so that each value has one text */

    for (i = digits - 1; i < IOA_BASE64_BYTES; i++) {
        if (bytes3[i] != 0) {
            return 0;
        }
    }

    return digits - 1;
}


/* Decodes digits of one alphabet, without padding. */
static int
ioa_base64_digits(uint8_t *out, size_t *n, size_t cap, ioa_reader_t text,
    const char *last2)
{
    size_t          got, digits, used;
    uint8_t         bytes3[IOA_BASE64_BYTES];
    const uint8_t  *group;

    used = 0;

    while (ioa_reader_left(&text) != 0) {
        digits = ioa_reader_left(&text) < IOA_BASE64_GROUP
                 ? ioa_reader_left(&text) : IOA_BASE64_GROUP;

        if (!ioa_reader_take(&text, &group, digits)) {
            return 0;
        }

        got = ioa_base64_group(bytes3, group, digits, last2);

        if (got == 0 || got > cap - used) {
            return 0;
        }

        memcpy(out + used, bytes3, got);
        used += got;
    }

    *n = used;

    return 1;
}


int
ioa_base64_decode(uint8_t *out, size_t *n, size_t cap, const uint8_t *text,
    size_t text_len)
{
    size_t        pad;
    ioa_reader_t  r;

    if (text_len % IOA_BASE64_GROUP != 0) {
        return 0;
    }

    for (pad = 0; pad < 2 && pad < text_len; pad++) {
        if (text[text_len - pad - 1] != '=') {
            break;
        }
    }

    ioa_reader_init(&r, text, text_len - pad);

    return ioa_base64_digits(out, n, cap, r, "+/");
}


int
ioa_base64url_decode(uint8_t *out, size_t *n, size_t cap,
    const uint8_t *text, size_t text_len)
{
    ioa_reader_t  r;

    ioa_reader_init(&r, text, text_len);

    return ioa_base64_digits(out, n, cap, r, "-_");
}


void
ioa_printable(char *text)
{
    for ( ; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~') {
            *text = '?';
        }
    }
}
