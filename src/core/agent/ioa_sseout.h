/*
 * ioa_sseout: what leaves of an event stream, made anew from what its
 * signature covers.
 *
 *   data: VALUE     and a blank line, for each line that is hashed
 *   :               for a comment, which keeps connections alive
 *   event: signature, data: {...}   of the verified values, where asked for
 *   data: [DONE]    and a blank line, at the end, where the stream has one
 *
 * Whatever else stands in a stream is in no signature, and does not leave.
 * Each line is an event of its own, and ends as every reader ends a line.
 *
 * A line leaves when it is whole, up to where the held end begins: with the
 * signature event, with [DONE], or with the first line that
 * ioa_ssechunk_plain does not let pass or that is longer than
 * IOA_SSE_LINE_MAX.  The held end waits for the verdict.
 *
 * Used by ioa_sse alone.
 */

#ifndef IOA_SSEOUT_H
#define IOA_SSEOUT_H

#include <stddef.h>
#include <stdint.h>

#include "agent/ioa_ssechunk.h"
#include "agent/ioa_sseline.h"
#include "base/ioa_status.h"

#define IOA_SSE_LINE_MAX  16384     /* bytes of a line, without its end */

typedef enum {
    IOA_SSE_INPUT = 0,      /* bytes of what was fed, where they stand */
    IOA_SSE_STATIC,         /* bytes that stay */
    IOA_SSE_COPY            /* bytes that stay until the sink returns */
} ioa_sse_from_e;

typedef struct {
    const uint8_t  *data;
    size_t          len;
    ioa_sse_from_e  from;
    int             held;   /* waits for the verdict; else it may be shown */
} ioa_sse_piece_t;

/* Takes a piece, len >= 1.  Returns: 1, or 0 where it cannot. */
typedef int (*ioa_sse_sink_pt)(void *ctx, const ioa_sse_piece_t *piece);

typedef struct {
    ioa_sse_sink_pt  sink;      /* NULL: nothing is made */
    void            *ctx;
    const uint8_t   *run;       /* bytes of the input that go out as one */
    size_t           run_n;
    size_t           line_n;
    uint8_t          all;       /* all of it is held */
    uint8_t          holding;
    uint8_t          failed;    /* the sink could not */
    ioa_ssechunk_t   kept;

    /* the beginning of a line; no longer used once the end is held */
    uint8_t          buf[IOA_SSE_LINE_MAX + 2];
} ioa_sseout_t;

/* Out: o, that makes nothing. */
void ioa_sseout_init(ioa_sseout_t *o);

/* In: sink, and the ctx it is called with; all: hold from the beginning. */
void ioa_sseout_to(ioa_sseout_t *o, ioa_sse_sink_pt sink, void *ctx, int all);

/* What ioa_sseline_feed took. */
typedef struct {
    const uint8_t  *data;
    size_t          n;
    size_t          more;       /* bytes of the input that follow there */
    int             input;      /* they are bytes of the input */
    int             fresh;      /* the line begins with them */
    size_t          head_n;     /* of the line, not decided until then */
} ioa_sse_taken_t;

/* In: l, as it is after taken was taken; not where it found a fault. */
void ioa_sseout_line(ioa_sseout_t *o, const ioa_sseline_t *l,
    const ioa_sse_taken_t *taken);

/*
 * Ends the last line, which no LF ends, when ioa_sseline_final has.
 * In: head_n as above.
 */
void ioa_sseout_last(ioa_sseout_t *o, const ioa_sseline_t *l, size_t head_n);

/* Begins the held end. */
void ioa_sseout_hold(ioa_sseout_t *o, const ioa_sseline_t *l);

/* Hands to the sink what goes out as one: before the input is gone. */
void ioa_sseout_flush(ioa_sseout_t *o);

/* Held bytes: what the sink copies, and text that ends in a zero. */
void ioa_sseout_held(ioa_sseout_t *o, const uint8_t *data, size_t n);
void ioa_sseout_text(ioa_sseout_t *o, const char *text);

#endif
