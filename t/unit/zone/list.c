
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


void
zone_list_cases(void)
{
    zone_list(0);
    zone_list(1);
}
