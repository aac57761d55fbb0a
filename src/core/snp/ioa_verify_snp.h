/*
 * ioa_verify_snp: verifies an SEV-SNP report.
 *
 * doc/formats.md 9; AMD's specifications 56860 (firmware ABI) and 57230 (VCEK
 * certificate).  What the report is to say (measurement, host data, VMPL, the
 * least TCB, report data) is the policy's to judge, and is handed on.
 */

#ifndef IOA_VERIFY_SNP_H
#define IOA_VERIFY_SNP_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_check.h"
#include "base/ioa_reader.h"
#include "base/ioa_status.h"
#include "snp/ioa_snp.h"
#include "x509/ioa_chain.h"

/* Inputs of a verification. */
typedef struct {
    /* pinned: AMD's ARKs, their ASKs and ASVKs beside them or not */
    const ioa_roots_t  *roots;
    /* the key service's CRLs; NULL: revocation is not looked at */
    const ioa_crls_t   *crls;
    ioa_chain_cache_t  *cache;      /* or NULL */
    int64_t             now;
    /*
     * The certificate of the signing key, from a file or the key service:
     * DER or PEM, its ASK and ARK behind it or not.  Nothing to read: it is
     * taken from the report's own certificate table.
     */
    ioa_reader_t        key;
    /* out: 1 where a check of that certificate failed; may be NULL */
    int                *key_unfit;
} ioa_snp_trust_t;

/* What a verified report says. */
typedef struct {
    ioa_snp_product_t  product;
    ioa_snp_signer_t   signer;
    uint64_t           policy;
    uint64_t           platform_info;
    uint32_t           vmpl;
    ioa_snp_tcb_t      reported;
    uint8_t            report_data[IOA_SNP_REPORT_DATA_LEN];
    uint8_t            measurement[IOA_SNP_MEASUREMENT_LEN];
    uint8_t            host_data[IOA_SNP_HOST_DATA_LEN];
    uint8_t            chip_id[IOA_SNP_CHIP_ID_LEN];
    int                chip_checked;    /* the key is this chip's */
    int                provisional;     /* newer firmware runs than is
                                           committed */
    int64_t            not_after;       /* of the signing key's certificate */
} ioa_snp_t;

/*
 * Verifies a report, with the certificate table that may follow it.
 *
 * In order: form and reserved bits (ioa_snp_parse); DEBUG is off; no
 * migration agent; a guest asked for it, at VMPL 0 to 3; there is a signing
 * key; its certificate is at hand; it is a VCEK's or a VLEK's as the report
 * says, of the report's product; the chain to a pinned root, with CRLs of the
 * CAs; the certificate's TCB is the reported one; its chip is the report's
 * (not made for a masked chip, nor for a VLEK, which names none); the
 * signature; the reported TCB is committed, and no committed TCB or firmware
 * is newer than what runs; the committed TCB is at least that of the launch,
 * and with it the one that runs.
 *
 * Returns: IOA_OK; IOA_CPU_EVIDENCE_INVALID; IOA_REVOKED; IOA_TCB_REJECTED
 * (a reported TCB, or that of the launch, is not committed: it could be rolled
 * back); IOA_ATTESTATION_UNAVAILABLE, and only then, where no
 * certificate is at hand: ioa_snp_kds_path has what to ask for; out of memory
 * is IOA_CPU_EVIDENCE_INVALID.
 * Out: snp, all zero unless IOA_OK; checks, a line for each of the above,
 * may be NULL.
 */
ioa_status_t ioa_snp_verify(ioa_snp_t *snp, ioa_checks_t *checks,
    const uint8_t *data, size_t len, const ioa_snp_trust_t *trust)
    IOA_MUST_CHECK;

/*
 * What a report says of itself, whether or not it is verified.
 * Out: snp, but for what only a certificate says, which is zero; product as
 * the report names it.
 */
void ioa_snp_claims(ioa_snp_t *snp, const ioa_snp_view_t *view);

#endif
