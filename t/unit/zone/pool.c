
/* "ioattest_pool all", and what the gate says of a machine that is refused. */

#include "zone.h"


static ngx_uint_t
zone_closed(zone_t *z)
{
    return zone_gate(z, 1).answer == NGX_HTTP_IOATTEST_FAILED;
}


static void
zone_pool(void)
{
    zone_t                       z;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);
    z.limits.pool_all = 1;
    z.limits.valid = 60000;

    zone_meet(&z, 1, 1);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "pool: open while nobody is refused");

    zone_refuse(&z, 1, 9);
    found = zone_gate(&z, 1);
    machine = zone_machine(9);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED
            && found.reason == IOA_REVOKED && found.have_address
            && memcmp(found.address20, machine.address20, IOA_ADDRESS_LEN)
               == 0,
            "pool: one that is refused closes it, by name");
    UNIT_OK(zone_gate(&z, 2).answer == NGX_HTTP_IOATTEST_WAIT,
            "pool: of its model");

    zone_pass(30);
    zone_meet(&z, 1, 1);
    UNIT_OK(zone_closed(&z), "pool: another that is met opens nothing");

    zone_pass_ms(29999);
    UNIT_OK(zone_closed(&z), "pool: for ioattest_valid");
    zone_pass_ms(1);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "pool: then it is open again");

    zone_refuse(&z, 1, 9);
    zone_refuse(&z, 1, 8);
    zone_meet(&z, 1, 9);
    UNIT_OK(zone_closed(&z), "pool: two were refused, and one is met");
    zone_meet(&z, 1, 8);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "pool: the last one that is met opens it at once");

    z.limits.pool_all = 0;
    zone_refuse(&z, 1, 9);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "ioattest_pool any: a machine does not close it");

    zone_close(&z);
}


/* How often a request that is refused draws: ms until the next one. */

static ngx_uint_t
zone_pool_pause(zone_t *z, ngx_http_ioattest_found_t *found)
{
    ngx_uint_t  ms;

    for (ms = 0; ms < 100000; ms += 10) {
        *found = zone_gate(z, 1);

        if (found->n) {
            break;
        }

        zone_pass_ms(10);
    }

    return ms;
}


/* A closed gate looks for those that closed it, with anybody's key. */

static void
zone_pool_draws(ngx_uint_t caller, ngx_uint_t trusted)
{
    zone_t                       z;
    ngx_uint_t                   ms;
    const char                  *who;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    who = caller ? "a caller's key" : "an own key, ioattest_background off";

    zone_open(&z, 256 * 1024);
    z.limits.pool_all = 1;

    if (caller) {
        zone_caller(&z, caller);
    }

    if (trusted) {
        zone_meet(&z, 1, 1);
    }

    (void) zone_gate(&z, 1);
    zone_pass(30);
    zone_refuse(&z, 1, 9);

    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED && found.n == 1,
            "pool: %s: a refused request draws one", who);
    ms = zone_pool_pause(&z, &found);
    UNIT_OK(ms > 2 * ZONE_ATTEST, "pool: %s: and waits for its outcome: %d",
            who, (int) ms);

    zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_REVOKED, 9);
    ms = zone_pool_pause(&z, &found);
    UNIT_OK(ms == ZONE_PACE && found.n == 1
            && found.answer == NGX_HTTP_IOATTEST_FAILED,
            "pool: %s: the next after ioattest_fail_timeout: %d", who,
            (int) ms);

    machine = zone_machine(9);
    (void) zone_add(&z, 1, &machine, 9, found.token[0]);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_TRUSTED,
            "pool: %s: met, it opens the gate", who);

    /* what else bounds draws does so here */

    zone_pass(30);
    zone_refuse(&z, 1, 9);
    zone_silence(&z, 1, NGX_HTTP_IOATTEST_SILENT_MAX);
    ms = zone_pool_pause(&z, &found);
    UNIT_OK(ms == ZONE_PACE, "pool: %s: a silent key rests: %d", who,
            (int) ms);
    zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_NOTHING, IOA_OK,
             0);

    zone_pass(30);
    ngx_http_ioattest_key_rest(&z.zone, &z.key, 429, 0, 20000);
    ms = zone_pool_pause(&z, &found);
    UNIT_OK(ms == 20000, "pool: %s: one that the API refuses too: %d", who,
            (int) ms);
    zone_close(&z);
}


/* With nothing trusted, pauses between failures are longer and longer. */

static void
zone_pool_backoff(void)
{
    zone_t                     z;
    ngx_uint_t                 i, ms;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);
    z.limits.pool_all = 1;
    (void) zone_gate(&z, 1);
    zone_pass(30);

    for (i = 0; i < NGX_HTTP_IOATTEST_FAILS_MAX; i++) {
        zone_refuse(&z, 1, 9);
    }

    ms = zone_pool_pause(&z, &found);
    UNIT_OK(ms == ZONE_PACE, "pool: after failures it draws after a pause");
    zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_REVOKED, 9);
    ms = zone_pool_pause(&z, &found);
    UNIT_OK(ms == 2 * ZONE_PACE, "pool: that is doubled: %d", (int) ms);
    zone_close(&z);
}


/* Beside a refused request the census goes on, where a caller's key does it. */

static void
zone_pool_census(void)
{
    zone_t  z;

    zone_open(&z, 256 * 1024);
    z.limits.pool_all = 1;
    z.limits.background = 60000;
    zone_caller(&z, 1);
    zone_meet(&z, 1, 1);
    zone_refuse(&z, 1, 9);
    UNIT_OK(zone_closed(&z), "pool: a search goes on, the gate is closed");
    zone_pass(30);
    UNIT_OK(zone_gate(&z, 1).n == ZONE_MANY * 3 / 4,
            "pool: and the search draws");
    zone_close(&z);
}


/* Before anybody is met: the last that was refused is named. */

static void
zone_failed(void)
{
    zone_t                       z;
    ngx_uint_t                   i;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);
    (void) zone_gate(&z, 1);

    for (i = 0; i < NGX_HTTP_IOATTEST_FAILS_MAX; i++) {
        zone_refuse(&z, 1, 9);
    }

    found = zone_gate(&z, 1);
    machine = zone_machine(9);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED && found.have_address
            && memcmp(found.address20, machine.address20, IOA_ADDRESS_LEN)
               == 0,
            "whoever is refused at once learns of whom");

    /* a machine that is met ends it all */

    zone_pass_ms(ZONE_PACE);
    zone_refuse(&z, 1, 9);
    zone_meet(&z, 1, 1);
    zone_pass(ZONE_VALID);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 1,
            "a machine that was met makes it begin anew: one is tried");
    zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_REVOKED, 9);

    for (i = 1; i < NGX_HTTP_IOATTEST_FAILS_MAX - 1; i++) {
        zone_refuse(&z, 1, 9);
    }

    UNIT_OK(!zone_closed(&z), "then as many as at first");
    zone_refuse(&z, 1, 9);
    zone_pass_ms(ZONE_PACE - 1);
    UNIT_OK(zone_closed(&z), "and for the time of the first");
    zone_pass_ms(1);
    UNIT_OK(!zone_closed(&z), "pauses are short again");

    zone_close(&z);
}


void
zone_pool_cases(void)
{
    zone_pool();
    zone_pool_draws(0, 1);
    zone_pool_draws(1, 1);
    zone_pool_draws(0, 0);
    zone_pool_draws(1, 0);
    zone_pool_backoff();
    zone_pool_census();
    zone_failed();
}
