
/* Whose turn it is: the order between keys, and how many each may start. */

#include "zone.h"


static void
zone_give(zone_t *z, ngx_http_ioattest_found_t *found)
{
    zone_end(z, 1, found->token[0], NGX_HTTP_IOATTEST_DRAW_NOTHING, IOA_OK,
             0);
}


/* One slot, which caller 1 has; caller 2 came then, and waits for it. */

static ngx_http_ioattest_found_t
zone_claimed(zone_t *z, ngx_msec_t *came)
{
    ngx_http_ioattest_found_t  found;

    zone_open(z, 256 * 1024);
    z->limits.parallel = 1;

    zone_caller(z, 1);
    found = zone_gate(z, 1);

    zone_pass(2);
    *came = ngx_current_msec - 500;

    zone_caller(z, 2);
    UNIT_OK(found.n == 1 && zone_gate_of(z, 1, *came).n == 0,
            "one slot: a second caller waits for the first");

    return found;
}


static void
zone_arrival(void)
{
    zone_t                     z;
    ngx_msec_t                 came;
    ngx_http_ioattest_found_t  found;

    found = zone_claimed(&z, &came);
    zone_give(&z, &found);

    zone_caller(&z, 3);
    UNIT_OK(zone_gate_of(&z, 1, came + 100).n == 0,
            "a third, who came later, gets no slot before it");
    zone_caller(&z, 4);
    UNIT_OK(zone_gate_of(&z, 1, came + 50).n == 0,
            "nor does a fourth, who came between them");

    zone_caller(&z, 2);
    found = zone_gate_of(&z, 1, came);
    UNIT_OK(found.n == 1, "it is the second's");

    zone_give(&z, &found);
    zone_caller(&z, 3);
    UNIT_OK(zone_gate_of(&z, 1, came + 100).n == 1,
            "who has had it claims no more");

    zone_close(&z);
}


static void
zone_older(void)
{
    zone_t                     z;
    ngx_msec_t                 came;
    ngx_http_ioattest_found_t  found;

    found = zone_claimed(&z, &came);

    zone_caller(&z, 3);
    UNIT_OK(zone_gate_of(&z, 1, came - 100).n == 0,
            "an older request finds no slot either");
    zone_give(&z, &found);

    zone_caller(&z, 2);
    UNIT_OK(zone_gate_of(&z, 1, came).n == 0,
            "and comes before the one that waited already");
    zone_caller(&z, 3);
    UNIT_OK(zone_gate_of(&z, 1, came - 100).n == 1, "it is the older one's");

    zone_close(&z);

    /* an older one that has not been seen yet takes what is free */

    found = zone_claimed(&z, &came);
    zone_give(&z, &found);

    zone_caller(&z, 3);
    found = zone_gate_of(&z, 1, came - 100);
    UNIT_OK(found.n == 1, "who came first is not held up by a later claim");
    zone_give(&z, &found);

    zone_caller(&z, 4);
    UNIT_OK(zone_gate_of(&z, 1, came + 100).n == 0,
            "and that claim is still there");

    zone_close(&z);
}


static void
zone_claim_ends(void)
{
    zone_t                     z;
    ngx_msec_t                 came;
    ngx_http_ioattest_found_t  found;

    found = zone_claimed(&z, &came);
    zone_give(&z, &found);

    UNIT_OK(zone_gate_of(&z, 1, came + 100).n == 1,
            "a later request with the same key starts it as well");
    zone_close(&z);

    found = zone_claimed(&z, &came);
    zone_give(&z, &found);
    zone_pass_ms(299);
    zone_caller(&z, 3);
    UNIT_OK(zone_gate_of(&z, 1, came + 100).n == 0,
            "a claim lasts for a while");
    zone_pass_ms(1);
    UNIT_OK(zone_gate_of(&z, 1, came + 100).n == 1,
            "but not where nobody renews it");
    zone_close(&z);

    /* the census waits like anybody, and after all who do */

    found = zone_claimed(&z, &came);
    zone_give(&z, &found);
    zone_gateway(&z);
    UNIT_OK(zone_census(&z, 1, 0).n == 0,
            "the background comes after those who wait");
    zone_close(&z);
}


/* Where something is trusted: those who wait for a signer. */

static void
zone_claim_signer(void)
{
    zone_t                      z;
    ngx_msec_t                  came;
    ngx_http_ioattest_found_t   found;
    ngx_http_ioattest_waiter_t  first, second, third;

    zone_open(&z, 256 * 1024);
    z.limits.parallel = 1;
    zone_meet(&z, 1, 1);

    came = ngx_current_msec;
    first = zone_waiter(0);
    zone_caller(&z, 1);
    found = zone_wait(&z, 1, 5, &first);

    zone_pass_ms(10);
    second = zone_waiter(0);
    zone_caller(&z, 2);
    UNIT_OK(found.n == 1 && zone_wait(&z, 1, 6, &second).n == 0,
            "signers: one slot, which the first has");
    UNIT_OK(second.arrived == came + 10, "it is noted when each came");
    zone_give(&z, &found);

    zone_pass_ms(10);
    third = zone_waiter(0);
    zone_caller(&z, 3);
    UNIT_OK(zone_wait(&z, 1, 7, &third).n == 0, "a third waits its turn");

    zone_caller(&z, 2);
    found = zone_wait(&z, 1, 6, &second);
    UNIT_OK(found.n == 1, "which is after the second's");
    zone_give(&z, &found);

    zone_caller(&z, 3);
    UNIT_OK(zone_wait(&z, 1, 7, &third).n == 1, "then it has it");

    zone_close(&z);
}


/* Nothing is trusted: what a key brings is no outcome for others. */

static void
zone_wide(ngx_http_ioattest_outcome_e how)
{
    zone_t                     z;
    const char                *what;
    ngx_http_ioattest_found_t  first, second;

    what = (how == NGX_HTTP_IOATTEST_DRAW_SILENT) ? "not answered" : "refused";

    zone_open(&z, 256 * 1024);

    zone_caller(&z, 1);
    first = zone_gate(&z, 1);
    zone_caller(&z, 2);
    UNIT_OK(first.n == 1 && zone_gate(&z, 1).n == 0,
            "while one is under way another key starts none");

    zone_pass(1);
    second = zone_gate(&z, 1);
    UNIT_OK(second.n == 1, "but after a second");
    zone_end(&z, 1, first.token[0], how, IOA_ATTESTATION_TIMEOUT, 0);

    zone_caller(&z, 3);
    UNIT_OK(zone_gate(&z, 1).n == 1,
            "a key was %s: each other asks with its own at once", what);
    UNIT_OK(zone_gate(&z, 1).n == 0, "once");

    zone_caller(&z, 4);
    UNIT_OK(zone_gate(&z, 2).n == 1 && zone_gate(&z, 1).n == 1,
            "for each model");

    /* evidence that was refused is an outcome for all, and stays one */

    zone_end(&z, 1, second.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_REVOKED, 7);
    zone_end(&z, 1, 0, how, IOA_ATTESTATION_TIMEOUT, 0);
    zone_caller(&z, 5);
    UNIT_OK(zone_gate(&z, 1).n > 1, "refused evidence opens all slots, and a "
            "key that was %s closes none", what);

    zone_close(&z);
}


/* Each kind leaves room to those who need it more. */

static void
zone_shares(void)
{
    zone_t                      z;
    ngx_uint_t                  i, n;
    ngx_http_ioattest_waiter_t  waiter;

    zone_open(&z, 256 * 1024);
    z.limits.parallel = 32;
    z.limits.total = 32;

    zone_meet(&z, 1, 1);
    zone_meet(&z, 2, 1);
    zone_meet(&z, 2, 2);

    /* the search of each wants ten of the background at least */

    for (i = 0, n = 0; i < 4; i++) {
        n += zone_census(&z, 1 + i % 2, 0).n;
    }

    for (i = 3; i < 9; i++) {
        zone_meet(&z, i, 1);
        n += zone_census(&z, i, 0).n;
    }

    UNIT_OK(n == 24, "the background leaves a quarter: %d", (int) n);

    waiter = zone_waiter(0);
    n += zone_wait(&z, 1, 9, &waiter).n;
    UNIT_OK(n == 28, "signers leave an eighth: %d", (int) n);

    for (i = 20; i < 30; i++) {
        n += zone_gate(&z, i).n;
    }

    UNIT_OK(n == 32, "requests for which nothing is trusted have all: %d",
            (int) n);

    zone_close(&z);

    /* and of one model's slots no more than are free */

    zone_open(&z, 256 * 1024);
    z.limits.total = 10;

    n = zone_gate(&z, 1).n;
    zone_refuse(&z, 1, 1);
    n += zone_gate(&z, 1).n;
    UNIT_OK(n == ZONE_MANY, "what is under way counts: %d", (int) n);

    (void) zone_gate(&z, 2);
    zone_refuse(&z, 2, 1);
    n = zone_gate(&z, 2).n;
    UNIT_OK(n == 1, "and the last of all are not exceeded: %d", (int) n);

    zone_close(&z);
}


void
zone_claim_cases(void)
{
    zone_arrival();
    zone_older();
    zone_claim_ends();
    zone_claim_signer();
    zone_wide(NGX_HTTP_IOATTEST_DRAW_SILENT);
    zone_wide(NGX_HTTP_IOATTEST_DRAW_NOTHING);
    zone_shares();
}
