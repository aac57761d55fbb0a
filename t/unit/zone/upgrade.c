
/* Signers that hardware binds: an upgrade, and what is remembered. */

#include "zone.h"


static ngx_uint_t
zone_draws(zone_t *z)
{
    return zone_census(z, 1, 0).n;
}


static void
zone_bind(zone_t *z, ngx_uint_t n, ngx_uint_t times)
{
    ngx_http_ioattest_machine_t  machine;

    for ( /* void */ ; times; times--) {
        machine = zone_machine(n);
        machine.proved.signer_bound = 1;
        (void) zone_add(z, 1, &machine, n, 0);
    }
}


static ngx_uint_t
zone_strict(zone_t *z)
{
    ngx_http_ioattest_model_t  m;

    m = zone_model(1);

    return ngx_http_ioattest_store_bound(&z->zone, &m, &z->limits);
}


/* A fleet that is upgraded machine by machine. */

static void
zone_upgrade(void)
{
    zone_t      z;
    ngx_uint_t  i;

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 2);
    zone_meet(&z, 1, 3);
    zone_bind(&z, 1, 21);
    UNIT_OK(zone_draws(&z) == 0, "upgrade: one of three is bound");
    zone_bind(&z, 2, 1);
    UNIT_OK(zone_draws(&z) == 0
            && zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH,
            "upgrade: so is another");
    zone_bind(&z, 3, 1);
    UNIT_OK(!zone_strict(&z) && zone_draws(&z) == 1
            && zone_row(&z, 1).census == NGX_HTTP_IOATTEST_SHOW_SEARCH,
            "upgrade: all are, and a search is to confirm it");
    zone_bind(&z, 1, 20);
    UNIT_OK(zone_strict(&z), "upgrade: then no other is taken");
    zone_close(&z);

    /* who ran out is none of them */

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 2);
    zone_pass(ZONE_VALID - 1);
    zone_bind(&z, 1, 5);
    zone_pass(1);
    zone_bind(&z, 1, 10);
    UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH
            && zone_strict(&z), "a machine that ran out does not count");
    zone_close(&z);

    /* a search that met nobody says nothing */

    zone_open(&z, 256 * 1024);
    zone_bind(&z, 1, 1);
    zone_pass(ZONE_VALID);

    for (i = 0; i < 70; i++) {
        zone_refuse(&z, 1, 77);
    }

    UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH
            && !zone_strict(&z), "a search that met nobody binds nobody");
    zone_close(&z);
}


/* What hardware has bound is remembered for a day, as far as there is room. */

static void
zone_bound(void)
{
    zone_t                       z;
    ngx_uint_t                   i, taken;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 3);
    zone_bind(&z, 2, 1);
    zone_bind(&z, 1, 40);
    machine = zone_machine(2);
    UNIT_OK(zone_add(&z, 1, &machine, 2, 0) == NGX_ABORT,
            "an address takes one place, however often it is met");
    zone_close(&z);

    zone_open(&z, 256 * 1024);
    zone_bind(&z, 1, 1);

    for (i = 0; i < 3; i++) {
        zone_pass(20 * 3600);
        machine = zone_machine(2);
        (void) zone_add(&z, 1, &machine, 2, 0);
    }

    machine = zone_machine(1);
    UNIT_OK(zone_add(&z, 1, &machine, 1, 0) == NGX_ABORT,
            "it is remembered while any machine of the model is met");
    zone_pass(25 * 3600);
    machine = zone_machine(1);
    UNIT_OK(zone_add(&z, 1, &machine, 1, 0) == NGX_OK,
            "and forgotten after a day without");
    zone_close(&z);

    zone_open(&z, 256 * 1024);
    taken = 0;

    for (i = 1; i < 400; i++) {
        machine = zone_machine(i);
        machine.proved.signer_bound = 1;
        taken += (zone_add(&z, i, &machine, i, 0) == NGX_OK);
    }

    UNIT_OK(taken >= 1 && taken
            == ((ngx_http_ioattest_sh_t *) z.zone.shpool->data)->capacity / 8,
            "bound models take an eighth of a zone: %d", (int) taken);
    zone_close(&z);
}


static void
zone_times(void)
{
    UNIT_OK(ngx_http_ioattest_backoff(0, 5000) == 5000
            && ngx_http_ioattest_backoff(2, 5000) == 20000
            && ngx_http_ioattest_backoff(9, 5000) == 60000,
            "a pause doubles, up to a minute");
    UNIT_OK(ngx_http_ioattest_backoff(3, 120000) == 120000,
            "or as long as ioattest_fail_timeout is");
    UNIT_OK(ngx_http_ioattest_within(ngx_current_msec + 4000, 1000),
            "another process may be a little ahead");
    UNIT_OK(!ngx_http_ioattest_within(ngx_current_msec + 6000, 1000),
            "a little");
}


void
zone_upgrade_cases(void)
{
    zone_upgrade();
    zone_bound();
    zone_times();
}
