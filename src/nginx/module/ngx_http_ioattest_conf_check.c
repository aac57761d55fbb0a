
/*
 * What a protected location needs, and what is computed once it is merged.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "module/ngx_http_ioattest_module.h"


#define NGX_HTTP_IOATTEST_CHAIN_CACHE  1024     /* certificates */

/* warnings about a location; nested locations do not repeat them */
#define NGX_HTTP_IOATTEST_WARN_REFRESH   0x01
#define NGX_HTTP_IOATTEST_WARN_PINS      0x02
#define NGX_HTTP_IOATTEST_WARN_BINDING   0x04
#define NGX_HTTP_IOATTEST_WARN_MODELS    0x08
#define NGX_HTTP_IOATTEST_WARN_REFERENCE 0x10
#define NGX_HTTP_IOATTEST_WARN_MILAN     0x20
#define NGX_HTTP_IOATTEST_WARN_EARLY     0x40


static void ngx_http_ioattest_conf_limits(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf);
static ngx_int_t ngx_http_ioattest_conf_trust_made(ngx_conf_t *cf,
    ngx_http_ioattest_main_conf_t *mcf, ngx_http_ioattest_loc_conf_t *conf);
static void ngx_http_ioattest_conf_cache_cleanup(void *data);
static ngx_int_t ngx_http_ioattest_conf_images(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf);
static void ngx_http_ioattest_conf_warn(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf);
static ngx_uint_t ngx_http_ioattest_conf_first(
    ngx_http_ioattest_loc_conf_t *conf, ngx_uint_t warning, ngx_uint_t is);
static char *ngx_http_ioattest_conf_need(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf);
static const char *ngx_http_ioattest_conf_missing(
    ngx_http_ioattest_loc_conf_t *conf);
static int ngx_libc_cdecl ngx_http_ioattest_conf_cmp(const void *one,
    const void *two);


char *
ngx_http_ioattest_conf_finish(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf)
{
    char                           *rv;
    ngx_uint_t                      i;
    ngx_http_ioattest_zone_t      **zone;
    ngx_http_core_srv_conf_t       *cscf;
    ngx_http_ioattest_main_conf_t  *mcf;

    if (!conf->enable) {
        conf->zone = NULL;
        return NGX_CONF_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ioattest_module);
    zone = mcf->zones.elts;
    conf->zone = NULL;

    for (i = 0; i < mcf->zones.nelts; i++) {
        if (zone[i]->name.len == conf->zone_name.len
            && ngx_strncmp(zone[i]->name.data, conf->zone_name.data,
                           conf->zone_name.len)
               == 0)
        {
            conf->zone = zone[i];
        }
    }

    if (conf->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown zone \"%V\" in \"ioattest\" directive, "
                           "expected one that \"ioattest_zone\" defines",
                           &conf->zone_name);
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_ioattest_conf_need(cf, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    conf->server = cscf->ctx;
    mcf->enabled = 1;
    conf->zone->replay |= (conf->replay != 0);

    ngx_http_ioattest_conf_limits(cf, conf);

    if (ngx_http_ioattest_conf_trust_made(cf, mcf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->request.len && !conf->incomplete) {
        ngx_http_ioattest_conf_warn(cf, conf);
    }

    ngx_http_ioattest_conf_sizes(cf, conf);

    if (ngx_http_ioattest_conf_digest(cf, conf) != NGX_OK
        || ngx_http_ioattest_conf_census_add(cf, mcf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void
ngx_http_ioattest_conf_limits(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_http_ioattest_limits_t  *limits;

    limits = &conf->limits;

    limits->valid = conf->valid * 1000;
    limits->refresh = (conf->refresh == NGX_CONF_UNSET)
                      ? limits->valid / 4
                      : (ngx_msec_t) conf->refresh * 1000;

    if (ngx_http_ioattest_conf_first(conf, NGX_HTTP_IOATTEST_WARN_REFRESH,
                                     limits->refresh >= limits->valid))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"ioattest_refresh\" is not less than "
                           "\"ioattest_valid\", %M milliseconds are used",
                           limits->valid / 2);
    }

    if (limits->refresh >= limits->valid) {
        limits->refresh = limits->valid / 2;
    }

    limits->attempts = conf->attempts;
    limits->parallel = conf->parallel;
    limits->fail_timeout = conf->fail_timeout;
    limits->attest = conf->timeout;
    limits->background = conf->background;
    limits->pool_all = (conf->pool == NGX_HTTP_IOATTEST_POOL_ALL);

    /* a read of the list times out by itself before its lease ends */
    limits->lease = conf->timeout + 1000;

    limits->census_valid = limits->valid;
    limits->census_refresh = limits->refresh;
}


/* Fills the core's ioa_policy_t. */

static ngx_int_t
ngx_http_ioattest_conf_trust_made(ngx_conf_t *cf,
    ngx_http_ioattest_main_conf_t *mcf, ngx_http_ioattest_loc_conf_t *conf)
{
    ioa_policy_t        *policy;
    ngx_pool_cleanup_t  *cln;

    if (mcf->no_policy == NULL) {
        mcf->no_policy = ngx_palloc(cf->pool, sizeof(ioa_policy_file_t));
        cln = ngx_pool_cleanup_add(cf->pool, 0);

        if (mcf->no_policy == NULL || cln == NULL) {
            return NGX_ERROR;
        }

        ioa_policy_init(mcf->no_policy);

        mcf->cache = ioa_chain_cache_new(NGX_HTTP_IOATTEST_CHAIN_CACHE);
        if (mcf->cache == NULL) {
            return NGX_ERROR;
        }

        cln->handler = ngx_http_ioattest_conf_cache_cleanup;
        cln->data = mcf->cache;
    }

    policy = &conf->policy;

    policy->file = conf->policy_file ? conf->policy_file : mcf->no_policy;

    if (conf->request.len && !conf->incomplete) {
        policy->cpu = (conf->cpu & NGX_HTTP_IOATTEST_CPU_OFF) ? 0 : conf->cpu;
        policy->gpu = conf->gpu;
    }

    policy->report_data = conf->report_data;
    policy->cpu_roots = conf->cpu_roots;
    policy->gpu_roots = conf->gpu_roots;
    policy->reference = conf->gpu_reference;
    policy->cache = mcf->cache;
    policy->collateral = (conf->collateral.len != 0);
    policy->kds = (conf->amd_kds.len != 0);
    policy->no_crl = conf->amd_no_crl;
    policy->slack = conf->slack;
    policy->gpu_ocsp = (policy->gpu == IOA_GPU_LOCAL && conf->gpu_ocsp.len);
    policy->gpu_hold = conf->gpu_hold;

    conf->limits.strict = (conf->report_data == IOA_REPORT_DATA_AUTO
                           && policy->cpu);

#if (NGX_THREADS)

    if (conf->thread_pool_name.len && (policy->cpu || policy->gpu)) {
        conf->thread_pool = ngx_thread_pool_add(cf, &conf->thread_pool_name);

        if (conf->thread_pool == NULL) {
            return NGX_ERROR;
        }
    }

#endif

    return ngx_http_ioattest_conf_images(cf, conf);
}


static void
ngx_http_ioattest_conf_cache_cleanup(void *data)
{
    ioa_chain_cache_free(data);
}


/* The image digests of the directive and of the policy file together. */

static ngx_int_t
ngx_http_ioattest_conf_images(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf)
{
    size_t                    i;
    ngx_uint_t                n;
    ioa_bytes_t              *all;
    const ioa_policy_list_t  *list;

    list = &conf->policy.file->image_digests;
    n = conf->image_digests ? conf->image_digests->nelts : 0;

    if (n + list->n == 0) {
        return NGX_OK;
    }

    all = ngx_palloc(cf->pool, (n + list->n) * sizeof(ioa_bytes_t));
    if (all == NULL) {
        return NGX_ERROR;
    }

    if (n) {
        ngx_memcpy(all, conf->image_digests->elts, n * sizeof(ioa_bytes_t));
    }

    for (i = 0; i < list->n; i++) {
        all[n].data = (u_char *) list->words[i];
        all[n].len = ngx_strlen(list->words[i]);
        n++;
    }

    ngx_qsort(all, n, sizeof(ioa_bytes_t), ngx_http_ioattest_conf_cmp);

    conf->policy.image_digests = all;
    conf->policy.image_digests_n = n;

    return NGX_OK;
}


/* Warns of settings that are allowed, but weaker than they may look. */

static void
ngx_http_ioattest_conf_warn(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf)
{
    unsigned  pins, want, lacks;

    pins = ioa_policy_pins(conf->policy.file);

    want = (conf->policy.cpu & IOA_CPU_TDX) ? IOA_POLICY_PINS_TDX : 0;
    want |= (conf->policy.cpu & IOA_CPU_SEV_SNP) ? IOA_POLICY_PINS_SNP : 0;
    lacks = want & ~pins;

    if (ngx_http_ioattest_conf_first(conf, NGX_HTTP_IOATTEST_WARN_PINS,
            conf->policy.image_digests_n == 0
            && (conf->policy.cpu == 0 || lacks != 0)))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "neither measurements%s nor image digests are "
                           "pinned: any genuine %s will do, see "
                           "\"ioattest_policy\"",
                           lacks == want ? ""
                           : lacks == IOA_POLICY_PINS_TDX ? " of TDX"
                                                          : " of SEV-SNP",
                           lacks == want ? "machine"
                           : lacks == IOA_POLICY_PINS_TDX
                           ? "TDX machine" : "SEV-SNP machine");
    }

    if (ngx_http_ioattest_conf_first(conf, NGX_HTTP_IOATTEST_WARN_BINDING,
            conf->policy.cpu
            && conf->policy.report_data != IOA_REPORT_DATA_ADDRESS))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"ioattest_report_data %s\" accepts machines "
                           "whose signing address is not bound by hardware: "
                           "only TLS to the API vouches for it%s",
                           conf->policy.report_data == IOA_REPORT_DATA_AUTO
                           ? "auto" : "nonce",
                           conf->ssl_verify
                           ? "" : ", and \"ioattest_ssl_verify off\" accepts "
                                  "any TLS or none");
    }

    if (ngx_http_ioattest_conf_first(conf, NGX_HTTP_IOATTEST_WARN_REFERENCE,
            conf->policy.gpu == IOA_GPU_LOCAL
            && conf->policy.reference == NULL))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"ioattest_gpu local\" compares no measurement "
                           "of the GPU: devtools mode and old firmware pass, "
                           "see \"ioattest_gpu_reference\"");
    }

    if (ngx_http_ioattest_conf_first(conf, NGX_HTTP_IOATTEST_WARN_MILAN,
            (conf->policy.cpu & IOA_CPU_SEV_SNP)
            && ioa_policy_any_milan(conf->policy.file)))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "Milan's signing keys can be extracted by "
                           "software (arXiv 2605.12990): pin "
                           "sev_snp.chip_id or leave Milan out of "
                           "sev_snp.products, see \"ioattest_policy\"");
    }

    if (ngx_http_ioattest_conf_first(conf, NGX_HTTP_IOATTEST_WARN_EARLY,
            conf->collateral_early.len
            && (!conf->policy.collateral
                || (conf->policy.cpu & IOA_CPU_TDX) == 0)))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"ioattest_collateral_early\" judges TDX "
                           "platforms that were proved with "
                           "\"ioattest_collateral\": here are none");
    }
}


/*
 * 1 if a warning is due: is is not 0, and the warning was not given for the
 * block around this one.
 */

static ngx_uint_t
ngx_http_ioattest_conf_first(ngx_http_ioattest_loc_conf_t *conf,
    ngx_uint_t warning, ngx_uint_t is)
{
    ngx_uint_t  first;

    first = is && !(conf->warned & warning);

    conf->warned &= ~warning;
    conf->warned |= is ? warning : 0;

    return first;
}


static char *
ngx_http_ioattest_conf_need(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf)
{
    const char                *missing;
    ngx_http_core_loc_conf_t  *clcf;

    missing = ngx_http_ioattest_conf_missing(conf);

    if (missing) {
        clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

        if (clcf->name.len == 0 && !clcf->noname) {
            conf->incomplete = 1;
            return NGX_CONF_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in location \"%V\"",
                           missing, &clcf->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_ioattest_conf_first(conf, NGX_HTTP_IOATTEST_WARN_MODELS,
            conf->request.len && conf->models.len == 0
            && conf->model_id == NULL))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "neither \"ioattest_models\" nor "
                           "\"ioattest_model_id\" is set: requests for "
                           "attestations have the model's name as its id");
    }

    return NGX_CONF_OK;
}


/* Evidence is never accepted unchecked: not asking for it has to be set. */

static const char *
ngx_http_ioattest_conf_missing(ngx_http_ioattest_loc_conf_t *conf)
{
    if (conf->bind == NGX_HTTP_IOATTEST_BIND_BOTH
        && conf->text == IOA_TEXT_BODY)
    {
        return "\"ioattest_bind both\" needs \"ioattest_text\" \"agent\" or "
               "\"raw\": with \"body\" the signed text does not name the "
               "request";
    }

    if (conf->request.len == 0) {
        return conf->trust
               ? NULL
               : "\"ioattest\" needs \"ioattest_request\", the internal "
                 "location for requests of attestations, or "
                 "\"ioattest_trust\"";
    }

    if (conf->cpu != NGX_HTTP_IOATTEST_CPU_OFF && conf->cpu_roots == NULL) {
        return "\"ioattest_cpu_trusted_certificate\" is needed to verify CPU "
               "evidence, or \"ioattest_cpu off\" to ask for none";
    }

    if ((conf->cpu & IOA_CPU_TDX) && conf->collateral.len == 0
        && conf->policy_file && conf->policy_file->min_evaluation.given)
    {
        return "\"tdx.min_evaluation\" of the policy needs "
               "\"ioattest_collateral\": without it every TDX machine would "
               "be refused";
    }

    if (conf->cpu == NGX_HTTP_IOATTEST_CPU_OFF
        && conf->report_data == IOA_REPORT_DATA_ADDRESS)
    {
        return "\"ioattest_report_data address-nonce\" needs CPU evidence, "
               "which has the address, but \"ioattest_cpu off\" asks for "
               "none";
    }

    if (conf->gpu == IOA_GPU_LOCAL && conf->gpu_roots == NULL) {
        return "\"ioattest_gpu_trusted_certificate\" is needed to verify GPU "
               "evidence, or \"ioattest_gpu off\" to ask for none";
    }

    if (conf->gpu == IOA_GPU_NRAS
        && (conf->nras.len == 0 || conf->nras_jwks.len == 0))
    {
        return "\"ioattest_gpu nras\" needs \"ioattest_nras\" and "
               "\"ioattest_nras_jwks\", the internal locations for requests "
               "to NVIDIA's service";
    }

    return NULL;
}


static int ngx_libc_cdecl
ngx_http_ioattest_conf_cmp(const void *one, const void *two)
{
    const ioa_bytes_t *a = one;
    const ioa_bytes_t *b = two;

    return ngx_memn2cmp((u_char *) a->data, (u_char *) b->data, a->len,
                        b->len);
}
