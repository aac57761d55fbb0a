/*
 * print: output of bytes from outside, so that they cannot control a terminal
 * or end a line or a JSON string.
 */

#ifndef IOATTEST_PRINT_H
#define IOATTEST_PRINT_H

#include "attest/ioattest.h"

/* Writes "name: bytes", with \xNN for bytes that are not printable ASCII. */
void ioattest_print_line(const char *name, ioa_bytes_t bytes,
    const char *note);

/* The same for bytes as lower-case hex. */
void ioattest_print_hex(const char *name, const uint8_t *data, size_t n);

/* One JSON object on one line of standard output. */
typedef struct {
    int  members;
} ioattest_json_t;

void ioattest_json_begin(ioattest_json_t *json);
void ioattest_json_end(ioattest_json_t *json);

/* The bytes of a terminated string; data is NULL if string is. */
ioa_bytes_t ioattest_print_bytes(const char *string);

/* A member: a string; null if data is NULL.  Invalid UTF-8 as U+FFFD. */
void ioattest_json_bytes(ioattest_json_t *json, const char *name,
    ioa_bytes_t bytes);

/* The same of a terminated string, or NULL. */
void ioattest_json_string(ioattest_json_t *json, const char *name,
    const char *string);

/* A member: lower-case hex; null if data is NULL. */
void ioattest_json_hex(ioattest_json_t *json, const char *name,
    const uint8_t *data, size_t n);

/* A member: a number. */
void ioattest_json_number(ioattest_json_t *json, const char *name,
    uint64_t value);

/*
 * A member that is an object or list: members written before its close belong
 * to it.  In: bracket; name NULL for an entry of a list.
 */
void ioattest_json_open(ioattest_json_t *json, const char *name,
    char bracket);
void ioattest_json_close(ioattest_json_t *json, char bracket);

/* A member: true or false. */
void ioattest_json_bool(ioattest_json_t *json, const char *name, int value);

#endif
