/*
 * ioa_nras_request: what NVIDIA's service is asked, doc/formats.md 10.4.
 *
 * The body is written here, of the members that the service needs and of no
 * other: the reply that the evidence came in is the attested machine's, and
 * what else stands in it (another nonce, the version of the claims, hints to
 * the service) has no say in what is asked.
 */

#ifndef IOA_NRAS_REQUEST_H
#define IOA_NRAS_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_check.h"
#include "base/ioa_reader.h"
#include "base/ioa_status.h"
#include "nvidia/ioa_verify_gpu.h"
#include "nvidia/ioa_verify_nras.h"

/*
 * Whether the evidence can be sent: strict base64 for each device, neither
 * text longer than a GPU's evidence and chain may be, and certificates of one
 * architecture.  That is read from them, since the agent's reply says the
 * same of every machine; whether they are genuine is the service's to say.
 *
 * Returns: 1, or 0 after a line in checks.
 */
int ioa_nras_request_good(ioa_checks_t *checks,
    const ioa_gpu_evidence_t *texts, size_t n) IOA_MUST_CHECK;

/*
 * Writes the body.
 *
 * Returns: its length; 0 where it does not fit cap bytes, or the evidence
 * cannot be sent.
 */
size_t ioa_nras_request_write(uint8_t *out, size_t cap,
    const uint8_t nonce32[IOA_NRAS_NONCE_LEN],
    const ioa_gpu_evidence_t *texts, size_t n) IOA_MUST_CHECK;

#endif
