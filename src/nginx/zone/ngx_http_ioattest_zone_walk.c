
/*
 * What the status page reads: rows of nodes in batches, counters, histograms.
 */


#include "zone/ngx_http_ioattest_node.h"


const ngx_uint_t  ngx_http_ioattest_bucket_us[NGX_HTTP_IOATTEST_BUCKETS] = {
    50, 100, 250, 500, 1000, 5000, 25000, 100000, 500000,
    1000000, 5000000, 10000000
};


static ngx_http_ioattest_node_t *ngx_http_ioattest_next_locked(
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_cursor_t *cursor);
static void ngx_http_ioattest_row_locked(ngx_http_ioattest_row_t *row,
    ngx_http_ioattest_node_t *node);


ngx_uint_t
ngx_http_ioattest_store_rows(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_cursor_t *cursor, ngx_http_ioattest_row_t *rows,
    ngx_uint_t n)
{
    ngx_uint_t                 i;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    sh = ngx_http_ioattest_store_lock(zone);

    for (i = 0; i < n; i++) {
        node = ngx_http_ioattest_next_locked(sh, cursor);
        if (node == NULL) {
            break;
        }

        ngx_http_ioattest_row_locked(&rows[i], node);

        ngx_memcpy(cursor->key, node->key, NGX_HTTP_IOATTEST_KEY_LEN);
        cursor->started = 1;
    }

    ngx_http_ioattest_store_unlock(zone);

    return i;
}


/* The first node in the order of ngx_str_rbtree_insert_value() past cursor. */

static ngx_http_ioattest_node_t *
ngx_http_ioattest_next_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_cursor_t *cursor)
{
    uint32_t                   hash;
    ngx_rbtree_node_t         *rn;
    ngx_http_ioattest_node_t  *node, *best;

    ngx_memcpy(&hash, cursor->key, sizeof(hash));

    best = NULL;
    rn = sh->rbtree.root;

    while (rn != sh->rbtree.sentinel) {
        node = (ngx_http_ioattest_node_t *) rn;

        if (!cursor->started
            || rn->key > hash
            || (rn->key == hash
                && ngx_memcmp(node->key, cursor->key,
                              NGX_HTTP_IOATTEST_KEY_LEN) > 0))
        {
            best = node;
            rn = rn->left;

        } else {
            rn = rn->right;
        }
    }

    return best;
}


static void
ngx_http_ioattest_row_locked(ngx_http_ioattest_row_t *row,
    ngx_http_ioattest_node_t *node)
{
    row->kind = node->kind;
    row->machines = 0;
    row->attestable = 0;
    row->leased = 0;
    row->failing = IOA_OK;

    switch (node->kind) {

    case NGX_HTTP_IOATTEST_NODE_MODEL:
        row->names = node->u.model.names;
        ngx_memcpy(row->policy, node->u.model.policy,
                   NGX_HTTP_IOATTEST_POLICY_LEN);
        row->machines = node->u.model.count;
        row->leased =
                    ngx_http_ioattest_lease_live_locked(&node->u.model.lease);

        if (ngx_http_ioattest_lease_failing_locked(&node->u.model.lease)) {
            row->failing = node->u.model.lease.reason;
        }

        break;

    case NGX_HTTP_IOATTEST_NODE_MACHINE:
        row->names = node->u.machine.model->u.model.names;
        row->machine = node->u.machine.info;
        break;

    default: /* NGX_HTTP_IOATTEST_NODE_NAME */
        row->names = node->u.name.names;
        row->attestable = node->u.name.attestable;
        row->leased =
                     ngx_http_ioattest_lease_live_locked(&node->u.name.lease);
    }
}


size_t
ngx_http_ioattest_store_used_bytes(ngx_http_ioattest_zone_t *zone)
{
    size_t                   used;

    (void) ngx_http_ioattest_store_lock(zone);

    used = zone->shm_zone->shm.size - zone->shpool->pfree * ngx_pagesize;

    ngx_http_ioattest_store_unlock(zone);

    return used;
}


ngx_uint_t
ngx_http_ioattest_store_resets(ngx_http_ioattest_zone_t *zone)
{
    ngx_uint_t               resets;
    ngx_http_ioattest_sh_t  *sh;

    sh = ngx_http_ioattest_store_lock(zone);
    resets = sh->resets;
    ngx_http_ioattest_store_unlock(zone);

    return resets;
}


ngx_http_ioattest_counters_t *
ngx_http_ioattest_store_counters(ngx_http_ioattest_zone_t *zone)
{
    ngx_http_ioattest_sh_t  *sh;

    sh = zone->shpool->data;

    return &sh->counters;
}


void
ngx_http_ioattest_observe(ngx_http_ioattest_histogram_t *histogram,
    uint64_t us)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_IOATTEST_BUCKETS; i++) {
        if (us <= ngx_http_ioattest_bucket_us[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&histogram->bucket[i], 1);
    (void) ngx_atomic_fetch_add(&histogram->sum_us, (ngx_atomic_int_t) us);
}
