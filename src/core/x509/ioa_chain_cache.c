/*
 * ioa_chain: the cache of verified signatures and of parsed certificates.
 * See ioa_chain.h.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/ioa_sha256.h"
#include "x509/ioa_link.h"
#include "x509/ioa_der.h"

#define IOA_CHAIN_CACHE_MAX  4096

struct ioa_chain_cache_s {
    pthread_mutex_t  mutex;
    size_t           size;
    size_t           used;
    size_t           next;              /* the oldest, once all are used */
    ioa_link_t     **certs;             /* size of them, NULL if unused */
    size_t           certs_next;
    uint8_t          keys[][IOA_FINGERPRINT_LEN];
};


ioa_chain_cache_t *
ioa_chain_cache_new(size_t size)
{
    ioa_chain_cache_t  *cache;

    if (size == 0 || size > IOA_CHAIN_CACHE_MAX) {
        return NULL;
    }

    cache = calloc(1, sizeof(*cache) + size * sizeof(cache->keys[0]));

    if (cache == NULL) {
        return NULL;
    }

    cache->certs = calloc(size, sizeof(ioa_link_t *));

    if (cache->certs == NULL
        || pthread_mutex_init(&cache->mutex, NULL) != 0)
    {
        free(cache->certs);
        free(cache);
        return NULL;
    }

    cache->size = size;

    return cache;
}


void
ioa_chain_cache_free(ioa_chain_cache_t *cache)
{
    size_t  i;

    if (cache == NULL) {
        return;
    }

    for (i = 0; i < cache->size; i++) {
        ioa_link_drop(cache->certs[i]);
    }

    (void) pthread_mutex_destroy(&cache->mutex);
    free(cache->certs);
    free(cache);
}


void
ioa_chain_cache_key(uint8_t key32[IOA_FINGERPRINT_LEN],
    const uint8_t der32[IOA_FINGERPRINT_LEN],
    const uint8_t spki32[IOA_FINGERPRINT_LEN],
    const uint8_t roots32[IOA_FINGERPRINT_LEN])
{
    ioa_sha256_t  sha;

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, der32, IOA_FINGERPRINT_LEN);
    ioa_sha256_update(&sha, spki32, IOA_FINGERPRINT_LEN);
    ioa_sha256_update(&sha, roots32, IOA_FINGERPRINT_LEN);
    ioa_sha256_final(key32, &sha);
}


static int
ioa_chain_cache_has_locked(const ioa_chain_cache_t *cache,
    const uint8_t key32[IOA_FINGERPRINT_LEN])
{
    size_t  i;

    for (i = 0; i < cache->used; i++) {
        if (memcmp(cache->keys[i], key32, IOA_FINGERPRINT_LEN) == 0) {
            return 1;
        }
    }

    return 0;
}


int
ioa_chain_cache_has(ioa_chain_cache_t *cache,
    const uint8_t key32[IOA_FINGERPRINT_LEN])
{
    int  has;

    if (cache == NULL || pthread_mutex_lock(&cache->mutex) != 0) {
        return 0;
    }

    has = ioa_chain_cache_has_locked(cache, key32);
    (void) pthread_mutex_unlock(&cache->mutex);

    return has;
}


void
ioa_chain_cache_put(ioa_chain_cache_t *cache,
    const uint8_t key32[IOA_FINGERPRINT_LEN])
{
    if (cache == NULL || pthread_mutex_lock(&cache->mutex) != 0) {
        return;
    }

    /* another thread may have added it meanwhile */

    if (!ioa_chain_cache_has_locked(cache, key32)) {
        memcpy(cache->keys[cache->next], key32, IOA_FINGERPRINT_LEN);
        cache->next = (cache->next + 1) % cache->size;
        cache->used += cache->used < cache->size;
    }

    (void) pthread_mutex_unlock(&cache->mutex);
}


static ioa_link_t *
ioa_chain_cache_find_locked(const ioa_chain_cache_t *cache, ioa_reader_t der)
{
    size_t  i;

    for (i = 0; i < cache->size && cache->certs[i] != NULL; i++) {
        if (ioa_der_equal(cache->certs[i]->cert.der, der)) {
            return cache->certs[i];
        }
    }

    return NULL;
}


ioa_link_t *
ioa_chain_cache_find(ioa_chain_cache_t *cache, ioa_reader_t der)
{
    ioa_link_t  *link;

    if (cache == NULL || pthread_mutex_lock(&cache->mutex) != 0) {
        return NULL;
    }

    link = ioa_chain_cache_find_locked(cache, der);

    if (link != NULL) {
        ioa_link_hold(link);
    }

    (void) pthread_mutex_unlock(&cache->mutex);

    return link;
}


void
ioa_chain_cache_keep(ioa_chain_cache_t *cache, ioa_link_t *link)
{
    ioa_link_t  *oldest;

    if (cache == NULL || pthread_mutex_lock(&cache->mutex) != 0) {
        return;
    }

    oldest = NULL;

    if (ioa_chain_cache_find_locked(cache, link->cert.der) == NULL) {
        oldest = cache->certs[cache->certs_next];
        ioa_link_hold(link);
        cache->certs[cache->certs_next] = link;
        cache->certs_next = (cache->certs_next + 1) % cache->size;
    }

    (void) pthread_mutex_unlock(&cache->mutex);

    ioa_link_drop(oldest);
}
