/*
 * ioa_ssechunk: whether the value of a data line may be shown before the
 * stream has verified.
 *
 * It may where it is one whole JSON object (RFC 8259) that ends nothing and
 * calls nothing: a client acts on a finish_reason, and on the tool calls and
 * function calls beside it.
 *
 * Used by ioa_sse alone.
 */

#ifndef IOA_SSECHUNK_H
#define IOA_SSECHUNK_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

#define IOA_SSECHUNK_DEPTH_MAX   64
#define IOA_SSECHUNK_KEPT_MAX    1024
#define IOA_SSECHUNK_VALUES_MAX  16

/*
 * The last value that was read in full, with its line's end, and where the
 * strings in it stand that are values: from behind the first quote to behind
 * the last.  The next value is mostly the same one but for one of these
 * strings, and need not be read again then.
 */
typedef struct {
    size_t    n;
    size_t    values_n;
    size_t    last;             /* of values, that was another one */
    uint16_t  values[IOA_SSECHUNK_VALUES_MAX][2];
    uint8_t   data[IOA_SSECHUNK_KEPT_MAX];
} ioa_ssechunk_t;

/* Out: kept, nothing. */
void ioa_ssechunk_init(ioa_ssechunk_t *kept);

/*
 * In: n bytes, the last of which is a CR or LF: what ends the line.
 *
 * Returns: 1 for one object, white space around it, nested no deeper than
 * IOA_SSECHUNK_DEPTH_MAX, in which each member finish_reason, tool_calls and
 * function_call, at any depth, is null, "", [] or {}.  Their names count in
 * any case, as some readers take them, and however they are escaped.  It is
 * not looked at whether strings are UTF-8.  Else 0.
 */
int ioa_ssechunk_plain(ioa_ssechunk_t *kept, const uint8_t *data, size_t n)
    IOA_MUST_CHECK;

#endif
