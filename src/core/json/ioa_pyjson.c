/*
 * ioa_pyjson: see ioa_pyjson.h.
 */

#include <string.h>

#include "json/ioa_pyjson.h"


void
ioa_pyjson_init(ioa_pyjson_t *j, ioa_out_t *out, size_t depth_max, int flags)
{
    ioa_lexer_rules_t  rules = {
        .wants = IOA_LEXER_CHANGED | IOA_LEXER_FIGURES,
        .flags = flags & IOA_PYJSON_STRICT ? IOA_LEXER_NO_LONE
                                           : IOA_LEXER_PYTHON,
        .depth_max = depth_max,
        .values_max = SIZE_MAX,
        .show_depth = SIZE_MAX
    };

    ioa_lexer_init(&j->lexer, &rules, out);
    j->out = out;
    j->num_n = 0;
    j->slow = 0;
    j->bad = 0;
    j->cause = IOA_CAUSE_NONE;
    j->strict = (flags & IOA_PYJSON_STRICT) != 0;
}


static int
ioa_pyjson_bad(ioa_pyjson_t *j, uint8_t cause)
{
    j->cause = cause;
    j->bad = 1;

    return 0;
}


/* Writes what a number stands for.  Returns: 0 where it is none. */
static int
ioa_pyjson_number(ioa_pyjson_t *j, const uint8_t *text, size_t n)
{
    size_t        len;
    uint8_t       out[IOA_NUMBER_PRINT_MAX];
    ioa_number_t  kind;

    kind = ioa_number_print(out, &len, &j->slow, text, n);

    if (j->slow > IOA_PYJSON_SLOW_MAX
        || (kind == IOA_NUMBER_INFINITE && j->strict))
    {
        return ioa_pyjson_bad(j, IOA_CAUSE_NUMBER);
    }

    if (kind == IOA_NUMBER_BAD) {
        return ioa_pyjson_bad(j, n > IOA_NUMBER_INT_DIGITS_MAX
                                 ? IOA_CAUSE_NUMBER : IOA_CAUSE_NOT_JSON);
    }

    if (kind == IOA_NUMBER_SAME) {
        ioa_out_write(j->out, text, n);

    } else {
        ioa_out_write(j->out, out, len);
    }

    return 1;
}


/* Takes a number, or a part of one. */
static int
ioa_pyjson_figures(ioa_pyjson_t *j, const uint8_t *text, size_t n)
{
    if (n > IOA_PYJSON_NUMBER_MAX - j->num_n) {
        return ioa_pyjson_bad(j, IOA_CAUSE_NUMBER);
    }

    if (j->num_n != 0 || j->lexer.part == IOA_LEXER_PART) {
        memcpy(j->num + j->num_n, text, n);
        j->num_n += n;
        text = j->num;
        n = j->num_n;
    }

    switch (j->lexer.part) {

    case IOA_LEXER_PART:
        return 1;

    case IOA_LEXER_INFINITY:
        ioa_out_byte(j->out, '-');
        break;

    default:
        if (!ioa_pyjson_number(j, text, n)) {
            return 0;
        }
    }

    j->num_n = 0;

    return 1;
}


int
ioa_pyjson_update(ioa_pyjson_t *j, const uint8_t *data, size_t n)
{
    size_t        len;
    uint8_t       out[IOA_ESCAPE_MAX];
    ioa_token_t   token = IOA_TOKEN_NONE;
    ioa_lexer_t  *lx = &j->lexer;

    ioa_lexer_feed(lx, data, n);

    while (!j->bad && token != IOA_TOKEN_MORE) {
        token = ioa_lexer_next(lx);

        if (token == IOA_TOKEN_BAD) {
            (void) ioa_pyjson_bad(j, lx->cause);

        } else if (token == IOA_TOKEN_UNIT) {
            len = ioa_escape_print(out, lx->code);
            ioa_out_write(j->out, out, len);

        } else if (token == IOA_TOKEN_NUMBER) {
            (void) ioa_pyjson_figures(j, lx->from,
                                      (size_t) (lx->p - lx->from));
        }
    }

    return !j->bad && !j->out->failed;
}


int
ioa_pyjson_final(ioa_pyjson_t *j)
{
    if (j->cause == IOA_CAUSE_NONE) {
        j->cause = IOA_CAUSE_NOT_JSON;
    }

    if (!j->bad && j->lexer.depth == 0 && j->num_n != 0) {
        (void) ioa_pyjson_number(j, j->num, j->num_n);
    }

    ioa_out_flush(j->out);

    return !j->bad && ioa_lexer_done(&j->lexer) && !j->out->failed;
}
