
/*
 * Frees slots of processes that no longer exist, and drops old machines.
 */


#include "zone/ngx_http_ioattest_node.h"


void
ngx_http_ioattest_store_bury(ngx_http_ioattest_zone_t *zone)
{
    ngx_pid_t                pid[NGX_HTTP_IOATTEST_SLOTS];
    ngx_uint_t               i, k, n;
    ngx_http_ioattest_sh_t  *sh;

    n = 0;

    sh = ngx_http_ioattest_store_lock(zone);

    for (i = 0; i < NGX_HTTP_IOATTEST_SLOTS; i++) {

        if (sh->slots[i].token == 0 || sh->slots[i].pid == ngx_pid) {
            continue;
        }

        for (k = 0; k < n && pid[k] != sh->slots[i].pid; k++) {
            /* void */
        }

        if (k == n) {
            pid[n++] = sh->slots[i].pid;
        }
    }

    ngx_http_ioattest_store_unlock(zone);

    for (k = 0; k < n; k++) {

        if (kill(pid[k], 0) == 0 || ngx_errno != ESRCH) {
            continue;
        }

        sh = ngx_http_ioattest_store_lock(zone);

        for (i = 0; i < NGX_HTTP_IOATTEST_SLOTS; i++) {
            if (sh->slots[i].pid == pid[k]) {
                sh->slots[i].token = 0;
            }
        }

        ngx_http_ioattest_store_unlock(zone);
    }
}


/*
 * A 32-bit clock in milliseconds wraps after 49 days, so nothing that old may
 * remain in the zone.
 */

void
ngx_http_ioattest_store_sweep(ngx_http_ioattest_zone_t *zone)
{
    ngx_msec_t                 ms;
    ngx_queue_t               *q;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    sh = ngx_http_ioattest_store_lock(zone);

    q = ngx_queue_last(&sh->machine_lru);

    while (q != ngx_queue_sentinel(&sh->machine_lru)) {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t, lru);
        q = ngx_queue_prev(q);

        ms = ngx_max(node->u.machine.info.valid,
                     NGX_HTTP_IOATTEST_BOUND_TIME);

        if (!ngx_http_ioattest_within(node->u.machine.info.attested_ms, ms)) {
            ngx_http_ioattest_node_delete_locked(zone, sh, node);
        }
    }

    ngx_http_ioattest_store_unlock(zone);
}
