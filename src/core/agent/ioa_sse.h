/*
 * ioa_sse: an event stream as the agent signs it (doc/formats.md 5), read as
 * it goes by, in pieces of any size.
 *
 * The signature event is cut out of the stream wherever its bytes stand,
 * within a line too.  What is left is hashed by the agent's rule and judged
 * line by line by what a standard reader would see.  From it the stream is
 * made anew for the client (ioa_sseout.h), so that no byte leaves that the
 * signature does not cover.
 */

#ifndef IOA_SSE_H
#define IOA_SSE_H

#include <stddef.h>
#include <stdint.h>

#include "agent/ioa_sseevent.h"
#include "agent/ioa_sseline.h"
#include "agent/ioa_sseout.h"
#include "base/ioa_status.h"

typedef struct {
    size_t               mark;      /* bytes of the mark that are matched */
    size_t               json_n;
    unsigned             events;
    uint8_t              state;
    ioa_status_t         status;
    ioa_sse_signature_t  sig;
    ioa_sseline_t        line;
    ioa_sseout_t         out;       /* its buf holds the event, too */
} ioa_sse_t;

/*
 * Out: sse, ready for the first byte.  It must not be moved from then.  It
 * makes no output.
 */
void ioa_sse_init(ioa_sse_t *sse);

/*
 * To be called before the first byte where output is wanted.
 *
 * In: sink, called from ioa_sse_update, _final and _close with each piece of
 * the output, in its order; all, 1: the whole stream is held.
 */
void ioa_sse_output(ioa_sse_t *sse, ioa_sse_sink_pt sink, void *ctx, int all);

/*
 * Feeds the next n bytes.
 *
 * Returns: IOA_OK; IOA_STREAM_AMBIGUOUS once a reader would see other data
 * than the agent hashed, or a second signature event begins;
 * IOA_MALFORMED_SIGNATURE where the event is too long or its form is not the
 * agent's; IOA_BODY_TOO_LARGE where the sink took no more.  Each stays, and
 * nothing more is put out then.
 */
ioa_status_t ioa_sse_update(ioa_sse_t *sse, const uint8_t *data, size_t n)
    IOA_MUST_CHECK;

/*
 * Ends the stream.
 *
 * Returns: IOA_OK: one event, and nothing ambiguous.  It says nothing about
 * the signature.  Else what ioa_sse_update returned, or
 * IOA_MALFORMED_SIGNATURE: the event is not complete or its data no strict
 * JSON object, a key stands in it twice, it has a member that the agent does
 * not write, or one of the five is no plain string;
 * IOA_STREAM_UNSIGNED: no event though there was a [DONE];
 * IOA_STREAM_TRUNCATED: neither.
 * Out: digest32, all zero, and sig, all NULL, unless IOA_OK.
 */
ioa_status_t ioa_sse_final(uint8_t digest32[IOA_SHA256_LEN],
    ioa_sse_signature_t *sig, ioa_sse_t *sse) IOA_MUST_CHECK;

/*
 * Puts out what ends a stream that has verified.
 *
 * In: sse, after ioa_sse_final with IOA_OK; event, whether the signature
 * event is to be passed on: one of the verified values alone; digest, whether
 * its image digest was compared and belongs into it.
 * Returns: IOA_OK, or IOA_BODY_TOO_LARGE as above.
 */
ioa_status_t ioa_sse_close(ioa_sse_t *sse, int event, int digest)
    IOA_MUST_CHECK;

#endif
