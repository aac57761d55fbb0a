/*
 * ioa_cause: why a request can be read in more than one way.  The text names
 * a rule and, at most, a member that the agent declares: never anything from
 * the request itself.
 */

#ifndef IOA_CAUSE_H
#define IOA_CAUSE_H

#include <stdint.h>

typedef enum {
    IOA_CAUSE_NONE = 0,
    IOA_CAUSE_CODED,            /* a Content-Encoding: set by the module */
    IOA_CAUSE_NOT_UTF8,
    IOA_CAUSE_NOT_JSON,
    IOA_CAUSE_NOT_OBJECT,
    IOA_CAUSE_DEPTH,
    IOA_CAUSE_DUPLICATE,        /* a key twice in one object */
    IOA_CAUSE_SURROGATE,        /* half of a pair */
    IOA_CAUSE_NUL,              /* in the model's name */
    IOA_CAUSE_NUMBER,           /* NaN, not a double, too many digits */

    /* of a declared member's value */
    IOA_CAUSE_STRING_FOR_NUMBER,
    IOA_CAUSE_BOOL_FOR_NUMBER,
    IOA_CAUSE_NOT_NUMBER,
    IOA_CAUSE_NOT_WHOLE,
    IOA_CAUSE_NOT_BOOL,
    IOA_CAUSE_NOT_STRING,
    IOA_CAUSE_NOT_ARRAY,

    IOA_CAUSE_MAX
} ioa_cause_t;

/*
 * A short description, to follow a colon; "" for IOA_CAUSE_NONE and values
 * out of range.  Never NULL; nothing in it has to be escaped in JSON.
 */
const char *ioa_cause_text(ioa_cause_t cause);

/* The cause if c, outside strings, cannot begin anything. */
static inline ioa_cause_t
ioa_cause_of_byte(uint8_t c)
{
    /* in UTF-16 and UTF-32 there are zeros between the letters */

    return c == 0 || (c >= 0x80 && (c < 0xc2 || c > 0xf4))
           ? IOA_CAUSE_NOT_UTF8 : IOA_CAUSE_NOT_JSON;
}

#endif
