/*
 * ioa_lexer: the one reader of JSON text (RFC 8259, strict UTF-8).
 *
 * It takes text in pieces of any size, in the memory of one struct and
 * without recursion, and shows the tokens that its user wants.  What it does
 * not show it checks all the same.  It does not find duplicate keys: that
 * needs memory that grows.
 *
 * Bytes in, tokens out.
 */

#ifndef IOA_LEXER_H
#define IOA_LEXER_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_cause.h"
#include "base/ioa_out.h"
#include "base/ioa_status.h"
#include "json/ioa_escape.h"

#define IOA_LEXER_DEPTH_MAX  10240      /* a little more than Python takes */

/*
 * The bytes from `from` to `p` are the token.  Where it began in an earlier
 * piece, `from` is the start of this one.
 */
typedef enum {
    IOA_TOKEN_NONE = 0,     /* nothing to show, inside the lexer only */
    IOA_TOKEN_MORE,         /* the piece is used up */
    IOA_TOKEN_BAD,          /* no such JSON, now and for good: cause */
    IOA_TOKEN_OPEN,         /* the bracket that begins an array or object */
    IOA_TOKEN_CLOSE,        /* the bracket that ends it */
    IOA_TOKEN_TEXT,         /* plain bytes of a string, one or more */
    IOA_TOKEN_UNIT,         /* another part of a string: code */
    IOA_TOKEN_KEY,          /* a key, quotes included, has ended */
    IOA_TOKEN_STRING,       /* a string that is a value, likewise */
    IOA_TOKEN_NUMBER,       /* a number, or what the piece has of it: part */
    IOA_TOKEN_WORD          /* true, false or null has ended */
} ioa_token_t;

/* Whether a number is whole. */
#define IOA_LEXER_WHOLE     0
#define IOA_LEXER_PART      1      /* the piece ended within it */
#define IOA_LEXER_INFINITY  2      /* none, but the '-' of -Infinity */

/* What is wanted: bits of ioa_lexer_rules_t.wants. */
#define IOA_LEXER_OPEN     0x02     /* and IOA_TOKEN_CLOSE */
#define IOA_LEXER_TEXT     0x04     /* and IOA_TOKEN_UNIT */
#define IOA_LEXER_CHANGED  0x08     /* units that ioa_escape_print changes */
#define IOA_LEXER_KEY      0x10
#define IOA_LEXER_VALUE    0x20     /* IOA_TOKEN_STRING, _NUMBER and _WORD */

/*
 * Numbers that are more than a short integer, as IOA_TOKEN_NUMBER, part by
 * part and unchecked: the user must find out whether it is a number.
 */
#define IOA_LEXER_FIGURES  0x40

/* What is accepted: bits of ioa_lexer_rules_t.flags. */
#define IOA_LEXER_PYTHON   0x01     /* NaN, Infinity and -Infinity */
#define IOA_LEXER_OBJECT   0x02     /* nothing but an object */
#define IOA_LEXER_NO_LONE  0x04     /* no half of a surrogate pair */
#define IOA_LEXER_NO_NUL   0x08     /* no \u0000 */

typedef struct {
    unsigned  wants;
    unsigned  flags;
    size_t    depth_max;    /* nested arrays and objects */
    size_t    values_max;
    size_t    show_depth;   /* of deeper levels nothing is shown */
} ioa_lexer_rules_t;

typedef struct {
    const uint8_t      *p;          /* p <= end: what was not read yet */
    const uint8_t      *end;        /* of the piece */
    const uint8_t      *from;
    const uint8_t      *run;        /* what was not written yet */
    ioa_out_t          *out;        /* or NULL */
    unsigned            now;        /* wanted at this depth */
    uint8_t             state;      /* within a token */
    uint8_t             may;        /* between tokens: what may come */
    uint8_t             object;     /* the innermost container is one */
    uint8_t             in_key;
    uint8_t             high;       /* the unit before was a high surrogate */
    uint8_t             figure;     /* state within a number */
    uint8_t             part;       /* of IOA_TOKEN_NUMBER: see above */
    uint8_t             is_true;    /* of IOA_TOKEN_WORD */
    uint8_t             cause;      /* ioa_cause_t, of IOA_TOKEN_BAD */
    uint8_t             unit_n;
    uint8_t             unit[IOA_UNIT_MAX];
    uint32_t            code;       /* of IOA_TOKEN_UNIT */
    const char         *word;       /* what is still to come of one */
    size_t              depth;
    size_t              values;     /* that may still come */
    ioa_lexer_rules_t   rules;

    /* one bit a level: 1 object, 0 array */
    uint8_t             stack[IOA_LEXER_DEPTH_MAX / 8];
} ioa_lexer_t;

/*
 * Out: lx, ready for the first piece.
 * In: rules, copied; depth_max, at most IOA_LEXER_DEPTH_MAX.  out, borrowed,
 * or NULL: takes the text as it stands, without the white space between
 * tokens.  An IOA_TOKEN_UNIT that is shown, and a number that is shown under
 * IOA_LEXER_FIGURES, is left out: the user writes it in its turn.
 */
void ioa_lexer_init(ioa_lexer_t *lx, const ioa_lexer_rules_t *rules,
    ioa_out_t *out);

/* Gives the next piece, borrowed until it is used up. */
static inline void
ioa_lexer_feed(ioa_lexer_t *lx, const uint8_t *data, size_t n)
{
    static const uint8_t  nothing[1];

    lx->p = n == 0 ? nothing : data;
    lx->end = lx->p + n;
    lx->from = lx->p;
    lx->run = lx->p;
}

/* Returns: the next token that is wanted. */
ioa_token_t ioa_lexer_next(ioa_lexer_t *lx) IOA_MUST_CHECK;

/* Returns: the bytes of the piece that are no part of a token, or not yet. */
static inline size_t
ioa_lexer_left(const ioa_lexer_t *lx)
{
    return (size_t) (lx->end - lx->p) + lx->unit_n;
}

/*
 * Ends the text.
 * Returns: 1 where exactly one value went by, with white space around it at
 * most.  A number that ends with the text is not checked under
 * IOA_LEXER_FIGURES.
 */
int ioa_lexer_done(const ioa_lexer_t *lx) IOA_MUST_CHECK;

#endif
