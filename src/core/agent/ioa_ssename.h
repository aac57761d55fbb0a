/*
 * ioa_ssename: names of members in a stream that a client acts on.
 *
 * Used by ioa_ssechunk alone.
 */

#ifndef IOA_SSENAME_H
#define IOA_SSENAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

/*
 * In: the n bytes between a name's quotes, in strict JSON.
 * Returns: 1 for finish_reason, tool_calls and function_call, in any case and
 * however they are escaped; else 0.
 */
int ioa_ssename_acts(const uint8_t *at, size_t n) IOA_MUST_CHECK;

#endif
