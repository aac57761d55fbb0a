
/* What is known against an address, for how long, and what ends it. */

#include "zone.h"


static ngx_http_ioattest_found_t
zone_ask(zone_t *z, ngx_uint_t n)
{
    ngx_http_ioattest_waiter_t  waiter;

    waiter = zone_waiter(0);

    return zone_wait(z, 1, n, &waiter);
}


static void
zone_meets(zone_t *z, ngx_uint_t n, ngx_uint_t times)
{
    for ( /* void */ ; times; times--) {
        zone_meet(z, 1, n);
    }
}


static void
zone_note_time(void)
{
    zone_t  z;

    zone_open(&z, 256 * 1024);
    zone_meets(&z, 1, 20);

    zone_refuse(&z, 1, 9);
    UNIT_OK(zone_ask(&z, 9).reason == IOA_REVOKED
            && zone_ask(&z, 8).reason == IOA_UNTRUSTED_ADDRESS,
            "a refused address has its reason, and others have not");

    zone_pass_ms(3000);
    zone_refuse(&z, 1, 9);
    zone_pass_ms(ZONE_PACE - 1);
    UNIT_OK(zone_ask(&z, 9).reason == IOA_REVOKED,
            "for ioattest_fail_timeout since the last time");
    zone_pass_ms(1);
    UNIT_OK(zone_ask(&z, 9).reason == IOA_UNTRUSTED_ADDRESS,
            "and no longer, though it was refused twice in it");

    zone_refuse(&z, 1, 9);
    zone_pass_ms(2 * ZONE_PACE - 1);
    UNIT_OK(zone_ask(&z, 9).reason == IOA_REVOKED,
            "refused again, for twice as long");
    zone_pass_ms(1);
    UNIT_OK(zone_ask(&z, 9).reason == IOA_UNTRUSTED_ADDRESS, "and no longer");

    zone_close(&z);
}


/* Where there is no place for another, the note that ends first is lost. */

static void
zone_note_places(void)
{
    zone_t      z;
    ngx_uint_t  i;

    zone_open(&z, 256 * 1024);
    zone_meets(&z, 1, 20);

    for (i = 0; i < NGX_HTTP_IOATTEST_NOTES_MAX; i++) {
        zone_refuse(&z, 1, 100 + i);
        zone_pass_ms(10);
    }

    UNIT_OK(zone_ask(&z, 100).reason == IOA_REVOKED
            && zone_ask(&z, 101).reason == IOA_REVOKED,
            "as many notes as there are places");

    zone_refuse(&z, 1, 100);
    zone_pass_ms(10);
    zone_refuse(&z, 1, 100 + i);
    UNIT_OK(zone_ask(&z, 100).reason == IOA_REVOKED
            && zone_ask(&z, 100 + i).reason == IOA_REVOKED
            && zone_ask(&z, 101).reason == IOA_UNTRUSTED_ADDRESS,
            "one more takes the place of the one that ends first");

    zone_close(&z);
}


/* A search has to look for it: since then, and long enough. */

static void
zone_note_searched(void)
{
    zone_t  z;

    zone_open(&z, 256 * 1024);
    z.limits.fail_timeout = 60000;
    zone_meets(&z, 1, 150);

    zone_refuse(&z, 1, 9);
    zone_pass_ms(10);
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_WAIT,
            "a refused address is looked for");
    zone_meets(&z, 1, 12);
    UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH
            && zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_WAIT,
            "the end of a short search is not enough");
    zone_close(&z);

    zone_open(&z, 256 * 1024);
    z.limits.fail_timeout = 60000;
    z.limits.attempts = 10;
    zone_meets(&z, 1, 150);

    zone_refuse(&z, 1, 9);
    zone_pass_ms(10);
    (void) zone_ask(&z, 9);
    zone_meets(&z, 1, 12);
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_EXHAUSTED
            && zone_ask(&z, 9).reason == IOA_REVOKED,
            "that of one with ioattest_attempts is: refused at once");

    zone_pass(60);
    (void) zone_signer(&z, 1, 9);
    UNIT_OK(zone_row(&z, 1).census == NGX_HTTP_IOATTEST_SHOW_SEARCH,
            "while the note lasts: then it begins a search");
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_WAIT,
            "and is looked for");

    zone_refuse(&z, 1, 9);
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_WAIT,
            "also where it is refused anew");
    zone_close(&z);
}


static void
zone_note_since(ngx_uint_t another)
{
    zone_t      z;
    ngx_uint_t  i;

    zone_open(&z, 256 * 1024);
    z.limits.fail_timeout = 60000;
    z.limits.attempts = 10;

    for (i = 1; i <= 6; i++) {
        zone_meet(&z, 1, i);
    }

    zone_pass_ms(10);
    zone_refuse(&z, 1, 9);
    zone_pass_ms(10);
    zone_meets(&z, another ? 7 : 1, 1);
    zone_meets(&z, 1, 40);

    UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH,
            "a search ends%s", another ? " that met one more" : "");
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_WAIT,
            "it began before the note: the address is looked for");

    zone_close(&z);
}


/* Most of what is met is refused. */

static void
zone_note_most(void)
{
    zone_t      z;
    ngx_uint_t  i;

    zone_open(&z, 256 * 1024);
    z.limits.fail_timeout = 60000;
    z.limits.attempts = 10;
    zone_meets(&z, 1, 20);
    zone_refuse(&z, 1, 8);
    zone_refuse(&z, 1, 9);
    zone_pass_ms(10);
    (void) zone_ask(&z, 9);

    for (i = 0; i < 80; i++) {
        zone_refuse(&z, 1, 8);
    }

    UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH
            && zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_EXHAUSTED,
            "a search that met others refused alone looks for it as well");

    zone_close(&z);
}


static void
zone_note_signer(void)
{
    zone_t  z;

    zone_open(&z, 256 * 1024);
    z.limits.fail_timeout = 2000;
    z.limits.attempts = 10;
    zone_meets(&z, 1, 20);

    (void) zone_signer(&z, 1, 7);
    UNIT_OK(zone_row(&z, 1).census == NGX_HTTP_IOATTEST_SHOW_SEARCH,
            "an unknown signer begins a search, though nobody waits");
    zone_meets(&z, 1, 20);

    z.limits.fail_timeout = 60000;
    zone_refuse(&z, 1, 9);
    z.limits.fail_timeout = 2000;
    zone_pass(3);
    (void) zone_ask(&z, 9);
    zone_meets(&z, 1, 12);
    zone_pass(3);
    (void) zone_signer(&z, 1, 9);
    UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH,
            "one that was looked for begins none");

    zone_close(&z);
}


static ngx_uint_t
zone_noted(zone_t *z, ngx_uint_t n)
{
    ngx_uint_t                   i;
    ngx_http_ioattest_row_t      row;
    ngx_http_ioattest_machine_t  machine;

    machine = zone_machine(n);
    row = zone_row(z, 1);

    for (i = 0; i < row.refused_n; i++) {
        if (memcmp(row.refused[i].address20, machine.address20,
                   IOA_ADDRESS_LEN) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
zone_note_whose(void)
{
    zone_t                     z;
    ngx_uint_t                 i;
    ngx_http_ioattest_news_t   news;
    ngx_http_ioattest_ended_t  ended;
    ngx_http_ioattest_model_t  model;

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);

    model = zone_model(1);
    memset(&ended, 0, sizeof(ended));
    ended.outcome = NGX_HTTP_IOATTEST_DRAW_REFUSED;
    ended.reason = IOA_REVOKED;
    ngx_http_ioattest_draw_end(&z.zone, &model, 0, &ended, &z.key, &z.limits,
                               &news);
    UNIT_OK(zone_row(&z, 1).refused_n == 0,
            "evidence that names no address is noted of none");

    zone_pass(ZONE_VALID);
    zone_refuse(&z, 1, 1);
    UNIT_OK(zone_noted(&z, 1), "a machine whose time is over is noted");

    for (i = 0; i < NGX_HTTP_IOATTEST_NOTES_MAX; i++) {
        zone_pass_ms(1);
        zone_refuse(&z, 1, 10 + i);
    }

    UNIT_OK(!zone_noted(&z, 1) && zone_noted(&z, 10) && zone_noted(&z, 25),
            "of many the one that ends first makes room");

    zone_close(&z);

    /* met after it was refused: it was counted as new then */

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);
    zone_refuse(&z, 1, 9);
    zone_meets(&z, 1, 5);
    zone_meet(&z, 1, 9);
    UNIT_OK(zone_row(&z, 1).draws == 6,
            "and is not new once more when it is met");
    zone_close(&z);
}


/* Missed: looked for as long as ioattest_attempts allows. */

static ngx_http_ioattest_answer_e
zone_miss(zone_t *z, ngx_uint_t n)
{
    ngx_http_ioattest_waiter_t  waiter;

    waiter = zone_waiter(0);
    (void) zone_wait(z, 1, n, &waiter);
    zone_meets(z, 1, 3);

    return zone_wait(z, 1, n, &waiter).answer;
}


static void
zone_missed(void)
{
    zone_t      z;
    ngx_uint_t  i;

    zone_open(&z, 256 * 1024);
    z.limits.attempts = 3;
    zone_meets(&z, 1, 20);

    z.limits.attempts = 0;
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_EXHAUSTED,
            "ioattest_attempts 0: none is looked for");
    z.limits.attempts = 3;
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_WAIT,
            "that is not to have missed it");

    UNIT_OK(zone_miss(&z, 9) == NGX_HTTP_IOATTEST_EXHAUSTED
            && zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_EXHAUSTED,
            "an address that was missed is refused at once");
    UNIT_OK(zone_ask(&z, 8).answer == NGX_HTTP_IOATTEST_WAIT,
            "another is not");

    zone_pass_ms(NGX_HTTP_IOATTEST_MISSED_TIME - 1);
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_EXHAUSTED,
            "for a minute");
    zone_pass_ms(1);
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_WAIT, "no longer");

    (void) zone_miss(&z, 9);
    zone_meet(&z, 1, 9);
    z.limits.valid = 1000;
    zone_pass(1);
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_WAIT,
            "nor where it has been met since");
    zone_close(&z);

    /* one that was refused has its note, which ends earlier */

    zone_open(&z, 256 * 1024);
    z.limits.attempts = 3;
    zone_meets(&z, 1, 20);
    zone_refuse(&z, 1, 9);
    UNIT_OK(zone_miss(&z, 9) == NGX_HTTP_IOATTEST_EXHAUSTED,
            "refused, and not met");
    zone_pass_ms(ZONE_PACE);
    UNIT_OK(zone_ask(&z, 9).answer == NGX_HTTP_IOATTEST_WAIT,
            "is not missed");

    for (i = 0; i <= NGX_HTTP_IOATTEST_MISSED_MAX; i++) {
        zone_pass_ms(10);
        (void) zone_miss(&z, 100 + i);
    }

    UNIT_OK(zone_ask(&z, 100).answer == NGX_HTTP_IOATTEST_WAIT
            && zone_ask(&z, 101).answer == NGX_HTTP_IOATTEST_EXHAUSTED
            && zone_ask(&z, 131).answer == NGX_HTTP_IOATTEST_EXHAUSTED
            && zone_ask(&z, 132).answer == NGX_HTTP_IOATTEST_EXHAUSTED,
            "of many missed ones the oldest makes room");
    zone_close(&z);
}


void
zone_note_cases(void)
{
    zone_note_time();
    zone_note_places();
    zone_note_searched();
    zone_note_since(0);
    zone_note_since(1);
    zone_note_most();
    zone_note_signer();
    zone_note_whose();
    zone_missed();
}
