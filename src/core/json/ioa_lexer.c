/*
 * ioa_lexer: see ioa_lexer.h.
 *
 * One state says what may come next.  A number has no mark at its end: the
 * byte that ends it is looked at and left for the next state.
 */

#include <string.h>

#include "base/ioa_utf8.h"
#include "json/ioa_lexer.h"

#define IOA_LEXER_INT_MAX   18      /* digits of a short integer */
#define IOA_FIGURE_COLUMNS  6

/* Within a token; the one that goes on where a piece begins. */
enum {
    IOA_LEXER_S_BETWEEN = 0,
    IOA_LEXER_S_STRING,
    IOA_LEXER_S_UNIT,           /* within a unit that a piece's end has cut */
    IOA_LEXER_S_NUMBER,
    IOA_LEXER_S_WORD,
    IOA_LEXER_S_BAD
};

/* What may come between tokens; nothing at all behind the outermost value. */
#define IOA_MAY_OBJECT  0x01        /* the outermost value, which must be one */
#define IOA_MAY_VALUE   0x02
#define IOA_MAY_KEY     0x04
#define IOA_MAY_COLON   0x08
#define IOA_MAY_COMMA   0x10
#define IOA_MAY_CLOSE   0x20

/* Numbers: states named by what went last. */
enum {
    IOA_FIGURE_BAD = 0,
    IOA_FIGURE_BEGIN,
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

/* The state that a byte leads to: 0, 1 to 9, '.', 'e', '+', '-'. */
static const uint8_t  ioa_figure_next[IOA_FIGURE_STATES][IOA_FIGURE_COLUMNS] = {
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


/* Returns: a column of that table; IOA_FIGURE_COLUMNS: of no number. */
static inline unsigned
ioa_figure_class(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c != '0';
    }

    switch (c) {
    case '.':
        return 2;
    case 'e':
    case 'E':
        return 3;
    case '+':
        return 4;
    case '-':
        return 5;
    default:
        return IOA_FIGURE_COLUMNS;
    }
}


/* 1 where a number may end so. */
static int
ioa_figure_whole(uint8_t figure)
{
    return figure == IOA_FIGURE_ZERO || figure == IOA_FIGURE_INT
           || figure == IOA_FIGURE_FRACTION || figure == IOA_FIGURE_EXPONENT;
}


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


static ioa_token_t
ioa_lexer_bad(ioa_lexer_t *lx, ioa_cause_t cause)
{
    lx->cause = (uint8_t) cause;
    lx->state = IOA_LEXER_S_BAD;

    return IOA_TOKEN_BAD;
}


/* A byte is here that none of what may come begins with. */
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
    ioa_lexer_after(lx);

    if (level != 0) {
        level--;
        lx->object = lx->stack[level / 8] >> (level % 8) & 1;
    }

    return lx->now & IOA_LEXER_OPEN ? IOA_TOKEN_CLOSE : IOA_TOKEN_NONE;
}


static ioa_token_t
ioa_lexer_number(ioa_lexer_t *lx)
{
    uint8_t         next;
    unsigned        column;
    const uint8_t  *p;

    for (p = lx->p; p < lx->end; p++) {
        column = ioa_figure_class(*p);

        if (column == IOA_FIGURE_COLUMNS) {
            break;
        }

        next = ioa_figure_next[lx->figure][column];

        if (next == IOA_FIGURE_BAD) {
            lx->p = p;
            return ioa_lexer_bad(lx, IOA_CAUSE_NOT_JSON);
        }

        lx->figure = next;
    }

    lx->p = p;

    if (p == lx->end) {
        lx->part = IOA_LEXER_PART;

    } else if (!ioa_figure_whole(lx->figure)) {
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

    while (p < lx->end && ioa_figure_class(*p) != IOA_FIGURE_COLUMNS) {
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


static ioa_token_t
ioa_lexer_in_number(ioa_lexer_t *lx)
{
    return lx->rules.wants & IOA_LEXER_FIGURES ? ioa_lexer_figures(lx)
                                               : ioa_lexer_number(lx);
}


/* A number, most of which are short integers that nobody wants to see. */
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
            && ioa_figure_class(*p) == IOA_FIGURE_COLUMNS)
        {
            lx->p = p;
            ioa_lexer_after(lx);

            return IOA_TOKEN_NONE;
        }
    }

    lx->p = first;
    lx->from = first;
    lx->figure = IOA_FIGURE_BEGIN;
    lx->state = IOA_LEXER_S_NUMBER;

    return ioa_lexer_in_number(lx);
}


static ioa_token_t
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


static inline ioa_token_t
ioa_lexer_begin_word(ioa_lexer_t *lx, const uint8_t *p, const char *word)
{
    lx->p = p;
    lx->from = p;
    lx->word = word;
    lx->state = IOA_LEXER_S_WORD;
    lx->is_true = *p == 't';

    return ioa_lexer_word(lx);
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
static ioa_token_t
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


/* A string has ended before p. */
static inline ioa_token_t
ioa_lexer_end_string(ioa_lexer_t *lx, const uint8_t *p)
{
    lx->p = p;

    if (lx->in_key) {
        lx->state = IOA_LEXER_S_BETWEEN;
        lx->may = IOA_MAY_COLON;

        return lx->now & IOA_LEXER_KEY ? IOA_TOKEN_KEY : IOA_TOKEN_NONE;
    }

    ioa_lexer_after(lx);

    return lx->now & IOA_LEXER_VALUE ? IOA_TOKEN_STRING : IOA_TOKEN_NONE;
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
static ioa_token_t
ioa_lexer_string(ioa_lexer_t *lx)
{
    size_t       m;
    ioa_token_t  token = IOA_TOKEN_NONE;

    while (token == IOA_TOKEN_NONE && lx->state == IOA_LEXER_S_STRING) {

        /* behind half of a pair there is but one thing that may come */

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


static inline ioa_token_t
ioa_lexer_value(ioa_lexer_t *lx, const uint8_t *p)
{
    if (lx->values == 0) {
        lx->p = p;
        return ioa_lexer_bad(lx, IOA_CAUSE_NOT_JSON);
    }

    lx->values--;

    switch (*p) {
    case '"':
        return ioa_lexer_begin_string(lx, p);
    case '{':
    case '[':
        return ioa_lexer_push(lx, p, *p == '{');
    case 't':
        return ioa_lexer_begin_word(lx, p, "true");
    case 'f':
        return ioa_lexer_begin_word(lx, p, "false");
    case 'n':
        return ioa_lexer_begin_word(lx, p, "null");
    }

    if ((*p >= '0' && *p <= '9') || *p == '-') {
        return ioa_lexer_begin_number(lx, p);
    }

    if ((lx->rules.flags & IOA_LEXER_PYTHON) && (*p == 'N' || *p == 'I')) {
        return ioa_lexer_begin_word(lx, p, *p == 'N' ? "NaN" : "Infinity");
    }

    return ioa_lexer_wrong(lx, p);
}


/* At a token of which no part was read. */
static inline ioa_token_t
ioa_lexer_token(ioa_lexer_t *lx, const uint8_t *p)
{
    uint8_t  c = *p;

    if (c == ',' && (lx->may & IOA_MAY_COMMA)) {
        lx->may = lx->object ? IOA_MAY_KEY : IOA_MAY_VALUE;
        lx->p = p + 1;

        return IOA_TOKEN_NONE;
    }

    if (c == ':' && lx->may == IOA_MAY_COLON) {
        lx->may = IOA_MAY_VALUE;
        lx->p = p + 1;

        return IOA_TOKEN_NONE;
    }

    if (c == (lx->object ? '}' : ']') && (lx->may & IOA_MAY_CLOSE)) {
        return ioa_lexer_pop(lx, p);
    }

    if (c == '"' && (lx->may & IOA_MAY_KEY)) {
        return ioa_lexer_begin_string(lx, p);
    }

    if (lx->may & IOA_MAY_VALUE
        || (c == '{' && lx->may == IOA_MAY_OBJECT))
    {
        return ioa_lexer_value(lx, p);
    }

    return ioa_lexer_wrong(lx, p);
}


/* Behind white space at p.  Returns: what follows it. */
static inline const uint8_t *
ioa_lexer_space(ioa_lexer_t *lx, const uint8_t *p)
{
    const uint8_t  *from = p;

    while (p < lx->end
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    if (p != from) {
        ioa_lexer_write(lx, from, p);
    }

    return p;
}


static ioa_token_t
ioa_lexer_between(ioa_lexer_t *lx)
{
    ioa_token_t     token;
    const uint8_t  *p;

    do {
        p = lx->p;

        if (p < lx->end && *p <= ' ') {
            p = ioa_lexer_space(lx, p);
            lx->p = p;
        }

        if (p == lx->end) {
            return IOA_TOKEN_NONE;
        }

        token = ioa_lexer_token(lx, p);

    } while (token == IOA_TOKEN_NONE && lx->state == IOA_LEXER_S_BETWEEN);

    return token;
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

        switch (lx->state) {

        case IOA_LEXER_S_STRING:
            token = ioa_lexer_string(lx);
            break;

        case IOA_LEXER_S_UNIT:
            token = ioa_lexer_in_unit(lx);
            break;

        case IOA_LEXER_S_NUMBER:
            token = ioa_lexer_in_number(lx);
            break;

        case IOA_LEXER_S_WORD:
            token = ioa_lexer_word(lx);
            break;

        default:
            token = ioa_lexer_between(lx);
        }

    } while (token == IOA_TOKEN_NONE);

    return token;
}


int
ioa_lexer_done(const ioa_lexer_t *lx)
{
    if (lx->state == IOA_LEXER_S_NUMBER && lx->depth == 0) {
        return (lx->rules.wants & IOA_LEXER_FIGURES) != 0
               || ioa_figure_whole(lx->figure);
    }

    return lx->state == IOA_LEXER_S_BETWEEN && lx->may == 0;
}
