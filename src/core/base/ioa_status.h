/*
 * ioa_status: every cause for which a response or an attestation is refused,
 * under the name that users see (the "code" of a refusal, $ioattest_reason,
 * the label of a counter).
 *
 * Includes nothing of ours.
 */

#ifndef IOA_STATUS_H
#define IOA_STATUS_H

typedef enum {
    IOA_OK = 0,

    /* reasons of a response */
    IOA_NO_SIGNATURE,
    IOA_UNSUPPORTED_ALGORITHM,
    IOA_MALFORMED_SIGNATURE,
    IOA_MALFORMED_TEXT,
    IOA_SIGNATURE_MISMATCH,
    IOA_UNTRUSTED_ADDRESS,
    IOA_IMAGE_DIGEST_MISMATCH,      /* also of an attestation */
    IOA_RESPONSE_HASH_MISMATCH,
    IOA_REQUEST_HASH_MISMATCH,
    IOA_REPLAYED,
    IOA_ENCODED_BODY,
    IOA_BODY_TOO_LARGE,
    IOA_STREAM_UNSIGNED,
    IOA_STREAM_TRUNCATED,
    IOA_STREAM_AMBIGUOUS,

    /* reasons of a request */
    IOA_REQUEST_AMBIGUOUS,
    IOA_REQUEST_TOO_LARGE,

    /* reasons of an attestation */
    IOA_ATTESTATION_INSECURE,
    IOA_ATTESTATION_REFUSED,        /* by the API, to the key that asked */
    IOA_ATTESTATION_UNAVAILABLE,
    IOA_ATTESTATION_TIMEOUT,
    IOA_ATTESTATION_MALFORMED,
    IOA_NONCE_MISMATCH,
    IOA_CPU_EVIDENCE_MISSING,
    IOA_CPU_EVIDENCE_INVALID,
    IOA_GPU_EVIDENCE_MISSING,
    IOA_GPU_EVIDENCE_INVALID,
    IOA_REPORT_DATA_MISMATCH,
    IOA_MEASUREMENT_MISMATCH,
    IOA_TCB_REJECTED,
    IOA_REVOKED,
    IOA_MODEL_UNKNOWN,
    IOA_MODEL_NOT_ATTESTABLE,
    IOA_ZONE_FULL,

    IOA_STATUS_MAX
} ioa_status_t;

#define IOA_MUST_CHECK  __attribute__((warn_unused_result))

/*
 * The reason's name, as README.md and the counters have it; "" for IOA_OK,
 * "unknown" for a value out of range.  Never NULL.
 */
const char *ioa_status_name(ioa_status_t st);

/* One sentence for a person, without a final line feed.  Never NULL. */
const char *ioa_status_message(ioa_status_t st);

/*
 * 1 where the same request, sent again, may well pass (another machine,
 * a service that was down); 0 where a retry cannot mend it.
 */
int ioa_status_retryable(ioa_status_t st);

/*
 * The HTTP status of a refusal for it, where nothing else is known: 400 to
 * 499 where the caller is mistaken, else 502.
 */
int ioa_status_http(ioa_status_t st);

#endif
