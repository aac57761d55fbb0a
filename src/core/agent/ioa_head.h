/*
 * ioa_head: what the head of a response says that its judgement goes by:
 * the status, the content coding, the media type, and the headers of a
 * signature.  Trailers are no part of it: they count for nothing.
 */

#ifndef IOA_HEAD_H
#define IOA_HEAD_H

#include <stddef.h>

#include "agent/ioa_signature.h"
#include "base/ioa_bytes.h"

#define IOA_SIGNATURE_MEMBERS  5

typedef struct {
    unsigned         status;    /* as the upstream has said it */
    unsigned         leaves;    /* as the client would get it */
    int              unseen;    /* bytes would pass without being judged */
    int              folded;    /* a header goes on in the next line */
    int              coded;     /* a Content-Encoding other than identity */
    int              events;    /* the media type is an event stream's */
    ioa_signature_t  signature; /* of the headers */
} ioa_head_t;

/*
 * The members of a signature, i below IOA_SIGNATURE_MEMBERS.
 *
 * Returns: where in sig it belongs.
 * Out: name, as a header and in JSON.
 */
ioa_bytes_t *ioa_signature_member(ioa_signature_t *sig, const char **name,
    size_t i);

/*
 * Takes a header, its name in any case.  One that stands there twice makes
 * sig a duplicate; other headers are passed over.
 *
 * Out: sig, which borrows the value; all zero before the first header.
 */
void ioa_signature_header(ioa_signature_t *sig, ioa_bytes_t name,
    ioa_bytes_t value);

/* 1 where the header is a Content-Encoding other than identity. */
int ioa_head_coded(ioa_bytes_t name, ioa_bytes_t value);

/* 1 where the media type is an event stream's, with parameters or without. */
int ioa_head_events(ioa_bytes_t type);

#endif
