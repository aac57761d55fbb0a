
/* What a node is found by, another version of the zone, texts seen before. */

#include "zone.h"




static void
zone_key(u_char *key32, ngx_http_ioattest_kind_e kind, u_char policy,
    const char *a, const char *b)
{
    u_char     policy32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_str_t  one, other;

    ngx_memset(policy32, policy, sizeof(policy32));

    one.data = (u_char *) a;
    one.len = ngx_strlen(a);
    other.data = (u_char *) b;
    other.len = ngx_strlen(b);

    ngx_http_ioattest_store_key(key32, kind, policy32, &one, &other);
}


/* Everything that a key is made of makes another one. */

static void
zone_keys(void)
{
    u_char      first[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char      key[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_uint_t  i;

    static const struct {
        const char                *what;
        ngx_http_ioattest_kind_e   kind;
        u_char                     policy;
        const char                *a;
        const char                *b;
    } others[] = {
        { "kind", NGX_HTTP_IOATTEST_NODE_MODEL, 1, "ab", "cd" },
        { "policy", NGX_HTTP_IOATTEST_NODE_MACHINE, 2, "ab", "cd" },
        { "model", NGX_HTTP_IOATTEST_NODE_MACHINE, 1, "ax", "cd" },
        { "address", NGX_HTTP_IOATTEST_NODE_MACHINE, 1, "ab", "cx" },
        { "end of the model", NGX_HTTP_IOATTEST_NODE_MACHINE, 1, "abc", "d" },
        { "end of the other", NGX_HTTP_IOATTEST_NODE_MACHINE, 1, "a", "bcd" }
    };

    zone_key(first, NGX_HTTP_IOATTEST_NODE_MACHINE, 1, "ab", "cd");
    zone_key(key, NGX_HTTP_IOATTEST_NODE_MACHINE, 1, "ab", "cd");
    UNIT_OK(ngx_memcmp(first, key, sizeof(key)) == 0, "key: the same");

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        zone_key(key, others[i].kind, others[i].policy, others[i].a,
                 others[i].b);
        UNIT_OK(ngx_memcmp(first, key, sizeof(key)) != 0,
                "key: another %s", others[i].what);
    }
}


/* After an upgrade the old worker's zone may have another layout. */

static void
zone_layout(void)
{
    zone_t                   z;
    ngx_http_ioattest_sh_t  *sh;

    zone_open(&z, 256 * 1024);
    sh = z.zone.shpool->data;

    UNIT_OK(ngx_http_ioattest_store_init(&z.zone, &z.zone, ngx_cycle->log)
            == NGX_OK, "layout: it is taken over");

    sh->layout++;
    UNIT_OK(ngx_http_ioattest_store_init(&z.zone, &z.zone, ngx_cycle->log)
            == NGX_ERROR, "layout: another one is not");

    sh->layout--;
    sh->magic++;
    UNIT_OK(ngx_http_ioattest_store_init(&z.zone, &z.zone, ngx_cycle->log)
            == NGX_ERROR, "layout: nor what is none");

    zone_close(&z);
}


void
zone_key_cases(void)
{
    zone_keys();
    zone_layout();
}
