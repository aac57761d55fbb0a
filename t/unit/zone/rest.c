
/* Keys that the API has refused: not used for a while, each for itself. */

#include "zone.h"


static void
zone_rest(zone_t *z, ngx_uint_t status, ngx_msec_t ms)
{
    ngx_http_ioattest_key_rest(&z->zone, &z->key, status, 7, ms);
}


static ngx_uint_t
zone_rests(zone_t *z)
{
    ngx_http_ioattest_resting_t  rest;

    memset(&rest, 0, sizeof(rest));

    return ngx_http_ioattest_key_rests(&z->zone, &z->key, &rest)
           ? rest.status : 0;
}


static void
zone_rest_one(void)
{
    zone_t                       z;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_waiter_t   waiter;
    ngx_http_ioattest_resting_t  rest;

    zone_open(&z, 256 * 1024);
    zone_caller(&z, 1);
    zone_rest(&z, 402, 60000);

    UNIT_OK(zone_rests(&z) == 402
            && ngx_http_ioattest_key_rests(&z.zone, &z.key, &rest)
            && rest.after == 7 && rest.left == 60000,
            "a key that was refused rests, and it is known why");

    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_RESTING && found.n == 0
            && found.rest.status == 402, "it is told before the prompt");

    zone_caller(&z, 2);
    UNIT_OK(zone_rests(&z) == 0, "another key does not rest");

    zone_meet(&z, 1, 1);
    waiter = zone_waiter(0);
    zone_caller(&z, 1);
    found = zone_wait(&z, 1, 9, &waiter);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 0
            && found.rest.status == 402, "no signer is looked for with it");
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "what is trusted needs no key");

    zone_gateway(&z);
    UNIT_OK(zone_census(&z, 1, 0).n > 0, "the background has its own");
    zone_pass(2 * ZONE_ATTEST / 1000 + 3);
    zone_rest(&z, 429, 10000);
    UNIT_OK(zone_census(&z, 1, 0).n == 0, "unless that rests as well");

    zone_caller(&z, 1);
    zone_rest(&z, 429, 10);
    UNIT_OK(zone_rests(&z) == 402, "a short rest does not cut a long one");
    zone_pass(60);
    UNIT_OK(zone_rests(&z) == 0, "it ends");

    zone_close(&z);
}


static void
zone_rest_many(void)
{
    zone_t      z;
    ngx_uint_t  i;

    zone_open(&z, 256 * 1024);
    zone_rest(&z, 401, 1000);

    for (i = 1; i <= NGX_HTTP_IOATTEST_RESTS; i++) {
        zone_caller(&z, i);
        zone_rest(&z, 401, 1000 * (i + 1));
    }

    zone_rest(&z, 402, 200000);
    UNIT_OK(zone_rests(&z) == 402, "a longer rest takes the place of a short");
    zone_caller(&z, 1);
    UNIT_OK(zone_rests(&z) == 401, "and no other's");

    zone_caller(&z, NGX_HTTP_IOATTEST_RESTS + 1);
    zone_rest(&z, 401, 50000);
    UNIT_OK(zone_rests(&z) == 401, "of many keys the last rests");
    zone_caller(&z, 1);
    UNIT_OK(zone_rests(&z) == 0, "that which ends first makes room");
    zone_caller(&z, 2);
    UNIT_OK(zone_rests(&z) == 401, "no other does");

    zone_gateway(&z);
    UNIT_OK(zone_rests(&z) == 401, "and not the gateway's own");

    zone_close(&z);
}


void
zone_rest_cases(void)
{
    zone_rest_one();
    zone_rest_many();
}
