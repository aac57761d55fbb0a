
/*
 * The digest of all settings of a location that decide on trust.  The zone
 * keeps machines under this digest, so that one that was attested under one
 * policy is unknown under another.
 *
 * A setting that affects trust is added here in the commit that adds it:
 * t/policy_digest.t checks each directive.  ioattest_authorization does not
 * belong here: an attestation proves the same with any key, and keys change.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "module/ngx_http_ioattest_module.h"

#include "attest/ioattest.h"


static ngx_int_t ngx_http_ioattest_digest_origin(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf);
static ngx_int_t ngx_http_ioattest_digest_trust(ngx_array_t *text,
    ngx_http_ioattest_loc_conf_t *conf);
static ngx_int_t ngx_http_ioattest_digest_server(ngx_conf_t *cf,
    ngx_array_t *text);
static ngx_int_t ngx_http_ioattest_digest_listen(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_array_t *names);
static ngx_int_t ngx_http_ioattest_digest_names(ngx_array_t *text,
    const char *name, ngx_array_t *values);
static int ngx_libc_cdecl ngx_http_ioattest_digest_cmp(const void *one,
    const void *two);
static ngx_int_t ngx_http_ioattest_digest_number(ngx_array_t *text,
    const char *name, ngx_int_t value);
static ngx_int_t ngx_http_ioattest_digest_add(ngx_array_t *text,
    const char *name, const u_char *data, size_t len);


ngx_int_t
ngx_http_ioattest_conf_digest(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_array_t   text;
    ioa_sha256_t  sha;

    if (ngx_array_init(&text, cf->temp_pool, 2048, 1) != NGX_OK
        || ngx_http_ioattest_digest_trust(&text, conf) != NGX_OK
        || ngx_http_ioattest_digest_server(cf, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, text.elts, text.nelts);
    ioa_sha256_final(conf->policy32, &sha);

    return ngx_http_ioattest_digest_origin(cf, conf);
}


/* The API that is asked, without the policy: used names are kept by it. */

static ngx_int_t
ngx_http_ioattest_digest_origin(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_array_t   text;
    ioa_sha256_t  sha;

    if (ngx_array_init(&text, cf->temp_pool, 512, 1) != NGX_OK
        || ngx_http_ioattest_digest_add(&text, "request", conf->request.data,
                                        conf->request.len)
           != NGX_OK
        || ngx_http_ioattest_digest_add(&text, "models", conf->models.data,
                                        conf->models.len)
           != NGX_OK
        || ngx_http_ioattest_digest_server(cf, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, text.elts, text.nelts);
    ioa_sha256_final(conf->origin32, &sha);

    ngx_memcpy(conf->limits.origin, conf->origin32,
               NGX_HTTP_IOATTEST_KEY_LEN);

    return NGX_OK;
}


/* Files are represented by their digests, internal locations by URIs. */

static ngx_int_t
ngx_http_ioattest_digest_trust(ngx_array_t *text,
    ngx_http_ioattest_loc_conf_t *conf)
{
    u_char              digest32[32];
    ngx_uint_t          i;
    const ioa_bytes_t  *image;
    const ioa_policy_t *policy;

    const struct {
        const char  *name;
        ngx_str_t   *value;
    } part[] = {
        { "zone", &conf->zone->name },
        { "request", &conf->request },
        { "models", &conf->models },
        { "collateral", &conf->collateral },
        { "amd_kds", &conf->amd_kds },
        { "nras", &conf->nras },
        { "nras_jwks", &conf->nras_jwks },
        { "gpu_ocsp", &conf->gpu_ocsp }
    };

    policy = &conf->policy;

    for (i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
        if (ngx_http_ioattest_digest_add(text, part[i].name,
                                         part[i].value->data,
                                         part[i].value->len)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_http_ioattest_digest_number(text, "cpu", policy->cpu) != NGX_OK
        || ngx_http_ioattest_digest_number(text, "gpu", policy->gpu)
           != NGX_OK
        || ngx_http_ioattest_digest_number(text, "report_data",
                                           conf->report_data)
           != NGX_OK
        || ngx_http_ioattest_digest_number(text, "ssl_verify",
                                           conf->ssl_verify)
           != NGX_OK
        || ngx_http_ioattest_digest_number(text, "slack", conf->slack)
           != NGX_OK
        || ngx_http_ioattest_digest_number(text, "amd_no_crl",
                                           conf->amd_no_crl)
           != NGX_OK
        || ngx_http_ioattest_digest_number(text, "gpu_hold", conf->gpu_hold)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ioa_policy_digest(digest32, policy->file);

    if (ngx_http_ioattest_digest_add(text, "file", digest32, 32) != NGX_OK) {
        return NGX_ERROR;
    }

    if (policy->cpu) {
        ioa_roots_digest(digest32, policy->cpu_roots);

        if (ngx_http_ioattest_digest_add(text, "cpu_roots", digest32, 32)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (policy->gpu == IOA_GPU_LOCAL) {
        ioa_roots_digest(digest32, policy->gpu_roots);

        if (ngx_http_ioattest_digest_add(text, "gpu_roots", digest32, 32)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (policy->reference != NULL) {
            ioa_reference_digest(digest32, policy->reference);

            if (ngx_http_ioattest_digest_add(text, "gpu_reference", digest32,
                                             32)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    for (i = 0; i < policy->image_digests_n; i++) {
        image = &policy->image_digests[i];

        if (ngx_http_ioattest_digest_add(text, "image_digest", image->data,
                                         image->len)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * The same URIs lead to other internal locations in another server.  One
 * name does not identify a server, since servers on different addresses may
 * share it.
 */

static ngx_int_t
ngx_http_ioattest_digest_server(ngx_conf_t *cf, ngx_array_t *text)
{
    ngx_uint_t                 i;
    ngx_str_t                 *value;
    ngx_array_t                values;
    ngx_http_server_name_t    *name;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    if (ngx_array_init(&values, cf->temp_pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    name = cscf->server_names.elts;

    for (i = 0; i < cscf->server_names.nelts; i++) {
        value = ngx_array_push(&values);
        if (value == NULL) {
            return NGX_ERROR;
        }

        *value = name[i].name;
    }

    if (ngx_http_ioattest_digest_names(text, "server_name", &values)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    values.nelts = 0;

    if (ngx_http_ioattest_digest_listen(cf, cscf, &values) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_ioattest_digest_names(text, "listen", &values);
}


static ngx_int_t
ngx_http_ioattest_digest_listen(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_array_t *values)
{
    ngx_str_t                   *value;
    ngx_uint_t                   p, a, s;
    ngx_http_conf_addr_t        *addr;
    ngx_http_conf_port_t        *port;
    ngx_http_core_srv_conf_t   **server;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (cmcf->ports == NULL) {
        return NGX_OK;
    }

    port = cmcf->ports->elts;

    for (p = 0; p < cmcf->ports->nelts; p++) {
        addr = port[p].addrs.elts;

        for (a = 0; a < port[p].addrs.nelts; a++) {
            server = addr[a].servers.elts;

            for (s = 0; s < addr[a].servers.nelts; s++) {

                if (server[s] != cscf) {
                    continue;
                }

                value = ngx_array_push(values);
                if (value == NULL) {
                    return NGX_ERROR;
                }

                *value = addr[a].opt.addr_text;
            }
        }
    }

    return NGX_OK;
}


/* Adds values in a sorted order, so that their order does not matter. */

static ngx_int_t
ngx_http_ioattest_digest_names(ngx_array_t *text, const char *name,
    ngx_array_t *values)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = values->elts;

    ngx_qsort(value, values->nelts, sizeof(ngx_str_t),
              ngx_http_ioattest_digest_cmp);

    for (i = 0; i < values->nelts; i++) {
        if (ngx_http_ioattest_digest_add(text, name, value[i].data,
                                         value[i].len)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_http_ioattest_digest_cmp(const void *one, const void *two)
{
    const ngx_str_t *a = one;
    const ngx_str_t *b = two;

    return ngx_memn2cmp(a->data, b->data, a->len, b->len);
}


static ngx_int_t
ngx_http_ioattest_digest_number(ngx_array_t *text, const char *name,
    ngx_int_t value)
{
    u_char  number[NGX_INT_T_LEN];

    return ngx_http_ioattest_digest_add(text, name, number,
                             ngx_sprintf(number, "%i", value) - number);
}


/* Adds one part with its length, so that no two values look alike. */

static ngx_int_t
ngx_http_ioattest_digest_add(ngx_array_t *text, const char *name,
    const u_char *data, size_t len)
{
    u_char  *p, head[64];
    size_t   n;

    n = ngx_snprintf(head, sizeof(head), "%s %uz ", name, len) - head;

    p = ngx_array_push_n(text, n + len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(p, head, n);

    if (len) {
        ngx_memcpy(p, data, len);
    }

    return NGX_OK;
}
