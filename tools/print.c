/*
 * print: see print.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "attest/ioattest.h"
#include "print.h"


static void
ioattest_print_digits(const uint8_t *data, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        printf("%02x", data[i]);
    }
}


void
ioattest_print_hex(const char *name, const uint8_t *data, size_t n)
{
    printf("%s: ", name);
    ioattest_print_digits(data, n);
    putchar('\n');
}


void
ioattest_print_line(const char *name, ioa_bytes_t bytes, const char *note)
{
    uint8_t       c;
    ioa_reader_t  r;

    printf("%s: ", name);
    ioa_reader_init(&r, bytes.data, bytes.len);

    while (ioa_reader_u8(&r, &c)) {

        if (c < 0x20 || c > 0x7e || c == '\\') {
            printf("\\x%02x", c);
        } else {
            putchar(c);
        }
    }

    if (note != NULL) {
        printf(" (%s)", note);
    }

    putchar('\n');
}


void
ioattest_json_begin(ioattest_json_t *json)
{
    json->members = 0;
    putchar('{');
}


void
ioattest_json_end(ioattest_json_t *json)
{
    (void) json;
    puts("}");
}


static void
ioattest_json_name(ioattest_json_t *json, const char *name)
{
    if (json->members++ != 0) {
        putchar(',');
    }

    if (name != NULL) {
        printf("\"%s\":", name);
    }
}


/* Writes one character, escaped if a terminal would act on it. */
static void
ioattest_json_char(const uint8_t *data, size_t n)
{
    uint32_t  code;

    code = ioa_utf8_code(data, n);

    if (!ioa_utf8_hidden(code) && code != '"' && code != '\\') {
        fwrite(data, 1, n, stdout);

    } else if (code < 0x10000) {
        printf("\\u%04x", (unsigned) code);

    } else {
        code -= 0x10000;
        printf("\\u%04x\\u%04x", 0xd800 + (unsigned) (code >> 10),
               0xdc00 + (unsigned) (code & 0x3ff));
    }
}


void
ioattest_json_bytes(ioattest_json_t *json, const char *name,
    ioa_bytes_t bytes)
{
    size_t          i, n;
    const uint8_t  *p = bytes.data;

    ioattest_json_name(json, name);

    if (bytes.data == NULL) {
        fputs("null", stdout);
        return;
    }

    putchar('"');

    for (i = 0; i < bytes.len; i += n) {
        n = ioa_utf8_char(p + i, bytes.len - i);

        if (n == 0) {
            n = 1;
            fputs("\\ufffd", stdout);

        } else {
            ioattest_json_char(p + i, n);
        }
    }

    putchar('"');
}


ioa_bytes_t
ioattest_print_bytes(const char *string)
{
    ioa_bytes_t  bytes;

    bytes.data = (const uint8_t *) string;
    bytes.len = string == NULL ? 0 : strlen(string);

    return bytes;
}


void
ioattest_json_string(ioattest_json_t *json, const char *name,
    const char *string)
{
    ioattest_json_bytes(json, name, ioattest_print_bytes(string));
}


void
ioattest_json_hex(ioattest_json_t *json, const char *name,
    const uint8_t *data, size_t n)
{
    ioattest_json_name(json, name);

    if (data == NULL) {
        fputs("null", stdout);
        return;
    }

    putchar('"');
    ioattest_print_digits(data, n);
    putchar('"');
}


void
ioattest_json_number(ioattest_json_t *json, const char *name, uint64_t value)
{
    ioattest_json_name(json, name);
    printf("%" PRIu64, value);
}


void
ioattest_json_open(ioattest_json_t *json, const char *name, char bracket)
{
    ioattest_json_name(json, name);
    putchar(bracket);
    json->members = 0;
}


void
ioattest_json_close(ioattest_json_t *json, char bracket)
{
    putchar(bracket);
    json->members = 1;
}


void
ioattest_json_bool(ioattest_json_t *json, const char *name, int value)
{
    ioattest_json_name(json, name);
    fputs(value ? "true" : "false", stdout);
}
