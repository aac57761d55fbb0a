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


/* Returns: 0..63, or -1. */
static int
ioa_base64_value(uint8_t c)
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

    if (c == '+') {
        return 62;
    }

    return c == '/' ? 63 : -1;
}


/*
 * Decodes one group.  Returns: its bytes, 3 or, where it is the last and
 * padded, 2 or 1; 0 if it is malformed.
 */
static size_t
ioa_base64_group(uint8_t bytes3[IOA_BASE64_BYTES], const uint8_t *digits4,
    int last)
{
    int       v;
    size_t    i, digits;
    uint32_t  bits;

    digits = IOA_BASE64_GROUP;

    while (last && digits > 2 && digits4[digits - 1] == '=') {
        digits--;
    }

    bits = 0;

    for (i = 0; i < IOA_BASE64_GROUP; i++) {
        v = i < digits ? ioa_base64_value(digits4[i]) : 0;

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


int
ioa_base64_decode(uint8_t *out, size_t *n, size_t cap, const uint8_t *text,
    size_t text_len)
{
    size_t          got, used;
    uint8_t         bytes3[IOA_BASE64_BYTES];
    ioa_reader_t    r;
    const uint8_t  *digits4;

    if (text_len % IOA_BASE64_GROUP != 0) {
        return 0;
    }

    used = 0;
    ioa_reader_init(&r, text, text_len);

    while (ioa_reader_take(&r, &digits4, IOA_BASE64_GROUP)) {
        got = ioa_base64_group(bytes3, digits4, ioa_reader_left(&r) == 0);

        if (got == 0 || got > cap - used) {
            return 0;
        }

        memcpy(out + used, bytes3, got);
        used += got;
    }

    *n = used;

    return 1;
}
