/*
 * ioa_ueid: see ioa_ueid.h.
 */

#include <string.h>

#include "nvidia/ioa_ueid.h"


int
ioa_ueid_serial(uint8_t ueid20[IOA_UEID_LEN], ioa_reader_t serial)
{
    size_t   n;
    uint8_t  first;

    memset(ueid20, 0, IOA_UEID_LEN);

    /* one byte more for the sign */

    if (ioa_reader_left(&serial) == IOA_UEID_LEN + 1
        && (!ioa_reader_u8(&serial, &first) || first != 0))
    {
        return 0;
    }

    n = ioa_reader_left(&serial);

    return n != 0 && n <= IOA_UEID_LEN
           && ioa_reader_copy(&serial, ueid20 + IOA_UEID_LEN - n, n);
}


void
ioa_ueid_print(char text[IOA_UEID_TEXT_MAX + 1],
    const uint8_t ueid20[IOA_UEID_LEN])
{
    size_t    i, n;
    uint8_t   left[IOA_UEID_LEN], any;
    unsigned  rest;

    memcpy(left, ueid20, IOA_UEID_LEN);
    n = IOA_UEID_TEXT_MAX;
    text[n] = '\0';

    /* long division by ten: the digits come from the last one on */

    do {
        rest = 0;
        any = 0;

        for (i = 0; i < IOA_UEID_LEN; i++) {
            rest = rest << 8 | left[i];
            left[i] = (uint8_t) (rest / 10);
            rest %= 10;
            any |= left[i];
        }

        text[--n] = (char) ('0' + rest);

    } while (any != 0);

    memmove(text, text + n, IOA_UEID_TEXT_MAX + 1 - n);
}


int
ioa_ueid_parse(uint8_t ueid20[IOA_UEID_LEN], const uint8_t *text, size_t n)
{
    size_t    i, k;
    unsigned  carry;

    memset(ueid20, 0, IOA_UEID_LEN);

    if (n == 0 || n > IOA_UEID_TEXT_MAX || (n > 1 && text[0] == '0')) {
        return 0;
    }

    for (i = 0; i < n; i++) {

        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }

        carry = (unsigned) (text[i] - '0');

        for (k = IOA_UEID_LEN; k > 0; k--) {
            carry += ueid20[k - 1] * 10u;
            ueid20[k - 1] = (uint8_t) carry;
            carry >>= 8;
        }

        if (carry != 0) {
            return 0;
        }
    }

    return 1;
}
