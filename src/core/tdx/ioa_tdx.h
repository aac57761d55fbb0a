/*
 * ioa_tdx: an Intel TDX quote, version 4 or 5, to its fields.
 *
 * Layout: Intel TDX DCAP Quoting Library API, appendix A.3 and A.4 (quote),
 * Intel TDX Module specification (TDREPORT); doc/formats.md 8.1.  Nothing is
 * verified here save that the layout is one that we know.
 */

#ifndef IOA_TDX_H
#define IOA_TDX_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"

#define IOA_TDX_QUOTE_LEN_MAX    65536

#define IOA_TDX_HEADER_LEN       48
#define IOA_TDX_BODY10_LEN       584
#define IOA_TDX_BODY15_LEN       648
#define IOA_TDX_VENDOR_LEN       16
#define IOA_TDX_USER_DATA_LEN    20
#define IOA_TDX_SVN_LEN          16
#define IOA_TDX_MR_LEN           48
#define IOA_TDX_ATTRIBUTES_LEN   8
#define IOA_TDX_RTMRS            4
#define IOA_TDX_REPORT_DATA_LEN  64
#define IOA_TDX_SIG_LEN          64
#define IOA_TDX_KEY_LEN          64
#define IOA_TDX_QE_REPORT_LEN    384
#define IOA_TDX_QE_HASH_LEN      32

#define IOA_TDX_BODY_TD10        2
#define IOA_TDX_BODY_TD15        3

/* What the TDX module says of the trust domain.  td15: both last fields. */
typedef struct {
    int       td15;
    uint8_t   tee_tcb_svn[IOA_TDX_SVN_LEN];
    uint8_t   mr_seam[IOA_TDX_MR_LEN];
    uint8_t   mrsigner_seam[IOA_TDX_MR_LEN];
    uint8_t   seam_attributes[IOA_TDX_ATTRIBUTES_LEN];
    uint64_t  td_attributes;
    uint64_t  xfam;
    uint8_t   mr_td[IOA_TDX_MR_LEN];
    uint8_t   mr_config_id[IOA_TDX_MR_LEN];
    uint8_t   mr_owner[IOA_TDX_MR_LEN];
    uint8_t   mr_owner_config[IOA_TDX_MR_LEN];
    uint8_t   rtmr[IOA_TDX_RTMRS][IOA_TDX_MR_LEN];
    uint8_t   report_data[IOA_TDX_REPORT_DATA_LEN];
    uint8_t   tee_tcb_svn2[IOA_TDX_SVN_LEN];
    uint8_t   mr_servicetd[IOA_TDX_MR_LEN];
} ioa_tdx_body_t;

/* An enclave's SGX report: in a quote that of the quoting enclave. */
typedef struct {
    uint8_t   cpusvn[IOA_TDX_SVN_LEN];
    uint32_t  miscselect;
    uint8_t   attributes[16];
    uint8_t   mrenclave[IOA_TDX_QE_HASH_LEN];
    uint8_t   mrsigner[IOA_TDX_QE_HASH_LEN];
    uint16_t  isvprodid;
    uint16_t  isvsvn;
    uint8_t   report_data[IOA_TDX_REPORT_DATA_LEN];
} ioa_tdx_qe_t;

/* Readers borrow from the quote. */
typedef struct {
    uint16_t        version;
    uint8_t         vendor[IOA_TDX_VENDOR_LEN];
    uint8_t         user_data[IOA_TDX_USER_DATA_LEN];
    ioa_tdx_body_t  body;
    ioa_reader_t    signed_part;    /* header and body: what is signed */
    ioa_reader_t    signature;      /* by key, over signed_part */
    ioa_reader_t    key;            /* the attestation key, X || Y */
    ioa_tdx_qe_t    qe;
    ioa_reader_t    qe_report;      /* the report's bytes */
    ioa_reader_t    qe_signature;   /* by the PCK, over qe_report */
    ioa_reader_t    qe_auth;        /* bound together with key */
    ioa_reader_t    certs;          /* PEM, leaf first */
    size_t          trailing;       /* bytes behind the quote */
} ioa_tdx_quote_t;

typedef enum {
    IOA_TDX_OK = 0,
    IOA_TDX_TOO_LONG,
    IOA_TDX_TRUNCATED,              /* a field reaches beyond the end */
    IOA_TDX_VERSION,                /* below 4 */
    IOA_TDX_VERSION_NEWER,          /* above 5 */
    IOA_TDX_KEY_TYPE,               /* not ECDSA with P-256 */
    IOA_TDX_KEY_NEWER,              /* a type above that */
    IOA_TDX_TEE_TYPE,               /* not a trust domain's */
    IOA_TDX_BODY,                   /* neither TD 1.0 nor TD 1.5 */
    IOA_TDX_BODY_NEWER,             /* a type above those */
    IOA_TDX_CERT_TYPE,              /* not a PCK chain */
    IOA_TDX_SIZES                   /* nested sizes do not fit exactly */
} ioa_tdx_rc_t;

/* A few words for a person.  Never NULL. */
const char *ioa_tdx_rc_name(ioa_tdx_rc_t rc);

/*
 * Parses a quote.  Bytes behind the signature data are tolerated, as
 * platforms hand out fixed buffers: nothing signs them and nothing reads
 * them.
 *
 * Returns: IOA_TDX_OK or what is wrong.  Out: quote, zero unless OK.
 */
ioa_tdx_rc_t ioa_tdx_parse(ioa_tdx_quote_t *quote, const uint8_t *data,
    size_t len) IOA_MUST_CHECK;

/*
 * Reads an SGX report, IOA_TDX_QE_REPORT_LEN bytes and no more.
 * Returns: 1; 0 where r is not as long, qe may hold part of it then.
 */
int ioa_tdx_qe_parse(ioa_tdx_qe_t *qe, ioa_reader_t r) IOA_MUST_CHECK;

#endif
