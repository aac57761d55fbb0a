/*
 * ioa_sseout: see ioa_sseout.h.
 *
 * What agents pass on of vLLM has this form already: there a whole piece of
 * input goes out as one, and nothing is copied but a line that two pieces of
 * input share.
 */

#include <string.h>

#include "agent/ioa_sseout.h"

static const uint8_t  ioa_sseout_lf[] = "\n\n";
static const uint8_t  ioa_sseout_beat[] = ":\n";


void
ioa_sseout_init(ioa_sseout_t *o)
{
    o->sink = NULL;
    o->ctx = NULL;
    o->run = NULL;
    o->run_n = 0;
    o->line_n = 0;
    o->all = 0;
    o->holding = 0;
    o->failed = 0;

    ioa_ssechunk_init(&o->kept);
}


void
ioa_sseout_to(ioa_sseout_t *o, ioa_sse_sink_pt sink, void *ctx, int all)
{
    o->sink = sink;
    o->ctx = ctx;
    o->all = (uint8_t) (all != 0);
    o->holding = o->all;
}


static void
ioa_sseout_sink(ioa_sseout_t *o, const uint8_t *data, size_t n,
    ioa_sse_from_e from, int held)
{
    ioa_sse_piece_t  piece = { data, n, from, held };

    if (n != 0 && o->sink != NULL && !o->failed && !o->sink(o->ctx, &piece)) {
        o->failed = 1;
    }
}


void
ioa_sseout_flush(ioa_sseout_t *o)
{
    size_t  n = o->run_n;

    o->run_n = 0;
    ioa_sseout_sink(o, o->run, n, IOA_SSE_INPUT, 0);
}


/* Flushes first, unless this piece of input continues the last. */
static void
ioa_sseout_put(ioa_sseout_t *o, const uint8_t *data, size_t n,
    ioa_sse_from_e from, int held)
{
    if (from == IOA_SSE_INPUT && !held && o->run_n != 0
        && data == o->run + o->run_n)
    {
        o->run_n += n;
        return;
    }

    ioa_sseout_flush(o);

    if (from == IOA_SSE_INPUT && !held) {
        o->run = data;
        o->run_n = n;
        return;
    }

    ioa_sseout_sink(o, data, n, from, held);
}


void
ioa_sseout_held(ioa_sseout_t *o, const uint8_t *data, size_t n)
{
    ioa_sseout_put(o, data, n, IOA_SSE_COPY, 1);
}


void
ioa_sseout_text(ioa_sseout_t *o, const char *text)
{
    ioa_sseout_put(o, (const uint8_t *) text, strlen(text), IOA_SSE_STATIC, 1);
}


/* How long a part of a line is without the line's end, LF or CR LF. */
static size_t
ioa_sseout_len(const uint8_t *data, size_t n)
{
    n -= (n != 0 && data[n - 1] == '\n');

    return n - (n != 0 && data[n - 1] == '\r');
}


void
ioa_sseout_hold(ioa_sseout_t *o, const ioa_sseline_t *l)
{
    if (o->holding) {
        return;
    }

    o->holding = 1;

    /* a line whose kind is not known is put out once it is */

    if (o->line_n != 0 && l->kind == IOA_SSE_KIND_HASHED) {
        ioa_sseout_held(o, o->buf, ioa_sseout_len(o->buf, o->line_n));
    }

    o->line_n = 0;
}


static void
ioa_sseout_held_line(ioa_sseout_t *o, const ioa_sseline_t *l,
    const ioa_sse_taken_t *t)
{
    if (l->kind != IOA_SSE_KIND_HASHED) {
        return;
    }

    ioa_sseout_held(o, l->head, t->head_n);
    ioa_sseout_held(o, t->data, ioa_sseout_len(t->data, t->n));

    if (l->ended) {
        ioa_sseout_put(o, ioa_sseout_lf, 2, IOA_SSE_STATIC, 1);
    }
}


/* Whether a whole line, of len bytes before its end, may be shown. */
static int
ioa_sseout_shown(ioa_sseout_t *o, const uint8_t *line, size_t len)
{
    return len <= IOA_SSE_LINE_MAX
           && ioa_ssechunk_plain(&o->kept, line + IOA_SSE_DATA_LEN,
                                 len + 1 - IOA_SSE_DATA_LEN);
}


/* A line that has all come in one piece. */
static void
ioa_sseout_whole(ioa_sseout_t *o, const ioa_sseline_t *l,
    const ioa_sse_taken_t *t)
{
    size_t          len = ioa_sseout_len(t->data, t->n);
    ioa_sse_from_e  from = t->input ? IOA_SSE_INPUT : IOA_SSE_COPY;

    if (!ioa_sseout_shown(o, t->data, len)) {
        ioa_sseout_hold(o, l);
        ioa_sseout_held_line(o, l, t);
        return;
    }

    if (l->cr) {
        ioa_sseout_put(o, t->data, len, from, 0);
        ioa_sseout_put(o, ioa_sseout_lf, 2, IOA_SSE_STATIC, 0);
        return;
    }

    /* the blank line is the one that follows, if it is there already */

    if (t->input && t->more != 0 && t->data[t->n] == '\n') {
        ioa_sseout_put(o, t->data, t->n + 1, from, 0);
        return;
    }

    ioa_sseout_put(o, t->data, t->n, from, 0);
    ioa_sseout_put(o, ioa_sseout_lf, 1, IOA_SSE_STATIC, 0);
}


/* A line that comes in parts is put together. */
static void
ioa_sseout_part(ioa_sseout_t *o, const ioa_sseline_t *l,
    const ioa_sse_taken_t *t)
{
    size_t           len;
    ioa_sse_taken_t  rest;

    if (t->n > sizeof(o->buf) - o->line_n) {
        ioa_sseout_hold(o, l);

        rest = *t;
        rest.head_n = 0;
        ioa_sseout_held_line(o, l, &rest);
        return;
    }

    memcpy(o->buf + o->line_n, t->data, t->n);
    o->line_n += t->n;

    if (!l->ended) {
        return;
    }

    len = ioa_sseout_len(o->buf, o->line_n);

    if (!ioa_sseout_shown(o, o->buf, len)) {
        ioa_sseout_hold(o, l);
        ioa_sseout_put(o, ioa_sseout_lf, 2, IOA_SSE_STATIC, 1);
        return;
    }

    o->line_n = 0;
    ioa_sseout_put(o, o->buf, len, IOA_SSE_COPY, 0);
    ioa_sseout_put(o, ioa_sseout_lf, 2, IOA_SSE_STATIC, 0);
}


void
ioa_sseout_line(ioa_sseout_t *o, const ioa_sseline_t *l,
    const ioa_sse_taken_t *t)
{
    switch (l->kind) {

    case IOA_SSE_KIND_HEAD:
        if (!o->holding) {
            ioa_sseout_part(o, l, t);
        }

        break;

    case IOA_SSE_KIND_HASHED:
        if (o->holding) {
            ioa_sseout_held_line(o, l, t);

        } else if (t->fresh && l->ended) {
            ioa_sseout_whole(o, l, t);

        } else {
            ioa_sseout_part(o, l, t);
        }

        break;

    case IOA_SSE_KIND_DONE:
        o->line_n = 0;
        ioa_sseout_hold(o, l);
        break;

    default: /* IOA_SSE_KIND_OTHER */
        o->line_n = o->holding ? o->line_n : 0;

        if (l->ended && l->head_n != 0 && l->head[0] == ':') {
            ioa_sseout_put(o, ioa_sseout_beat, 2, IOA_SSE_STATIC, o->all);
        }
    }
}


void
ioa_sseout_last(ioa_sseout_t *o, const ioa_sseline_t *l, size_t head_n)
{
    ioa_sse_taken_t  none = { NULL, 0, 0, 0, 0, head_n };

    ioa_sseout_hold(o, l);
    ioa_sseout_held_line(o, l, &none);
}
