
/*
 * Documents of other services (collateral, certificates, key sets), kept in
 * the zone.  They are verified at each use: none is trusted because it is in
 * the zone.
 *
 * The caller that fetches a document holds its lease, and all others that
 * need the document wait.  They learn by the lease's token if it has failed.
 */


#include "zone/ngx_http_ioattest_node.h"
#include "zone/ngx_http_ioattest_documents.h"


/* the largest share of the zone: of one document, of all of them */
#define NGX_HTTP_IOATTEST_BLOB_SHARE   8
#define NGX_HTTP_IOATTEST_BLOBS_SHARE  4


static ngx_int_t ngx_http_ioattest_document_take_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_document_t *doc, time_t life, ngx_msec_t age);
static ngx_uint_t ngx_http_ioattest_document_young_locked(
    const ngx_http_ioattest_blob_node_t *blob,
    const ngx_http_ioattest_document_t *doc);
static ngx_uint_t ngx_http_ioattest_document_asked_locked(
    const ngx_http_ioattest_blob_node_t *blob);
static void ngx_http_ioattest_document_room_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh, ngx_uint_t n);
static void ngx_http_ioattest_document_keep_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_document_t *doc, ngx_str_t *text, ngx_uint_t n);
static ngx_http_ioattest_node_t *ngx_http_ioattest_document_held_locked(
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_document_t *doc);
static ngx_int_t ngx_http_ioattest_blob_fill_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_blob_node_t *blob, ngx_str_t *text);
static void ngx_http_ioattest_blob_copy_locked(
    const ngx_http_ioattest_blob_node_t *blob, u_char *p);


ngx_int_t
ngx_http_ioattest_document_take(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_pool_t *pool, time_t life,
    ngx_msec_t age)
{
    ngx_int_t                rc;
    ngx_http_ioattest_sh_t  *sh;

    do {
        sh = ngx_http_ioattest_store_lock(zone);

        rc = ngx_http_ioattest_document_take_locked(zone, sh, doc, life, age);

        ngx_http_ioattest_store_unlock(zone);

        if (rc == NGX_OK) {
            doc->waiting = 0;
            doc->token = 0;

            rc = ngx_http_ioattest_document_get(zone, doc, pool);

            if (rc != NGX_DECLINED) {
                return rc;
            }

            /* the document has just been dropped */

            rc = NGX_BUSY;
        }

    } while (rc == NGX_BUSY);

    return rc;
}


static ngx_int_t
ngx_http_ioattest_document_take_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_document_t *doc,
    time_t life, ngx_msec_t age)
{
    ngx_http_ioattest_node_t       *node;
    ngx_http_ioattest_blob_node_t  *blob;

    node = ngx_http_ioattest_node_find_locked(sh, doc->key,
                                              NGX_HTTP_IOATTEST_NODE_BLOB);
    if (node) {
        blob = &node->u.blob;

        if (blob->version > doc->version
            && ngx_http_ioattest_within(blob->fetched_ms,
                                        (ngx_msec_t) life * 1000))
        {
            return NGX_OK;
        }

        if (doc->waiting && blob->failed >= doc->token) {
            doc->waiting = 0;
            doc->token = 0;
            doc->status = blob->status;

            /* the other's fetch succeeded, but the document has no room */

            return (doc->status == NGX_HTTP_IOATTEST_DOCUMENT_LARGE)
                   ? NGX_DECLINED : NGX_DONE;
        }

        if (blob->status == NGX_HTTP_IOATTEST_DOCUMENT_NONE
            && ngx_http_ioattest_within(blob->failed_ms,
                                        (ngx_msec_t) doc->none * 1000))
        {
            doc->waiting = 0;
            doc->token = 0;
            doc->status = blob->status;

            return NGX_DONE;
        }

        if (doc->young && ngx_http_ioattest_document_young_locked(blob, doc))
        {
            return NGX_ABORT;
        }

        if (ngx_http_ioattest_document_asked_locked(blob)) {

            if (!doc->waiting) {
                doc->waiting = 1;
                doc->token = blob->lease.token;
            }

            return NGX_AGAIN;
        }

    } else {
        ngx_http_ioattest_document_room_locked(zone, sh, 1);

        node = ngx_http_ioattest_node_create_locked(zone, sh, doc->key,
                                                NGX_HTTP_IOATTEST_NODE_BLOB);
    }

    doc->waiting = 0;
    doc->token = 0;

    if (node) {
        doc->token = ngx_http_ioattest_lease_take_locked(sh,
                                                   &node->u.blob.lease, age);
    }

    return NGX_DECLINED;
}


/*
 * 1 if version is the copy at hand, and there has just been an answer to who
 * asked for a newer one, or none.  A request under way is waited for.
 */

static ngx_uint_t
ngx_http_ioattest_document_young_locked(
    const ngx_http_ioattest_blob_node_t *blob,
    const ngx_http_ioattest_document_t *doc)
{
    if (blob->version == 0 || blob->version > doc->version || doc->waiting) {
        return 0;
    }

    return ngx_http_ioattest_within(blob->fetched_ms, doc->young)
           || (blob->status
               && ngx_http_ioattest_within(blob->failed_ms, doc->young));
}


/* 1 while a process that exists is fetching it. */

static ngx_uint_t
ngx_http_ioattest_document_asked_locked(
    const ngx_http_ioattest_blob_node_t *blob)
{
    return ngx_http_ioattest_lease_live_locked(&blob->lease)
           && (kill(blob->lease.pid, 0) == 0 || ngx_errno != ESRCH);
}


static void
ngx_http_ioattest_document_room_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_uint_t n)
{
    ngx_uint_t                 room;
    ngx_http_ioattest_node_t  *node;

    room = sh->capacity / NGX_HTTP_IOATTEST_BLOBS_SHARE;

    while (sh->blobs + n > room && !ngx_queue_empty(&sh->blob_lru)) {
        node = ngx_queue_data(ngx_queue_last(&sh->blob_lru),
                              ngx_http_ioattest_node_t, lru);
        ngx_http_ioattest_node_delete_locked(zone, sh, node);
    }
}


void
ngx_http_ioattest_document_put(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_str_t *body, ngx_str_t *chain)
{
    u_char                  *p;
    ngx_str_t                text;
    ngx_uint_t               n;
    ngx_http_ioattest_sh_t  *sh;

    text.len = body->len + chain->len;
    text.data = ngx_alloc(text.len + 1, ngx_cycle->log);

    if (text.data == NULL) {
        ngx_http_ioattest_document_give(zone, doc, 0);
        return;
    }

    p = ngx_cpymem(text.data, body->data, body->len);
    ngx_memcpy(p, chain->data, chain->len);

    doc->body.len = body->len;
    doc->chain.len = chain->len;

    n = 1 + text.len / sizeof(((ngx_http_ioattest_piece_t *) 0)->data);

    sh = ngx_http_ioattest_store_lock(zone);

    if (n < sh->capacity / NGX_HTTP_IOATTEST_BLOB_SHARE) {
        ngx_http_ioattest_document_keep_locked(zone, sh, doc, &text, n);
    }

    ngx_http_ioattest_store_unlock(zone);

    ngx_free(text.data);

    /* has no effect if the document was stored and the lease given back */

    ngx_http_ioattest_document_give(zone, doc,
                                    NGX_HTTP_IOATTEST_DOCUMENT_LARGE);
}


/* Stores the text, n pieces, and gives the lease back. */

static void
ngx_http_ioattest_document_keep_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_document_t *doc,
    ngx_str_t *text, ngx_uint_t n)
{
    ngx_http_ioattest_node_t       *node;
    ngx_http_ioattest_blob_node_t  *blob;

    node = ngx_http_ioattest_node_find_locked(sh, doc->key,
                                              NGX_HTTP_IOATTEST_NODE_BLOB);
    if (node == NULL) {
        ngx_http_ioattest_document_room_locked(zone, sh, 1);

        node = ngx_http_ioattest_node_create_locked(zone, sh, doc->key,
                                                NGX_HTTP_IOATTEST_NODE_BLOB);
        if (node == NULL) {
            return;
        }
    }

    /* unlinked, so that it is not dropped to make room for itself */

    ngx_queue_remove(&node->lru);
    ngx_queue_init(&node->lru);

    blob = &node->u.blob;

    ngx_http_ioattest_blob_free_locked(zone, sh, blob);
    blob->fetched_ms = 0;
    blob->version = 0;

    ngx_http_ioattest_document_room_locked(zone, sh, n);

    if (ngx_http_ioattest_blob_fill_locked(zone, sh, blob, text) != NGX_OK) {
        ngx_http_ioattest_blob_free_locked(zone, sh, blob);

    } else {
        blob->body_len = doc->body.len;
        blob->chain_len = doc->chain.len;
        blob->fetched_ms = ngx_current_msec;
        blob->status = 0;
        blob->version = ++sh->next_token;

        if (doc->token && blob->lease.token == doc->token) {
            blob->lease.token = 0;
        }

        doc->token = 0;
        doc->version = blob->version;
    }

    ngx_queue_insert_head(&sh->blob_lru, &node->lru);
}


void
ngx_http_ioattest_document_give(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_int_t status)
{
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    if (doc->token == 0 || doc->waiting) {
        return;
    }

    sh = ngx_http_ioattest_store_lock(zone);

    node = ngx_http_ioattest_document_held_locked(sh, doc);

    if (node) {
        node->u.blob.lease.token = 0;

        if (status) {
            node->u.blob.failed = doc->token;
            node->u.blob.status = status;
            node->u.blob.failed_ms = ngx_current_msec;
        }
    }

    ngx_http_ioattest_store_unlock(zone);

    doc->token = 0;
}


static ngx_http_ioattest_node_t *
ngx_http_ioattest_document_held_locked(ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_document_t *doc)
{
    ngx_http_ioattest_node_t  *node;

    node = ngx_http_ioattest_node_find_locked(sh, doc->key,
                                              NGX_HTTP_IOATTEST_NODE_BLOB);

    return (node && node->u.blob.lease.token == doc->token) ? node : NULL;
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


ngx_int_t
ngx_http_ioattest_document_get(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_pool_t *pool)
{
    u_char                         *p;
    size_t                          room, len;
    ngx_http_ioattest_sh_t         *sh;
    ngx_http_ioattest_node_t       *node;
    ngx_http_ioattest_blob_node_t  *blob;

    /* allocated without the lock, once the size is known */

    p = NULL;
    room = 0;

    for ( ;; ) {
        len = 0;

        sh = ngx_http_ioattest_store_lock(zone);

        node = ngx_http_ioattest_node_find_locked(sh, doc->key,
                                                NGX_HTTP_IOATTEST_NODE_BLOB);

        if (node && node->u.blob.version) {
            blob = &node->u.blob;
            len = blob->body_len + blob->chain_len;

            if (p && len <= room) {
                ngx_http_ioattest_blob_copy_locked(blob, p);

                doc->body.data = p;
                doc->body.len = blob->body_len;
                doc->chain.data = p + blob->body_len;
                doc->chain.len = blob->chain_len;
                doc->version = blob->version;

                ngx_queue_remove(&node->lru);
                ngx_queue_insert_head(&sh->blob_lru, &node->lru);
            }
        }

        ngx_http_ioattest_store_unlock(zone);

        if (len == 0) {
            return NGX_DECLINED;
        }

        if (p && len <= room) {
            return NGX_OK;
        }

        room = len;

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
