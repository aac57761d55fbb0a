
/* How long a response waits for its signer, and what is spent on it. */

#include "zone.h"


static void
zone_known(zone_t *z, ngx_uint_t m)
{
    ngx_uint_t  i;

    zone_open(z, 256 * 1024);

    for (i = 0; i < 100; i++) {
        zone_meet(z, 1, i % m);
    }
}


static void
zone_meets(zone_t *z, ngx_uint_t n, ngx_uint_t times)
{
    for ( /* void */ ; times; times--) {
        zone_meet(z, 1, n);
    }
}


/* Ends what was begun: each in that way. */

static void
zone_ends(zone_t *z, const ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_outcome_e how)
{
    ngx_uint_t  i;

    for (i = 0; i < found->n; i++) {
        zone_end(z, 1, found->token[i], how, IOA_REVOKED, 77);
    }
}


/* What forged signers can have, each of which nobody knows. */

static ngx_uint_t
zone_forge(zone_t *z, ngx_uint_t times, ngx_http_ioattest_outcome_e how)
{
    ngx_uint_t                  i, n;
    ngx_http_ioattest_found_t   found;
    ngx_http_ioattest_waiter_t  waiter;

    for (i = 0, n = 0; i < times; i++) {
        waiter = zone_waiter(0);
        found = zone_wait(z, 1, 1000 + i, &waiter);
        n += found.n;
        zone_ends(z, &found, how);
    }

    return n;
}


static void
zone_fixed(void)
{
    zone_t                      z;
    ngx_http_ioattest_found_t   found;
    ngx_http_ioattest_waiter_t  waiter;

    zone_known(&z, 2);
    z.limits.attempts = 3;
    waiter = zone_waiter(0);

    found = zone_wait(&z, 1, 9, &waiter);
    UNIT_OK(found.n == 3 && found.busy == 0,
            "ioattest_attempts 3: three are made");
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).busy == 3, "and are under way");

    zone_refuse(&z, 1, 77);
    zone_refuse(&z, 1, 77);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer == NGX_HTTP_IOATTEST_WAIT,
            "two outcomes are not enough");
    zone_ends(&z, &found, NGX_HTTP_IOATTEST_DRAW_NOTHING);

    zone_pass_ms(ZONE_PACE);
    found = zone_wait(&z, 1, 9, &waiter);
    UNIT_OK(found.n == 1, "one more is to come: %d", (int) found.n);
    zone_ends(&z, &found, NGX_HTTP_IOATTEST_DRAW_REFUSED);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer
            == NGX_HTTP_IOATTEST_EXHAUSTED,
            "three are, also where all were refused");

    zone_close(&z);
}


/* "auto": those count that met somebody, and a search is to end first. */

static void
zone_auto(void)
{
    zone_t                      z;
    ngx_uint_t                  i;
    ngx_http_ioattest_found_t   found;
    ngx_http_ioattest_waiter_t  waiter;

    zone_known(&z, 1);
    waiter = zone_waiter(0);
    (void) zone_wait(&z, 1, 9, &waiter);

    zone_meets(&z, 0, 31);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer == NGX_HTTP_IOATTEST_WAIT,
            "auto: 32 at least");
    zone_meets(&z, 0, 1);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer
            == NGX_HTTP_IOATTEST_EXHAUSTED,
            "auto: and no more where a search has ended");

    /* none has that began since */

    zone_pass_ms(100);
    waiter = zone_waiter(0);
    (void) zone_wait(&z, 1, 8, &waiter);
    zone_meets(&z, 0, 40);
    zone_pass(2 * ZONE_ATTEST / 1000 + 3);
    z.limits.fail_timeout = 60000;
    found = zone_wait(&z, 1, 8, &waiter);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT,
            "auto: one that began earlier does not count");
    UNIT_OK(found.n == ZONE_MANY, "auto: and all slots are used on: %d",
            (int) found.n);
    zone_close(&z);

    /* as long as the budget goes */

    zone_known(&z, 1);
    z.limits.fail_timeout = 60000;
    (void) zone_forge(&z, 1, NGX_HTTP_IOATTEST_DRAW_NOTHING);
    zone_meets(&z, 0, 20);
    zone_pass_ms(100);

    waiter = zone_waiter(0);
    (void) zone_wait(&z, 1, 9, &waiter);
    zone_meets(&z, 0, 40);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer == NGX_HTTP_IOATTEST_WAIT,
            "auto: it waits for a search");
    zone_pass(2 * ZONE_ATTEST / 1000 + 3);

    for (i = 0; i < 8; i++) {
        found = zone_wait(&z, 1, 7, &waiter);
        zone_ends(&z, &found, NGX_HTTP_IOATTEST_DRAW_REFUSED);
    }

    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer
            == NGX_HTTP_IOATTEST_EXHAUSTED,
            "auto: as long as the model's attempts go");
    zone_close(&z);

    /* where most are refused there is an end as well */

    zone_known(&z, 1);
    waiter = zone_waiter(0);
    (void) zone_wait(&z, 1, 9, &waiter);

    for (i = 0; i < 127; i++) {
        zone_refuse(&z, 1, 77);
    }

    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer == NGX_HTTP_IOATTEST_WAIT,
            "auto: those refused do not count");
    zone_refuse(&z, 1, 77);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer
            == NGX_HTTP_IOATTEST_EXHAUSTED, "auto: but four times as many");
    zone_close(&z);

    /* more for more machines */

    zone_known(&z, 8);
    waiter = zone_waiter(0);
    (void) zone_wait(&z, 1, 9, &waiter);
    zone_meets(&z, 0, 63);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer == NGX_HTTP_IOATTEST_WAIT,
            "auto: eight for each machine");
    zone_meets(&z, 0, 1);
    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer
            == NGX_HTTP_IOATTEST_EXHAUSTED, "auto: and no more");
    zone_close(&z);
}


/* Forged signers can have so many attestations, and no more. */

static void
zone_budget(void)
{
    zone_t                     z;
    ngx_uint_t                 n;
    ngx_http_ioattest_found_t  found;

    zone_known(&z, 1);
    n = zone_forge(&z, 20, NGX_HTTP_IOATTEST_DRAW_REFUSED);
    UNIT_OK(n == 32, "forged signers have 32 attestations: %d", (int) n);

    zone_meet(&z, 1, 0);
    UNIT_OK(zone_forge(&z, 1, NGX_HTTP_IOATTEST_DRAW_REFUSED) == 0,
            "a known machine gives them no more");

    zone_pass_ms(ZONE_PACE - 1);
    UNIT_OK(zone_forge(&z, 1, NGX_HTTP_IOATTEST_DRAW_REFUSED) == 0,
            "for ioattest_fail_timeout");
    zone_pass_ms(1);
    UNIT_OK(zone_forge(&z, 20, NGX_HTTP_IOATTEST_DRAW_REFUSED) == 32,
            "then as many");

    zone_meet(&z, 1, 5);
    UNIT_OK(zone_forge(&z, 20, NGX_HTTP_IOATTEST_DRAW_REFUSED) == 32,
            "and where somebody new was met");
    zone_close(&z);

    /* what was not asked has not been spent */

    zone_known(&z, 1);
    UNIT_OK(zone_forge(&z, 20, NGX_HTTP_IOATTEST_DRAW_NOTHING)
            == 20 * ZONE_MANY, "attestations that were not made do not count");
    zone_close(&z);

    /* the background's do not give back what signers have spent */

    zone_known(&z, 1);
    z.limits.parallel = 32;
    z.limits.total = 64;
    n = zone_forge(&z, 20, NGX_HTTP_IOATTEST_DRAW_REFUSED);
    zone_meet(&z, 1, 0);
    found = zone_census(&z, 1, 0);
    zone_ends(&z, &found, NGX_HTTP_IOATTEST_DRAW_NOTHING);
    UNIT_OK(n == 32 && found.n > 0
            && zone_forge(&z, 1, NGX_HTTP_IOATTEST_DRAW_REFUSED) == 0,
            "the background's give back none: %d", (int) found.n);
    zone_close(&z);

    /* the time begins with the first that is spent */

    zone_known(&z, 1);
    (void) zone_forge(&z, 1, NGX_HTTP_IOATTEST_DRAW_NOTHING);
    zone_pass_ms(ZONE_PACE - 100);
    n = zone_forge(&z, 20, NGX_HTTP_IOATTEST_DRAW_REFUSED);
    zone_pass_ms(200);
    UNIT_OK(n == 32 && zone_forge(&z, 1, NGX_HTTP_IOATTEST_DRAW_REFUSED) == 0,
            "their time begins with the first that is spent");
    zone_close(&z);
}


static ngx_uint_t
zone_searches(zone_t *z)
{
    return zone_row(z, 1).census == NGX_HTTP_IOATTEST_SHOW_SEARCH;
}


/* When a search begins and ends. */

static void
zone_search_ends(void)
{
    zone_t                   z;
    ngx_uint_t               i;
    ngx_http_ioattest_row_t  row;

    zone_open(&z, 256 * 1024);
    zone_meets(&z, 1, 9);
    (void) zone_signer(&z, 1, 9);
    zone_meets(&z, 1, 2);
    UNIT_OK(!zone_searches(&z),
            "a signer that is not known does not begin a search anew");

    (void) zone_signer(&z, 1, 9);
    zone_meets(&z, 2, 1);
    zone_meets(&z, 1, 15);
    UNIT_OK(!zone_searches(&z), "nor one that goes on");
    (void) zone_signer(&z, 1, 9);
    UNIT_OK(zone_searches(&z),
            "where one has met somebody the next may begin at once");
    zone_close(&z);

    zone_open(&z, 256 * 1024);
    zone_meets(&z, 1, 9);
    zone_meets(&z, 2, 1);
    zone_meets(&z, 1, 14);
    UNIT_OK(zone_searches(&z), "a new machine has it count anew");
    zone_meets(&z, 1, 1);
    UNIT_OK(!zone_searches(&z), "to its end");
    zone_close(&z);

    /* nobody is trusted, and all is refused */

    zone_open(&z, 256 * 1024);
    (void) zone_gate(&z, 1);
    (void) zone_signer(&z, 1, 9);
    zone_pass(7);
    zone_refuse(&z, 1, 77);

    for (i = 0; i < 63; i++) {
        zone_refuse(&z, 1, 77);
    }

    row = zone_row(&z, 1);
    UNIT_OK(zone_searches(&z) && row.draws == 63
            && row.last_new == ZONE_EPOCH + 7,
            "a search among those refused goes on after a new one");
    zone_refuse(&z, 1, 77);
    UNIT_OK(!zone_searches(&z), "and ends as well");
    zone_close(&z);

    /* those that it met are not in time any more */

    zone_open(&z, 256 * 1024);
    zone_meets(&z, 1, 8);
    zone_pass(ZONE_VALID);
    zone_refuse(&z, 1, 77);
    UNIT_OK(zone_searches(&z), "without a machine in time it does not end");
    zone_close(&z);

    zone_open(&z, 256 * 1024);
    zone_meets(&z, 1, 1000);
    row = zone_row(&z, 1);
    UNIT_OK(row.share_met > 100 && row.share_met < 256,
            "a share is of the last ones: %d", (int) row.share_met);
    zone_close(&z);
}


void
zone_search_cases(void)
{
    zone_fixed();
    zone_auto();
    zone_budget();
    zone_search_ends();
}
