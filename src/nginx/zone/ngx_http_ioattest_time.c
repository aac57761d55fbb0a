
/*
 * The clock: whether something has expired, and when to retry.
 */


#include "zone/ngx_http_ioattest_node.h"


/* how much the cached clocks of two processes may differ, ms */
#define NGX_HTTP_IOATTEST_SKEW  5000


/*
 * On the monotonic clock, which all processes share: setting the wall clock
 * neither ends nor extends trust.
 */

ngx_uint_t
ngx_http_ioattest_within(ngx_msec_t at, ngx_msec_t ms)
{
    ngx_msec_int_t  age;

    age = (ngx_msec_int_t) (ngx_current_msec - at);

    /* negative if another process has updated its clock later */

    return age > -NGX_HTTP_IOATTEST_SKEW && age < (ngx_msec_int_t) ms;
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


ngx_uint_t
ngx_http_ioattest_machine_good_locked(
    const ngx_http_ioattest_machine_t *machine, ngx_msec_t valid)
{
    return ngx_http_ioattest_within(machine->attested_ms, valid)
           && (machine->proved.expires == 0
               || machine->proved.expires > ngx_time());
}
