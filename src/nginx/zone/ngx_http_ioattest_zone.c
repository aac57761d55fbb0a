
/*
 * The zone: its layout, the lock, nodes and their eviction.
 */


#include "zone/ngx_http_ioattest_node.h"


#define NGX_HTTP_IOATTEST_MAGIC      0x74747461616f6931ULL
#define NGX_HTTP_IOATTEST_LAYOUT     6

/* how many nodes of a queue are looked at for one that may go */
#define NGX_HTTP_IOATTEST_EVICT_MAX  64


typedef char ngx_http_ioattest_node_fits_t
    [sizeof(ngx_http_ioattest_node_t) <= NGX_HTTP_IOATTEST_NODE_SIZE ? 1 : -1];


static ngx_int_t ngx_http_ioattest_store_widen(ngx_http_ioattest_zone_t *zone,
    ngx_log_t *log);
static ngx_int_t ngx_http_ioattest_store_layout_locked(
    ngx_http_ioattest_zone_t *zone);
static ngx_http_ioattest_node_t *ngx_http_ioattest_node_alloc_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh);
static ngx_uint_t ngx_http_ioattest_node_evict_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    ngx_queue_t *lru);
static void ngx_http_ioattest_node_expire_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh);


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

        return ngx_http_ioattest_store_widen(zone, log);
    }

    ngx_shmtx_lock(&zone->shpool->mutex);
    rc = ngx_http_ioattest_store_layout_locked(zone);
    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "ioattest zone \"%V\" is too small", &zone->name);
        return NGX_ERROR;
    }

    len = sizeof(" in ioattest zone \"\"") + zone->name.len;

    zone->shpool->log_ctx = ngx_slab_alloc(zone->shpool, len);
    if (zone->shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(zone->shpool->log_ctx, " in ioattest zone \"%V\"%Z",
                &zone->name);

    return NGX_OK;
}


/* A configuration that is the first to have a replay window in a zone. */

static ngx_int_t
ngx_http_ioattest_store_widen(ngx_http_ioattest_zone_t *zone, ngx_log_t *log)
{
    ngx_int_t                rc;
    ngx_http_ioattest_sh_t  *sh;

    if (!zone->replay) {
        return NGX_OK;
    }

    sh = ngx_http_ioattest_store_lock(zone);

    rc = sh->replay ? NGX_OK
                    : ngx_http_ioattest_replay_take_locked(zone, sh);

    ngx_http_ioattest_store_unlock(zone);

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "ioattest zone \"%V\" has no room left in one piece "
                      "for what \"ioattest_replay\" needs: restart nginx, or "
                      "give the zone another name or size", &zone->name);
        return NGX_ERROR;
    }

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

    sh->magic = NGX_HTTP_IOATTEST_MAGIC;
    sh->layout = NGX_HTTP_IOATTEST_LAYOUT;
    sh->capacity = shpool->pfree * ngx_pagesize / NGX_HTTP_IOATTEST_NODE_SIZE;

    /* a core function: the tree must not point into a module */
    ngx_rbtree_init(&sh->rbtree, &sh->sentinel, ngx_str_rbtree_insert_value);

    ngx_queue_init(&sh->machine_lru);
    ngx_queue_init(&sh->idle_lru);
    ngx_queue_init(&sh->blob_lru);

    for (i = 0; i < NGX_HTTP_IOATTEST_NAMES_MAX; i++) {
        ngx_queue_init(&sh->name_lru[i]);
    }

    shpool->log_nomem = 0;
    shpool->data = sh;

    return zone->replay ? ngx_http_ioattest_replay_take_locked(zone, sh)
                        : NGX_OK;
}


ngx_http_ioattest_sh_t *
ngx_http_ioattest_store_lock(ngx_http_ioattest_zone_t *zone)
{
    ngx_uint_t               resets;
    ngx_slab_pool_t         *shpool;
    ngx_http_ioattest_sh_t  *sh;

    shpool = zone->shpool;

    ngx_shmtx_lock(&shpool->mutex);

    sh = shpool->data;

    if (sh->dirty) {

        /*
         * ngx_slab_init() leaves the mutex alone, and the first allocation
         * from a fresh pool lands where it was: sh stays what it is for
         * those that update counters without the lock.
         */

        resets = sh->resets + 1;

        ngx_slab_init(shpool);

        if (ngx_http_ioattest_store_layout_locked(zone) != NGX_OK) {
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                          "ioattest zone \"%V\" could not be laid out",
                          &zone->name);
            ngx_abort();
        }

        sh = shpool->data;
        sh->resets = resets;

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

    ioa_sha256(key32, buf, p - buf);
}


ngx_http_ioattest_node_t *
ngx_http_ioattest_node_find_locked(ngx_http_ioattest_sh_t *sh,
    const u_char *key32, ngx_http_ioattest_kind_e kind)
{
    uint32_t                   hash;
    ngx_str_t                  key;
    ngx_http_ioattest_node_t  *node;

    key.len = NGX_HTTP_IOATTEST_KEY_LEN;
    key.data = (u_char *) key32;

    ngx_memcpy(&hash, key32, sizeof(hash));

    node = (ngx_http_ioattest_node_t *)
               ngx_str_rbtree_lookup(&sh->rbtree, &key, hash);

    return (node && node->kind == kind) ? node : NULL;
}


ngx_http_ioattest_node_t *
ngx_http_ioattest_node_create_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const u_char *key32,
    ngx_http_ioattest_kind_e kind)
{
    uint32_t                   hash;
    ngx_http_ioattest_node_t  *node;

    ngx_http_ioattest_node_expire_locked(zone, sh);

    /* models that nobody has proved yet may not crowd out those proved */

    if (kind == NGX_HTTP_IOATTEST_NODE_MODEL
        && sh->idle >= ngx_max(sh->capacity / 8, 1)
        && !ngx_http_ioattest_node_evict_locked(zone, sh, &sh->idle_lru))
    {
        return NULL;
    }

    node = ngx_http_ioattest_node_alloc_locked(zone, sh);
    if (node == NULL) {
        return NULL;
    }

    node->kind = kind;
    ngx_memcpy(node->key, key32, NGX_HTTP_IOATTEST_KEY_LEN);
    ngx_memcpy(&hash, key32, sizeof(hash));

    node->sn.node.key = hash;
    node->sn.str.len = NGX_HTTP_IOATTEST_KEY_LEN;
    node->sn.str.data = node->key;

    ngx_rbtree_insert(&sh->rbtree, &node->sn.node);

    switch (kind) {

    case NGX_HTTP_IOATTEST_NODE_MODEL:
        ngx_queue_init(&node->u.model.machines);
        ngx_queue_insert_head(&sh->idle_lru, &node->lru);
        sh->idle++;
        break;

    case NGX_HTTP_IOATTEST_NODE_MACHINE:
        ngx_queue_insert_head(&sh->machine_lru, &node->lru);
        break;

    case NGX_HTTP_IOATTEST_NODE_NAME:
        ngx_queue_insert_head(&sh->name_lru[NGX_HTTP_IOATTEST_NAMES_OWN],
                              &node->lru);
        sh->names[NGX_HTTP_IOATTEST_NAMES_OWN]++;
        break;

    case NGX_HTTP_IOATTEST_NODE_BLOB:
        ngx_queue_insert_head(&sh->blob_lru, &node->lru);
        sh->blobs++;
        break;

    default: /* NGX_HTTP_IOATTEST_NODE_BOUND */
        ngx_queue_init(&node->lru);
        sh->bounds++;
    }

    return node;
}


static ngx_http_ioattest_node_t *
ngx_http_ioattest_node_alloc_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh)
{
    ngx_http_ioattest_node_t  *node;

    for ( ;; ) {
        node = ngx_slab_calloc_locked(zone->shpool,
                                      NGX_HTTP_IOATTEST_NODE_SIZE);
        if (node) {
            return node;
        }

        if (!ngx_http_ioattest_node_drop_locked(zone, sh)) {
            return NULL;
        }
    }
}


ngx_uint_t
ngx_http_ioattest_node_drop_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh)
{
    ngx_uint_t  i;

    ngx_queue_t  *order[] = {
        &sh->idle_lru,
        &sh->name_lru[NGX_HTTP_IOATTEST_NAMES_ASKING],
        &sh->blob_lru,
        &sh->machine_lru,
        &sh->name_lru[NGX_HTTP_IOATTEST_NAMES_SHARED],
        &sh->name_lru[NGX_HTTP_IOATTEST_NAMES_LISTS],
        &sh->name_lru[NGX_HTTP_IOATTEST_NAMES_OWN]
    };

    for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {

        if (ngx_http_ioattest_node_evict_locked(zone, sh, order[i])) {
            (void) ngx_atomic_fetch_add(&sh->counters.evicted, 1);
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_ioattest_node_evict_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_queue_t *lru)
{
    ngx_uint_t                  n;
    ngx_queue_t                *q;
    ngx_http_ioattest_node_t   *node;
    ngx_http_ioattest_lease_t  *lease;

    q = ngx_queue_last(lru);

    for (n = 0; n < NGX_HTTP_IOATTEST_EVICT_MAX; n++) {

        if (q == ngx_queue_sentinel(lru)) {
            return 0;
        }

        node = ngx_queue_data(q, ngx_http_ioattest_node_t, lru);
        q = ngx_queue_prev(q);

        lease = ngx_http_ioattest_node_lease_locked(node);

        if (lease && ngx_http_ioattest_lease_live_locked(lease)) {

            /* out of the way of those that may go */

            ngx_queue_remove(&node->lru);
            ngx_queue_insert_head(lru, &node->lru);
            continue;
        }

        ngx_http_ioattest_node_delete_locked(zone, sh, node);
        return 1;
    }

    return 0;
}


/* Drops up to two machines whose time is over. */

static void
ngx_http_ioattest_node_expire_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh)
{
    ngx_uint_t                 n;
    ngx_http_ioattest_node_t  *node;

    for (n = 0; n < 2 && !ngx_queue_empty(&sh->machine_lru); n++) {

        node = ngx_queue_data(ngx_queue_last(&sh->machine_lru),
                              ngx_http_ioattest_node_t, lru);

        if (node->u.machine.info.expires_at >= ngx_time()) {
            return;
        }

        ngx_http_ioattest_node_delete_locked(zone, sh, node);
    }
}


void
ngx_http_ioattest_node_delete_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *node)
{
    ngx_http_ioattest_node_t        *model;
    ngx_http_ioattest_model_node_t  *mn;

    ngx_rbtree_delete(&sh->rbtree, &node->sn.node);
    ngx_queue_remove(&node->lru);

    switch (node->kind) {

    case NGX_HTTP_IOATTEST_NODE_MODEL:
        sh->idle--;     /* a model with machines is in no queue to drop from */
        break;

    case NGX_HTTP_IOATTEST_NODE_MACHINE:
        ngx_queue_remove(&node->u.machine.siblings);

        model = node->u.machine.model;
        mn = &model->u.model;
        mn->count--;

        if (mn->count == 0) {
            mn->newest = 0;
        }

        ngx_http_ioattest_node_settle_locked(sh, model);
        break;

    case NGX_HTTP_IOATTEST_NODE_NAME:
        sh->names[node->u.name.place]--;
        sh->names_dropped += !node->u.name.head;
        break;

    case NGX_HTTP_IOATTEST_NODE_BLOB:
        sh->blobs--;
        ngx_http_ioattest_blob_free_locked(zone, sh, &node->u.blob);
        break;

    default: /* NGX_HTTP_IOATTEST_NODE_BOUND: stays as long as the zone */
        sh->bounds--;
    }

    ngx_slab_free_locked(zone->shpool, node);
}


void
ngx_http_ioattest_node_settle_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *node)
{
    ngx_uint_t  idle;

    /* a node's lru link is empty exactly while it has machines */

    idle = !ngx_queue_empty(&node->lru);

    if (node->u.model.count && idle) {
        ngx_queue_remove(&node->lru);
        ngx_queue_init(&node->lru);
        sh->idle--;

    } else if (node->u.model.count == 0 && !idle) {
        ngx_queue_insert_head(&sh->idle_lru, &node->lru);
        sh->idle++;
    }
}
