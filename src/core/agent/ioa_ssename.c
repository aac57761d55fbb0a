/*
 * ioa_ssename: see ioa_ssename.h.
 */

#include <string.h>

#include "agent/ioa_ssename.h"
#include "json/ioa_escape.h"

#define IOA_SSENAME_MAX  13     /* the longest that is looked for */


/*
 * One character of a name, as a reader takes it that does not tell case: Go's
 * folds U+017F to s and U+212A to k as well.
 * Returns: its length in the name; *c, 0 for what is in no name of ours.
 */
static size_t
ioa_ssename_char(uint8_t *c, const uint8_t *at, size_t n)
{
    int       same;
    size_t    len;
    uint32_t  code;

    if (*at != '\\' && *at < 0x80) {
        code = *at;
        len = 1;

    } else {
        len = ioa_unit_len(at, n);

        if (len == IOA_UNIT_BAD || len > n
            || !ioa_unit_read(&code, &same, at, len))
        {
            *c = 0;
            return 1;
        }
    }

    if (code >= 'A' && code <= 'Z') {
        code += 'a' - 'A';
    }

    if (code == 0x17f) {
        code = 's';

    } else if (code == 0x212a) {
        code = 'k';
    }

    *c = code < 0x80 ? (uint8_t) code : 0;

    return len;
}


int
ioa_ssename_acts(const uint8_t *at, size_t n)
{
    size_t   len;
    uint8_t  name[IOA_SSENAME_MAX];

    /* how many begin: no character but an escaped one is taken for f or t */
    if (n < 10 || (at[0] != '\\' && (at[0] | 0x20) != 'f'
                   && (at[0] | 0x20) != 't'))
    {
        return 0;
    }

    for (len = 0; n != 0; len++) {
        size_t  m;

        if (len == sizeof(name)) {
            return 0;
        }

        m = ioa_ssename_char(&name[len], at, n);
        at += m;
        n -= m;
    }

    switch (len) {
    case 10:
        return memcmp(name, "tool_calls", len) == 0;
    case 13:
        return memcmp(name, "finish_reason", len) == 0
               || memcmp(name, "function_call", len) == 0;
    default:
        return 0;
    }
}
