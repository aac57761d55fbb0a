/*
 * ioa_der: see ioa_der.h.  X.690, sections 8 and 10; RFC 5280, 4.1.2.5.
 */

#include <string.h>

#include "x509/ioa_der.h"
#include "base/ioa_time.h"

#define IOA_DER_CONSTRUCTED     0x20
#define IOA_DER_TAG_LONG        0x1f
#define IOA_DER_LEN_LONG        0x80
#define IOA_DER_LEN_BYTES_MAX   4

#define IOA_UTC_TIME_LEN        13      /* YYMMDDHHMMSSZ */
#define IOA_TIME_LEN            15      /* YYYYMMDDHHMMSSZ */


/* A length: short form, or the shortest long form. */
static int
ioa_der_length(ioa_reader_t *r, size_t *len)
{
    size_t   n, i;
    uint8_t  c;

    if (!ioa_reader_u8(r, &c)) {
        return 0;
    }

    if (c < IOA_DER_LEN_LONG) {
        *len = c;
        return 1;
    }

    n = c & ~IOA_DER_LEN_LONG;

    if (n == 0 || n > IOA_DER_LEN_BYTES_MAX) {
        return 0;
    }

    for (i = 0, *len = 0; i < n; i++) {
        if (!ioa_reader_u8(r, &c) || (i == 0 && c == 0)) {
            return 0;
        }

        *len = *len << 8 | c;
    }

    return *len >= IOA_DER_LEN_LONG;
}


int
ioa_der_any(ioa_reader_t *r, uint8_t *tag, ioa_reader_t *content)
{
    size_t        len;
    uint8_t       t;
    ioa_reader_t  at;

    at = *r;

    if (!ioa_reader_u8(&at, &t)
        || (t & IOA_DER_TAG_LONG) == IOA_DER_TAG_LONG
        || !ioa_der_length(&at, &len)
        || !ioa_reader_sub(&at, content, len))
    {
        return 0;
    }

    *tag = t;
    *r = at;

    return 1;
}


int
ioa_der_take(ioa_reader_t *r, uint8_t tag, ioa_reader_t *content)
{
    ioa_reader_t  whole;

    return ioa_der_whole(r, tag, &whole, content);
}


int
ioa_der_whole(ioa_reader_t *r, uint8_t tag, ioa_reader_t *whole,
    ioa_reader_t *content)
{
    uint8_t       t;
    ioa_reader_t  at, c;

    at = *r;

    if (!ioa_der_any(&at, &t, &c) || t != tag) {
        return 0;
    }

    ioa_reader_init(whole, r->pos, r->left - at.left);
    *content = c;
    *r = at;

    return 1;
}


/* The content of an INTEGER: at least one byte, and no more than needed. */
static int
ioa_der_minimal(ioa_reader_t content)
{
    uint8_t  first, second;

    if (!ioa_reader_u8(&content, &first)) {
        return 0;
    }

    if (!ioa_reader_u8(&content, &second)) {
        return 1;
    }

    return !(first == 0x00 && second < 0x80)
           && !(first == 0xff && second >= 0x80);
}


int
ioa_der_uint(ioa_reader_t *r, uint64_t *value)
{
    uint8_t       c;
    uint64_t      v;
    ioa_reader_t  at, content;

    at = *r;

    if (!ioa_der_take(&at, IOA_DER_INTEGER, &content)
        || !ioa_der_minimal(content)
        || !ioa_reader_peek(&content, &c) || c >= 0x80)
    {
        return 0;
    }

    if (c == 0 && !ioa_reader_skip(&content, 1)) {
        return 0;
    }

    if (ioa_reader_left(&content) > sizeof(v)) {
        return 0;
    }

    for (v = 0; ioa_reader_u8(&content, &c); v = v << 8 | c) {
        /* the next byte */
    }

    *value = v;
    *r = at;

    return 1;
}


int
ioa_der_bool(ioa_reader_t *r, int *value)
{
    uint8_t       c;
    ioa_reader_t  at, content;

    at = *r;

    if (!ioa_der_take(&at, IOA_DER_BOOLEAN, &content)
        || !ioa_reader_u8(&content, &c) || ioa_reader_left(&content) != 0
        || (c != 0x00 && c != 0xff))
    {
        return 0;
    }

    *value = c != 0;
    *r = at;

    return 1;
}


/* Two decimal digits. */
static int
ioa_der_two(ioa_reader_t *r, unsigned *value)
{
    uint8_t  a, b;

    if (!ioa_reader_u8(r, &a) || !ioa_reader_u8(r, &b)
        || a < '0' || a > '9' || b < '0' || b > '9')
    {
        return 0;
    }

    *value = (unsigned) ((a - '0') * 10 + (b - '0'));

    return 1;
}


int
ioa_der_time_text(int64_t *seconds, uint8_t tag, ioa_reader_t text)
{
    unsigned    century, year;
    ioa_date_t  date;

    if (tag == IOA_DER_UTC_TIME) {
        if (ioa_reader_left(&text) != IOA_UTC_TIME_LEN
            || !ioa_der_two(&text, &year))
        {
            return 0;
        }

        century = year >= 50 ? 19 : 20;

    } else if (tag != IOA_DER_TIME
               || ioa_reader_left(&text) != IOA_TIME_LEN
               || !ioa_der_two(&text, &century)
               || !ioa_der_two(&text, &year))
    {
        return 0;
    }

    date.year = century * 100 + year;

    return ioa_der_two(&text, &date.month) && ioa_der_two(&text, &date.day)
           && ioa_der_two(&text, &date.hour)
           && ioa_der_two(&text, &date.minute)
           && ioa_der_two(&text, &date.second)
           && ioa_reader_match(&text, "Z", 1)
           && ioa_time_seconds(seconds, &date);
}


int
ioa_der_time(ioa_reader_t *r, int64_t *seconds)
{
    uint8_t       tag;
    ioa_reader_t  at, text;

    at = *r;

    if (!ioa_der_any(&at, &tag, &text)
        || !ioa_der_time_text(seconds, tag, text))
    {
        return 0;
    }

    *r = at;

    return 1;
}


/* Appends one arc, seven bits per byte, the highest first. */
static size_t
ioa_der_arc(uint8_t *out, size_t n, uint64_t arc)
{
    int  shift;

    for (shift = 28; shift > 0 && arc >> shift == 0; shift -= 7) {
        /* a leading byte that is not needed */
    }

    for ( ; shift >= 0; shift -= 7) {
        if (n == IOA_DER_OID_LEN_MAX) {
            return 0;
        }

        out[n++] = (uint8_t) ((arc >> shift & 0x7f) | (shift ? 0x80 : 0));
    }

    return n;
}


size_t
ioa_der_oid(uint8_t out[IOA_DER_OID_LEN_MAX], const char *text)
{
    size_t    n, arcs;
    uint64_t  arc, top;

    top = 0;

    for (n = 0, arcs = 0; *text >= '0' && *text <= '9'; arcs++) {
        for (arc = 0; *text >= '0' && *text <= '9'; text++) {
            arc = arc * 10 + (uint64_t) (*text - '0');

            if (arc > UINT32_MAX) {
                return 0;
            }
        }

        if (arcs == 0) {
            top = arc;

        } else {
            n = ioa_der_arc(out, n, arcs == 1 ? top * 40 + arc : arc);

            if (n == 0) {
                return 0;
            }
        }

        if (*text == '\0') {
            return n;
        }

        text += *text == '.';
    }

    return 0;
}


int
ioa_der_equal(ioa_reader_t a, ioa_reader_t b)
{
    size_t          n;
    const uint8_t  *bytes;

    n = ioa_reader_left(&a);

    return n == ioa_reader_left(&b) && ioa_reader_take(&a, &bytes, n)
           && ioa_reader_match(&b, bytes, n);
}


/* The content of an OID: complete arcs without leading zeros. */
static int
ioa_der_oid_valid(ioa_reader_t content)
{
    int      first;
    uint8_t  c;

    c = 0x80;

    for (first = 1; ioa_reader_u8(&content, &c); first = c < 0x80) {
        if (first && c == 0x80) {
            return 0;
        }
    }

    return c < 0x80;
}


/* The content of a BIT STRING: the number of unused bits, which are zero. */
static int
ioa_der_bits_valid(ioa_reader_t content)
{
    uint8_t  unused, c;

    if (!ioa_reader_u8(&content, &unused) || unused > 7
        || (unused != 0 && ioa_reader_left(&content) == 0))
    {
        return 0;
    }

    for (c = 0; ioa_reader_u8(&content, &c); ) {
        /* to the last */
    }

    return (c & ((1u << unused) - 1)) == 0;
}


static int
ioa_der_primitive_valid(uint8_t tag, ioa_reader_t content)
{
    uint8_t  c;

    switch (tag) {

    case IOA_DER_BOOLEAN:
        return ioa_reader_u8(&content, &c) && ioa_reader_left(&content) == 0
               && (c == 0x00 || c == 0xff);

    case IOA_DER_INTEGER:
    case IOA_DER_ENUMERATED:
        return ioa_der_minimal(content);

    case IOA_DER_NULL:
        return ioa_reader_left(&content) == 0;

    case IOA_DER_OID:
        return ioa_der_oid_valid(content);

    case IOA_DER_BIT_STRING:
        return ioa_der_bits_valid(content);

    case 0x00:                              /* an end-of-contents */
    case IOA_DER_SEQUENCE & ~IOA_DER_CONSTRUCTED:
    case IOA_DER_SET & ~IOA_DER_CONSTRUCTED:
        return 0;

    default:
        return 1;
    }
}


int
ioa_der_valid(ioa_reader_t r)
{
    size_t        depth;
    uint8_t       tag;
    ioa_reader_t  content, levels[IOA_DER_DEPTH_MAX];

    if (!ioa_der_any(&r, &tag, &content) || ioa_reader_left(&r) != 0) {
        return 0;
    }

    if (!(tag & IOA_DER_CONSTRUCTED)) {
        return ioa_der_primitive_valid(tag, content);
    }

    for (levels[0] = content, depth = 1; depth > 0; ) {
        if (ioa_reader_left(&levels[depth - 1]) == 0) {
            depth--;
            continue;
        }

        if (!ioa_der_any(&levels[depth - 1], &tag, &content)) {
            return 0;
        }

        if (!(tag & IOA_DER_CONSTRUCTED)) {
            if (!ioa_der_primitive_valid(tag, content)) {
                return 0;
            }

            continue;
        }

        if (depth == IOA_DER_DEPTH_MAX) {
            return 0;
        }

        levels[depth++] = content;
    }

    return 1;
}
