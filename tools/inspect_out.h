/*
 * inspect_out: names and values, nested, as text or as JSON.  Bytes from
 * outside are written by print.h.
 */

#ifndef IOATTEST_INSPECT_OUT_H
#define IOATTEST_INSPECT_OUT_H

#include <stdint.h>

#include "print.h"

typedef struct {
    int              as_json;
    unsigned         depth;
    ioattest_json_t  json;
} ioattest_out_t;

void ioattest_out_begin(ioattest_out_t *out, int as_json);
void ioattest_out_end(ioattest_out_t *out);

/* A group, until it is closed. */
void ioattest_out_open(ioattest_out_t *out, const char *name);
void ioattest_out_close(ioattest_out_t *out);

/* A list, and its i-th group, which is closed like a group. */
void ioattest_out_list(ioattest_out_t *out, const char *name);
void ioattest_out_item(ioattest_out_t *out, const char *name, size_t i);
void ioattest_out_list_end(ioattest_out_t *out);

/* NULL: null in JSON, no line in text. */
void ioattest_out_bytes(ioattest_out_t *out, const char *name,
    ioa_bytes_t bytes);
void ioattest_out_string(ioattest_out_t *out, const char *name,
    const char *string);
void ioattest_out_hex(ioattest_out_t *out, const char *name,
    const uint8_t *data, size_t n);

/* A number as 16 hex digits, for bit fields. */
void ioattest_out_bits(ioattest_out_t *out, const char *name, uint64_t bits);
void ioattest_out_number(ioattest_out_t *out, const char *name,
    uint64_t number);
void ioattest_out_bool(ioattest_out_t *out, const char *name, int value);

/* Seconds since 1970, as RFC 3339. */
void ioattest_out_time(ioattest_out_t *out, const char *name, int64_t when);

#endif
