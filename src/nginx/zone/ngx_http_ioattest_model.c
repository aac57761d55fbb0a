
/*
 * A model's node, found or created, and the initial answer about a model.
 */


#include "zone/ngx_http_ioattest_node.h"


void
ngx_http_ioattest_found_init(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_answer_e answer)
{
    found->answer = answer;
    found->n = 0;
    found->reason = IOA_OK;
    found->have_address = 0;
    found->busy = 0;
    found->behind = 0;

    ngx_memzero(&found->rest, sizeof(ngx_http_ioattest_resting_t));
}


ngx_http_ioattest_node_t *
ngx_http_ioattest_model_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_model_t *model)
{
    ngx_http_ioattest_node_t  *node;

    node = ngx_http_ioattest_node_find_locked(sh, model->key,
                                              NGX_HTTP_IOATTEST_NODE_MODEL);
    if (node) {
        return node;
    }

    node = ngx_http_ioattest_node_create_locked(zone, sh, model->key,
                                                NGX_HTTP_IOATTEST_NODE_MODEL);
    if (node) {
        node->u.model.names = model->names;
        node->u.model.used = ngx_current_msec;
        ngx_memcpy(node->u.model.policy, model->policy,
                   NGX_HTTP_IOATTEST_KEY_LEN);
    }

    return node;
}
