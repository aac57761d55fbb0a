
/* The census of a fleet whose machines are being replaced: single draws. */

#include "zone.h"

#define REFRESH  (ZONE_VALID / 4)      /* s */


/* A draw that meets the machine of that number, and takes no time. */

static void
zone_met(zone_t *z, uint64_t token, ngx_uint_t n)
{
    ngx_http_ioattest_machine_t  machine;

    machine = zone_machine(n);
    zone_add(z, 1, &machine, n, token);
}


/* All that the census wants at this moment, each machine in its turn. */

static ngx_uint_t
zone_draws(zone_t *z, ngx_uint_t machines)
{
    ngx_uint_t                 i, n;
    ngx_http_ioattest_found_t  found;

    static ngx_uint_t  turn;

    for (n = 0; n < 10000; n += found.n) {
        found = zone_census(z, 1, 1);

        if (found.n == 0) {
            break;
        }

        for (i = 0; i < found.n; i++) {
            zone_met(z, found.token[i], 1 + turn++ % machines);
        }
    }

    return n;
}


/* So many machines, all met and searched for. */

static void
zone_fleet(zone_t *z, ngx_uint_t machines)
{
    zone_open(z, 1024 * 1024);
    (void) zone_draws(z, machines);
}


/* A fleet whose machines are being replaced. */

static void
zone_watches(void)
{
    zone_t                     z;
    ngx_uint_t                 i, n;
    ngx_http_ioattest_found_t  found, other;

    zone_fleet(&z, 4);
    zone_pass(ZONE_VALID / 8 + 1);
    UNIT_OK(zone_census(&z, 1, 1).n == 0, "no change: no watch");

    zone_met(&z, 0, 5);
    (void) zone_draws(&z, 5);
    UNIT_OK(zone_census(&z, 1, 1).n == 0, "a new machine, and its search is over");

    zone_pass(ZONE_VALID / 40 - 1);
    UNIT_OK(zone_census(&z, 1, 1).n == 0,
            "a watch draws eight times for each machine");

    zone_pass(2);
    found = zone_census(&z, 1, 1);
    UNIT_OK(found.n == 1, "one at a time");
    UNIT_OK(zone_census(&z, 1, 1).n == 0, "and no other at once");

    zone_pass(ZONE_VALID / 40 + 1);
    other = zone_census(&z, 1, 1);
    UNIT_OK(other.n == 1, "the next in time, though the first goes on");

    zone_met(&z, found.token[0], 1);
    zone_met(&z, other.token[0], 2);
    UNIT_OK(zone_census(&z, 1, 1).n == 0, "then it rests");

    zone_pass(ZONE_VALID / 40 + 1);
    z.limits.census_refresh = 0;
    UNIT_OK(zone_census(&z, 1, 1).n == 0, "ioattest_refresh off: none");
    z.limits.census_refresh = REFRESH * 1000;

    /* ten lives later it is over */

    for (i = 0; i < 11; i++) {
        zone_pass(ZONE_VALID - REFRESH + 1);
        (void) zone_draws(&z, 5);
        zone_pass(REFRESH - 2);
        (void) zone_draws(&z, 5);
    }

    n = 0;

    for (i = 0; i < 4; i++) {
        zone_pass(ZONE_VALID / 40 + 1);
        n += zone_census(&z, 1, 1).n;
    }

    UNIT_OK(n == 0, "nothing new for ten lives: no watch");
    zone_close(&z);

    /* the machines of the first search are no change */

    zone_fleet(&z, 8);
    zone_pass(ZONE_VALID / 16 + 1);
    UNIT_OK(zone_census(&z, 1, 1).n == 0, "nor is the first search one");
    zone_close(&z);
}


void
zone_watch_cases(void)
{
    zone_watches();
}
