/*
 * ioa_chain: the walk from leaf to root.  See ioa_chain.h.
 *
 * X509_verify_cert is not used, since it builds a path of its own choice from
 * the certificates it is given, while the order of certificates in evidence
 * has a meaning here.
 */

#include <openssl/err.h>

#include <stdio.h>
#include <string.h>

#include "base/ioa_time.h"

#include "x509/ioa_link.h"
#include "x509/ioa_der.h"

#define IOA_CHAIN_PATH_MAX    (IOA_CHAIN_CERTS_MAX + 4)
#define IOA_CHAIN_SERIAL_MAX  21            /* 20 bytes and one for sign */

/* From the leaf to a pinned certificate. */
typedef struct {
    size_t              n;
    const ioa_link_t   *links[IOA_CHAIN_PATH_MAX];
    const ioa_roots_t  *roots;
    ioa_chain_cache_t  *cache;
} ioa_path_t;


/* Verifies the signature only. */
static int
ioa_link_signed(const ioa_path_t *path, const ioa_link_t *link,
    const ioa_link_t *issuer)
{
    uint8_t  key32[IOA_FINGERPRINT_LEN];

    ioa_chain_cache_key(key32, link->der32, issuer->spki32,
                        path->roots->digest32);

    if (ioa_chain_cache_has(path->cache, key32)) {
        return 1;
    }

    if (!ioa_link_signature(link, issuer)) {
        return 0;
    }

    ioa_chain_cache_put(path->cache, key32);

    return 1;
}


/* Checks names, key identifiers, the issuer's keyUsage, and the signature. */
static int
ioa_link_issued(const ioa_path_t *path, const ioa_link_t *link,
    const ioa_link_t *issuer)
{
    return ioa_link_names(link, issuer)
           && ioa_link_signed(path, link, issuer);
}


static int
ioa_link_self_issued(const ioa_link_t *link)
{
    return ioa_der_equal(link->cert.issuer, link->cert.subject);
}


static int
ioa_link_pinned(const ioa_link_t *link, const ioa_roots_t *roots)
{
    size_t  i;

    for (i = 0; i < roots->n; i++) {
        if (ioa_der_equal(link->cert.der, roots->links[i]->cert.der)) {
            return 1;
        }
    }

    return 0;
}


/* Returns: the pinned certificate that issued this one, or NULL. */
static const ioa_link_t *
ioa_path_root(const ioa_path_t *path, const ioa_link_t *link)
{
    size_t  i;

    for (i = 0; i < path->roots->n; i++) {
        if (ioa_link_issued(path, link, path->roots->links[i])) {
            return path->roots->links[i];
        }
    }

    return NULL;
}


/*
 * Builds the path: the chain in its order, then pinned certificates as far as
 * they issue each other.  Returns: 1 if each certificate was issued by the
 * next and one above the leaf is pinned.
 */
static int
ioa_path_build(ioa_path_t *path, const ioa_chain_t *chain)
{
    int                pinned;
    const ioa_link_t  *link;

    for (pinned = 0, link = NULL; path->n < chain->n; path->n++) {
        link = chain->links[path->n];

        if (path->n > 0) {
            if (!ioa_link_issued(path, path->links[path->n - 1], link)) {
                return 0;
            }

            pinned = pinned || ioa_link_pinned(link, path->roots);
        }

        path->links[path->n] = link;
    }

    while (link != NULL && path->n < IOA_CHAIN_PATH_MAX) {
        if (ioa_link_self_issued(link)
            && ioa_link_pinned(link, path->roots))
        {
            break;
        }

        link = ioa_path_root(path, link);

        if (link != NULL) {
            path->links[path->n++] = link;
            pinned = 1;
        }
    }

    return pinned;
}


/* The checks of IOA_CHAIN_STRICT: see ioa_chain.h. */
static int
ioa_link_strict(const ioa_link_t *link, int ca)
{
    uint8_t       first;
    ioa_reader_t  serial;

    serial = link->cert.serial;

    if (ioa_reader_left(&serial) > IOA_CHAIN_SERIAL_MAX
        || !ioa_reader_u8(&serial, &first) || first >= 0x80
        || (first == 0 && ioa_reader_left(&serial) == 0))
    {
        return 0;
    }

    if (!ioa_link_self_issued(link) && !ioa_cert_has_key_ids(&link->cert)) {
        return 0;
    }

    return !ca || (link->cert.basic_critical
                   && link->key_usage != IOA_LINK_USAGE_ANY);
}


/* Checks which certificates may issue others, and how many below them. */
static int
ioa_path_constraints(const ioa_path_t *path, unsigned flags)
{
    long               limit;
    size_t             i, below;
    const ioa_link_t  *link;

    for (i = 0, below = 0; i < path->n; i++) {
        link = path->links[i];

        if ((flags & IOA_CHAIN_STRICT) && !ioa_link_strict(link, i > 0)) {
            return 0;
        }

        if (i == 0) {
            if (((flags & IOA_CHAIN_LEAF_NOT_CA)
                 && link->ca != IOA_LINK_CA_NO)
                || !(link->key_usage & IOA_LINK_USAGE_SIGNATURE))
            {
                return 0;
            }

            continue;
        }

        limit = link->path_len;

        if (link->ca != IOA_LINK_CA
            || (limit >= 0 && below > (size_t) limit))
        {
            return 0;
        }

        below += !ioa_link_self_issued(link);
    }

    return 1;
}


static int
ioa_path_current(const ioa_path_t *path, int64_t now)
{
    size_t  i;

    for (i = 0; i < path->n; i++) {
        if (now < path->links[i]->cert.not_before
            || now > path->links[i]->cert.not_after)
        {
            return 0;
        }
    }

    return 1;
}


/* 1 if the issuer of a certificate has signed this CRL. */
static int
ioa_crl_signed(const ioa_path_t *path, const ioa_crl_t *crl,
    const ioa_link_t *issuer)
{
    uint8_t  key32[IOA_FINGERPRINT_LEN];

    if (!ioa_crl_names(crl, issuer)) {
        return 0;
    }

    ioa_chain_cache_key(key32, crl->der32, issuer->spki32,
                        path->roots->digest32);

    if (ioa_chain_cache_has(path->cache, key32)) {
        return 1;
    }

    if (!ioa_crl_signature(crl, issuer)) {
        return 0;
    }

    ioa_chain_cache_put(path->cache, key32);

    return 1;
}


/* An entry of any kind, even in a stale CRL, counts as revoked. */
static ioa_chain_rc_t
ioa_link_revoked(const ioa_path_t *path, const ioa_link_t *link,
    const ioa_link_t *issuer, const ioa_crls_t *crls, int64_t now)
{
    size_t            i;
    ioa_chain_rc_t    rc;
    const ioa_crl_t  *crl;

    rc = IOA_CHAIN_CRL_BAD;

    for (i = 0; i < crls->n; i++) {
        crl = &crls->list[i];

        if (!ioa_crl_signed(path, crl, issuer)) {
            continue;
        }

        if (ioa_crl_lists(crl, link)) {
            return IOA_CHAIN_REVOKED;
        }

        if (crl->this_update <= now && now - crls->slack < crl->next_update) {
            rc = IOA_CHAIN_OK;
        }
    }

    return rc;
}


static ioa_chain_rc_t
ioa_path_revoked(const ioa_path_t *path, const ioa_crls_t *crls,
    unsigned flags, int64_t now)
{
    size_t          i;
    ioa_chain_rc_t  rc, worst;

    worst = IOA_CHAIN_OK;

    for (i = (flags & IOA_CHAIN_CRL_CA_ONLY) ? 1 : 0; i + 1 < path->n; i++) {
        rc = ioa_link_revoked(path, path->links[i], path->links[i + 1], crls,
                              now);

        if (rc == IOA_CHAIN_REVOKED) {
            return rc;
        }

        worst = rc == IOA_CHAIN_OK ? worst : rc;
    }

    /* a root need not be covered by a CRL, but may be revoked by its own */

    if (ioa_link_self_issued(path->links[i])
        && ioa_link_revoked(path, path->links[i], path->links[i], crls, now)
           == IOA_CHAIN_REVOKED)
    {
        return IOA_CHAIN_REVOKED;
    }

    return worst;
}


static ioa_chain_rc_t
ioa_path_verify(ioa_path_t *path, const ioa_chain_t *chain,
    const ioa_crls_t *crls, unsigned flags, int64_t now)
{
    ioa_chain_rc_t  rc;

    if (!ioa_path_build(path, chain) || !ioa_path_constraints(path, flags)) {
        return IOA_CHAIN_UNTRUSTED;
    }

    if (crls != NULL) {
        rc = ioa_path_revoked(path, crls, flags, now);

        if (rc != IOA_CHAIN_OK) {
            return rc;
        }
    }

    return ioa_path_current(path, now) ? IOA_CHAIN_OK : IOA_CHAIN_EXPIRED;
}


ioa_chain_rc_t
ioa_chain_verify(const ioa_chain_t *chain, const ioa_roots_t *roots,
    const ioa_crls_t *crls, unsigned flags, int64_t now)
{
    size_t          i;
    ioa_path_t      path;
    ioa_chain_rc_t  rc;

    if (chain->n == 0) {
        return IOA_CHAIN_MALFORMED;
    }

    memset(&path, 0, sizeof(path));
    path.roots = roots;
    path.cache = chain->cache;

    (void) ERR_set_mark();
    rc = ioa_path_verify(&path, chain, crls, flags, now);
    (void) ERR_pop_to_mark();

    /* only certificates of verified chains are cached */

    for (i = 0; rc == IOA_CHAIN_OK && i < chain->n; i++) {
        ioa_chain_cache_keep(chain->cache, chain->links[i]);
    }

    return rc;
}


/* The CRL of this issuer that ends last, or NULL. */
static const ioa_crl_t *
ioa_path_crl(const ioa_path_t *path, const ioa_link_t *issuer,
    const ioa_crls_t *crls)
{
    size_t            i;
    const ioa_crl_t  *crl, *last = NULL;

    for (i = 0; i < crls->n; i++) {
        crl = &crls->list[i];

        if (ioa_crl_signed(path, crl, issuer)
            && (last == NULL || crl->next_update > last->next_update))
        {
            last = crl;
        }
    }

    return last;
}


static void
ioa_path_crl_text(char text[IOA_CHAIN_TEXT_MAX], const ioa_path_t *path,
    const ioa_link_t *issuer, const ioa_crls_t *crls, int64_t now)
{
    char              cn[IOA_CHAIN_CN_MAX + 1], clock[IOA_TIME_TEXT_MAX];
    char              from[IOA_TIME_TEXT_MAX], to[IOA_TIME_TEXT_MAX];
    const ioa_crl_t  *crl = ioa_path_crl(path, issuer, crls);

    if (!ioa_cert_cn(cn, issuer->cert.subject)) {
        (void) snprintf(cn, sizeof(cn), "an issuer without a name");
    }

    if (crl == NULL) {
        (void) snprintf(text, IOA_CHAIN_TEXT_MAX, "no CRL is there that %s "
                        "has signed", cn);
        return;
    }

    ioa_time_text(from, crl->this_update);
    ioa_time_text(to, crl->next_update);
    ioa_time_text(clock, now);

    (void) snprintf(text, IOA_CHAIN_TEXT_MAX, "the CRL of %s counts from %s "
                    "to %s, and now it is %s: %s", cn, from, to, clock,
                    now < crl->this_update
                    ? "is the clock right?"
                    : "a newer one is needed, if the clock is right");
}


void
ioa_chain_text(char text[IOA_CHAIN_TEXT_MAX], ioa_chain_rc_t rc,
    const ioa_chain_t *chain, const ioa_roots_t *roots,
    const ioa_crls_t *crls, unsigned flags, int64_t now)
{
    size_t      i;
    ioa_path_t  path;

    (void) snprintf(text, IOA_CHAIN_TEXT_MAX, "%s", ioa_chain_rc_name(rc));

    if (rc != IOA_CHAIN_CRL_BAD || crls == NULL) {
        return;
    }

    memset(&path, 0, sizeof(path));
    path.roots = roots;
    path.cache = chain->cache;

    (void) ERR_set_mark();

    if (ioa_path_build(&path, chain)) {

        for (i = (flags & IOA_CHAIN_CRL_CA_ONLY) ? 1 : 0; i + 1 < path.n;
             i++)
        {
            if (ioa_link_revoked(&path, path.links[i], path.links[i + 1],
                                 crls, now) == IOA_CHAIN_CRL_BAD)
            {
                ioa_path_crl_text(text, &path, path.links[i + 1], crls, now);
                break;
            }
        }
    }

    (void) ERR_pop_to_mark();
}
