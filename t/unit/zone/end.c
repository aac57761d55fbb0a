
/* Evidence that ends before "ioattest_valid" does, and its renewal. */

#include "zone.h"


/* A machine whose evidence ends so many seconds from now. */

static void
zone_ending(zone_t *z, ngx_uint_t n, time_t seconds)
{
    ngx_http_ioattest_machine_t  machine;

    machine = zone_machine(n);
    machine.proved.expires = ngx_time() + seconds;
    (void) zone_add(z, 1, &machine, n, 0);
}


static void
zone_ending_one(zone_t *z, time_t seconds)
{
    ngx_uint_t  i;

    zone_open(z, 256 * 1024);

    for (i = 0; i < 12; i++) {
        zone_ending(z, 1, seconds);
    }
}


static ngx_uint_t
zone_draws(zone_t *z)
{
    return zone_census(z, 1, 0).n;
}


static void
zone_ends(void)
{
    zone_t                       z;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    zone_ending_one(&z, 400);
    zone_pass(249);
    UNIT_OK(zone_draws(&z) == 0, "end: evidence has long enough left");
    zone_pass(1);
    UNIT_OK(zone_draws(&z) == 1, "end: it has less than ioattest_refresh");
    zone_close(&z);

    zone_ending_one(&z, 8);
    zone_pass(3);
    UNIT_OK(zone_draws(&z) == 0, "end: documents that last 8 s, 5 are left");
    zone_pass(1);
    found = zone_census(&z, 1, 0);
    UNIT_OK(found.n == 1, "end: half of that");
    machine = zone_machine(1);
    machine.proved.expires = ngx_time() + 8;
    (void) zone_add(&z, 1, &machine, 1, found.token[0]);
    zone_pass(3);
    UNIT_OK(zone_draws(&z) == 0, "end: a renewal that brings others");
    zone_pass(1);
    UNIT_OK(zone_draws(&z) == 1, "end: has the next one when that is due");
    zone_close(&z);

    zone_ending_one(&z, 10 * ZONE_VALID);
    zone_pass(ZONE_VALID * 3 / 4 - 1);
    UNIT_OK(zone_draws(&z) == 0, "end: later than ioattest_valid");
    zone_pass(1);
    UNIT_OK(zone_draws(&z) == 1, "end: that one counts");
    zone_close(&z);

    zone_ending_one(&z, 400);
    z.limits.census_refresh = 0;
    zone_pass(399);
    UNIT_OK(zone_draws(&z) == 0, "end: ioattest_refresh off, none is renewed");
    zone_close(&z);
}


/* All draws in so many seconds; each is answered a second later. */

static ngx_uint_t
zone_ends_draws(zone_t *z, ngx_uint_t seconds, time_t until)
{
    ngx_uint_t                   i, k, n;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    for (i = 0, n = 0; i < seconds; i++) {
        found = zone_census(z, 1, 0);
        n += found.n;
        zone_pass(1);

        for (k = 0; k < found.n; k++) {
            machine = zone_machine(1);
            machine.proved.expires = until;
            (void) zone_add(z, 1, &machine, 1, found.token[k]);
        }
    }

    return n;
}


/* The same end comes back with each renewal: no newer document is there. */

static void
zone_ends_kept(void)
{
    zone_t      z;
    time_t      end;
    ngx_uint_t  n;

    zone_ending_one(&z, 400);
    end = ngx_time() + 400;
    n = zone_ends_draws(&z, 399, end);
    UNIT_OK(n == 1, "end: one that no renewal moves is no endless chase: %d",
            (int) n);
    zone_close(&z);

    zone_ending_one(&z, 400);
    z.limits.census_refresh = 100000;
    end = ngx_time() + 400;
    zone_pass(300);
    n = zone_ends_draws(&z, 99, end);
    UNIT_OK(n == 1, "end: it has one chase: %d", (int) n);
    zone_close(&z);

    /* the wall clock is behind: what ends seems to have time */

    zone_ending_one(&z, 400);
    end = ngx_time() + 400;
    zone_pass(250);
    n = zone_ends_draws(&z, 2, end);
    zone_step(-70);
    n += zone_ends_draws(&z, 149, end);
    UNIT_OK(n == 1, "end: the next not before ioattest_refresh: %d", (int) n);
    n = zone_ends_draws(&z, 4, end);
    UNIT_OK(n == 1, "end: and then: %d", (int) n);
    zone_close(&z);

    /* what other draws bring before it is due says nothing */

    zone_ending_one(&z, 400);
    zone_pass(100);
    zone_ending(&z, 1, 300);
    zone_pass(150);
    UNIT_OK(zone_draws(&z) == 1, "end: draws before its time are no renewal");
    zone_ending(&z, 1, 150);
    zone_ending(&z, 1, 151);
    zone_pass(75);
    UNIT_OK(zone_draws(&z) == 0, "end: a document that is newer");
    zone_pass(1);
    UNIT_OK(zone_draws(&z) == 1, "end: is renewed in the half of its time");
    zone_close(&z);
}


/* A short time takes more draws at once. */

static void
zone_ends_pace(void)
{
    zone_t                       z;
    ngx_uint_t                   i, n;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);
    found = zone_census(&z, 1, 1);
    zone_pass(2);
    machine = zone_machine(1);
    machine.proved.expires = ngx_time() + 12;
    (void) zone_add(&z, 1, &machine, 1, found.token[0]);

    for (i = 0; i < 20; i++) {
        zone_ending(&z, 1, 12);
        zone_ending(&z, 2, 12);
    }

    zone_pass(6);
    n = zone_draws(&z);
    UNIT_OK(n == 5, "end: as many at once as its time asks for: %d", (int) n);
    zone_close(&z);
}


void
zone_end_cases(void)
{
    zone_ends();
    zone_ends_kept();
    zone_ends_pace();
}
