/*
 * ioa_scan: see ioa_scan.h.
 *
 * One state says what may come next; ioa_scan_step takes what belongs to it,
 * a byte or a run of plain text.  A number has no mark at its end: the byte
 * that ends it is looked at and left for the next state.
 */

#include <string.h>

#include "json/ioa_scan.h"

enum {
    IOA_SCAN_S_VALUE = 0,       /* a value */
    IOA_SCAN_S_FIRST_ITEM,      /* a value, or the end of the array */
    IOA_SCAN_S_FIRST_KEY,       /* a key, or the end of the object */
    IOA_SCAN_S_NEXT_KEY,
    IOA_SCAN_S_COLON,
    IOA_SCAN_S_AFTER,           /* a comma, or the end of the container */
    IOA_SCAN_S_DONE,
    IOA_SCAN_S_TEXT,            /* within a string */
    IOA_SCAN_S_LITERAL,
    IOA_SCAN_S_MINUS,           /* numbers: named by what went last */
    IOA_SCAN_S_ZERO,
    IOA_SCAN_S_INT,
    IOA_SCAN_S_POINT,
    IOA_SCAN_S_FRACTION,
    IOA_SCAN_S_E,
    IOA_SCAN_S_E_SIGN,
    IOA_SCAN_S_EXPONENT,
    IOA_SCAN_S_BAD
};


void
ioa_scan_init(ioa_scan_t *s, const ioa_scan_rules_t *rules)
{
    memset(s, 0, sizeof(ioa_scan_t));
    s->rules = *rules;
}


static ioa_scan_event_t
ioa_scan_bad(ioa_scan_t *s, ioa_cause_t cause)
{
    s->state = IOA_SCAN_S_BAD;
    s->cause = (uint8_t) cause;

    return IOA_SCAN_BAD;
}


static int
ioa_scan_in_object(const ioa_scan_t *s)
{
    size_t  level;

    if (s->depth == 0) {
        return 0;
    }

    level = s->depth - 1;

    return s->stack[level / 8] >> (level % 8) & 1;
}


static ioa_scan_event_t
ioa_scan_push(ioa_scan_t *s, int object)
{
    size_t   level;
    uint8_t  bit;

    if (s->depth >= s->rules.depth_max || s->depth >= IOA_SCAN_DEPTH_MAX) {
        return ioa_scan_bad(s, IOA_CAUSE_DEPTH);
    }

    level = s->depth++;
    bit = (uint8_t) (1 << (level % 8));

    if (object) {
        s->stack[level / 8] |= bit;
        s->state = IOA_SCAN_S_FIRST_KEY;

    } else {
        s->stack[level / 8] &= (uint8_t) ~bit;
        s->state = IOA_SCAN_S_FIRST_ITEM;
    }

    return IOA_SCAN_MORE;
}


/* A value has ended. */
static void
ioa_scan_after(ioa_scan_t *s)
{
    s->state = s->depth == 0 ? IOA_SCAN_S_DONE : IOA_SCAN_S_AFTER;
}


static ioa_scan_event_t
ioa_scan_pop(ioa_scan_t *s, int object)
{
    if (s->depth == 0 || ioa_scan_in_object(s) != object) {
        return ioa_scan_bad(s, IOA_CAUSE_NOT_JSON);
    }

    s->depth--;
    ioa_scan_after(s);

    return IOA_SCAN_MORE;
}


/* 1 where what goes by is a key or a value of the outermost object. */
static int
ioa_scan_is_member(const ioa_scan_t *s)
{
    return s->depth == 1 && (s->stack[0] & 1);
}


static ioa_scan_event_t
ioa_scan_begin_string(ioa_scan_t *s, int in_key)
{
    s->in_key = (uint8_t) in_key;
    s->state = IOA_SCAN_S_TEXT;
    ioa_string_begin(&s->string, ioa_scan_is_member(s),
                     s->rules.flaws_refused);

    return IOA_SCAN_MORE;
}


static ioa_scan_event_t
ioa_scan_begin_literal(ioa_scan_t *s, const char *rest)
{
    s->literal = rest;
    s->state = IOA_SCAN_S_LITERAL;

    return IOA_SCAN_MORE;
}


static ioa_scan_event_t
ioa_scan_begin_value(ioa_scan_t *s, uint8_t c)
{
    switch (c) {
    case '{':
        return ioa_scan_push(s, 1);
    case '[':
        return ioa_scan_push(s, 0);
    case 't':
        return ioa_scan_begin_literal(s, "rue");
    case 'f':
        return ioa_scan_begin_literal(s, "alse");
    case 'n':
        return ioa_scan_begin_literal(s, "ull");
    case '-':
        s->state = IOA_SCAN_S_MINUS;
        return IOA_SCAN_MORE;
    case '0':
        s->state = IOA_SCAN_S_ZERO;
        return IOA_SCAN_MORE;
    }

    if (c == 'N' || c == 'I') {
        return ioa_scan_bad(s, IOA_CAUSE_NUMBER);
    }

    if (c < '1' || c > '9') {
        return ioa_scan_bad(s, ioa_cause_of_byte(c));
    }

    s->state = IOA_SCAN_S_INT;

    return IOA_SCAN_MORE;
}


static ioa_scan_event_t
ioa_scan_value(ioa_scan_t *s, uint8_t c)
{
    int  member;

    if (s->values == s->rules.values_max) {
        return ioa_scan_bad(s, IOA_CAUSE_NOT_JSON);
    }

    if (s->rules.object_only && s->depth == 0 && c != '{') {
        return ioa_scan_bad(s, c != 0 && strchr("[\"-0123456789tfn", c)
                               ? IOA_CAUSE_NOT_OBJECT
                               : ioa_cause_of_byte(c));
    }

    s->values++;

    if (c == '"') {
        return ioa_scan_begin_string(s, 0);
    }

    member = ioa_scan_is_member(s);
    s->first = c;

    if (ioa_scan_begin_value(s, c) == IOA_SCAN_BAD) {
        return IOA_SCAN_BAD;
    }

    return member ? IOA_SCAN_OTHER : IOA_SCAN_MORE;
}


/* Takes what stands behind a value in a container. */
static ioa_scan_event_t
ioa_scan_separator(ioa_scan_t *s, uint8_t c)
{
    if (c == '}' || c == ']') {
        return ioa_scan_pop(s, c == '}');
    }

    if (c != ',') {
        return ioa_scan_bad(s, ioa_cause_of_byte(c));
    }

    s->state = ioa_scan_in_object(s) ? IOA_SCAN_S_NEXT_KEY
                                     : IOA_SCAN_S_VALUE;

    return IOA_SCAN_MORE;
}


/* Takes a byte between tokens. */
static ioa_scan_event_t
ioa_scan_structure(ioa_scan_t *s, uint8_t c)
{
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
        return IOA_SCAN_MORE;
    }

    switch (s->state) {

    case IOA_SCAN_S_FIRST_ITEM:
        if (c == ']') {
            return ioa_scan_pop(s, 0);
        }

        return ioa_scan_value(s, c);

    case IOA_SCAN_S_VALUE:
        return ioa_scan_value(s, c);

    case IOA_SCAN_S_FIRST_KEY:
        if (c == '}') {
            return ioa_scan_pop(s, 1);
        }

        break;

    case IOA_SCAN_S_COLON:
        if (c != ':') {
            return ioa_scan_bad(s, ioa_cause_of_byte(c));
        }

        s->state = IOA_SCAN_S_VALUE;
        return IOA_SCAN_MORE;

    case IOA_SCAN_S_AFTER:
        return ioa_scan_separator(s, c);

    case IOA_SCAN_S_DONE:
        return ioa_scan_bad(s, ioa_cause_of_byte(c));
    }

    /* a key must come */

    if (c != '"') {
        return ioa_scan_bad(s, ioa_cause_of_byte(c));
    }

    return ioa_scan_begin_string(s, 1);
}


static ioa_scan_event_t
ioa_scan_end_string(ioa_scan_t *s)
{
    if (s->in_key) {
        s->state = IOA_SCAN_S_COLON;
        return ioa_scan_is_member(s) ? IOA_SCAN_KEY : IOA_SCAN_MORE;
    }

    ioa_scan_after(s);

    return ioa_scan_is_member(s) ? IOA_SCAN_STRING : IOA_SCAN_MORE;
}


static ioa_scan_event_t
ioa_scan_string(ioa_scan_t *s, ioa_reader_t *r)
{
    switch (ioa_string_next(&s->string, r)) {
    case IOA_STRING_MORE:
        return IOA_SCAN_MORE;
    case IOA_STRING_END:
        return ioa_scan_end_string(s);
    default:
        return ioa_scan_bad(s, (ioa_cause_t) s->string.cause);
    }
}


static ioa_scan_event_t
ioa_scan_literal(ioa_scan_t *s, uint8_t c)
{
    if (c != (uint8_t) *s->literal) {
        return ioa_scan_bad(s, IOA_CAUSE_NOT_JSON);
    }

    s->literal++;

    if (*s->literal == '\0') {
        ioa_scan_after(s);
    }

    return IOA_SCAN_MORE;
}


/* Returns: the state that a digit leads to within a number. */
static uint8_t
ioa_scan_digit_state(uint8_t state, uint8_t c)
{
    switch (state) {
    case IOA_SCAN_S_MINUS:
        return c == '0' ? IOA_SCAN_S_ZERO : IOA_SCAN_S_INT;
    case IOA_SCAN_S_INT:
        return IOA_SCAN_S_INT;
    case IOA_SCAN_S_POINT:
    case IOA_SCAN_S_FRACTION:
        return IOA_SCAN_S_FRACTION;
    case IOA_SCAN_S_E:
    case IOA_SCAN_S_E_SIGN:
    case IOA_SCAN_S_EXPONENT:
        return IOA_SCAN_S_EXPONENT;
    default:
        return IOA_SCAN_S_BAD;      /* a digit behind a leading zero */
    }
}


/* Returns: the state that c leads to within a number; BAD for none. */
static uint8_t
ioa_scan_number_state(uint8_t state, uint8_t c)
{
    int  whole;

    if (c >= '0' && c <= '9') {
        return ioa_scan_digit_state(state, c);
    }

    whole = state == IOA_SCAN_S_ZERO || state == IOA_SCAN_S_INT;

    if (c == '.' && whole) {
        return IOA_SCAN_S_POINT;
    }

    if ((c == 'e' || c == 'E') && (whole || state == IOA_SCAN_S_FRACTION)) {
        return IOA_SCAN_S_E;
    }

    if ((c == '+' || c == '-') && state == IOA_SCAN_S_E) {
        return IOA_SCAN_S_E_SIGN;
    }

    return IOA_SCAN_S_BAD;
}


/* 1 where a number may end here. */
static int
ioa_scan_number_whole(uint8_t state)
{
    return state == IOA_SCAN_S_ZERO || state == IOA_SCAN_S_INT
           || state == IOA_SCAN_S_FRACTION || state == IOA_SCAN_S_EXPONENT;
}


static ioa_scan_event_t
ioa_scan_number(ioa_scan_t *s, ioa_reader_t *r)
{
    uint8_t  c, next;

    while (ioa_reader_peek(r, &c)) {
        next = ioa_scan_number_state(s->state, c);

        if (next == IOA_SCAN_S_BAD) {

            if (!ioa_scan_number_whole(s->state)) {
                return ioa_scan_bad(s, IOA_CAUSE_NOT_JSON);
            }

            ioa_scan_after(s);

            return IOA_SCAN_MORE;
        }

        s->state = next;

        if (!ioa_reader_skip(r, 1)) {
            return ioa_scan_bad(s, IOA_CAUSE_NOT_JSON);
        }
    }

    return IOA_SCAN_MORE;
}


static ioa_scan_event_t
ioa_scan_step(ioa_scan_t *s, ioa_reader_t *r)
{
    uint8_t  c;

    if (s->state == IOA_SCAN_S_TEXT) {
        return ioa_scan_string(s, r);
    }

    if (s->state >= IOA_SCAN_S_MINUS) {
        return ioa_scan_number(s, r);
    }

    if (!ioa_reader_u8(r, &c)) {
        return IOA_SCAN_MORE;
    }

    if (s->state == IOA_SCAN_S_LITERAL) {
        return ioa_scan_literal(s, c);
    }

    return ioa_scan_structure(s, c);
}


ioa_scan_event_t
ioa_scan_next(ioa_scan_t *s, ioa_reader_t *r)
{
    ioa_scan_event_t  event;

    if (s->state == IOA_SCAN_S_BAD) {
        return IOA_SCAN_BAD;
    }

    event = IOA_SCAN_MORE;

    while (event == IOA_SCAN_MORE && ioa_reader_left(r) != 0) {
        event = ioa_scan_step(s, r);
    }

    return event;
}


int
ioa_scan_done(ioa_scan_t *s)
{
    /* a number at the outermost level ends with the input */

    if (s->depth == 0 && ioa_scan_number_whole(s->state)) {
        s->state = IOA_SCAN_S_DONE;
    }

    return s->state == IOA_SCAN_S_DONE;
}
