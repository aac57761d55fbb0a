
/* Keys that are not answered: whom it concerns, and for how long. */

#include "zone.h"


static void
zone_silent_caller(void)
{
    zone_t                     z;
    ngx_uint_t                 i;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);

    zone_caller(&z, 2);
    found = zone_gate(&z, 1);

    zone_caller(&z, 1);
    zone_silence(&z, 1, 2);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "two silences are not told");

    zone_silence(&z, 1, 1);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED && found.n == 0
            && found.reason == IOA_ATTESTATION_TIMEOUT,
            "three in a row are");
    UNIT_OK(zone_gate(&z, 2).answer == NGX_HTTP_IOATTEST_WAIT,
            "of that model");

    zone_caller(&z, 3);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "to those with that key alone");
    zone_gateway(&z);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "the gateway's own is another");

    zone_caller(&z, 1);
    zone_silence(&z, 1, 20);
    zone_caller(&z, 3);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "however many they are");

    zone_pass_ms(ZONE_PACE - 1);
    zone_caller(&z, 1);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_FAILED,
            "for ioattest_fail_timeout");

    zone_pass_ms(1);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 0,
            "then the key is tried again, once nothing else is under way");

    zone_pass(2 * ZONE_ATTEST / 1000 + 3);
    UNIT_OK(zone_gate(&z, 1).n == 1, "by one");
    zone_pass(2);
    UNIT_OK(zone_gate(&z, 1).n == 0, "alone");

    zone_close(&z);

    /* an answer of whatever kind ends a row */

    for (i = 0; i < 2; i++) {
        zone_open(&z, 256 * 1024);
        zone_caller(&z, 1);
        (void) zone_gate(&z, 1);
        zone_silence(&z, 1, 2);

        if (i == 0) {
            zone_refuse(&z, 1, 1);

        } else {
            zone_meet(&z, 1, 1);
            zone_pass(ZONE_VALID);
        }

        zone_silence(&z, 1, 2);
        UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
                "%s ends a row", i ? "a machine" : "refused evidence");

        zone_silence(&z, 1, 1);
        UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_FAILED,
                "the next begins then");
        zone_close(&z);
    }
}


/* Who has silences, where there are many. */

static void
zone_silent_many(void)
{
    zone_t      z;
    ngx_uint_t  i;

    zone_open(&z, 256 * 1024);
    z.limits.fail_timeout = 3600000;

    zone_silence(&z, 1, 3);

    for (i = 1; i <= NGX_HTTP_IOATTEST_SILENCES + 1; i++) {
        zone_pass(1);
        zone_caller(&z, i);
        (void) zone_gate(&z, 2);
        zone_silence(&z, 2, 3);
    }

    UNIT_OK(zone_gate(&z, 2).answer == NGX_HTTP_IOATTEST_FAILED,
            "of many keys the last is known");
    zone_caller(&z, NGX_HTTP_IOATTEST_SILENCES);
    UNIT_OK(zone_gate(&z, 2).answer == NGX_HTTP_IOATTEST_FAILED,
            "and the one before");
    zone_caller(&z, 2);
    UNIT_OK(zone_gate(&z, 2).answer == NGX_HTTP_IOATTEST_FAILED,
            "as far as there is room");
    zone_caller(&z, 1);
    UNIT_OK(zone_gate(&z, 2).answer == NGX_HTTP_IOATTEST_WAIT,
            "the oldest has made room");

    zone_close(&z);

    /* the gateway's own: not with callers', and another key is another */

    zone_open(&z, 256 * 1024);
    z.limits.fail_timeout = 3600000;

    (void) zone_gate(&z, 1);
    zone_silence(&z, 1, 3);

    for (i = 1; i <= NGX_HTTP_IOATTEST_SILENCES; i++) {
        zone_pass_ms(1);
        zone_caller(&z, i);
        (void) zone_gate(&z, 2);
        zone_silence(&z, 2, 1);
    }

    zone_gateway(&z);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_FAILED,
            "callers' silences push none of the gateway's out");

    memset(z.key.digest, 'n', NGX_HTTP_IOATTEST_KEY_LEN);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "a new key of the gateway begins anew");

    zone_close(&z);
}


/* ms until a silent key is used again, where something is trusted. */

static ngx_msec_t
zone_pause(zone_t *z, ngx_uint_t census)
{
    ngx_uint_t                  i;
    ngx_msec_t                  ms;
    ngx_http_ioattest_found_t   found;
    ngx_http_ioattest_waiter_t  waiter;

    for (ms = 0; ms < 10000; ms += 50) {
        waiter = zone_waiter(0);
        found = census ? zone_census(z, 1, 0) : zone_wait(z, 1, 9, &waiter);

        if (found.n) {
            zone_end(z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_SILENT,
                     IOA_ATTESTATION_TIMEOUT, 0);

            for (i = 1; i < found.n; i++) {
                zone_end(z, 1, found.token[i], NGX_HTTP_IOATTEST_DRAW_NOTHING,
                         IOA_OK, 0);
            }

            return (found.n == 1) ? ms : 20000 + found.n;
        }

        zone_pass_ms(50);
    }

    return ms;
}


static void
zone_silent_trusted(ngx_uint_t census)
{
    zone_t       z;
    const char  *who;
    ngx_uint_t   i, right;
    ngx_msec_t   ms, want[] = { 100, 200, 400, 800, 1500, 1500 };

    zone_open(&z, 256 * 1024);
    z.limits.fail_timeout = 1500;
    who = census ? "background" : "signer";

    zone_meet(&z, 1, 1);
    zone_silence(&z, 1, 2);

    if (!census) {
        zone_caller(&z, 1);
        zone_silence(&z, 1, 2);
        UNIT_OK(zone_pause(&z, 0) == 0, "%s: two silences slow nothing", who);

    } else {
        UNIT_OK(zone_pause(&z, 1) > 20000,
                "%s: two silences slow nothing", who);
    }

    for (i = 0, right = 0; i < 6; i++) {
        ms = zone_pause(&z, census);
        right += (ms == want[i]);
    }

    UNIT_OK(right == 6, "%s: from three on it is asked by one, more and more "
            "slowly, up to ioattest_fail_timeout: %d", who, (int) right);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "%s: nobody is refused for it", who);

    zone_close(&z);
}


/* One at a time: what is under way is waited for. */

static void
zone_silent_one(void)
{
    zone_t                      z;
    ngx_http_ioattest_waiter_t  waiter;

    zone_open(&z, 256 * 1024);

    zone_meet(&z, 1, 1);
    zone_silence(&z, 1, 3);
    zone_pass(1);

    UNIT_OK(zone_census(&z, 1, 0).n == 1, "a silent key is tried by one");
    UNIT_OK(zone_census(&z, 1, 0).n == 0, "and by no second beside it");
    zone_close(&z);

    zone_open(&z, 256 * 1024);

    zone_meet(&z, 1, 1);
    waiter = zone_waiter(0);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).n == ZONE_MANY,
            "for a signer the gateway's own key is used for all at once");
    zone_close(&z);

    zone_open(&z, 256 * 1024);

    zone_meet(&z, 1, 1);
    zone_silence(&z, 1, 3);
    zone_pass(1);
    waiter = zone_waiter(0);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).n == 1, "but not a silent one");
    zone_close(&z);

    zone_open(&z, 256 * 1024);

    zone_meet(&z, 1, 1);
    zone_caller(&z, 1);
    waiter = zone_waiter(0);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).n == 1, "nor a caller's");
    zone_close(&z);
}


void
zone_silence_cases(void)
{
    zone_silent_caller();
    zone_silent_many();
    zone_silent_trusted(0);
    zone_silent_trusted(1);
    zone_silent_one();
}
