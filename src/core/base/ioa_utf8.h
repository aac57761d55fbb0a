/*
 * ioa_utf8: strict UTF-8 (RFC 3629), byte by byte.
 *
 * No overlong forms, no surrogates, nothing above U+10FFFF: as in table 3-7
 * of the Unicode standard the second byte is restricted, others are 80..BF.
 */

#ifndef IOA_UTF8_H
#define IOA_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

typedef struct {
    uint8_t  need;      /* bytes that the character still needs */
    uint8_t  low;       /* least and */
    uint8_t  high;      /* greatest value of the next one */
} ioa_utf8_t;


/* Starts a character that is not ASCII with its first byte. */
IOA_MUST_CHECK static inline int
ioa_utf8_begin(ioa_utf8_t *u, uint8_t c)
{
    if (c < 0xc2 || c > 0xf4) {
        return 0;
    }

    u->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    u->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    u->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;

    return 1;
}


/* Takes the next byte of a character that ioa_utf8_begin started. */
IOA_MUST_CHECK static inline int
ioa_utf8_next(ioa_utf8_t *u, uint8_t c)
{
    if (c < u->low || c > u->high) {
        return 0;
    }

    u->need--;
    u->low = 0x80;
    u->high = 0xbf;

    return 1;
}


/* Takes any byte of a text.  A text is complete if need is 0 at its end. */
IOA_MUST_CHECK static inline int
ioa_utf8_byte(ioa_utf8_t *u, uint8_t c)
{
    if (u->need != 0) {
        return ioa_utf8_next(u, c);
    }

    return c < 0x80 || ioa_utf8_begin(u, c);
}


/*
 * Returns: the length of the character at data[0], of which n >= 1 bytes are
 * given; 0 if they do not begin with a complete character.
 */
IOA_MUST_CHECK static inline size_t
ioa_utf8_char(const uint8_t *data, size_t n)
{
    size_t      i;
    ioa_utf8_t  utf8 = { 0, 0, 0 };

    for (i = 0; i < n; i++) {
        if (!ioa_utf8_byte(&utf8, data[i])) {
            return 0;
        }

        if (utf8.need == 0) {
            return i + 1;
        }
    }

    return 0;
}


/* In: data, one whole character of n bytes, as ioa_utf8_char says. */
static inline uint32_t
ioa_utf8_code(const uint8_t *data, size_t n)
{
    size_t    i;
    uint32_t  code;

    if (n == 1) {
        return data[0];
    }

    code = data[0] & (0x7fu >> n);

    for (i = 1; i < n; i++) {
        code = code << 6 | (data[i] & 0x3f);
    }

    return code;
}


/*
 * 1 where a display does not show the character but obeys it: control
 * characters (C0, DEL, C1), line and paragraph separators, marks, overrides
 * and isolates of the text's direction.  A log line, a status page and a
 * terminal must not have them as they came.
 */
static inline int
ioa_utf8_hidden(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f)
           || code == 0x061c
           || (code >= 0x200b && code <= 0x200f)
           || (code >= 0x2028 && code <= 0x202e)
           || (code >= 0x2060 && code <= 0x206f)
           || code == 0xfeff
           || (code >= 0xe0000 && code <= 0xe007f);
}


/*
 * Skips a byte order mark at the start of a text that comes in pieces of any
 * size.
 *
 * Returns: 0 if the text begins with part of one and then continues
 * differently.
 * Out: *skip, how many of the n bytes belong to it.
 * In/out: *seen, 0 before the first piece.
 */
IOA_MUST_CHECK static inline int
ioa_utf8_bom(uint8_t *seen, size_t *skip, const uint8_t *data, size_t n)
{
    static const uint8_t  mark[] = { 0xef, 0xbb, 0xbf };

    *skip = 0;

    while (*seen < sizeof(mark) && *skip < n) {

        if (data[*skip] != mark[*seen]) {
            if (*seen != 0) {
                return 0;
            }

            *seen = sizeof(mark);
            break;
        }

        (*seen)++;
        (*skip)++;
    }

    return 1;
}

#endif
