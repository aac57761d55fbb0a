
/*
 * Models in use: those that requests have asked for under a policy, and their
 * names whatever the policy, so that after a reload with another policy the
 * census knows what to attest.
 */


#include "zone/ngx_http_ioattest_node.h"


static ngx_uint_t ngx_http_ioattest_used_is(
    const ngx_http_ioattest_model_node_t *mn, const u_char *policy32,
    ngx_msec_t ms);
static void ngx_http_ioattest_used_note_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_model_node_t *mn,
    const u_char *origin32);


void
ngx_http_ioattest_used_keep(ngx_http_ioattest_zone_t *zone,
    const u_char *policy32, const u_char *origin32, ngx_msec_t ms)
{
    ngx_queue_t                     *q;
    ngx_http_ioattest_sh_t          *sh;
    ngx_http_ioattest_node_t        *node;
    ngx_http_ioattest_model_node_t  *mn;

    sh = ngx_http_ioattest_store_lock(zone);

    for (q = ngx_queue_head(&sh->models);
         q != ngx_queue_sentinel(&sh->models);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t, u.model.all);
        mn = &node->u.model;

        if (!ngx_http_ioattest_used_is(mn, policy32, ms)) {
            continue;
        }

        /* held, so that it is not dropped to make room for its name */

        mn->held++;
        ngx_http_ioattest_used_note_locked(zone, sh, mn, origin32);
        mn->held--;
    }

    ngx_http_ioattest_store_unlock(zone);
}


static ngx_uint_t
ngx_http_ioattest_used_is(const ngx_http_ioattest_model_node_t *mn,
    const u_char *policy32, ngx_msec_t ms)
{
    return ngx_memcmp(mn->policy, policy32, NGX_HTTP_IOATTEST_KEY_LEN) == 0
           && ngx_http_ioattest_within(mn->used, ms);
}


static void
ngx_http_ioattest_used_note_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_model_node_t *mn,
    const u_char *origin32)
{
    u_char                     key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_str_t                  name, policy;
    ngx_http_ioattest_node_t  *node;

    name.data = (u_char *) mn->names.name;
    name.len = mn->names.name_len;
    policy.data = (u_char *) mn->policy;
    policy.len = NGX_HTTP_IOATTEST_KEY_LEN;

    ngx_http_ioattest_store_key(key32, NGX_HTTP_IOATTEST_NODE_USED, origin32,
                                &name, &policy);

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_USED);

    if (node == NULL) {

        if (sh->used >= ngx_min(ngx_max(sh->capacity / 16, 1),
                                NGX_HTTP_IOATTEST_USED_MAX))
        {
            ngx_http_ioattest_node_delete_locked(zone, sh,
                             ngx_queue_data(ngx_queue_last(&sh->used_lru),
                                            ngx_http_ioattest_node_t, lru));
        }

        node = ngx_http_ioattest_node_create_locked(zone, sh, key32,
                                                NGX_HTTP_IOATTEST_NODE_USED);
        if (node == NULL) {
            return;
        }

        node->u.used.names.name_len = name.len;
        ngx_memcpy(node->u.used.names.name, name.data, name.len);
        ngx_memcpy(node->u.used.origin, origin32, NGX_HTTP_IOATTEST_KEY_LEN);
        ngx_memcpy(node->u.used.policy, mn->policy,
                   NGX_HTTP_IOATTEST_KEY_LEN);
    }

    node->u.used.at = mn->used;

    ngx_queue_remove(&node->lru);
    ngx_queue_insert_head(&sh->used_lru, &node->lru);
}


ngx_uint_t
ngx_http_ioattest_used_models(ngx_http_ioattest_zone_t *zone,
    const u_char *policy32, ngx_msec_t ms, ngx_http_ioattest_model_t *models,
    ngx_uint_t max, ngx_uint_t skip)
{
    ngx_uint_t                 n;
    ngx_queue_t               *q;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    n = 0;

    sh = ngx_http_ioattest_store_lock(zone);

    for (q = ngx_queue_head(&sh->models);
         q != ngx_queue_sentinel(&sh->models) && n < max;
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t, u.model.all);

        if (!ngx_http_ioattest_used_is(&node->u.model, policy32, ms)) {
            continue;
        }

        if (skip) {
            skip--;
            continue;
        }

        ngx_memcpy(models[n].key, node->key, NGX_HTTP_IOATTEST_KEY_LEN);
        ngx_memcpy(models[n].policy, policy32, NGX_HTTP_IOATTEST_KEY_LEN);
        models[n].names = node->u.model.names;
        n++;
    }

    ngx_http_ioattest_store_unlock(zone);

    return n;
}


ngx_uint_t
ngx_http_ioattest_used_names(ngx_http_ioattest_zone_t *zone,
    const u_char *origin32, ngx_msec_t ms, ngx_http_ioattest_model_t *models,
    ngx_uint_t max, ngx_uint_t skip)
{
    ngx_uint_t                 n;
    ngx_queue_t               *q;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    n = 0;

    sh = ngx_http_ioattest_store_lock(zone);

    for (q = ngx_queue_head(&sh->used_lru);
         q != ngx_queue_sentinel(&sh->used_lru) && n < max;
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t, lru);

        if (ngx_memcmp(node->u.used.origin, origin32,
                       NGX_HTTP_IOATTEST_KEY_LEN) != 0
            || !ngx_http_ioattest_within(node->u.used.at, ms))
        {
            continue;
        }

        if (skip) {
            skip--;
            continue;
        }

        ngx_memzero(&models[n], sizeof(ngx_http_ioattest_model_t));
        models[n].names = node->u.used.names;
        ngx_memcpy(models[n].policy, node->u.used.policy,
                   NGX_HTTP_IOATTEST_KEY_LEN);
        n++;
    }

    ngx_http_ioattest_store_unlock(zone);

    return n;
}
