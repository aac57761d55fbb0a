/*
 * ioa_codec: hex and base64.  See ioa_codec.h.
 */

#include <string.h>

#include "base/ioa_codec.h"
#include "base/ioa_reader.h"

#define IOA_BASE64_GROUP  4     /* digits for IOA_BASE64_BYTES */
#define IOA_BASE64_BYTES  3

static const uint8_t  ioa_hex_digits[] = "0123456789abcdef";


int
ioa_hex_decode(uint8_t *out, size_t n, const uint8_t *text, size_t text_len)
{
    size_t  i;

    if (text_len % 2 != 0 || text_len / 2 != n) {
        return 0;
    }

    for (i = 0; i < text_len; i++) {
        if (ioa_hex_value(text[i]) < 0) {
            return 0;
        }
    }

    for (i = 0; i < n; i++) {
        out[i] = (uint8_t) (16 * ioa_hex_value(text[2 * i])
                            + ioa_hex_value(text[2 * i + 1]));
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
    size_t  i;

    if (text_len != n) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (!((text[i] >= '0' && text[i] <= '9')
              || (text[i] >= 'a' && text[i] <= 'f')))
        {
            return 0;
        }
    }

    return 1;
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
