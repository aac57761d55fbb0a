/*
 * ioa_pyjson: rewrites JSON text as it goes by into what Python prints with
 * json.dumps(json.loads(text), separators=(",", ":")), save that duplicate
 * keys stay (Python keeps the last).
 *
 * One pass over pieces of any size, in the memory of one struct, without
 * recursion and without a tree.  What is already in that form, all that the
 * agent sends but its white space, is moved in runs and not character by
 * character.
 *
 * Bytes in, bytes out, no cryptography.
 */

#ifndef IOA_PYJSON_H
#define IOA_PYJSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_cause.h"
#include "base/ioa_out.h"
#include "base/ioa_status.h"
#include "json/ioa_lexer.h"
#include "json/ioa_number.h"

#define IOA_PYJSON_DEPTH_MAX   IOA_LEXER_DEPTH_MAX
#define IOA_PYJSON_NUMBER_MAX  4400     /* characters of one number */

/*
 * Numbers of one text that may take the C library some microseconds each.
 * Only odd ones do (ioa_number.h), so that no hostile body can hold up a
 * worker for longer than some hundred milliseconds.
 */
#define IOA_PYJSON_SLOW_MAX    32768

/* Refuses NaN, Infinity, numbers too large for a double, and lone
 * surrogates. */
#define IOA_PYJSON_STRICT      1

typedef struct {
    ioa_lexer_t  lexer;
    ioa_out_t   *out;
    size_t       num_n;
    unsigned     slow;
    uint8_t      bad;
    uint8_t      cause;         /* ioa_cause_t, of what is no such JSON */
    uint8_t      strict;

    /* a number that is cut by the end of a piece */
    uint8_t      num[IOA_PYJSON_NUMBER_MAX];
} ioa_pyjson_t;

/*
 * Out: j, ready for the first byte.
 * In: out, where the result goes, borrowed; depth_max, at most
 * IOA_PYJSON_DEPTH_MAX nested arrays and objects; flags.
 */
void ioa_pyjson_init(ioa_pyjson_t *j, ioa_out_t *out, size_t depth_max,
    int flags);

/*
 * Feeds the next n bytes.
 * Returns: 1; 0 once the text is no such JSON, and from then on.
 */
int ioa_pyjson_update(ioa_pyjson_t *j, const uint8_t *data, size_t n)
    IOA_MUST_CHECK;

/*
 * Ends the text and flushes out.
 * Returns: 1 where exactly one value went by, white space around it at most,
 * and out took all of it.
 */
int ioa_pyjson_final(ioa_pyjson_t *j) IOA_MUST_CHECK;

#endif
