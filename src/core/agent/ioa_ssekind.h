/*
 * ioa_ssekind: what a line of an event stream is, by its first bytes, to the
 * agent and to a standard reader.
 *
 *   data: value    hashed; value is not [DONE]...
 *   data: [DONE]   not hashed; the end, as readers take it.  Without the
 *                  space too.
 *   event: message changes nothing for a reader.  Any other event is
 *                  ambiguous: it may hide data that is hashed.
 *   anything else  not data to a reader, and not hashed: comments, id, retry
 *
 * Ambiguous are lines that a reader takes as data and the agent does not
 * hash: data without a space, a BOM before the first line, lines after a CR
 * alone, [DONE] with text behind it, data behind [DONE].
 *
 * Used by ioa_sse alone.
 */

#ifndef IOA_SSEKIND_H
#define IOA_SSEKIND_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

#define IOA_SSE_DATA_LEN      6     /* "data: " */
#define IOA_SSE_KIND_HEAD_MAX 16    /* bytes that decide */

typedef enum {
    IOA_SSE_KIND_HEAD = 0,     /* not decided */
    IOA_SSE_KIND_HASHED,
    IOA_SSE_KIND_OTHER,
    IOA_SSE_KIND_DONE,
    IOA_SSE_KIND_BAD
} ioa_sse_kind_t;

/*
 * In: head, the first n bytes of the line, with no CR and no LF; first, it is
 * the stream's first line; ended, these bytes are all of it.
 * Returns: the kind; IOA_SSE_KIND_HEAD, before IOA_SSE_KIND_HEAD_MAX bytes
 * and unless it has ended, where more must be seen.
 */
ioa_sse_kind_t ioa_ssekind(const uint8_t *head, size_t n, int first,
    int ended) IOA_MUST_CHECK;

#endif
