/*
 * ioa_pyjson_token: the tokens of ioa_pyjson, and the cursor both walk with.
 *
 * A cursor walks the piece.  Behind it lies a run: bytes that stand in the
 * result as they stand here, not yet written.  The run ends, and is written,
 * where something does not: white space, another escape, another number.
 *
 * Used by ioa_pyjson alone.
 */

#ifndef IOA_PYJSON_TOKEN_H
#define IOA_PYJSON_TOKEN_H

#include "json/ioa_pyjson.h"

enum {
    IOA_PYJSON_S_VALUE = 0,
    IOA_PYJSON_S_FIRST_ITEM,    /* a value, or the end of the array */
    IOA_PYJSON_S_FIRST_KEY,     /* a key, or the end of the object */
    IOA_PYJSON_S_KEY,
    IOA_PYJSON_S_COLON,
    IOA_PYJSON_S_AFTER,         /* a comma, or the end of the container */
    IOA_PYJSON_S_END,
    IOA_PYJSON_S_STRING,
    IOA_PYJSON_S_UNIT,
    IOA_PYJSON_S_NUMBER,
    IOA_PYJSON_S_WORD,
    IOA_PYJSON_S_BAD
};

typedef struct {
    const uint8_t  *data;
    size_t          n;
    size_t          i;          /* i <= n: data[i] is looked at if i < n */
    size_t          run;        /* run <= i */
} ioa_pyjson_cur_t;


/* Writes the run; what the cursor stands on begins a new one. */
static inline void
ioa_pyjson_run(ioa_pyjson_t *j, ioa_pyjson_cur_t *c)
{
    if (c->run != c->i) {
        ioa_out_run(j->out, c->data + c->run, c->i - c->run, c->n - c->run);
    }

    c->run = c->i;
}


/* Writes the run and drops the next m bytes. */
static inline void
ioa_pyjson_skip(ioa_pyjson_t *j, ioa_pyjson_cur_t *c, size_t m)
{
    ioa_pyjson_run(j, c);
    c->i += m;
    c->run = c->i;
}


static inline void
ioa_pyjson_bad(ioa_pyjson_t *j, ioa_pyjson_cur_t *c, ioa_cause_t cause)
{
    j->cause = (uint8_t) cause;
    j->state = IOA_PYJSON_S_BAD;
    c->i = c->n;
    c->run = c->n;
}


static inline void
ioa_pyjson_after(ioa_pyjson_t *j)
{
    j->state = j->depth == 0 ? IOA_PYJSON_S_END : IOA_PYJSON_S_AFTER;
}


/*
 * Each takes what it can of its token at the cursor, which is not at the
 * piece's end, and moves on to the state that follows.
 */
void ioa_pyjson_begin_number(ioa_pyjson_t *j, ioa_pyjson_cur_t *c);
void ioa_pyjson_in_number(ioa_pyjson_t *j, ioa_pyjson_cur_t *c);
void ioa_pyjson_begin_word(ioa_pyjson_t *j, ioa_pyjson_cur_t *c);
void ioa_pyjson_in_word(ioa_pyjson_t *j, ioa_pyjson_cur_t *c);
void ioa_pyjson_in_string(ioa_pyjson_t *j, ioa_pyjson_cur_t *c);
void ioa_pyjson_in_unit(ioa_pyjson_t *j, ioa_pyjson_cur_t *c);

/*
 * Writes what a number's text, whole and outside the run, stands for; *same:
 * it stands for itself and is not written.  Returns: 0 where it is none, and
 * sets j->cause.
 */
int ioa_pyjson_number(ioa_pyjson_t *j, const uint8_t *text, size_t n,
    int *same) IOA_MUST_CHECK;

#endif
