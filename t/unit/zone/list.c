
/* The models list: what it says now, and what it no longer says. */

#include "zone.h"


ngx_http_ioattest_listed_t
zone_look(zone_t *z, const char *text)
{
    u_char                      key32[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                      policy32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_str_t                   name, none;
    ngx_http_ioattest_listed_t  listed;

    memset(policy32, 'p', sizeof(policy32));
    name.data = (u_char *) text;
    name.len = strlen(text);
    ngx_str_null(&none);

    ngx_http_ioattest_store_key(key32, NGX_HTTP_IOATTEST_NODE_NAME, policy32,
                                &name, &none);
    ngx_http_ioattest_list_lookup(&listed, &z->zone, &z->key, key32,
                                  &z->limits);

    return listed;
}


ngx_uint_t
zone_store(zone_t *z, const char *text, uint64_t token)
{
    u_char         policy32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_uint_t     lost;
    ioa_bytes_t    body;
    ioa_models_t  *list;

    memset(policy32, 'p', sizeof(policy32));
    body.data = (const uint8_t *) text;
    body.len = strlen(text);

    if (ioa_models_parse(&list, body) != IOA_OK) {
        printf("Bail out! a list of the case's own is not read\n");
        exit(1);
    }

    lost = ngx_http_ioattest_list_store(&z->zone, &z->key, policy32, list,
                                        token);
    ioa_models_free(list);

    return lost;
}


static void
zone_list(ngx_uint_t many)
{
    zone_t                      z;
    const char                 *whose;
    ngx_http_ioattest_listed_t  listed;

    zone_open(&z, 256 * 1024);

    whose = many ? "a caller's list" : "the gateway's list";
    z.key.many = many;
    z.key.own = !many;

    listed = zone_look(&z, "a");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "%s is to be read first", whose);

    zone_store(&z, LIST(ENTRY("a", "true") "," ENTRY("b", "false")),
               listed.token + 1);
    UNIT_OK(zone_look(&z, "a").answer == NGX_HTTP_IOATTEST_LIST_BUSY,
            "%s comes from him who has the lease", whose);

    zone_store(&z, LIST(ENTRY("a", "true") "," ENTRY("b", "false")),
               listed.token);

    listed = zone_look(&z, "a");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LISTED && listed.attestable
            && listed.id_len == 4 && memcmp(listed.id, "a-id", 4) == 0,
            "%s has a model", whose);

    listed = zone_look(&z, "b");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LISTED && !listed.attestable,
            "%s has one that is not attested", whose);
    UNIT_OK(zone_look(&z, "c").answer == NGX_HTTP_IOATTEST_UNLISTED,
            "%s lacks one", whose);

    zone_pass(ZONE_VALID);
    listed = zone_look(&z, "a");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "%s is read again after ioattest_valid", whose);

    zone_store(&z, LIST(ENTRY("b", "true") "," ENTRY("c", "true")),
               listed.token);

    listed = zone_look(&z, "b");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LISTED && listed.attestable,
            "%s says another thing", whose);
    UNIT_OK(zone_look(&z, "c").answer == NGX_HTTP_IOATTEST_LISTED,
            "%s has a new model", whose);
    UNIT_OK(zone_look(&z, "a").answer == NGX_HTTP_IOATTEST_UNLISTED,
            "%s has no model that left it", whose);

    zone_close(&z);
}


/* So many models, "a0" and on, in a list. */

static const char *
zone_names(const char *letter, ngx_uint_t n)
{
    size_t       len;
    ngx_uint_t   i;
    static char  text[65536];

    len = snprintf(text, sizeof(text), "{\"object\":\"list\",\"data\":[");

    for (i = 0; i < n; i++) {
        len += snprintf(text + len, sizeof(text) - len, "%s" ENTRY("%s%d",
                        "true"), i ? "," : "", letter, (int) i, letter,
                        (int) i, letter, (int) i);
    }

    snprintf(text + len, sizeof(text) - len, "]}");

    return text;
}


static ngx_http_ioattest_listed_t
zone_named(zone_t *z, const char *letter, ngx_uint_t n)
{
    char  name[32];

    snprintf(name, sizeof(name), "%s%d", letter, (int) n);

    return zone_look(z, name);
}


/* Looks for so many made up names; the list is read when that is due. */

static ngx_uint_t
zone_invented(zone_t *z, const char *list, ngx_uint_t n, ngx_uint_t *full)
{
    ngx_uint_t                  i, reads;
    ngx_http_ioattest_listed_t  listed;

    for (i = 0, reads = 0, *full = 0; i < n; i++) {
        listed = zone_named(z, "made-up-", i);

        if (listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN) {
            reads++;
            zone_store(z, list, listed.token);
            listed = zone_named(z, "made-up-", i);
        }

        *full += (listed.answer == NGX_HTTP_IOATTEST_LIST_FULL);
    }

    return reads;
}


/* Somebody dies under the lock while a long list is put into the zone. */

static void
zone_list_emptied(ngx_uint_t many)
{
    zone_t                      z;
    const char                 *whose;
    ngx_http_ioattest_listed_t  listed;

    zone_open(&z, 1024 * 1024);

    whose = many ? "a caller's list" : "the gateway's list";
    z.key.many = many;
    z.key.own = !many;

    listed = zone_named(&z, "a", 0);
    zone_empty_at(&z, 2);
    zone_store(&z, zone_names("a", 100), listed.token);

    listed = zone_named(&z, "a", 0);
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "%s, of which a part is lost, does not count", whose);

    zone_store(&z, zone_names("a", 100), listed.token);
    UNIT_OK(zone_named(&z, "a", 0).answer == NGX_HTTP_IOATTEST_LISTED
            && zone_named(&z, "a", 99).answer == NGX_HTTP_IOATTEST_LISTED,
            "%s is read again", whose);

    zone_close(&z);
}


/* A list that the zone has no room for: what it lacks is not unknown. */

static void
zone_list_lost(ngx_uint_t many)
{
    zone_t                      z;
    const char                 *whose;
    ngx_uint_t                  full;
    ngx_http_ioattest_listed_t  listed;

    zone_open(&z, 64 * 1024);

    whose = many ? "a caller's list" : "the gateway's list";

    if (many) {
        zone_caller(&z, 1);
    }

    listed = zone_look(&z, "a0");
    UNIT_OK(zone_store(&z, zone_names("a", 200), listed.token) > 0,
            "%s is too long for the zone", whose);
    UNIT_OK(zone_look(&z, "a0").answer == NGX_HTTP_IOATTEST_LISTED,
            "%s is there in part", whose);

    listed = zone_look(&z, "a199");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "%s is read again for what is lacking", whose);
    UNIT_OK(zone_look(&z, "a199").answer == NGX_HTTP_IOATTEST_LIST_BUSY,
            "%s is waited for", whose);

    zone_store(&z, zone_names("a", 200), listed.token);
    UNIT_OK(zone_look(&z, "a199").answer == NGX_HTTP_IOATTEST_LIST_FULL,
            "%s has no room, and that is the answer", whose);

    UNIT_OK(zone_invented(&z, zone_names("a", 200), 50, &full) == 0
            && full == 50, "%s is not read for each name", whose);

    zone_pass(ZONE_PACE / 1000);
    UNIT_OK(zone_invented(&z, zone_names("a", 200), 50, &full) == 1,
            "%s is read once in ioattest_fail_timeout", whose);

    /* the reason of a read that failed is told */

    zone_pass(ZONE_PACE / 1000);
    listed = zone_look(&z, "a199");
    ngx_http_ioattest_lease_give(&z.zone, z.key.list, listed.token,
                                 NGX_HTTP_IOATTEST_GIVE_FAILED,
                                 IOA_ATTESTATION_TIMEOUT, ZONE_PACE);
    listed = zone_look(&z, "a199");
    UNIT_OK(listed.answer == NGX_HTTP_IOATTEST_LIST_FAILED
            && listed.reason == IOA_ATTESTATION_TIMEOUT,
            "%s: why it could not be read", whose);

    zone_close(&z);
}


/* Lists of two keys that push each other's entries out. */

static void
zone_list_two(void)
{
    zone_t                      z;
    ngx_uint_t                  i, n, reads[2], caller, listed_n;
    ngx_http_ioattest_listed_t  listed;

    zone_open(&z, 64 * 1024);

    n = ((ngx_http_ioattest_sh_t *) z.zone.shpool->data)->capacity / 4 - 1;
    reads[0] = 0;
    reads[1] = 0;
    listed_n = 0;

    for (i = 0; i < 20 * n; i++) {
        caller = i % 2;
        zone_caller(&z, 1 + caller);

        listed = zone_named(&z, caller ? "b" : "a", i % n);

        if (listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN) {
            reads[caller]++;
            zone_store(&z, zone_names(caller ? "b" : "a", n), listed.token);
            continue;
        }

        listed_n += (listed.answer == NGX_HTTP_IOATTEST_LISTED);
    }

    UNIT_OK(reads[0] == 2 && reads[1] == 2,
            "two lists in room for one are read again once each: %d, %d",
            (int) reads[0], (int) reads[1]);
    UNIT_OK(listed_n >= 8 * n, "and are there in part: %d of %d",
            (int) listed_n, (int) (20 * n));

    zone_close(&z);

    /* what is asked for stays */

    zone_open(&z, 64 * 1024);

    zone_caller(&z, 1);
    zone_store(&z, zone_names("a", n), zone_look(&z, "a0").token);
    UNIT_OK(zone_look(&z, "a0").answer == NGX_HTTP_IOATTEST_LISTED,
            "one name of a list is asked for");

    zone_caller(&z, 2);
    zone_store(&z, zone_names("b", n / 2), zone_look(&z, "b0").token);

    zone_caller(&z, 1);
    UNIT_OK(zone_look(&z, "a0").answer == NGX_HTTP_IOATTEST_LISTED
            && zone_look(&z, "a1").answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "it stays, and others give way");

    zone_close(&z);
}


/* Lists of the gateway's keys that fill a zone, so that each pushes at all. */

static void
zone_list_own(void)
{
    zone_t                      z;
    ngx_uint_t                  i, k, n, reads;
    ngx_http_ioattest_listed_t  listed;

    zone_open(&z, 64 * 1024);

    n = ((ngx_http_ioattest_sh_t *) z.zone.shpool->data)->capacity / 4;
    reads = 0;

    for (i = 0; i < 20; i++) {
        for (k = 0; k < 8; k++) {
            zone_gateway(&z);
            memset(z.key.list, 'a' + (int) k, NGX_HTTP_IOATTEST_KEY_LEN);

            listed = zone_named(&z, "a", i % n);

            if (listed.answer == NGX_HTTP_IOATTEST_LIST_TAKEN) {
                reads++;
                zone_store(&z, zone_names("a", n), listed.token);
            }
        }
    }

    UNIT_OK(reads == 16, "eight lists in room for three: %d reads of 160",
            (int) reads);

    zone_close(&z);
}


void
zone_list_cases(void)
{
    zone_list(0);
    zone_list(1);
    zone_list_emptied(0);
    zone_list_emptied(1);
    zone_list_lost(0);
    zone_list_lost(1);
    zone_list_two();
    zone_list_own();
}
