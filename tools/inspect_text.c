/*
 * inspect_text: see inspect_text.h.
 */

#include <stdlib.h>
#include <string.h>

#include "attest/ioattest.h"
#include "inspect_text.h"

#define IOATTEST_BASE64_GROUP  4


static int
ioattest_text_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


int
ioattest_text_is(ioa_bytes_t bytes)
{
    uint8_t       c;
    ioa_reader_t  r;

    ioa_reader_init(&r, bytes.data, bytes.len);

    while (ioa_reader_u8(&r, &c)) {
        if ((c < ' ' || c > '~') && !ioattest_text_blank(c)) {
            return 0;
        }
    }

    return 1;
}


int
ioattest_text_first(ioa_bytes_t text)
{
    uint8_t       c;
    ioa_reader_t  r;

    ioa_reader_init(&r, text.data, text.len);

    while (ioa_reader_u8(&r, &c)) {
        if (!ioattest_text_blank(c)) {
            return c;
        }
    }

    return -1;
}


/* Returns: a copy without white space, with room for one more group. */
static uint8_t *
ioattest_text_solid(size_t *n, ioa_bytes_t text)
{
    uint8_t       c, *solid;
    ioa_reader_t  r;

    *n = 0;
    solid = malloc(text.len + IOATTEST_BASE64_GROUP);

    if (solid == NULL) {
        return NULL;
    }

    ioa_reader_init(&r, text.data, text.len);

    while (ioa_reader_u8(&r, &c)) {
        if (!ioattest_text_blank(c)) {
            solid[(*n)++] = c;
        }
    }

    return solid;
}


uint8_t *
ioattest_text_hex(size_t *n, ioa_bytes_t text)
{
    size_t    len, skip;
    uint8_t  *solid, *data;

    solid = ioattest_text_solid(&len, text);

    if (solid == NULL) {
        return NULL;
    }

    skip = len >= 2 && solid[0] == '0' && (solid[1] | 0x20) == 'x' ? 2 : 0;
    *n = (len - skip) / 2;
    data = *n == 0 ? NULL : malloc(*n);

    if (data != NULL
        && !ioa_hex_decode(data, *n, solid + skip, len - skip))
    {
        free(data);
        data = NULL;
    }

    free(solid);

    return data;
}


/* Decodes either alphabet.  In: solid, with room for one more group. */
static int
ioattest_text_digits(uint8_t *data, size_t *n, uint8_t *solid, size_t len)
{
    size_t  padded;

    padded = len;

    /* with its padding off, if it is complete */

    while (padded % IOATTEST_BASE64_GROUP == 0
           && len + 2 > padded && len > 0 && solid[len - 1] == '=')
    {
        len--;
    }

    if (ioa_base64url_decode(data, n, padded, solid, len)) {
        return 1;
    }

    while (len % IOATTEST_BASE64_GROUP != 0) {
        solid[len++] = '=';
    }

    return ioa_base64_decode(data, n, padded, solid, len);
}


uint8_t *
ioattest_text_base64(size_t *n, ioa_bytes_t text)
{
    size_t    len;
    uint8_t  *solid, *data;

    solid = ioattest_text_solid(&len, text);

    if (solid == NULL) {
        return NULL;
    }

    data = len == 0 ? NULL : malloc(len);

    if (data != NULL
        && (!ioattest_text_digits(data, n, solid, len) || *n == 0))
    {
        free(data);
        data = NULL;
    }

    free(solid);

    return data;
}
