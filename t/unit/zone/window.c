
/* The replay window: what was used stays used, whoever dies. */

#include "zone.h"

#define WINDOW  60000           /* ms of ioattest_replay */


static ngx_int_t
zone_seen(zone_t *z, const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = ngx_strlen(text);

    return ngx_http_ioattest_replay_check(&z->zone, &s, WINDOW);
}


static void
zone_replay(void)
{
    zone_t                   z;
    ngx_http_ioattest_sh_t  *sh;

    zone_open(&z, 256 * 1024);
    sh = z.zone.shpool->data;

    /* there was no room for the window a moment ago */

    sh->replay_retry = ngx_current_msec + 1;
    UNIT_OK(zone_seen(&z, "a") == NGX_ERROR,
            "replay: without a window no text is new");

    zone_pass_ms(1);
    UNIT_OK(zone_seen(&z, "a") == NGX_OK, "replay: with one it is");
    UNIT_OK(zone_seen(&z, "b") == NGX_OK, "replay: and so is another");
    UNIT_OK(zone_seen(&z, "a") == NGX_DECLINED, "replay: once");

    zone_pass_ms(WINDOW - 2);
    UNIT_OK(zone_seen(&z, "b") == NGX_DECLINED, "replay: for the window");
    zone_pass_ms(2);
    UNIT_OK(zone_seen(&z, "b") == NGX_OK, "replay: and no longer");

    zone_close(&z);
}


static ngx_int_t
zone_seen_n(zone_t *z, ngx_uint_t n)
{
    u_char  text[32];

    *ngx_sprintf(text, "text %ui", n) = '\0';

    return zone_seen(z, (char *) text);
}


/* A worker has died in the middle of a change, of the window's links too. */

static void
zone_kept(void)
{
    u_char                  *links;
    zone_t                   z;
    size_t                   bytes;
    ngx_http_ioattest_sh_t  *sh;

    zone_open(&z, 256 * 1024);
    UNIT_OK(zone_seen(&z, "a") == NGX_OK, "kept: one");
    zone_pass_ms(WINDOW / 2);
    UNIT_OK(zone_seen(&z, "b") == NGX_OK, "kept: another");

    zone_empty(&z);
    UNIT_OK(zone_seen(&z, "a") == NGX_DECLINED
            && zone_seen(&z, "b") == NGX_DECLINED,
            "kept: what was used stays used");
    UNIT_OK(zone_seen(&z, "c") == NGX_OK, "kept: and nothing else is");

    /* the heads of its lists are its last bytes */

    sh = z.zone.shpool->data;
    bytes = z.shm.shm.size / 4;
    bytes -= bytes % ngx_pagesize;
    links = (u_char *) sh->replay + bytes - ngx_pagesize;
    ngx_memset(links, 0xff, ngx_pagesize);

    zone_empty(&z);
    UNIT_OK(zone_seen(&z, "a") == NGX_DECLINED
            && zone_seen(&z, "b") == NGX_DECLINED
            && zone_seen(&z, "c") == NGX_DECLINED,
            "kept: also where links are broken");

    zone_pass_ms(WINDOW / 2 + 1);
    UNIT_OK(zone_seen(&z, "b") == NGX_DECLINED, "kept: with its own time");
    UNIT_OK(zone_seen(&z, "a") == NGX_OK, "kept: and no longer than that");

    zone_close(&z);
}


/* The oldest goes first, as before. */

static void
zone_kept_full(void)
{
    zone_t      z;
    ngx_uint_t  i, used, size;

    zone_open(&z, 256 * 1024);
    (void) zone_seen_n(&z, 0);
    ngx_http_ioattest_replay_count(&z.zone, &used, &size);

    /* one more than there is room for: the first is gone */

    for (i = 1; i <= size; i++) {
        (void) zone_seen_n(&z, i);
    }

    zone_empty(&z);
    ngx_http_ioattest_replay_count(&z.zone, &used, &i);
    UNIT_OK(used == size && i == size, "full: all are kept");
    UNIT_OK(zone_seen_n(&z, 1) == NGX_DECLINED
            && zone_seen_n(&z, size) == NGX_DECLINED, "full: each of them");
    UNIT_OK(zone_seen_n(&z, size + 1) == NGX_OK
            && zone_seen_n(&z, 2) == NGX_DECLINED
            && zone_seen_n(&z, 1) == NGX_OK, "full: the oldest goes first");

    zone_close(&z);
}


/* There was no memory to keep it: until all is over nothing is new. */

static void
zone_blind(void)
{
    zone_t                   z;
    ngx_http_ioattest_sh_t  *sh;

    zone_open(&z, 256 * 1024);
    sh = z.zone.shpool->data;
    sh->replay_blind = ngx_current_msec + WINDOW;

    UNIT_OK(zone_seen(&z, "a") == NGX_ERROR, "blind: nothing is new");
    UNIT_OK(ngx_http_ioattest_replay_open(&z.zone) == NGX_OK
            && zone_seen(&z, "a") == NGX_ERROR, "blind: after a reload too");

    zone_empty(&z);
    UNIT_OK(zone_seen(&z, "a") == NGX_ERROR,
            "blind: and where the zone is emptied once more");

    zone_pass_ms(WINDOW);
    UNIT_OK(zone_seen(&z, "a") == NGX_OK
            && zone_seen(&z, "a") == NGX_DECLINED, "blind: for the window");

    /* a window of no entry that was used: nothing to be blind of */

    zone_empty(&z);
    UNIT_OK(zone_seen(&z, "b") == NGX_OK, "blind: not where it was kept");

    zone_close(&z);
}


void
zone_window_cases(void)
{
    zone_replay();
    zone_kept();
    zone_kept_full();
    zone_blind();
}
