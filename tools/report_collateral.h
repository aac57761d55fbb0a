/*
 * report_collateral: Intel's collateral as one JSON object, the form in which
 * DCAP's quote verification takes and keeps it.
 *
 *   tcb_info, qe_identity      text: the object that is signed, unchanged, or
 *                              the whole answer that contained it
 *   tcb_info_signature, qe_identity_signature      128 hex digits
 *   tcb_info_issuer_chain, qe_identity_issuer_chain      PEM
 *   pck_crl, root_ca_crl       DER as hex, or PEM
 *
 * Other members are ignored.
 */

#ifndef IOATTEST_REPORT_COLLATERAL_H
#define IOATTEST_REPORT_COLLATERAL_H

#include "attest/ioattest.h"

#define IOATTEST_COLLATERAL_NAME  "collateral.json"

/*
 * Converts the collateral to the answers of Intel's services.  Entries that
 * have a body already are unchanged, and those without a member stay empty;
 * chains are not URL-encoded yet.
 *
 * Returns: 1; 0 after a complaint, if text is not such an object, a member is
 * not a string, or a signature is not hex of its length.
 * Out: fetched, with memory of its own, whatever is returned.
 */
int ioattest_collateral_parse(ioa_fetched_t fetched[IOA_FETCH_MAX],
    ioa_bytes_t text) IOA_MUST_CHECK;

#endif
