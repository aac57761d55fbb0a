
/* The census: what it draws, in a search, in a chase and after failures. */

#include "zone.h"


static void
zone_meets(zone_t *z, ngx_uint_t n, ngx_uint_t times)
{
    for ( /* void */ ; times; times--) {
        zone_meet(z, 1, n);
    }
}


/* Machines 1 to m, all known, and no search. */

static void
zone_fleet(zone_t *z, ngx_uint_t m)
{
    ngx_uint_t  i;

    zone_open(z, 256 * 1024);

    for (i = 1; i <= m; i++) {
        zone_meet(z, 1, i);
    }

    zone_meets(z, 1, 5 * m + 5);
}


static ngx_uint_t
zone_draws(zone_t *z)
{
    return zone_census(z, 1, 0).n;
}


/* One attestation that took so long, of machine 1. */

static void
zone_took(zone_t *z, ngx_uint_t seconds)
{
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_waiter_t   waiter;
    ngx_http_ioattest_machine_t  machine;

    waiter = zone_waiter(0);
    found = zone_wait(z, 1, 99, &waiter);
    zone_pass(seconds);
    machine = zone_machine(1);
    (void) zone_add(z, 1, &machine, 1, found.n ? found.token[0] : 0);
    zone_meets(z, 1, 200);
    zone_pass(2 * ZONE_ATTEST / 1000 + 3);
}


static void
zone_renewed(void)
{
    zone_t  z;

    zone_fleet(&z, 1);
    zone_pass(ZONE_VALID * 3 / 4 - 1);
    UNIT_OK(zone_draws(&z) == 0, "census: long enough left, nothing is drawn");
    zone_pass(1);
    UNIT_OK(zone_draws(&z) == 1, "census: one machine runs out, one draw");
    UNIT_OK(zone_draws(&z) == 0, "census: which is waited for");
    zone_meet(&z, 1, 1);
    zone_pass(30);
    UNIT_OK(zone_draws(&z) == 0, "census: then it is done");
    zone_close(&z);

    zone_fleet(&z, 2);
    zone_pass(ZONE_VALID * 3 / 4);
    zone_meet(&z, 1, 1);
    UNIT_OK(zone_draws(&z) == 2, "census: of two one runs out, two draws");
    zone_close(&z);

    zone_fleet(&z, 2);
    zone_pass(300);
    zone_meet(&z, 1, 1);
    zone_pass(ZONE_VALID - 300);
    UNIT_OK(zone_draws(&z) == 0, "census: one that ran out is not looked for");
    zone_close(&z);

    /* a pace that the time which is left asks for */

    zone_fleet(&z, 2);
    z.limits.census_refresh = 50000;
    zone_took(&z, 20);
    zone_meet(&z, 1, 2);
    zone_pass(ZONE_VALID - 50);
    UNIT_OK(zone_draws(&z) == 6, "census: as many at once as are needed");
    zone_close(&z);

    zone_fleet(&z, 2);
    z.limits.census_refresh = 50000;
    zone_took(&z, 20);
    zone_took(&z, 1);
    zone_meet(&z, 1, 2);
    zone_pass(ZONE_VALID - 50);
    UNIT_OK(zone_draws(&z) == 5, "census: by a mean of what they took");
    zone_close(&z);

    zone_fleet(&z, 2);
    z.limits.census_refresh = 0;
    zone_pass(ZONE_VALID - 1);
    UNIT_OK(zone_draws(&z) == 0 && zone_census(&z, 1, 0).behind == 0,
            "census: ioattest_refresh off, none is renewed");
    zone_close(&z);
}


/* What refused evidence took is counted like what others took. */

static void
zone_renewed_refused(void)
{
    zone_t                      z;
    ngx_http_ioattest_found_t   found;
    ngx_http_ioattest_waiter_t  waiter;

    zone_fleet(&z, 2);
    z.limits.census_refresh = 50000;
    waiter = zone_waiter(0);
    found = zone_wait(&z, 1, 99, &waiter);
    zone_pass(20);
    zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_REVOKED, 77);
    zone_meets(&z, 1, 200);
    zone_meet(&z, 1, 2);
    zone_pass(ZONE_VALID - 50);
    UNIT_OK(zone_draws(&z) == 6, "census: nor does it matter how they ended");
    zone_close(&z);
}


/* Machine 2 has gone: is it looked for?  A single draw is a watch's. */

static ngx_uint_t
zone_looked_for(zone_t *z, ngx_uint_t met)
{
    zone_pass(2 * ZONE_ATTEST / 1000 + 3);
    zone_meets(z, 1, met);

    return zone_draws(z) > 1;
}


static void
zone_gone(void)
{
    zone_t      z;
    ngx_uint_t  i;

    zone_fleet(&z, 2);
    zone_pass(ZONE_VALID * 3 / 4);
    zone_meet(&z, 1, 1);
    UNIT_OK(zone_looked_for(&z, 0), "a machine runs out, and is looked for");
    UNIT_OK(zone_looked_for(&z, 18), "census: for nearly twenty draws");
    UNIT_OK(!zone_looked_for(&z, 1), "census: then it is given up");
    UNIT_OK(zone_signer(&z, 1, 2) == NGX_HTTP_IOATTEST_TRUSTED,
            "census: which takes no trust away");

    /* it does not count among those known: a search of one ends */

    (void) zone_signer(&z, 1, 50);
    zone_meets(&z, 1, 10);
    UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH,
            "census: nor is it counted any more");

    for (i = 10; i < 49; i++) {
        zone_meet(&z, 1, i);
    }

    zone_meets(&z, 1, 40 * 5 + 5);
    UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH
            && !zone_looked_for(&z, 0),
            "census: however many there are then");

    /* met again it is one of them */

    zone_meet(&z, 1, 2);

    for (i = 10; i < 49; i++) {
        zone_meet(&z, 1, i);
    }

    zone_pass(ZONE_VALID * 3 / 4);

    for (i = 10; i < 49; i++) {
        zone_meet(&z, 1, i);
    }

    UNIT_OK(zone_looked_for(&z, 1), "census: met again it is looked for");
    zone_close(&z);

    /* a chase that has found it leaves nothing to the next */

    zone_fleet(&z, 2);
    zone_pass(ZONE_VALID * 3 / 4);
    zone_meet(&z, 1, 1);
    UNIT_OK(zone_looked_for(&z, 0), "one runs out");
    zone_meet(&z, 1, 2);
    zone_meets(&z, 1, 40);
    zone_pass(ZONE_VALID * 3 / 4);
    zone_meet(&z, 1, 1);
    UNIT_OK(zone_looked_for(&z, 0), "and is looked for the next time as well");
    zone_close(&z);
}


/* More would be needed than may be: said once, and not too early. */

static void
zone_behind(void)
{
    zone_t                     z;
    ngx_uint_t                 i;
    ngx_http_ioattest_found_t  found;

    zone_fleet(&z, 2);
    z.limits.census_refresh = 50000;
    zone_took(&z, 20);
    zone_meet(&z, 1, 2);
    z.limits.parallel = 3;

    found = zone_census(&z, 1, 0);
    UNIT_OK(found.behind == 6
            && zone_row(&z, 1).census == NGX_HTTP_IOATTEST_SHOW_BEHIND,
            "behind: it is said, and how many would do");
    UNIT_OK(zone_census(&z, 1, 0).behind == 0
            && zone_row(&z, 1).census == NGX_HTTP_IOATTEST_SHOW_BEHIND,
            "behind: once, and shown");

    z.limits.parallel = 6;
    (void) zone_census(&z, 1, 0);
    UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_BEHIND,
            "behind: shown no more where it is not so");
    z.limits.parallel = 3;
    UNIT_OK(zone_census(&z, 1, 0).behind == 0
            && zone_row(&z, 1).census == NGX_HTTP_IOATTEST_SHOW_BEHIND,
            "behind: and not said anew where it is so again");

    for (i = 0; i < 3600; i += 300) {
        zone_pass(i ? 300 : 299);
        zone_meet(&z, 1, 1);
        zone_meet(&z, 1, 2);
    }

    UNIT_OK(zone_census(&z, 1, 0).behind == 0, "behind: for an hour");
    zone_pass(1);
    UNIT_OK(zone_census(&z, 1, 0).behind == 6, "behind: but then");
    zone_close(&z);

    zone_fleet(&z, 2);
    z.limits.census_refresh = 50000;
    zone_took(&z, 20);
    zone_meet(&z, 1, 2);
    z.limits.parallel = 3;
    (void) zone_signer(&z, 1, 50);
    UNIT_OK(zone_census(&z, 1, 0).behind == 0,
            "behind: not while a search goes on");
    zone_pass(ZONE_VALID / 2);
    zone_meet(&z, 1, 1);
    zone_meet(&z, 1, 2);
    UNIT_OK(zone_census(&z, 1, 0).behind == 0, "behind: as is usual");
    zone_pass(ZONE_VALID / 2);
    zone_meet(&z, 1, 1);
    UNIT_OK(zone_census(&z, 1, 0).behind > 0,
            "behind: but where one does not end");
    zone_close(&z);
}


static void
zone_search_draws(void)
{
    zone_t      z;
    ngx_uint_t  i, n;

    zone_open(&z, 256 * 1024);
    z.limits.parallel = 32;
    z.limits.total = 128;
    zone_meet(&z, 1, 1);
    zone_meets(&z, 1, 4);

    n = zone_draws(&z);
    UNIT_OK(n == 6, "a search draws what it lacks: %d", (int) n);
    UNIT_OK(zone_draws(&z) == 0, "what is under way counts");
    zone_close(&z);

    /* fewer are known than when it counted */

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);
    zone_meet(&z, 1, 2);
    zone_pass(ZONE_VALID - 1);
    zone_meets(&z, 1, 12);
    zone_pass(1);
    n = zone_draws(&z);
    UNIT_OK(n == 1, "and one at least until it ends: %d", (int) n);
    zone_close(&z);

    /* all that is met is refused, though something is trusted */

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);

    for (i = 0; i < NGX_HTTP_IOATTEST_FAILS_MAX - 1; i++) {
        zone_refuse(&z, 1, 9);
    }

    UNIT_OK(zone_draws(&z) == ZONE_MANY, "refusals make no pause");
    zone_pass(2 * ZONE_ATTEST / 1000 + 3);
    zone_refuse(&z, 1, 9);
    UNIT_OK(zone_draws(&z) == 1 && zone_draws(&z) == 0,
            "but of many in a row the next is drawn by itself");
    zone_pass_ms(ZONE_VALID * 1000 / 4 / 256 - 1);
    UNIT_OK(zone_draws(&z) == 0, "at a pace");
    zone_pass_ms(1);
    UNIT_OK(zone_draws(&z) == 1, "of 256 per ioattest_refresh");
    zone_meet(&z, 1, 1);
    UNIT_OK(zone_draws(&z) > 1, "until one is met");
    zone_close(&z);

    zone_open(&z, 256 * 1024);
    z.limits.census_refresh = 1000;
    zone_meet(&z, 1, 1);

    for (i = 0; i < NGX_HTTP_IOATTEST_FAILS_MAX; i++) {
        zone_refuse(&z, 1, 9);
    }

    UNIT_OK(zone_draws(&z) == 1, "a short ioattest_refresh");
    zone_pass_ms(19);
    UNIT_OK(zone_draws(&z) == 0, "makes no storm");
    zone_pass_ms(1);
    UNIT_OK(zone_draws(&z) == 1, "of draws");
    zone_close(&z);

    /* silences are another matter */

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);
    zone_silence(&z, 1, NGX_HTTP_IOATTEST_FAILS_MAX);
    UNIT_OK(zone_draws(&z) == 0, "after silences in a row there is a pause");
    zone_pass_ms(ZONE_PACE - 1);
    UNIT_OK(zone_draws(&z) == 0, "of ioattest_fail_timeout");
    zone_pass_ms(1);
    UNIT_OK(zone_draws(&z) == 1, "then one is tried");
    UNIT_OK(zone_draws(&z) == 0, "and awaited");
    zone_close(&z);
}


/* A request that passes looks for what is due, with its caller's key. */

static void
zone_beside(void)
{
    zone_t  z;

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);
    zone_caller(&z, 1);
    UNIT_OK(zone_gate(&z, 1).n == 0, "ioattest_background off: none is drawn");

    z.limits.background = 60000;
    zone_gateway(&z);
    UNIT_OK(zone_gate(&z, 1).n == 0, "the gateway's own key has its timer");

    zone_caller(&z, 1);
    UNIT_OK(zone_gate(&z, 1).n == ZONE_MANY * 3 / 4,
            "a caller's is used beside a request, for a part of the slots");
    zone_pass_ms(20);
    UNIT_OK(zone_gate(&z, 1).n == 0, "and no more, though some are free");
    zone_caller(&z, 2);
    zone_pass_ms(20);
    UNIT_OK(zone_gate(&z, 1).n == ZONE_MANY / 4, "another caller's has them");
    zone_caller(&z, 1);
    zone_pass(2 * ZONE_ATTEST / 1000 + 3);
    UNIT_OK(zone_gate(&z, 1).n == ZONE_MANY * 3 / 4, "again when it is due");
    zone_close(&z);

    zone_fleet(&z, 1);
    z.limits.background = 60000;
    zone_caller(&z, 1);
    (void) zone_gate(&z, 1);
    (void) zone_signer(&z, 1, 50);
    zone_pass_ms(19);
    UNIT_OK(zone_gate(&z, 1).n == 0, "it is looked for now and then");
    zone_pass_ms(1);
    UNIT_OK(zone_gate(&z, 1).n > 0, "which is often enough");
    zone_close(&z);
}


void
zone_chase_cases(void)
{
    zone_renewed();
    zone_renewed_refused();
    zone_gone();
    zone_behind();
    zone_search_draws();
    zone_beside();
}
