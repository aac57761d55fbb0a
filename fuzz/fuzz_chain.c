/*
 * fuzz_chain: certificates and CRLs, as text or DER, with the last
 * certificate pinned.  A chain that we accept must be accepted by OpenSSL's
 * own path builder as well; the reverse need not hold.
 */

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509_vfy.h>

#include "fuzz.h"
#include "base/ioa_codec.h"
#include "x509/ioa_chain.h"
#include "x509/ioa_link.h"
#include "x509/ioa_ocsp.h"

#define NOW  INT64_C(1750000000)


static X509 *
openssl_cert(const ioa_chain_t *chain, size_t i)
{
    X509           *x;
    ioa_reader_t    der;
    const uint8_t  *p;

    der = chain->links[i]->cert.der;
    p = der.pos;
    x = d2i_X509(NULL, &p, (long) der.left);
    fuzz_assert(x != NULL);

    return x;
}


/* Returns: OpenSSL's result for the same chain. */
static int
openssl_verify(const ioa_chain_t *chain)
{
    int                good;
    size_t             i, n;
    X509              *x;
    X509_STORE        *store;
    X509_STORE_CTX    *ctx;
    STACK_OF(X509)    *others;

    n = ioa_chain_count(chain);
    others = sk_X509_new_null();
    store = X509_STORE_new();
    ctx = X509_STORE_CTX_new();

    x = openssl_cert(chain, n - 1);
    X509_STORE_add_cert(store, x);
    X509_free(x);

    for (i = 1; i < n; i++) {
        sk_X509_push(others, openssl_cert(chain, i));
    }

    x = openssl_cert(chain, 0);
    X509_STORE_CTX_init(ctx, store, x, others);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set_time(ctx, 0, NOW);
    good = X509_verify_cert(ctx) == 1;

    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    sk_X509_pop_free(others, X509_free);
    X509_free(x);
    ERR_clear_error();

    return good;
}


/* A certificate can be asked about where the next one may have issued it. */
static void
ask(const ioa_chain_t *chain, size_t i)
{
    char            text[2 * IOA_OCSP_ID_MAX + 1];
    size_t          n;
    uint8_t         out[IOA_OCSP_REQUEST_MAX];
    OCSP_REQUEST   *request;
    ioa_ocsp_id_t   id;
    const uint8_t  *at = out;

    static const uint8_t  nonce32[IOA_OCSP_NONCE_LEN];

    if (!ioa_ocsp_id(&id, chain, i)) {
        return;
    }

    fuzz_assert(i + 1 < ioa_chain_count(chain) && ioa_ocsp_same(&id, &id));
    ioa_hex_encode((uint8_t *) text, id.bytes, id.len);
    text[2 * id.len] = '\0';

    n = ioa_ocsp_request(out, text, nonce32);

    if (n != 0) {
        request = d2i_OCSP_REQUEST(NULL, &at, (long) n);
        fuzz_assert(request != NULL && at == out + n
                    && OCSP_request_onereq_count(request) == 1);
        OCSP_REQUEST_free(request);
    }

    ERR_clear_error();
}


static void
look(const ioa_chain_t *chain)
{
    char          cn[IOA_CHAIN_CN_MAX + 1];
    size_t        i;
    int64_t       from, to;
    ioa_reader_t  r, der;

    for (i = 0; i < ioa_chain_count(chain); i++) {
        der = chain->links[i]->cert.der;
        fuzz_assert(ioa_chain_spki(&r, chain, i) && r.left < der.left);
        fuzz_assert(ioa_chain_dates(&from, &to, chain, i));
        fuzz_assert(ioa_chain_subject_cn(cn, chain, i)
                    == (strlen(cn) != 0));
        fuzz_assert(!ioa_chain_point(&r, chain, i)
                    || r.left == 64 || r.left == 96);
        fuzz_assert(!ioa_chain_extension(&r, chain, i, "2.5.29.19")
                    || r.left < der.left);
        ask(chain, i);
    }
}


static void
verify(const ioa_chain_t *chain, const ioa_crls_t *crls, unsigned flags)
{
    ioa_roots_t       *roots;
    ioa_reader_t       der;
    ioa_chain_rc_t     rc, again;

    der = chain->links[chain->n - 1]->cert.der;

    if (ioa_roots_parse(&roots, der.pos, der.left) != IOA_CHAIN_OK) {
        return;
    }

    rc = ioa_chain_verify(chain, roots, NULL, flags, NOW);
    again = ioa_chain_verify(chain, roots, NULL, flags, NOW);
    fuzz_assert(rc == again);
    fuzz_assert(rc != IOA_CHAIN_OK || openssl_verify(chain));

    if (ioa_chain_verify(chain, roots, crls, flags, NOW)
        == IOA_CHAIN_OK)
    {
        fuzz_assert(rc == IOA_CHAIN_OK);
    }

    fuzz_assert(ERR_peek_error() == 0);
    ioa_roots_free(roots);
}


/* The same bytes as a file of roots: with leaves, no root is lost. */
static void
pinned(const uint8_t *bytes, size_t n)
{
    char            text[IOA_CHAIN_TEXT_MAX];
    size_t          i;
    ioa_reader_t    der;
    ioa_roots_t    *roots, *both;
    ioa_chain_rc_t  rc, with;

    rc = ioa_roots_parse(&roots, bytes, n);
    with = ioa_roots_parse_leaves(&both, bytes, n);
    fuzz_assert((rc == IOA_CHAIN_OK) == (roots != NULL)
                && (with == IOA_CHAIN_OK) == (both != NULL));
    fuzz_assert(rc != IOA_CHAIN_OK || both != NULL);

    ioa_roots_text(text, rc, bytes, n);
    fuzz_assert(memchr(text, '\0', sizeof(text)) != NULL);

    for (i = 0; both != NULL && ioa_roots_leaf(&der, both, i); i++) {
        fuzz_assert(der.left != 0 && roots == NULL);
    }

    ioa_roots_free(roots);
    ioa_roots_free(both);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t            *bytes;
    unsigned            flags;
    ioa_crls_t         *crls;
    ioa_chain_t        *chain;
    ioa_chain_rc_t      rc;
    ioa_chain_cache_t  *cache;

    bytes = fuzz_exact(data, n);
    flags = n != 0 ? bytes[n / 2] & 7u : 0;
    crls = ioa_crls_new();
    cache = ioa_chain_cache_new(4);
    chain = ioa_chain_new(cache);
    fuzz_assert(crls != NULL && cache != NULL && chain != NULL);

    pinned(bytes, n);
    rc = ioa_crls_add(crls, bytes, n);
    fuzz_assert((rc == IOA_CHAIN_OK) == (crls->n == 1));

    rc = ioa_chain_add_der(chain, bytes, n);
    fuzz_assert((rc == IOA_CHAIN_OK) == (ioa_chain_count(chain) != 0));

    if (rc != IOA_CHAIN_OK) {
        rc = ioa_chain_add_pem(chain, bytes, n);
        fuzz_assert((rc == IOA_CHAIN_OK) == (ioa_chain_count(chain) != 0));
    }

    if (rc == IOA_CHAIN_OK) {
        look(chain);
        verify(chain, crls, flags);
    }

    ioa_chain_free(chain);
    ioa_chain_cache_free(cache);
    ioa_crls_free(crls);
    free(bytes);

    return 0;
}
