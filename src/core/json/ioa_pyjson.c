/*
 * ioa_pyjson: see ioa_pyjson.h.
 */

#include "json/ioa_pyjson_token.h"


void
ioa_pyjson_init(ioa_pyjson_t *j, ioa_out_t *out, size_t depth_max, int flags)
{
    j->out = out;
    j->word = NULL;
    j->word_n = 0;
    j->depth = 0;
    j->depth_max = depth_max < IOA_PYJSON_DEPTH_MAX ? depth_max
                                                    : IOA_PYJSON_DEPTH_MAX;
    j->num_n = 0;
    j->slow = 0;
    j->state = IOA_PYJSON_S_VALUE;
    j->cause = IOA_CAUSE_NONE;
    j->strict = (flags & IOA_PYJSON_STRICT) != 0;
    j->in_key = 0;
    j->high = 0;
    j->unit_n = 0;
}


static int
ioa_pyjson_in_object(const ioa_pyjson_t *j)
{
    size_t  level = j->depth - 1;

    return j->stack[level / 8] >> (level % 8) & 1;
}


static void
ioa_pyjson_push(ioa_pyjson_t *j, ioa_pyjson_cur_t *c, int object)
{
    size_t   level = j->depth;
    uint8_t  bit = (uint8_t) (1 << (level % 8));

    if (level == j->depth_max) {
        ioa_pyjson_bad(j, c, IOA_CAUSE_DEPTH);
        return;
    }

    if (object) {
        j->stack[level / 8] |= bit;

    } else {
        j->stack[level / 8] &= (uint8_t) ~bit;
    }

    j->depth++;
    j->state = object ? IOA_PYJSON_S_FIRST_KEY : IOA_PYJSON_S_FIRST_ITEM;
    c->i++;
}


static void
ioa_pyjson_pop(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    j->depth--;
    ioa_pyjson_after(j);
    c->i++;
}


static void
ioa_pyjson_begin_value(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    uint8_t  ch = c->data[c->i];

    if (ch == '"') {
        j->in_key = 0;
        j->state = IOA_PYJSON_S_STRING;
        c->i++;

    } else if (ch == '{' || ch == '[') {
        ioa_pyjson_push(j, c, ch == '{');

    } else if (ch == '-' || (ch >= '0' && ch <= '9')) {
        ioa_pyjson_begin_number(j, c);

    } else if (ch == ']' && j->state == IOA_PYJSON_S_FIRST_ITEM) {
        ioa_pyjson_pop(j, c);

    } else {
        ioa_pyjson_begin_word(j, c);
    }
}


/*
 * A value comes next.  Where it is here, behind one space at most, it is
 * begun at once: a shortcut through the states.
 */
static void
ioa_pyjson_next_value(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    j->state = IOA_PYJSON_S_VALUE;
    c->i++;

    if (c->i < c->n && c->data[c->i] == ' ') {
        ioa_pyjson_skip(j, c, 1);
    }

    if (c->i < c->n && c->data[c->i] > ' ') {
        ioa_pyjson_begin_value(j, c);
    }
}


/* Between the parts of a value, at a byte that is no white space. */
static void
ioa_pyjson_between(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    uint8_t  ch = c->data[c->i];

    switch (j->state) {

    case IOA_PYJSON_S_VALUE:
    case IOA_PYJSON_S_FIRST_ITEM:
        ioa_pyjson_begin_value(j, c);
        return;

    case IOA_PYJSON_S_FIRST_KEY:
        if (ch == '}') {
            ioa_pyjson_pop(j, c);
            return;
        }

        /* fall through */

    case IOA_PYJSON_S_KEY:
        if (ch == '"') {
            j->in_key = 1;
            j->state = IOA_PYJSON_S_STRING;
            c->i++;
            return;
        }

        break;

    case IOA_PYJSON_S_COLON:
        if (ch == ':') {
            ioa_pyjson_next_value(j, c);
            return;
        }

        break;

    case IOA_PYJSON_S_AFTER:
        if (ch == ',') {
            if (!ioa_pyjson_in_object(j)) {
                ioa_pyjson_next_value(j, c);
                return;
            }

            j->state = IOA_PYJSON_S_KEY;
            c->i++;
            return;
        }

        if (ch == (ioa_pyjson_in_object(j) ? '}' : ']')) {
            ioa_pyjson_pop(j, c);
            return;
        }

        break;
    }

    ioa_pyjson_bad(j, c, ioa_cause_of_byte(ch));
}


static void
ioa_pyjson_step(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    uint8_t  ch;

    switch (j->state) {

    case IOA_PYJSON_S_STRING:
        ioa_pyjson_in_string(j, c);
        return;

    case IOA_PYJSON_S_UNIT:
        ioa_pyjson_in_unit(j, c);
        return;

    case IOA_PYJSON_S_NUMBER:
        ioa_pyjson_in_number(j, c);
        return;

    case IOA_PYJSON_S_WORD:
        ioa_pyjson_in_word(j, c);
        return;

    case IOA_PYJSON_S_BAD:
        ioa_pyjson_bad(j, c, (ioa_cause_t) j->cause);
        return;
    }

    ch = c->data[c->i];

    if (ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t') {
        ioa_pyjson_skip(j, c, 1);
        return;
    }

    ioa_pyjson_between(j, c);
}


int
ioa_pyjson_update(ioa_pyjson_t *j, const uint8_t *data, size_t n)
{
    ioa_pyjson_cur_t  c = { data, n, 0, 0 };

    while (c.i < n) {
        ioa_pyjson_step(j, &c);
    }

    ioa_pyjson_run(j, &c);

    return j->state != IOA_PYJSON_S_BAD && !j->out->failed;
}


int
ioa_pyjson_final(ioa_pyjson_t *j)
{
    int  same;

    if (j->cause == IOA_CAUSE_NONE) {
        j->cause = IOA_CAUSE_NOT_JSON;
    }

    if (j->state == IOA_PYJSON_S_NUMBER && j->depth == 0
        && ioa_pyjson_number(j, j->num, j->num_n, &same))
    {
        if (same) {
            ioa_out_write(j->out, j->num, j->num_n);
        }

        j->state = IOA_PYJSON_S_END;
    }

    ioa_out_flush(j->out);

    return j->state == IOA_PYJSON_S_END && !j->out->failed;
}
