
/* Callers who ask with keys of their own, and what they cost one another. */

#include "zone.h"

#define NONE  NGX_HTTP_IOATTEST_DRAW_NOTHING


/* From now on requests ask with a caller's key of that letter. */

static void
zone_as(zone_t *z, int letter)
{
    z->key.own = 0;
    memset(z->key.digest, letter, NGX_HTTP_IOATTEST_KEY_LEN);
}


static ngx_http_ioattest_found_t
zone_asks(zone_t *z, ngx_uint_t model, ngx_http_ioattest_waiter_t *waiter)
{
    ngx_http_ioattest_found_t  found;
    ngx_http_ioattest_model_t  m;

    m = zone_model(model);

    ngx_http_ioattest_store_gate(&found, &z->zone, &m, &z->limits, &z->key,
                                 waiter);

    return found;
}


static void
zone_unheard(zone_t *z, ngx_uint_t times)
{
    ngx_http_ioattest_found_t  found;

    while (times--) {
        found = zone_gate(z, 1);
        zone_end(z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_SILENT,
                 IOA_ATTESTATION_TIMEOUT, 0);
    }
}


/* Who found no slot comes before those that come later, with another key. */

static void
zone_claims(void)
{
    zone_t                      z;
    ngx_http_ioattest_found_t   found, other;
    ngx_http_ioattest_waiter_t  a, b, c;

    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));
    memset(&c, 0, sizeof(c));

    zone_open(&z, 256 * 1024);
    z.limits.parallel = 1;

    zone_as(&z, 'a');
    found = zone_asks(&z, 1, &a);
    UNIT_OK(found.n == 1, "the first has the slot");

    /* what b and c want needs another second */

    ngx_current_msec += 1100;
    zone_as(&z, 'b');
    UNIT_OK(zone_asks(&z, 1, &b).n == 0, "b finds none, and claims the next");

    ngx_current_msec += 10;
    zone_as(&z, 'c');
    UNIT_OK(zone_asks(&z, 1, &c).n == 0, "nor does c");

    zone_as(&z, 'a');
    zone_end(&z, 1, found.token[0], NONE, IOA_OK, 0);

    zone_as(&z, 'c');
    UNIT_OK(zone_asks(&z, 1, &c).n == 0, "it is free: c came after b");

    zone_as(&z, 'b');
    other = zone_asks(&z, 1, &b);
    UNIT_OK(other.n == 1, "and b has it");

    ngx_current_msec += 1100;
    zone_as(&z, 'c');
    UNIT_OK(zone_asks(&z, 1, &c).n == 0, "c waits for b's");
    zone_as(&z, 'b');
    zone_end(&z, 1, other.token[0], NONE, IOA_OK, 0);

    zone_as(&z, 'c');
    found = zone_asks(&z, 1, &c);
    UNIT_OK(found.n == 1, "what b claimed was given: c has the next");
    zone_end(&z, 1, found.token[0], NONE, IOA_OK, 0);

    /* a claim that nobody renews is void */

    zone_as(&z, 'a');
    found = zone_asks(&z, 1, &a);
    zone_as(&z, 'b');
    ngx_current_msec += 1100;
    (void) zone_asks(&z, 1, &b);
    zone_as(&z, 'a');
    zone_end(&z, 1, found.token[0], NONE, IOA_OK, 0);
    ngx_current_msec += 400;
    zone_as(&z, 'c');
    UNIT_OK(zone_asks(&z, 1, &c).n == 1, "b has gone, and c is served");

    zone_close(&z);
}


/* What a caller's key is not answered concerns nobody else. */

static void
zone_silences(void)
{
    int                        i;
    zone_t                     z;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);

    zone_as(&z, 'a');
    zone_unheard(&z, 2);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "two silences are none");
    zone_close(&z);

    zone_open(&z, 256 * 1024);
    zone_as(&z, 'a');
    zone_unheard(&z, 3);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED
            && found.reason == IOA_ATTESTATION_TIMEOUT,
            "three fail at once, with their reason");
    UNIT_OK(zone_gate(&z, 2).answer == NGX_HTTP_IOATTEST_WAIT,
            "for this model alone");

    zone_as(&z, 'b');
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 1,
            "and with this key alone");
    zone_end(&z, 1, found.token[0], NONE, IOA_OK, 0);

    zone_as(&z, 'a');
    zone_pass(ZONE_PACE / 1000 - 1);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_FAILED,
            "for ioattest_fail_timeout");
    zone_pass(1);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 1,
            "then one more is made");
    UNIT_OK(zone_gate(&z, 1).n == 0, "at a time");

    zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_NONCE_MISMATCH, 1);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "any answer ends the silence");
    zone_close(&z);

    /* there is room for 64: the oldest gives way, not the newest */

    zone_open(&z, 256 * 1024);
    zone_as(&z, 1);
    zone_unheard(&z, 3);
    zone_pass(1);
    z.limits.fail_timeout = 100000;

    for (i = 2; i <= 65; i++) {
        zone_as(&z, i);
        zone_unheard(&z, 3);
        ngx_current_msec += 10;
    }

    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_FAILED,
            "the newest is known");
    zone_as(&z, 2);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_FAILED,
            "and the second oldest");
    zone_as(&z, 1);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "the oldest is forgotten");
    zone_close(&z);
}


/* All models of a zone, and what is left to whom. */

static void
zone_totals(void)
{
    zone_t                      z;
    ngx_uint_t                  i, n;
    ngx_http_ioattest_found_t   found;
    ngx_http_ioattest_model_t   m;
    ngx_http_ioattest_machine_t machine;
    ngx_http_ioattest_waiter_t  waiter;

    zone_open(&z, 1024 * 1024);
    z.limits.total = 16;

    for (i = 1, n = 0; i <= 40; i++) {
        m = zone_model(i);
        ngx_http_ioattest_store_census(&found, &z.zone, &m, &z.limits,
                                       &z.key, 1);
        n += found.n;
    }

    UNIT_OK(n == 12, "the background has three quarters");

    machine = zone_machine(1);
    zone_add(&z, 50, &machine, 1, 0);
    memset(&waiter, 0, sizeof(waiter));
    found = zone_wait(&z, 50, 9, &waiter);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 2,
            "signers up to seven eighths");

    for (i = 51, n = 0; i <= 60; i++) {
        n += zone_gate(&z, i).n;
    }

    UNIT_OK(n == 2, "and gates the rest");
    zone_close(&z);
}


/* Forged signers spend a budget, which new machines refill. */

static void
zone_budgets(void)
{
    zone_t                       z;
    ngx_uint_t                   i, n;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_waiter_t   waiter;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 1024 * 1024);
    z.limits.attempts = 6;

    machine = zone_machine(1);
    zone_add(&z, 1, &machine, 1, 0);
    n = 0;

    for (i = 0; i < 10; i++) {
        memset(&waiter, 0, sizeof(waiter));
        found = zone_wait(&z, 1, 100 + i, &waiter);
        n += found.n;

        while (found.n) {
            zone_add(&z, 1, &machine, 1, found.token[--found.n]);
        }
    }

    UNIT_OK(n == 6, "ten forged signers: 6 attempts, not %lu",
            (unsigned long) n);

    zone_pass(ZONE_PACE / 1000);
    memset(&waiter, 0, sizeof(waiter));
    found = zone_wait(&z, 1, 120, &waiter);
    UNIT_OK(found.n == 6, "as many after ioattest_fail_timeout");

    while (found.n) {
        zone_add(&z, 1, &machine, 1, found.token[--found.n]);
    }

    UNIT_OK(zone_wait(&z, 1, 120, &waiter).answer
            == NGX_HTTP_IOATTEST_EXHAUSTED, "its own attempts are spent");

    memset(&waiter, 0, sizeof(waiter));
    UNIT_OK(zone_wait(&z, 1, 120, &waiter).answer
            == NGX_HTTP_IOATTEST_EXHAUSTED,
            "others of the address are refused at once");

    zone_pass(59);
    memset(&waiter, 0, sizeof(waiter));
    UNIT_OK(zone_wait(&z, 1, 120, &waiter).answer
            == NGX_HTTP_IOATTEST_EXHAUSTED, "for a minute");

    zone_pass(2);
    memset(&waiter, 0, sizeof(waiter));
    found = zone_wait(&z, 1, 120, &waiter);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 6,
            "then it is looked for again");

    /* one that was not known refills the budget */

    machine = zone_machine(2);

    while (found.n > 1) {
        zone_end(&z, 1, found.token[--found.n], NONE, IOA_OK, 0);
    }

    zone_add(&z, 1, &machine, 2, found.token[0]);
    memset(&waiter, 0, sizeof(waiter));
    UNIT_OK(zone_wait(&z, 1, 121, &waiter).n == 6,
            "a new machine refills it");

    zone_close(&z);
}


/* "ioattest_pool all": refused evidence closes the gate until it is met. */

static void
zone_pool(void)
{
    zone_t                       z;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 1024 * 1024);

    machine = zone_machine(1);
    zone_add(&z, 1, &machine, 1, 0);
    zone_end(&z, 1, 0, NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_MEASUREMENT_MISMATCH, 2);

    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "any: one that is trusted is enough");

    z.limits.pool_all = 1;
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED
            && found.reason == IOA_MEASUREMENT_MISMATCH
            && found.have_address, "all: refused, and why, and whose");

    machine = zone_machine(2);
    zone_add(&z, 1, &machine, 2, 0);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "until that machine is met");

    zone_end(&z, 1, 0, NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_MEASUREMENT_MISMATCH, 3);
    zone_pass(ZONE_VALID - 1);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_FAILED,
            "or for ioattest_valid");
    zone_pass(2);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "and no longer");
    zone_close(&z);
}


void
zone_key_cases(void)
{
    zone_claims();
    zone_silences();
    zone_totals();
    zone_budgets();
    zone_pool();
}
