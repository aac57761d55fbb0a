/*
 * crl: what is revoked, and what remembers which signatures were good.
 */

#include <pthread.h>

#include "certs.h"
#include "ioa_chain_link.h"

#define THREADS  4
#define ROUNDS   50

#define OK  IOA_CHAIN_OK
#define RE  IOA_CHAIN_REVOKED
#define BA  IOA_CHAIN_CRL_BAD

static EVP_PKEY       *keys[CERTS + 1];
static family_t        family;
static ioa_roots_t    *roots;
static certs_bytes_t   text;            /* leaf and intermediate */


static ioa_chain_rc_t
judge(const certs_bytes_t *pem, const ioa_roots_t *pinned,
    const ioa_crls_t *crls, ioa_chain_cache_t *cache, unsigned flags,
    int64_t now)
{
    ioa_chain_t     *chain;
    ioa_chain_rc_t   rc;

    chain = ioa_chain_new(cache);
    rc = ioa_chain_add_pem(chain, pem->data, pem->len);

    if (rc == OK) {
        rc = ioa_chain_verify(chain, pinned, crls, flags, now);
    }

    ioa_chain_free(chain);

    return rc;
}


/* Returns: what adding said. */
static ioa_chain_rc_t
add(ioa_crls_t *crls, const certs_crl_form_t *form)
{
    certs_bytes_t   b;
    ioa_chain_rc_t  rc;

    b = certs_crl(form);
    rc = ioa_crls_add(crls, b.data, b.len);
    OPENSSL_free(b.data);

    return rc;
}


/* The chain under a CRL of the root's and one of the intermediate's. */
static ioa_chain_rc_t
judge_crls(const certs_crl_form_t *root, const certs_crl_form_t *inter,
    unsigned flags)
{
    ioa_crls_t      *crls;
    ioa_chain_rc_t   rc;

    crls = ioa_crls_new();

    certs_must((root == NULL || add(crls, root) == OK)
               && (inter == NULL || add(crls, inter) == OK), "a CRL");

    rc = judge(&text, roots, crls, NULL, IOA_CHAIN_INTEL | flags, CERTS_NOW);
    ioa_crls_free(crls);

    return rc;
}


/* The two of them, nothing listed. */
static certs_crl_form_t
of_root(void)
{
    certs_crl_form_t  form = { 0 };

    form.issuer = "Test Root";
    form.signer = keys[2];

    return form;
}


static certs_crl_form_t
of_inter(void)
{
    certs_crl_form_t  form = { 0 };

    form.issuer = "Test Intermediate";
    form.signer = keys[1];

    return form;
}


static void
test_revoked(void)
{
    certs_crl_form_t  r, i;

    r = of_root();
    i = of_inter();
    UNIT_OK(judge_crls(&r, &i, 0) == OK, "nothing listed");
    UNIT_OK(judge_crls(&r, NULL, 0) == BA, "none for the leaf");
    UNIT_OK(judge_crls(&r, NULL, IOA_CHAIN_CRL_CA_ONLY) == OK,
            "none for the leaf, none asked for");
    UNIT_OK(judge_crls(NULL, &i, 0) == BA, "none for the intermediate");
    UNIT_OK(judge_crls(NULL, NULL, 0) == BA, "an empty set");

    i.serial = 100;
    UNIT_OK(judge_crls(&r, &i, 0) == RE, "leaf listed");
    UNIT_OK(judge_crls(NULL, &i, 0) == RE, "listed, another CRL missing");
    i.serial = 101;
    UNIT_OK(judge_crls(&r, &i, 0) == OK, "another serial listed");
    r.serial = 101;
    UNIT_OK(judge_crls(&r, &i, 0) == RE, "intermediate listed");
    UNIT_OK(judge_crls(&r, NULL, IOA_CHAIN_CRL_CA_ONLY) == RE,
            "intermediate listed, leaf not asked for");
    r.serial = 102;
    UNIT_OK(judge_crls(&r, &i, 0) == RE, "the root in its own CRL");
    UNIT_OK(judge_crls(&r, NULL, IOA_CHAIN_CRL_CA_ONLY) == RE,
            "the root in its own CRL, leaf not asked for");
    i.serial = 102;
    r.serial = 0;
    UNIT_OK(judge_crls(&r, &i, 0) == OK, "the root's in another CRL");
    i.serial = 0;
    r.serial = 100;
    UNIT_OK(judge_crls(&r, &i, 0) == OK, "the leaf's in the root's CRL");
}


static void
test_crl_dates(void)
{
    certs_crl_form_t  r, i;

    r = of_root();
    i = of_inter();
    i.to = CERTS_NOW + 1;
    i.from = CERTS_NOW;
    UNIT_OK(judge_crls(&r, &i, 0) == OK, "current for a second");
    i.from = CERTS_NOW + 1;
    i.to = 0;
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "not yet");
    i.from = 0;
    i.to = CERTS_NOW;
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "no more");
    i.serial = 100;
    UNIT_OK(judge_crls(&r, &i, 0) == RE, "no more, but listed");
    i = of_inter();
    r.to = CERTS_NOW;
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "the root's, no more");
}


static void
test_crl_signer(void)
{
    certs_crl_form_t  r, i;

    r = of_root();
    i = of_inter();
    i.signer = keys[3];
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "signed by somebody");
    i.serial = 100;
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "listed by somebody");
    i = of_inter();
    i.issuer = "Test Root";
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "of another name");
}


/* A CA that may sign certificates, but no CRLs. */
static void
test_crl_usage(void)
{
    family_t           f;
    ioa_crls_t        *crls;
    ioa_roots_t       *pinned;
    certs_bytes_t      pem;
    certs_crl_form_t   r, i;

    family_forms(&f, keys);
    f.forms[1].usage = "critical,keyCertSign";
    family_make(&f, 0);
    pinned = roots_of(f.certs[2], NULL);
    pem = certs_pem((X509 *[]) { f.certs[0], f.certs[1], NULL });
    r = of_root();
    i = of_inter();
    crls = ioa_crls_new();
    certs_must(add(crls, &r) == OK && add(crls, &i) == OK, "CRLs");

    UNIT_OK(judge(&pem, pinned, crls, NULL,
                  IOA_CHAIN_INTEL | IOA_CHAIN_CRL_CA_ONLY, CERTS_NOW) == OK,
            "signed by one that may sign no CRLs, not needed");
    UNIT_OK(judge(&pem, pinned, crls, NULL, IOA_CHAIN_INTEL, CERTS_NOW)
            == BA, "signed by one that may sign no CRLs");

    free(pem.data);
    ioa_crls_free(crls);
    ioa_roots_free(pinned);
    family_free(&f);
}


static void
test_crl_forms(void)
{
    ioa_crls_t        *crls;
    uint8_t           *part;
    size_t             n;
    unit_all_t         all = { 0 };
    certs_bytes_t      b;
    certs_crl_form_t   i;

    crls = ioa_crls_new();

    i = of_inter();
    i.to = -1;
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED, "no nextUpdate");
    i = of_inter();
    i.other = "1.2.3.4=critical,DER:0500";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED, "critical extension");
    i.other = "1.2.3.4=DER:0500";
    UNIT_OK(add(crls, &i) == OK, "the same, not critical");
    i.other = "2.5.29.27=DER:020101";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED, "a delta");
    i.other = "2.5.29.28=DER:3003810101";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED,
            "of users' certificates alone, not critical");
    i.other = "2.5.29.28=DER:3003840101";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED,
            "an indirect one, not critical");
    i.other = "2.5.29.28=DER:3000";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED,
            "of a distribution point that says nothing");
    i = of_inter();
    i.serial = 7;
    i.entry = "1.2.3.4=critical,DER:0500";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED, "critical in an entry");
    i.entry = "2.5.29.29=DER:3011A40F300D310B300906035504030C024341";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED,
            "an entry of another issuer's, not critical");
    i.entry = "1.2.3.4=DER:0500";
    UNIT_OK(add(crls, &i) == OK, "the same, not critical");
    UNIT_OK(ioa_crls_count(crls) == 2, "two were added");

    b = certs_crl(&i);

    for (n = 0; n < b.len; n++) {
        part = unit_exact(b.data, n);
        unit_each(&all, ioa_crls_add(crls, part, n) == IOA_CHAIN_MALFORMED,
                  "%zu", n);
        free(part);
    }

    UNIT_ALL(&all, "a prefix of a CRL");

    part = calloc(1, b.len + 1);
    memcpy(part, b.data, b.len);
    UNIT_OK(ioa_crls_add(crls, part, b.len + 1) == IOA_CHAIN_MALFORMED,
            "a byte behind it");
    free(part);

    for (n = 2; n < IOA_CRLS_MAX; n++) {
        certs_must(ioa_crls_add(crls, b.data, b.len) == OK, "a CRL");
    }

    UNIT_OK(ioa_crls_add(crls, b.data, b.len) == IOA_CHAIN_MALFORMED,
            "one too many");

    OPENSSL_free(b.data);
    ioa_crls_free(crls);
}


static ioa_chain_rc_t
judge_two(X509 *leaf, X509 *inter, const ioa_roots_t *pinned,
    ioa_chain_cache_t *cache, int64_t now)
{
    certs_bytes_t   pem;
    ioa_chain_rc_t  rc;

    pem = certs_pem((X509 *[]) { leaf, inter, NULL });
    rc = judge(&pem, pinned, NULL, cache, IOA_CHAIN_AMD, now);
    free(pem.data);

    return rc;
}


/* Two families of the same names, without key identifiers to tell them. */
static void
cache_case(unit_all_t *all, const family_t *f, const family_t *g,
    const ioa_roots_t *both, ioa_chain_cache_t *cache)
{
    size_t  i;

    for (i = 0; i < 3; i++) {
        unit_each(all, judge_two(f->certs[0], f->certs[1], both, cache,
                                 CERTS_NOW) == OK, "%zu: good", i);
        unit_each(all, judge_two(g->certs[0], f->certs[1], both, cache,
                                 CERTS_NOW) == IOA_CHAIN_UNTRUSTED,
                  "%zu: another leaf", i);
        unit_each(all, judge_two(f->certs[0], g->certs[1], both, cache,
                                 CERTS_NOW) == IOA_CHAIN_UNTRUSTED,
                  "%zu: another intermediate", i);
        unit_each(all, judge_two(f->certs[0], f->certs[1], both, cache,
                                 CERTS_NOW + 2 * CERTS_DAY)
                       == IOA_CHAIN_EXPIRED, "%zu: expired", i);
        unit_each(all, judge_two(g->certs[0], g->certs[1], both, cache,
                                 CERTS_NOW) == OK, "%zu: both", i);
        unit_each(all, judge_two(g->certs[0], g->certs[1], roots, cache,
                                 CERTS_NOW) == IOA_CHAIN_UNTRUSTED,
                  "%zu: the other root not pinned", i);
    }
}


/* What was verified once counts for that certificate and that key alone. */
static void
test_cache(void)
{
    size_t              i;
    family_t            f, g;
    EVP_PKEY           *other[CERTS];
    unit_all_t          all = { 0 };
    ioa_roots_t        *both;
    ioa_chain_cache_t  *cache;

    for (i = 0; i < CERTS; i++) {
        other[i] = certs_key("P-256");
    }

    family_forms(&f, keys);
    family_make(&f, 7);
    family_forms(&g, other);
    family_make(&g, 7);
    both = roots_of(f.certs[2], g.certs[2]);

    for (i = 1; i <= 8; i++) {
        cache = ioa_chain_cache_new(i);
        cache_case(&all, &f, &g, both, cache);
        ioa_chain_cache_free(cache);
    }

    UNIT_ALL(&all, "cache");
    UNIT_OK(ioa_chain_cache_new(0) == NULL
            && ioa_chain_cache_new(4097) == NULL, "cache: size");

    ioa_roots_free(both);
    family_free(&f);
    family_free(&g);

    for (i = 0; i < CERTS; i++) {
        EVP_PKEY_free(other[i]);
    }
}


/* 1 where the cache has this certificate. */
static int
kept(ioa_chain_cache_t *cache, X509 *cert, size_t cut)
{
    int            n;
    uint8_t       *der = NULL;
    ioa_link_t    *link;
    ioa_reader_t   r;

    n = i2d_X509(cert, &der);
    certs_must(n > 0, "DER");
    ioa_reader_init(&r, der, (size_t) n - cut);
    link = ioa_chain_cache_find(cache, r);
    ioa_link_drop(link);
    OPENSSL_free(der);

    return link != NULL;
}


/* Certificates are kept once their chain holds, and for their bytes alone. */
static void
test_kept(void)
{
    ioa_chain_cache_t  *cache;

    cache = ioa_chain_cache_new(2);

    UNIT_OK(judge(&text, roots, NULL, cache, IOA_CHAIN_INTEL,
                  CERTS_NOW + 2 * CERTS_DAY) == IOA_CHAIN_EXPIRED
            && !kept(cache, family.certs[0], 0)
            && !kept(cache, family.certs[1], 0), "kept: not what fails");

    UNIT_OK(judge(&text, roots, NULL, cache, IOA_CHAIN_INTEL, CERTS_NOW) == OK
            && kept(cache, family.certs[0], 0)
            && kept(cache, family.certs[1], 0), "kept: what holds");

    UNIT_OK(!kept(cache, family.certs[2], 0)
            && !kept(cache, family.certs[0], 1), "kept: for all its bytes");

    ioa_chain_cache_free(cache);
    UNIT_OK(!kept(NULL, family.certs[0], 0), "kept: without a cache");
}


static void *
thread(void *cache)
{
    size_t     i;
    uintptr_t  good;

    for (i = 0, good = 1; i < ROUNDS; i++) {
        good = good
               && judge(&text, roots, NULL, cache, IOA_CHAIN_INTEL,
                        CERTS_NOW) == OK
               && judge(&text, roots, NULL, cache, IOA_CHAIN_INTEL,
                        CERTS_NOW - 2 * CERTS_DAY) == IOA_CHAIN_EXPIRED;
    }

    return (void *) good;
}


/* One set of roots and one cache for all. */
static void
test_threads(void)
{
    int                 good;
    void               *said;
    size_t              i;
    pthread_t           threads[THREADS];
    ioa_chain_cache_t  *cache;

    cache = ioa_chain_cache_new(2);

    for (i = 0; i < THREADS; i++) {
        certs_must(pthread_create(&threads[i], NULL, thread, cache) == 0,
                   "thread");
    }

    for (i = 0, good = 1; i < THREADS; i++) {
        good = pthread_join(threads[i], &said) == 0 && said != NULL && good;
    }

    UNIT_OK(good, "%d threads, %d rounds", THREADS, ROUNDS);
    ioa_chain_cache_free(cache);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i <= CERTS; i++) {
        keys[i] = certs_key("P-256");
    }

    family_forms(&family, keys);
    family_make(&family, 0);
    roots = roots_of(family.certs[2], NULL);
    text = certs_pem((X509 *[]) { family.certs[0], family.certs[1], NULL });

    test_revoked();
    test_crl_dates();
    test_crl_signer();
    test_crl_usage();
    test_crl_forms();
    test_cache();
    test_kept();
    test_threads();

    free(text.data);
    ioa_roots_free(roots);
    family_free(&family);

    for (i = 0; i <= CERTS; i++) {
        EVP_PKEY_free(keys[i]);
    }

    return UNIT_DONE();
}
