/*
 * bench_fill: a module for nginx that makes a zone as full as that of a large
 * fleet, which no simulator could attest in time.
 *
 *   bench_fill FILE MODELS;      beside "ioattest" in a location
 *
 * A request to the location, with "?fill", stores a machine for each address
 * of FILE, one on a line: as an attestation stores it, for the models whose
 * ids are "bench-0-id" and so on, a thousand each.  Without, it looks them
 * up, 50,000 times in all, and writes into FILE.look how many nanoseconds one
 * took.  The request is answered before "ioattest" sees it.
 *
 * What it calls of the zone is compiled into it; what it works on is the
 * zone of the module that is loaded beside it.
 */

#include "request/ngx_http_ioattest_conf.h"

#define BENCH_EACH   1000
#define BENCH_VALID  7200000        /* ms */
#define BENCH_LOOKS  50000

typedef struct {
    ngx_str_t     file;
    ngx_int_t     models;
    ngx_array_t  *found;            /* addresses, 20 bytes each */
} bench_conf_t;


static void *bench_create_conf(ngx_conf_t *cf);
static ngx_int_t bench_init(ngx_conf_t *cf);
static char *bench_fill(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static ngx_int_t bench_handler(ngx_http_request_t *r);


static ngx_command_t  bench_commands[] = {

    { ngx_string("bench_fill"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      bench_fill,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  bench_module_ctx = {
    NULL,
    bench_init,
    NULL,
    NULL,
    NULL,
    NULL,
    bench_create_conf,
    NULL
};


ngx_module_t  bench_fill_module = {
    NGX_MODULE_V1,
    &bench_module_ctx,
    bench_commands,
    NGX_HTTP_MODULE,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NGX_MODULE_V1_PADDING
};


ngx_module_t  *ngx_modules[] = { &bench_fill_module, NULL };
char  *ngx_module_names[] = { "bench_fill_module", NULL };
char  *ngx_module_order[] = { NULL };


static void *
bench_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(bench_conf_t));
}


/* Reads the addresses. */

static char *
bench_read(ngx_conf_t *cf, bench_conf_t *bcf)
{
    FILE         *f;
    u_char       *to;
    char          line[64];
    ioa_bytes_t   text;

    bcf->found = ngx_array_create(cf->pool, 1024, IOA_ADDRESS_LEN);
    f = fopen((char *) bcf->file.data, "r");

    if (bcf->found == NULL || f == NULL) {
        return "cannot read its file";
    }

    while (fgets(line, sizeof(line), f)) {
        text.data = (uint8_t *) line;
        text.len = strcspn(line, "\n");
        to = ngx_array_push(bcf->found);

        if (to == NULL || !ioa_address_parse(to, text)) {
            fclose(f);
            return "has a line that is no address";
        }
    }

    fclose(f);

    return NGX_CONF_OK;
}


static char *
bench_fill(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t     *value;
    bench_conf_t  *bcf = conf;

    value = cf->args->elts;
    bcf->file = value[1];
    bcf->models = ngx_atoi(value[2].data, value[2].len);

    return bench_read(cf, bcf);
}


static ngx_int_t
bench_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = bench_handler;

    return NGX_OK;
}


/* The settings of "ioattest" in this location. */

static ngx_http_ioattest_loc_conf_t *
bench_ioattest(ngx_http_request_t *r)
{
    ngx_uint_t  i;

    for (i = 0; ngx_cycle->modules[i]; i++) {
        if (ngx_strcmp(ngx_cycle->modules[i]->name,
                       "ngx_http_ioattest_module")
            == 0)
        {
            return r->loc_conf[ngx_cycle->modules[i]->ctx_index];
        }
    }

    return NULL;
}


static void
bench_model(ngx_http_ioattest_model_t *model,
    ngx_http_ioattest_loc_conf_t *ilcf, ngx_uint_t n)
{
    ngx_str_t  id, none;

    ngx_memzero(model, sizeof(ngx_http_ioattest_model_t));

    model->names.name_len = ngx_sprintf(model->names.name, "bench-%ui", n)
                            - model->names.name;
    model->names.id_len = ngx_sprintf(model->names.id, "bench-%ui-id", n)
                          - model->names.id;

    id.data = model->names.id;
    id.len = model->names.id_len;
    ngx_str_null(&none);

    ngx_http_ioattest_store_key(model->key, NGX_HTTP_IOATTEST_NODE_MODEL,
                                ilcf->policy32, &id, &none);
    ngx_memcpy(model->policy, ilcf->policy32, NGX_HTTP_IOATTEST_KEY_LEN);
}


static void
bench_key(u_char *key32, ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_http_ioattest_model_t *model, u_char *address20)
{
    ngx_str_t  id, address;

    id.data = model->names.id;
    id.len = model->names.id_len;
    address.data = address20;
    address.len = IOA_ADDRESS_LEN;

    ngx_http_ioattest_store_key(key32, NGX_HTTP_IOATTEST_NODE_MACHINE,
                                ilcf->policy32, &id, &address);
}


static ngx_int_t
bench_store(ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_http_ioattest_model_t *model, u_char *address20)
{
    u_char                        key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_http_ioattest_key_t       key;
    ngx_http_ioattest_news_t      news;
    ngx_http_ioattest_machine_t   machine;

    ngx_memzero(&key, sizeof(ngx_http_ioattest_key_t));
    ngx_memzero(&machine, sizeof(ngx_http_ioattest_machine_t));
    ngx_memcpy(machine.address20, address20, IOA_ADDRESS_LEN);
    machine.attested_at = ngx_time();
    machine.expires_at = ngx_time() + BENCH_VALID / 1000;
    machine.attested_ms = ngx_current_msec;
    machine.valid = BENCH_VALID;
    machine.via_tls = 1;
    bench_key(key32, ilcf, model, address20);

    return ngx_http_ioattest_draw_met(ilcf->zone, model, key32, &machine, 0,
                                      &key, &ilcf->limits, &news);
}


static ngx_int_t
bench_look(ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_http_ioattest_model_t *model, u_char *address20)
{
    u_char                     key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_http_ioattest_found_t  found;

    bench_key(key32, ilcf, model, address20);
    ngx_http_ioattest_store_signer(&found, ilcf->zone, model, key32,
                                   address20, &ilcf->limits);

    return found.answer == NGX_HTTP_IOATTEST_TRUSTED ? NGX_OK : NGX_ERROR;
}


/* Does it for every address: model by model, or to and fro. */

static ngx_int_t
bench_all(ngx_http_request_t *r, bench_conf_t *bcf, ngx_uint_t rounds,
    ngx_int_t (*one)(ngx_http_ioattest_loc_conf_t *ilcf,
                     ngx_http_ioattest_model_t *model, u_char *address20))
{
    u_char                        *addresses;
    ngx_uint_t                     i, n, at;
    ngx_http_ioattest_model_t     *models;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = bench_ioattest(r);
    addresses = bcf->found->elts;
    n = bcf->found->nelts;
    models = ngx_palloc(r->pool,
                        bcf->models * sizeof(ngx_http_ioattest_model_t));

    if (ilcf == NULL || ilcf->zone == NULL || models == NULL
        || n > (ngx_uint_t) bcf->models * BENCH_EACH)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < (ngx_uint_t) bcf->models; i++) {
        bench_model(&models[i], ilcf, i);
    }

    for (i = 0; i < rounds; i++) {

        /* 100,003 is prime, and has no part with what there may be */

        at = (i * 100003) % n;

        if (one(ilcf, &models[at / BENCH_EACH],
                addresses + at * IOA_ADDRESS_LEN)
            != NGX_OK)
        {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "bench_fill: machine %ui of %ui", at, n);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Writes down how long one look took. */

static ngx_int_t
bench_said(bench_conf_t *bcf, double ns)
{
    FILE  *f;
    char   name[NGX_MAX_PATH];

    snprintf(name, sizeof(name), "%s.look", bcf->file.data);
    f = fopen(name, "w");

    if (f == NULL) {
        return NGX_ERROR;
    }

    fprintf(f, "%.1f\n", ns);
    fclose(f);

    return NGX_OK;
}


static ngx_int_t
bench_handler(ngx_http_request_t *r)
{
    bench_conf_t     *bcf;
    struct timespec   start, end;

    bcf = ngx_http_get_module_loc_conf(r, bench_fill_module);

    if (bcf->found == NULL) {
        return NGX_DECLINED;
    }

    if (r->args.len == 4 && ngx_strncmp(r->args.data, "fill", 4) == 0) {
        return bench_all(r, bcf, bcf->found->nelts, bench_store) == NGX_OK
               ? NGX_HTTP_NO_CONTENT : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    clock_gettime(CLOCK_MONOTONIC, &start);

    if (bench_all(r, bcf, BENCH_LOOKS, bench_look) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    clock_gettime(CLOCK_MONOTONIC, &end);

    if (bench_said(bcf, ((double) (end.tv_sec - start.tv_sec) * 1e9
                         + (double) (end.tv_nsec - start.tv_nsec))
                        / BENCH_LOOKS)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_NO_CONTENT;
}
