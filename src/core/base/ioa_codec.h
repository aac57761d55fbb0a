/*
 * ioa_codec: hex and base64, strict; text that may be shown.
 *
 * Every length is explicit and exact: a text is either the whole encoding of
 * the bytes asked for, or is refused.
 */

#ifndef IOA_CODEC_H
#define IOA_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"


/* The value of a hex digit of any case.  Returns: 0..15, or -1. */
static inline int
ioa_hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


/*
 * Reads exactly 2 * n hex digits of any case, without a prefix.
 *
 * Returns: 1; 0 if text_len is not 2 * n or a byte is no hex digit.
 * Out: out, n bytes; untouched on 0.
 */
int ioa_hex_decode(uint8_t *out, size_t n, const uint8_t *text,
    size_t text_len) IOA_MUST_CHECK;

/* Out: text, 2 * n lower-case hex digits, no terminator. */
void ioa_hex_encode(uint8_t *text, const uint8_t *data, size_t n);

/* Returns: 1 if text is exactly n lower-case hex digits. */
int ioa_hex_lower(const uint8_t *text, size_t text_len, size_t n);

/*
 * Reads base64 of RFC 4648 section 4: the standard alphabet, padded to a
 * multiple of four, no white space, unused bits zero.
 *
 * Returns: 1; 0 if the text has another form or cap is too small for it.
 * Out: out and *n, the bytes written; on 0, out may have part of them.
 */
int ioa_base64_decode(uint8_t *out, size_t *n, size_t cap,
    const uint8_t *text, size_t text_len) IOA_MUST_CHECK;

/* The same of base64url of RFC 4648 section 5, without padding. */
int ioa_base64url_decode(uint8_t *out, size_t *n, size_t cap,
    const uint8_t *text, size_t text_len) IOA_MUST_CHECK;

/* In/out: text, terminated; "?" for whatever is not printable ASCII. */
void ioa_printable(char *text);

#endif
