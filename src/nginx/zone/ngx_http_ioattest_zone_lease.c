
/*
 * Leases of the models list: given back by their holder, or freed when the
 * holder's process no longer exists.
 */


#include "zone/ngx_http_ioattest_node.h"


void
ngx_http_ioattest_lease_give(ngx_http_ioattest_zone_t *zone,
    const u_char *key32, uint64_t token, ngx_http_ioattest_give_e how,
    ioa_status_t reason, ngx_msec_t fail_timeout)
{
    ngx_http_ioattest_sh_t     *sh;
    ngx_http_ioattest_node_t   *node;
    ngx_http_ioattest_lease_t  *lease;

    sh = ngx_http_ioattest_store_lock(zone);

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_NAME);
    lease = node ? ngx_http_ioattest_node_lease_locked(node) : NULL;

    if (lease && lease->token == token) {
        ngx_http_ioattest_lease_release_locked(lease, how, reason,
                                               fail_timeout);
    }

    ngx_http_ioattest_store_unlock(zone);
}


void
ngx_http_ioattest_lease_bury(ngx_http_ioattest_zone_t *zone,
    const u_char *key32, uint64_t token, ngx_pid_t pid)
{
    if (kill(pid, 0) == 0 || ngx_errno != ESRCH) {
        return;
    }

    ngx_http_ioattest_lease_give(zone, key32, token,
                                 NGX_HTTP_IOATTEST_GIVE_BACK, IOA_OK, 0);
}
