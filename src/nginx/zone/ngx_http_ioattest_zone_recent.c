
/*
 * Answers that were refused of late, for the status page: a ring.
 */


#include "zone/ngx_http_ioattest_node.h"


static ngx_uint_t ngx_http_ioattest_recent_same(
    const ngx_http_ioattest_recent_t *one,
    const ngx_http_ioattest_recent_t *other);


void
ngx_http_ioattest_recent_add(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_recent_t *recent)
{
    ngx_uint_t                   i;
    ngx_http_ioattest_sh_t      *sh;
    ngx_http_ioattest_recent_t  *place;

    sh = ngx_http_ioattest_store_lock(zone);

    /* one kind of refusal, again and again, leaves room for the others */

    for (i = 0; i < NGX_HTTP_IOATTEST_RECENT; i++) {
        place = &sh->recent[i];

        if (place->at && ngx_http_ioattest_recent_same(place, recent)) {
            place->n++;
            place->at = ngx_time();
            goto done;
        }
    }

    place = &sh->recent[0];

    for (i = 1; i < NGX_HTTP_IOATTEST_RECENT; i++) {

        if (sh->recent[i].at < place->at) {
            place = &sh->recent[i];
        }
    }

    *place = *recent;
    place->n = 1;
    place->at = ngx_time();

done:

    ngx_http_ioattest_store_unlock(zone);
}


static ngx_uint_t
ngx_http_ioattest_recent_same(const ngx_http_ioattest_recent_t *one,
    const ngx_http_ioattest_recent_t *other)
{
    return one->reason == other->reason
           && one->dry_run == other->dry_run
           && one->sent == other->sent
           && one->have_address == other->have_address
           && one->name_len == other->name_len
           && ngx_memcmp(one->address20, other->address20, IOA_ADDRESS_LEN)
              == 0
           && ngx_memcmp(one->name, other->name, one->name_len) == 0;
}


ngx_uint_t
ngx_http_ioattest_recent_get(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_recent_t *recent)
{
    ngx_uint_t                  i, k, n;
    ngx_http_ioattest_sh_t     *sh;
    ngx_http_ioattest_recent_t  one;

    n = 0;

    sh = ngx_http_ioattest_store_lock(zone);

    for (i = 0; i < NGX_HTTP_IOATTEST_RECENT; i++) {

        if (sh->recent[i].at) {
            recent[n++] = sh->recent[i];
        }
    }

    ngx_http_ioattest_store_unlock(zone);

    /* few, so that sorting by insertion will do */

    for (i = 1; i < n; i++) {
        one = recent[i];

        for (k = i; k && recent[k - 1].at < one.at; k--) {
            recent[k] = recent[k - 1];
        }

        recent[k] = one;
    }

    return n;
}
