
/*
 * The clock: whether something has expired, and when to retry.
 */


#include "zone/ngx_http_ioattest_node.h"


/* how much the cached clocks of two processes may differ, ms */
#define NGX_HTTP_IOATTEST_SKEW  5000


static ngx_msec_int_t ngx_http_ioattest_evidence_due(
    const ngx_http_ioattest_machine_t *machine, ngx_msec_t refresh,
    ngx_msec_t *window);


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


ngx_msec_t
ngx_http_ioattest_machine_due(const ngx_http_ioattest_machine_t *machine,
    ngx_msec_t valid, ngx_msec_t refresh, ngx_msec_t *window)
{
    ngx_msec_t      before;
    ngx_msec_int_t  age, evidence;

    *window = refresh;

    age = (ngx_msec_int_t) (machine->attested_ms + valid - refresh
                            - ngx_current_msec);

    if (machine->proved.expires) {
        evidence = ngx_http_ioattest_evidence_due(machine, refresh, &before);

        if (evidence < age) {
            age = evidence;
            *window = before;
        }
    }

    return ngx_max(age, 0);
}


ngx_uint_t
ngx_http_ioattest_machine_ends(const ngx_http_ioattest_machine_t *machine,
    ngx_msec_t refresh)
{
    ngx_msec_t  window;

    return machine->proved.expires
           && ngx_http_ioattest_evidence_due(machine, refresh, &window) <= 0;
}


/*
 * Evidence ends with the first of its documents, at a time that a renewal may
 * or may not move.  Where it does not, since no newer document is published
 * yet, the machine has less than "ioattest_refresh" left as soon as it is
 * renewed, and a chase for it would never end: so the next one for the same
 * end begins "ioattest_refresh" after that renewal.  Where it does, but each
 * document lasts for a shorter time than that, a chase begins in the second
 * half of that time, which is as many chases as it takes to keep the trust.
 */

static ngx_msec_int_t
ngx_http_ioattest_evidence_due(const ngx_http_ioattest_machine_t *machine,
    ngx_msec_t refresh, ngx_msec_t *window)
{
    int64_t  life, due, again;

    life = (machine->proved.expires - machine->attested_at) * 1000;

    *window = (ngx_msec_t) ngx_min((int64_t) refresh, ngx_max(life / 2, 0));

    due = (machine->proved.expires - ngx_time()) * 1000 - (int64_t) *window;

    if (machine->end_kept) {
        again = (ngx_msec_int_t) (machine->attested_ms + refresh
                                  - ngx_current_msec);
        due = ngx_max(due, again);
    }

    /* far more than any machine is trusted */

    return (ngx_msec_int_t) ngx_min(due, (int64_t) NGX_MAX_INT32_VALUE);
}
