/*
 * inspect_sgx: a view of an Intel SGX quote, version 3, 4 or 5.  The gateway
 * accepts none; inspect can say so.
 *
 * Layout: Intel SGX ECDSA Quote Library Reference, appendix A.4 (version 3);
 * Intel TDX DCAP Quoting Library API, appendix A.3 (versions 4 and 5).
 */

#ifndef IOATTEST_INSPECT_SGX_H
#define IOATTEST_INSPECT_SGX_H

#include "attest/ioattest.h"

/* certs borrows from the quote; empty if it is not a PEM chain. */
typedef struct {
    uint16_t      version;
    uint8_t       vendor[IOA_TDX_VENDOR_LEN];
    uint8_t       user_data[IOA_TDX_USER_DATA_LEN];
    ioa_tdx_qe_t  enclave;
    ioa_tdx_qe_t  qe;
    ioa_reader_t  certs;
    size_t        len;          /* of the quote */
} ioattest_sgx_t;

/* Returns: 1; 0 if r does not begin with a complete quote. */
int ioattest_sgx_parse(ioattest_sgx_t *sgx, ioa_reader_t r) IOA_MUST_CHECK;

#endif
