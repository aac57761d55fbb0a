
/*
 * The replay window's memory: a ring of entries in order of arrival, in which
 * the oldest is overwritten, and a hash table over them.  It takes a quarter
 * of the zone.
 *
 * Where a worker died in the middle of a change, the zone is laid out anew,
 * but the window goes on: a text that has been used stays used.  Its entries
 * are copied one by one, so that links which may be broken do not matter.
 */


#include "zone/ngx_http_ioattest_node.h"


#define NGX_HTTP_IOATTEST_REPLAY_SHARE  4


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
    ngx_http_ioattest_replay_t *replay, const u_char *digest32,
    ngx_msec_t seen_at);
static size_t ngx_http_ioattest_replay_bytes(ngx_http_ioattest_zone_t *zone);
static uint32_t ngx_http_ioattest_replay_room(size_t bytes);


ngx_int_t
ngx_http_ioattest_replay_used(ngx_http_ioattest_sh_t *sh,
    const u_char *digest32, ngx_msec_t window)
{
    ngx_http_ioattest_seen_t    *seen;
    ngx_http_ioattest_replay_t  *replay;

    replay = sh->replay;

    replay->window = ngx_max(replay->window, window);
    seen = ngx_http_ioattest_replay_find(replay, digest32);

    if (seen && ngx_http_ioattest_replay_recent(seen, window)) {
        return NGX_DECLINED;
    }

    if (seen) {
        ngx_http_ioattest_replay_forget(replay, seen);
    }

    ngx_http_ioattest_replay_add(sh, replay, digest32, ngx_current_msec);

    return NGX_OK;
}


void
ngx_http_ioattest_replay_size(ngx_http_ioattest_sh_t *sh, ngx_uint_t *used,
    ngx_uint_t *size)
{
    *used = sh->replay ? sh->replay->used : 0;
    *size = sh->replay ? sh->replay->size : 0;
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
    ngx_http_ioattest_replay_t *replay, const u_char *digest32,
    ngx_msec_t seen_at)
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
    seen->seen_at = seen_at;
    seen->used = 1;

    head = ngx_http_ioattest_replay_head(replay, digest32);
    seen->next = *head;
    *head = me;
}


static size_t
ngx_http_ioattest_replay_bytes(ngx_http_ioattest_zone_t *zone)
{
    size_t  bytes;

    bytes = zone->shm_zone->shm.size / NGX_HTTP_IOATTEST_REPLAY_SHARE;

    return bytes - bytes % ngx_pagesize;
}


static uint32_t
ngx_http_ioattest_replay_room(size_t bytes)
{
    return (bytes - sizeof(ngx_http_ioattest_replay_t))
           / (sizeof(ngx_http_ioattest_seen_t) + sizeof(uint32_t));
}


ngx_int_t
ngx_http_ioattest_replay_take_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh)
{
    size_t                       bytes;
    ngx_http_ioattest_replay_t  *replay;

    bytes = ngx_http_ioattest_replay_bytes(zone);

    do {
        replay = ngx_slab_calloc_locked(zone->shpool, bytes);

    } while (replay == NULL
             && ngx_http_ioattest_node_drop_locked(zone, sh));

    if (replay == NULL) {
        return NGX_DECLINED;
    }

    replay->size = ngx_http_ioattest_replay_room(bytes);

    sh->replay = replay;
    sh->capacity -= ngx_min(sh->capacity,
                            bytes / NGX_HTTP_IOATTEST_NODE_SIZE);

    return NGX_OK;
}


ngx_http_ioattest_replay_t *
ngx_http_ioattest_replay_keep(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_msec_t *blind)
{
    size_t                       bytes;
    ngx_http_ioattest_replay_t  *kept;

    *blind = sh->replay_blind;

    if (sh->replay == NULL) {
        return NULL;
    }

    *blind = ngx_current_msec + sh->replay->window;

    bytes = ngx_http_ioattest_replay_bytes(zone);

    kept = ngx_alloc(bytes, ngx_cycle->log);
    if (kept == NULL) {
        return NULL;
    }

    ngx_memcpy(kept, sh->replay, bytes);
    kept->size = ngx_http_ioattest_replay_room(bytes);

    return kept;
}


ngx_int_t
ngx_http_ioattest_replay_restore_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_replay_t *kept)
{
    uint32_t                   i;
    ngx_http_ioattest_seen_t  *seen;

    if (ngx_http_ioattest_replay_take_locked(zone, sh) != NGX_OK) {
        return NGX_DECLINED;
    }

    sh->replay->window = kept->window;

    /* from the oldest, as they came */

    for (i = 0; i < kept->size; i++) {

        seen = ngx_http_ioattest_replay_entries(kept)
               + ((uint64_t) kept->oldest + i) % kept->size;

        if (seen->used
            && ngx_http_ioattest_replay_recent(seen, kept->window)
            && ngx_http_ioattest_replay_find(sh->replay, seen->digest32)
               == NULL)
        {
            ngx_http_ioattest_replay_add(sh, sh->replay, seen->digest32,
                                         seen->seen_at);
        }
    }

    sh->replay_blind = 0;

    return NGX_OK;
}
