/*
 * ioa_string: see ioa_string.h.
 */

#include <string.h>

#include "json/ioa_string.h"


void
ioa_string_begin(ioa_string_t *text)
{
    text->flaws = 0;
    text->over = 0;
    text->high = 0;
    text->len = 0;
}


static void
ioa_string_keep(ioa_string_t *text, const uint8_t *bytes, size_t n)
{
    if (text->over || n > IOA_STRING_MAX - text->len) {
        text->over = 1;
        return;
    }

    memcpy(text->bytes + text->len, bytes, n);
    text->len += n;
}


/* Keeps a character as UTF-8; code is no surrogate. */
static void
ioa_string_char(ioa_string_t *text, uint32_t code)
{
    size_t   i, n;
    uint8_t  b[4];

    n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (i = n - 1; i > 0; i--) {
        b[i] = (uint8_t) (0x80 | (code & 0x3f));
        code >>= 6;
    }

    b[0] = (uint8_t) (n == 1 ? code : (0xf00u >> n & 0xff) | code);

    ioa_string_keep(text, b, n);
}


static void
ioa_string_flaw(ioa_string_t *text, uint8_t flaw)
{
    text->flaws |= flaw;
    text->over = 1;
}


void
ioa_string_end(ioa_string_t *text)
{
    if (text->high != 0) {
        text->high = 0;
        ioa_string_flaw(text, IOA_STRING_LONE);
    }
}


void
ioa_string_add(ioa_string_t *text, const ioa_lexer_t *lx, ioa_token_t token)
{
    uint32_t  code = lx->code;

    if (token == IOA_TOKEN_TEXT) {
        ioa_string_end(text);
        ioa_string_keep(text, lx->from, (size_t) (lx->p - lx->from));
        return;
    }

    if ((code & 0xfffffc00) == 0xdc00 && text->high != 0) {
        code = 0x10000 + ((text->high & 0x3ffu) << 10) + (code & 0x3ff);
        text->high = 0;
        ioa_string_char(text, code);
        return;
    }

    ioa_string_end(text);

    if ((code & 0xfffffc00) == 0xd800) {
        text->high = (uint16_t) code;

    } else if ((code & 0xfffffc00) == 0xdc00) {
        ioa_string_flaw(text, IOA_STRING_LONE);

    } else if (code == 0) {
        ioa_string_flaw(text, IOA_STRING_NUL);

    } else {
        ioa_string_char(text, code);
    }
}
