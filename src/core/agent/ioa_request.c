/*
 * ioa_request: the model's name in a request body.  See ioa_request.h.
 */

#include <string.h>

#include "agent/ioa_request.h"
#include "base/ioa_utf8.h"
#include "json/ioa_string.h"

#if IOA_STRING_MAX < IOA_MODEL_NAME_MAX
#error "a model name does not fit the text that ioa_string keeps"
#endif

struct ioa_request_scan_s {
    ioa_lexer_t  lexer;
    ioa_string_t   text;          /* the outermost object's string */
    uint8_t      begun;         /* a byte went by */
    uint8_t      models;        /* members called "model" */
    uint8_t      is_model;      /* the member that goes by is one */
    uint8_t      is_stream;     /* the member that goes by is "stream" */
    uint8_t      stream;        /* the last one was true */
    uint8_t      ambiguous;
    uint8_t      cause;         /* ioa_cause_t */
    uint8_t      mark;          /* of ioa_utf8_bom */
    size_t       name_len;      /* 0: none that could be used */
    uint8_t      name[IOA_MODEL_NAME_MAX];
};


size_t
ioa_request_scan_size(void)
{
    return sizeof(ioa_request_scan_t);
}


void
ioa_request_scan_init(ioa_request_scan_t *scan)
{
    static const ioa_lexer_rules_t  rules = {
        .wants = IOA_LEXER_TEXT | IOA_LEXER_KEY | IOA_LEXER_VALUE,
        .flags = IOA_LEXER_OBJECT,
        .depth_max = IOA_REQUEST_DEPTH_MAX,
        .values_max = SIZE_MAX,
        .show_depth = 1
    };

    memset(scan, 0, sizeof(ioa_request_scan_t));
    ioa_lexer_init(&scan->lexer, &rules, NULL);
    ioa_string_begin(&scan->text);
}


static uint8_t
ioa_request_is(const ioa_string_t *key, const char *name)
{
    return !key->over
           && key->len == strlen(name)
           && memcmp(key->bytes, name, key->len) == 0;
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
    scan->is_model = ioa_request_is(&scan->text, "model");
    scan->is_stream = ioa_request_is(&scan->text, "stream");

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
    const ioa_string_t  *text = &scan->text;

    if (!scan->is_model) {
        return;
    }

    if (text->flaws) {
        ioa_request_ambiguous(scan, text->flaws & IOA_STRING_LONE
                                    ? IOA_CAUSE_SURROGATE : IOA_CAUSE_NUL);
        return;
    }

    if (text->over || text->len > IOA_MODEL_NAME_MAX) {
        return;
    }

    memcpy(scan->name, text->bytes, text->len);
    scan->name_len = text->len;
}


static void
ioa_request_token(ioa_request_scan_t *scan, ioa_token_t token)
{
    switch (token) {

    case IOA_TOKEN_BAD:
        ioa_request_ambiguous(scan, (ioa_cause_t) scan->lexer.cause);
        break;

    case IOA_TOKEN_TEXT:
    case IOA_TOKEN_UNIT:
        ioa_string_add(&scan->text, &scan->lexer, token);
        break;

    case IOA_TOKEN_KEY:
        ioa_string_end(&scan->text);
        ioa_request_key(scan);
        ioa_string_begin(&scan->text);
        break;

    case IOA_TOKEN_STRING:
        ioa_string_end(&scan->text);
        ioa_request_string(scan);
        ioa_string_begin(&scan->text);
        break;

    case IOA_TOKEN_WORD:
        scan->stream = scan->is_stream ? scan->lexer.is_true
                                       : scan->stream;
        break;

    default:
        break;
    }
}


ioa_status_t
ioa_request_scan_update(ioa_request_scan_t *scan, const uint8_t *data,
    size_t n)
{
    size_t       skip;
    ioa_token_t  token;

    if (n != 0) {
        scan->begun = 1;
    }

    if (!ioa_utf8_bom(&scan->mark, &skip, data, n)) {
        ioa_request_ambiguous(scan, IOA_CAUSE_NOT_JSON);
        return IOA_REQUEST_AMBIGUOUS;
    }

    ioa_lexer_feed(&scan->lexer, data + skip, n - skip);

    do {
        token = scan->ambiguous ? IOA_TOKEN_MORE
                                : ioa_lexer_next(&scan->lexer);
        ioa_request_token(scan, token);

    } while (token != IOA_TOKEN_MORE);

    return scan->ambiguous ? IOA_REQUEST_AMBIGUOUS : IOA_OK;
}


ioa_status_t
ioa_request_scan_final(const uint8_t **name, size_t *name_len,
    ioa_request_scan_t *scan)
{
    if (!scan->begun) {
        return IOA_MODEL_UNKNOWN;
    }

    if (!scan->ambiguous && !ioa_lexer_done(&scan->lexer)) {
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
