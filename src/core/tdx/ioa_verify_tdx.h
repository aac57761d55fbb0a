/*
 * ioa_verify_tdx: whether a TDX quote was made by a trust domain on genuine
 * hardware (doc/formats.md 8.2, checks 1, 4 to 6, 8 and 13).
 *
 * Not made here: whether the platform's firmware is up to date (checks 2, 3,
 * 7 and 9 to 12 need Intel's collateral; what they compare is handed on), and
 * what attributes, measurements and report data are to be (policy).
 */

#ifndef IOA_VERIFY_TDX_H
#define IOA_VERIFY_TDX_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_check.h"
#include "base/ioa_status.h"
#include "tdx/ioa_tdx.h"
#include "tdx/ioa_tdx_pck.h"
#include "x509/ioa_chain.h"

/* td_attributes */
#define IOA_TDX_TD_DEBUG            (UINT64_C(1) << 0)
#define IOA_TDX_TD_SEPT_VE_DISABLE  (UINT64_C(1) << 28)
#define IOA_TDX_TD_PKS              (UINT64_C(1) << 30)
#define IOA_TDX_TD_KL               (UINT64_C(1) << 31)
#define IOA_TDX_TD_PERFMON          (UINT64_C(1) << 63)

/* Which CA issued the PCK certificate: each has a CRL of its own. */
typedef enum {
    IOA_PCK_CA_NONE = 0,
    IOA_PCK_CA_PLATFORM,
    IOA_PCK_CA_PROCESSOR
} ioa_pck_ca_t;

/* Inputs of a verification. */
typedef struct {
    const ioa_roots_t  *roots;
    const ioa_crls_t   *crls;       /* NULL: revocation is not checked */
    ioa_chain_cache_t  *cache;      /* may be NULL */
    int64_t             now;
} ioa_tdx_trust_t;

/* What a verified quote says; borrows nothing. */
typedef struct {
    ioa_tdx_body_t  body;
    ioa_tdx_qe_t    qe;
    ioa_pck_t       pck;
    ioa_pck_ca_t    pck_ca;
    int             sept_ve_disable;        /* the bit is set */
    int64_t         not_after;              /* of the chain: the earliest */
} ioa_tdx_result_t;

/*
 * Verifies a quote.  The quoting enclave must be Intel's TD QE and not in
 * debug mode whether or not collateral is looked at afterwards: the PCK
 * certifies keys of enclaves that others signed, too.
 *
 * Returns: IOA_OK; IOA_REVOKED where a certificate of the PCK chain is
 * revoked; else IOA_CPU_EVIDENCE_INVALID.
 * Out: res, all zero unless IOA_OK; checks (may be NULL), one line per
 * check, those behind the first that failed as not made.
 */
ioa_status_t ioa_tdx_verify(ioa_tdx_result_t *res, ioa_checks_t *checks,
    const uint8_t *quote, size_t len, const ioa_tdx_trust_t *trust)
    IOA_MUST_CHECK;

#endif
