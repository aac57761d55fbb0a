/*
 * report_collateral: Intel's collateral as one JSON object, the form in which
 * DCAP's quote verification takes and keeps it.
 *
 *   tcb_info, qe_identity      text: the object that is signed, as it came,
 *                              or the answer that it came in
 *   tcb_info_signature, qe_identity_signature      128 hex digits
 *   tcb_info_issuer_chain, qe_identity_issuer_chain      PEM
 *   pck_crl, root_ca_crl       DER as hex, or PEM
 *
 * Other members are left alone.
 */

#ifndef IOATTEST_REPORT_COLLATERAL_H
#define IOATTEST_REPORT_COLLATERAL_H

#include "attest/ioattest.h"

#define IOATTEST_COLLATERAL_NAME  "collateral.json"

/*
 * Gives what Intel's services say as they would have answered it.  What has
 * a body already is left alone, and what lacks a member stays empty; chains
 * are not URL-encoded yet.
 *
 * Returns: 1; 0 after a complaint, where text is no such object or a member
 * is no string, or a signature no hex of its length.
 * Out: fetched, with memory of its own, whatever is returned.
 */
int ioattest_collateral_parse(ioa_fetched_t fetched[IOA_FETCH_MAX],
    ioa_bytes_t text) IOA_MUST_CHECK;

#endif
