
/*
 * The nodes of the zone, and which of them are dropped when room is short.
 */


#include "zone/ngx_http_ioattest_node.h"


/* how many nodes of a queue are tried to find one that may be dropped */
#define NGX_HTTP_IOATTEST_EVICT_MAX  64


typedef char ngx_http_ioattest_node_fits_t
    [sizeof(ngx_http_ioattest_node_t) <= NGX_HTTP_IOATTEST_NODE_SIZE ? 1 : -1];


static ngx_http_ioattest_node_t *ngx_http_ioattest_node_alloc_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh);
static ngx_uint_t ngx_http_ioattest_node_evict_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    ngx_queue_t *lru);
static ngx_uint_t ngx_http_ioattest_node_busy_locked(
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *node);
static void ngx_http_ioattest_node_expire_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh);
static void ngx_http_ioattest_notes_free_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_model_node_t *mn);


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

    /* models without a machine may not displace models that have one */

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
        ngx_queue_insert_tail(&sh->models, &node->u.model.all);
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

    case NGX_HTTP_IOATTEST_NODE_USED:
        ngx_queue_insert_head(&sh->used_lru, &node->lru);
        sh->used++;
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
        &sh->used_lru,
        &sh->name_lru[NGX_HTTP_IOATTEST_NAMES_ASKING],
        &sh->blob_lru,
        &sh->machine_lru,
        &sh->name_lru[NGX_HTTP_IOATTEST_NAMES_SHARED],
        &sh->name_lru[NGX_HTTP_IOATTEST_NAMES_LISTS],
        &sh->name_lru[NGX_HTTP_IOATTEST_NAMES_OWN],
        &sh->name_lru[NGX_HTTP_IOATTEST_NAMES_HEADS]
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
    ngx_uint_t                 n;
    ngx_queue_t               *q;
    ngx_http_ioattest_node_t  *node;

    q = ngx_queue_last(lru);

    for (n = 0; n < NGX_HTTP_IOATTEST_EVICT_MAX; n++) {

        if (q == ngx_queue_sentinel(lru)) {
            return 0;
        }

        node = ngx_queue_data(q, ngx_http_ioattest_node_t, lru);
        q = ngx_queue_prev(q);

        if (ngx_http_ioattest_node_busy_locked(sh, node)) {

            /* moved to the front, so that others are tried next time */

            ngx_queue_remove(&node->lru);
            ngx_queue_insert_head(lru, &node->lru);
            continue;
        }

        ngx_http_ioattest_node_delete_locked(zone, sh, node);
        return 1;
    }

    return 0;
}


/* 1 if the node is in use, so that it may not be dropped. */

static ngx_uint_t
ngx_http_ioattest_node_busy_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *node)
{
    ngx_http_ioattest_lease_t  *lease;

    if (node->kind == NGX_HTTP_IOATTEST_NODE_MODEL) {
        return node->u.model.held
               || ngx_http_ioattest_slots_busy_locked(sh, node, NULL);
    }

    lease = ngx_http_ioattest_node_lease_locked(node);

    return lease && ngx_http_ioattest_lease_live_locked(lease);
}


/* Drops up to two machines that have expired. */

static void
ngx_http_ioattest_node_expire_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh)
{
    ngx_uint_t                 n;
    ngx_http_ioattest_node_t  *node;

    for (n = 0; n < 2 && !ngx_queue_empty(&sh->machine_lru); n++) {

        node = ngx_queue_data(ngx_queue_last(&sh->machine_lru),
                              ngx_http_ioattest_node_t, lru);

        if (ngx_http_ioattest_machine_good_locked(&node->u.machine.info,
                                               node->u.machine.info.valid))
        {
            return;
        }

        ngx_http_ioattest_node_delete_locked(zone, sh, node);
    }
}


void
ngx_http_ioattest_early_free_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_machine_node_t *machine)
{
    if (machine->early) {
        ngx_slab_free_locked(zone->shpool, machine->early);
        machine->early = NULL;
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
        sh->idle--;     /* only models without machines are ever dropped */
        ngx_queue_remove(&node->u.model.all);
        ngx_http_ioattest_notes_free_locked(zone, &node->u.model);
        break;

    case NGX_HTTP_IOATTEST_NODE_MACHINE:
        ngx_queue_remove(&node->u.machine.siblings);
        ngx_http_ioattest_early_free_locked(zone, &node->u.machine);

        model = node->u.machine.model;
        mn = &model->u.model;
        mn->count--;

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

    case NGX_HTTP_IOATTEST_NODE_USED:
        sh->used--;
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

    /* a model is in the idle queue exactly while it has no machines */

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


static void
ngx_http_ioattest_notes_free_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_model_node_t *mn)
{
    if (mn->notes) {
        ngx_slab_free_locked(zone->shpool, mn->notes);
        mn->notes = NULL;
    }

    if (mn->missed) {
        ngx_slab_free_locked(zone->shpool, mn->missed);
        mn->missed = NULL;
    }
}


void
ngx_http_ioattest_blob_free_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_blob_node_t *blob)
{
    ngx_http_ioattest_piece_t  *piece, *next;

    for (piece = blob->pieces; piece; piece = next) {
        next = piece->next;
        ngx_slab_free_locked(zone->shpool, piece);
        sh->blobs--;
    }

    blob->pieces = NULL;
}
