/*
 * ioa_string: a JSON string as it goes by, in pieces of any size: strict
 * UTF-8, strict escapes, and the first bytes of what it means.
 */

#ifndef IOA_STRING_H
#define IOA_STRING_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_cause.h"
#include "base/ioa_reader.h"
#include "base/ioa_status.h"
#include "base/ioa_utf8.h"

#define IOA_STRING_TEXT_MAX  200    /* bytes kept */

/* Valid in JSON, but refused or flagged here. */
#define IOA_STRING_NUL       1      /* \u0000 */
#define IOA_STRING_LONE      2      /* half a surrogate pair, as \uXXXX */

typedef enum {
    IOA_STRING_MORE = 0,    /* the piece is used up */
    IOA_STRING_BAD,
    IOA_STRING_END          /* the quote that ends it is taken */
} ioa_string_event_t;

typedef struct {
    uint8_t     state;
    uint8_t     keep;
    uint8_t     strict;     /* a flaw is an error */
    uint8_t     flaws;
    uint8_t     cause;      /* ioa_cause_t, of IOA_STRING_BAD */
    uint8_t     hex_left;   /* digits that \u still lacks */
    uint16_t    hex;
    uint16_t    surrogate;  /* high half that awaits its low half */
    ioa_utf8_t  utf8;

    /* unescaped, UTF-8, U+FFFD in the place of flaws */
    uint8_t     text_over;  /* there was more than text holds */
    size_t      text_len;
    uint8_t     text[IOA_STRING_TEXT_MAX];
} ioa_string_t;

/*
 * Begins a string behind its first quote.
 * In: keep, whether text is wanted; strict, whether a flaw is an error.
 */
void ioa_string_begin(ioa_string_t *s, int keep, int strict);

/* Takes what the reader has, up to the end of the string. */
ioa_string_event_t ioa_string_next(ioa_string_t *s, ioa_reader_t *r)
    IOA_MUST_CHECK;

#endif
