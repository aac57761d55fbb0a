/*
 * ioa_decimal: see ioa_decimal.h.
 */

#include "json/ioa_decimal.h"


static size_t
ioa_decimal_digits(ioa_decimal_t *dec, int *lost, const uint8_t *text,
    size_t n, int fraction)
{
    size_t  i;

    for (i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++) {

        if (dec->nd < IOA_DECIMAL_DIGITS_MAX) {
            if (dec->nd != 0 || text[i] != '0') {
                dec->d[dec->nd++] = text[i];
            }

            dec->exp10 -= fraction;
            continue;
        }

        *lost |= text[i] != '0';
        dec->exp10 += !fraction;
    }

    return i;
}


/* Returns: the length of the exponent from 'e' on, or 0 where it is none. */
static size_t
ioa_decimal_exponent(long *exponent, const uint8_t *text, size_t n)
{
    int     neg = 0;
    long    value = 0;
    size_t  i = 1, first;

    if (i < n && (text[i] == '+' || text[i] == '-')) {
        neg = text[i] == '-';
        i++;
    }

    first = i;

    for ( ; i < n && text[i] >= '0' && text[i] <= '9'; i++) {
        if (value < IOA_DECIMAL_EXP_MAX) {
            value = value * 10 + (text[i] - '0');
        }
    }

    *exponent = neg ? -value : value;

    return i == first ? 0 : i;
}


void
ioa_decimal_trim(ioa_decimal_t *dec)
{
    while (dec->nd != 0 && dec->d[dec->nd - 1] == '0') {
        dec->nd--;
        dec->exp10++;
    }
}


int
ioa_decimal_read(ioa_decimal_t *dec, const uint8_t *text, size_t n)
{
    int     lost = 0;
    long    exponent = 0;
    size_t  i = 0, m;

    dec->neg = 0;
    dec->is_int = 1;
    dec->nd = 0;
    dec->exp10 = 0;

    if (i < n && text[i] == '-') {
        dec->neg = 1;
        i++;
    }

    m = ioa_decimal_digits(dec, &lost, text + i, n - i, 0);

    if (m == 0 || (m > 1 && text[i] == '0')) {
        return 0;
    }

    dec->int_digits = m;
    i += m;

    if (i < n && text[i] == '.') {
        dec->is_int = 0;
        i++;
        m = ioa_decimal_digits(dec, &lost, text + i, n - i, 1);

        if (m == 0) {
            return 0;
        }

        i += m;
    }

    if (i < n && (text[i] == 'e' || text[i] == 'E')) {
        dec->is_int = 0;
        m = ioa_decimal_exponent(&exponent, text + i, n - i);

        if (m == 0) {
            return 0;
        }

        i += m;
    }

    if (i != n) {
        return 0;
    }

    if (lost) {
        /* what was left out makes it greater, and no tie */
        dec->d[dec->nd++] = '1';
        dec->exp10--;
    }

    ioa_decimal_trim(dec);
    dec->exp10 += exponent;

    return 1;
}
