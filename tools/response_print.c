/*
 * response_print: see response_print.h.
 */

#include <stdio.h>
#include <string.h>

#include "print.h"
#include "response_print.h"

const char *const  ioattest_text_names[IOATTEST_TEXTS] = {
    [IOA_TEXT_AGENT] = "agent",
    [IOA_TEXT_RAW] = "raw",
    [IOA_TEXT_BODY] = "body"
};

static const char *const  ioattest_requests[] = {
    [IOATTEST_REQUEST_NOT_GIVEN] = "not given",
    [IOATTEST_REQUEST_NOT_CHECKED] = "not checked",
    [IOATTEST_REQUEST_MATCH] = "match",
    [IOATTEST_REQUEST_MISMATCH] = "mismatch"
};


static ioa_bytes_t
ioattest_response_address(uint8_t text42[IOA_ADDRESS_TEXT_LEN],
    const ioattest_verdict_t *verdict)
{
    ioa_bytes_t  bytes = { NULL, 0 };

    if (verdict->response.have_address) {
        ioa_address_print(text42, verdict->response.address20);
        bytes.data = text42;
        bytes.len = IOA_ADDRESS_TEXT_LEN;
    }

    return bytes;
}


/* A hash that was computed, and the signed one where it is another. */
static void
ioattest_response_hash(const char *name, const char *signed_name,
    const uint8_t *computed32, const uint8_t *signed32)
{
    if (computed32 != NULL) {
        ioattest_print_hex(name, computed32, IOA_SHA256_LEN);
    }

    if (signed32 != NULL
        && (computed32 == NULL
            || memcmp(computed32, signed32, IOA_SHA256_LEN) != 0))
    {
        ioattest_print_hex(signed_name, signed32, IOA_SHA256_LEN);
    }
}


void
ioattest_response_print(const ioattest_verdict_t *verdict)
{
    uint8_t      text42[IOA_ADDRESS_TEXT_LEN];
    ioa_bytes_t  address;

    if (verdict->verified) {
        puts("verified");

    } else {
        puts(ioa_status_name(verdict->reason));
        puts(ioa_status_message(verdict->reason));
    }

    if (verdict->detail != NULL) {
        puts(verdict->detail);
    }

    address = ioattest_response_address(text42, verdict);

    if (address.data != NULL) {
        ioattest_print_line("signing_address", address, NULL);
    }

    printf("request: %s\n", ioattest_requests[verdict->request]);

    ioattest_response_hash("request_sha256", "signed_request_sha256",
            verdict->have_request ? verdict->request32 : NULL,
            verdict->response.have_text ? verdict->response.text.request32 : NULL);
    ioattest_response_hash("response_sha256", "signed_response_sha256",
            verdict->response.have_response ? verdict->response.response32 : NULL,
            verdict->response.have_text ? verdict->response.text.response32 : NULL);

    if (verdict->response.text.model.data != NULL) {
        ioattest_print_line("signed_model", verdict->response.text.model, NULL);
    }

    if (verdict->response.signature.image_digest.data != NULL) {
        ioattest_print_line("image_digest", verdict->response.signature.image_digest,
                            "not covered by the signature");
    }
}


void
ioattest_response_print_json(const ioattest_verdict_t *verdict,
    ioa_text_form_e form)
{
    uint8_t          text42[IOA_ADDRESS_TEXT_LEN];
    ioattest_json_t  json;

    ioattest_json_begin(&json);
    ioattest_json_string(&json, "verdict",
                         verdict->verified ? "verified" : "refused");
    ioattest_json_string(&json, "reason", ioa_status_name(verdict->reason));
    ioattest_json_string(&json, "message",
                         ioa_status_message(verdict->reason));
    ioattest_json_string(&json, "detail", verdict->detail);
    ioattest_json_string(&json, "text", ioattest_text_names[form]);
    ioattest_json_bool(&json, "stream", verdict->response.events);
    ioattest_json_bytes(&json, "signing_address",
                        ioattest_response_address(text42, verdict));
    ioattest_json_string(&json, "request",
                         ioattest_requests[verdict->request]);
    ioattest_json_hex(&json, "request_sha256",
                      verdict->have_request ? verdict->request32 : NULL,
                      IOA_SHA256_LEN);
    ioattest_json_hex(&json, "signed_request_sha256",
                      verdict->response.have_text ? verdict->response.text.request32 : NULL,
                      IOA_SHA256_LEN);
    ioattest_json_hex(&json, "response_sha256",
                      verdict->response.have_response ? verdict->response.response32 : NULL,
                      IOA_SHA256_LEN);
    ioattest_json_hex(&json, "signed_response_sha256",
                      verdict->response.have_text ? verdict->response.text.response32 : NULL,
                      IOA_SHA256_LEN);
    ioattest_json_bytes(&json, "signed_model", verdict->response.text.model);
    ioattest_json_bytes(&json, "image_digest",
                        verdict->response.signature.image_digest);
    ioattest_json_bool(&json, "image_digest_signed", 0);
    ioattest_json_end(&json);
}
