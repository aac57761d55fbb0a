/*
 * ioa_evidence_parts: how the evidence of a reply is appraised.
 *
 * For ioa_attest.c and ioa_evidence*.c alone.
 */

#ifndef IOA_EVIDENCE_PARTS_H
#define IOA_EVIDENCE_PARTS_H

#include <stdint.h>

#include "attest/ioa_evidence.h"
#include "attest/ioa_report.h"
#include "base/ioa_bytes.h"
#include "base/ioa_check.h"
#include "base/ioa_status.h"

/* Inputs of one appraisal. */
typedef struct {
    const ioa_policy_t   *policy;
    const ioa_report_t   *report;
    const uint8_t        *nonce32;
    const uint8_t        *address20;        /* as the reply names it */
    const ioa_fetched_t  *fetched;          /* IOA_FETCH_MAX of them */
    int                   bound_before;     /* no downgrade: see below */
    int64_t               now;
} ioa_evidence_t;

/*
 * Judges CPU evidence.  report data: with IOA_REPORT_DATA_AUTO a machine
 * whose signer is not bound is refused where bound_before says that the
 * model has shown one that was.
 *
 * Returns: IOA_OK; IOA_ATTESTATION_UNAVAILABLE with something in wants, all
 * else that the evidence says being well: what no document can mend is refused
 * before any is asked for; IOA_CPU_EVIDENCE_MISSING, _INVALID, IOA_REVOKED,
 * IOA_TCB_REJECTED, IOA_MEASUREMENT_MISMATCH, IOA_REPORT_DATA_MISMATCH.
 * Out: proved, wants, checks (may be NULL).
 */
ioa_status_t ioa_evidence_cpu(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e) IOA_MUST_CHECK;

/* The same of GPU evidence, with the reasons of ioa_verify_gpu and _nras. */
ioa_status_t ioa_evidence_gpu(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e) IOA_MUST_CHECK;

/*
 * Says that an answer is needed.
 * Returns: 1 where it is there.
 */
int ioa_evidence_need(ioa_wants_t *wants, const ioa_evidence_t *e,
    ioa_fetch_e what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Lowers `expires` and `documents_end` to when; an earlier value stays. */
void ioa_evidence_expires(ioa_proved_t *proved, int64_t when);

/*
 * Lowers `expires` alone: for NRAS tokens, which are fetched for every
 * attestation.
 */
void ioa_evidence_result_expires(ioa_proved_t *proved, int64_t when);

/* For ioa_evidence_cpu: one of its two kinds, decoded. */
ioa_status_t ioa_evidence_tdx(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e, ioa_bytes_t quote)
    IOA_MUST_CHECK;
ioa_status_t ioa_evidence_snp(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e, ioa_bytes_t report)
    IOA_MUST_CHECK;

/* What is wrong with a CRL that cannot be read, for a person.  Never NULL. */
const char *ioa_evidence_crl_unread(ioa_bytes_t body);

/* IOA_OK and proved->signer_bound, or IOA_REPORT_DATA_MISMATCH. */
ioa_status_t ioa_evidence_report_data(ioa_proved_t *proved,
    ioa_checks_t *checks, const ioa_evidence_t *e,
    const uint8_t data64[64]) IOA_MUST_CHECK;

#endif
