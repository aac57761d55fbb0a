
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
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED && found.n == 0
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
    zone_failed();
}
