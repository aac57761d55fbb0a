
/*
 * The replay window: which signed texts all workers have seen recently.
 *
 * A ring of entries in order of arrival, in which the oldest is overwritten,
 * and a hash table over them.  If some location has a window, they get a
 * quarter of the zone when it is laid out, so that no node has to be dropped
 * for them later.  A window with more texts than that is cut short, and the
 * status page says how often.
 */


#include "zone/ngx_http_ioattest_node.h"


#define NGX_HTTP_IOATTEST_REPLAY_SHARE  4
#define NGX_HTTP_IOATTEST_REPLAY_RETRY  10000


typedef struct {
    u_char                      digest32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_msec_t                  seen_at;
    uint32_t                    next;       /* index + 1; 0: none */
    uint32_t                    used;
} ngx_http_ioattest_seen_t;


/* Followed by the entries, and by one head for each. */
struct ngx_http_ioattest_replay_s {
    uint32_t                    size;       /* entries */
    uint32_t                    used;
    uint32_t                    oldest;     /* the next to overwrite */
    ngx_msec_t                  window;     /* the longest configured */
};


static ngx_http_ioattest_replay_t *ngx_http_ioattest_replay_get_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh);
static ngx_http_ioattest_seen_t *ngx_http_ioattest_replay_entries(
    ngx_http_ioattest_replay_t *replay);
static uint32_t *ngx_http_ioattest_replay_head(
    ngx_http_ioattest_replay_t *replay, const u_char *digest32);
static ngx_http_ioattest_seen_t *ngx_http_ioattest_replay_find(
    ngx_http_ioattest_replay_t *replay, const u_char *digest32);
static ngx_uint_t ngx_http_ioattest_replay_recent(
    ngx_http_ioattest_seen_t *seen, ngx_msec_t window);
static void ngx_http_ioattest_replay_forget(
    ngx_http_ioattest_replay_t *replay, ngx_http_ioattest_seen_t *seen);
static void ngx_http_ioattest_replay_add(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_replay_t *replay, const u_char *digest32);
static ngx_int_t ngx_http_ioattest_replay_take_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh);


ngx_int_t
ngx_http_ioattest_replay_open(ngx_http_ioattest_zone_t *zone)
{
    ngx_int_t                rc;
    ngx_http_ioattest_sh_t  *sh;

    sh = zone->shpool->data;

    if (sh->replay) {
        return NGX_OK;
    }

    sh = ngx_http_ioattest_store_try(zone);
    if (sh == NULL) {
        return NGX_AGAIN;
    }

    rc = sh->replay ? NGX_OK
                    : ngx_http_ioattest_replay_take_locked(zone, sh);

    ngx_http_ioattest_store_unlock(zone);

    return rc;
}


ngx_int_t
ngx_http_ioattest_replay_check(ngx_http_ioattest_zone_t *zone,
    ngx_str_t *text, ngx_msec_t window)
{
    u_char                       digest32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_int_t                    rc;
    ngx_http_ioattest_sh_t      *sh;
    ngx_http_ioattest_seen_t    *seen;
    ngx_http_ioattest_replay_t  *replay;

    ioa_sha256(digest32, text->data, text->len);

    sh = ngx_http_ioattest_store_lock(zone);

    replay = ngx_http_ioattest_replay_get_locked(zone, sh);

    if (replay == NULL) {
        rc = NGX_ERROR;

    } else {
        replay->window = ngx_max(replay->window, window);
        seen = ngx_http_ioattest_replay_find(replay, digest32);

        rc = NGX_OK;

        if (seen && ngx_http_ioattest_replay_recent(seen, window)) {
            rc = NGX_DECLINED;

        } else {

            if (seen) {
                ngx_http_ioattest_replay_forget(replay, seen);
            }

            ngx_http_ioattest_replay_add(sh, replay, digest32);
        }
    }

    ngx_http_ioattest_store_unlock(zone);

    return rc;
}


/*
 * The window exists, unless a worker of a configuration without one has laid
 * the zone out anew after another worker died.
 */

static ngx_http_ioattest_replay_t *
ngx_http_ioattest_replay_get_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh)
{
    if (sh->replay == NULL
        && (ngx_msec_int_t) (sh->replay_retry - ngx_current_msec) <= 0
        && ngx_http_ioattest_replay_take_locked(zone, sh) != NGX_OK)
    {
        /* other nodes are not dropped for it at every response */
        sh->replay_retry = ngx_current_msec + NGX_HTTP_IOATTEST_REPLAY_RETRY;
    }

    return sh->replay;
}


static ngx_http_ioattest_seen_t *
ngx_http_ioattest_replay_entries(ngx_http_ioattest_replay_t *replay)
{
    return (ngx_http_ioattest_seen_t *) &replay[1];
}


static uint32_t *
ngx_http_ioattest_replay_head(ngx_http_ioattest_replay_t *replay,
    const u_char *digest32)
{
    uint32_t   hash, *heads;

    ngx_memcpy(&hash, digest32, sizeof(hash));

    heads = (uint32_t *)
                &ngx_http_ioattest_replay_entries(replay)[replay->size];

    return &heads[hash % replay->size];
}


static ngx_http_ioattest_seen_t *
ngx_http_ioattest_replay_find(ngx_http_ioattest_replay_t *replay,
    const u_char *digest32)
{
    uint32_t                   i;
    ngx_http_ioattest_seen_t  *seen;

    for (i = *ngx_http_ioattest_replay_head(replay, digest32); i;
         i = seen->next)
    {
        seen = &ngx_http_ioattest_replay_entries(replay)[i - 1];

        if (ngx_memcmp(seen->digest32, digest32, NGX_HTTP_IOATTEST_KEY_LEN)
            == 0)
        {
            return seen;
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_http_ioattest_replay_recent(ngx_http_ioattest_seen_t *seen,
    ngx_msec_t window)
{
    /* signed, since another worker's clock may be slightly ahead */

    return (ngx_msec_int_t) (ngx_current_msec - seen->seen_at)
           < (ngx_msec_int_t) window;
}


static void
ngx_http_ioattest_replay_forget(ngx_http_ioattest_replay_t *replay,
    ngx_http_ioattest_seen_t *seen)
{
    uint32_t                  *head, me;
    ngx_http_ioattest_seen_t  *entries;

    entries = ngx_http_ioattest_replay_entries(replay);
    me = (uint32_t) (seen - entries) + 1;

    head = ngx_http_ioattest_replay_head(replay, seen->digest32);

    while (*head != me) {
        head = &entries[*head - 1].next;
    }

    *head = seen->next;

    seen->used = 0;
    replay->used--;
}


static void
ngx_http_ioattest_replay_add(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_replay_t *replay, const u_char *digest32)
{
    uint32_t                  *head, me;
    ngx_http_ioattest_seen_t  *seen;

    me = replay->oldest + 1;
    seen = &ngx_http_ioattest_replay_entries(replay)[replay->oldest];

    replay->oldest = me % replay->size;

    if (seen->used) {

        if (ngx_http_ioattest_replay_recent(seen, replay->window)) {
            (void) ngx_atomic_fetch_add(&sh->counters.replay_evicted, 1);
        }

        ngx_http_ioattest_replay_forget(replay, seen);
    }

    replay->used++;

    ngx_memcpy(seen->digest32, digest32, NGX_HTTP_IOATTEST_KEY_LEN);
    seen->seen_at = ngx_current_msec;
    seen->used = 1;

    head = ngx_http_ioattest_replay_head(replay, digest32);
    seen->next = *head;
    *head = me;
}


void
ngx_http_ioattest_replay_count(ngx_http_ioattest_zone_t *zone,
    ngx_uint_t *used, ngx_uint_t *size)
{
    ngx_http_ioattest_sh_t  *sh;

    sh = ngx_http_ioattest_store_lock(zone);

    *used = sh->replay ? sh->replay->used : 0;
    *size = sh->replay ? sh->replay->size : 0;

    ngx_http_ioattest_store_unlock(zone);
}


static ngx_int_t
ngx_http_ioattest_replay_take_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh)
{
    size_t                       size;
    ngx_http_ioattest_replay_t  *replay;

    size = zone->shm_zone->shm.size / NGX_HTTP_IOATTEST_REPLAY_SHARE;
    size -= size % ngx_pagesize;

    do {
        replay = ngx_slab_calloc_locked(zone->shpool, size);

    } while (replay == NULL
             && ngx_http_ioattest_node_drop_locked(zone, sh));

    if (replay == NULL) {
        return NGX_DECLINED;
    }

    replay->size = (size - sizeof(ngx_http_ioattest_replay_t))
                   / (sizeof(ngx_http_ioattest_seen_t) + sizeof(uint32_t));

    sh->replay = replay;
    sh->capacity -= ngx_min(sh->capacity, size / NGX_HTTP_IOATTEST_NODE_SIZE);

    return NGX_OK;
}
