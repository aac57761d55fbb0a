
/*
 * ioattest: verified confidential inference.  Directives, their defaults,
 * descriptor; what they do is in src/nginx, what is judged in src/core.
 */


#include "ngx_http_ioattest_conf.h"


static ngx_int_t ngx_http_ioattest_init(ngx_conf_t *cf);
static void *ngx_http_ioattest_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_ioattest_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_ioattest_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);


#define NGX_HTTP_IOATTEST_ANYWHERE                                           \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF


static ngx_command_t  ngx_http_ioattest_commands[] = {

    { ngx_string("ioattest_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_enable,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest_dry_run"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, dry_run),
      (void *) &ngx_http_ioattest_value_flag },

    { ngx_string("ioattest_request"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_uri,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, request),
      NULL },

    { ngx_string("ioattest_models"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_uri,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, models),
      (void *) "off" },

    { ngx_string("ioattest_model"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_complex,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, model),
      NULL },

    { ngx_string("ioattest_model_id"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_complex,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, model_id),
      NULL },

    { ngx_string("ioattest_valid"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, valid),
      (void *) &ngx_http_ioattest_value_valid },

    { ngx_string("ioattest_refresh"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, refresh),
      (void *) &ngx_http_ioattest_value_refresh },

    { ngx_string("ioattest_attempts"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, attempts),
      (void *) &ngx_http_ioattest_value_attempts },

    { ngx_string("ioattest_timeout"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, timeout),
      (void *) &ngx_http_ioattest_value_timeout },

    { ngx_string("ioattest_fail_timeout"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, fail_timeout),
      (void *) &ngx_http_ioattest_value_fail },

    { ngx_string("ioattest_buffer_size"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, buffer_size),
      (void *) &ngx_http_ioattest_value_size },

    { ngx_string("ioattest_cpu"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_ioattest_conf_cpu,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest_gpu"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, gpu),
      (void *) &ngx_http_ioattest_value_gpu },

    { ngx_string("ioattest_cpu_trusted_certificate"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_roots,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, cpu_roots),
      NULL },

    { ngx_string("ioattest_gpu_trusted_certificate"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_roots,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, gpu_roots),
      NULL },

    { ngx_string("ioattest_policy"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_policy,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest_report_data"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, report_data),
      (void *) &ngx_http_ioattest_value_data },

    { ngx_string("ioattest_ssl_verify"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, ssl_verify),
      (void *) &ngx_http_ioattest_value_flag },

    { ngx_string("ioattest_collateral"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_uri,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, collateral),
      (void *) "off" },

    { ngx_string("ioattest_collateral_slack"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, slack),
      (void *) &ngx_http_ioattest_value_slack },

    { ngx_string("ioattest_amd_kds"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_uri,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, amd_kds),
      (void *) "off" },

    { ngx_string("ioattest_nras"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_uri,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, nras),
      NULL },

    { ngx_string("ioattest_nras_jwks"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_uri,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, nras_jwks),
      NULL },

    { ngx_string("ioattest_thread_pool"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_pool,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest_image_digest"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_ioattest_conf_digests,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest_trust"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_ioattest_conf_trust,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest_text"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, text),
      (void *) &ngx_http_ioattest_value_text },

    { ngx_string("ioattest_bind"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, bind),
      (void *) &ngx_http_ioattest_value_bind },

    { ngx_string("ioattest_stream"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, stream),
      (void *) &ngx_http_ioattest_value_stream },

    { ngx_string("ioattest_signature_event"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, event),
      (void *) &ngx_http_ioattest_value_event },

    { ngx_string("ioattest_replay"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, replay),
      (void *) &ngx_http_ioattest_value_replay },

    { ngx_string("ioattest_pass_errors"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, pass_errors),
      (void *) &ngx_http_ioattest_value_flag },

    { ngx_string("ioattest_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_ioattest_module_ctx = {
    ngx_http_ioattest_variables_add,        /* preconfiguration */
    ngx_http_ioattest_init,                 /* postconfiguration */

    ngx_http_ioattest_create_main_conf,     /* create main configuration */
    NULL,                                   /* init main configuration */

    NULL,                                   /* create server configuration */
    NULL,                                   /* merge server configuration */

    ngx_http_ioattest_create_loc_conf,      /* create location configuration */
    ngx_http_ioattest_merge_loc_conf        /* merge location configuration */
};


ngx_module_t  ngx_http_ioattest_module = {
    NGX_MODULE_V1,
    &ngx_http_ioattest_module_ctx,          /* module context */
    ngx_http_ioattest_commands,             /* module directives */
    NGX_HTTP_MODULE,                        /* module type */
    NULL,                                   /* init master */
    NULL,                                   /* init module */
    NULL,                                   /* init process */
    NULL,                                   /* init thread */
    NULL,                                   /* exit thread */
    NULL,                                   /* exit process */
    NULL,                                   /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_ioattest_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_ioattest_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_ioattest_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mcf->no_policy = NULL;
     *     mcf->cache = NULL;
     *     mcf->enabled = 0;
     */

    if (ngx_array_init(&mcf->zones, cf->pool, 1,
                       sizeof(ngx_http_ioattest_zone_t *))
        != NGX_OK
        || ngx_array_init(&mcf->policies, cf->pool, 1,
                          sizeof(ngx_http_ioattest_policy_t))
           != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


static void *
ngx_http_ioattest_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_ioattest_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_ioattest_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->zone_name = { 0, NULL };
     *     conf->zone = NULL;
     *     conf->request = { 0, NULL };
     *     conf->models = { 0, NULL };
     *     conf->policy_name = { 0, NULL };
     *     conf->collateral, amd_kds, nras, nras_jwks = { 0, NULL };
     *     conf->thread_pool_name = { 0, NULL };
     *     conf->thread_pool = NULL;
     *     conf->model = NULL;
     *     conf->model_id = NULL;
     *     conf->cpu = 0;
     *     conf->limits, conf->policy, conf->policy32, conf->list_key
     */

    conf->enable = NGX_CONF_UNSET;
    conf->dry_run = NGX_CONF_UNSET;
    conf->pass_errors = NGX_CONF_UNSET;
    conf->ssl_verify = NGX_CONF_UNSET;
    conf->valid = NGX_CONF_UNSET;
    conf->refresh = NGX_CONF_UNSET;
    conf->attempts = NGX_CONF_UNSET_UINT;
    conf->timeout = NGX_CONF_UNSET_MSEC;
    conf->fail_timeout = NGX_CONF_UNSET_MSEC;
    conf->buffer_size = NGX_CONF_UNSET_SIZE;
    conf->text = NGX_CONF_UNSET_UINT;
    conf->bind = NGX_CONF_UNSET_UINT;
    conf->stream = NGX_CONF_UNSET_UINT;
    conf->event = NGX_CONF_UNSET_UINT;
    conf->replay = NGX_CONF_UNSET_MSEC;
    conf->gpu = NGX_CONF_UNSET_UINT;
    conf->report_data = NGX_CONF_UNSET_UINT;
    conf->cpu_roots = NGX_CONF_UNSET_PTR;
    conf->gpu_roots = NGX_CONF_UNSET_PTR;
    conf->policy_file = NGX_CONF_UNSET_PTR;
    conf->slack = NGX_CONF_UNSET;
    conf->image_digests = NGX_CONF_UNSET_PTR;
    conf->trust = NGX_CONF_UNSET_PTR;
    conf->status_format = NGX_CONF_UNSET_UINT;

    return conf;
}


static char *
ngx_http_ioattest_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_ioattest_loc_conf_t *prev = parent;
    ngx_http_ioattest_loc_conf_t *conf = child;

    ngx_uint_t  own;

    own = (conf->enable != NGX_CONF_UNSET);

    if (!own && conf->status_format != NGX_CONF_UNSET_UINT) {

        /* the status page of a protected server is not the API's */
        conf->enable = 0;

    } else if (!own) {
        ngx_conf_merge_value(conf->enable, prev->enable, 0);
        conf->zone_name = prev->zone_name;
    }

    ngx_conf_merge_value(conf->dry_run, prev->dry_run, 0);
    ngx_conf_merge_value(conf->pass_errors, prev->pass_errors, 1);
    ngx_conf_merge_value(conf->ssl_verify, prev->ssl_verify, 1);

    ngx_conf_merge_str_value(conf->request, prev->request, "");
    ngx_conf_merge_str_value(conf->models, prev->models, "");

    if (conf->model == NULL) {
        conf->model = prev->model;
    }

    if (conf->model_id == NULL) {
        conf->model_id = prev->model_id;
    }

    ngx_conf_merge_sec_value(conf->valid, prev->valid, 600);

    if (conf->refresh == NGX_CONF_UNSET) {

        /* its default depends on ioattest_valid */
        conf->refresh = prev->refresh;
    }

    ngx_conf_merge_uint_value(conf->attempts, prev->attempts, 32);
    ngx_conf_merge_msec_value(conf->timeout, prev->timeout, 10000);
    ngx_conf_merge_msec_value(conf->fail_timeout, prev->fail_timeout, 5000);
    ngx_conf_merge_size_value(conf->buffer_size, prev->buffer_size,
                              8 * 1024 * 1024);

    ngx_conf_merge_uint_value(conf->text, prev->text, IOA_TEXT_AGENT);
    ngx_conf_merge_uint_value(conf->bind, prev->bind,
                              NGX_HTTP_IOATTEST_BIND_RESPONSE);
    ngx_conf_merge_uint_value(conf->stream, prev->stream,
                              NGX_HTTP_IOATTEST_STREAM_TAIL);
    ngx_conf_merge_uint_value(conf->event, prev->event,
                              NGX_HTTP_IOATTEST_EVENT_DROP);
    ngx_conf_merge_msec_value(conf->replay, prev->replay, 0);

    if (conf->cpu == 0) {
        conf->cpu = prev->cpu ? prev->cpu : (IOA_CPU_TDX|IOA_CPU_SEV_SNP);
    }

    ngx_conf_merge_uint_value(conf->gpu, prev->gpu, IOA_GPU_LOCAL);
    ngx_conf_merge_uint_value(conf->report_data, prev->report_data,
                              IOA_REPORT_DATA_AUTO);

    ngx_conf_merge_ptr_value(conf->cpu_roots, prev->cpu_roots, NULL);
    ngx_conf_merge_ptr_value(conf->gpu_roots, prev->gpu_roots, NULL);

    if (conf->policy_file == NGX_CONF_UNSET_PTR) {
        conf->policy_name = prev->policy_name;
    }

    ngx_conf_merge_ptr_value(conf->policy_file, prev->policy_file, NULL);

    ngx_conf_merge_str_value(conf->collateral, prev->collateral, "");
    ngx_conf_merge_str_value(conf->amd_kds, prev->amd_kds, "");
    ngx_conf_merge_str_value(conf->nras, prev->nras, "");
    ngx_conf_merge_str_value(conf->nras_jwks, prev->nras_jwks, "");
    ngx_conf_merge_sec_value(conf->slack, prev->slack, 0);
    ngx_conf_merge_str_value(conf->thread_pool_name, prev->thread_pool_name,
                             "default");

    ngx_conf_merge_ptr_value(conf->image_digests, prev->image_digests, NULL);
    ngx_conf_merge_ptr_value(conf->trust, prev->trust, NULL);

    ngx_conf_merge_uint_value(conf->status_format, NGX_CONF_UNSET_UINT,
                              NGX_HTTP_IOATTEST_STATUS_AUTO);

    return ngx_http_ioattest_conf_finish(cf, conf, own);
}


static ngx_int_t
ngx_http_ioattest_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt            *h;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_ioattest_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ioattest_module);

    if (!mcf->enabled) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_ioattest_phase_handler;

    return ngx_http_ioattest_filter_init(cf);
}
