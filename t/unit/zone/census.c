
/* The census: searches, chases and watches, and what each of them draws. */

#include "zone.h"

#define REFRESH  (ZONE_VALID / 4)      /* s */


static ngx_http_ioattest_found_t
zone_due(zone_t *z)
{
    ngx_http_ioattest_found_t  found;
    ngx_http_ioattest_model_t  m;

    m = zone_model(1);

    ngx_http_ioattest_store_census(&found, &z->zone, &m, &z->limits, &z->key,
                                   1);

    return found;
}


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
        found = zone_due(z);

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


static void
zone_searches(void)
{
    zone_t                     z;
    ngx_uint_t                 n;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 1024 * 1024);

    found = zone_due(&z);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 1,
            "nothing is known: one draw");
    zone_met(&z, found.token[0], 1);

    n = zone_draws(&z, 1);
    UNIT_OK(n == 10, "one machine: 5 draws for it and 5 beside, in a row");
    UNIT_OK(zone_due(&z).n == 0, "then none");

    zone_close(&z);

    zone_open(&z, 1024 * 1024);
    n = zone_draws(&z, 8);
    UNIT_OK(n >= 8 + 45 && n < 8 + 45 + ZONE_MANY,
            "eight machines: 45 draws in a row after the last new one");

    zone_close(&z);

    zone_open(&z, 1024 * 1024);

    for (n = 0; n < 10; n++) {
        zone_met(&z, 0, 1);
    }

    zone_met(&z, 0, 2);
    n = zone_draws(&z, 2);
    UNIT_OK(n >= 15, "a new one: the row begins again");
    zone_close(&z);

    zone_fleet(&z, 8);

    /* a new one begins a search */

    found = zone_gate(&z, 1);
    zone_met(&z, 0, 9);
    n = zone_draws(&z, 9);
    UNIT_OK(n >= 50 && n < 50 + ZONE_MANY, "a ninth: a search of its own");

    zone_close(&z);
}


static void
zone_chases(void)
{
    zone_t                     z;
    ngx_uint_t                 i, n;
    ngx_http_ioattest_found_t  found;

    zone_fleet(&z, 4);

    zone_pass(ZONE_VALID - REFRESH - 1);
    UNIT_OK(zone_due(&z).n == 0, "before the refresh: no draw");

    zone_pass(2);
    found = zone_due(&z);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_TRUSTED && found.n == 2,
            "less than it left: two at once");
    UNIT_OK(zone_due(&z).n == 0, "and no more beside these");

    zone_met(&z, found.token[0], 1);
    zone_met(&z, found.token[1], 2);
    n = 2 + zone_draws(&z, 4);
    UNIT_OK(n >= 4 && n <= 8, "until all are renewed: %lu", (unsigned long) n);

    /* one is gone: 7 draws for each known and 5 beside look for it */

    zone_pass(ZONE_VALID - REFRESH + 1);
    n = zone_draws(&z, 3);
    UNIT_OK(n >= 33 && n <= 33 + ZONE_MANY, "one is given up: %lu",
            (unsigned long) n);
    UNIT_OK(zone_row(&z, 1).machines == 3 || zone_rows(&z,
            NGX_HTTP_IOATTEST_NODE_MACHINE) == 4, "and not forgotten yet");

    zone_pass(ZONE_VALID - REFRESH + 1);
    n = zone_draws(&z, 3);
    UNIT_OK(n >= 3 && n <= 6, "nor is it looked for again");

    /* what attestations take says how many are needed */

    zone_pass(ZONE_VALID - REFRESH + 1);

    for (i = 0; i < 60; i++) {
        found = zone_due(&z);

        if (found.n == 0) {
            break;
        }

        zone_pass(15);
        zone_met(&z, found.token[0], 1);

        if (found.n > 1) {
            zone_met(&z, found.token[1], 2);
        }
    }

    zone_close(&z);

    zone_fleet(&z, 1);
    zone_pass(ZONE_VALID - REFRESH + 1);
    UNIT_OK(zone_due(&z).n == 1, "one machine alone: one draw");
    zone_close(&z);

    zone_fleet(&z, 4);
    z.limits.census_refresh = 0;
    zone_pass(ZONE_VALID - 1);
    UNIT_OK(zone_due(&z).n == 0, "ioattest_refresh off: none");
    zone_close(&z);
}


/* Slow attestations: enough at once that all are renewed in time. */

static void
zone_needs(void)
{
    zone_t                     z;
    ngx_uint_t                 i;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 1024 * 1024);
    z.limits.parallel = 32;
    z.limits.total = 128;

    for (i = 0; i < 100; i++) {
        found = zone_due(&z);

        if (found.n == 0) {
            break;
        }

        zone_pass(10);
        zone_met(&z, found.token[0], 1 + i % 8);

        while (found.n > 1) {
            zone_end(&z, 1, found.token[--found.n],
                     NGX_HTTP_IOATTEST_DRAW_NOTHING, IOA_OK, 0);
        }
    }

    for (i = 0; i < 8; i++) {
        zone_met(&z, 0, 1 + i);
    }

    zone_pass(ZONE_VALID - REFRESH + 1);
    found = zone_due(&z);

    /* 6.9 x 8 x 10 s / 150 s */
    UNIT_OK(found.n == 4, "8 machines at 10 s: 4 at once, not %lu",
            (unsigned long) found.n);
    zone_close(&z);
}


/* A fleet whose machines are being replaced. */

static void
zone_watches(void)
{
    zone_t                     z;
    ngx_uint_t                 i, n;
    ngx_http_ioattest_found_t  found;

    zone_fleet(&z, 4);
    zone_pass(ZONE_VALID / 8 + 1);
    UNIT_OK(zone_due(&z).n == 0, "no change: no watch");

    zone_met(&z, 0, 5);
    (void) zone_draws(&z, 5);
    UNIT_OK(zone_due(&z).n == 0, "a new machine, and its search is over");

    zone_pass(ZONE_VALID / 10 - 1);
    UNIT_OK(zone_due(&z).n == 0, "a watch draws twice for each machine");

    zone_pass(2);
    found = zone_due(&z);
    UNIT_OK(found.n == 1, "one at a time");
    UNIT_OK(zone_due(&z).n == 0, "and no other beside");
    zone_met(&z, found.token[0], 1);
    UNIT_OK(zone_due(&z).n == 0, "then it rests");

    zone_pass(ZONE_VALID / 10 + 1);
    z.limits.census_refresh = 0;
    UNIT_OK(zone_due(&z).n == 0, "ioattest_refresh off: none");
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
        zone_pass(ZONE_VALID / 10 + 1);
        n += zone_due(&z).n;
    }

    UNIT_OK(n == 0, "nothing new for ten lives: no watch");
    zone_close(&z);

    /* the machines of the first search are no change */

    zone_fleet(&z, 8);
    zone_pass(ZONE_VALID / 16 + 1);
    UNIT_OK(zone_due(&z).n == 0, "nor is the first search one");
    zone_close(&z);
}


/* Failures where something is trusted slow the census and stop nobody. */

static void
zone_slowed(void)
{
    zone_t                     z;
    ngx_uint_t                 i;
    ngx_http_ioattest_found_t  found;

    zone_fleet(&z, 2);
    zone_pass(ZONE_VALID - REFRESH + 1);

    for (i = 0; i < 3; i++) {
        found = zone_due(&z);
        UNIT_OK(found.n >= 1, "draw %lu", (unsigned long) i);

        zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_SILENT,
                 IOA_ATTESTATION_TIMEOUT, 0);

        while (found.n > 1) {
            zone_end(&z, 1, found.token[--found.n],
                     NGX_HTTP_IOATTEST_DRAW_NOTHING, IOA_OK, 0);
        }
    }

    found = zone_due(&z);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_TRUSTED && found.n == 0,
            "three silences in a row: a pause, and the gate stays open");

    zone_pass(1);
    found = zone_due(&z);
    UNIT_OK(found.n == 1, "then one draw");
    UNIT_OK(zone_due(&z).n == 0, "at a time");
    zone_met(&z, found.token[0], 1);
    UNIT_OK(zone_due(&z).n == 2, "an answer ends it");
    zone_close(&z);
}


void
zone_census_cases(void)
{
    zone_searches();
    zone_chases();
    zone_needs();
    zone_watches();
    zone_slowed();
}
