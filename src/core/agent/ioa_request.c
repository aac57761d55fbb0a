/*
 * ioa_request: the model's name in a request body.  See ioa_request.h.
 */

#include <string.h>

#include "agent/ioa_request.h"
#include "json/ioa_scan.h"

#if IOA_STRING_TEXT_MAX < IOA_MODEL_NAME_MAX
#error "a model name does not fit the text that ioa_string keeps"
#endif

struct ioa_request_scan_s {
    ioa_scan_t  json;
    uint8_t     begun;          /* a byte went by */
    uint8_t     models;         /* members called "model" */
    uint8_t     is_model;       /* the member that goes by is one */
    uint8_t     is_stream;      /* the member that goes by is "stream" */
    uint8_t     stream;         /* the last one was true */
    uint8_t     ambiguous;
    uint8_t     cause;          /* ioa_cause_t */
    uint8_t     mark;           /* of ioa_utf8_bom */
    size_t      name_len;       /* 0: none that could be used */
    uint8_t     name[IOA_MODEL_NAME_MAX];
};


size_t
ioa_request_scan_size(void)
{
    return sizeof(ioa_request_scan_t);
}


void
ioa_request_scan_init(ioa_request_scan_t *scan)
{
    static const ioa_scan_rules_t  rules = {
        .depth_max = IOA_REQUEST_DEPTH_MAX,
        .values_max = SIZE_MAX,
        .object_only = 1,
        .flaws_refused = 0
    };

    memset(scan, 0, sizeof(ioa_request_scan_t));
    ioa_scan_init(&scan->json, &rules);
}


static uint8_t
ioa_request_is(const ioa_string_t *key, const char *name)
{
    return !key->text_over
           && key->text_len == strlen(name)
           && memcmp(key->text, name, key->text_len) == 0;
}


static void
ioa_request_ambiguous(ioa_request_scan_t *scan, ioa_cause_t cause)
{
    scan->ambiguous = 1;
    scan->cause = (uint8_t) cause;
}


static void
ioa_request_key(ioa_request_scan_t *scan)
{
    scan->is_model = ioa_request_is(&scan->json.string, "model");
    scan->is_stream = ioa_request_is(&scan->json.string, "stream");

    if (scan->is_stream) {
        scan->stream = 0;
    }

    if (!scan->is_model) {
        return;
    }

    if (scan->models != 0) {
        ioa_request_ambiguous(scan, IOA_CAUSE_DUPLICATE);
    }

    scan->models = 1;
}


/* A member's string has ended. */
static void
ioa_request_string(ioa_request_scan_t *scan)
{
    const ioa_string_t  *value;

    value = &scan->json.string;

    if (!scan->is_model) {
        return;
    }

    if (value->flaws) {
        ioa_request_ambiguous(scan, value->flaws & IOA_STRING_LONE
                                    ? IOA_CAUSE_SURROGATE : IOA_CAUSE_NUL);
        return;
    }

    if (value->text_over || value->text_len > IOA_MODEL_NAME_MAX) {
        return;
    }

    memcpy(scan->name, value->text, value->text_len);
    scan->name_len = value->text_len;
}


ioa_status_t
ioa_request_scan_update(ioa_request_scan_t *scan, const uint8_t *data,
    size_t n)
{
    size_t            skip;
    ioa_reader_t      r;
    ioa_scan_event_t  event;

    if (n != 0) {
        scan->begun = 1;
    }

    if (!ioa_utf8_bom(&scan->mark, &skip, data, n)) {
        ioa_request_ambiguous(scan, IOA_CAUSE_NOT_JSON);
        return IOA_REQUEST_AMBIGUOUS;
    }

    ioa_reader_init(&r, data + skip, n - skip);

    do {
        event = ioa_scan_next(&scan->json, &r);

        if (event == IOA_SCAN_BAD && !scan->ambiguous) {
            ioa_request_ambiguous(scan, (ioa_cause_t) scan->json.cause);

        } else if (event == IOA_SCAN_KEY) {
            ioa_request_key(scan);

        } else if (event == IOA_SCAN_STRING) {
            ioa_request_string(scan);

        } else if (event == IOA_SCAN_OTHER) {
            scan->stream = scan->is_stream ? scan->json.first == 't'
                                           : scan->stream;
        }

    } while (event != IOA_SCAN_MORE && !scan->ambiguous);

    return scan->ambiguous ? IOA_REQUEST_AMBIGUOUS : IOA_OK;
}


ioa_status_t
ioa_request_scan_final(const uint8_t **name, size_t *name_len,
    ioa_request_scan_t *scan)
{
    if (!scan->begun) {
        return IOA_MODEL_UNKNOWN;
    }

    if (!scan->ambiguous && !ioa_scan_done(&scan->json)) {
        ioa_request_ambiguous(scan, IOA_CAUSE_NOT_JSON);
    }

    if (scan->ambiguous) {
        return IOA_REQUEST_AMBIGUOUS;
    }

    if (scan->name_len == 0) {
        return IOA_MODEL_UNKNOWN;
    }

    *name = scan->name;
    *name_len = scan->name_len;

    return IOA_OK;
}


ioa_cause_t
ioa_request_scan_cause(const ioa_request_scan_t *scan)
{
    return (ioa_cause_t) scan->cause;
}


int
ioa_request_scan_stream(const ioa_request_scan_t *scan)
{
    return scan->stream;
}
