
/*
 * Operations on a lease, under the lock: it says who reads the models list
 * now, and how long a failure is remembered.
 */


#include "zone/ngx_http_ioattest_node.h"


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

    return lease->token;
}


void
ngx_http_ioattest_lease_release_locked(ngx_http_ioattest_lease_t *lease,
    ngx_http_ioattest_give_e how, ioa_status_t reason,
    ngx_msec_t fail_timeout)
{
    lease->token = 0;

    if (how != NGX_HTTP_IOATTEST_GIVE_FAILED) {
        return;
    }

    lease->retry_at = ngx_current_msec
                      + ngx_http_ioattest_backoff(lease->failures,
                                                  fail_timeout);
    lease->failures++;
    lease->reason = reason;
}


ngx_http_ioattest_lease_t *
ngx_http_ioattest_node_lease_locked(ngx_http_ioattest_node_t *node)
{
    return (node->kind == NGX_HTTP_IOATTEST_NODE_NAME) ? &node->u.name.lease
                                                       : NULL;
}
