
/* Who reads a models list, when, and how much of it is kept. */

#include "zone.h"


#define ONE  LIST(ENTRY("a", "true"))


static ngx_http_ioattest_listed_e
zone_says(zone_t *z, const char *text)
{
    return zone_look(z, text).answer;
}


static void
zone_fails(zone_t *z, uint64_t token, ngx_http_ioattest_give_e how)
{
    ngx_http_ioattest_lease_give(&z->zone, z->key.list, token, how,
                                 IOA_ATTESTATION_UNAVAILABLE,
                                 z->limits.fail_timeout);
}


static void
zone_fetch_lease(void)
{
    zone_t                      z;
    ngx_pid_t                   dead;
    ngx_http_ioattest_listed_t  listed;

    zone_open(&z, 256 * 1024);

    listed = zone_look(&z, "a");
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LIST_BUSY,
            "list: one reads it");
    zone_fails(&z, listed.token + 1, NGX_HTTP_IOATTEST_GIVE_BACK);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LIST_BUSY,
            "list: nobody else ends that");
    zone_fails(&z, listed.token, NGX_HTTP_IOATTEST_GIVE_BACK);
    listed = zone_look(&z, "a");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "list: what was given back is taken at once");

    ngx_http_ioattest_lease_bury(&z.zone, z.key.list, listed.token, ngx_pid);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LIST_BUSY,
            "list: a process that lives keeps it");

    dead = fork();

    if (dead == 0) {
        _exit(0);
    }

    waitpid(dead, NULL, 0);
    ngx_http_ioattest_lease_bury(&z.zone, z.key.list, listed.token, dead);
    listed = zone_look(&z, "a");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "list: that of one that died is taken at once");

    zone_pass_ms(z.limits.lease - 1);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LIST_BUSY,
            "list: it has its time");
    zone_pass_ms(1);
    listed = zone_look(&z, "a");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "list: and no longer");

    /* failures */

    zone_fails(&z, listed.token, NGX_HTTP_IOATTEST_GIVE_FAILED);
    listed = zone_look(&z, "a");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_FAILED
            && listed.reason == IOA_ATTESTATION_UNAVAILABLE,
            "list: a failure is told, with its reason");
    zone_pass_ms(ZONE_PACE - 1);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LIST_FAILED,
            "list: for ioattest_fail_timeout");
    zone_pass_ms(1);
    listed = zone_look(&z, "a");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "list: and no longer");

    zone_fails(&z, listed.token, NGX_HTTP_IOATTEST_GIVE_FAILED);
    zone_pass_ms(2 * ZONE_PACE);
    listed = zone_look(&z, "a");
    zone_fails(&z, listed.token, NGX_HTTP_IOATTEST_GIVE_FAILED);
    zone_pass_ms(4 * ZONE_PACE - 1);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LIST_FAILED,
            "list: the third for four times as long");
    zone_pass_ms(1);
    zone_store(&z, ONE, zone_look(&z, "a").token);

    zone_pass(ZONE_VALID);
    zone_fails(&z, zone_look(&z, "a").token, NGX_HTTP_IOATTEST_GIVE_FAILED);
    zone_pass_ms(ZONE_PACE);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "list: one that was read has them count anew");
    zone_close(&z);

    zone_open(&z, 256 * 1024);
    zone_caller(&z, 1);
    ngx_http_ioattest_key_rest(&z.zone, &z.key, 401, 0, 60000);
    listed = zone_look(&z, "a");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_RESTING
            && listed.rest.status == 401,
            "list: it is not read with a key that rests");
    zone_close(&z);
}


static void
zone_fetch_renewed(void)
{
    zone_t                      z;
    ngx_http_ioattest_listed_t  listed;

    zone_open(&z, 256 * 1024);
    zone_store(&z, ONE, zone_look(&z, "a").token);

    zone_pass(ZONE_VALID - 1);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LISTED,
            "list: ioattest_refresh off, it is read when it has ended");
    zone_close(&z);

    zone_open(&z, 256 * 1024);
    z.limits.refresh = 150000;
    zone_store(&z, ONE, zone_look(&z, "a").token);

    zone_pass(ZONE_VALID - 151);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LISTED,
            "list: with long enough left it is used");
    zone_pass(1);
    listed = zone_look(&z, "a");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LISTED_RENEW && listed.token
            && listed.id_len == 4, "list: then one who uses it reads it anew");
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LISTED,
            "list: and others use it");
    zone_store(&z, ONE, listed.token);
    zone_pass(149);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LISTED,
            "list: its time begins anew");
    zone_close(&z);

    /* a name that it lacks */

    zone_open(&z, 256 * 1024);
    zone_store(&z, ONE, zone_look(&z, "a").token);
    zone_pass_ms(ZONE_PACE - 1);
    UNIT_OK(zone_says(&z, "x") == NGX_HTTP_IOATTEST_UNLISTED,
            "list: a name that it lacks is refused");
    zone_pass_ms(1);
    listed = zone_look(&z, "x");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "list: it may have come: after a while it is looked for");
    zone_fails(&z, listed.token, NGX_HTTP_IOATTEST_GIVE_FAILED);
    UNIT_OK(zone_says(&z, "x") == NGX_HTTP_IOATTEST_UNLISTED,
            "list: where that fails the list at hand counts");
    zone_close(&z);
}


/* A list of so many names, each with that before it. */

static ngx_uint_t
zone_long(zone_t *z, const char *before, ngx_uint_t n, const char *last,
    uint64_t token)
{
    ngx_uint_t    i;

    static char   text[100000];
    char         *p = text;

    p += sprintf(p, "{\"object\":\"list\",\"data\":[");

    for (i = 0; i < n; i++) {
        p += sprintf(p, ENTRY("%s%d", "false") ",", before, (int) i, before,
                     (int) i, before, (int) i);
    }

    sprintf(p, ENTRY("%s", "true") "]}", last, last, last);

    return zone_store(z, text, token);
}


static void
zone_fetch_room(void)
{
    zone_t      z;
    char        before[16];
    ngx_uint_t  i, max, lost, lists;

    zone_open(&z, 256 * 1024);
    max = ((ngx_http_ioattest_sh_t *) z.zone.shpool->data)->capacity / 4;

    lost = zone_long(&z, "m", max + 10, "a", zone_look(&z, "a").token);
    UNIT_OK(lost == 11, "list: a quarter of the zone is kept of it: %d",
            (int) lost);
    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_NAME) == max + 1,
            "list: and its head");
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LISTED,
            "list: those that are attested come first");
    zone_close(&z);

    /* callers' lists, each of which says another thing */

    zone_open(&z, 256 * 1024);
    zone_store(&z, ONE, zone_look(&z, "a").token);
    UNIT_OK(zone_says(&z, "x") == NGX_HTTP_IOATTEST_UNLISTED,
            "list: nothing has made room");

    for (i = 1; i < 20; i++) {
        zone_caller(&z, i);
        sprintf(before, "c%d-", (int) i);
        zone_long(&z, before, 10, "a", zone_look(&z, "a").token);
    }

    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_NAME)
            == 2 + 19 + max, "list: callers' take a quarter, of all of them");
    zone_gateway(&z);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LISTED,
            "list: and nothing of the gateway's");
    UNIT_OK(zone_says(&z, "x") == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "list: a name that may have made room is looked for");
    zone_close(&z);

    /* heads: of those that are asked for, and of those that were read */

    zone_open(&z, 256 * 1024);
    lists = max / 2;

    for (i = 1; i <= 3 * lists; i++) {
        zone_caller(&z, i);
        (void) zone_look(&z, "a");
    }

    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_NAME) == lists,
            "list: so many callers' are asked for: %d", (int) lists);
    zone_close(&z);

    zone_open(&z, 256 * 1024);

    for (i = 1; i <= 3 * lists; i++) {
        zone_caller(&z, i);
        zone_store(&z, ONE, zone_look(&z, "a").token);
        zone_caller(&z, 1);
        (void) zone_look(&z, "a");
    }

    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_NAME) == lists + 1,
            "list: and so many are there: %d", (int) lists);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LISTED,
            "list: one that is used is among them");
    zone_caller(&z, 2);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "list: one that is not has made room");
    zone_close(&z);
}


static void
zone_fetch_gave_way(void)
{
    zone_t      z;
    ngx_uint_t  i;
    uint64_t    token;

    zone_open(&z, 256 * 1024);
    zone_caller(&z, 1);
    token = zone_look(&z, "a").token;

    for (i = 2; i < 100; i++) {
        zone_caller(&z, i);
        (void) zone_look(&z, "a");
    }

    zone_caller(&z, 1);
    zone_store(&z, ONE, token);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LISTED,
            "list: it gave way while it was read, and is there all the same");
    zone_close(&z);

    /* in a zone that machines fill */

    zone_open(&z, 64 * 1024);
    zone_caller(&z, 1);
    (void) zone_look(&z, "a");
    zone_gateway(&z);

    for (i = 0; i < 200; i++) {
        zone_meet(&z, 1, i);
    }

    zone_caller(&z, 1);
    UNIT_OK(zone_says(&z, "a") == NGX_HTTP_IOATTEST_LIST_BUSY,
            "list: one that is being read gives no way to machines");
    zone_close(&z);
}


void
zone_fetch_cases(void)
{
    zone_fetch_lease();
    zone_fetch_renewed();
    zone_fetch_room();
    zone_fetch_gave_way();
}
