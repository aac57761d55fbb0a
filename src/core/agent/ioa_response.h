/*
 * ioa_response: the judgement of a response, from its head to the verdict.
 * The gateway, the command line tool and a fuzzer call the same functions.
 *
 * The caller reads headers, hands the body on, and knows who is trusted; what
 * is compared with what, and when, is decided here.  Each call returns the
 * step that is due next:
 *
 *   REFUSED    for the reason in rp->reason; nothing changes it any more
 *   UNSIGNED   an error that the upstream need not sign, and that the rules
 *              let pass: nothing of it was verified
 *   BODY       feed the body, then ioa_response_end
 *   SIGNER     who is rp->address20?  ioa_response_accept where it is known
 *              to be trusted, ioa_response_wait where that is not known yet,
 *              else ioa_response_refuse
 *   WAIT       all else holds: ioa_response_accept once the signer is known
 *   VERIFIED   all of it holds
 *
 * What ioa_response_begin does is decided by the head, by the first line that
 * applies:
 *
 *   status below 200, or bytes that cannot be judged   no_signature
 *   status 400 to 599 as sent and as it leaves, no
 *   signature, and the rules let such pass             UNSIGNED
 *   a header that goes on in the next line             malformed_signature
 *   a content coding, and the body is to be hashed     encoded_body
 *   the agent's text, an event stream                  BODY_LAST
 *   the body is the text: no signature                 no_signature
 *   the body is the text                               BODY_LAST
 *   else: the signature of the headers is verified     ASK_HEAD, ASK_ALONE
 *
 * and from there on, "after" in this order, the first that fails refuses:
 *
 *   state          event    after                              next
 *   ASK_HEAD       accept   image                              BODY_KNOWN
 *   ASK_HEAD       wait                                        BODY_UNKNOWN
 *   ASK_ALONE      accept   image                              VERIFIED
 *   ASK_ALONE      wait                                        BODY_UNKNOWN
 *   BODY_LAST      end      hash, text, signature              ASK_END
 *   BODY_KNOWN     end      hash, response, request            VERIFIED
 *   BODY_UNKNOWN   end      hash, response                     WAIT
 *   ASK_END        accept   image, response, request           VERIFIED
 *   ASK_END        wait     response                           WAIT
 *   WAIT           accept   image, request                     VERIFIED
 *
 * Anything else is a fault of the caller, and refuses the response.
 */

#ifndef IOA_RESPONSE_H
#define IOA_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

#include "agent/ioa_body.h"
#include "agent/ioa_head.h"
#include "agent/ioa_signature.h"
#include "agent/ioa_sseout.h"
#include "base/ioa_bytes.h"
#include "base/ioa_sha256.h"
#include "base/ioa_status.h"
#include "crypto/ioa_address.h"

/* What the text is compared with. */
typedef enum {
    IOA_BIND_OFF = 0,       /* nothing: the signature alone is verified */
    IOA_BIND_RESPONSE,      /* the response; whether the request
                               matches is noted, and refuses nothing */
    IOA_BIND_BOTH           /* the response and the request */
} ioa_bind_e;

/* What is wanted; all that is pointed to must outlive the response. */
typedef struct {
    ioa_text_form_e     form;
    ioa_bind_e          bind;
    int                 pass_errors;    /* unsigned ones, 400 to 599 */
    int                 flow;           /* a stream may be shown as it comes */
    const ioa_bytes_t  *image_digests;  /* accepted; none: any */
    size_t              image_digests_n;
    const uint8_t      *request32;      /* NULL: its hash is not known */
    int                 unasked;        /* request32 is NULL because
                                           it was not computed */
    ioa_bytes_t         model;          /* that the request names */
} ioa_response_rules_t;

typedef enum {
    IOA_RESPONSE_REFUSED = 0,
    IOA_RESPONSE_UNSIGNED,
    IOA_RESPONSE_ASK_HEAD,
    IOA_RESPONSE_ASK_ALONE,     /* no hash is compared */
    IOA_RESPONSE_BODY_LAST,     /* no signature before the end */
    IOA_RESPONSE_BODY_KNOWN,    /* the signer is trusted */
    IOA_RESPONSE_BODY_UNKNOWN,
    IOA_RESPONSE_ASK_END,
    IOA_RESPONSE_WAIT,
    IOA_RESPONSE_VERIFIED,
    IOA_RESPONSE_STATES
} ioa_response_state_e;

typedef enum {
    IOA_STEP_REFUSED = 0,
    IOA_STEP_UNSIGNED,
    IOA_STEP_BODY,
    IOA_STEP_SIGNER,
    IOA_STEP_WAIT,
    IOA_STEP_VERIFIED
} ioa_step_e;

/* What became of the request's hash. */
typedef enum {
    IOA_REQUEST_NOT_COMPARED = 0,   /* the judgement ended before, or the
                                       request's hash was not computed */
    IOA_REQUEST_UNKNOWN,            /* there is none, or none in the text */
    IOA_REQUEST_MATCH,
    IOA_REQUEST_MISMATCH
} ioa_request_match_e;

/* Written here alone; a caller reads what is below the line. */
typedef struct {
    ioa_response_rules_t   rules;
    ioa_response_state_e   state;
    ioa_body_t            *body;        /* NULL: not hashed */
    ioa_bytes_t            whole;       /* the body, where it is the text */
    ioa_bytes_t            attested;    /* the machine's image digest */
    unsigned               machine:1;   /* the signer is an attested machine */
    unsigned               hash:1;      /* the body is to be hashed */

    /* -- */
    ioa_status_t           reason;      /* IOA_OK: not refused */
    unsigned               events:1;    /* one of the agent's event streams */
    unsigned               flows:1;     /* what may be shown is shown */
    unsigned               have_address:1;
    unsigned               have_text:1;
    unsigned               have_response:1;
    ioa_request_match_e    request;
    ioa_signature_t        signature;   /* as the response brought it */
    ioa_text_t             text;
    uint8_t                address20[IOA_ADDRESS_LEN];
    uint8_t                response32[IOA_SHA256_LEN];
} ioa_response_t;

/*
 * Judges the head.
 *
 * Out: rp, which borrows what rules and head point to.
 */
ioa_step_e ioa_response_begin(ioa_response_t *rp,
    const ioa_response_rules_t *rules, const ioa_head_t *head) IOA_MUST_CHECK;

/*
 * Memory for the body, to be given before its first byte, and where a body is
 * awaited alone: ioa_response_size bytes, none where that is 0.
 *
 * In: memory, aligned as malloc's, that must outlive the response.
 */
size_t ioa_response_size(const ioa_response_t *rp);
void ioa_response_memory(ioa_response_t *rp, void *memory);

/*
 * Has what may be shown of an event stream made anew (ioa_sseout.h).  To be
 * called after ioa_response_memory, of an event stream alone.
 *
 * In: sink and its ctx; held, 1: all of it waits for the verdict.
 */
void ioa_response_output(ioa_response_t *rp, ioa_sse_sink_pt sink, void *ctx,
    int held);

/*
 * Feeds the next n bytes of the body, in pieces of any size.
 *
 * Returns: IOA_OK; else a reason, with which ioa_response_end will refuse it
 * as well; IOA_BODY_TOO_LARGE where the sink took no more.
 */
ioa_status_t ioa_response_update(ioa_response_t *rp, const uint8_t *data,
    size_t n) IOA_MUST_CHECK;

/*
 * Ends the body.
 *
 * In: whole, all of it, with IOA_TEXT_BODY; NULL with other forms.
 */
ioa_step_e ioa_response_end(ioa_response_t *rp, const ioa_bytes_t *whole)
    IOA_MUST_CHECK;

/* Ends a body that was broken off.  Returns: the reason of the refusal. */
ioa_status_t ioa_response_broken(ioa_response_t *rp);

/*
 * The signer is trusted.
 *
 * In: attested, the image digest of its attestation, of no length where that
 * named none; NULL where it is trusted by configuration, without one.
 */
ioa_step_e ioa_response_accept(ioa_response_t *rp,
    const ioa_bytes_t *attested) IOA_MUST_CHECK;

/* It is not known yet whether the signer is trusted. */
ioa_step_e ioa_response_wait(ioa_response_t *rp) IOA_MUST_CHECK;

/* Refuses it for a reason of the caller's; the first reason stays. */
ioa_step_e ioa_response_refuse(ioa_response_t *rp, ioa_status_t reason);

/*
 * Puts out what ends a stream that is verified.
 *
 * In: event, 1: its signature event is passed on.
 * Returns: IOA_OK; IOA_NO_SIGNATURE where it is not verified;
 * IOA_BODY_TOO_LARGE where the sink took no more.
 */
ioa_status_t ioa_response_close(ioa_response_t *rp, int event)
    IOA_MUST_CHECK;

#endif
