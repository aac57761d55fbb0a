/*
 * ioa_response: see ioa_response.h.
 */

#include <string.h>

#include "agent/ioa_response.h"
#include "base/ioa_image_digest.h"

#define IOA_HTTP_FINAL        200
#define IOA_HTTP_OK           200
#define IOA_HTTP_ERROR        400
#define IOA_HTTP_ERROR_LAST   599

#define IOA_RESPONSE_CHECKS   3

typedef enum {
    IOA_EVENT_ACCEPT = 0,
    IOA_EVENT_WAIT,
    IOA_EVENT_END
} ioa_response_event_e;

typedef ioa_status_t (*ioa_response_check_pt)(ioa_response_t *rp);

typedef struct {
    ioa_response_state_e   state;
    ioa_response_event_e   event;
    ioa_response_check_pt  checks[IOA_RESPONSE_CHECKS];
    ioa_response_state_e   next;
} ioa_response_move_t;

static ioa_status_t ioa_response_image(ioa_response_t *rp);
static ioa_status_t ioa_response_hash(ioa_response_t *rp);
static ioa_status_t ioa_response_text(ioa_response_t *rp);
static ioa_status_t ioa_response_signature(ioa_response_t *rp);
static ioa_status_t ioa_response_response(ioa_response_t *rp);
static ioa_status_t ioa_response_request(ioa_response_t *rp);

/* The table of ioa_response.h. */
static const ioa_response_move_t  ioa_response_moves[] = {
    { IOA_RESPONSE_ASK_HEAD, IOA_EVENT_ACCEPT,
      { ioa_response_image },
      IOA_RESPONSE_BODY_KNOWN },
    { IOA_RESPONSE_ASK_HEAD, IOA_EVENT_WAIT,
      { NULL },
      IOA_RESPONSE_BODY_UNKNOWN },
    { IOA_RESPONSE_ASK_ALONE, IOA_EVENT_ACCEPT,
      { ioa_response_image },
      IOA_RESPONSE_VERIFIED },
    { IOA_RESPONSE_ASK_ALONE, IOA_EVENT_WAIT,
      { NULL },
      IOA_RESPONSE_BODY_UNKNOWN },
    { IOA_RESPONSE_BODY_LAST, IOA_EVENT_END,
      { ioa_response_hash, ioa_response_text, ioa_response_signature },
      IOA_RESPONSE_ASK_END },
    { IOA_RESPONSE_BODY_KNOWN, IOA_EVENT_END,
      { ioa_response_hash, ioa_response_response, ioa_response_request },
      IOA_RESPONSE_VERIFIED },
    { IOA_RESPONSE_BODY_UNKNOWN, IOA_EVENT_END,
      { ioa_response_hash, ioa_response_response },
      IOA_RESPONSE_WAIT },
    { IOA_RESPONSE_ASK_END, IOA_EVENT_ACCEPT,
      { ioa_response_image, ioa_response_response, ioa_response_request },
      IOA_RESPONSE_VERIFIED },
    { IOA_RESPONSE_ASK_END, IOA_EVENT_WAIT,
      { ioa_response_response },
      IOA_RESPONSE_WAIT },
    { IOA_RESPONSE_WAIT, IOA_EVENT_ACCEPT,
      { ioa_response_image, ioa_response_request },
      IOA_RESPONSE_VERIFIED }
};

#define IOA_RESPONSE_MOVES                                                    \
    (sizeof(ioa_response_moves) / sizeof(ioa_response_moves[0]))

static const ioa_step_e  ioa_response_steps[IOA_RESPONSE_STATES] = {
    [IOA_RESPONSE_REFUSED] = IOA_STEP_REFUSED,
    [IOA_RESPONSE_UNSIGNED] = IOA_STEP_UNSIGNED,
    [IOA_RESPONSE_ASK_HEAD] = IOA_STEP_SIGNER,
    [IOA_RESPONSE_ASK_ALONE] = IOA_STEP_SIGNER,
    [IOA_RESPONSE_BODY_LAST] = IOA_STEP_BODY,
    [IOA_RESPONSE_BODY_KNOWN] = IOA_STEP_BODY,
    [IOA_RESPONSE_BODY_UNKNOWN] = IOA_STEP_BODY,
    [IOA_RESPONSE_ASK_END] = IOA_STEP_SIGNER,
    [IOA_RESPONSE_WAIT] = IOA_STEP_WAIT,
    [IOA_RESPONSE_VERIFIED] = IOA_STEP_VERIFIED
};


ioa_step_e
ioa_response_refuse(ioa_response_t *rp, ioa_status_t reason)
{
    if (rp->state != IOA_RESPONSE_REFUSED || rp->reason == IOA_OK) {
        rp->state = IOA_RESPONSE_REFUSED;
        rp->reason = reason;
    }

    return IOA_STEP_REFUSED;
}


static ioa_step_e
ioa_response_event(ioa_response_t *rp, ioa_response_event_e event)
{
    size_t                      i, j;
    ioa_status_t                st;
    const ioa_response_move_t  *move;

    for (i = 0; i < IOA_RESPONSE_MOVES; i++) {
        move = &ioa_response_moves[i];

        if (move->state != rp->state || move->event != event) {
            continue;
        }

        for (j = 0; j < IOA_RESPONSE_CHECKS && move->checks[j] != NULL; j++)
        {
            st = move->checks[j](rp);

            if (st != IOA_OK) {
                return ioa_response_refuse(rp, st);
            }
        }

        rp->state = move->next;

        return ioa_response_steps[rp->state];
    }

    /* a fault of the caller: the state does not take this event */

    return ioa_response_refuse(rp, IOA_NO_SIGNATURE);
}


static int
ioa_response_error(unsigned status)
{
    return status >= IOA_HTTP_ERROR && status <= IOA_HTTP_ERROR_LAST;
}


/* Out: next, where the head is not refused. */
static ioa_status_t
ioa_response_head(ioa_response_t *rp, ioa_response_state_e *next,
    const ioa_head_t *head)
{
    const ioa_response_rules_t  *rules = &rp->rules;

    if (head->unseen || head->status < IOA_HTTP_FINAL) {
        return IOA_NO_SIGNATURE;
    }

    if (rules->pass_errors && ioa_response_error(head->status)
        && ioa_response_error(head->leaves)
        && ioa_signature_absent(&head->signature))
    {
        *next = IOA_RESPONSE_UNSIGNED;
        return IOA_OK;
    }

    if (head->folded) {
        return IOA_MALFORMED_SIGNATURE;
    }

    rp->events = rules->form == IOA_TEXT_AGENT && head->events;
    rp->hash = rp->events || rules->bind != IOA_BIND_OFF;

    if (rp->hash && head->coded) {
        return IOA_ENCODED_BODY;
    }

    if (rp->events) {
        rp->flows = rules->flow && head->status == IOA_HTTP_OK
                    && head->leaves == IOA_HTTP_OK;
        *next = IOA_RESPONSE_BODY_LAST;
        return IOA_OK;
    }

    if (rules->form == IOA_TEXT_BODY) {
        *next = IOA_RESPONSE_BODY_LAST;
        return ioa_signature_absent(&head->signature) ? IOA_NO_SIGNATURE
                                                      : IOA_OK;
    }

    *next = rp->hash ? IOA_RESPONSE_ASK_HEAD : IOA_RESPONSE_ASK_ALONE;

    return ioa_response_signature(rp);
}


ioa_step_e
ioa_response_begin(ioa_response_t *rp, const ioa_response_rules_t *rules,
    const ioa_head_t *head)
{
    ioa_response_state_e  next;

    memset(rp, 0, sizeof(ioa_response_t));
    rp->rules = *rules;
    rp->signature = head->signature;

    next = IOA_RESPONSE_REFUSED;
    rp->reason = ioa_response_head(rp, &next, head);

    if (rp->reason == IOA_OK) {
        rp->state = next;
    }

    return ioa_response_steps[rp->state];
}


static ioa_body_kind_e
ioa_response_kind(const ioa_response_t *rp)
{
    if (rp->events) {
        return IOA_BODY_STREAM;
    }

    return rp->rules.form == IOA_TEXT_AGENT ? IOA_BODY_JSON : IOA_BODY_RAW;
}


size_t
ioa_response_size(const ioa_response_t *rp)
{
    return rp->hash ? ioa_body_size(ioa_response_kind(rp)) : 0;
}


void
ioa_response_memory(ioa_response_t *rp, void *memory)
{
    if (rp->hash) {
        rp->body = memory;
        ioa_body_init(rp->body, ioa_response_kind(rp));
    }
}


void
ioa_response_output(ioa_response_t *rp, ioa_sse_sink_pt sink, void *ctx,
    int held)
{
    ioa_sse_output(ioa_body_stream(rp->body), sink, ctx, held);
}


ioa_status_t
ioa_response_update(ioa_response_t *rp, const uint8_t *data, size_t n)
{
    if (ioa_response_steps[rp->state] != IOA_STEP_BODY) {

        /* bytes in a state that takes none: never pass them unhashed */

        (void) ioa_response_refuse(rp, IOA_RESPONSE_HASH_MISMATCH);
        return IOA_RESPONSE_HASH_MISMATCH;
    }

    return rp->body == NULL ? IOA_OK : ioa_body_update(rp->body, data, n);
}


ioa_step_e
ioa_response_end(ioa_response_t *rp, const ioa_bytes_t *whole)
{
    if (whole != NULL) {
        rp->whole = *whole;
    }

    return ioa_response_event(rp, IOA_EVENT_END);
}


ioa_status_t
ioa_response_broken(ioa_response_t *rp)
{
    (void) ioa_response_refuse(rp, rp->events ? IOA_STREAM_TRUNCATED
                                              : IOA_RESPONSE_HASH_MISMATCH);

    return rp->reason;
}


ioa_step_e
ioa_response_accept(ioa_response_t *rp, const ioa_bytes_t *attested)
{
    rp->machine = attested != NULL;

    if (attested != NULL) {
        rp->attested = *attested;
    }

    return ioa_response_event(rp, IOA_EVENT_ACCEPT);
}


ioa_step_e
ioa_response_wait(ioa_response_t *rp)
{
    return ioa_response_event(rp, IOA_EVENT_WAIT);
}


ioa_status_t
ioa_response_close(ioa_response_t *rp, int event)
{
    if (rp->state != IOA_RESPONSE_VERIFIED || !rp->events) {
        return IOA_NO_SIGNATURE;
    }

    /* an image digest that was compared with nothing is not passed on */

    return ioa_sse_close(ioa_body_stream(rp->body), event,
                         rp->machine || rp->rules.image_digests_n != 0);
}


/* The hash of the body; of an event stream its signature, too. */
static ioa_status_t
ioa_response_hash(ioa_response_t *rp)
{
    ioa_status_t  st;

    if (!rp->hash) {
        return IOA_OK;
    }

    if (rp->body == NULL) {
        return IOA_RESPONSE_HASH_MISMATCH;
    }

    st = ioa_body_final(rp->response32, &rp->signature, rp->body);

    rp->have_response = st == IOA_OK && rp->rules.bind != IOA_BIND_OFF;

    return st;
}


/* The body itself may be the text; one that came besides must be the same. */
static ioa_status_t
ioa_response_text(ioa_response_t *rp)
{
    if (rp->rules.form != IOA_TEXT_BODY) {
        return IOA_OK;
    }

    if (rp->whole.data == NULL
        || (rp->signature.text.data != NULL
            && !ioa_bytes_equal(rp->signature.text, rp->whole)))
    {
        return IOA_RESPONSE_HASH_MISMATCH;
    }

    rp->signature.text = rp->whole;

    return IOA_OK;
}


/* Who has signed the text, and what the text says. */
static ioa_status_t
ioa_response_signature(ioa_response_t *rp)
{
    ioa_status_t  st;

    st = ioa_signature_verify(rp->address20, &rp->signature, rp->rules.form);

    if (st == IOA_OK && rp->rules.form != IOA_TEXT_BODY) {
        st = ioa_text_parse(&rp->text, rp->signature.text, rp->rules.form);
        rp->have_text = st == IOA_OK;
    }

    rp->have_address = st == IOA_OK;

    return st;
}


/* The image that the response names, against the machine's and the rules'. */
static ioa_status_t
ioa_response_image(ioa_response_t *rp)
{
    return ioa_image_digest_check(rp->signature.image_digest,
                                  rp->machine ? &rp->attested : NULL,
                                  rp->rules.image_digests,
                                  rp->rules.image_digests_n);
}


/* The hash in the text, against that of the body. */
static ioa_status_t
ioa_response_response(ioa_response_t *rp)
{
    if (rp->rules.bind == IOA_BIND_OFF || rp->rules.form == IOA_TEXT_BODY) {
        return IOA_OK;
    }

    return rp->have_response && rp->have_text
           && memcmp(rp->response32, rp->text.response32, IOA_SHA256_LEN) == 0
           ? IOA_OK : IOA_RESPONSE_HASH_MISMATCH;
}


/* Whether the text names no model, or the one that was asked for. */
static int
ioa_response_model(const ioa_response_t *rp)
{
    return rp->text.model.data == NULL
           || ioa_bytes_equal(rp->text.model, rp->rules.model);
}


/* The request in the text, against the one that was sent. */
static ioa_status_t
ioa_response_request(ioa_response_t *rp)
{
    if (rp->rules.bind == IOA_BIND_OFF) {
        return IOA_OK;
    }

    if (rp->rules.request32 == NULL && rp->rules.unasked) {

        /* with IOA_BIND_BOTH this refuses, as below */

        rp->request = IOA_REQUEST_NOT_COMPARED;

    } else if (rp->rules.request32 == NULL
               || rp->rules.form == IOA_TEXT_BODY)
    {
        rp->request = IOA_REQUEST_UNKNOWN;

    } else if (memcmp(rp->rules.request32, rp->text.request32,
                      IOA_SHA256_LEN) == 0
               && ioa_response_model(rp))
    {
        rp->request = IOA_REQUEST_MATCH;
        return IOA_OK;

    } else {
        rp->request = IOA_REQUEST_MISMATCH;
    }

    return rp->rules.bind == IOA_BIND_BOTH ? IOA_REQUEST_HASH_MISMATCH
                                           : IOA_OK;
}
