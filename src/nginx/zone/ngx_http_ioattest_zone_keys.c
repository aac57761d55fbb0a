
/*
 * Keys in the zone, as digests: those that the API has refused a moment ago.
 */


#include "zone/ngx_http_ioattest_node.h"

#include "attest/ioattest.h"


static ngx_http_ioattest_rest_t *ngx_http_ioattest_rests_locked(
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_key_t *key,
    ngx_uint_t *n);
static ngx_msec_int_t ngx_http_ioattest_rest_left(
    const ngx_http_ioattest_rest_t *rest);


/*
 * A key may be a user's password, which could be guessed from a plain
 * SHA-256: hence the secret.  A length extension of SHA-256 is harmless here,
 * since no digest leaves the process and the zone.
 */

void
ngx_http_ioattest_key_digest(ngx_http_ioattest_zone_t *zone,
    u_char *digest32, ngx_str_t *value)
{
    ioa_sha256_t  sha;

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, zone->secret, NGX_HTTP_IOATTEST_KEY_LEN);
    ioa_sha256_update(&sha, value->data, value->len);
    ioa_sha256_final(digest32, &sha);
}


/* If there is no free place, the rest that ends first is overwritten. */

void
ngx_http_ioattest_key_rest(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_key_t *key, ngx_uint_t status, ngx_uint_t after,
    ngx_msec_t ms)
{
    ngx_uint_t                 i, n;
    ngx_msec_int_t             left, least;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_rest_t  *rest, *place;

    sh = ngx_http_ioattest_store_lock(zone);

    rest = ngx_http_ioattest_rests_locked(sh, key, &n);

    place = NULL;
    least = 0;

    for (i = 0; i < n; i++) {
        left = ngx_http_ioattest_rest_left(&rest[i]);

        if (rest[i].status
            && ngx_memcmp(rest[i].digest, key->digest,
                          NGX_HTTP_IOATTEST_KEY_LEN) == 0)
        {
            place = &rest[i];
            least = left;
            break;
        }

        if (place == NULL || left < least) {
            place = &rest[i];
            least = left;
        }
    }

    /* a short rest does not shorten a long one of the same key */

    if (i == n || least < (ngx_msec_int_t) ms) {
        ngx_memcpy(place->digest, key->digest, NGX_HTTP_IOATTEST_KEY_LEN);
        place->until = ngx_current_msec + ms;
        place->status = status;
        place->after = after;
    }

    ngx_http_ioattest_store_unlock(zone);
}


ngx_uint_t
ngx_http_ioattest_key_rests(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_resting_t *rest)
{
    ngx_uint_t               rests;
    ngx_http_ioattest_sh_t  *sh;

    sh = ngx_http_ioattest_store_lock(zone);

    rests = ngx_http_ioattest_key_resting_locked(sh, key, rest);

    ngx_http_ioattest_store_unlock(zone);

    return rests;
}


ngx_uint_t
ngx_http_ioattest_key_resting_locked(ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_resting_t *resting)
{
    ngx_uint_t                 i, n;
    ngx_msec_int_t             left;
    ngx_http_ioattest_rest_t  *rest;

    rest = ngx_http_ioattest_rests_locked(sh, key, &n);

    for (i = 0; i < n; i++) {
        left = ngx_http_ioattest_rest_left(&rest[i]);

        if (left > 0
            && ngx_memcmp(rest[i].digest, key->digest,
                          NGX_HTTP_IOATTEST_KEY_LEN) == 0)
        {
            resting->status = rest[i].status;
            resting->after = rest[i].after;
            resting->left = left;
            return 1;
        }
    }

    return 0;
}


/* Callers' keys have places of their own, and displace none of ours. */

static ngx_http_ioattest_rest_t *
ngx_http_ioattest_rests_locked(ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_key_t *key, ngx_uint_t *n)
{
    if (key->own) {
        *n = NGX_HTTP_IOATTEST_OWN_RESTS;
        return sh->own_rests;
    }

    *n = NGX_HTTP_IOATTEST_RESTS;
    return sh->rests;
}


static ngx_msec_int_t
ngx_http_ioattest_rest_left(const ngx_http_ioattest_rest_t *rest)
{
    ngx_msec_int_t  left;

    if (rest->status == 0) {
        return 0;
    }

    left = (ngx_msec_int_t) (rest->until - ngx_current_msec);

    return ngx_max(left, 0);
}
