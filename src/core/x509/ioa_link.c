/*
 * ioa_link: one certificate, as parsed by ioa_cert and by OpenSSL.
 */

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdlib.h>
#include <string.h>

#include "base/ioa_sha256.h"
#include "crypto/ioa_ecdsa.h"
#include "x509/ioa_link.h"
#include "x509/ioa_der.h"

#define IOA_CHAIN_SECURITY_MIN  112         /* bits */
#define IOA_CHAIN_RSA_MIN       2048
#define IOA_CHAIN_RSA_MAX       8192


/* ioa_cert has recognised P-256 and P-384; other keys must be RSA. */
static int
ioa_link_key_usable(const ioa_link_t *link)
{
    int        bits;
    EVP_PKEY  *key;

    key = X509_get0_pubkey(link->x509);

    if (key == NULL) {
        return 0;
    }

    if (ioa_reader_left(&link->cert.point) != 0) {
        return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC;
    }

    bits = EVP_PKEY_get_bits(key);

    return (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA
            || EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS)
           && bits >= IOA_CHAIN_RSA_MIN && bits <= IOA_CHAIN_RSA_MAX;
}


static int
ioa_link_signature_usable(const ioa_link_t *link)
{
    int       bits;
    uint32_t  flags;

    return X509_get_signature_info(link->x509, NULL, NULL, &bits, &flags) == 1
           && (flags & X509_SIG_INFO_VALID)
           && bits >= IOA_CHAIN_SECURITY_MIN;
}


static int
ioa_link_open(ioa_link_t *link, ioa_reader_t der)
{
    const uint8_t  *p;

    if (!ioa_cert_parse(&link->cert, der)) {
        return 0;
    }

    p = der.pos;
    link->x509 = d2i_X509(NULL, &p, (long) der.left);

    if (link->x509 == NULL
        || p != der.pos + der.left
        || (X509_get_extension_flags(link->x509) & EXFLAG_INVALID)
        || !ioa_link_key_usable(link)
        || !ioa_link_signature_usable(link))
    {
        return 0;
    }

    /* -1 if there is no limit; all bits if there is no keyUsage */

    link->ca = X509_check_ca(link->x509);
    link->path_len = X509_get_pathlen(link->x509);
    link->key_usage = X509_get_key_usage(link->x509);

    ioa_sha256(link->der32, link->cert.der.pos, link->cert.der.left);
    ioa_sha256(link->spki32, link->cert.spki.pos, link->cert.spki.left);

    return 1;
}


ioa_chain_rc_t
ioa_link_new(ioa_link_t **link, ioa_reader_t der)
{
    int           good;
    ioa_link_t   *made;
    ioa_reader_t  own;

    *link = NULL;

    if (ioa_reader_left(&der) > IOA_CHAIN_CERT_LEN_MAX) {
        return IOA_CHAIN_MALFORMED;
    }

    made = calloc(1, sizeof(ioa_link_t));

    if (made == NULL) {
        return IOA_CHAIN_NO_MEMORY;
    }

    atomic_init(&made->refs, 1);
    made->bytes = malloc(der.left + 1);

    if (made->bytes == NULL) {
        ioa_link_drop(made);
        return IOA_CHAIN_NO_MEMORY;
    }

    memcpy(made->bytes, der.pos, der.left);
    ioa_reader_init(&own, made->bytes, der.left);

    (void) ERR_set_mark();
    good = ioa_link_open(made, own);
    (void) ERR_pop_to_mark();

    if (!good) {
        ioa_link_drop(made);
        return IOA_CHAIN_MALFORMED;
    }

    *link = made;

    return IOA_CHAIN_OK;
}


void
ioa_link_hold(ioa_link_t *link)
{
    (void) atomic_fetch_add(&link->refs, 1);
}


void
ioa_link_drop(ioa_link_t *link)
{
    if (link != NULL && atomic_fetch_sub(&link->refs, 1) == 1) {
        X509_free(link->x509);
        free(link->bytes);
        free(link);
    }
}


int
ioa_link_names(const ioa_link_t *link, const ioa_link_t *issuer)
{
    return ioa_der_equal(link->cert.issuer, issuer->cert.subject)
           && X509_check_issued(issuer->x509, link->x509) == X509_V_OK;
}


int
ioa_link_signature(const ioa_link_t *link, const ioa_link_t *issuer)
{
    return X509_verify(link->x509, X509_get0_pubkey(issuer->x509)) == 1;
}


int
ioa_link_ecdsa_verify(const ioa_link_t *link, const uint8_t *sig,
    size_t sig_len, ioa_reader_t bytes)
{
    return ioa_ecdsa_verify_key(X509_get0_pubkey(link->x509),
                                ioa_reader_left(&link->cert.point), sig,
                                sig_len, bytes);
}
