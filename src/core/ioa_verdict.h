/*
 * ioa_verdict: the door.  The request path sees the core through this header
 * alone.  Nothing here reads a clock, a file or a socket, logs, or allocates
 * memory that outlives a call; time, nonce and policy come in as arguments.
 *
 * Floor F3.
 */

#ifndef IOA_VERDICT_H
#define IOA_VERDICT_H

#include <stddef.h>
#include <stdint.h>

#include "ioa_body.h"
#include "ioa_evidence.h"
#include "ioa_reqmodel.h"
#include "ioa_request.h"
#include "ioa_signature.h"
#include "ioa_status.h"
#include "ioa_utf8.h"

#define IOA_IMAGE_DIGEST_MAX    128
#define IOA_MODEL_ID_MAX        128
#define IOA_REPORT_SIZE_MAX     (1024 * 1024)
#define IOA_MODELS_SIZE_MAX     (1024 * 1024)
#define IOA_MODELS_MAX          4096

/* What an accepted attestation says. */
typedef struct {
    uint8_t       address20[IOA_ADDRESS_LEN];
    size_t        image_digest_len;     /* 0: the attestation named none */
    uint8_t       image_digest[IOA_IMAGE_DIGEST_MAX];
    uint8_t       evidence32[IOA_SHA256_LEN];   /* of the whole reply */
    ioa_proved_t  proved;
} ioa_machine_t;

/*
 * Writes the body of an attestation request, {"model_id":..,"nonce":..},
 * the nonce as 64 lower-case hex digits (FORMATS 1.1, AGENT 5).  The model id
 * is written as a JSON string with every escape that it needs.
 *
 * Returns: bytes written, or 0 where cap does not hold them, model_id is
 * longer than IOA_MODEL_ID_MAX, or is not UTF-8.
 */
size_t ioa_attest_request(uint8_t *out, size_t cap, ioa_bytes_t model_id,
    const uint8_t nonce32[IOA_NONCE_LEN]) IOA_MUST_CHECK;

/*
 * Judges one attestation reply: size, depth, duplicate keys, types, the
 * nonce in full and in constant time, form of the address, image digest, and
 * the evidence that the policy asks for.
 *
 * It may need what other services say: then it returns
 * IOA_ATTESTATION_UNAVAILABLE, and wants says what.  The caller asks for it
 * and calls again, with all that it has so far in fetched.  A key set that
 * was there and lacks a key is asked for once more, with
 * IOA_GPU_EVIDENCE_INVALID: whoever has just fetched it leaves it at that.
 *
 * It takes long (GPUs some 4 ms each) and may run in any thread: policy is
 * only read, but for its cache, which has a lock of its own.
 *
 * Returns: IOA_OK, or the reason: IOA_ATTESTATION_MALFORMED,
 * IOA_NONCE_MISMATCH, IOA_IMAGE_DIGEST_MISMATCH, and those of
 * ioa_evidence.h.
 * Out: machine, all zero unless IOA_OK; wants, may be NULL, borrows from
 * report; checks, may be NULL.
 * In: report (the whole reply's body), nonce32 as it was sent, policy,
 * fetched (IOA_FETCH_MAX of them, or NULL for none), bound_before: the model
 * has shown a signer that hardware binds; now, seconds since 1970.
 */
ioa_status_t ioa_attest_verify(ioa_machine_t *machine, ioa_wants_t *wants,
    ioa_checks_t *checks, ioa_bytes_t report,
    const uint8_t nonce32[IOA_NONCE_LEN], const ioa_policy_t *policy,
    const ioa_fetched_t *fetched, int bound_before, int64_t now)
    IOA_MUST_CHECK;

/*
 * Whose an attestation reply says it is, whatever its evidence is worth: for
 * the log and to tell refusals apart, never to trust it.
 *
 * Returns: 1 and address20, or 0, address20 untouched, where the reply is not
 * one or names no well-formed address.
 */
int ioa_attest_address(uint8_t address20[IOA_ADDRESS_LEN], ioa_bytes_t reply)
    IOA_MUST_CHECK;

/* One entry of the models list; name and id borrow, not terminated. */
typedef struct {
    ioa_bytes_t  name;
    ioa_bytes_t  id;
    int          attestable;    /* "supports_attestation" is true */
} ioa_model_t;

typedef struct ioa_models_s ioa_models_t;

/*
 * Reads a models list (GET /v1/models): {"data":[{"name","model_id",
 * "supports_attestation"}, ...]}.  An entry without "name" goes by "id".
 * Entries whose name or model_id is missing, no string, empty, too long or
 * holds a control character are left out, as are all entries of a name that
 * stands there twice with different ids; such models are then unknown.
 *
 * Returns: IOA_OK, or IOA_ATTESTATION_MALFORMED where the body is not such a
 * list, is larger than IOA_MODELS_SIZE_MAX or has more than IOA_MODELS_MAX
 * entries.
 * Out: *models, to be given to ioa_models_free; NULL unless IOA_OK.
 */
ioa_status_t ioa_models_parse(ioa_models_t **models, ioa_bytes_t body)
    IOA_MUST_CHECK;
void ioa_models_free(ioa_models_t *models);

size_t ioa_models_count(const ioa_models_t *models);

/* The i-th entry, i < count; borrows from models. */
ioa_model_t ioa_models_get(const ioa_models_t *models, size_t i);

/* 1 where text is "sha256:" and 64 lower-case hex digits. */
int ioa_image_digest_valid(ioa_bytes_t text);

/*
 * Compares a response's image digest with the machine's.
 *
 * Returns: IOA_OK or IOA_IMAGE_DIGEST_MISMATCH.  The response must name the
 * digest that was attested, byte for byte, and name none where none was;
 * where the policy lists digests it must be one of them.  machine NULL: an
 * address trusted by configuration, for which only the policy speaks.
 */
ioa_status_t ioa_image_digest_check(ioa_bytes_t digest,
    const ioa_machine_t *machine, const ioa_policy_t *policy) IOA_MUST_CHECK;

#endif
