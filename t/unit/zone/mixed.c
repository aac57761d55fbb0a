
/* Good machines among bad ones: what these do costs those no trust. */

#include "zone.h"

#define TOOK   2000     /* ms, an attestation */
#define TICK   100      /* ms, the census's timer */
#define LIVES  100


typedef struct {
    uint64_t    token;
    ngx_msec_t  at;
} mixed_draw_t;


typedef struct {
    ngx_uint_t  lacked;     /* ms in which no machine was trusted */
    ngx_uint_t  draws;
} mixed_t;


static uint32_t
zone_random(void)
{
    static uint32_t  state = 7;

    state = state * 1664525 + 1013904223;

    return state >> 8;
}


/* One of all machines, of which the first ones are refused, answers. */

static void
zone_mixed_draw(zone_t *z, uint64_t token, ngx_uint_t all, ngx_uint_t bad)
{
    ngx_uint_t                   n;
    ngx_http_ioattest_machine_t  machine;

    n = 1 + zone_random() % all;

    if (n <= bad) {
        zone_end(z, 1, token, NGX_HTTP_IOATTEST_DRAW_REFUSED,
                 IOA_MEASUREMENT_MISMATCH, n);
        return;
    }

    machine = zone_machine(n);
    (void) zone_add(z, 1, &machine, n, token);
}


static mixed_t
zone_mixed_run(ngx_uint_t all, ngx_uint_t bad)
{
    zone_t                     z;
    mixed_t                    seen;
    ngx_uint_t                 i, n, step;
    mixed_draw_t               draw[ZONE_MANY];
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);
    memset(&seen, 0, sizeof(seen));
    n = 0;

    for (i = bad + 1; i <= all; i++) {
        zone_meet(&z, 1, i);
    }

    for (step = 0; step < LIVES * ZONE_VALID * 1000 / TICK; step++) {
        zone_pass_ms(TICK);

        for (i = 0; i < n; /* void */ ) {

            if (draw[i].at > ngx_current_msec) {
                i++;
                continue;
            }

            zone_mixed_draw(&z, draw[i].token, all, bad);
            draw[i] = draw[--n];
        }

        found = zone_census(&z, 1, 1);

        if (found.answer != NGX_HTTP_IOATTEST_TRUSTED) {
            seen.lacked += TICK;
        }

        for (i = 0; i < found.n && n < ZONE_MANY; i++) {
            draw[n].token = found.token[i];
            draw[n++].at = ngx_current_msec + TOOK;
            seen.draws++;
        }
    }

    zone_close(&z);

    return seen;
}


/* Without a pause they are renewed in time, and it takes no more draws. */

static void
zone_mixed(ngx_uint_t all, ngx_uint_t bad, ngx_uint_t most)
{
    mixed_t  seen;

    seen = zone_mixed_run(all, bad);

    UNIT_OK(seen.lacked == 0,
            "%d of %d refused: others stay trusted: %d ms not", (int) bad,
            (int) all, (int) seen.lacked);
    UNIT_OK(seen.draws < most * LIVES, "%d of %d refused: %d draws in %d lives",
            (int) bad, (int) all, (int) seen.draws, LIVES);
}


/* A fleet of which nothing good is left. */

static void
zone_mixed_lost(void)
{
    zone_t                     z;
    ngx_uint_t                 i, n;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);
    zone_pass(ZONE_VALID - 1);

    for (i = 0; i < 5 * NGX_HTTP_IOATTEST_FAILS_MAX; i++) {
        zone_refuse(&z, 1, 9);
    }

    UNIT_OK(zone_row(&z, 1).failing == IOA_OK,
            "refusals while one is trusted are no failure");

    zone_pass(1);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == ZONE_MANY,
            "nor when trust ends: all slots look for one that is good");

    for (i = 0; i < NGX_HTTP_IOATTEST_FAILS_MAX - 1; i++) {
        zone_end(&z, 1, found.token[i], NGX_HTTP_IOATTEST_DRAW_REFUSED,
                 IOA_REVOKED, 9);
    }

    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "then as many fail as at first");
    zone_refuse(&z, 1, 9);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_FAILED,
            "before requests do");
    zone_close(&z);

    /* an instant answer, and always the wrong one */

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);
    zone_pass(ZONE_VALID * 3 / 4);

    for (i = 0, n = 0; i < ZONE_VALID * 250 - 1; i++) {
        found = zone_census(&z, 1, 0);

        if (found.n) {
            n += found.n;
            zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
                     IOA_REVOKED, 9);
        }

        zone_pass_ms(1);
    }

    UNIT_OK(n > 200 && n < 300,
            "a chase that is always refused is no storm: %d draws", (int) n);
    zone_close(&z);
}


void
zone_mixed_cases(void)
{
    zone_mixed(4, 1, 12);
    zone_mixed(4, 3, 8);
    zone_mixed(8, 7, 14);
    zone_mixed_lost();
}
