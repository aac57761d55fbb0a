/*
 * ioa_decimal: the text of a JSON number, taken apart.
 */

#ifndef IOA_DECIMAL_H
#define IOA_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

#define IOA_DECIMAL_DIGITS_MAX  800     /* more cannot change a double */
#define IOA_DECIMAL_EXP_MAX     1000000 /* nor can more than this */

/* digits * 10^exp10; no zero leads or ends the digits; none: the value 0 */
typedef struct {
    int      neg;
    int      is_int;
    size_t   int_digits;
    size_t   nd;
    long     exp10;
    uint8_t  d[IOA_DECIMAL_DIGITS_MAX + 1];
} ioa_decimal_t;

/*
 * Reads the n bytes at text.
 * Returns: 1 where they are one number of RFC 8259.  Out: dec.
 */
int ioa_decimal_read(ioa_decimal_t *dec, const uint8_t *text, size_t n)
    IOA_MUST_CHECK;

/* Takes away the zeros at the end of the digits. */
void ioa_decimal_trim(ioa_decimal_t *dec);

#endif
