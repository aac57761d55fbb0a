/*
 * ioa_run: see ioa_run.h.
 */

#include <string.h>

#include "json/ioa_run.h"

#define IOA_WORD_LEN   8
#define IOA_WORD_ONES  UINT64_C(0x0101010101010101)
#define IOA_WORD_TOPS  UINT64_C(0x8080808080808080)


/*
 * Nonzero where one of the eight bytes does not stand for itself.  Each
 * subtraction sets the top bit of a byte that it takes below zero; the borrow
 * may mark the byte above as well, but where nothing goes below zero there is
 * no borrow.  So zero is certain; else the caller looks byte by byte.
 */
static uint64_t
ioa_word_special(uint64_t w)
{
    uint64_t  quote, slash;

    quote = w ^ IOA_WORD_ONES * '"';
    slash = w ^ IOA_WORD_ONES * '\\';

    return (w
            | (quote - IOA_WORD_ONES)
            | (slash - IOA_WORD_ONES)
            | (w - IOA_WORD_ONES * 0x20)) & IOA_WORD_TOPS;
}


static int
ioa_byte_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}


size_t
ioa_text_run(ioa_reader_t *r, const uint8_t **bytes)
{
    size_t          n;
    uint64_t        w;
    const uint8_t  *p;

    p = r->pos;

    for (n = 0; r->left - n >= IOA_WORD_LEN; n += IOA_WORD_LEN) {
        memcpy(&w, p + n, IOA_WORD_LEN);

        if (ioa_word_special(w)) {
            break;
        }
    }

    while (n < r->left && ioa_byte_plain(p[n])) {
        n++;
    }

    return ioa_reader_take(r, bytes, n) ? n : 0;
}
