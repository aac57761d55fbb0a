/*
 * ioa_attest: the appraisal of one attestation reply, and what a relying
 * party may go by afterwards.  Nothing here reads a clock, a file or a
 * socket, logs, or allocates memory that outlives a call; time, nonce and
 * policy come in as arguments.
 */

#ifndef IOA_ATTEST_H
#define IOA_ATTEST_H

#include <stddef.h>
#include <stdint.h>

#include "attest/ioa_evidence.h"
#include "base/ioa_bytes.h"
#include "base/ioa_sha256.h"
#include "base/ioa_status.h"
#include "crypto/ioa_address.h"

#define IOA_IMAGE_DIGEST_MAX    128
#define IOA_REPORT_SIZE_MAX     (1024 * 1024)

/* The attestation result: what an accepted attestation says. */
typedef struct {
    uint8_t       address20[IOA_ADDRESS_LEN];
    size_t        image_digest_len;     /* 0: the attestation named none */
    uint8_t       image_digest[IOA_IMAGE_DIGEST_MAX];
    uint8_t       evidence32[IOA_SHA256_LEN];   /* of the whole reply */
    ioa_proved_t  proved;
} ioa_machine_t;

/*
 * Judges one attestation reply: size, depth, duplicate keys, types, the
 * nonce in full and in constant time, form of the address, image digest, and
 * the evidence that the policy asks for.
 *
 * It may need what other services say: then it returns
 * IOA_ATTESTATION_UNAVAILABLE, and wants says what.  The caller asks for it
 * and calls again, with all that it has so far in fetched.  A key set that
 * was there and lacks a key is asked for once more, with
 * IOA_GPU_EVIDENCE_INVALID: if it was fetched just now, do not fetch it again.
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

#endif
