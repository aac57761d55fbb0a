
/* Attestations that are under way: how many, and whose they are. */

#include "zone.h"


static void
zone_token(void)
{
    zone_t                       z;
    uint64_t                     token;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    found = zone_gate(&z, 1);
    token = found.token[0];
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 1 && token,
            "the first who asks attests");

    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 0,
            "others wait");

    zone_end(&z, 1, token + 1, NGX_HTTP_IOATTEST_DRAW_NOTHING, IOA_OK, 0);
    UNIT_OK(zone_row(&z, 1).in_flight == 1,
            "who lacks the slot gives none back");

    zone_end(&z, 2, token, NGX_HTTP_IOATTEST_DRAW_NOTHING, IOA_OK, 0);
    UNIT_OK(zone_row(&z, 1).in_flight == 1, "nor by another model");

    zone_end(&z, 1, 0, NGX_HTTP_IOATTEST_DRAW_NOTHING, IOA_OK, 0);
    UNIT_OK(zone_row(&z, 1).in_flight == 1, "nor without a token");

    machine = zone_machine(1);
    zone_add(&z, 1, &machine, 1, token + 1);
    UNIT_OK(zone_row(&z, 1).in_flight == 1,
            "nor by a machine that he met");

    zone_add(&z, 1, &machine, 1, token);
    UNIT_OK(zone_row(&z, 1).in_flight == 0, "whose it is does");

    /* one that ran out is another's */

    zone_pass(ZONE_VALID);
    found = zone_gate(&z, 1);
    token = found.token[0];
    UNIT_OK(found.n == 1, "a slot again");

    zone_pass(2 * ZONE_ATTEST / 1000 + 3);
    UNIT_OK(zone_row(&z, 1).in_flight == 0, "its time is over");

    found = zone_gate(&z, 1);
    UNIT_OK(found.n == 1 && found.token[0] > token,
            "and another has it: tokens are not used twice");

    zone_end(&z, 1, token, NGX_HTTP_IOATTEST_DRAW_NOTHING, IOA_OK, 0);
    UNIT_OK(zone_row(&z, 1).in_flight == 1,
            "whose it was does not give it back");

    zone_close(&z);
}


/* 100 requests at once cost one attestation, another for each second. */

static void
zone_pace(void)
{
    zone_t      z;
    ngx_uint_t  i, n;

    zone_open(&z, 256 * 1024);
    n = 0;

    for (i = 0; i < 100; i++) {
        n += zone_gate(&z, 1).n;
    }

    UNIT_OK(n == 1, "many at once cost one attestation");

    for (i = 0; i < 5; i++) {
        zone_pass(1);
        n += zone_gate(&z, 1).n;
        n += zone_gate(&z, 1).n;
    }

    UNIT_OK(n == 6, "and one for each second without an outcome: %d",
            (int) n);

    zone_close(&z);
}


static void
zone_parallel(void)
{
    zone_t                     z;
    ngx_uint_t                 i, n;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 1024 * 1024);

    found = zone_gate(&z, 1);
    zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_CPU_EVIDENCE_INVALID, 1);

    found = zone_gate(&z, 1);
    UNIT_OK(found.n == ZONE_MANY && zone_row(&z, 1).in_flight == ZONE_MANY,
            "after an outcome that opened nothing all slots are used");
    UNIT_OK(zone_gate(&z, 1).n == 0, "and no more than ioattest_parallel");

    /* a reload has lowered it below what is under way */

    z.limits.parallel = ZONE_MANY / 2;
    UNIT_OK(zone_gate(&z, 1).n == 0, "nor where it is less than they are");
    z.limits.parallel = ZONE_MANY;

    n = ZONE_MANY;

    for (i = 2; i < 12; i++) {
        found = zone_gate(&z, i);

        if (found.n) {
            n += found.n;
            zone_end(&z, i, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
                     IOA_CPU_EVIDENCE_INVALID, 1);
            n--;
            n += zone_gate(&z, i).n;
        }
    }

    UNIT_OK(n == 4 * ZONE_MANY, "over all models four times as many: %d",
            (int) n);

    zone_close(&z);
}


void
zone_slot_cases(void)
{
    zone_token();
    zone_pace();
    zone_parallel();
}
