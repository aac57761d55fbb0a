/*
 * ioa_sseline: the lines of an event stream, without the signature event:
 * what the agent hashed of them (doc/formats.md 5.3), and whether a standard
 * reader (the event stream format of the HTML standard) sees that and nothing
 * else (doc/formats.md 5.8).
 *
 * Used by ioa_sse alone.
 */

#ifndef IOA_SSELINE_H
#define IOA_SSELINE_H

#include <stddef.h>
#include <stdint.h>

#include "agent/ioa_ssekind.h"
#include "base/ioa_out.h"
#include "base/ioa_sha256.h"
#include "base/ioa_status.h"
#include "json/ioa_escape.h"

typedef struct {
    size_t        head_n;
    uint8_t       kind;         /* ioa_sse_kind_t */
    uint8_t       first;        /* no line has ended */
    uint8_t       ended;        /* the last byte taken was a line's LF */
    uint8_t       cr;           /* a CR went by, its LF must follow */
    uint8_t       chunks;       /* a hashed line went by */
    uint8_t       done;         /* [DONE] went by */
    uint8_t       unit_n;
    uint8_t       unit[IOA_UNIT_MAX];
    uint8_t       head[IOA_SSE_KIND_HEAD_MAX];  /* the line's first bytes */
    ioa_sha256_t  sha;
    ioa_out_t     out;
} ioa_sseline_t;

/* Out: l, ready for the first byte.  It must not be moved from then. */
void ioa_sseline_init(ioa_sseline_t *l);

/*
 * Takes some of the next n >= 1 bytes: to the end of the line, with its LF,
 * or all where none is there.
 *
 * Returns: how many; 0 once a reader would see other data than was hashed.
 * Out: l->kind, the line's as far as it is decided; l->ended.
 */
size_t ioa_sseline_feed(ioa_sseline_t *l, const uint8_t *data, size_t n)
    IOA_MUST_CHECK;

/*
 * Ends the stream; a line without a line feed counts as a line.
 * Returns: 1, digest32, and the last line's kind; 0 as above.
 */
int ioa_sseline_final(uint8_t digest32[IOA_SHA256_LEN], ioa_sseline_t *l)
    IOA_MUST_CHECK;

#endif
