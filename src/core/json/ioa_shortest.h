/*
 * ioa_shortest: decimal to double and back to the shortest decimal, in exact
 * integers of 128 bits, for the numbers that responses are full of.
 */

#ifndef IOA_SHORTEST_H
#define IOA_SHORTEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

#define IOA_SHORTEST_DIGITS_MAX  19
#define IOA_SHORTEST_PLACES      18     /* digits of the result */

/*
 * Takes the decimal *w * 10^*exp10 of nd digits, rounds it to the nearest
 * double (ties to even), and finds the decimal with the fewest digits that
 * rounds to the same double, the one nearest to it among these.
 *
 * Returns: 1, and *w, *exp10 of that decimal, with as many zeros at its end
 * as bring its last place to that of IOA_SHORTEST_PLACES digits from the
 * first of the input; 0 where the number is out of this function's range:
 * they are left alone then.
 */
int ioa_shortest(uint64_t *w, long *exp10, size_t nd) IOA_MUST_CHECK;

#endif
