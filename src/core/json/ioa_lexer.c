/*
 * ioa_lexer: see ioa_lexer.h.
 *
 * What stands between tokens, and the tokens that begin there; the quick way
 * through those that most are.  What that way does not take goes through
 * ioa_lexer_token.
 */

#include <string.h>

#include "json/ioa_lexer_token.h"


void
ioa_lexer_init(ioa_lexer_t *lx, const ioa_lexer_rules_t *rules,
    ioa_out_t *out)
{
    memset(lx, 0, offsetof(ioa_lexer_t, stack));
    lx->rules = *rules;
    lx->out = out;
    lx->values = rules->values_max;
    lx->now = rules->wants;
    lx->may = rules->flags & IOA_LEXER_OBJECT ? IOA_MAY_OBJECT
                                              : IOA_MAY_VALUE;
}


/* Nothing that may come here begins with this byte. */
static ioa_token_t
ioa_lexer_wrong(ioa_lexer_t *lx, const uint8_t *p)
{
    lx->p = p;

    if (lx->may == IOA_MAY_OBJECT && *p != 0
        && strchr("[\"-0123456789tfn", *p) != NULL)
    {
        return ioa_lexer_bad(lx, IOA_CAUSE_NOT_OBJECT);
    }

    if ((lx->may & IOA_MAY_VALUE) && (*p == 'N' || *p == 'I')) {
        return ioa_lexer_bad(lx, IOA_CAUSE_NUMBER);
    }

    return ioa_lexer_bad(lx, ioa_cause_of_byte(*p));
}


static inline void
ioa_lexer_level(ioa_lexer_t *lx, size_t depth)
{
    lx->depth = depth;
    lx->now = depth <= lx->rules.show_depth ? lx->rules.wants : 0;
}


static inline ioa_token_t
ioa_lexer_push(ioa_lexer_t *lx, const uint8_t *p, int object)
{
    size_t    level = lx->depth;
    uint8_t   bit = (uint8_t) (1 << (level % 8));
    unsigned  wants = lx->now;

    if (level == lx->rules.depth_max) {
        lx->p = p;
        return ioa_lexer_bad(lx, IOA_CAUSE_DEPTH);
    }

    if (object) {
        lx->stack[level / 8] |= bit;

    } else {
        lx->stack[level / 8] &= (uint8_t) ~bit;
    }

    lx->from = p;
    lx->p = p + 1;
    lx->object = (uint8_t) object;
    lx->may = IOA_MAY_CLOSE | (object ? IOA_MAY_KEY : IOA_MAY_VALUE);
    ioa_lexer_level(lx, level + 1);

    return wants & IOA_LEXER_OPEN ? IOA_TOKEN_OPEN : IOA_TOKEN_NONE;
}


static inline ioa_token_t
ioa_lexer_pop(ioa_lexer_t *lx, const uint8_t *p)
{
    size_t  level = lx->depth - 1;

    lx->from = p;
    lx->p = p + 1;
    ioa_lexer_level(lx, level);

    if (level != 0) {
        level--;
        lx->object = lx->stack[level / 8] >> (level % 8) & 1;
    }

    if (!(lx->now & IOA_LEXER_OPEN)) {
        return ioa_lexer_past(lx, p + 1);
    }

    ioa_lexer_after(lx);

    return IOA_TOKEN_CLOSE;
}


/* A number; most are short integers, which the user need not see. */
static inline ioa_token_t
ioa_lexer_begin_number(ioa_lexer_t *lx, const uint8_t *p)
{
    const uint8_t  *first = p;

    if (lx->rules.wants & IOA_LEXER_FIGURES) {

        while (p < lx->end && *p >= '0' && *p <= '9') {
            p++;
        }

        if (p < lx->end && p != first && p - first <= IOA_LEXER_INT_MAX
            && (*first != '0' || p - first == 1)
            && ioa_figure_table[*p] == 0)
        {
            return ioa_lexer_past(lx, p);
        }
    }

    lx->p = first;
    lx->from = first;
    lx->figure = 0;
    lx->state = IOA_LEXER_S_NUMBER;

    return ioa_lexer_number(lx);
}


/* In: n, the length of the word. */
static inline ioa_token_t
ioa_lexer_begin_word(ioa_lexer_t *lx, const uint8_t *p, const char *word,
    size_t n)
{
    lx->p = p;
    lx->from = p;
    lx->is_true = *p == 't';

    if ((size_t) (lx->end - p) < n || memcmp(p, word, n) != 0) {
        lx->word = word;
        lx->state = IOA_LEXER_S_WORD;

        return ioa_lexer_word(lx);
    }

    if (!(lx->now & IOA_LEXER_VALUE)) {
        return ioa_lexer_past(lx, p + n);
    }

    lx->p = p + n;
    ioa_lexer_after(lx);

    return IOA_TOKEN_WORD;
}


/* A string; most are plain and short. */
static inline ioa_token_t
ioa_lexer_begin_string(ioa_lexer_t *lx, const uint8_t *p)
{
    lx->from = p++;
    lx->in_key = lx->may & IOA_MAY_KEY;

    if (!(lx->now & IOA_LEXER_TEXT)) {
        p += ioa_plain_run(p, (size_t) (lx->end - p));

        if (p < lx->end && *p == '"') {
            return ioa_lexer_end_string(lx, p + 1);
        }
    }

    lx->p = p;
    lx->state = IOA_LEXER_S_STRING;

    return ioa_lexer_string(lx);
}


/* Takes white space, and where a piece begins what is left of it. */
static inline ioa_token_t
ioa_lexer_space(ioa_lexer_t *lx, const uint8_t *p)
{
    const uint8_t  *from = p++;

    while (p < lx->end
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    ioa_lexer_write(lx, from, p);
    lx->p = p;

    return IOA_TOKEN_NONE;
}


/* A value that is no string, where one may come. */
static inline ioa_token_t
ioa_lexer_value(ioa_lexer_t *lx, const uint8_t *p)
{
    uint8_t  c = *p;

    if ((c >= '0' && c <= '9') || c == '-') {
        return ioa_lexer_begin_number(lx, p);
    }

    if (c == '[' || c == '{') {
        return ioa_lexer_push(lx, p, c == '{');
    }

    switch (c) {
    case 't':
        return ioa_lexer_begin_word(lx, p, "true", 4);
    case 'f':
        return ioa_lexer_begin_word(lx, p, "false", 5);
    case 'n':
        return ioa_lexer_begin_word(lx, p, "null", 4);
    }

    if (lx->rules.flags & IOA_LEXER_PYTHON) {
        switch (c) {
        case 'N':
            return ioa_lexer_begin_word(lx, p, "NaN", 3);
        case 'I':
            return ioa_lexer_begin_word(lx, p, "Infinity", 8);
        }
    }

    return ioa_lexer_wrong(lx, p);
}


/* 1 where a value may come.  It is counted. */
static inline int
ioa_lexer_may_value(ioa_lexer_t *lx, uint8_t c)
{
    return ((lx->may & IOA_MAY_VALUE)
            || (lx->may == IOA_MAY_OBJECT && c == '{'))
           && lx->values-- != 0;
}


/* At a token of which no part was read. */
static inline ioa_token_t
ioa_lexer_token(ioa_lexer_t *lx, const uint8_t *p)
{
    switch (*p) {

    case ' ':
    case '\n':
    case '\r':
    case '\t':
        return ioa_lexer_space(lx, p);

    case ',':
        if (!(lx->may & IOA_MAY_COMMA)) {
            return ioa_lexer_wrong(lx, p);
        }

        lx->may = lx->object ? IOA_MAY_KEY : IOA_MAY_VALUE;
        lx->p = p + 1;

        return IOA_TOKEN_NONE;

    case ':':
        if (lx->may != IOA_MAY_COLON) {
            return ioa_lexer_wrong(lx, p);
        }

        lx->may = IOA_MAY_VALUE;
        lx->p = p + 1;

        return IOA_TOKEN_NONE;

    case '}':
    case ']':
        return (lx->may & IOA_MAY_CLOSE) && lx->object == (*p == '}')
               ? ioa_lexer_pop(lx, p) : ioa_lexer_wrong(lx, p);

    case '"':
        return (lx->may & IOA_MAY_KEY) || ioa_lexer_may_value(lx, '"')
               ? ioa_lexer_begin_string(lx, p) : ioa_lexer_wrong(lx, p);

    default:
        return ioa_lexer_may_value(lx, *p) ? ioa_lexer_value(lx, p)
                                           : ioa_lexer_wrong(lx, p);
    }
}


/* Within a token of which a part went by. */
static ioa_token_t
ioa_lexer_inside(ioa_lexer_t *lx)
{
    switch (lx->state) {
    case IOA_LEXER_S_STRING:
        return ioa_lexer_string(lx);
    case IOA_LEXER_S_UNIT:
        return ioa_lexer_in_unit(lx);
    case IOA_LEXER_S_NUMBER:
        return ioa_lexer_number(lx);
    case IOA_LEXER_S_WORD:
        return ioa_lexer_word(lx);
    default: /* IOA_LEXER_S_BAD */
        return IOA_TOKEN_BAD;
    }
}


ioa_token_t
ioa_lexer_next(ioa_lexer_t *lx)
{
    ioa_token_t  token;

    if (lx->state == IOA_LEXER_S_BAD) {
        return IOA_TOKEN_BAD;
    }

    do {
        if (lx->p == lx->end) {
            ioa_lexer_write(lx, lx->p, lx->p);
            return IOA_TOKEN_MORE;
        }

        token = lx->state == IOA_LEXER_S_BETWEEN ? ioa_lexer_token(lx, lx->p)
                                                 : ioa_lexer_inside(lx);
    } while (token == IOA_TOKEN_NONE);

    return token;
}


int
ioa_lexer_done(const ioa_lexer_t *lx)
{
    if (lx->state == IOA_LEXER_S_NUMBER && lx->depth == 0) {
        return (lx->rules.wants & IOA_LEXER_FIGURES) != 0
               || ioa_lexer_number_whole(lx);
    }

    return lx->state == IOA_LEXER_S_BETWEEN && lx->may == 0;
}
