
/*
 * What other services said of machines (collateral, certificates, key sets),
 * kept in the zone.  It is verified each time that it is used: nothing here
 * is trusted for being here.
 */


#include "zone/ngx_http_ioattest_node.h"


/* shares of the zone: of one, of all */
#define NGX_HTTP_IOATTEST_BLOB_SHARE   8
#define NGX_HTTP_IOATTEST_BLOBS_SHARE  4


static ngx_int_t ngx_http_ioattest_blob_fill_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_blob_node_t *blob, ngx_str_t *text);
static void ngx_http_ioattest_blob_copy_locked(
    const ngx_http_ioattest_blob_node_t *blob, u_char *p);


void
ngx_http_ioattest_blob_put(ngx_http_ioattest_zone_t *zone,
    const u_char *key32, ngx_str_t *body, ngx_str_t *chain)
{
    u_char                    *p;
    ngx_str_t                  text;
    ngx_uint_t                 n, room;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    text.len = body->len + chain->len;
    text.data = ngx_alloc(text.len + 1, ngx_cycle->log);

    if (text.data == NULL) {
        return;
    }

    p = ngx_cpymem(text.data, body->data, body->len);
    ngx_memcpy(p, chain->data, chain->len);

    n = 2 + text.len / sizeof(((ngx_http_ioattest_piece_t *) 0)->data);

    sh = ngx_http_ioattest_store_lock(zone);

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_BLOB);
    if (node) {
        ngx_http_ioattest_node_delete_locked(zone, sh, node);
    }

    room = sh->capacity / NGX_HTTP_IOATTEST_BLOBS_SHARE;

    while (sh->blobs + n > room && !ngx_queue_empty(&sh->blob_lru)) {
        node = ngx_queue_data(ngx_queue_last(&sh->blob_lru),
                              ngx_http_ioattest_node_t, lru);
        ngx_http_ioattest_node_delete_locked(zone, sh, node);
    }

    if (n <= sh->capacity / NGX_HTTP_IOATTEST_BLOB_SHARE) {
        node = ngx_http_ioattest_node_create_locked(zone, sh, key32,
                                                NGX_HTTP_IOATTEST_NODE_BLOB);

        if (node) {
            node->u.blob.body_len = body->len;
            node->u.blob.chain_len = chain->len;
            node->u.blob.fetched_at = ngx_time();

            /* out of the queue, so that it is not dropped to make room */

            ngx_queue_remove(&node->lru);

            if (ngx_http_ioattest_blob_fill_locked(zone, sh, &node->u.blob,
                                                   &text)
                != NGX_OK)
            {
                ngx_queue_init(&node->lru);
                ngx_http_ioattest_node_delete_locked(zone, sh, node);

            } else {
                ngx_queue_insert_head(&sh->blob_lru, &node->lru);
            }
        }
    }

    ngx_http_ioattest_store_unlock(zone);

    ngx_free(text.data);
}


static ngx_int_t
ngx_http_ioattest_blob_fill_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_blob_node_t *blob,
    ngx_str_t *text)
{
    size_t                       n, at;
    ngx_http_ioattest_piece_t  **last;

    last = &blob->pieces;

    for (at = 0; at < text->len; at += n) {

        while ((*last = ngx_slab_calloc_locked(zone->shpool,
                                            NGX_HTTP_IOATTEST_NODE_SIZE))
               == NULL)
        {
            if (!ngx_http_ioattest_node_drop_locked(zone, sh)) {
                return NGX_DECLINED;
            }
        }

        sh->blobs++;

        n = ngx_min(text->len - at, sizeof((*last)->data));

        ngx_memcpy((*last)->data, text->data + at, n);
        last = &(*last)->next;
    }

    return NGX_OK;
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


ngx_int_t
ngx_http_ioattest_blob_get(ngx_http_ioattest_zone_t *zone,
    const u_char *key32, ngx_pool_t *pool, ngx_str_t *body, ngx_str_t *chain,
    time_t *fetched_at)
{
    u_char                    *p;
    size_t                     room;
    ngx_uint_t                 found;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    /* memory is not asked for under the lock: first how much it takes */

    p = NULL;
    room = 0;

    for ( ;; ) {
        sh = ngx_http_ioattest_store_lock(zone);

        node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_BLOB);
        found = (node != NULL);

        if (found) {
            body->len = node->u.blob.body_len;
            chain->len = node->u.blob.chain_len;
            *fetched_at = node->u.blob.fetched_at;

            if (p && body->len + chain->len <= room) {
                ngx_http_ioattest_blob_copy_locked(&node->u.blob, p);

                ngx_queue_remove(&node->lru);
                ngx_queue_insert_head(&sh->blob_lru, &node->lru);
            }
        }

        ngx_http_ioattest_store_unlock(zone);

        if (!found) {
            return NGX_DECLINED;
        }

        if (p && body->len + chain->len <= room) {
            body->data = p;
            chain->data = p + body->len;

            return NGX_OK;
        }

        room = body->len + chain->len;

        p = ngx_pnalloc(pool, room + 1);
        if (p == NULL) {
            return NGX_ERROR;
        }
    }
}


static void
ngx_http_ioattest_blob_copy_locked(const ngx_http_ioattest_blob_node_t *blob,
    u_char *p)
{
    size_t                      n, left;
    ngx_http_ioattest_piece_t  *piece;

    left = blob->body_len + blob->chain_len;

    for (piece = blob->pieces; left; piece = piece->next) {
        n = ngx_min(left, sizeof(piece->data));
        p = ngx_cpymem(p, piece->data, n);
        left -= n;
    }
}
