/*
 * ioa_escape: see ioa_escape.h.
 */

#include "json/ioa_escape.h"
#include "base/ioa_utf8.h"

#define IOA_HEX_NONE   0xff
#define IOA_HEX_UPPER  0x10     /* an upper-case digit */

#define P16  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1

const uint8_t ioa_plain_table[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    P16, P16,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1,
    P16,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0
};

#undef P16

const uint8_t ioa_escape_table[256] = {
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00,
    0x00, 0x1a, 0x3b, 0x1c, 0x1d, 0x1e, 0x3f, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x20, 0x00, 0x20, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
};


static uint8_t
ioa_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return (uint8_t) (c - '0');
    }

    if (c >= 'a' && c <= 'f') {
        return (uint8_t) (c - 'a' + 10);
    }

    if (c >= 'A' && c <= 'F') {
        return (uint8_t) ((c - 'A' + 10) | IOA_HEX_UPPER);
    }

    return IOA_HEX_NONE;
}


size_t
ioa_unit_len(const uint8_t *data, size_t n)
{
    uint8_t  c = data[0];

    if (c == '\\') {
        return n > 1 && data[1] == 'u' ? 6 : 2;
    }

    if (c < 0x80) {
        return 1;
    }

    if (c < 0xc2 || c > 0xf4) {
        return IOA_UNIT_BAD;
    }

    return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}


static int
ioa_unit_hex(uint32_t *code, int *same, const uint8_t *data)
{
    size_t    i;
    uint8_t   d, all = 0;
    uint32_t  value = 0;

    for (i = 0; i < 4; i++) {
        d = ioa_hex_digit(data[i]);

        if (d == IOA_HEX_NONE) {
            return 0;
        }

        all |= d;
        value = value << 4 | (d & 0xf);
    }

    *code = value;

    /* 1 where it is in lower case, and there is no shorter form */
    *same = !(all & IOA_HEX_UPPER)
            && (value > 0x7e || (value < 0x20
                                 && (value < 8 || value > 13
                                     || value == 11)));
    return 1;
}


static int
ioa_unit_escape(uint32_t *code, int *same, const uint8_t *data, size_t n)
{
    *same = 1;

    switch (data[1]) {

    case '"':
    case '\\':
        *code = data[1];
        return 1;

    case '/':
        *code = '/';
        *same = 0;
        return 1;

    case 'b':
        *code = 8;
        return 1;

    case 'f':
        *code = 12;
        return 1;

    case 'n':
        *code = 10;
        return 1;

    case 'r':
        *code = 13;
        return 1;

    case 't':
        *code = 9;
        return 1;

    case 'u':
        return n == 6 && ioa_unit_hex(code, same, data + 2);

    default:
        return 0;
    }
}


int
ioa_unit_read(uint32_t *code, int *same, const uint8_t *data, size_t n)
{
    size_t      i;
    uint32_t    value;
    ioa_utf8_t  u;

    if (data[0] == '\\') {
        return n >= 2 && ioa_unit_escape(code, same, data, n);
    }

    *same = 0;

    if (data[0] < 0x80) {
        *code = data[0];
        return 1;
    }

    if (!ioa_utf8_begin(&u, data[0]) || n != (size_t) u.need + 1) {
        return 0;
    }

    value = data[0] & (0x3fu >> u.need);

    for (i = 1; i < n; i++) {
        if (!ioa_utf8_next(&u, data[i])) {
            return 0;
        }

        value = value << 6 | (data[i] & 0x3f);
    }

    *code = value;

    return 1;
}


static size_t
ioa_escape_hex(uint8_t *out, uint32_t unit)
{
    static const char  hex[] = "0123456789abcdef";

    out[0] = '\\';
    out[1] = 'u';
    out[2] = (uint8_t) hex[unit >> 12 & 0xf];
    out[3] = (uint8_t) hex[unit >> 8 & 0xf];
    out[4] = (uint8_t) hex[unit >> 4 & 0xf];
    out[5] = (uint8_t) hex[unit & 0xf];

    return 6;
}


size_t
ioa_escape_print(uint8_t out[IOA_ESCAPE_MAX], uint32_t code)
{
    static const char  brief[] = "btn\0fr";

    if (code == '"' || code == '\\') {
        out[0] = '\\';
        out[1] = (uint8_t) code;
        return 2;
    }

    if (code >= 0x20 && code <= 0x7e) {
        out[0] = (uint8_t) code;
        return 1;
    }

    if (code >= 8 && code <= 13 && code != 11) {
        out[0] = '\\';
        out[1] = (uint8_t) brief[code - 8];
        return 2;
    }

    if (code < 0x10000) {
        return ioa_escape_hex(out, code);
    }

    code -= 0x10000;

    (void) ioa_escape_hex(out, 0xd800 | code >> 10);
    (void) ioa_escape_hex(out + 6, 0xdc00 | (code & 0x3ff));

    return 12;
}
