/*
 * ioa_pem: see ioa_pem.h.
 */

#include <stdio.h>
#include <string.h>

#include "x509/ioa_pem.h"
#include "base/ioa_codec.h"

#define IOA_PEM_LINE_LEN  (sizeof("-----BEGIN -----") + IOA_PEM_LABEL_MAX)


/* Skips white space and NUL.  Returns: 1 if something else follows. */
static int
ioa_pem_blank(ioa_reader_t *text)
{
    uint8_t  c;

    while (ioa_reader_peek(text, &c)) {
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\0') {
            return 1;
        }

        if (!ioa_reader_skip(text, 1)) {
            return 0;
        }
    }

    return 0;
}


static int
ioa_pem_is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}


/* Also a typographic dash, as word processors write it, in UTF-8. */
static int
ioa_pem_is_dash(uint8_t c)
{
    return c == '-' || c >= 0x80;
}


/*
 * Takes text behind "BEGIN", up to a dash or the end.
 * Returns: 1 where it is the label of a certificate, or of what holds some.
 */
static int
ioa_pem_holds(ioa_reader_t text)
{
    char     label[IOA_PEM_LABEL_MAX + 1];
    size_t   n = 0;
    uint8_t  c;

    static const char  word[] = "CERTIFICATE";

    while (ioa_reader_u8(&text, &c) && !ioa_pem_is_dash(c)) {
        if (ioa_pem_is_blank(c)) {
            continue;
        }

        if (n == IOA_PEM_LABEL_MAX) {
            return 0;
        }

        label[n++] = (char) (c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }

    label[n] = '\0';

    return strncmp(label, "PKCS", 4) == 0 || strcmp(label, "CMS") == 0
           || (n >= sizeof(word) - 1
               && strcmp(label + n - (sizeof(word) - 1), word) == 0);
}


/* 1 where r is at this word in any case, which is taken then. */
static int
ioa_pem_word(ioa_reader_t *r, const char *word)
{
    uint8_t       c;
    ioa_reader_t  at;

    for (at = *r; *word != '\0'; word++) {
        if (!ioa_reader_u8(&at, &c) || (c & ~0x20) != *word) {
            return 0;
        }
    }

    *r = at;

    return 1;
}


ioa_pem_odd_t
ioa_pem_odd(ioa_reader_t line)
{
    uint8_t        c, last = 0;
    ioa_pem_odd_t  odd = IOA_PEM_PLAIN;

    while (ioa_reader_peek(&line, &c)) {
        if ((c < ' ' && !ioa_pem_is_blank(c)) || c == 0x7f) {
            return IOA_PEM_BYTES;
        }

        if (ioa_pem_is_dash(last) && ioa_pem_word(&line, "BEGIN")) {
            if (ioa_pem_holds(line)) {
                odd = IOA_PEM_BLOCK;
            }

            last = 0;
            continue;
        }

        if (!ioa_pem_is_blank(c)) {
            last = c;
        }

        if (!ioa_reader_skip(&line, 1)) {
            break;
        }
    }

    return odd;
}


int
ioa_pem_line(ioa_reader_t *text, ioa_reader_t *line)
{
    uint8_t         c;
    const uint8_t  *start;

    start = text->pos;

    while (ioa_reader_u8(text, &c) && c != '\n') {
        /* the line's end */
    }

    ioa_reader_init(line, start, (size_t) (text->pos - start));

    return ioa_reader_left(line) != 0;
}


/* Takes the line that begins a block. */
static ioa_pem_rc_t
ioa_pem_begin(ioa_reader_t *text, const char *label, int loose)
{
    int           n;
    char          line[IOA_PEM_LINE_LEN];
    ioa_reader_t  other;

    n = snprintf(line, sizeof(line), "-----BEGIN %s-----", label);

    if (n < 0 || (size_t) n >= sizeof(line)) {
        return IOA_PEM_MALFORMED;
    }

    while (!ioa_reader_match(text, line, (size_t) n)) {
        if (!loose) {
            return IOA_PEM_MALFORMED;
        }

        if (ioa_pem_line(text, &other)
            && ioa_pem_odd(other) != IOA_PEM_PLAIN)
        {
            return IOA_PEM_STRAY;
        }

        if (!ioa_pem_blank(text)) {
            return IOA_PEM_END;
        }
    }

    return IOA_PEM_OK;
}


/* Takes the line that ends a block, and its line feed. */
static int
ioa_pem_finish(ioa_reader_t *text, const char *label)
{
    int      n;
    char     line[IOA_PEM_LINE_LEN];
    uint8_t  c;

    n = snprintf(line, sizeof(line), "-----END %s-----", label);

    if (n < 0 || (size_t) n >= sizeof(line)
        || !ioa_reader_match(text, line, (size_t) n))
    {
        return 0;
    }

    /* the end of the text also ends the line */

    return !ioa_reader_peek(text, &c)
           || c == '\n' || c == '\r' || c == '\0';
}


/* Takes base64 up to a dash.  Out: work, the digits without line ends. */
static int
ioa_pem_digits(ioa_reader_t *text, uint8_t *work, size_t *n)
{
    uint8_t  c;

    for (*n = 0; ioa_reader_peek(text, &c) && c != '-'; ) {
        if (c != '\r' && c != '\n') {
            work[(*n)++] = c;
        }

        if (!ioa_reader_skip(text, 1)) {
            return 0;
        }
    }

    return 1;
}


ioa_pem_rc_t
ioa_pem_next(ioa_reader_t *text, ioa_reader_t *der, uint8_t *work,
    const char *label, int loose)
{
    size_t        n, len;
    ioa_pem_rc_t  rc;
    ioa_reader_t  at;

    at = *text;

    if (!ioa_pem_blank(&at)) {
        return IOA_PEM_END;
    }

    rc = ioa_pem_begin(&at, label, loose);

    if (rc != IOA_PEM_OK) {
        return rc;
    }

    if (!ioa_pem_digits(&at, work, &n)
        || !ioa_pem_finish(&at, label)
        || !ioa_base64_decode(work, &len, n, work, n) || len == 0)
    {
        return IOA_PEM_MALFORMED;
    }

    ioa_reader_init(der, work, len);
    *text = at;

    return IOA_PEM_OK;
}
