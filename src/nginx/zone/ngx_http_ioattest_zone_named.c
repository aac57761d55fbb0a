
/*
 * What is known of a model by its name alone, for a status that is asked for
 * one model, where the gateway has no key of its own to look it up with.
 */


#include "zone/ngx_http_ioattest_node.h"
#include "zone/ngx_http_ioattest_walk.h"


static const ngx_http_ioattest_names_t *ngx_http_ioattest_named_locked(
    ngx_http_ioattest_sh_t *sh, const ngx_str_t *name);
static ngx_uint_t ngx_http_ioattest_named_good_locked(
    const ngx_http_ioattest_model_node_t *mn, ngx_msec_t valid);


ngx_uint_t
ngx_http_ioattest_store_named(ngx_http_ioattest_zone_t *zone,
    const u_char *policy32, const ngx_str_t *name, ngx_msec_t valid)
{
    ngx_uint_t                        found;
    ngx_queue_t                      *q;
    ngx_http_ioattest_sh_t           *sh;
    const ngx_http_ioattest_names_t  *listed;
    ngx_http_ioattest_node_t         *node;
    ngx_http_ioattest_model_node_t   *mn;

    sh = ngx_http_ioattest_store_lock(zone);

    listed = ngx_http_ioattest_named_locked(sh, name);
    found = listed ? NGX_HTTP_IOATTEST_NAMED_LISTED
                   : NGX_HTTP_IOATTEST_NAMED_NOT;

    for (q = ngx_queue_head(&sh->models);
         q != ngx_queue_sentinel(&sh->models);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t, u.model.all);
        mn = &node->u.model;

        if (ngx_memcmp(mn->policy, policy32, NGX_HTTP_IOATTEST_KEY_LEN) != 0)
        {
            continue;
        }

        /* a model may have several names, and its node has one of them */

        if ((mn->names.name_len == name->len
             && ngx_memcmp(mn->names.name, name->data, name->len) == 0)
            || (listed && listed->id_len == mn->names.id_len
                && ngx_memcmp(listed->id, mn->names.id, listed->id_len) == 0))
        {
            found = ngx_max(found, NGX_HTTP_IOATTEST_NAMED_LISTED);

            if (ngx_http_ioattest_named_good_locked(mn, valid)) {
                found = NGX_HTTP_IOATTEST_NAMED_TRUSTED;
                break;
            }
        }
    }

    ngx_http_ioattest_store_unlock(zone);

    return found;
}


/* The name's entry in some models list, if that model can be attested. */

static const ngx_http_ioattest_names_t *
ngx_http_ioattest_named_locked(ngx_http_ioattest_sh_t *sh,
    const ngx_str_t *name)
{
    ngx_uint_t                      i;
    ngx_queue_t                    *q;
    ngx_http_ioattest_node_t       *node;
    ngx_http_ioattest_name_node_t  *entry;

    for (i = 0; i < NGX_HTTP_IOATTEST_NAMES_MAX; i++) {

        for (q = ngx_queue_head(&sh->name_lru[i]);
             q != ngx_queue_sentinel(&sh->name_lru[i]);
             q = ngx_queue_next(q))
        {
            node = ngx_queue_data(q, ngx_http_ioattest_node_t, lru);
            entry = &node->u.name;

            if (!entry->head && entry->attestable
                && entry->names.name_len == name->len
                && ngx_memcmp(entry->names.name, name->data, name->len) == 0)
            {
                return &entry->names;
            }
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_http_ioattest_named_good_locked(const ngx_http_ioattest_model_node_t *mn,
    ngx_msec_t valid)
{
    ngx_queue_t               *q;
    ngx_http_ioattest_node_t  *node;

    for (q = ngx_queue_head(&mn->machines);
         q != ngx_queue_sentinel(&mn->machines);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t,
                              u.machine.siblings);

        if (ngx_http_ioattest_machine_good_locked(&node->u.machine.info,
                                                  valid))
        {
            return 1;
        }
    }

    return 0;
}
