/*
 * ioa_lexer_token: see ioa_lexer_token.h.
 *
 * A number has no mark at its end: the byte that ends it is looked at and
 * left for what follows.
 */

#include <string.h>

#include "json/ioa_lexer_token.h"
#include "base/ioa_utf8.h"

#define IOA_FIGURE_COLUMNS  6

/* Numbers: states named by what went last. */
enum {
    IOA_FIGURE_BEGIN = 0,
    IOA_FIGURE_MINUS,
    IOA_FIGURE_ZERO,
    IOA_FIGURE_INT,
    IOA_FIGURE_POINT,
    IOA_FIGURE_FRACTION,
    IOA_FIGURE_E,
    IOA_FIGURE_SIGN,
    IOA_FIGURE_EXPONENT,
    IOA_FIGURE_STATES
};

typedef uint8_t  ioa_figure_row_t[IOA_FIGURE_COLUMNS];

/* The state that 0, 1 to 9, '.', 'e', '+' and '-' lead to; 0 where none. */
static const ioa_figure_row_t  ioa_figure_next[IOA_FIGURE_STATES] = {
    [IOA_FIGURE_BEGIN] = { IOA_FIGURE_ZERO, IOA_FIGURE_INT, 0, 0, 0,
                           IOA_FIGURE_MINUS },
    [IOA_FIGURE_MINUS] = { IOA_FIGURE_ZERO, IOA_FIGURE_INT },
    [IOA_FIGURE_ZERO] = { 0, 0, IOA_FIGURE_POINT, IOA_FIGURE_E },
    [IOA_FIGURE_INT] = { IOA_FIGURE_INT, IOA_FIGURE_INT, IOA_FIGURE_POINT,
                         IOA_FIGURE_E },
    [IOA_FIGURE_POINT] = { IOA_FIGURE_FRACTION, IOA_FIGURE_FRACTION },
    [IOA_FIGURE_FRACTION] = { IOA_FIGURE_FRACTION, IOA_FIGURE_FRACTION, 0,
                              IOA_FIGURE_E },
    [IOA_FIGURE_E] = { IOA_FIGURE_EXPONENT, IOA_FIGURE_EXPONENT, 0, 0,
                       IOA_FIGURE_SIGN, IOA_FIGURE_SIGN },
    [IOA_FIGURE_SIGN] = { IOA_FIGURE_EXPONENT, IOA_FIGURE_EXPONENT },
    [IOA_FIGURE_EXPONENT] = { IOA_FIGURE_EXPONENT, IOA_FIGURE_EXPONENT }
};


/* One more than the column of that table. */
const uint8_t  ioa_figure_table[256] = {
    ['0'] = 1, ['1'] = 2, ['2'] = 2, ['3'] = 2, ['4'] = 2, ['5'] = 2,
    ['6'] = 2, ['7'] = 2, ['8'] = 2, ['9'] = 2, ['.'] = 3, ['e'] = 4,
    ['E'] = 4, ['+'] = 5, ['-'] = 6
};


int
ioa_lexer_number_whole(const ioa_lexer_t *lx)
{
    return lx->figure == IOA_FIGURE_ZERO || lx->figure == IOA_FIGURE_INT
           || lx->figure == IOA_FIGURE_FRACTION
           || lx->figure == IOA_FIGURE_EXPONENT;
}


/* A number is checked as it goes by. */
static ioa_token_t
ioa_lexer_checked(ioa_lexer_t *lx)
{
    uint8_t         next;
    unsigned        column;
    const uint8_t  *p;

    for (p = lx->p; p < lx->end; p++) {
        column = ioa_figure_table[*p];

        if (column == 0) {
            break;
        }

        next = ioa_figure_next[lx->figure][column - 1];

        if (next == 0) {
            lx->p = p;
            return ioa_lexer_bad(lx, IOA_CAUSE_NOT_JSON);
        }

        lx->figure = next;
    }

    lx->p = p;

    if (p == lx->end) {
        lx->part = IOA_LEXER_PART;

    } else if (!ioa_lexer_number_whole(lx)) {
        return ioa_lexer_bad(lx, IOA_CAUSE_NOT_JSON);

    } else {
        lx->part = IOA_LEXER_WHOLE;
        ioa_lexer_after(lx);
    }

    return lx->now & IOA_LEXER_VALUE ? IOA_TOKEN_NUMBER : IOA_TOKEN_NONE;
}


/* The bytes of a number, which the user is to check. */
static ioa_token_t
ioa_lexer_figures(ioa_lexer_t *lx)
{
    const uint8_t  *p = lx->p;

    while (p < lx->end && ioa_figure_table[*p] != 0) {
        p++;
    }

    if (p != lx->p) {
        lx->figure = lx->figure == IOA_FIGURE_BEGIN && p - lx->p == 1
                     && p[-1] == '-'
                     ? IOA_FIGURE_MINUS : IOA_FIGURE_INT;
    }

    ioa_lexer_write(lx, lx->from, p);
    lx->p = p;

    if (p == lx->end) {
        lx->part = IOA_LEXER_PART;

    } else if (lx->figure == IOA_FIGURE_MINUS && *p == 'I'
               && (lx->rules.flags & IOA_LEXER_PYTHON))
    {
        lx->part = IOA_LEXER_INFINITY;
        lx->word = "Infinity";
        lx->state = IOA_LEXER_S_WORD;

    } else {
        lx->part = IOA_LEXER_WHOLE;
        ioa_lexer_after(lx);
    }

    return IOA_TOKEN_NUMBER;
}


ioa_token_t
ioa_lexer_number(ioa_lexer_t *lx)
{
    return lx->rules.wants & IOA_LEXER_FIGURES ? ioa_lexer_figures(lx)
                                               : ioa_lexer_checked(lx);
}


ioa_token_t
ioa_lexer_word(ioa_lexer_t *lx)
{
    while (lx->p < lx->end && *lx->word != '\0') {

        if (*lx->p != (uint8_t) *lx->word) {
            return ioa_lexer_bad(lx, IOA_CAUSE_NOT_JSON);
        }

        lx->word++;
        lx->p++;
    }

    if (*lx->word != '\0') {
        return IOA_TOKEN_NONE;
    }

    ioa_lexer_after(lx);

    return lx->now & IOA_LEXER_VALUE ? IOA_TOKEN_WORD : IOA_TOKEN_NONE;
}


/* Pairs of surrogates: every half next to its other half. */
static inline int
ioa_lexer_pairs(ioa_lexer_t *lx, int escape)
{
    int  low = escape && (lx->code & 0xfffffc00) == 0xdc00;

    if (lx->high != low) {
        return 0;
    }

    lx->high = escape && (lx->code & 0xfffffc00) == 0xd800;

    return 1;
}


/* Reads a whole unit, of m bytes.  Out: *same, see ioa_unit_read. */
static ioa_token_t
ioa_lexer_unit(ioa_lexer_t *lx, int *same, const uint8_t *at, size_t m)
{
    unsigned  flags = lx->rules.flags;

    if (at[0] < 0x20 || !ioa_unit_read(&lx->code, same, at, m)) {
        return ioa_lexer_bad(lx, at[0] >= 0x80 ? IOA_CAUSE_NOT_UTF8
                                               : IOA_CAUSE_NOT_JSON);
    }

    if ((flags & IOA_LEXER_NO_LONE) && !ioa_lexer_pairs(lx, at[0] == '\\')) {
        return ioa_lexer_bad(lx, IOA_CAUSE_SURROGATE);
    }

    if ((flags & IOA_LEXER_NO_NUL) && lx->code == 0) {
        return ioa_lexer_bad(lx, IOA_CAUSE_NUL);
    }

    return IOA_TOKEN_UNIT;
}


/* A unit that the end of a piece had cut goes on. */
ioa_token_t
ioa_lexer_in_unit(ioa_lexer_t *lx)
{
    int          same;
    size_t       m;
    ioa_token_t  token;

    lx->unit[lx->unit_n++] = *lx->p++;
    lx->run = lx->p;

    m = ioa_unit_len(lx->unit, lx->unit_n);

    if (m > lx->unit_n) {
        return IOA_TOKEN_NONE;
    }

    lx->state = IOA_LEXER_S_STRING;
    lx->unit_n = 0;
    token = ioa_lexer_unit(lx, &same, lx->unit, m);

    return token == IOA_TOKEN_BAD
           || (lx->now & (IOA_LEXER_TEXT | IOA_LEXER_CHANGED))
           ? token : IOA_TOKEN_NONE;
}


/* Passes plain bytes and what need not be shown of other parts. */
static inline const uint8_t *
ioa_lexer_plain(const ioa_lexer_t *lx)
{
    size_t          m;
    unsigned        flags = lx->rules.flags;
    uint32_t        code;
    const uint8_t  *p = lx->p, *end = lx->end;

    for ( ;; ) {
        p += ioa_plain_run(p, (size_t) (end - p));

        do {
            if (p == end || (*p != '\\' && *p < 0x80)) {
                return p;
            }

            if (*p >= 0x80) {
                m = lx->now & IOA_LEXER_CHANGED
                    ? 0 : ioa_utf8_char(p, (size_t) (end - p));

                if (m == 0) {
                    return p;
                }

                p += m;
                continue;
            }

            m = ioa_escape_same(&code, p, (size_t) (end - p));

            if (m == 0
                || ((flags & IOA_LEXER_NO_LONE) && (code & 0xf800) == 0xd800)
                || ((flags & IOA_LEXER_NO_NUL) && m == 6 && code == 0))
            {
                return p;
            }

            p += m;

        } while (p == end || !ioa_plain_table[*p]);
    }
}


/* Takes a unit, which begins here. */
static ioa_token_t
ioa_lexer_begin_unit(ioa_lexer_t *lx)
{
    int          same;
    size_t       m, left = (size_t) (lx->end - lx->p);
    unsigned     now = lx->now;
    ioa_token_t  token;

    m = ioa_unit_len(lx->p, left);

    if (m == IOA_UNIT_BAD) {
        return ioa_lexer_bad(lx, IOA_CAUSE_NOT_UTF8);
    }

    if (m > left) {
        memcpy(lx->unit, lx->p, left);
        lx->unit_n = (uint8_t) left;
        lx->state = IOA_LEXER_S_UNIT;
        ioa_lexer_write(lx, lx->p, lx->end);
        lx->p = lx->end;

        return IOA_TOKEN_NONE;
    }

    token = ioa_lexer_unit(lx, &same, lx->p, m);

    if (token == IOA_TOKEN_BAD) {
        return token;
    }

    lx->p += m;

    if (!(now & IOA_LEXER_TEXT) && (same || !(now & IOA_LEXER_CHANGED))) {
        return IOA_TOKEN_NONE;
    }

    lx->from = lx->p - m;
    ioa_lexer_write(lx, lx->from, lx->p);

    return token;
}


/* Within a string, not within a unit. */
ioa_token_t
ioa_lexer_string(ioa_lexer_t *lx)
{
    size_t       m;
    ioa_token_t  token = IOA_TOKEN_NONE;

    while (token == IOA_TOKEN_NONE && lx->state == IOA_LEXER_S_STRING) {

        /* behind a high surrogate only the low one may come */

        if (lx->high) {
            /* void */

        } else if (!(lx->now & IOA_LEXER_TEXT)) {
            lx->p = ioa_lexer_plain(lx);

        } else {
            m = ioa_plain_run(lx->p, (size_t) (lx->end - lx->p));

            if (m != 0) {
                lx->from = lx->p;
                lx->p += m;
                return IOA_TOKEN_TEXT;
            }
        }

        if (lx->p == lx->end) {
            break;
        }

        if (*lx->p == '"' && !lx->high) {
            return ioa_lexer_end_string(lx, lx->p + 1);
        }

        token = ioa_lexer_begin_unit(lx);
    }

    return token;
}
