
/* Keys of nodes: the same whether a process has just had them or not. */

#include "zone.h"


/* As ngx_http_ioattest_store_key(), with nothing kept. */

static void
zone_unkept_key(u_char *key32, ngx_uint_t kind, const u_char *policy32,
    ngx_str_t *a, ngx_str_t *b)
{
    u_char        tag;
    uint32_t      n;
    ioa_sha256_t  sha;

    tag = (u_char) kind;

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, policy32, NGX_HTTP_IOATTEST_KEY_LEN);
    ioa_sha256_update(&sha, &tag, 1);
    n = (uint32_t) a->len;
    ioa_sha256_update(&sha, (u_char *) &n, sizeof(n));
    ioa_sha256_update(&sha, a->data, a->len);
    n = (uint32_t) b->len;
    ioa_sha256_update(&sha, (u_char *) &n, sizeof(n));
    ioa_sha256_update(&sha, b->data, b->len);
    ioa_sha256_final(key32, &sha);
}


static ngx_uint_t
zone_key_fits(ngx_uint_t n, size_t len)
{
    u_char      one[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char      two[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char      policy32[NGX_HTTP_IOATTEST_KEY_LEN], text[256];
    ngx_str_t   a, b;
    ngx_uint_t  kind;

    kind = 1 + n % 3;
    ngx_memset(policy32, 'p', sizeof(policy32));
    policy32[n % sizeof(policy32)] ^= (u_char) (n >> 2 & 1);
    ngx_memset(text, 'x', sizeof(text));
    text[0] = (u_char) n;
    text[len / 2] = (u_char) (n >> 3);

    a.data = text;
    a.len = len / 2 + n % 2;
    b.data = text + a.len;
    b.len = len - a.len;

    ngx_http_ioattest_store_key(one, kind, policy32, &a, &b);
    zone_unkept_key(two, kind, policy32, &a, &b);

    return ngx_memcmp(one, two, sizeof(one)) == 0;
}


void
zone_kept_key_cases(void)
{
    size_t      len;
    ngx_uint_t  n, all;

    all = 1;

    for (len = 2; len < 200; len++) {
        for (n = 0; n < 64; n++) {
            all &= zone_key_fits(n, len) && zone_key_fits(n / 2, len)
                   && zone_key_fits(n, len);
        }
    }

    UNIT_OK(all, "keys of nodes, again and again");
}
