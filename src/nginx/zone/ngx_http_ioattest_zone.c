
/*
 * The zone: its layout, the lock, and keys.
 */


#include "zone/ngx_http_ioattest_node.h"


#define NGX_HTTP_IOATTEST_MAGIC      0x74747461616f6931ULL
#define NGX_HTTP_IOATTEST_LAYOUT     14

/* how often the master tries to get the lock, once in a millisecond */
#define NGX_HTTP_IOATTEST_TRIES      500

/* keys that a process keeps, of texts that are not longer */
#define NGX_HTTP_IOATTEST_KNOWN_KEYS   16
#define NGX_HTTP_IOATTEST_KNOWN_LEN    176
#define NGX_HTTP_IOATTEST_KNOWN_PRIME  0x9e3779b97f4a7c15ULL


typedef struct {
    size_t                       len;       /* 0: none */
    u_char                       text[NGX_HTTP_IOATTEST_KNOWN_LEN];
    u_char                       key32[NGX_HTTP_IOATTEST_KEY_LEN];
} ngx_http_ioattest_known_key_t;


static ngx_int_t ngx_http_ioattest_store_layout_locked(
    ngx_http_ioattest_zone_t *zone);
static void ngx_http_ioattest_store_digest(u_char *key32, const u_char *text,
    size_t len);
static ngx_http_ioattest_sh_t *ngx_http_ioattest_store_entered(
    ngx_http_ioattest_zone_t *zone);


ngx_int_t
ngx_http_ioattest_store_init(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_zone_t *old, ngx_log_t *log)
{
    size_t                   len;
    ngx_int_t                rc;
    ngx_http_ioattest_sh_t  *sh;

    zone->shpool = (ngx_slab_pool_t *) zone->shm_zone->shm.addr;

    if (old != NULL || zone->shm_zone->shm.exists) {
        sh = zone->shpool->data;

        if (sh->magic != NGX_HTTP_IOATTEST_MAGIC
            || sh->layout != NGX_HTTP_IOATTEST_LAYOUT)
        {
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "ioattest zone \"%V\" was laid out by another "
                          "version of the module: restart nginx, or give "
                          "the zone another name or size", &zone->name);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    ngx_shmtx_lock(&zone->shpool->mutex);
    rc = ngx_http_ioattest_store_layout_locked(zone);
    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "ioattest zone \"%V\" is too small", &zone->name);
        return NGX_ERROR;
    }

    sh = zone->shpool->data;
    sh->dirty = 0;

    len = sizeof(" in ioattest zone \"\"") + zone->name.len;

    zone->shpool->log_ctx = ngx_slab_alloc(zone->shpool, len);
    if (zone->shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(zone->shpool->log_ctx, " in ioattest zone \"%V\"%Z",
                &zone->name);

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_store_layout_locked(ngx_http_ioattest_zone_t *zone)
{
    ngx_uint_t               i;
    ngx_slab_pool_t         *shpool;
    ngx_http_ioattest_sh_t  *sh;

    shpool = zone->shpool;

    sh = ngx_slab_calloc_locked(shpool, sizeof(ngx_http_ioattest_sh_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    /* who dies here leaves it so */
    sh->dirty = 1;

    sh->magic = NGX_HTTP_IOATTEST_MAGIC;
    sh->layout = NGX_HTTP_IOATTEST_LAYOUT;
    sh->capacity = shpool->pfree * ngx_pagesize / NGX_HTTP_IOATTEST_NODE_SIZE;

    /* a function of nginx itself: the module may be loaded elsewhere */
    ngx_rbtree_init(&sh->rbtree, &sh->sentinel, ngx_str_rbtree_insert_value);

    ngx_queue_init(&sh->machine_lru);
    ngx_queue_init(&sh->idle_lru);
    ngx_queue_init(&sh->blob_lru);
    ngx_queue_init(&sh->used_lru);
    ngx_queue_init(&sh->models);

    for (i = 0; i < NGX_HTTP_IOATTEST_NAMES_MAX; i++) {
        ngx_queue_init(&sh->name_lru[i]);
    }

    shpool->log_nomem = 0;
    shpool->data = sh;

    return NGX_OK;
}


ngx_http_ioattest_sh_t *
ngx_http_ioattest_store_lock(ngx_http_ioattest_zone_t *zone)
{
    ngx_slab_pool_t  *shpool;

    shpool = zone->shpool;

    ngx_shmtx_lock(&shpool->mutex);

    return ngx_http_ioattest_store_entered(zone);
}


/*
 * For the master: while it reads a configuration it is not told of workers
 * that have died, and would wait forever for the lock of one that died with
 * it.
 */

ngx_http_ioattest_sh_t *
ngx_http_ioattest_store_try(ngx_http_ioattest_zone_t *zone)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_IOATTEST_TRIES; i++) {

        if (ngx_shmtx_trylock(&zone->shpool->mutex)) {
            return ngx_http_ioattest_store_entered(zone);
        }

        ngx_msleep(1);
    }

    return NULL;
}


/* Called with the lock held: checks that no change was interrupted. */

static ngx_http_ioattest_sh_t *
ngx_http_ioattest_store_entered(ngx_http_ioattest_zone_t *zone)
{
    ngx_uint_t                   resets;
    ngx_msec_t                   blind;
    ngx_slab_pool_t             *shpool;
    ngx_http_ioattest_sh_t      *sh;
    ngx_http_ioattest_replay_t  *kept;

    shpool = zone->shpool;
    sh = shpool->data;

    if (sh->dirty) {

        /*
         * ngx_slab_init() leaves the mutex alone, and the first allocation
         * of a fresh pool has the same address: sh stays valid for those who
         * update counters without the lock.
         */

        resets = sh->resets + 1;
        kept = ngx_http_ioattest_replay_keep(zone, sh, &blind);

        ngx_slab_init(shpool);

        if (ngx_http_ioattest_store_layout_locked(zone) != NGX_OK) {
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                          "ioattest zone \"%V\" could not be laid out",
                          &zone->name);
            ngx_abort();
        }

        sh = shpool->data;
        sh->resets = resets;

        /* what was given out before must not be given out again */
        sh->next_token = (uint64_t) resets << 32;
        sh->next_generation = (uint64_t) resets << 32;

        /* and a text that was used before must not be used again */
        sh->replay_blind = blind;

        if (kept) {
            (void) ngx_http_ioattest_replay_restore_locked(zone, sh, kept);
            ngx_free(kept);
        }

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "ioattest zone \"%V\" was left in the middle of a "
                      "change by a worker that died; it starts empty",
                      &zone->name);
    }

    sh->dirty = 1;
    ngx_memory_barrier();

    return sh;
}


void
ngx_http_ioattest_store_unlock(ngx_http_ioattest_zone_t *zone)
{
    ngx_http_ioattest_sh_t  *sh;

    sh = zone->shpool->data;

    ngx_memory_barrier();
    sh->dirty = 0;

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


void
ngx_http_ioattest_store_key(u_char *key32, ngx_http_ioattest_kind_e kind,
    const u_char *policy32, ngx_str_t *a, ngx_str_t *b)
{
    u_char    *p, buf[NGX_HTTP_IOATTEST_KEY_LEN + 1 + 2 * 4
                      + IOA_MODEL_NAME_MAX + IOA_MODEL_ID_MAX];
    uint32_t   n;

    p = ngx_cpymem(buf, policy32, NGX_HTTP_IOATTEST_KEY_LEN);
    *p++ = (u_char) kind;

    n = (uint32_t) ngx_min(a->len, IOA_MODEL_NAME_MAX);
    p = ngx_cpymem(p, &n, sizeof(n));
    p = ngx_cpymem(p, a->data, n);

    n = (uint32_t) ngx_min(b->len, IOA_MODEL_ID_MAX);
    p = ngx_cpymem(p, &n, sizeof(n));
    p = ngx_cpymem(p, b->data, n);

    ngx_http_ioattest_store_digest(key32, buf, p - buf);
}


/*
 * SHA-256.  A request needs the keys of its model, its list and its machine,
 * and the next one mostly needs the same: each process keeps the latest.
 */

static void
ngx_http_ioattest_store_digest(u_char *key32, const u_char *text, size_t len)
{
    uint64_t                        word, sum;
    const u_char                   *p, *last;
    ngx_http_ioattest_known_key_t  *known;

    static ngx_http_ioattest_known_key_t  keys[NGX_HTTP_IOATTEST_KNOWN_KEYS];

    if (len > NGX_HTTP_IOATTEST_KNOWN_LEN) {
        ioa_sha256(key32, text, len);
        return;
    }

    /* any place will do: it is the text that must be the same */

    sum = len;
    last = text + len;

    for (p = text + NGX_HTTP_IOATTEST_KEY_LEN; last - p >= 8; p += 8) {
        ngx_memcpy(&word, p, 8);
        sum = (sum ^ word) * NGX_HTTP_IOATTEST_KNOWN_PRIME;
        sum ^= sum >> 32;
    }

    for ( /* void */ ; p < last; p++) {
        sum = (sum ^ *p) * NGX_HTTP_IOATTEST_KNOWN_PRIME;
        sum ^= sum >> 32;
    }

    known = &keys[sum % NGX_HTTP_IOATTEST_KNOWN_KEYS];

    if (known->len != len || ngx_memcmp(known->text, text, len) != 0) {
        known->len = len;
        ngx_memcpy(known->text, text, len);
        ioa_sha256(known->key32, text, len);
    }

    ngx_memcpy(key32, known->key32, NGX_HTTP_IOATTEST_KEY_LEN);
}
