/*
 * ioa_string: what a short JSON string means, put together from the tokens of
 * ioa_lexer.
 */

#ifndef IOA_STRING_H
#define IOA_STRING_H

#include <stddef.h>
#include <stdint.h>

#include "json/ioa_lexer.h"

#define IOA_STRING_MAX   200      /* bytes kept */

/* Valid in JSON, but of no use in a name. */
#define IOA_STRING_NUL   1        /* \u0000 */
#define IOA_STRING_LONE  2        /* half a surrogate pair, as \uXXXX */

typedef struct {
    uint8_t   flaws;
    uint8_t   over;             /* there is more than the bytes say */
    uint16_t  high;             /* surrogate that awaits its low half */
    size_t    len;
    uint8_t   bytes[IOA_STRING_MAX];      /* unescaped, UTF-8 */
} ioa_string_t;

/* Out: text, empty. */
void ioa_string_begin(ioa_string_t *text);

/* Takes an IOA_TOKEN_TEXT or an IOA_TOKEN_UNIT. */
void ioa_string_add(ioa_string_t *text, const ioa_lexer_t *lx,
    ioa_token_t token);

/* The string has ended. */
void ioa_string_end(ioa_string_t *text);

#endif
