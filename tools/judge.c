/*
 * judge: see judge.h.
 *
 * Each function returns IOA_OK or the reason of a refusal.  IOA_STATUS_MAX,
 * which is neither, says that memory ran out.
 */

#include <stdlib.h>
#include <string.h>

#include "judge.h"

#define IOATTEST_NO_MEMORY       IOA_STATUS_MAX

#define IOATTEST_SWITCHING       101
#define IOATTEST_BAD_REQUEST     400

/* Of a request's byte its canonical text takes six at most (\u007f). */
#define IOATTEST_TEXT_PER_BYTE   6


/* The hash of the request, as the agent takes it. */
static ioa_status_t
ioattest_judge_agent_request(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    ioa_status_t            st;
    ioa_reqmodel_t         *rm;
    ioa_reqmodel_result_t   result;

    rm = ioa_reqmodel_new(IOATTEST_TEXT_PER_BYTE * saved->request_max);

    if (rm == NULL) {
        return IOATTEST_NO_MEMORY;
    }

    st = ioa_reqmodel_update(rm, saved->request.data, saved->request.len);

    if (st == IOA_OK) {
        st = ioa_reqmodel_final(&result, rm);
    }

    if (st == IOA_OK) {
        memcpy(verdict->request32, result.digest32, IOA_SHA256_LEN);
        verdict->have_request = 1;
    }

    ioa_reqmodel_free(rm);

    if (st == IOA_REQUEST_AMBIGUOUS) {
        verdict->detail = "What hash the agent took of it cannot be foretold;"
                          " without --request the response alone is checked.";
    }

    return st == IOA_BODY_TOO_LARGE ? IOATTEST_NO_MEMORY : st;
}


/* The hash of its bytes, and the model that it names where it is JSON. */
static ioa_status_t
ioattest_judge_raw_request(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    size_t               len;
    ioa_sha256_t         sha;
    const uint8_t       *name;
    ioa_request_scan_t  *scan;

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, saved->request.data, saved->request.len);
    ioa_sha256_final(verdict->request32, &sha);
    verdict->have_request = 1;

    scan = malloc(ioa_request_scan_size());

    if (scan == NULL) {
        return IOATTEST_NO_MEMORY;
    }

    ioa_request_scan_init(scan);

    if (ioa_request_scan_update(scan, saved->request.data,
                                saved->request.len) == IOA_OK
        && ioa_request_scan_final(&name, &len, scan) == IOA_OK)
    {
        memcpy(verdict->model, name, len);
        verdict->model_len = len;
    }

    free(scan);

    return IOA_OK;
}


/* What the request says of itself: the gateway looks before it sends it. */
static ioa_status_t
ioattest_judge_request(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    if (saved->request.data == NULL) {
        return IOA_OK;
    }

    verdict->request = IOATTEST_REQUEST_NOT_CHECKED;

    switch (saved->form) {
    case IOA_TEXT_AGENT:
        return ioattest_judge_agent_request(verdict, saved);
    case IOA_TEXT_RAW:
        return ioattest_judge_raw_request(verdict, saved);
    default: /* IOA_TEXT_BODY: the text knows of no request */
        return IOA_OK;
    }
}


/* Out: verdict, the signature and whether the body is an event stream. */
static ioa_status_t
ioattest_judge_source(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    const ioattest_headers_t  *headers = &saved->headers;

    if (saved->source == IOATTEST_SOURCE_STREAM) {
        verdict->events = 1;
        return IOA_OK;
    }

    if (saved->source == IOATTEST_SOURCE_FILE) {
        return ioattest_signature_parse(&verdict->signature, &verdict->json,
                                        saved->file);
    }

    verdict->signature = headers->signature;

    if (headers->status == IOATTEST_SWITCHING
        || (headers->status >= IOATTEST_BAD_REQUEST
            && ioa_signature_absent(&verdict->signature)))
    {
        verdict->detail = "Its status is that of an error, or of no response:"
                          " the agent signs neither.";
        return IOA_NO_SIGNATURE;
    }

    if (headers->folded) {
        verdict->detail = "A header goes on in the next line: it can be read"
                          " in two ways.";
        return IOA_MALFORMED_SIGNATURE;
    }

    verdict->events = saved->form == IOA_TEXT_AGENT && headers->events;

    if (headers->coded) {
        verdict->detail = "Send the request without Accept-Encoding"
                          " (curl: without --compressed).";
        return IOA_ENCODED_BODY;
    }

    return IOA_OK;
}


/* Hashes the body; of a stream it is the body that brings the signature. */
static ioa_status_t
ioattest_judge_body(ioattest_verdict_t *verdict, const ioattest_case_t *saved)
{
    ioa_status_t     st;
    ioa_body_kind_e  kind;

    if (verdict->events) {
        kind = IOA_BODY_STREAM;
    } else if (saved->form == IOA_TEXT_AGENT) {
        kind = IOA_BODY_JSON;
    } else {
        kind = IOA_BODY_RAW;
    }

    verdict->body = malloc(ioa_body_size(kind));

    if (verdict->body == NULL) {
        return IOATTEST_NO_MEMORY;
    }

    ioa_body_init(verdict->body, kind);
    st = ioa_body_update(verdict->body, saved->body.data, saved->body.len);

    if (st == IOA_OK) {
        st = ioa_body_final(verdict->response32, &verdict->signature,
                            verdict->body);
    }

    verdict->have_response = st == IOA_OK;

    return st;
}


static int
ioattest_judge_trusted(const ioattest_case_t *saved,
    const uint8_t address20[IOA_ADDRESS_LEN])
{
    size_t  i;

    for (i = 0; i < saved->addresses_n; i++) {
        if (memcmp(saved->addresses[i], address20, IOA_ADDRESS_LEN) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Who signed the text, whether we trust him, and the image that he names. */
static ioa_status_t
ioattest_judge_signature(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    ioa_status_t  st;

    st = ioa_signature_verify(verdict->address20, &verdict->signature,
                              saved->form);

    if (st == IOA_OK && saved->form != IOA_TEXT_BODY) {
        st = ioa_text_parse(&verdict->text, verdict->signature.text,
                            saved->form);
        verdict->have_text = st == IOA_OK;
    }

    if (st != IOA_OK) {
        return st;
    }

    verdict->have_address = 1;

    if (!ioattest_judge_trusted(saved, verdict->address20)) {
        verdict->detail = "It is none of the addresses given with --address.";
        return IOA_UNTRUSTED_ADDRESS;
    }

    return ioa_image_digest_check(verdict->signature.image_digest, NULL,
                                  &saved->policy);
}


/* The body itself is the text; one that came besides must be the same. */
static ioa_status_t
ioattest_judge_text_body(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    if (ioa_signature_absent(&verdict->signature)) {
        return IOA_NO_SIGNATURE;
    }

    if (verdict->signature.text.data != NULL
        && !ioa_bytes_equal(verdict->signature.text, saved->body))
    {
        return IOA_RESPONSE_HASH_MISMATCH;
    }

    verdict->signature.text = saved->body;

    return IOA_OK;
}


/* The signature and the body, whichever is to be read first. */
static ioa_status_t
ioattest_judge_response(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    ioa_status_t  st;

    if (saved->form == IOA_TEXT_BODY) {
        st = ioattest_judge_text_body(verdict, saved);

        if (st != IOA_OK) {
            return st;
        }
    }

    st = verdict->events ? ioattest_judge_body(verdict, saved)
                         : ioattest_judge_signature(verdict, saved);

    if (st != IOA_OK) {
        return st;
    }

    st = verdict->events ? ioattest_judge_signature(verdict, saved)
                         : ioattest_judge_body(verdict, saved);

    if (st != IOA_OK) {
        return st;
    }

    if (saved->form != IOA_TEXT_BODY
        && memcmp(verdict->response32, verdict->text.response32,
                  IOA_SHA256_LEN) != 0)
    {
        return IOA_RESPONSE_HASH_MISMATCH;
    }

    return IOA_OK;
}


/* The request against the text. */
static ioa_status_t
ioattest_judge_match(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    ioa_bytes_t  name;

    if (saved->request.data == NULL) {
        return IOA_OK;
    }

    verdict->request = IOATTEST_REQUEST_MISMATCH;

    if (!verdict->have_request || !verdict->have_text
        || memcmp(verdict->request32, verdict->text.request32,
                  IOA_SHA256_LEN) != 0)
    {
        return IOA_REQUEST_HASH_MISMATCH;
    }

    name.data = verdict->model;
    name.len = verdict->model_len;

    if (verdict->text.model.data != NULL
        && !ioa_bytes_equal(name, verdict->text.model))
    {
        verdict->detail = "Its bytes are those that were signed, but the"
                          " model that it names is not.";
        return IOA_REQUEST_HASH_MISMATCH;
    }

    verdict->request = IOATTEST_REQUEST_MATCH;

    return IOA_OK;
}


static ioa_status_t
ioattest_judge_all(ioattest_verdict_t *verdict, const ioattest_case_t *saved)
{
    ioa_status_t  st;

    st = ioattest_judge_request(verdict, saved);

    if (st == IOA_OK) {
        st = ioattest_judge_source(verdict, saved);
    }

    if (st == IOA_OK) {
        st = ioattest_judge_response(verdict, saved);
    }

    return st == IOA_OK ? ioattest_judge_match(verdict, saved) : st;
}


int
ioattest_judge(ioattest_verdict_t *verdict, const ioattest_case_t *saved)
{
    memset(verdict, 0, sizeof(ioattest_verdict_t));

    verdict->reason = ioattest_judge_all(verdict, saved);

    if (verdict->reason == IOATTEST_NO_MEMORY) {
        return 0;
    }

    /* the one line that says trusted */
    verdict->verified = verdict->reason == IOA_OK;

    return 1;
}


void
ioattest_verdict_cleanup(ioattest_verdict_t *verdict)
{
    ioa_json_free(verdict->json);
    free(verdict->body);
    memset(verdict, 0, sizeof(ioattest_verdict_t));
}
