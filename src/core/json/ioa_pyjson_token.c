/*
 * ioa_pyjson_token: see ioa_pyjson_token.h.
 */

#include <string.h>

#include "json/ioa_pyjson_token.h"


int
ioa_pyjson_number(ioa_pyjson_t *j, const uint8_t *text, size_t n, int *same)
{
    size_t        len;
    uint8_t       out[IOA_NUMBER_PRINT_MAX];
    ioa_number_t  kind;

    *same = 0;
    kind = ioa_number_print(out, &len, &j->slow, text, n);

    j->cause = IOA_CAUSE_NUMBER;

    if (j->slow > IOA_PYJSON_SLOW_MAX) {
        return 0;
    }

    switch (kind) {

    case IOA_NUMBER_SAME:
        j->cause = IOA_CAUSE_NONE;
        *same = 1;
        return 1;

    case IOA_NUMBER_INFINITE:
        if (j->strict) {
            return 0;
        }

        /* fall through */

    case IOA_NUMBER_OTHER:
        j->cause = IOA_CAUSE_NONE;
        ioa_out_write(j->out, out, len);
        return 1;

    default:
        if (n <= IOA_NUMBER_INT_DIGITS_MAX) {
            j->cause = IOA_CAUSE_NOT_JSON;
        }

        return 0;
    }
}


static int
ioa_pyjson_is_number(uint8_t ch)
{
    return (ch >= '0' && ch <= '9') || ch == '.' || ch == '-' || ch == '+'
           || ch == 'e' || ch == 'E';
}


/* A number begins at the cursor; most are short integers. */
void
ioa_pyjson_begin_number(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    int             same;
    size_t          m = 0, left = c->n - c->i;
    const uint8_t  *text = c->data + c->i;

    while (m < left && text[m] >= '0' && text[m] <= '9') {
        m++;
    }

    if (m < left && m > 0 && m <= IOA_NUMBER_EXACT_INT
        && (text[0] != '0' || m == 1) && !ioa_pyjson_is_number(text[m]))
    {
        c->i += m;
        ioa_pyjson_after(j);
        return;
    }

    while (m < left && ioa_pyjson_is_number(text[m])) {
        m++;
    }

    if (m > IOA_PYJSON_NUMBER_MAX) {
        ioa_pyjson_bad(j, c, IOA_CAUSE_NUMBER);
        return;
    }

    if (m == left) {
        memcpy(j->num, text, m);
        j->num_n = m;
        j->state = IOA_PYJSON_S_NUMBER;
        ioa_pyjson_skip(j, c, m);
        return;
    }

    if (m == 1 && text[0] == '-' && text[1] == 'I' && !j->strict) {
        j->word = "-Infinity";
        j->word_n = 1;
        j->state = IOA_PYJSON_S_WORD;
        c->i++;
        return;
    }

    /* another form is written in its turn: after the run */
    ioa_pyjson_run(j, c);

    if (!ioa_pyjson_number(j, text, m, &same)) {
        ioa_pyjson_bad(j, c, (ioa_cause_t) j->cause);
        return;
    }

    c->i += m;

    if (!same) {
        c->run = c->i;
    }

    ioa_pyjson_after(j);
}


/* A number that the end of a piece had cut goes on. */
void
ioa_pyjson_in_number(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    int  same;

    while (c->i < c->n && ioa_pyjson_is_number(c->data[c->i])) {

        if (j->num_n == IOA_PYJSON_NUMBER_MAX) {
            ioa_pyjson_bad(j, c, IOA_CAUSE_NUMBER);
            return;
        }

        j->num[j->num_n++] = c->data[c->i++];
    }

    c->run = c->i;

    if (c->i == c->n) {
        return;
    }

    if (j->num_n == 1 && j->num[0] == '-' && c->data[c->i] == 'I'
        && !j->strict)
    {
        ioa_out_byte(j->out, '-');
        j->word = "-Infinity";
        j->word_n = 1;
        j->state = IOA_PYJSON_S_WORD;
        return;
    }

    if (!ioa_pyjson_number(j, j->num, j->num_n, &same)) {
        ioa_pyjson_bad(j, c, (ioa_cause_t) j->cause);
        return;
    }

    if (same) {
        ioa_out_write(j->out, j->num, j->num_n);
    }

    ioa_pyjson_after(j);
}


void
ioa_pyjson_begin_word(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    uint8_t  ch = c->data[c->i];

    switch (ch) {

    case 't':
        j->word = "true";
        break;

    case 'f':
        j->word = "false";
        break;

    case 'n':
        j->word = "null";
        break;

    case 'N':
        j->word = j->strict ? NULL : "NaN";
        break;

    case 'I':
        j->word = j->strict ? NULL : "Infinity";
        break;

    default:
        j->word = NULL;
    }

    if (j->word == NULL) {
        ioa_pyjson_bad(j, c, ch == 'N' || ch == 'I' ? IOA_CAUSE_NUMBER
                                                    : ioa_cause_of_byte(ch));
        return;
    }

    j->word_n = 1;
    j->state = IOA_PYJSON_S_WORD;
    c->i++;
}


void
ioa_pyjson_in_word(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    while (c->i < c->n && j->word[j->word_n] != '\0') {

        if (c->data[c->i] != (uint8_t) j->word[j->word_n]) {
            ioa_pyjson_bad(j, c, IOA_CAUSE_NOT_JSON);
            return;
        }

        j->word_n++;
        c->i++;
    }

    if (j->word[j->word_n] == '\0') {
        ioa_pyjson_after(j);
    }
}


/* Pairs of surrogates: every half next to its other half. */
static int
ioa_pyjson_surrogate(ioa_pyjson_t *j, uint32_t code, int escape)
{
    int  low = escape && code >= 0xdc00 && code <= 0xdfff;

    if (j->high != low) {
        return 0;
    }

    j->high = escape && code >= 0xd800 && code <= 0xdbff;

    return 1;
}


/* The cause where no unit is what begins so. */
static uint8_t
ioa_pyjson_cause(uint8_t first)
{
    return first >= 0x80 ? IOA_CAUSE_NOT_UTF8 : IOA_CAUSE_NOT_JSON;
}


/* Reads a unit; writes it where it must change, which *same tells. */
static int
ioa_pyjson_unit(ioa_pyjson_t *j, ioa_pyjson_cur_t *c, int *same,
    const uint8_t *data, size_t n)
{
    size_t    len;
    uint8_t   out[IOA_ESCAPE_MAX];
    uint32_t  code;

    if ((data[0] < 0x20) || !ioa_unit_read(&code, same, data, n)) {
        j->cause = ioa_pyjson_cause(data[0]);
        return 0;
    }

    if (j->strict && !ioa_pyjson_surrogate(j, code, data[0] == '\\')) {
        j->cause = IOA_CAUSE_SURROGATE;
        return 0;
    }

    if (!*same) {
        ioa_pyjson_run(j, c);
        len = ioa_escape_print(out, code);
        ioa_out_write(j->out, out, len);
    }

    return 1;
}


/* Takes plain bytes and escapes that stay as they are. */
static void
ioa_pyjson_same(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    size_t    m;
    uint32_t  code;

    for ( ;; ) {
        c->i += ioa_plain_run(c->data + c->i, c->n - c->i);

        do {
            if (c->i == c->n || c->data[c->i] != '\\') {
                return;
            }

            m = ioa_escape_same(&code, c->data + c->i, c->n - c->i);

            if (m == 0 || (j->strict && (code & 0xf800) == 0xd800)) {
                return;
            }

            c->i += m;

        } while (c->i == c->n || !ioa_plain_table[c->data[c->i]]);
    }
}


/* At the string's end. */
static void
ioa_pyjson_end_string(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    c->i++;

    if (j->in_key) {
        j->state = IOA_PYJSON_S_COLON;

    } else {
        ioa_pyjson_after(j);
    }
}


void
ioa_pyjson_in_string(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    int             same;
    size_t          m, left;
    const uint8_t  *at;

    for ( ;; ) {
        /* behind half of a pair there is but one thing that may come */
        if (!j->high) {
            ioa_pyjson_same(j, c);
        }

        left = c->n - c->i;

        if (left == 0) {
            return;
        }

        at = c->data + c->i;

        if (at[0] == '"' && !j->high) {
            ioa_pyjson_end_string(j, c);
            return;
        }

        m = ioa_unit_len(at, left);

        if (m != IOA_UNIT_BAD && m > left) {
            memcpy(j->unit, at, left);
            j->unit_n = (uint8_t) left;
            j->state = IOA_PYJSON_S_UNIT;
            ioa_pyjson_skip(j, c, left);
            return;
        }

        if (m == IOA_UNIT_BAD) {
            ioa_pyjson_bad(j, c, (ioa_cause_t) ioa_pyjson_cause(at[0]));
            return;
        }

        if (!ioa_pyjson_unit(j, c, &same, at, m)) {
            ioa_pyjson_bad(j, c, (ioa_cause_t) j->cause);
            return;
        }

        c->i += m;

        if (!same) {
            c->run = c->i;
        }
    }
}


/* A unit that the end of a piece had cut goes on. */
void
ioa_pyjson_in_unit(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    int     same;
    size_t  m;

    j->unit[j->unit_n++] = c->data[c->i++];
    c->run = c->i;

    m = ioa_unit_len(j->unit, j->unit_n);

    if (m > j->unit_n) {
        return;
    }

    if (!ioa_pyjson_unit(j, c, &same, j->unit, m)) {
        ioa_pyjson_bad(j, c, (ioa_cause_t) j->cause);
        return;
    }

    if (same) {
        ioa_out_write(j->out, j->unit, m);
    }

    j->state = IOA_PYJSON_S_STRING;
}
