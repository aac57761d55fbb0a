/*
 * ioa_snp_cert: what the certificate of a VCEK or VLEK says, in names and
 * AMD's extensions (57230, tables of the VCEK and VLEK certificates).
 */

#ifndef IOA_SNP_CERT_H
#define IOA_SNP_CERT_H

#include "base/ioa_status.h"
#include "snp/ioa_snp.h"
#include "x509/ioa_chain.h"

typedef struct {
    ioa_snp_signer_t   signer;
    ioa_snp_product_t  product;
    ioa_snp_tcb_t      tcb;
    ioa_reader_t       chip;    /* raw; nothing to read for a VLEK */
} ioa_snp_cert_t;

/*
 * Reads the chain's leaf: commonName SEV-VCEK, issued by SEV-{product}, with
 * a chip's id; or SEV-VLEK, issued by SEV-VLEK-{product}, with a provider's
 * id.  The product name in the leaf must be the issuer's, a stepping behind
 * it ("Milan-B0") aside.
 *
 * Returns: 1; 0 where it is not such.
 * Out: cert, borrowing from chain; all zero on 0.
 */
int ioa_snp_cert_read(ioa_snp_cert_t *cert, const ioa_chain_t *chain)
    IOA_MUST_CHECK;

#endif
