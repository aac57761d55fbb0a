/*
 * inspect_sgx: see inspect_sgx.h.
 */

#include <string.h>

#include "inspect_sgx.h"

#define IOATTEST_SGX_KEY_ECDSA_P256  2
#define IOATTEST_SGX_BODY            1      /* since version 5 */
#define IOATTEST_SGX_CERT_QE         6      /* since version 4 */
#define IOATTEST_SGX_CERT_PCK_CHAIN  5

static const uint8_t  ioattest_sgx_vendor[IOA_TDX_VENDOR_LEN] = {
    0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
    0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07
};


/* In version 3 the word for the TEE's type is reserved, and 0. */
static int
ioattest_sgx_header(ioattest_sgx_t *sgx, ioa_reader_t *r)
{
    uint16_t  key, svn, body;
    uint32_t  tee, size;

    if (!ioa_reader_u16le(r, &sgx->version)
        || sgx->version < 3 || sgx->version > 5
        || !ioa_reader_u16le(r, &key)
        || key != IOATTEST_SGX_KEY_ECDSA_P256
        || !ioa_reader_u32le(r, &tee) || tee != 0
        || !ioa_reader_u16le(r, &svn)
        || !ioa_reader_u16le(r, &svn)
        || !ioa_reader_copy(r, sgx->vendor, IOA_TDX_VENDOR_LEN)
        || memcmp(sgx->vendor, ioattest_sgx_vendor, IOA_TDX_VENDOR_LEN) != 0
        || !ioa_reader_copy(r, sgx->user_data, IOA_TDX_USER_DATA_LEN))
    {
        return 0;
    }

    return sgx->version < 5
           || (ioa_reader_u16le(r, &body) && body == IOATTEST_SGX_BODY
               && ioa_reader_u32le(r, &size)
               && size == IOA_TDX_QE_REPORT_LEN);
}


/* The QE's report and its certification data, which ends the quote. */
static int
ioattest_sgx_certified(ioattest_sgx_t *sgx, ioa_reader_t *r)
{
    uint16_t      auth, type;
    uint32_t      size;
    ioa_reader_t  report, certs;

    if (!ioa_reader_sub(r, &report, IOA_TDX_QE_REPORT_LEN)
        || !ioa_tdx_qe_parse(&sgx->qe, report)
        || !ioa_reader_skip(r, IOA_TDX_SIG_LEN)
        || !ioa_reader_u16le(r, &auth)
        || !ioa_reader_skip(r, auth)
        || !ioa_reader_u16le(r, &type)
        || !ioa_reader_u32le(r, &size)
        || !ioa_reader_sub(r, &certs, size)
        || ioa_reader_left(r) != 0)
    {
        return 0;
    }

    if (type == IOATTEST_SGX_CERT_PCK_CHAIN) {
        sgx->certs = certs;
    }

    return 1;
}


static int
ioattest_sgx_signature(ioattest_sgx_t *sgx, ioa_reader_t *r)
{
    uint16_t      type;
    uint32_t      size;
    ioa_reader_t  qe;

    if (!ioa_reader_skip(r, IOA_TDX_SIG_LEN)
        || !ioa_reader_skip(r, IOA_TDX_KEY_LEN))
    {
        return 0;
    }

    if (sgx->version == 3) {
        return ioattest_sgx_certified(sgx, r);
    }

    return ioa_reader_u16le(r, &type) && type == IOATTEST_SGX_CERT_QE
           && ioa_reader_u32le(r, &size)
           && ioa_reader_sub(r, &qe, size)
           && ioa_reader_left(r) == 0
           && ioattest_sgx_certified(sgx, &qe);
}


int
ioattest_sgx_parse(ioattest_sgx_t *sgx, ioa_reader_t r)
{
    size_t        len;
    uint32_t      size;
    ioa_reader_t  body, sig;

    memset(sgx, 0, sizeof(ioattest_sgx_t));
    len = ioa_reader_left(&r);

    if (!ioattest_sgx_header(sgx, &r)
        || !ioa_reader_sub(&r, &body, IOA_TDX_QE_REPORT_LEN)
        || !ioa_tdx_qe_parse(&sgx->enclave, body)
        || !ioa_reader_u32le(&r, &size)
        || !ioa_reader_sub(&r, &sig, size)
        || !ioattest_sgx_signature(sgx, &sig))
    {
        return 0;
    }

    sgx->len = len - ioa_reader_left(&r);

    return 1;
}
