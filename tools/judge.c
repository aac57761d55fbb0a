/*
 * judge: see judge.h.
 *
 * Each function returns IOA_OK, the reason of a refusal, or
 * IOATTEST_NO_MEMORY (IOA_STATUS_MAX), which is neither.
 */

#include <stdlib.h>
#include <string.h>

#include "headers.h"
#include "judge.h"

#define IOATTEST_NO_MEMORY       IOA_STATUS_MAX

#define IOATTEST_HTTP_OK         200

/* The canonical text of a request has at most six bytes per byte (\u007f). */
#define IOATTEST_TEXT_PER_BYTE   6

/* The longest request that is tried with members of the API's front. */
#define IOATTEST_GUESS_MAX       (16 * 1024 * 1024)


/* Computes the hash of the request that the agent signs. */
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

    verdict->reqmodel = rm;
    ioa_reqmodel_defaults(rm, saved->defaults);

    st = ioa_reqmodel_update(rm, saved->request.data, saved->request.len);

    if (st == IOA_OK) {
        st = ioa_reqmodel_final(&result, rm);
    }

    if (st == IOA_OK) {
        memcpy(verdict->request32, result.digest32, IOA_SHA256_LEN);
        verdict->have_request = 1;
    }

    if (st == IOA_REQUEST_AMBIGUOUS) {
        verdict->detail = "Which hash the agent took of it cannot be"
                          " predicted; without --request only the response is"
                          " checked.";
    }

    return st == IOA_BODY_TOO_LARGE ? IOATTEST_NO_MEMORY : st;
}


/* Hashes the request's bytes, and reads its model if it is JSON. */
static ioa_status_t
ioattest_judge_raw_request(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    size_t               len;
    const uint8_t       *name;
    ioa_request_scan_t  *scan;

    ioa_sha256(verdict->request32, saved->request.data, saved->request.len);
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


/* Checks the request alone, as the gateway does before it sends it. */
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
    default: /* IOA_TEXT_BODY: the signed text does not name the request */
        return IOA_OK;
    }
}


/* Takes the headers, or what was saved in their place. */
static ioa_status_t
ioattest_judge_head(ioattest_verdict_t *verdict, ioa_head_t *head,
    const ioattest_case_t *saved)
{
    if (saved->source == IOATTEST_SOURCE_HEADERS) {
        *head = saved->headers;
        return IOA_OK;
    }

    memset(head, 0, sizeof(ioa_head_t));
    head->status = head->leaves = IOATTEST_HTTP_OK;

    if (saved->source == IOATTEST_SOURCE_STREAM) {
        head->events = 1;
        return IOA_OK;
    }

    return ioattest_signature_parse(&head->signature, &verdict->json,
                                    saved->file);
}


static void
ioattest_judge_rules(ioa_response_rules_t *rules,
    const ioattest_verdict_t *verdict, const ioattest_case_t *saved)
{
    memset(rules, 0, sizeof(ioa_response_rules_t));

    rules->form = saved->form;
    rules->bind = saved->request.data == NULL ? IOA_BIND_RESPONSE
                                              : IOA_BIND_BOTH;
    rules->pass_errors = 1;
    rules->image_digests = saved->image_digests;
    rules->image_digests_n = saved->image_digests_n;
    rules->request32 = verdict->have_request ? verdict->request32 : NULL;
    rules->model.data = verdict->model;
    rules->model.len = verdict->model_len;
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


/* At the step of the signer: accepts the addresses that were given. */
static ioa_step_e
ioattest_judge_signer(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved, ioa_step_e step)
{
    ioa_response_t  *rp = &verdict->response;

    if (step != IOA_STEP_SIGNER) {
        return step;
    }

    if (ioattest_judge_trusted(saved, rp->address20)) {
        return ioa_response_accept(rp, NULL);
    }

    verdict->detail = "It is not among the addresses given with --address.";

    return ioa_response_refuse(rp, IOA_UNTRUSTED_ADDRESS);
}


/* Feeds the body.  Out: *step, the one after it. */
static ioa_status_t
ioattest_judge_body(ioa_step_e *step, ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    size_t           size;
    ioa_response_t  *rp = &verdict->response;

    size = ioa_response_size(rp);
    verdict->memory = malloc(size);

    if (verdict->memory == NULL) {
        return IOATTEST_NO_MEMORY;
    }

    ioa_response_memory(rp, verdict->memory);

    /* errors are sticky: ioa_response_end() reports them */

    (void) !ioa_response_update(rp, saved->body.data, saved->body.len);

    *step = ioa_response_end(rp, saved->form == IOA_TEXT_BODY ? &saved->body
                                                              : NULL);

    return IOA_OK;
}


/* Sets a hint on the cause, if the reason alone does not say it. */
static void
ioattest_judge_detail(ioattest_verdict_t *verdict, const ioa_head_t *head,
    ioa_step_e step)
{
    ioa_status_t  reason = verdict->response.reason;

    if (step == IOA_STEP_UNSIGNED || head->status < IOATTEST_HTTP_OK) {
        verdict->detail = "Its status is that of an error, or it is not a"
                          " final response: the agent signs neither.";

    } else if (head->folded) {
        verdict->detail = "A header is continued on the next line, so that it"
                          " can be read in two ways.";

    } else if (reason == IOA_ENCODED_BODY) {
        verdict->detail = "Send the request without Accept-Encoding"
                          " (curl: without --compressed).";
    }
}


/* The request may be the signed one but for what the API's front added. */
static void
ioattest_judge_added(ioattest_verdict_t *verdict)
{
    verdict->added = ioa_guess(verdict->reqmodel,
                               verdict->response.text.request32,
                               IOATTEST_GUESS_MAX);

    if (verdict->added == NULL) {
        verdict->detail = "It does not match with the front's defaults"
                          " either, as far as they are known: another"
                          " request was signed, or what stands between here"
                          " and the agent changed it.";

    } else if (strcmp(verdict->added, "{}") == 0) {
        verdict->detail = "It matches without --request-defaults.";

    } else {
        verdict->detail = "It matches with the front's defaults, which the"
                          " API adds where a request has no such member: see"
                          " \"added\", and give these in a file to"
                          " --request-defaults and to"
                          " ioattest_request_defaults.";
    }
}


/* Sets the result for the request. */
static void
ioattest_judge_request_seen(ioattest_verdict_t *verdict)
{
    const ioa_response_t  *rp = &verdict->response;

    if (verdict->request == IOATTEST_REQUEST_NOT_GIVEN) {
        return;
    }

    if (rp->request == IOA_REQUEST_MATCH) {
        verdict->request = IOATTEST_REQUEST_MATCH;

    } else if (rp->request != IOA_REQUEST_NOT_COMPARED) {
        verdict->request = IOATTEST_REQUEST_MISMATCH;

        if (verdict->have_request
            && memcmp(verdict->request32, rp->text.request32, IOA_SHA256_LEN)
               == 0)
        {
            verdict->detail = "Its bytes are the signed ones, but the model"
                              " that it names is not.";

        } else if (verdict->reqmodel != NULL) {
            ioattest_judge_added(verdict);
        }
    }
}


static ioa_status_t
ioattest_judge_response(ioattest_verdict_t *verdict,
    const ioattest_case_t *saved)
{
    ioa_head_t            head;
    ioa_step_e            step;
    ioa_status_t          st;
    ioa_response_rules_t  rules;

    st = ioattest_judge_head(verdict, &head, saved);

    if (st != IOA_OK) {
        return st;
    }

    ioattest_judge_rules(&rules, verdict, saved);

    step = ioa_response_begin(&verdict->response, &rules, &head);

    ioattest_judge_detail(verdict, &head, step);

    step = ioattest_judge_signer(verdict, saved, step);

    if (step == IOA_STEP_BODY) {
        st = ioattest_judge_body(&step, verdict, saved);

        if (st != IOA_OK) {
            return st;
        }

        step = ioattest_judge_signer(verdict, saved, step);
    }

    ioattest_judge_request_seen(verdict);

    /* the one line that says trusted */
    verdict->verified = step == IOA_STEP_VERIFIED;

    return step == IOA_STEP_UNSIGNED ? IOA_NO_SIGNATURE
                                     : verdict->response.reason;
}


int
ioattest_judge(ioattest_verdict_t *verdict, const ioattest_case_t *saved)
{
    memset(verdict, 0, sizeof(ioattest_verdict_t));

    verdict->reason = ioattest_judge_request(verdict, saved);

    if (verdict->reason == IOA_OK) {
        verdict->reason = ioattest_judge_response(verdict, saved);
    }

    return verdict->reason != IOATTEST_NO_MEMORY;
}


void
ioattest_verdict_cleanup(ioattest_verdict_t *verdict)
{
    ioa_reqmodel_free(verdict->reqmodel);
    ioa_json_free(verdict->json);
    free(verdict->memory);
    memset(verdict, 0, sizeof(ioattest_verdict_t));
}
