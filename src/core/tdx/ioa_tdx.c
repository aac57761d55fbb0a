/*
 * ioa_tdx: see ioa_tdx.h.
 */

#include <string.h>

#include "tdx/ioa_tdx.h"

#define IOA_TDX_KEY_ECDSA_P256     2
#define IOA_TDX_TEE_TDX            0x81
#define IOA_TDX_CERT_QE            6        /* QE report and what certifies */
#define IOA_TDX_CERT_PCK_CHAIN     5        /* PEM */

#define IOA_SGX_REPORT_RESERVED1   28       /* behind miscselect */
#define IOA_SGX_REPORT_RESERVED2   32       /* behind mrenclave */
#define IOA_SGX_REPORT_RESERVED3   96       /* behind mrsigner */
#define IOA_SGX_REPORT_RESERVED4   60       /* behind isvsvn */


const char *
ioa_tdx_rc_name(ioa_tdx_rc_t rc)
{
    static const char *const  names[] = {
        [IOA_TDX_OK] = "ok",
        [IOA_TDX_TOO_LONG] = "too long",
        [IOA_TDX_TRUNCATED] = "truncated",
        [IOA_TDX_VERSION] = "version is neither 4 nor 5",
        [IOA_TDX_VERSION_NEWER] = "version is above 5: " IOA_NEWER_FORMAT,
        [IOA_TDX_KEY_TYPE] = "attestation key is not ECDSA P-256",
        [IOA_TDX_KEY_NEWER] = "type of the attestation key: "
                              IOA_NEWER_FORMAT,
        [IOA_TDX_TEE_TYPE] = "not of a trust domain",
        [IOA_TDX_BODY] = "body is neither TD 1.0 nor TD 1.5",
        [IOA_TDX_BODY_NEWER] = "body is above TD 1.5: " IOA_NEWER_FORMAT,
        [IOA_TDX_CERT_TYPE] = "certification data is no PCK chain",
        [IOA_TDX_SIZES] = "sizes do not fit each other"
    };

    return (size_t) rc < sizeof(names) / sizeof(names[0]) ? names[rc]
                                                          : "unknown";
}


static ioa_tdx_rc_t
ioa_tdx_header(ioa_tdx_quote_t *quote, ioa_reader_t *r)
{
    uint16_t  key_type, svn;
    uint32_t  tee_type;

    if (!ioa_reader_u16le(r, &quote->version)
        || !ioa_reader_u16le(r, &key_type)
        || !ioa_reader_u32le(r, &tee_type)
        || !ioa_reader_u16le(r, &svn)       /* of the QE; its report counts */
        || !ioa_reader_u16le(r, &svn)       /* of the PCE */
        || !ioa_reader_copy(r, quote->vendor, IOA_TDX_VENDOR_LEN)
        || !ioa_reader_copy(r, quote->user_data, IOA_TDX_USER_DATA_LEN))
    {
        return IOA_TDX_TRUNCATED;
    }

    if (tee_type != IOA_TDX_TEE_TDX) {
        return IOA_TDX_TEE_TYPE;
    }

    if (quote->version != 4 && quote->version != 5) {
        return quote->version > 5 ? IOA_TDX_VERSION_NEWER : IOA_TDX_VERSION;
    }

    if (key_type != IOA_TDX_KEY_ECDSA_P256) {
        return key_type > IOA_TDX_KEY_ECDSA_P256 ? IOA_TDX_KEY_NEWER
                                                 : IOA_TDX_KEY_TYPE;
    }

    return IOA_TDX_OK;
}


/* Version 5 says which body follows and how long it is. */
static ioa_tdx_rc_t
ioa_tdx_body_type(ioa_tdx_quote_t *quote, ioa_reader_t *r)
{
    uint16_t  type;
    uint32_t  size;

    if (quote->version == 4) {
        return IOA_TDX_OK;
    }

    if (!ioa_reader_u16le(r, &type) || !ioa_reader_u32le(r, &size)) {
        return IOA_TDX_TRUNCATED;
    }

    quote->body.td15 = type == IOA_TDX_BODY_TD15;

    if (type != IOA_TDX_BODY_TD10 && type != IOA_TDX_BODY_TD15) {
        return type > IOA_TDX_BODY_TD15 ? IOA_TDX_BODY_NEWER : IOA_TDX_BODY;
    }

    return size == (quote->body.td15 ? IOA_TDX_BODY15_LEN
                                     : IOA_TDX_BODY10_LEN)
           ? IOA_TDX_OK : IOA_TDX_BODY;
}


static ioa_tdx_rc_t
ioa_tdx_body(ioa_tdx_body_t *body, ioa_reader_t *r)
{
    size_t  i;

    if (!ioa_reader_copy(r, body->tee_tcb_svn, IOA_TDX_SVN_LEN)
        || !ioa_reader_copy(r, body->mr_seam, IOA_TDX_MR_LEN)
        || !ioa_reader_copy(r, body->mrsigner_seam, IOA_TDX_MR_LEN)
        || !ioa_reader_copy(r, body->seam_attributes, IOA_TDX_ATTRIBUTES_LEN)
        || !ioa_reader_u64le(r, &body->td_attributes)
        || !ioa_reader_u64le(r, &body->xfam)
        || !ioa_reader_copy(r, body->mr_td, IOA_TDX_MR_LEN)
        || !ioa_reader_copy(r, body->mr_config_id, IOA_TDX_MR_LEN)
        || !ioa_reader_copy(r, body->mr_owner, IOA_TDX_MR_LEN)
        || !ioa_reader_copy(r, body->mr_owner_config, IOA_TDX_MR_LEN))
    {
        return IOA_TDX_TRUNCATED;
    }

    for (i = 0; i < IOA_TDX_RTMRS; i++) {
        if (!ioa_reader_copy(r, body->rtmr[i], IOA_TDX_MR_LEN)) {
            return IOA_TDX_TRUNCATED;
        }
    }

    if (!ioa_reader_copy(r, body->report_data, IOA_TDX_REPORT_DATA_LEN)) {
        return IOA_TDX_TRUNCATED;
    }

    if (!body->td15) {
        return IOA_TDX_OK;
    }

    return ioa_reader_copy(r, body->tee_tcb_svn2, IOA_TDX_SVN_LEN)
           && ioa_reader_copy(r, body->mr_servicetd, IOA_TDX_MR_LEN)
           ? IOA_TDX_OK : IOA_TDX_TRUNCATED;
}


/* The SGX REPORTBODY. */
int
ioa_tdx_qe_parse(ioa_tdx_qe_t *qe, ioa_reader_t r)
{
    return ioa_reader_copy(&r, qe->cpusvn, sizeof(qe->cpusvn))
           && ioa_reader_u32le(&r, &qe->miscselect)
           && ioa_reader_skip(&r, IOA_SGX_REPORT_RESERVED1)
           && ioa_reader_copy(&r, qe->attributes, sizeof(qe->attributes))
           && ioa_reader_copy(&r, qe->mrenclave, sizeof(qe->mrenclave))
           && ioa_reader_skip(&r, IOA_SGX_REPORT_RESERVED2)
           && ioa_reader_copy(&r, qe->mrsigner, sizeof(qe->mrsigner))
           && ioa_reader_skip(&r, IOA_SGX_REPORT_RESERVED3)
           && ioa_reader_u16le(&r, &qe->isvprodid)
           && ioa_reader_u16le(&r, &qe->isvsvn)
           && ioa_reader_skip(&r, IOA_SGX_REPORT_RESERVED4)
           && ioa_reader_copy(&r, qe->report_data, sizeof(qe->report_data))
           && ioa_reader_left(&r) == 0;
}


/* Takes a type and a size.  Out: data, what is of this type. */
static ioa_tdx_rc_t
ioa_tdx_certified(ioa_reader_t *r, ioa_reader_t *data, uint16_t want)
{
    uint16_t  type;
    uint32_t  size;

    if (!ioa_reader_u16le(r, &type) || !ioa_reader_u32le(r, &size)) {
        return IOA_TDX_SIZES;
    }

    if (type != want) {
        return IOA_TDX_CERT_TYPE;
    }

    /* it ends where its surroundings end */

    return ioa_reader_sub(r, data, size) && ioa_reader_left(r) == 0
           ? IOA_TDX_OK : IOA_TDX_SIZES;
}


static ioa_tdx_rc_t
ioa_tdx_signature_data(ioa_tdx_quote_t *quote, ioa_reader_t r)
{
    uint16_t      n;
    ioa_tdx_rc_t  rc;
    ioa_reader_t  qe;

    if (!ioa_reader_sub(&r, &quote->signature, IOA_TDX_SIG_LEN)
        || !ioa_reader_sub(&r, &quote->key, IOA_TDX_KEY_LEN))
    {
        return IOA_TDX_SIZES;
    }

    rc = ioa_tdx_certified(&r, &qe, IOA_TDX_CERT_QE);

    if (rc != IOA_TDX_OK) {
        return rc;
    }

    if (!ioa_reader_sub(&qe, &quote->qe_report, IOA_TDX_QE_REPORT_LEN)
        || !ioa_tdx_qe_parse(&quote->qe, quote->qe_report)
        || !ioa_reader_sub(&qe, &quote->qe_signature, IOA_TDX_SIG_LEN)
        || !ioa_reader_u16le(&qe, &n)
        || !ioa_reader_sub(&qe, &quote->qe_auth, n))
    {
        return IOA_TDX_SIZES;
    }

    return ioa_tdx_certified(&qe, &quote->certs, IOA_TDX_CERT_PCK_CHAIN);
}


static ioa_tdx_rc_t
ioa_tdx_read(ioa_tdx_quote_t *quote, const uint8_t *data, size_t len)
{
    uint32_t      size;
    ioa_reader_t  r, sig;
    ioa_tdx_rc_t  rc;

    if (len > IOA_TDX_QUOTE_LEN_MAX) {
        return IOA_TDX_TOO_LONG;
    }

    ioa_reader_init(&r, data, len);
    rc = ioa_tdx_header(quote, &r);

    if (rc == IOA_TDX_OK) {
        rc = ioa_tdx_body_type(quote, &r);
    }

    if (rc == IOA_TDX_OK) {
        rc = ioa_tdx_body(&quote->body, &r);
    }

    if (rc != IOA_TDX_OK) {
        return rc;
    }

    ioa_reader_init(&quote->signed_part, data, len - ioa_reader_left(&r));

    if (!ioa_reader_u32le(&r, &size) || !ioa_reader_sub(&r, &sig, size)) {
        return IOA_TDX_TRUNCATED;
    }

    quote->trailing = ioa_reader_left(&r);

    return ioa_tdx_signature_data(quote, sig);
}


ioa_tdx_rc_t
ioa_tdx_parse(ioa_tdx_quote_t *quote, const uint8_t *data, size_t len)
{
    ioa_tdx_rc_t  rc;

    memset(quote, 0, sizeof(*quote));
    rc = ioa_tdx_read(quote, data, len);

    if (rc != IOA_TDX_OK) {
        memset(quote, 0, sizeof(*quote));
    }

    return rc;
}
