/*
 * ioa_status: names, sentences, HTTP statuses.  See ioa_status.h.
 */

#include "base/ioa_status.h"

typedef struct {
    const char  *name;
    const char  *message;
    int          http;
    int          retryable;
} ioa_status_text_t;

/*
 * The one table of reasons: name, sentence, HTTP status, and whether a retry
 * may help, since another machine, or the same one later, may respond
 * otherwise.  A retry does not help if the request itself or the setup is the
 * cause; a mistake of the caller has a status of 400 to 499.
 */
static const ioa_status_text_t  ioa_status_texts[IOA_STATUS_MAX] = {

    [IOA_OK] = { "", "Verified.",
        200, 0 },

    [IOA_NO_SIGNATURE] = { "no_signature",
        "The response carries no signature.",
        502, 1 },
    [IOA_UNSUPPORTED_ALGORITHM] = { "unsupported_algorithm",
        "The response is signed with an algorithm that is not supported.",
        502, 1 },
    [IOA_MALFORMED_SIGNATURE] = { "malformed_signature",
        "The signature of the response is malformed.",
        502, 1 },
    [IOA_MALFORMED_TEXT] = { "malformed_text",
        "The signed text of the response is malformed.",
        502, 1 },
    [IOA_SIGNATURE_MISMATCH] = { "signature_mismatch",
        "The response was not signed by the address that it names.",
        502, 1 },
    [IOA_UNTRUSTED_ADDRESS] = { "untrusted_address",
        "The response was signed by an address that is not attested.",
        502, 1 },
    [IOA_IMAGE_DIGEST_MISMATCH] = { "image_digest_mismatch",
        "The image digest is not the one that is expected.",
        502, 1 },
    [IOA_RESPONSE_HASH_MISMATCH] = { "response_hash_mismatch",
        "The response is not the one that was signed.",
        502, 1 },
    [IOA_REQUEST_HASH_MISMATCH] = { "request_hash_mismatch",
        "The response was signed for another request.",
        502, 0 },
    [IOA_REPLAYED] = { "replayed",
        "The signed response was seen before.",
        502, 1 },
    [IOA_ENCODED_BODY] = { "encoded_body",
        "The response came with a content coding, so it cannot be verified.",
        502, 0 },
    [IOA_BODY_TOO_LARGE] = { "body_too_large",
        "The response is too large to be held for verification.",
        502, 0 },
    [IOA_STREAM_UNSIGNED] = { "stream_unsigned",
        "The event stream ended without a signature.",
        502, 1 },
    [IOA_STREAM_TRUNCATED] = { "stream_truncated",
        "The event stream was cut off.",
        502, 1 },
    [IOA_STREAM_AMBIGUOUS] = { "stream_ambiguous",
        "The event stream can be read in other ways than it was signed.",
        502, 1 },

    [IOA_REQUEST_AMBIGUOUS] = { "request_ambiguous",
        "The request can be read in more than one way.",
        400, 0 },
    [IOA_REQUEST_TOO_LARGE] = { "request_too_large",
        "The request is too large for its hash to be computed.",
        413, 0 },

    [IOA_ATTESTATION_INSECURE] = { "attestation_insecure",
        "The attestation, or the models list, did not come over verified TLS.",
        502, 0 },
    [IOA_ATTESTATION_REFUSED] = { "attestation_refused",
        "The API refused an attestation, or the models list, to the key that "
        "it was asked with.",
        502, 1 },
    [IOA_ATTESTATION_UNAVAILABLE] = { "attestation_unavailable",
        "The attestation of the model, or a document that its verification "
        "needs, could not be had.",
        502, 1 },
    [IOA_ATTESTATION_TIMEOUT] = { "attestation_timeout",
        "The attestation of the model took too long.",
        502, 1 },
    [IOA_ATTESTATION_MALFORMED] = { "attestation_malformed",
        "The attestation is malformed.",
        502, 1 },
    [IOA_NONCE_MISMATCH] = { "nonce_mismatch",
        "The attestation does not answer the nonce that was sent.",
        502, 1 },
    [IOA_CPU_EVIDENCE_MISSING] = { "cpu_evidence_missing",
        "The attestation has no evidence of a confidential CPU, or no "
        "certificate of the key that signed it.",
        502, 1 },
    [IOA_CPU_EVIDENCE_INVALID] = { "cpu_evidence_invalid",
        "The CPU evidence of the attestation is not valid.",
        502, 1 },
    [IOA_GPU_EVIDENCE_MISSING] = { "gpu_evidence_missing",
        "The attestation has no evidence of a confidential GPU.",
        502, 1 },
    [IOA_GPU_EVIDENCE_INVALID] = { "gpu_evidence_invalid",
        "The GPU evidence of the attestation is not valid.",
        502, 1 },
    [IOA_REPORT_DATA_MISMATCH] = { "report_data_mismatch",
        "The CPU evidence is not bound to this attestation.",
        502, 1 },
    [IOA_MEASUREMENT_MISMATCH] = { "measurement_mismatch",
        "The attested measurements are not the ones that are expected.",
        502, 1 },
    [IOA_TCB_REJECTED] = { "tcb_rejected",
        "The attested machine's firmware is not of an accepted level, or "
        "what its maker says of levels cannot be used.",
        502, 1 },
    [IOA_REVOKED] = { "revoked",
        "A certificate of the attestation is revoked.",
        502, 1 },
    [IOA_MODEL_UNKNOWN] = { "model_unknown",
        "The model that the request names is not known.",
        404, 0 },
    [IOA_MODEL_NOT_ATTESTABLE] = { "model_not_attestable",
        "The model that the request names does not support attestation.",
        403, 0 },
    [IOA_ZONE_FULL] = { "zone_full",
        "There is no room to record the attestation.",
        502, 1 }
};


static const ioa_status_text_t *
ioa_status_text(ioa_status_t st)
{
    static const ioa_status_text_t  unknown = {
        "unknown", "The response could not be verified.", 502, 0
    };

    if ((unsigned) st >= IOA_STATUS_MAX) {
        return &unknown;
    }

    return &ioa_status_texts[st];
}


const char *
ioa_status_name(ioa_status_t st)
{
    return ioa_status_text(st)->name;
}


const char *
ioa_status_message(ioa_status_t st)
{
    return ioa_status_text(st)->message;
}


int
ioa_status_retryable(ioa_status_t st)
{
    return ioa_status_text(st)->retryable;
}


int
ioa_status_http(ioa_status_t st)
{
    return ioa_status_text(st)->http;
}
