/*
 * ioa_body: see ioa_body.h.
 */

#include <string.h>

#include "agent/ioa_body.h"
#include "agent/ioa_canon.h"

struct ioa_body_s {
    ioa_body_kind_e  kind;

    union {
        ioa_canon_t   canon;
        ioa_sse_t     sse;
        ioa_sha256_t  sha;
    } u;
};


size_t
ioa_body_size(ioa_body_kind_e kind)
{
    size_t  head = offsetof(ioa_body_t, u);

    switch (kind) {
    case IOA_BODY_JSON:
        return head + sizeof(ioa_canon_t);
    case IOA_BODY_STREAM:
        return head + sizeof(ioa_sse_t);
    default: /* IOA_BODY_RAW */
        return head + sizeof(ioa_sha256_t);
    }
}


void
ioa_body_init(ioa_body_t *body, ioa_body_kind_e kind)
{
    body->kind = kind;

    switch (kind) {
    case IOA_BODY_JSON:
        ioa_canon_init(&body->u.canon);
        break;
    case IOA_BODY_STREAM:
        ioa_sse_init(&body->u.sse);
        break;
    default: /* IOA_BODY_RAW */
        ioa_sha256_init(&body->u.sha);
    }
}


ioa_status_t
ioa_body_update(ioa_body_t *body, const uint8_t *data, size_t n)
{
    switch (body->kind) {
    case IOA_BODY_JSON:
        return ioa_canon_update(&body->u.canon, data, n);
    case IOA_BODY_STREAM:
        return ioa_sse_update(&body->u.sse, data, n);
    default: /* IOA_BODY_RAW */
        ioa_sha256_update(&body->u.sha, data, n);
        return IOA_OK;
    }
}


static ioa_status_t
ioa_body_stream_final(uint8_t digest32[IOA_SHA256_LEN], ioa_signature_t *sig,
    ioa_sse_t *sse)
{
    ioa_status_t         st;
    ioa_sse_signature_t  event;

    st = ioa_sse_final(digest32, &event, sse);

    memset(sig, 0, sizeof(ioa_signature_t));

    sig->text = event.text;
    sig->signature = event.signature;
    sig->signing_address = event.signing_address;
    sig->signing_algo = event.signing_algo;
    sig->image_digest = event.image_digest;

    return st;
}


ioa_status_t
ioa_body_final(uint8_t digest32[IOA_SHA256_LEN], ioa_signature_t *sig,
    ioa_body_t *body)
{
    switch (body->kind) {
    case IOA_BODY_JSON:
        return ioa_canon_final(digest32, &body->u.canon);
    case IOA_BODY_STREAM:
        return ioa_body_stream_final(digest32, sig, &body->u.sse);
    default: /* IOA_BODY_RAW */
        ioa_sha256_final(digest32, &body->u.sha);
        return IOA_OK;
    }
}


ioa_sse_t *
ioa_body_stream(ioa_body_t *body)
{
    return &body->u.sse;
}
