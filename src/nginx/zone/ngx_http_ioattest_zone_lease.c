
/*
 * Single flight of the models list: who reads it now, and for how long a
 * failure is remembered; and the clock.
 */


#include "zone/ngx_http_ioattest_node.h"


/* how far two processes' cached clocks may be apart, ms */
#define NGX_HTTP_IOATTEST_SKEW  5000


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


ngx_msec_t
ngx_http_ioattest_backoff(ngx_uint_t n, ngx_msec_t fail_timeout)
{
    ngx_msec_t  ms;

    for (ms = fail_timeout; n; n--) {

        if (ms >= NGX_HTTP_IOATTEST_BACKOFF_MAX / 2) {
            return ngx_max(fail_timeout, NGX_HTTP_IOATTEST_BACKOFF_MAX);
        }

        ms *= 2;
    }

    return ms;
}


ngx_http_ioattest_lease_t *
ngx_http_ioattest_node_lease_locked(ngx_http_ioattest_node_t *node)
{
    return (node->kind == NGX_HTTP_IOATTEST_NODE_NAME) ? &node->u.name.lease
                                                       : NULL;
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


/*
 * On the monotonic clock, which is the same for all processes: a step of the
 * wall clock costs no trust and adds none.
 */

ngx_uint_t
ngx_http_ioattest_within(ngx_msec_t at, ngx_msec_t ms)
{
    ngx_msec_int_t  age;

    age = (ngx_msec_int_t) (ngx_current_msec - at);

    /* another process may have looked at its clock a little later */

    return age > -NGX_HTTP_IOATTEST_SKEW && age < (ngx_msec_int_t) ms;
}
