
/* What an outcome has to tell, for the log: who is new, and how many. */

#include "zone.h"


static ngx_http_ioattest_news_t
zone_met_news(zone_t *z, ngx_uint_t n)
{
    u_char                       key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_http_ioattest_news_t     news;
    ngx_http_ioattest_model_t    model;
    ngx_http_ioattest_machine_t  machine;

    model = zone_model(1);
    machine = zone_machine(n);
    zone_machine_key(key32, 1, n);

    ngx_http_ioattest_draw_met(&z->zone, &model, key32, &machine, 0, &z->key,
                               &z->limits, &news);

    return news;
}


static ngx_http_ioattest_news_t
zone_refused_news(zone_t *z, ngx_uint_t n)
{
    ngx_http_ioattest_news_t     news;
    ngx_http_ioattest_ended_t    ended;
    ngx_http_ioattest_model_t    model;
    ngx_http_ioattest_machine_t  machine;

    model = zone_model(1);
    machine = zone_machine(n);

    memset(&ended, 0, sizeof(ended));
    ended.outcome = NGX_HTTP_IOATTEST_DRAW_REFUSED;
    ended.reason = IOA_MEASUREMENT_MISMATCH;
    ended.have_address = 1;
    memcpy(ended.address20, machine.address20, IOA_ADDRESS_LEN);

    ngx_http_ioattest_draw_end(&z->zone, &model, 0, &ended, &z->key,
                               &z->limits, &news);

    return news;
}


/* Meets machines 0 to m - 1 in turn: how often an end of a search is told. */

static ngx_uint_t
zone_told(zone_t *z, ngx_uint_t draws, ngx_uint_t m,
    ngx_http_ioattest_news_t *last)
{
    ngx_uint_t                i, told;
    ngx_http_ioattest_news_t  news;

    told = 0;

    for (i = 0; i < draws; i++) {
        news = zone_met_news(z, i % m);

        if (news.searched) {
            told++;
            *last = news;
        }
    }

    return told;
}


/* A response of a signer that nobody knows: another search begins. */

static void
zone_forged(zone_t *z, ngx_uint_t n)
{
    ngx_http_ioattest_waiter_t  waiter;

    memset(&waiter, 0, sizeof(waiter));
    (void) zone_wait(z, 1, n, &waiter);
}


static void
zone_tell_machines(void)
{
    zone_t  z;

    zone_open(&z, 256 * 1024);

    UNIT_OK(zone_met_news(&z, 1).machine == NGX_HTTP_IOATTEST_NEWS_FIRST,
            "a machine that is met for the first time is news");
    UNIT_OK(zone_met_news(&z, 1).machine == NGX_HTTP_IOATTEST_NEWS_NONE,
            "a renewal is none");
    UNIT_OK(zone_refused_news(&z, 2).machine == NGX_HTTP_IOATTEST_NEWS_FIRST,
            "so is one that is refused for the first time");
    UNIT_OK(zone_refused_news(&z, 2).machine == NGX_HTTP_IOATTEST_NEWS_NONE,
            "and is none then");

    zone_pass(120);
    UNIT_OK(zone_refused_news(&z, 2).machine == NGX_HTTP_IOATTEST_NEWS_NONE,
            "however late");
    UNIT_OK(zone_met_news(&z, 2).machine == NGX_HTTP_IOATTEST_NEWS_AGAIN,
            "that it is met again is news");

    zone_close(&z);
}


/* The status page's row of the only machine. */

static ngx_http_ioattest_row_t
zone_machine_row(zone_t *z)
{
    ngx_uint_t                  i, n;
    ngx_http_ioattest_row_t     rows[NGX_HTTP_IOATTEST_ROWS];
    ngx_http_ioattest_cursor_t  cursor;

    memset(&cursor, 0, sizeof(cursor));

    while ((n = ngx_http_ioattest_store_rows(&z->zone, &cursor, rows))) {
        for (i = 0; i < n; i++) {
            if (rows[i].kind == NGX_HTTP_IOATTEST_NODE_MACHINE) {
                return rows[i];
            }
        }
    }

    memset(rows, 0, sizeof(rows));

    return rows[0];
}


/* Evidence that names a trusted machine is refused: it may be a liar's. */

static void
zone_tell_doubts(void)
{
    zone_t                   z;
    ngx_http_ioattest_row_t  row;

    zone_open(&z, 256 * 1024);

    (void) zone_met_news(&z, 1);
    row = zone_machine_row(&z);
    UNIT_OK(row.doubt.reason == IOA_OK && zone_row(&z, 1).doubted == 0,
            "a trusted machine is not refused");

    UNIT_OK(zone_refused_news(&z, 1).machine == NGX_HTTP_IOATTEST_NEWS_FIRST,
            "that it is refused is news");
    zone_pass(1);
    UNIT_OK(zone_refused_news(&z, 1).machine == NGX_HTTP_IOATTEST_NEWS_NONE,
            "once");
    row = zone_machine_row(&z);
    UNIT_OK(row.trusted && row.doubt.reason == IOA_MEASUREMENT_MISMATCH
            && row.doubt.at == ngx_time() && zone_row(&z, 1).doubted == 1,
            "it is shown");
    UNIT_OK(zone_row(&z, 1).refused_n == 0
            && zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED,
            "but is no note, and takes no trust away");

    UNIT_OK(zone_met_news(&z, 1).machine == NGX_HTTP_IOATTEST_NEWS_AGAIN,
            "that it is met again is news");
    row = zone_machine_row(&z);
    UNIT_OK(row.doubt.reason == IOA_OK && zone_row(&z, 1).doubted == 0,
            "and it is shown no more");
    UNIT_OK(zone_met_news(&z, 1).machine == NGX_HTTP_IOATTEST_NEWS_NONE,
            "then renewals are none");

    (void) zone_refused_news(&z, 1);
    zone_pass(ZONE_VALID);
    UNIT_OK(zone_row(&z, 1).doubted == 0, "one that is trusted no more is "
            "none of those");
    UNIT_OK(zone_refused_news(&z, 1).machine == NGX_HTTP_IOATTEST_NEWS_FIRST
            && zone_row(&z, 1).refused_n == 1,
            "it is noted, which is news again");

    zone_close(&z);
}


static void
zone_tell_searches(void)
{
    zone_t                    z;
    ngx_uint_t                i, told;
    ngx_http_ioattest_news_t  last;

    zone_open(&z, 256 * 1024);
    memset(&last, 0, sizeof(last));

    UNIT_OK(zone_told(&z, 40, 3, &last) == 1 && last.known == 3,
            "the end of a search is told once: %d known", (int) last.known);
    UNIT_OK(last.draws == 20, "with the attestations since the last new one: "
            "%d", (int) last.draws);

    for (i = 0, told = 0; i < 20; i++) {
        zone_pass(1 + ZONE_PACE / 1000);
        zone_forged(&z, 50);
        UNIT_OK(zone_row(&z, 1).census == NGX_HTTP_IOATTEST_SHOW_SEARCH,
                "a forged response begins another");
        told += zone_told(&z, 60, 3, &last);
        UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH,
                "which ends");
    }

    UNIT_OK(told == 0, "and has nothing to tell: %d", (int) told);

    zone_forged(&z, 50);
    UNIT_OK(zone_row(&z, 1).census != NGX_HTTP_IOATTEST_SHOW_SEARCH,
            "and none begins another within ioattest_fail_timeout");

    UNIT_OK(zone_told(&z, 80, 4, &last) == 1 && last.known == 4,
            "one more machine is told");

    /* a liar that names another address each time, and forged responses */

    for (i = 0, told = 0; i < 40; i++) {
        (void) zone_refused_news(&z, 100 + i);
        zone_pass(1);
        zone_forged(&z, 50);
        told += zone_told(&z, 100, 4, &last);
    }

    UNIT_OK(told > 0 && told <= 10, "others that are refused are told, but not "
            "without end: %d", (int) told);

    zone_pass(61);
    UNIT_OK(zone_told(&z, 100, 4, &last) == 1,
            "what was kept back is told later, without another search");
    UNIT_OK(zone_told(&z, 100, 4, &last) == 0, "once");

    zone_close(&z);
}


void
zone_tell_cases(void)
{
    zone_tell_machines();
    zone_tell_doubts();
    zone_tell_searches();
}
