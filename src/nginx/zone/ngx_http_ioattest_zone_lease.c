
/*
 * Single flight: who attests now, for how long a failure is remembered, and
 * how old what was proved may be.
 */


#include "zone/ngx_http_ioattest_node.h"


/* tolerated difference between the cached clocks of two processes, seconds */
#define NGX_HTTP_IOATTEST_SKEW  5


ngx_uint_t
ngx_http_ioattest_lease_live_locked(const ngx_http_ioattest_lease_t *lease)
{
    return lease->token
           && (ngx_msec_int_t) (lease->deadline - ngx_current_msec) > 0;
}


ngx_uint_t
ngx_http_ioattest_lease_failing_locked(const ngx_http_ioattest_lease_t *lease)
{
    return lease->failures
           && (ngx_msec_int_t) (lease->retry_at - ngx_current_msec) > 0;
}


uint64_t
ngx_http_ioattest_lease_take_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_lease_t *lease, ngx_msec_t age)
{
    lease->token = ++sh->next_token;
    lease->deadline = ngx_current_msec + age;
    lease->pid = ngx_pid;
    lease->charged = 0;

    return lease->token;
}


void
ngx_http_ioattest_lease_release_locked(ngx_http_ioattest_lease_t *lease,
    ngx_http_ioattest_give_e how, ioa_status_t reason,
    ngx_msec_t fail_timeout)
{
    ngx_uint_t  n;
    ngx_msec_t  delay;

    lease->token = 0;

    if (how != NGX_HTTP_IOATTEST_GIVE_FAILED) {
        return;
    }

    delay = fail_timeout;

    for (n = 0; n < lease->failures; n++) {
        if (delay >= NGX_HTTP_IOATTEST_BACKOFF_MAX / 2) {
            delay = ngx_max(fail_timeout, NGX_HTTP_IOATTEST_BACKOFF_MAX);
            break;
        }

        delay *= 2;
    }

    lease->failures++;
    lease->retry_at = ngx_current_msec + delay;
    lease->reason = reason;
}


ngx_http_ioattest_lease_t *
ngx_http_ioattest_node_lease_locked(ngx_http_ioattest_node_t *node)
{
    switch (node->kind) {

    case NGX_HTTP_IOATTEST_NODE_MODEL:
        return &node->u.model.lease;

    case NGX_HTTP_IOATTEST_NODE_NAME:
        return &node->u.name.lease;

    default:
        return NULL;
    }
}


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
                                              NGX_HTTP_IOATTEST_NODE_MODEL);
    if (node == NULL) {
        node = ngx_http_ioattest_node_find_locked(sh, key32,
                                                  NGX_HTTP_IOATTEST_NODE_NAME);
    }

    lease = node ? ngx_http_ioattest_node_lease_locked(node) : NULL;

    if (lease && lease->token == token) {
        ngx_http_ioattest_lease_release_locked(lease, how, reason,
                                               fail_timeout);

        if (how == NGX_HTTP_IOATTEST_GIVE_REFUSED && lease->charged
            && node->u.model.budget)
        {
            node->u.model.budget--;
        }
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


ngx_uint_t
ngx_http_ioattest_fresh(time_t at, time_t valid)
{
    time_t  age;

    age = ngx_time() - at;

    return age >= -NGX_HTTP_IOATTEST_SKEW && age < valid;
}
