/*
 * ioa_number: see ioa_number.h.
 *
 * Three ways to the shortest digits, the cheapest first:
 *
 *   up to 15 digits        every such decimal in the normal range is the
 *                          shortest of its double (DBL_DIG)
 *   up to 19 digits, size  exact integers of 128 bits
 *   1e-10 to 1e17
 *   all else               strtod and snprintf, fewest digits by bisection
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/ioa_number.h"
#include "json/ioa_decimal.h"
#include "json/ioa_shortest.h"

#define IOA_NUMBER_EXACT_DIGITS  15
#define IOA_NUMBER_EXACT_EXP     290    /* well within the normal range */
#define IOA_NUMBER_PREC_MAX      17


/* Whether %.{prec}g reads back as value; dec then holds its digits. */
static int
ioa_number_prec(ioa_decimal_t *dec, double value, int prec)
{
    long    e;
    char    buf[IOA_NUMBER_PRINT_MAX], back[IOA_NUMBER_PRINT_MAX];
    size_t  i;

    (void) snprintf(buf, sizeof(buf), "%.*e", prec - 1, value);

    dec->nd = 0;

    /* whatever the locale puts between the digits is passed over */
    for (i = 0; buf[i] != 'e'; i++) {
        if (buf[i] >= '0' && buf[i] <= '9') {
            dec->d[dec->nd++] = (uint8_t) buf[i];
        }
    }

    e = strtol(buf + i + 1, NULL, 10) - (prec - 1);

    memcpy(back, dec->d, dec->nd);
    (void) snprintf(back + dec->nd, sizeof(back) - dec->nd, "e%ld", e);

    dec->exp10 = e;

    return strtod(back, NULL) == value;
}


/*
 * Below a power of two doubles lie twice as close as above: the nearest
 * decimal of some length may read back as another double while the next one
 * above does not.
 */
static int
ioa_number_try(ioa_decimal_t *dec, double value, int prec)
{
    char    back[IOA_NUMBER_PRINT_MAX];
    size_t  i;

    if (ioa_number_prec(dec, value, prec)) {
        return 1;
    }

    for (i = dec->nd; i > 0 && dec->d[i - 1] == '9'; i--) {
        dec->d[i - 1] = '0';
    }

    if (i == 0) {
        return 0;
    }

    dec->d[i - 1]++;

    memcpy(back, dec->d, dec->nd);
    (void) snprintf(back + dec->nd, sizeof(back) - dec->nd, "e%ld",
                    dec->exp10);

    return strtod(back, NULL) == value;
}


static ioa_number_t
ioa_number_slow(ioa_decimal_t *dec)
{
    int     lo = 1, hi = IOA_NUMBER_PREC_MAX, mid;
    char    buf[IOA_DECIMAL_DIGITS_MAX + 32];
    double  value;

    memcpy(buf, dec->d, dec->nd);
    (void) snprintf(buf + dec->nd, sizeof(buf) - dec->nd, "e%ld",
                    dec->exp10);

    value = strtod(buf, NULL);

    if (value > 1.7976931348623157e308) {
        return IOA_NUMBER_INFINITE;
    }

    if (value == 0) {
        dec->nd = 0;
        return IOA_NUMBER_OTHER;
    }

    while (lo < hi) {
        mid = (lo + hi) / 2;

        if (ioa_number_try(dec, value, mid)) {
            hi = mid;

        } else {
            lo = mid + 1;
        }
    }

    (void) ioa_number_try(dec, value, hi);
    ioa_decimal_trim(dec);

    return IOA_NUMBER_OTHER;
}


/* Brings dec to the shortest digits of its double. */
static ioa_number_t
ioa_number_shortest(ioa_decimal_t *dec, unsigned *slow)
{
    long      sci = dec->exp10 + (long) dec->nd - 1;
    size_t    i;
    uint64_t  w = 0;

    if (dec->nd == 0) {
        return IOA_NUMBER_OTHER;
    }

    if (dec->nd <= IOA_NUMBER_EXACT_DIGITS && sci > -IOA_NUMBER_EXACT_EXP
        && sci < IOA_NUMBER_EXACT_EXP)
    {
        return IOA_NUMBER_OTHER;
    }

    if (dec->nd <= IOA_SHORTEST_DIGITS_MAX) {
        for (i = 0; i < dec->nd; i++) {
            w = w * 10 + (uint64_t) (dec->d[i] - '0');
        }

        if (ioa_shortest(&w, &dec->exp10, dec->nd)) {
            for (i = IOA_SHORTEST_DIGITS_MAX; i > 0; i--) {
                dec->d[i - 1] = (uint8_t) ('0' + w % 10);
                w /= 10;
            }

            for (i = 0; dec->d[i] == '0'; i++) { /* void */ }

            dec->nd = IOA_SHORTEST_DIGITS_MAX - i;
            memmove(dec->d, dec->d + i, dec->nd);
            ioa_decimal_trim(dec);

            return IOA_NUMBER_OTHER;
        }
    }

    (*slow)++;

    return ioa_number_slow(dec);
}


static size_t
ioa_number_fixed(uint8_t *out, const ioa_decimal_t *dec, long sci)
{
    long    i, point = sci + 1;
    size_t  len = 0;

    if (point <= 0) {
        out[len++] = '0';

    } else {
        for (i = 0; i < point; i++) {
            out[len++] = i < (long) dec->nd ? dec->d[i] : '0';
        }
    }

    out[len++] = '.';

    for (i = point; i < 0; i++) {
        out[len++] = '0';
    }

    for (i = point > 0 ? point : 0; i < (long) dec->nd; i++) {
        out[len++] = dec->d[i];
    }

    if (point >= (long) dec->nd) {
        out[len++] = '0';
    }

    return len;
}


static size_t
ioa_number_scientific(uint8_t *out, const ioa_decimal_t *dec, long sci)
{
    long    e = sci < 0 ? -sci : sci;
    size_t  len = 0;

    out[len++] = dec->d[0];

    if (dec->nd > 1) {
        out[len++] = '.';
        memcpy(out + len, dec->d + 1, dec->nd - 1);
        len += dec->nd - 1;
    }

    out[len++] = 'e';
    out[len++] = sci < 0 ? '-' : '+';

    if (e >= 100) {
        out[len++] = (uint8_t) ('0' + e / 100);
    }

    out[len++] = (uint8_t) ('0' + e / 10 % 10);
    out[len++] = (uint8_t) ('0' + e % 10);

    return len;
}


static ioa_number_t
ioa_number_float(uint8_t *out, size_t *out_len, unsigned *slow,
    ioa_decimal_t *dec)
{
    long          sci;
    size_t        len = 0;
    ioa_number_t  kind;

    kind = ioa_number_shortest(dec, slow);

    if (dec->neg) {
        out[len++] = '-';
    }

    if (kind == IOA_NUMBER_INFINITE) {
        memcpy(out + len, "Infinity", 8);
        *out_len = len + 8;
        return kind;
    }

    if (dec->nd == 0) {
        memcpy(out + len, "0.0", 3);
        *out_len = len + 3;
        return kind;
    }

    sci = dec->exp10 + (long) dec->nd - 1;

    if (sci >= -4 && sci < 16) {
        len += ioa_number_fixed(out + len, dec, sci);

    } else {
        len += ioa_number_scientific(out + len, dec, sci);
    }

    *out_len = len;

    return kind;
}


/*
 * Whether a text of the form 12.25, as most are, is printed as it stands:
 * no zero ends it, no exponent would be printed, and its double needs all
 * of its digits.
 */
static int
ioa_number_quick(const uint8_t *text, size_t n)
{
    long      fraction, exp10;
    size_t    i, first, point, nd;
    uint64_t  w = 0, scaled;

    first = text[0] == '-';

    for (i = first; i < n && text[i] >= '0' && text[i] <= '9'; i++) {
        w = w * 10 + (uint64_t) (text[i] - '0');
    }

    point = i;

    if (point == first || n - point < 2 || n - point > 21 || point > 17
        || text[point] != '.' || (text[first] == '0' && point != first + 1))
    {
        return 0;
    }

    /* leading zeros are not counted */

    i = point + 1;
    nd = n - i;

    if (text[first] != '0') {
        nd += point - first;

    } else {
        for ( /* void */ ; i < n && text[i] == '0'; i++) {
            nd--;
        }
    }

    if (nd > IOA_NUMBER_PREC_MAX) {
        return 0;
    }

    for ( /* void */ ; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }

        w = w * 10 + (uint64_t) (text[i] - '0');
    }

    fraction = (long) (n - point - 1);

    if (w == 0 || text[n - 1] == '0' || (long) nd - fraction < -3) {
        return 0;
    }

    if (nd <= IOA_NUMBER_EXACT_DIGITS) {
        return 1;
    }

    for (scaled = w, i = nd; i < IOA_SHORTEST_PLACES; i++) {
        scaled *= 10;
    }

    exp10 = -fraction;

    return ioa_shortest(&w, &exp10, nd) && w == scaled
           && exp10 == -fraction - (long) (IOA_SHORTEST_PLACES - nd);
}


ioa_number_t
ioa_number_print(uint8_t out[IOA_NUMBER_PRINT_MAX], size_t *out_len,
    unsigned *slow, const uint8_t *text, size_t n)
{
    ioa_number_t   kind;
    ioa_decimal_t  dec;

    if (ioa_number_quick(text, n)) {
        return IOA_NUMBER_SAME;
    }

    if (!ioa_decimal_read(&dec, text, n)) {
        return IOA_NUMBER_BAD;
    }

    if (dec.is_int) {
        if (dec.int_digits > IOA_NUMBER_INT_DIGITS_MAX) {
            return IOA_NUMBER_BAD;
        }

        if (dec.nd == 0 && dec.neg) {
            out[0] = '0';
            *out_len = 1;
            return IOA_NUMBER_OTHER;
        }

        return IOA_NUMBER_SAME;
    }

    kind = ioa_number_float(out, out_len, slow, &dec);

    if (kind == IOA_NUMBER_OTHER && *out_len == n
        && memcmp(out, text, n) == 0)
    {
        return IOA_NUMBER_SAME;
    }

    return kind;
}


ioa_number_t
ioa_number_print_float(uint8_t out[IOA_NUMBER_PRINT_MAX], size_t *out_len,
    unsigned *slow, const uint8_t *text, size_t n)
{
    ioa_decimal_t  dec;

    if (!ioa_decimal_read(&dec, text, n)
        || (dec.is_int && dec.int_digits > IOA_NUMBER_INT_DIGITS_MAX))
    {
        return IOA_NUMBER_BAD;
    }

    if (dec.is_int && dec.nd == 0) {
        dec.neg = 0;
    }

    return ioa_number_float(out, out_len, slow, &dec);
}
