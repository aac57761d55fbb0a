/*
 * ioa_verify_collateral: verifies Intel's collateral and finds the TCB status
 * of a platform in it (doc/formats.md 8.2, steps 2, 3, 7 and 9 to 12; Intel's
 * PCS v4, "Get TDX TCB Info" and "Get TDX QE Identity").
 */

#ifndef IOA_VERIFY_COLLATERAL_H
#define IOA_VERIFY_COLLATERAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_check.h"
#include "base/ioa_reader.h"
#include "base/ioa_status.h"
#include "tdx/ioa_collateral.h"
#include "tdx/ioa_tcb.h"
#include "tdx/ioa_verify_tdx.h"
#include "x509/ioa_chain.h"

/* As received; chains are PEM, their URL encoding undone. */
typedef struct {
    ioa_reader_t  tcb_info;
    ioa_reader_t  tcb_info_chain;
    ioa_reader_t  qe_identity;
    ioa_reader_t  qe_identity_chain;
} ioa_collateral_text_t;

/* Collateral that was verified; read-only, for any number of threads. */
typedef struct ioa_collateral_s ioa_collateral_t;

/*
 * Verifies both documents: chain to a pinned root at now, leaf the
 * certificate "Intel SGX TCB Signing" of an issuer that issued itself,
 * signature over the text as it came, issueDate <= now < nextUpdate + slack,
 * ids TDX and TD_QE, versions 3 and 2 or 3, every level well formed.  A
 * tcbEvaluationDataNumber must be there; which one is the policy's to judge.
 *
 * Returns: IOA_OK; IOA_REVOKED where a signer's certificate is revoked;
 * IOA_TCB_REJECTED for all else, the list of checks says what it was.
 * Out: *collateral, to be given to ioa_collateral_free; NULL unless IOA_OK.
 * In: text, which *collateral does not borrow; crls and cache may be NULL;
 * slack, seconds for which an outdated document still passes, 0 or more.
 */
ioa_status_t ioa_collateral_verify(ioa_collateral_t **collateral,
    ioa_checks_t *checks, const ioa_collateral_text_t *text,
    const ioa_roots_t *roots, const ioa_crls_t *crls,
    ioa_chain_cache_t *cache, int64_t now, int64_t slack) IOA_MUST_CHECK;
void ioa_collateral_free(ioa_collateral_t *collateral);

/*
 * Until when it is good without any slack: the earliest nextUpdate of the
 * documents and notAfter of their signers, seconds since 1970.  That of CRLs
 * is the caller's.
 */
int64_t ioa_collateral_expires(const ioa_collateral_t *collateral);

/* tcbEvaluationDataNumber, the lower of both documents'. */
uint64_t ioa_collateral_evaluated(const ioa_collateral_t *collateral);

/* What a verified quote says of its platform. */
typedef struct {
    uint8_t   fmspc6[IOA_COLLATERAL_FMSPC_LEN];             /* PCK */
    uint8_t   pceid2[IOA_COLLATERAL_PCEID_LEN];
    uint8_t   pck_svns16[IOA_COLLATERAL_COMPONENTS];
    uint16_t  pcesvn;

    uint8_t   tee_tcb_svn16[IOA_COLLATERAL_COMPONENTS];     /* TD report */
    uint8_t   mrsigner_seam48[IOA_COLLATERAL_SEAM_LEN];
    uint8_t   seam_attributes8[IOA_COLLATERAL_SEAM_ATTR_LEN];

    uint8_t   qe_miscselect4[IOA_COLLATERAL_QE_MISC_LEN];   /* QE report */
    uint8_t   qe_attributes16[IOA_COLLATERAL_QE_ATTR_LEN];
    uint8_t   qe_mrsigner32[IOA_COLLATERAL_QE_SIGNER_LEN];
    uint16_t  qe_isvprodid;
    uint16_t  qe_isvsvn;
} ioa_collateral_quote_t;

/* Out: quote, of what a quote's verifier found. */
void ioa_collateral_quote(ioa_collateral_quote_t *quote,
    const ioa_tdx_result_t *tdx);

/*
 * Looks a platform up: fmspc and pceid are the TCB info's, its TDX module
 * and quoting enclave are Intel's, and each has a TCB level.  Levels are
 * tried in the order of ioa_collateral_levels; a platform's fits where no SVN
 * is below the level's.
 * The first two TDX SVNs are the module's version: where tee_tcb_svn[1] is
 * not 0 they are judged by the identity "TDX_" and that number, which must be
 * there, and not by the platform's level.
 *
 * Returns: IOA_OK, whatever the status: see ioa_policy_tcb;
 * IOA_CPU_EVIDENCE_INVALID where module or enclave is not Intel's;
 * IOA_TCB_REJECTED where the collateral is for another platform or a part
 * has no level.
 * Out: tcb, status and advisories of all parts together; all zero unless
 * IOA_OK.
 */
ioa_status_t ioa_collateral_judge(ioa_tcb_t *tcb, ioa_checks_t *checks,
    const ioa_collateral_t *collateral, const ioa_collateral_quote_t *quote)
    IOA_MUST_CHECK;

#endif
