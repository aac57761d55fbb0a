/*
 * ioa_number: a JSON number as Python reads it with json.loads and prints it
 * with json.dumps (doc/formats.md 3.6).
 *
 * No '.', 'e' or 'E' in the text: an integer of any size up to 4,300 digits,
 * printed as it stands (-0 is 0).  Else the nearest double, printed with the
 * fewest digits that read back as the same double.
 *
 * Independent of the locale.  No memory but the stack.
 */

#ifndef IOA_NUMBER_H
#define IOA_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

#define IOA_NUMBER_INT_DIGITS_MAX  4300     /* Python's own limit */
#define IOA_NUMBER_PRINT_MAX       32       /* longest double printed */
#define IOA_NUMBER_EXACT_INT       18       /* digits of common integers */

typedef enum {
    IOA_NUMBER_BAD = 0,     /* no JSON number, or too many digits */
    IOA_NUMBER_SAME,        /* printed as it stands */
    IOA_NUMBER_OTHER,       /* printed as out says */
    IOA_NUMBER_INFINITE     /* too large for a double; out: Infinity */
} ioa_number_t;

/*
 * Reads the n bytes at text and says how they are printed.
 *
 * Out: out, *out_len for IOA_NUMBER_OTHER and IOA_NUMBER_INFINITE.
 * In/out: *slow, one more where the number needed the C library, which may
 * take some microseconds; short and common ones do not.
 */
ioa_number_t ioa_number_print(uint8_t out[IOA_NUMBER_PRINT_MAX],
    size_t *out_len, unsigned *slow, const uint8_t *text, size_t n)
    IOA_MUST_CHECK;

/*
 * The same for a member that the agent declares a float: an integer is
 * printed as the nearest double too (1 is 1.0).
 */
ioa_number_t ioa_number_print_float(uint8_t out[IOA_NUMBER_PRINT_MAX],
    size_t *out_len, unsigned *slow, const uint8_t *text, size_t n)
    IOA_MUST_CHECK;

#endif
