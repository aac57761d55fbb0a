
/*
 * Models lists in the zone: one head for each key that a list was read with,
 * which says when, and one node per model.  An entry belongs to the list
 * while its generation is not older than the head's; entries that have left
 * the list are dropped when room is needed.
 *
 * Callers' lists with the same content share their entries: the key of an
 * entry is made from the model's name and from the list's content, or for the
 * gateway's own key from the head's key.
 */


#include "zone/ngx_http_ioattest_node.h"

#include "attest/ioattest.h"


/* entries that are stored while the lock is held once */
#define NGX_HTTP_IOATTEST_LIST_BATCH  32

/* a list is valid for a missing name for at least this long, ms */
#define NGX_HTTP_IOATTEST_LIST_PAUSE  1000


static ngx_http_ioattest_node_t *ngx_http_ioattest_list_head_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_key_t *key);
static ngx_uint_t ngx_http_ioattest_list_max(ngx_http_ioattest_sh_t *sh);
static void ngx_http_ioattest_node_place_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *node, ngx_http_ioattest_names_e place);
static void ngx_http_ioattest_node_trim_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_names_e place, ngx_uint_t max);
static void ngx_http_ioattest_list_answer_locked(
    ngx_http_ioattest_listed_t *listed, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *head, const ngx_http_ioattest_key_t *key,
    const u_char *name_key32, const ngx_http_ioattest_limits_t *limits);
static void ngx_http_ioattest_list_absent_locked(
    ngx_http_ioattest_listed_t *listed, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_name_node_t *list, const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_limits_t *limits);
static ngx_uint_t ngx_http_ioattest_list_take_locked(
    ngx_http_ioattest_listed_t *listed, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_lease_t *lease, const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_limits_t *limits);
static void ngx_http_ioattest_list_content(u_char *content32,
    const ngx_http_ioattest_key_t *key, const ioa_models_t *list);
static void ngx_http_ioattest_list_done_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_key_t *key, const u_char *content32,
    uint64_t generation, uint64_t token, ngx_uint_t lost);
static void ngx_http_ioattest_list_entry_key(u_char *key32,
    const u_char *name_key32, const u_char *content32);
static ngx_int_t ngx_http_ioattest_list_put_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_key_t *key, const u_char *policy32,
    const u_char *content32, const ioa_model_t *entry, uint64_t generation);


void
ngx_http_ioattest_list_lookup(ngx_http_ioattest_listed_t *listed,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_key_t *key,
    const u_char *name_key32, const ngx_http_ioattest_limits_t *limits)
{
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *head;

    ngx_memzero(listed, sizeof(ngx_http_ioattest_listed_t));
    listed->answer = NGX_HTTP_IOATTEST_LIST_FULL;

    sh = ngx_http_ioattest_store_lock(zone);

    head = ngx_http_ioattest_list_head_locked(zone, sh, key);

    if (head) {
        ngx_http_ioattest_list_answer_locked(listed, sh, head, key,
                                             name_key32, limits);
    }

    ngx_http_ioattest_store_unlock(zone);
}


/*
 * The head of the key's list, found or created.  A caller's new head may be
 * dropped for later ones, even while its list is being read;
 * list_done_locked() then creates it again.
 */

static ngx_http_ioattest_node_t *
ngx_http_ioattest_list_head_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_key_t *key)
{
    ngx_http_ioattest_node_t  *head;

    head = ngx_http_ioattest_node_find_locked(sh, key->list,
                                              NGX_HTTP_IOATTEST_NODE_NAME);
    if (head) {
        return head;
    }

    if (key->many) {
        ngx_http_ioattest_node_trim_locked(zone, sh,
                                           NGX_HTTP_IOATTEST_NAMES_ASKING,
                                           ngx_http_ioattest_list_max(sh));
    }

    head = ngx_http_ioattest_node_create_locked(zone, sh, key->list,
                                                NGX_HTTP_IOATTEST_NODE_NAME);
    if (head == NULL) {
        return NULL;
    }

    head->u.name.head = 1;

    ngx_http_ioattest_node_place_locked(sh, head,
                                        key->many
                                        ? NGX_HTTP_IOATTEST_NAMES_ASKING
                                        : NGX_HTTP_IOATTEST_NAMES_HEADS);

    return head;
}


static ngx_uint_t
ngx_http_ioattest_list_max(ngx_http_ioattest_sh_t *sh)
{
    return ngx_max(ngx_min(sh->capacity / 8, NGX_HTTP_IOATTEST_LISTS_MAX), 1);
}


/* Moves an entry or head of a models list to the front of a queue. */

static void
ngx_http_ioattest_node_place_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *node, ngx_http_ioattest_names_e place)
{
    ngx_queue_remove(&node->lru);
    sh->names[node->u.name.place]--;

    ngx_queue_insert_head(&sh->name_lru[place], &node->lru);
    sh->names[place]++;

    node->u.name.place = place;
}


/* Drops the least recently used of a queue until fewer than max are left. */

static void
ngx_http_ioattest_node_trim_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_names_e place,
    ngx_uint_t max)
{
    ngx_queue_t  *lru;

    lru = &sh->name_lru[place];

    while (sh->names[place] >= max && !ngx_queue_empty(lru)) {
        ngx_http_ioattest_node_delete_locked(zone, sh,
                             ngx_queue_data(ngx_queue_last(lru),
                                            ngx_http_ioattest_node_t, lru));
    }
}


static void
ngx_http_ioattest_list_answer_locked(ngx_http_ioattest_listed_t *listed,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *head,
    const ngx_http_ioattest_key_t *key, const u_char *name_key32,
    const ngx_http_ioattest_limits_t *limits)
{
    u_char                          key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_msec_t                      at;
    ngx_http_ioattest_node_t       *node;
    ngx_http_ioattest_name_node_t  *list, *entry;

    list = &head->u.name;
    at = list->fetched_ms;

    if (!list->fetched || !ngx_http_ioattest_within(at, limits->valid)) {
        (void) ngx_http_ioattest_list_take_locked(listed, sh, &list->lease,
                                                  key, limits);
        return;
    }

    if (list->place != NGX_HTTP_IOATTEST_NAMES_ASKING) {
        ngx_http_ioattest_node_place_locked(sh, head, list->place);
    }

    ngx_http_ioattest_list_entry_key(key32, name_key32, list->content);

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_NAME);

    if (node && node->u.name.generation >= list->generation) {
        entry = &node->u.name;

        ngx_http_ioattest_node_place_locked(sh, node, entry->place);

        listed->attestable = entry->attestable;
        listed->id_len = entry->names.id_len;
        ngx_memcpy(listed->id, entry->names.id, entry->names.id_len);

        if (limits->refresh
            && !ngx_http_ioattest_within(at, limits->valid - limits->refresh)
            && ngx_http_ioattest_list_take_locked(listed, sh, &list->lease,
                                                  key, limits))
        {
            listed->answer = NGX_HTTP_IOATTEST_LISTED_RENEW;
            return;
        }

        listed->answer = NGX_HTTP_IOATTEST_LISTED;
        return;
    }

    ngx_http_ioattest_list_absent_locked(listed, sh, list, key, limits);
}


/*
 * The list has not expired, and the zone does not have the name.  That it was
 * not in the list is certain only if no entry has been dropped since.  If one
 * has, the list is read again at once, but no more often than one that lacks
 * a name: a zone too small for its lists would have them read all the time.
 */

static void
ngx_http_ioattest_list_absent_locked(ngx_http_ioattest_listed_t *listed,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_name_node_t *list,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_limits_t *limits)
{
    ngx_uint_t  certain;
    ngx_msec_t  pause;

    certain = (list->dropped == sh->names_dropped);
    pause = ngx_max(limits->fail_timeout, NGX_HTTP_IOATTEST_LIST_PAUSE);

    if (certain && ngx_http_ioattest_within(list->fetched_ms, pause)) {
        listed->answer = NGX_HTTP_IOATTEST_UNLISTED;
        return;
    }

    if (!certain
        && list->reread && ngx_http_ioattest_within(list->reread_ms, pause)
        && !ngx_http_ioattest_lease_live_locked(&list->lease)
        && !ngx_http_ioattest_lease_failing_locked(&list->lease))
    {
        listed->answer = NGX_HTTP_IOATTEST_LIST_FULL;
        return;
    }

    if (ngx_http_ioattest_list_take_locked(listed, sh, &list->lease, key,
                                           limits)
        && !certain)
    {
        list->reread = 1;
        list->reread_ms = ngx_current_msec;
    }

    if (certain && (listed->answer == NGX_HTTP_IOATTEST_LIST_FAILED
                    || listed->answer == NGX_HTTP_IOATTEST_LIST_RESTING))
    {
        listed->answer = NGX_HTTP_IOATTEST_UNLISTED;
    }
}


static ngx_uint_t
ngx_http_ioattest_list_take_locked(ngx_http_ioattest_listed_t *listed,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_lease_t *lease,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_limits_t *limits)
{
    if (ngx_http_ioattest_lease_live_locked(lease)) {
        listed->answer = NGX_HTTP_IOATTEST_LIST_BUSY;
        listed->token = lease->token;
        listed->pid = lease->pid;
        return 0;
    }

    if (ngx_http_ioattest_lease_failing_locked(lease)) {
        listed->answer = NGX_HTTP_IOATTEST_LIST_FAILED;
        listed->reason = lease->reason;
        return 0;
    }

    if (ngx_http_ioattest_key_resting_locked(sh, key, &listed->rest)) {
        listed->answer = NGX_HTTP_IOATTEST_LIST_RESTING;
        return 0;
    }

    listed->answer = NGX_HTTP_IOATTEST_LIST_TAKEN;
    listed->token = ngx_http_ioattest_lease_take_locked(sh, lease,
                                                        limits->lease);
    return 1;
}


ngx_uint_t
ngx_http_ioattest_list_store(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_key_t *key, const u_char *policy32,
    const ioa_models_t *list, uint64_t token)
{
    u_char                   content32[NGX_HTTP_IOATTEST_KEY_LEN];
    size_t                   i, n;
    uint64_t                 generation;
    ioa_model_t              entry;
    ngx_uint_t               pass, lost, room, batch;
    ngx_http_ioattest_sh_t  *sh;

    n = ioa_models_count(list);
    lost = 0;
    batch = 0;

    ngx_http_ioattest_list_content(content32, key, list);

    sh = ngx_http_ioattest_store_lock(zone);

    generation = ++sh->next_generation;
    room = ngx_max(sh->capacity / 4, 1);

    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < n; i++) {
            entry = ioa_models_get(list, i);

            if ((entry.attestable != 0) != (pass == 0)) {
                continue;
            }

            if (room == 0
                || ngx_http_ioattest_list_put_locked(zone, sh, key, policy32,
                                                     content32, &entry,
                                                     generation)
                   != NGX_OK)
            {
                lost++;
                continue;
            }

            room--;

            if (++batch % NGX_HTTP_IOATTEST_LIST_BATCH == 0) {
                ngx_http_ioattest_store_unlock(zone);
                sh = ngx_http_ioattest_store_lock(zone);
            }
        }
    }

    ngx_http_ioattest_list_done_locked(zone, sh, key, content32, generation,
                                       token, lost);

    ngx_http_ioattest_store_unlock(zone);

    return lost;
}


static void
ngx_http_ioattest_list_content(u_char *content32,
    const ngx_http_ioattest_key_t *key, const ioa_models_t *list)
{
    size_t        i, len[3];
    ioa_model_t   entry;
    ioa_sha256_t  sha;

    if (!key->many) {
        ngx_memcpy(content32, key->list, NGX_HTTP_IOATTEST_KEY_LEN);
        return;
    }

    ioa_sha256_init(&sha);

    for (i = 0; i < ioa_models_count(list); i++) {
        entry = ioa_models_get(list, i);

        len[0] = entry.name.len;
        len[1] = entry.id.len;
        len[2] = (entry.attestable != 0);

        ioa_sha256_update(&sha, (u_char *) len, sizeof(len));
        ioa_sha256_update(&sha, entry.name.data, entry.name.len);
        ioa_sha256_update(&sha, entry.id.data, entry.id.len);
    }

    ioa_sha256_final(content32, &sha);
}


static void
ngx_http_ioattest_list_done_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_key_t *key,
    const u_char *content32, uint64_t generation, uint64_t token,
    ngx_uint_t lost)
{
    ngx_http_ioattest_node_t       *head;
    ngx_http_ioattest_name_node_t  *list;

    if (generation >> 32 != sh->resets) {

        /* the zone was emptied meanwhile: a part of the list is lost */
        return;
    }

    head = ngx_http_ioattest_node_find_locked(sh, key->list,
                                              NGX_HTTP_IOATTEST_NODE_NAME);

    if (head == NULL) {

        /* the head was dropped while the list was read */

        head = ngx_http_ioattest_list_head_locked(zone, sh, key);
        if (head == NULL) {
            return;
        }

    } else if (head->u.name.lease.token != token) {
        return;
    }

    list = &head->u.name;

    list->lease.token = 0;
    list->lease.failures = 0;
    list->generation = generation;
    list->fetched = 1;
    list->fetched_ms = ngx_current_msec;
    list->dropped = sh->names_dropped - (lost ? 1 : 0);
    ngx_memcpy(list->content, content32, NGX_HTTP_IOATTEST_KEY_LEN);

    if (!key->many) {
        return;
    }

    if (list->place != NGX_HTTP_IOATTEST_NAMES_LISTS) {
        ngx_http_ioattest_node_trim_locked(zone, sh,
                                           NGX_HTTP_IOATTEST_NAMES_LISTS,
                                           ngx_http_ioattest_list_max(sh));
    }

    ngx_http_ioattest_node_place_locked(sh, head,
                                        NGX_HTTP_IOATTEST_NAMES_LISTS);
}


/*
 * Both are SHA-256 digests, and a client can choose only the model's name, so
 * no two names, of one list or of two, get the same key.
 */

static void
ngx_http_ioattest_list_entry_key(u_char *key32, const u_char *name_key32,
    const u_char *content32)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_IOATTEST_KEY_LEN; i++) {
        key32[i] = name_key32[i] ^ content32[i];
    }
}


static ngx_int_t
ngx_http_ioattest_list_put_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_key_t *key,
    const u_char *policy32, const u_char *content32, const ioa_model_t *entry,
    uint64_t generation)
{
    u_char                      key32[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                      name_key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_str_t                   name, none;
    ngx_http_ioattest_node_t   *node;
    ngx_http_ioattest_names_t  *names;

    name.data = (u_char *) entry->name.data;
    name.len = entry->name.len;
    ngx_str_null(&none);

    if (name.len > IOA_MODEL_NAME_MAX || entry->id.len > IOA_MODEL_ID_MAX) {
        return NGX_DECLINED;
    }

    ngx_http_ioattest_store_key(name_key32, NGX_HTTP_IOATTEST_NODE_NAME,
                                policy32, &name, &none);
    ngx_http_ioattest_list_entry_key(key32, name_key32, content32);

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_NAME);

    if (node == NULL && key->many) {
        ngx_http_ioattest_node_trim_locked(zone, sh,
                                           NGX_HTTP_IOATTEST_NAMES_SHARED,
                                           ngx_max(sh->capacity / 4, 1));
    }

    if (node == NULL) {
        node = ngx_http_ioattest_node_create_locked(zone, sh, key32,
                                                NGX_HTTP_IOATTEST_NODE_NAME);
    }

    if (node == NULL) {
        return NGX_DECLINED;
    }

    names = &node->u.name.names;

    names->name_len = name.len;
    ngx_memcpy(names->name, name.data, name.len);
    names->id_len = entry->id.len;
    ngx_memcpy(names->id, entry->id.data, entry->id.len);

    node->u.name.attestable = entry->attestable != 0;
    node->u.name.generation = ngx_max(node->u.name.generation, generation);

    ngx_http_ioattest_node_place_locked(sh, node,
                                        key->many
                                        ? NGX_HTTP_IOATTEST_NAMES_SHARED
                                        : NGX_HTTP_IOATTEST_NAMES_OWN);

    return NGX_OK;
}
