/*
 * ioa_sse: an event stream as the agent signs it (AGENT 4), read as it goes
 * by, in pieces of any size.
 *
 * The signature event is cut out of the stream wherever its bytes stand,
 * within a line too.  What is left is hashed by the agent's rule and judged
 * line by line by what a standard reader would see.  All along the reader
 * tells how much of the stream may already be shown to the client.
 *
 * A blind spot: where events end is not covered by the signature.  A blank
 * line that is added or taken away joins or parts events, and the hash is
 * the same.
 *
 * Floor F1.
 */

#ifndef IOA_SSE_H
#define IOA_SSE_H

#include <stddef.h>
#include <stdint.h>

#include "ioa_members.h"
#include "ioa_sseline.h"
#include "ioa_status.h"

#define IOA_SSE_EVENT_MAX      16384    /* bytes of the event's JSON */

/*
 * A line is shown when it is whole: no reader acts on less of it, and a
 * stream that is refused in the middle of a line can so be ended at its
 * beginning.  Of a line longer than this the beginning goes ahead.
 */
#define IOA_SSE_LINE_MAX       16384

/*
 * Bytes at the end of a piece that may have to wait for the next piece
 * before it is clear whether they may be shown, at most.
 */
#define IOA_SSE_UNDECIDED_MAX  (IOA_SSE_LINE_MAX + 64)

typedef struct {
    uint64_t       passable;
    uint64_t       offset;          /* bytes of the stream */
    uint64_t       event_off;
    uint64_t       event_len;
    size_t         mark;            /* bytes of the mark that are matched */
    size_t         json_n;
    unsigned       events;
    int            holding;
    uint8_t        state;
    ioa_status_t   status;
    ioa_sseline_t  line;
    uint8_t        json[IOA_SSE_EVENT_MAX];
} ioa_sse_t;

/*
 * What the event says.  Each borrows from the reader; data is NULL where the
 * event lacks the member.
 */
typedef struct {
    ioa_span_t  text;
    ioa_span_t  signature;
    ioa_span_t  signing_address;
    ioa_span_t  signing_algo;
    ioa_span_t  image_digest;
} ioa_sse_signature_t;

/* Out: sse, ready for the first byte.  It must not be moved from then. */
void ioa_sse_init(ioa_sse_t *sse);

/*
 * Feeds the next n bytes.
 *
 * Returns: IOA_OK; IOA_STREAM_AMBIGUOUS once a reader would see other data
 * than the agent hashed, or a second signature event begins;
 * IOA_MALFORMED_SIGNATURE where the event is too long or its form is not the
 * agent's.  Either stays, and nothing more is passable then.
 */
ioa_status_t ioa_sse_update(ioa_sse_t *sse, const uint8_t *data, size_t n)
    IOA_MUST_CHECK;

/*
 * How many bytes from the stream's beginning may be shown to the client now.
 * It never falls.  Behind it are at most IOA_SSE_UNDECIDED_MAX bytes that
 * may yet become passable, or the held end of the stream.
 */
uint64_t ioa_sse_passable(const ioa_sse_t *sse);

/*
 * 1 once the held end has begun: with the first byte of the first signature
 * event, or of the first line that a reader takes as [DONE].  From then on
 * passable does not move, and the rest waits for the verdict.
 */
int ioa_sse_holding(const ioa_sse_t *sse);

/*
 * Where the signature event stands in the stream; its length is 0 where
 * there is none or it has not ended.
 */
uint64_t ioa_sse_event_offset(const ioa_sse_t *sse);
uint64_t ioa_sse_event_len(const ioa_sse_t *sse);

/*
 * Ends the stream.
 *
 * Returns: IOA_OK: one event, and nothing ambiguous.  It says nothing about
 * the signature.  Else what ioa_sse_update returned, or
 * IOA_MALFORMED_SIGNATURE: the event is not complete or its data no strict
 * JSON object, a key stands in it twice, or one of the five is no plain
 * string;
 * IOA_STREAM_UNSIGNED: no event though there was a [DONE];
 * IOA_STREAM_TRUNCATED: neither.
 * Out: digest32, all zero, and sig, all NULL, unless IOA_OK.
 */
ioa_status_t ioa_sse_final(uint8_t digest32[IOA_SHA256_LEN],
    ioa_sse_signature_t *sig, ioa_sse_t *sse) IOA_MUST_CHECK;

#endif
