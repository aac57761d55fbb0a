
/* A caller's key whose attestations hang, beside others that are answered. */

#include "zone.h"

#define TOOK  200       /* ms, an attestation */


static void
zone_answer(zone_t *z, ngx_http_ioattest_found_t *found)
{
    ngx_uint_t                   i;
    ngx_http_ioattest_machine_t  machine;

    machine = zone_machine(1);

    for (i = 0; i < found->n; i++) {
        (void) zone_add(z, 1, &machine, 1, found->token[i]);
    }
}


/* Two machines, of which the second has to be renewed. */

static void
zone_hang_open(zone_t *z)
{
    ngx_uint_t                 i;
    ngx_http_ioattest_found_t  found;

    zone_open(z, 256 * 1024);
    zone_caller(z, 1);
    z->limits.background = 3600000;

    found = zone_gate(z, 1);
    zone_pass_ms(TOOK);
    zone_answer(z, &found);
    zone_meet(z, 1, 2);

    for (i = 0; i < 15; i++) {
        zone_meet(z, 1, 1);
    }

    zone_pass(ZONE_VALID * 3 / 4);
    zone_meet(z, 1, 1);
}


static ngx_uint_t
zone_hang_draws(zone_t *z, ngx_uint_t caller)
{
    zone_pass_ms(20);
    zone_caller(z, caller);

    return zone_gate(z, 1).n;
}


static void
zone_hang(void)
{
    zone_t                      z;
    ngx_uint_t                  i, n;
    ngx_http_ioattest_waiter_t  waiter;

    zone_hang_open(&z);
    UNIT_OK(zone_hang_draws(&z, 2) == 2, "hang: a chase draws two");
    UNIT_OK(zone_hang_draws(&z, 1) == 0, "hang: which are waited for");
    zone_pass_ms(3 * TOOK - 60);
    UNIT_OK(zone_hang_draws(&z, 1) == 0, "hang: three times what one takes");
    UNIT_OK(zone_hang_draws(&z, 1) == 2, "hang: then others draw");
    zone_close(&z);

    /* the same caller again and again: it does not get all slots */

    zone_hang_open(&z);

    for (i = 0; i < 4; i++) {
        (void) zone_hang_draws(&z, 2);
        zone_pass_ms(3 * TOOK);
    }

    UNIT_OK(zone_row(&z, 1).in_flight == ZONE_MANY * 3 / 4
            && zone_hang_draws(&z, 2) == 0,
            "hang: one caller's leave a quarter of the slots");
    UNIT_OK(zone_hang_draws(&z, 1) == 2, "hang: to others");
    zone_close(&z);

    /* one that was not answered of late does not count at all */

    zone_hang_open(&z);
    zone_caller(&z, 2);
    zone_silence(&z, 1, 3);
    zone_pass(1);
    UNIT_OK(zone_hang_draws(&z, 2) == 1, "hang: a silent key is tried by one");
    UNIT_OK(zone_hang_draws(&z, 1) == 2, "hang: others draw beside it");
    UNIT_OK(zone_hang_draws(&z, 1) == 0, "hang: and are waited for");
    zone_close(&z);

    /* nor do all responses that wait for a signer draw with it */

    zone_hang_open(&z);
    zone_caller(&z, 2);
    zone_silence(&z, 1, 3);
    zone_pass(1);
    waiter = zone_waiter(0);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).n == 1,
            "hang: a response draws with a silent key");
    waiter = zone_waiter(0);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).n == 0,
            "hang: another does not beside it");
    zone_close(&z);

    zone_hang_open(&z);
    zone_caller(&z, 2);

    for (i = 0, n = 0; i < 2 * ZONE_MANY; i++) {
        waiter = zone_waiter(0);
        n += zone_wait(&z, 1, 9, &waiter).n;
    }

    UNIT_OK(n == ZONE_MANY * 3 / 4,
            "hang: responses leave a quarter of the slots: %d", (int) n);
    zone_close(&z);

    /* of which no time is known */

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);
    UNIT_OK(zone_census(&z, 1, 0).n == ZONE_MANY, "hang: a search");
    zone_pass(ZONE_ATTEST / 1000);
    UNIT_OK(zone_census(&z, 1, 0).n == 0, "hang: that nobody has answered yet");
    zone_close(&z);
}


void
zone_hang_cases(void)
{
    zone_hang();
}
