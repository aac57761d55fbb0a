/*
 * ioa_chain: the memory of signatures that were verified.  See ioa_chain.h.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ioa_chain_link.h"
#include "ioa_sha256.h"

#define IOA_CHAIN_CACHE_MAX  4096

struct ioa_chain_cache_s {
    pthread_mutex_t  mutex;
    size_t           size;
    size_t           used;
    size_t           next;              /* the oldest, once all are used */
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

    if (pthread_mutex_init(&cache->mutex, NULL) != 0) {
        free(cache);
        return NULL;
    }

    cache->size = size;

    return cache;
}


void
ioa_chain_cache_free(ioa_chain_cache_t *cache)
{
    if (cache != NULL) {
        (void) pthread_mutex_destroy(&cache->mutex);
        free(cache);
    }
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

    /* another thread may have been first */

    if (!ioa_chain_cache_has_locked(cache, key32)) {
        memcpy(cache->keys[cache->next], key32, IOA_FINGERPRINT_LEN);
        cache->next = (cache->next + 1) % cache->size;
        cache->used += cache->used < cache->size;
    }

    (void) pthread_mutex_unlock(&cache->mutex);
}
