
/*
 * The models list in the store: one head that says when it was read, and one
 * node per model.  An entry belongs to the list while its generation is not
 * older than the head's; one that left the list is dropped when room is needed.
 */


#include "ngx_http_ioattest_node.h"


/* entries written in one hold of the lock */
#define NGX_HTTP_IOATTEST_LIST_BATCH  32


static void ngx_http_ioattest_list_answer_locked(
    ngx_http_ioattest_listed_t *listed, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *head, const u_char *name_key32,
    const ngx_http_ioattest_limits_t *limits);
static ngx_uint_t ngx_http_ioattest_list_take_locked(
    ngx_http_ioattest_listed_t *listed, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_lease_t *lease,
    const ngx_http_ioattest_limits_t *limits);
static ngx_int_t ngx_http_ioattest_list_put_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const u_char *list_key32, const u_char *policy32, const ioa_model_t *entry,
    uint64_t generation);


void
ngx_http_ioattest_list_lookup(ngx_http_ioattest_listed_t *listed,
    ngx_http_ioattest_zone_t *zone, const u_char *list_key32,
    const u_char *name_key32, const ngx_http_ioattest_limits_t *limits)
{
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *head;

    ngx_memzero(listed, sizeof(ngx_http_ioattest_listed_t));
    listed->answer = NGX_HTTP_IOATTEST_LIST_FULL;

    sh = ngx_http_ioattest_store_lock(zone);

    head = ngx_http_ioattest_node_find_locked(sh, list_key32,
                                              NGX_HTTP_IOATTEST_NODE_NAME);
    if (head == NULL) {
        head = ngx_http_ioattest_node_create_locked(zone, sh, list_key32,
                                                NGX_HTTP_IOATTEST_NODE_NAME);
        if (head) {
            head->u.name.head = 1;
        }
    }

    if (head) {
        ngx_http_ioattest_list_answer_locked(listed, sh, head, name_key32,
                                             limits);
    }

    ngx_http_ioattest_store_unlock(zone);
}


static void
ngx_http_ioattest_list_answer_locked(ngx_http_ioattest_listed_t *listed,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *head,
    const u_char *name_key32, const ngx_http_ioattest_limits_t *limits)
{
    time_t                          at;
    ngx_http_ioattest_node_t       *node;
    ngx_http_ioattest_name_node_t  *list, *entry;

    list = &head->u.name;
    at = list->fetched_at;

    if (at == 0 || !ngx_http_ioattest_fresh(at, limits->valid)) {
        (void) ngx_http_ioattest_list_take_locked(listed, sh, &list->lease,
                                                  limits);
        return;
    }

    node = ngx_http_ioattest_node_find_locked(sh, name_key32,
                                              NGX_HTTP_IOATTEST_NODE_NAME);

    if (node && node->u.name.generation >= list->generation) {
        entry = &node->u.name;

        listed->attestable = entry->attestable;
        listed->id_len = entry->names.id_len;
        ngx_memcpy(listed->id, entry->names.id, entry->names.id_len);

        if (limits->refresh
            && !ngx_http_ioattest_fresh(at, limits->valid - limits->refresh)
            && ngx_http_ioattest_list_take_locked(listed, sh, &list->lease,
                                                  limits))
        {
            listed->answer = NGX_HTTP_IOATTEST_LISTED_RENEW;
            return;
        }

        listed->answer = NGX_HTTP_IOATTEST_LISTED;
        return;
    }

    if (ngx_current_msec - list->fetched_ms < limits->fail_timeout) {
        listed->answer = NGX_HTTP_IOATTEST_UNLISTED;
        return;
    }

    (void) ngx_http_ioattest_list_take_locked(listed, sh, &list->lease,
                                              limits);

    if (listed->answer == NGX_HTTP_IOATTEST_LIST_FAILED) {

        /* the list at hand is still in time, and the name is not in it */
        listed->answer = NGX_HTTP_IOATTEST_UNLISTED;
    }
}


static ngx_uint_t
ngx_http_ioattest_list_take_locked(ngx_http_ioattest_listed_t *listed,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_lease_t *lease,
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

    listed->answer = NGX_HTTP_IOATTEST_LIST_TAKEN;
    listed->token = ngx_http_ioattest_lease_take_locked(sh, lease,
                                                        limits->lease);
    return 1;
}


ngx_uint_t
ngx_http_ioattest_list_store(ngx_http_ioattest_zone_t *zone,
    const u_char *list_key32, const u_char *policy32, const ioa_models_t *list,
    uint64_t token)
{
    size_t                     i, n;
    uint64_t                   generation;
    ioa_model_t                entry;
    ngx_uint_t                 pass, lost, room, batch;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *head;

    n = ioa_models_count(list);
    lost = 0;
    batch = 0;

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
                || ngx_http_ioattest_list_put_locked(zone, sh, list_key32,
                                                     policy32, &entry,
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

    head = ngx_http_ioattest_node_find_locked(sh, list_key32,
                                              NGX_HTTP_IOATTEST_NODE_NAME);

    if (head && head->u.name.lease.token == token) {
        head->u.name.lease.token = 0;
        head->u.name.lease.failures = 0;
        head->u.name.generation = generation;
        head->u.name.fetched_at = ngx_time();
        head->u.name.fetched_ms = ngx_current_msec;
    }

    ngx_http_ioattest_store_unlock(zone);

    return lost;
}


static ngx_int_t
ngx_http_ioattest_list_put_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const u_char *list_key32,
    const u_char *policy32, const ioa_model_t *entry, uint64_t generation)
{
    u_char                      key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_str_t                   name, list;
    ngx_http_ioattest_node_t   *node;
    ngx_http_ioattest_names_t  *names;

    name.data = (u_char *) entry->name.data;
    name.len = entry->name.len;
    list.data = (u_char *) list_key32;
    list.len = NGX_HTTP_IOATTEST_KEY_LEN;

    if (name.len > IOA_MODEL_NAME_MAX || entry->id.len > IOA_MODEL_ID_MAX) {
        return NGX_DECLINED;
    }

    ngx_http_ioattest_store_key(key32, NGX_HTTP_IOATTEST_NODE_NAME, policy32,
                                &name, &list);

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_NAME);
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
    node->u.name.generation = generation;

    ngx_queue_remove(&node->lru);
    ngx_queue_insert_head(&sh->name_lru, &node->lru);

    return NGX_OK;
}
