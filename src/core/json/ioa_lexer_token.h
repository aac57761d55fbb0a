/*
 * ioa_lexer_token: the tokens of ioa_lexer that a piece's end may cut, and
 * what they share with what stands between them.
 *
 * Used by ioa_lexer alone.
 */

#ifndef IOA_LEXER_TOKEN_H
#define IOA_LEXER_TOKEN_H

#include "json/ioa_lexer.h"

/* Within a token; the one that goes on where a piece begins. */
enum {
    IOA_LEXER_S_BETWEEN = 0,
    IOA_LEXER_S_STRING,
    IOA_LEXER_S_UNIT,           /* within a unit that a piece's end has cut */
    IOA_LEXER_S_NUMBER,
    IOA_LEXER_S_WORD,
    IOA_LEXER_S_BAD
};

/* What may come between tokens; behind the outermost value, nothing. */
#define IOA_MAY_OBJECT  0x01        /* the outermost value, an object */
#define IOA_MAY_VALUE   0x02
#define IOA_MAY_KEY     0x04
#define IOA_MAY_COLON   0x08
#define IOA_MAY_COMMA   0x10
#define IOA_MAY_CLOSE   0x20

#define IOA_LEXER_INT_MAX  18       /* digits of a short integer */


static inline ioa_token_t
ioa_lexer_bad(ioa_lexer_t *lx, ioa_cause_t cause)
{
    lx->cause = (uint8_t) cause;
    lx->state = IOA_LEXER_S_BAD;

    return IOA_TOKEN_BAD;
}


/* Writes the text up to p, and drops that from there to `behind`. */
static inline void
ioa_lexer_write(ioa_lexer_t *lx, const uint8_t *p, const uint8_t *behind)
{
    if (lx->out != NULL && lx->run != p) {
        ioa_out_run(lx->out, lx->run, (size_t) (p - lx->run),
                    (size_t) (lx->end - lx->run));
    }

    lx->run = behind;
}


/* A value has ended: what may come now. */
static inline void
ioa_lexer_after(ioa_lexer_t *lx)
{
    lx->state = IOA_LEXER_S_BETWEEN;
    lx->may = lx->depth == 0 ? 0 : IOA_MAY_COMMA | IOA_MAY_CLOSE;
}


/*
 * A value that is not shown has ended before p.  The comma behind it, where
 * it is there already, is taken as well: nobody sees where it ended.
 */
static inline ioa_token_t
ioa_lexer_past(ioa_lexer_t *lx, const uint8_t *p)
{
    ioa_lexer_after(lx);

    if (p < lx->end && *p == ',' && lx->depth != 0) {
        lx->may = lx->object ? IOA_MAY_KEY : IOA_MAY_VALUE;
        p++;
    }

    lx->p = p;

    return IOA_TOKEN_NONE;
}


/* A key that is not shown has ended before p: likewise, with its colon. */
static inline ioa_token_t
ioa_lexer_past_key(ioa_lexer_t *lx, const uint8_t *p)
{
    lx->may = IOA_MAY_COLON;

    if (p < lx->end && *p == ':') {
        lx->may = IOA_MAY_VALUE;
        p++;
    }

    lx->p = p;

    return IOA_TOKEN_NONE;
}


/* A string has ended before p. */
static inline ioa_token_t
ioa_lexer_end_string(ioa_lexer_t *lx, const uint8_t *p)
{
    if (lx->in_key) {
        lx->state = IOA_LEXER_S_BETWEEN;

        if (!(lx->now & IOA_LEXER_KEY)) {
            return ioa_lexer_past_key(lx, p);
        }

        lx->may = IOA_MAY_COLON;
        lx->p = p;

        return IOA_TOKEN_KEY;
    }

    if (!(lx->now & IOA_LEXER_VALUE)) {
        return ioa_lexer_past(lx, p);
    }

    ioa_lexer_after(lx);
    lx->p = p;

    return IOA_TOKEN_STRING;
}


/*
 * Each takes what it can of its token, from lx->p on, which is not at the
 * piece's end.
 */
ioa_token_t ioa_lexer_string(ioa_lexer_t *lx);
ioa_token_t ioa_lexer_in_unit(ioa_lexer_t *lx);
ioa_token_t ioa_lexer_number(ioa_lexer_t *lx);
ioa_token_t ioa_lexer_word(ioa_lexer_t *lx);

/* The bytes that numbers are made of: their column, from 1 on; 0: none. */
extern const uint8_t ioa_figure_table[256];

/* Returns: 1 where a number that was checked may end here. */
int ioa_lexer_number_whole(const ioa_lexer_t *lx);

#endif
