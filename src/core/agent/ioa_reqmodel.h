/*
 * ioa_reqmodel: the hash of a chat completion request as the agent takes it
 * (doc/formats.md 3), and the model's name with it.
 *
 * The agent reads the body into a model with declared members, fills in one
 * default, drops nulls, coerces, and prints the result: the declared members
 * come first, in an order of their own.  So the whole body's canonical text
 * is kept until its end: at most 6 times the body, while body and text fit
 * the limit.  No tree is built of it.
 *
 * A body whose hash cannot be foretold is refused: doc/formats.md 3.8.
 */

#ifndef IOA_REQMODEL_H
#define IOA_REQMODEL_H

#include <stddef.h>
#include <stdint.h>

#include "agent/ioa_defaults.h"
#include "agent/ioa_request.h"
#include "base/ioa_bytes.h"
#include "base/ioa_cause.h"
#include "base/ioa_sha256.h"
#include "base/ioa_status.h"

#define IOA_REQMODEL_DEPTH_MAX  64      /* the body's object is level 1 */

typedef struct ioa_reqmodel_s ioa_reqmodel_t;

typedef struct {
    uint8_t       digest32[IOA_SHA256_LEN];
    int           stream;           /* "stream" is true */

    /*
     * IOA_OK and the name, UTF-8, at most IOA_MODEL_NAME_MAX bytes, borrowed
     * from the reader; else what ioa_request_scan_final would return.
     */
    ioa_status_t  model_status;
    ioa_bytes_t   model;
} ioa_reqmodel_result_t;

/*
 * Returns: a reader, to be given to ioa_reqmodel_free; NULL without memory.
 * In: text_max, the most bytes of canonical text that it may keep.
 */
ioa_reqmodel_t *ioa_reqmodel_new(size_t text_max) IOA_MUST_CHECK;
void ioa_reqmodel_free(ioa_reqmodel_t *rm);

/*
 * Feeds the next n bytes, in pieces of any size.
 *
 * Returns: IOA_OK; IOA_REQUEST_AMBIGUOUS once the body cannot be one plain
 * UTF-8 JSON object (no NaN, no lone surrogate, not deeper than
 * IOA_REQMODEL_DEPTH_MAX); IOA_BODY_TOO_LARGE where its text does not fit
 * text_max or memory.  Either stays.
 */
ioa_status_t ioa_reqmodel_update(ioa_reqmodel_t *rm, const uint8_t *data,
    size_t n) IOA_MUST_CHECK;

/*
 * Ends the body.
 *
 * Returns: IOA_OK; else as above, and IOA_REQUEST_AMBIGUOUS too where a key
 * stands twice in one object, or a declared member holds what the agent
 * refuses or coerces: a model that is no string, messages that are no array,
 * a string or a bool for a number, no integer for max_tokens or n (256.0 is
 * one), no bool for stream or logprobs.  A null is none of these: the member
 * is dropped.
 * Out: *res, all zero but model_status unless IOA_OK.
 */
ioa_status_t ioa_reqmodel_final(ioa_reqmodel_result_t *res,
    ioa_reqmodel_t *rm) IOA_MUST_CHECK;

/*
 * The request with the members that its API's front adds: to be called
 * before ioa_reqmodel_final, which then judges and hashes the result.
 *
 * In: defaults, borrowed; NULL: none.
 */
void ioa_reqmodel_defaults(ioa_reqmodel_t *rm,
    const ioa_defaults_t *defaults);

/*
 * The hash that the request has with other defaults; NULL: with none.
 *
 * Returns: IOA_OK; what ioa_reqmodel_final returned, where that was another;
 * IOA_BODY_TOO_LARGE where the canonical text has more than text_max bytes.
 * Out: digest32; all zero unless IOA_OK.
 */
ioa_status_t ioa_reqmodel_again(uint8_t digest32[IOA_SHA256_LEN],
    ioa_reqmodel_t *rm, const ioa_defaults_t *defaults, size_t text_max)
    IOA_MUST_CHECK;

/*
 * Why the body, or the model's name in it, is IOA_REQUEST_AMBIGUOUS;
 * IOA_CAUSE_NONE where it is not.
 * Out: *member, the declared member that the cause is about, or NULL.
 */
ioa_cause_t ioa_reqmodel_cause(const ioa_reqmodel_t *rm,
    const char **member);

#endif
