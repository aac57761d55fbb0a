/*
 * ioa_string: see ioa_string.h.
 */

#include <string.h>

#include "json/ioa_string.h"
#include "base/ioa_codec.h"
#include "json/ioa_run.h"

#define IOA_STRING_HEX_DIGITS  4
#define IOA_STRING_REPLACEMENT 0xfffd

enum {
    IOA_STRING_S_TEXT = 0,
    IOA_STRING_S_UTF8,          /* within a character of several bytes */
    IOA_STRING_S_ESCAPE,        /* behind a backslash */
    IOA_STRING_S_HEX            /* within \uXXXX */
};


void
ioa_string_begin(ioa_string_t *s, int keep, int strict)
{
    s->state = IOA_STRING_S_TEXT;
    s->keep = (uint8_t) (keep != 0);
    s->strict = (uint8_t) (strict != 0);
    s->flaws = 0;
    s->cause = IOA_CAUSE_NOT_JSON;
    s->surrogate = 0;
    s->text_over = 0;
    s->text_len = 0;
}


static void
ioa_string_keep(ioa_string_t *s, const uint8_t *bytes, size_t n)
{
    if (!s->keep || s->text_over) {
        return;
    }

    if (n > IOA_STRING_TEXT_MAX - s->text_len) {
        s->text_over = 1;
        return;
    }

    memcpy(s->text + s->text_len, bytes, n);
    s->text_len += n;
}


/* Keeps a character, c <= 0xffff being no surrogate, or any above. */
static void
ioa_string_keep_char(ioa_string_t *s, uint32_t c)
{
    size_t   n;
    uint8_t  b[4];

    if (c < 0x80) {
        b[0] = (uint8_t) c;
        n = 1;

    } else if (c < 0x800) {
        b[0] = (uint8_t) (0xc0 | c >> 6);
        b[1] = (uint8_t) (0x80 | (c & 0x3f));
        n = 2;

    } else if (c < 0x10000) {
        b[0] = (uint8_t) (0xe0 | c >> 12);
        b[1] = (uint8_t) (0x80 | (c >> 6 & 0x3f));
        b[2] = (uint8_t) (0x80 | (c & 0x3f));
        n = 3;

    } else {
        b[0] = (uint8_t) (0xf0 | c >> 18);
        b[1] = (uint8_t) (0x80 | (c >> 12 & 0x3f));
        b[2] = (uint8_t) (0x80 | (c >> 6 & 0x3f));
        b[3] = (uint8_t) (0x80 | (c & 0x3f));
        n = 4;
    }

    ioa_string_keep(s, b, n);
}


/* Puts U+FFFD in the place of what no good comes of. */
static ioa_string_event_t
ioa_string_flaw(ioa_string_t *s, uint8_t flaw)
{
    s->flaws |= flaw;

    if (s->strict) {
        s->cause = flaw == IOA_STRING_LONE ? IOA_CAUSE_SURROGATE
                                           : IOA_CAUSE_NUL;
        return IOA_STRING_BAD;
    }

    ioa_string_keep_char(s, IOA_STRING_REPLACEMENT);

    return IOA_STRING_MORE;
}


/* A high half was not followed by its low half. */
static ioa_string_event_t
ioa_string_drop_surrogate(ioa_string_t *s)
{
    if (s->surrogate == 0) {
        return IOA_STRING_MORE;
    }

    s->surrogate = 0;

    return ioa_string_flaw(s, IOA_STRING_LONE);
}


/*
 * Takes what is there of characters of several bytes, the first of which has
 * begun.  The state of the character is kept in registers: this is where
 * Chinese goes by.
 */
static ioa_string_event_t
ioa_string_utf8(ioa_string_t *s, ioa_reader_t *r)
{
    uint8_t     c;
    ioa_utf8_t  utf8;

    utf8 = s->utf8;

    while (ioa_reader_peek(r, &c) && (utf8.need != 0 || c >= 0x80)) {

        if (!ioa_utf8_byte(&utf8, c) || !ioa_reader_u8(r, &c)) {
            s->cause = IOA_CAUSE_NOT_UTF8;
            return IOA_STRING_BAD;
        }

        ioa_string_keep(s, &c, 1);
    }

    s->utf8 = utf8;
    s->state = utf8.need != 0 ? IOA_STRING_S_UTF8 : IOA_STRING_S_TEXT;

    return IOA_STRING_MORE;
}


/* Takes a run of plain text and, where one follows, the byte behind it. */
static ioa_string_event_t
ioa_string_text(ioa_string_t *s, ioa_reader_t *r)
{
    size_t          n;
    uint8_t         c;
    const uint8_t  *run;

    n = ioa_text_run(r, &run);

    if (n != 0) {
        if (ioa_string_drop_surrogate(s) == IOA_STRING_BAD) {
            return IOA_STRING_BAD;
        }

        ioa_string_keep(s, run, n);
    }

    if (!ioa_reader_u8(r, &c)) {
        return IOA_STRING_MORE;
    }

    if (c == '\\') {
        s->state = IOA_STRING_S_ESCAPE;
        return IOA_STRING_MORE;
    }

    if (ioa_string_drop_surrogate(s) == IOA_STRING_BAD) {
        return IOA_STRING_BAD;
    }

    if (c == '"') {
        return IOA_STRING_END;
    }

    if (!ioa_utf8_begin(&s->utf8, c)) {
        s->cause = c >= 0x80 ? IOA_CAUSE_NOT_UTF8 : IOA_CAUSE_NOT_JSON;
        return IOA_STRING_BAD;
    }

    ioa_string_keep(s, &c, 1);

    return ioa_string_utf8(s, r);
}


static ioa_string_event_t
ioa_string_escape(ioa_string_t *s, uint8_t c)
{
    const char  *at;

    static const char  names[] = "\"\\/bfnrt";
    static const char  means[] = "\"\\/\b\f\n\r\t";

    if (c == 'u') {
        s->hex = 0;
        s->hex_left = IOA_STRING_HEX_DIGITS;
        s->state = IOA_STRING_S_HEX;
        return IOA_STRING_MORE;
    }

    at = c == 0 ? NULL : strchr(names, c);

    if (at == NULL || ioa_string_drop_surrogate(s) == IOA_STRING_BAD) {
        return IOA_STRING_BAD;
    }

    ioa_string_keep_char(s, (uint32_t) means[at - names]);
    s->state = IOA_STRING_S_TEXT;

    return IOA_STRING_MORE;
}


/* A \uXXXX is whole: hex. */
static ioa_string_event_t
ioa_string_unit(ioa_string_t *s)
{
    uint32_t  c;

    s->state = IOA_STRING_S_TEXT;

    if ((s->hex & 0xfc00) == 0xdc00 && s->surrogate != 0) {
        c = 0x10000 + ((s->surrogate & 0x3ffu) << 10) + (s->hex & 0x3ffu);
        s->surrogate = 0;
        ioa_string_keep_char(s, c);
        return IOA_STRING_MORE;
    }

    if (ioa_string_drop_surrogate(s) == IOA_STRING_BAD) {
        return IOA_STRING_BAD;
    }

    if ((s->hex & 0xfc00) == 0xd800) {
        s->surrogate = s->hex;
        return IOA_STRING_MORE;
    }

    if ((s->hex & 0xfc00) == 0xdc00) {
        return ioa_string_flaw(s, IOA_STRING_LONE);
    }

    if (s->hex == 0) {
        return ioa_string_flaw(s, IOA_STRING_NUL);
    }

    ioa_string_keep_char(s, s->hex);

    return IOA_STRING_MORE;
}


static ioa_string_event_t
ioa_string_hex(ioa_string_t *s, uint8_t c)
{
    int  digit;

    digit = ioa_hex_value(c);

    if (digit < 0) {
        return IOA_STRING_BAD;
    }

    s->hex = (uint16_t) (s->hex << 4 | digit);

    if (--s->hex_left != 0) {
        return IOA_STRING_MORE;
    }

    return ioa_string_unit(s);
}


ioa_string_event_t
ioa_string_next(ioa_string_t *s, ioa_reader_t *r)
{
    uint8_t             c;
    ioa_string_event_t  event;

    event = IOA_STRING_MORE;

    while (event == IOA_STRING_MORE && ioa_reader_left(r) != 0) {

        if (s->state == IOA_STRING_S_TEXT) {
            event = ioa_string_text(s, r);

        } else if (s->state == IOA_STRING_S_UTF8) {
            event = ioa_string_utf8(s, r);

        } else if (!ioa_reader_u8(r, &c)) {
            break;

        } else if (s->state == IOA_STRING_S_ESCAPE) {
            event = ioa_string_escape(s, c);

        } else {
            event = ioa_string_hex(s, c);
        }
    }

    return event;
}
