/*
 * chain_cache: what remembers which signatures were good, and keeps
 * certificates.
 */

#include <pthread.h>

#include "fixtures/certs.h"
#include "x509/ioa_link.h"

#define THREADS  4
#define ROUNDS   50

#define OK  IOA_CHAIN_OK

static EVP_PKEY       *keys[CERTS];
static family_t        family;
static ioa_roots_t    *roots;
static certs_bytes_t   text;            /* leaf and intermediate */


static ioa_chain_rc_t
judge_two(X509 *leaf, X509 *inter, const ioa_roots_t *pinned,
    ioa_chain_cache_t *cache, int64_t now)
{
    certs_bytes_t   pem;
    ioa_chain_rc_t  rc;

    pem = certs_pem((X509 *[]) { leaf, inter, NULL });
    rc = certs_judge(&pem, pinned, NULL, cache, IOA_CHAIN_AMD, now);
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


static ioa_chain_rc_t
judge(ioa_chain_cache_t *cache, int64_t now)
{
    return certs_judge(&text, roots, NULL, cache, IOA_CHAIN_INTEL, now);
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

    UNIT_OK(judge(cache, CERTS_NOW + 2 * CERTS_DAY) == IOA_CHAIN_EXPIRED
            && !kept(cache, family.certs[0], 0)
            && !kept(cache, family.certs[1], 0), "kept: not what fails");

    UNIT_OK(judge(cache, CERTS_NOW) == OK
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
               && judge(cache, CERTS_NOW) == OK
               && judge(cache, CERTS_NOW - 2 * CERTS_DAY)
                  == IOA_CHAIN_EXPIRED;
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

    for (i = 0; i < CERTS; i++) {
        keys[i] = certs_key("P-256");
    }

    family_forms(&family, keys);
    family_make(&family, 0);
    roots = roots_of(family.certs[2], NULL);
    text = certs_pem((X509 *[]) { family.certs[0], family.certs[1], NULL });

    test_cache();
    test_kept();
    test_threads();

    free(text.data);
    ioa_roots_free(roots);
    family_free(&family);

    for (i = 0; i < CERTS; i++) {
        EVP_PKEY_free(keys[i]);
    }

    return UNIT_DONE();
}
