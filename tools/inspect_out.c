/*
 * inspect_out: see inspect_out.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "inspect_out.h"

#define IOATTEST_OUT_WORD  64


static void
ioattest_out_indent(const ioattest_out_t *out)
{
    printf("%*s", (int) (2 * out->depth), "");
}


void
ioattest_out_begin(ioattest_out_t *out, int as_json)
{
    memset(out, 0, sizeof(ioattest_out_t));
    out->as_json = as_json;

    if (as_json) {
        ioattest_json_begin(&out->json);
    }
}


void
ioattest_out_end(ioattest_out_t *out)
{
    if (out->as_json) {
        ioattest_json_end(&out->json);
    }
}


void
ioattest_out_open(ioattest_out_t *out, const char *name)
{
    if (out->as_json) {
        ioattest_json_open(&out->json, name, '{');
        return;
    }

    ioattest_out_indent(out);
    printf("%s:\n", name);
    out->depth++;
}


void
ioattest_out_close(ioattest_out_t *out)
{
    if (out->as_json) {
        ioattest_json_close(&out->json, '}');
        return;
    }

    out->depth--;
}


void
ioattest_out_list(ioattest_out_t *out, const char *name)
{
    if (out->as_json) {
        ioattest_json_open(&out->json, name, '[');
    }
}


void
ioattest_out_item(ioattest_out_t *out, const char *name, size_t i)
{
    if (out->as_json) {
        ioattest_json_open(&out->json, NULL, '{');
        return;
    }

    ioattest_out_indent(out);
    printf("%s %zu:\n", name, i);
    out->depth++;
}


void
ioattest_out_list_end(ioattest_out_t *out)
{
    if (out->as_json) {
        ioattest_json_close(&out->json, ']');
    }
}


void
ioattest_out_bytes(ioattest_out_t *out, const char *name, ioa_bytes_t bytes)
{
    if (out->as_json) {
        ioattest_json_bytes(&out->json, name, bytes);

    } else if (bytes.data != NULL) {
        ioattest_out_indent(out);
        ioattest_print_line(name, bytes, NULL);
    }
}


void
ioattest_out_string(ioattest_out_t *out, const char *name,
    const char *string)
{
    ioattest_out_bytes(out, name, ioattest_print_bytes(string));
}


void
ioattest_out_hex(ioattest_out_t *out, const char *name, const uint8_t *data,
    size_t n)
{
    if (out->as_json) {
        ioattest_json_hex(&out->json, name, data, n);

    } else if (data != NULL) {
        ioattest_out_indent(out);
        ioattest_print_hex(name, data, n);
    }
}


void
ioattest_out_bits(ioattest_out_t *out, const char *name, uint64_t bits)
{
    char  text[IOATTEST_OUT_WORD];

    (void) snprintf(text, sizeof(text), "0x%016" PRIx64, bits);
    ioattest_out_string(out, name, text);
}


void
ioattest_out_number(ioattest_out_t *out, const char *name, uint64_t number)
{
    if (out->as_json) {
        ioattest_json_number(&out->json, name, number);
        return;
    }

    ioattest_out_indent(out);
    printf("%s: %" PRIu64 "\n", name, number);
}


void
ioattest_out_bool(ioattest_out_t *out, const char *name, int value)
{
    if (out->as_json) {
        ioattest_json_bool(&out->json, name, value);
        return;
    }

    ioattest_out_indent(out);
    printf("%s: %s\n", name, value ? "yes" : "no");
}


void
ioattest_out_time(ioattest_out_t *out, const char *name, int64_t when)
{
    char        text[IOATTEST_OUT_WORD];
    time_t      seconds = (time_t) when;
    struct tm  *tm;

    tm = gmtime(&seconds);

    if (tm == NULL
        || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", tm) == 0)
    {
        ioattest_out_string(out, name, NULL);
        return;
    }

    ioattest_out_string(out, name, text);
}
