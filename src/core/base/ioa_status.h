/*
 * ioa_status: every reason for which a response or an attestation is refused,
 * with the name that users see (the "code" of a refusal, $ioattest_reason,
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
    IOA_ATTESTATION_REFUSED,        /* by the API, for the key used */
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
 * Ends the detail of a check that fails for a version or a kind above those
 * that are known here: nothing is wrong with the machine.
 */
#define IOA_NEWER_FORMAT  "a newer format, update ioattest"

/*
 * The reason's name, as in doc/reasons.md and the counters; "" for IOA_OK,
 * "unknown" for a value out of range.  Never NULL.
 */
const char *ioa_status_name(ioa_status_t st);

/* One sentence for people, without a line feed.  Never NULL. */
const char *ioa_status_message(ioa_status_t st);

/*
 * 1 if the same request, sent again, may well succeed (another machine, a
 * service that was down); 0 if a retry cannot help.
 */
int ioa_status_retryable(ioa_status_t st);

/*
 * The HTTP status of a refusal, unless a more specific one is known: 400 to
 * 499 for a mistake of the caller, else 502.
 */
int ioa_status_http(ioa_status_t st);

#endif
