/*
 * ioa_crl: revocation lists.  See ioa_chain.h.
 */

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdlib.h>
#include <string.h>

#include "base/ioa_sha256.h"
#include "x509/ioa_der.h"
#include "x509/ioa_link.h"
#include "x509/ioa_pem.h"


/*
 * Reads one CRL, PEM or DER, from data.
 * Out: der, in work, which is at least as long as data, or in data.
 */
IOA_MUST_CHECK static int
ioa_crl_der(ioa_reader_t *der, uint8_t *work, ioa_reader_t data)
{
    uint8_t       first;
    ioa_reader_t  next;

    if (ioa_reader_peek(&data, &first) && first == IOA_DER_SEQUENCE) {
        *der = data;
        return 1;
    }

    return ioa_pem_next(&data, der, work, IOA_PEM_CRL, 0) == IOA_PEM_OK
           && ioa_pem_next(&data, &next, work + ioa_reader_left(der),
                           IOA_PEM_CRL, 0) == IOA_PEM_END;
}


ioa_crls_t *
ioa_crls_new(void)
{
    return calloc(1, sizeof(ioa_crls_t));
}


void
ioa_crls_free(ioa_crls_t *crls)
{
    if (crls == NULL) {
        return;
    }

    while (crls->n > 0) {
        X509_CRL_free(crls->list[--crls->n].crl);
    }

    free(crls);
}


void
ioa_crls_slack(ioa_crls_t *crls, int64_t seconds)
{
    crls->slack = seconds;
}


int64_t
ioa_crls_expire(const ioa_crls_t *crls)
{
    size_t   i;
    int64_t  when;

    for (i = 0, when = 0; i < crls->n; i++) {
        if (i == 0 || crls->list[i].next_update < when) {
            when = crls->list[i].next_update;
        }
    }

    return crls->n == 0 ? 0 : when + crls->slack;
}


int
ioa_crl_time(int64_t *seconds, const ASN1_TIME *t)
{
    ioa_reader_t  text;

    if (t == NULL) {
        return 0;
    }

    ioa_reader_init(&text, ASN1_STRING_get0_data(t),
                    (size_t) ASN1_STRING_length(t));

    /* OpenSSL's types have the values of the DER tags */

    return ioa_der_time_text(seconds, (uint8_t) ASN1_STRING_type(t), text);
}


/*
 * A critical extension, of the list or of an entry, changes its meaning.  So
 * do these, which should be critical: a delta, a list for some certificates
 * only (issuingDistributionPoint), an entry of another issuer.
 */
static int
ioa_crl_plain(X509_CRL *crl)
{
    int                     i;
    X509_REVOKED           *entry;
    STACK_OF(X509_REVOKED) *entries;

    if (X509_CRL_get_ext_by_critical(crl, 1, -1) >= 0
        || X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0
        || X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1)
           >= 0)
    {
        return 0;
    }

    entries = X509_CRL_get_REVOKED(crl);

    for (i = 0; i < sk_X509_REVOKED_num(entries); i++) {
        entry = sk_X509_REVOKED_value(entries, i);

        if (X509_REVOKED_get_ext_by_critical(entry, 1, -1) >= 0
            || X509_REVOKED_get_ext_by_NID(entry, NID_certificate_issuer, -1)
               >= 0)
        {
            return 0;
        }
    }

    return 1;
}


static int
ioa_crl_algorithm_usable(const X509_CRL *crl)
{
    switch (X509_CRL_get_signature_nid(crl)) {

    case NID_ecdsa_with_SHA256:
    case NID_ecdsa_with_SHA384:
    case NID_rsassaPss:
    case NID_sha256WithRSAEncryption:
    case NID_sha384WithRSAEncryption:
        return 1;

    default:
        return 0;
    }
}


static int
ioa_crl_open(ioa_crl_t *made, ioa_reader_t der)
{
    const uint8_t  *p;

    if (!ioa_der_valid(der)) {
        return 0;
    }

    p = der.pos;
    made->crl = d2i_X509_CRL(NULL, &p, (long) der.left);

    if (made->crl == NULL
        || p != der.pos + der.left
        || !ioa_crl_time(&made->this_update,
                         X509_CRL_get0_lastUpdate(made->crl))
        || !ioa_crl_time(&made->next_update,
                         X509_CRL_get0_nextUpdate(made->crl))
        || !ioa_crl_algorithm_usable(made->crl)
        || !ioa_crl_plain(made->crl))
    {
        return 0;
    }

    ioa_sha256(made->der32, der.pos, der.left);

    return 1;
}


ioa_chain_rc_t
ioa_crls_add(ioa_crls_t *crls, const uint8_t *data, size_t len)
{
    int           good;
    uint8_t      *work;
    ioa_crl_t     made;
    ioa_reader_t  text, der;

    if (len > IOA_CRL_LEN_MAX || crls->n == IOA_CRLS_MAX) {
        return IOA_CHAIN_MALFORMED;
    }

    work = malloc(len + 1);

    if (work == NULL) {
        return IOA_CHAIN_NO_MEMORY;
    }

    memset(&made, 0, sizeof(made));
    ioa_reader_init(&text, data, len);

    (void) ERR_set_mark();
    good = ioa_crl_der(&der, work, text) && ioa_crl_open(&made, der);
    (void) ERR_pop_to_mark();

    free(work);

    if (!good) {
        X509_CRL_free(made.crl);
        return IOA_CHAIN_MALFORMED;
    }

    crls->list[crls->n++] = made;

    return IOA_CHAIN_OK;
}


int
ioa_crl_names(const ioa_crl_t *crl, const ioa_link_t *issuer)
{
    return X509_NAME_cmp(X509_CRL_get_issuer(crl->crl),
                         X509_get_subject_name(issuer->x509)) == 0
           && (issuer->key_usage & KU_CRL_SIGN);
}


int
ioa_crl_signature(const ioa_crl_t *crl, const ioa_link_t *issuer)
{
    return X509_CRL_verify(crl->crl, X509_get0_pubkey(issuer->x509)) == 1;
}


int
ioa_crl_lists(const ioa_crl_t *crl, const ioa_link_t *link)
{
    X509_REVOKED  *entry;

    return X509_CRL_get0_by_cert(crl->crl, &entry, link->x509) != 0;
}
