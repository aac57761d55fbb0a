/*
 * ioa_chain: sets of certificates and their fields.  See ioa_chain.h.
 */

#include <stdlib.h>
#include <string.h>

#include "x509/ioa_link.h"
#include "x509/ioa_der.h"
#include "x509/ioa_pem.h"

const char *
ioa_chain_rc_name(ioa_chain_rc_t rc)
{
    static const char *const  names[] = {
        [IOA_CHAIN_OK] = "ok",
        [IOA_CHAIN_MALFORMED] = "malformed",
        [IOA_CHAIN_UNTRUSTED] = "not issued by a pinned root",
        [IOA_CHAIN_EXPIRED] = "outside of its dates",
        [IOA_CHAIN_REVOKED] = "revoked",
        [IOA_CHAIN_CRL_BAD] = "a CRL is missing, stale or not valid",
        [IOA_CHAIN_NO_MEMORY] = "no memory",
        [IOA_CHAIN_STRAY] = "a certificate in it would not be read",
        [IOA_CHAIN_NOT_CA] = "a root must be the certificate of a CA"
    };

    return (size_t) rc < sizeof(names) / sizeof(names[0]) ? names[rc]
                                                          : "unknown";
}


/* Takes the next certificate.  Out: *link, NULL at the end. */
static ioa_chain_rc_t
ioa_chain_next(ioa_link_t **link, ioa_chain_source_t *source)
{
    ioa_reader_t  der, content;
    ioa_pem_rc_t  rc;

    *link = NULL;

    if (source->pem) {
        rc = ioa_pem_next(&source->data, &der, source->work,
                          IOA_PEM_CERTIFICATE, source->loose);

        if (rc != IOA_PEM_OK) {
            return rc == IOA_PEM_END ? IOA_CHAIN_OK
                   : rc == IOA_PEM_STRAY ? IOA_CHAIN_STRAY
                   : IOA_CHAIN_MALFORMED;
        }

    } else {
        if (ioa_reader_left(&source->data) == 0) {
            return IOA_CHAIN_OK;
        }

        if (!ioa_der_whole(&source->data, IOA_DER_SEQUENCE, &der, &content)) {
            return IOA_CHAIN_MALFORMED;
        }
    }

    *link = ioa_chain_cache_find(source->cache, der);

    return *link != NULL ? IOA_CHAIN_OK : ioa_link_new(link, der);
}


/* Appends to links, of which there are *n, up to max; if not OK, nothing. */
ioa_chain_rc_t
ioa_chain_read(ioa_link_t **links, size_t *n, size_t max,
    ioa_chain_source_t *source)
{
    size_t          i;
    ioa_link_t     *link;
    ioa_chain_rc_t  rc;

    source->work = malloc(ioa_reader_left(&source->data) + 1);

    if (source->work == NULL) {
        return IOA_CHAIN_NO_MEMORY;
    }

    for (i = *n; ; links[i++] = link) {
        rc = ioa_chain_next(&link, source);

        if (rc != IOA_CHAIN_OK || link == NULL) {
            break;
        }

        if (i == max) {
            ioa_link_drop(link);
            rc = IOA_CHAIN_MALFORMED;
            break;
        }
    }

    free(source->work);
    source->work = NULL;

    if (rc == IOA_CHAIN_OK && i > *n) {
        *n = i;
        return IOA_CHAIN_OK;
    }

    while (i > *n) {
        ioa_link_drop(links[--i]);
    }

    return rc == IOA_CHAIN_OK ? IOA_CHAIN_MALFORMED : rc;
}


ioa_chain_t *
ioa_chain_new(ioa_chain_cache_t *cache)
{
    ioa_chain_t  *chain;

    chain = calloc(1, sizeof(ioa_chain_t));

    if (chain != NULL) {
        chain->cache = cache;
    }

    return chain;
}


void
ioa_chain_free(ioa_chain_t *chain)
{
    if (chain == NULL) {
        return;
    }

    while (chain->n > 0) {
        ioa_link_drop(chain->links[--chain->n]);
    }

    free(chain);
}


static ioa_chain_rc_t
ioa_chain_add(ioa_chain_t *chain, const uint8_t *data, size_t len, int pem)
{
    ioa_chain_source_t  source;

    if (len > IOA_CHAIN_TEXT_LEN_MAX) {
        return IOA_CHAIN_MALFORMED;
    }

    memset(&source, 0, sizeof(source));
    ioa_reader_init(&source.data, data, len);
    source.pem = pem;
    source.cache = chain->cache;

    return ioa_chain_read(chain->links, &chain->n, IOA_CHAIN_CERTS_MAX,
                          &source);
}


ioa_chain_rc_t
ioa_chain_add_pem(ioa_chain_t *chain, const uint8_t *text, size_t len)
{
    return ioa_chain_add(chain, text, len, 1);
}


ioa_chain_rc_t
ioa_chain_add_der(ioa_chain_t *chain, const uint8_t *der, size_t len)
{
    return ioa_chain_add(chain, der, len, 0);
}


size_t
ioa_chain_count(const ioa_chain_t *chain)
{
    return chain->n;
}


/* Returns: NULL if there is no such certificate. */
static const ioa_cert_t *
ioa_chain_cert(const ioa_chain_t *chain, size_t i)
{
    return i < chain->n ? &chain->links[i]->cert : NULL;
}


int
ioa_chain_extension(ioa_reader_t *value, const ioa_chain_t *chain, size_t i,
    const char *oid)
{
    size_t             n;
    uint8_t            bytes[IOA_DER_OID_LEN_MAX];
    const ioa_cert_t  *cert;

    cert = ioa_chain_cert(chain, i);
    n = ioa_der_oid(bytes, oid);

    return cert != NULL && n != 0 && ioa_cert_extension(value, cert, bytes, n);
}


int
ioa_chain_subject_cn(char cn[IOA_CHAIN_CN_MAX + 1], const ioa_chain_t *chain,
    size_t i)
{
    const ioa_cert_t  *cert;

    cn[0] = '\0';
    cert = ioa_chain_cert(chain, i);

    return cert != NULL && ioa_cert_cn(cn, cert->subject);
}


int
ioa_chain_issuer_cn(char cn[IOA_CHAIN_CN_MAX + 1], const ioa_chain_t *chain,
    size_t i)
{
    const ioa_cert_t  *cert;

    cn[0] = '\0';
    cert = ioa_chain_cert(chain, i);

    return cert != NULL && ioa_cert_cn(cn, cert->issuer);
}


int
ioa_chain_is_ca(const ioa_chain_t *chain, size_t i)
{
    return i < chain->n && chain->links[i]->ca == IOA_LINK_CA;
}


int
ioa_chain_dates(int64_t *from, int64_t *to, const ioa_chain_t *chain,
    size_t i)
{
    const ioa_cert_t  *cert;

    cert = ioa_chain_cert(chain, i);

    if (cert == NULL) {
        return 0;
    }

    *from = cert->not_before;
    *to = cert->not_after;

    return 1;
}


/* Returns: 0 if the field is empty, as the point of an RSA key is. */
static int
ioa_chain_give(ioa_reader_t *out, ioa_reader_t field)
{
    if (ioa_reader_left(&field) == 0) {
        return 0;
    }

    *out = field;

    return 1;
}


int
ioa_chain_serial(ioa_reader_t *serial, const ioa_chain_t *chain, size_t i)
{
    const ioa_cert_t  *cert = ioa_chain_cert(chain, i);

    return cert != NULL && ioa_chain_give(serial, cert->serial);
}


int
ioa_chain_spki(ioa_reader_t *spki, const ioa_chain_t *chain, size_t i)
{
    const ioa_cert_t  *cert = ioa_chain_cert(chain, i);

    return cert != NULL && ioa_chain_give(spki, cert->spki);
}


int
ioa_chain_point(ioa_reader_t *point, const ioa_chain_t *chain, size_t i)
{
    const ioa_cert_t  *cert = ioa_chain_cert(chain, i);

    return cert != NULL && ioa_chain_give(point, cert->point);
}


int
ioa_chain_ecdsa_verify(const ioa_chain_t *chain, size_t i,
    const uint8_t *sig, size_t sig_len, ioa_reader_t bytes)
{
    ioa_reader_t  point;

    return ioa_chain_point(&point, chain, i)
           && ioa_link_ecdsa_verify(chain->links[i], sig, sig_len, bytes);
}
