/*
 * ioa_snp_cert: see ioa_snp_cert.h.
 */

#include <string.h>

#include "snp/ioa_snp_cert.h"
#include "x509/ioa_der.h"

#define IOA_SNP_OID             "1.3.6.1.4.1.3704.1."
#define IOA_SNP_OID_VERSION     IOA_SNP_OID "1"
#define IOA_SNP_OID_PRODUCT     IOA_SNP_OID "2"
#define IOA_SNP_OID_BOOTLOADER  IOA_SNP_OID "3.1"
#define IOA_SNP_OID_TEE         IOA_SNP_OID "3.2"
#define IOA_SNP_OID_SNP         IOA_SNP_OID "3.3"
#define IOA_SNP_OID_MICROCODE   IOA_SNP_OID "3.8"
#define IOA_SNP_OID_FMC         IOA_SNP_OID "3.9"
#define IOA_SNP_OID_CHIP        IOA_SNP_OID "4"
#define IOA_SNP_OID_PROVIDER    IOA_SNP_OID "5"

#define IOA_SNP_CERT_VERSION_MAX  1     /* 1 brought FMC */

static const char *const  ioa_snp_reserved_oids[] = {
    IOA_SNP_OID "3.4", IOA_SNP_OID "3.5", IOA_SNP_OID "3.6", IOA_SNP_OID "3.7"
};

#define IOA_SNP_RESERVED_OIDS                                                 \
    (sizeof(ioa_snp_reserved_oids) / sizeof(ioa_snp_reserved_oids[0]))


/* An extension that is one INTEGER of 0 to max. */
IOA_MUST_CHECK static int
ioa_snp_cert_number(uint8_t *value, const ioa_chain_t *chain, const char *oid,
    uint8_t max)
{
    uint64_t      n;
    ioa_reader_t  r;

    if (!ioa_chain_extension(&r, chain, 0, oid)
        || !ioa_der_uint(&r, &n)
        || n > max
        || ioa_reader_left(&r) != 0)
    {
        return 0;
    }

    *value = (uint8_t) n;

    return 1;
}


/* Components that stand for nothing yet: absent or zero. */
static int
ioa_snp_cert_reserved(const ioa_chain_t *chain)
{
    size_t        i;
    uint8_t       zero;
    ioa_reader_t  r;

    for (i = 0; i < IOA_SNP_RESERVED_OIDS; i++) {
        if (ioa_chain_extension(&r, chain, 0, ioa_snp_reserved_oids[i])
            && !ioa_snp_cert_number(&zero, chain, ioa_snp_reserved_oids[i],
                                    0))
        {
            return 0;
        }
    }

    return 1;
}


static int
ioa_snp_cert_tcb(ioa_snp_cert_t *cert, const ioa_chain_t *chain)
{
    ioa_snp_tcb_t  *tcb;

    tcb = &cert->tcb;

    return ioa_snp_cert_number(&tcb->bootloader, chain,
                               IOA_SNP_OID_BOOTLOADER, UINT8_MAX)
           && ioa_snp_cert_number(&tcb->tee, chain, IOA_SNP_OID_TEE,
                                  UINT8_MAX)
           && ioa_snp_cert_number(&tcb->snp, chain, IOA_SNP_OID_SNP,
                                  UINT8_MAX)
           && ioa_snp_cert_number(&tcb->microcode, chain,
                                  IOA_SNP_OID_MICROCODE, UINT8_MAX)
           && (cert->product != IOA_SNP_TURIN
               || ioa_snp_cert_number(&tcb->fmc, chain, IOA_SNP_OID_FMC,
                                      UINT8_MAX))
           && ioa_snp_cert_reserved(chain);
}


/* The product whose name a text is. */
static ioa_snp_product_t
ioa_snp_cert_product(const char *name)
{
    int  product;

    for (product = IOA_SNP_MILAN; product <= IOA_SNP_TURIN; product++) {
        if (strcmp(name, ioa_snp_product_name((ioa_snp_product_t) product))
            == 0)
        {
            return (ioa_snp_product_t) product;
        }
    }

    return IOA_SNP_PRODUCT_UNKNOWN;
}


/* Subject and issuer say what key it is, and of which product. */
static int
ioa_snp_cert_names(ioa_snp_cert_t *cert, const ioa_chain_t *chain)
{
    size_t       n;
    char         subject[IOA_CHAIN_CN_MAX + 1], issuer[IOA_CHAIN_CN_MAX + 1];
    const char  *prefix;

    if (!ioa_chain_subject_cn(subject, chain, 0)
        || !ioa_chain_issuer_cn(issuer, chain, 0))
    {
        return 0;
    }

    if (strcmp(subject, "SEV-VCEK") == 0) {
        cert->signer = IOA_SNP_VCEK;
        prefix = "SEV-";

    } else if (strcmp(subject, "SEV-VLEK") == 0) {
        cert->signer = IOA_SNP_VLEK;
        prefix = "SEV-VLEK-";

    } else {
        return 0;
    }

    n = strlen(prefix);

    if (strncmp(issuer, prefix, n) != 0) {
        return 0;
    }

    cert->product = ioa_snp_cert_product(issuer + n);

    return cert->product != IOA_SNP_PRODUCT_UNKNOWN;
}


/* The product's name in the leaf, a stepping behind it or not. */
static int
ioa_snp_cert_product_name(const ioa_snp_cert_t *cert,
    const ioa_chain_t *chain)
{
    uint8_t       dash;
    const char   *name;
    ioa_reader_t  r, text;

    name = ioa_snp_product_name(cert->product);

    if (!ioa_chain_extension(&r, chain, 0, IOA_SNP_OID_PRODUCT)
        || !ioa_der_take(&r, IOA_DER_IA5, &text)
        || ioa_reader_left(&r) != 0
        || !ioa_reader_match(&text, name, strlen(name)))
    {
        return 0;
    }

    return ioa_reader_left(&text) == 0
           || (ioa_reader_u8(&text, &dash) && dash == '-');
}


/* A chip's id: raw, or as an OCTET STRING. */
static int
ioa_snp_cert_chip(ioa_snp_cert_t *cert, const ioa_chain_t *chain)
{
    size_t        len;
    ioa_reader_t  r, content;

    len = cert->product == IOA_SNP_TURIN ? IOA_SNP_TURIN_CHIP_ID_LEN
                                         : IOA_SNP_CHIP_ID_LEN;

    if (!ioa_chain_extension(&r, chain, 0, IOA_SNP_OID_CHIP)) {
        return 0;
    }

    if (ioa_reader_left(&r) == len) {
        cert->chip = r;
        return 1;
    }

    if (!ioa_der_take(&r, IOA_DER_OCTET_STRING, &content)
        || ioa_reader_left(&r) != 0
        || ioa_reader_left(&content) != len)
    {
        return 0;
    }

    cert->chip = content;

    return 1;
}


/* Whose key it is: the chip's (VCEK) or the cloud provider's (VLEK). */
static int
ioa_snp_cert_owner(ioa_snp_cert_t *cert, const ioa_chain_t *chain)
{
    ioa_reader_t  r, name;

    if (cert->signer == IOA_SNP_VCEK) {
        return ioa_snp_cert_chip(cert, chain);
    }

    return ioa_chain_extension(&r, chain, 0, IOA_SNP_OID_PROVIDER)
           && ioa_der_take(&r, IOA_DER_IA5, &name)
           && ioa_reader_left(&r) == 0
           && ioa_reader_left(&name) != 0;
}


int
ioa_snp_cert_read(ioa_snp_cert_t *cert, const ioa_chain_t *chain)
{
    uint8_t  version;

    memset(cert, 0, sizeof(ioa_snp_cert_t));

    if (ioa_snp_cert_number(&version, chain, IOA_SNP_OID_VERSION,
                            IOA_SNP_CERT_VERSION_MAX)
        && ioa_snp_cert_names(cert, chain)
        && ioa_snp_cert_product_name(cert, chain)
        && ioa_snp_cert_tcb(cert, chain)
        && ioa_snp_cert_owner(cert, chain))
    {
        return 1;
    }

    memset(cert, 0, sizeof(ioa_snp_cert_t));

    return 0;
}
