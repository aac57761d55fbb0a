/*
 * ioa_block: the inside of JSON strings, many bytes at a time, by
 * instructions that most processors have and the compiler may not assume.
 * Where they are not there, the same is done byte by byte.
 */

#ifndef IOA_BLOCK_H
#define IOA_BLOCK_H

#include <stddef.h>
#include <stdint.h>

/*
 * For long runs of plain bytes (ioa_plain_table).
 * Returns: how many of the first n bytes certainly are; the caller looks at
 * those behind them.
 */
size_t ioa_block_plain(const uint8_t *data, size_t n);

/*
 * Writes bytes of 0x20..0x7e, with a backslash before each '"' and '\\'.
 * In: out, room for 2 * n bytes.
 * Out: *len, how many were written.
 * Returns: how many of n were taken: up to the first of another value.
 */
size_t ioa_block_quote(uint8_t *out, size_t *len, const uint8_t *data,
    size_t n);

#endif
