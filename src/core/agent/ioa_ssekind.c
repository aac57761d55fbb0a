/*
 * ioa_ssekind: see ioa_ssekind.h.
 */

#include <string.h>

#include "agent/ioa_ssekind.h"
#include "base/ioa_bytes.h"

#define IOA_SSE_DATA      "data"
#define IOA_SSE_EVENT     "event"
#define IOA_SSE_MESSAGE   "message"
#define IOA_SSE_DONE      "[DONE]"
#define IOA_SSE_BOM       "\xef\xbb\xbf"


/* 1 where text and what agree over the shorter of them. */
static int
ioa_ssekind_toward(ioa_bytes_t text, const char *what)
{
    size_t  n = strlen(what);

    return memcmp(text.data, what, text.len < n ? text.len : n) == 0;
}


/*
 * What follows the field's name: 1 where the colon is there, and value then
 * is what a reader takes as the value so far; *space, whether a space was
 * between them.
 */
static int
ioa_ssekind_value(ioa_bytes_t *value, int *space,
    ioa_bytes_t text, size_t name)
{
    if (text.len <= name) {
        return 0;
    }

    value->data = text.data + name + 1;
    value->len = text.len - name - 1;
    *space = value->len != 0 && value->data[0] == ' ';

    if (*space) {
        value->data++;
        value->len--;
    }

    return 1;
}


/* The line begins with "data", as far as it goes. */
static ioa_sse_kind_t
ioa_ssekind_data(ioa_bytes_t text, int ended)
{
    int          space;
    size_t       name = strlen(IOA_SSE_DATA);
    ioa_bytes_t  value;

    if (text.len < name) {
        return ended ? IOA_SSE_KIND_OTHER : IOA_SSE_KIND_HEAD;
    }

    if (!ioa_ssekind_value(&value, &space, text, name)) {
        return ended ? IOA_SSE_KIND_BAD : IOA_SSE_KIND_HEAD;
    }

    if (text.data[name] != ':') {
        return IOA_SSE_KIND_OTHER;
    }

    if (ioa_ssekind_toward(value, IOA_SSE_DONE)) {

        if (value.len >= strlen(IOA_SSE_DONE)) {
            return IOA_SSE_KIND_DONE;
        }

        if (!ended) {
            return IOA_SSE_KIND_HEAD;
        }
    }

    return space ? IOA_SSE_KIND_HASHED : IOA_SSE_KIND_BAD;
}


/* The line begins with "event", as far as it goes. */
static ioa_sse_kind_t
ioa_ssekind_event(ioa_bytes_t text, int ended)
{
    int          space;
    size_t       name = strlen(IOA_SSE_EVENT);
    ioa_bytes_t  value;

    if (text.len < name) {
        return ended ? IOA_SSE_KIND_OTHER : IOA_SSE_KIND_HEAD;
    }

    if (!ioa_ssekind_value(&value, &space, text, name)) {
        return ended ? IOA_SSE_KIND_BAD : IOA_SSE_KIND_HEAD;
    }

    if (text.data[name] != ':') {
        return IOA_SSE_KIND_OTHER;
    }

    if (!ioa_ssekind_toward(value, IOA_SSE_MESSAGE)
        || value.len > strlen(IOA_SSE_MESSAGE))
    {
        return IOA_SSE_KIND_BAD;
    }

    if (!ended) {
        return IOA_SSE_KIND_HEAD;
    }

    return value.len == strlen(IOA_SSE_MESSAGE) ? IOA_SSE_KIND_OTHER
                                                : IOA_SSE_KIND_BAD;
}


ioa_sse_kind_t
ioa_ssekind(const uint8_t *head, size_t n, int first, int ended)
{
    ioa_bytes_t  text = { head, n };

    if (text.len == 0) {
        return ended ? IOA_SSE_KIND_OTHER : IOA_SSE_KIND_HEAD;
    }

    if (ioa_ssekind_toward(text, IOA_SSE_DATA)) {
        return ioa_ssekind_data(text, ended);
    }

    if (ioa_ssekind_toward(text, IOA_SSE_EVENT)) {
        return ioa_ssekind_event(text, ended);
    }

    if (first && ioa_ssekind_toward(text, IOA_SSE_BOM)) {

        if (text.len >= strlen(IOA_SSE_BOM)) {
            return IOA_SSE_KIND_BAD;
        }

        return ended ? IOA_SSE_KIND_OTHER : IOA_SSE_KIND_HEAD;
    }

    return IOA_SSE_KIND_OTHER;
}
