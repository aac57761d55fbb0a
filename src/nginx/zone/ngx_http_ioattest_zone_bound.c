
/*
 * Signers bound by hardware: once an address, or every machine of a model,
 * has been bound, a weaker binding is not accepted again.  Keyed by the API
 * that is asked and without the policy, so that this survives reloads and
 * policy changes, and says nothing of another API's model of the same id.
 */


#include "zone/ngx_http_ioattest_node.h"


static ngx_http_ioattest_node_t *ngx_http_ioattest_bound_find_locked(
    ngx_http_ioattest_sh_t *sh, const u_char *key32);
static ngx_uint_t ngx_http_ioattest_bound_known(
    const ngx_http_ioattest_bound_node_t *bound, const u_char *address20);


void
ngx_http_ioattest_bound_key(u_char *key32,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_names_t *names)
{
    ngx_str_t  id, none;

    id.data = (u_char *) names->id;
    id.len = names->id_len;
    ngx_str_null(&none);

    ngx_http_ioattest_store_key(key32, NGX_HTTP_IOATTEST_NODE_BOUND,
                                limits->origin, &id, &none);
}


/* What no machine of the model has confirmed for a day is forgotten. */

static ngx_http_ioattest_node_t *
ngx_http_ioattest_bound_find_locked(ngx_http_ioattest_sh_t *sh,
    const u_char *key32)
{
    ngx_http_ioattest_node_t  *node;

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_BOUND);

    if (node && !ngx_http_ioattest_within(node->u.bound.met,
                                          NGX_HTTP_IOATTEST_BOUND_TIME))
    {
        node->u.bound.strict = 0;
        node->u.bound.n = 0;
        node->u.bound.met = ngx_current_msec;
    }

    return node;
}


static ngx_uint_t
ngx_http_ioattest_bound_known(const ngx_http_ioattest_bound_node_t *bound,
    const u_char *address20)
{
    ngx_uint_t  i, n;

    n = ngx_min(bound->n, NGX_HTTP_IOATTEST_BOUND_MAX);

    for (i = 0; i < n; i++) {
        if (ngx_memcmp(bound->address20[i], address20, IOA_ADDRESS_LEN) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_ioattest_bound_check_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const u_char *key32,
    const ngx_http_ioattest_machine_t *machine, ngx_uint_t strict)
{
    ngx_http_ioattest_node_t        *node;
    ngx_http_ioattest_bound_node_t  *bound;

    node = ngx_http_ioattest_bound_find_locked(sh, key32);

    if (!machine->proved.signer_bound) {

        if (node == NULL) {
            return NGX_OK;
        }

        if (strict && (node->u.bound.strict
                       || ngx_http_ioattest_bound_known(&node->u.bound,
                                                       machine->address20)))
        {
            return NGX_ABORT;
        }

        node->u.bound.met = ngx_current_msec;

        return NGX_OK;
    }

    if (node == NULL) {

        /* these nodes are never dropped, so their number is limited */

        if (sh->bounds >= ngx_max(sh->capacity / 8, 1)) {
            return NGX_DECLINED;
        }

        node = ngx_http_ioattest_node_create_locked(zone, sh, key32,
                                                NGX_HTTP_IOATTEST_NODE_BOUND);
        if (node == NULL) {
            return NGX_DECLINED;
        }
    }

    bound = &node->u.bound;
    bound->met = ngx_current_msec;

    if (!ngx_http_ioattest_bound_known(bound, machine->address20)) {

        /* overwrites the oldest */

        ngx_memcpy(bound->address20[bound->n % NGX_HTTP_IOATTEST_BOUND_MAX],
                   machine->address20, IOA_ADDRESS_LEN);
        bound->n++;
    }

    return NGX_OK;
}


void
ngx_http_ioattest_bound_strict_locked(ngx_http_ioattest_sh_t *sh,
    const u_char *key32)
{
    ngx_http_ioattest_node_t  *node;

    node = ngx_http_ioattest_bound_find_locked(sh, key32);

    if (node) {
        node->u.bound.strict = 1;
    }
}


ngx_uint_t
ngx_http_ioattest_store_bound(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_limits_t *limits)
{
    u_char                     key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_uint_t                 strict;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    ngx_http_ioattest_bound_key(key32, limits, &model->names);

    sh = ngx_http_ioattest_store_lock(zone);

    node = ngx_http_ioattest_bound_find_locked(sh, key32);
    strict = (node && node->u.bound.strict);

    ngx_http_ioattest_store_unlock(zone);

    return strict;
}
