/*
 * response_print: see response_print.h.
 */

#include <stdio.h>
#include <string.h>

#include "inspect_out.h"
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


/* A computed hash; in text, the signed one only if it differs. */
static void
ioattest_response_hash(ioattest_out_t *out, const char *name,
    const char *signed_name, const uint8_t *computed32,
    const uint8_t *signed32)
{
    ioattest_out_hex(out, name, computed32, IOA_SHA256_LEN);

    if (out->as_json || computed32 == NULL || signed32 == NULL
        || memcmp(computed32, signed32, IOA_SHA256_LEN) != 0)
    {
        ioattest_out_hex(out, signed_name, signed32, IOA_SHA256_LEN);
    }
}


static void
ioattest_response_image(ioattest_out_t *out, ioa_bytes_t image_digest)
{
    if (out->as_json) {
        ioattest_out_bytes(out, "image_digest", image_digest);
        ioattest_out_bool(out, "image_digest_signed", 0);

    } else if (image_digest.data != NULL) {
        ioattest_print_line("image_digest", image_digest,
                            "not covered by the signature");
    }
}


static void
ioattest_response_begin(ioattest_out_t *out,
    const ioattest_verdict_t *verdict, ioa_text_form_e form)
{
    const char  *name, *message;

    name = ioa_status_name(verdict->reason);
    message = ioa_status_message(verdict->reason);

    if (out->as_json) {
        ioattest_out_string(out, "verdict",
                            verdict->verified ? "verified" : "refused");
        ioattest_out_string(out, "reason", name);
        ioattest_out_string(out, "message", message);
        ioattest_out_string(out, "detail", verdict->detail);
        ioattest_out_string(out, "text", ioattest_text_names[form]);
        ioattest_out_bool(out, "stream", verdict->response.events);
        return;
    }

    puts(verdict->verified ? "verified" : name);

    if (!verdict->verified) {
        puts(message);
    }

    if (verdict->detail != NULL) {
        puts(verdict->detail);
    }
}


void
ioattest_response_print(const ioattest_verdict_t *verdict,
    ioa_text_form_e form, int as_json)
{
    uint8_t                text42[IOA_ADDRESS_TEXT_LEN];
    ioattest_out_t         out;
    const ioa_response_t  *response = &verdict->response;

    ioattest_out_begin(&out, as_json);
    ioattest_response_begin(&out, verdict, form);

    ioattest_out_bytes(&out, "signing_address",
                       ioattest_response_address(text42, verdict));
    ioattest_out_string(&out, "request",
                        ioattest_requests[verdict->request]);
    ioattest_out_string(&out, "added", verdict->added);
    ioattest_response_hash(&out, "request_sha256", "signed_request_sha256",
            verdict->have_request ? verdict->request32 : NULL,
            response->have_text ? response->text.request32 : NULL);
    ioattest_response_hash(&out, "response_sha256", "signed_response_sha256",
            response->have_response ? response->response32 : NULL,
            response->have_text ? response->text.response32 : NULL);
    ioattest_out_bytes(&out, "signed_model", response->text.model);
    ioattest_response_image(&out, response->signature.image_digest);

    ioattest_out_end(&out);
}
