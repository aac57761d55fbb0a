
/*
 * ioattest: verified confidential inference.  Here are the directives and the
 * module; their code is in src/nginx, and the verification in src/core.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_output.h"
#include "gate/ngx_http_ioattest_gate.h"
#include "response/ngx_http_ioattest_response.h"
#include "status/ngx_http_ioattest_status.h"
#include "attest/ngx_http_ioattest_census.h"
#include "module/ngx_http_ioattest_module.h"


static ngx_int_t ngx_http_ioattest_init(ngx_conf_t *cf);
static void *ngx_http_ioattest_create_main_conf(ngx_conf_t *cf);


#define NGX_HTTP_IOATTEST_ANYWHERE                                           \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


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

    { ngx_string("ioattest_authorization"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE12,
      ngx_http_ioattest_conf_authorization,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
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

    { ngx_string("ioattest_wait"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, wait),
      (void *) &ngx_http_ioattest_value_wait },

    { ngx_string("ioattest_parallel"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, parallel),
      (void *) &ngx_http_ioattest_value_parallel },

    { ngx_string("ioattest_background"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, background),
      (void *) &ngx_http_ioattest_value_background },

    { ngx_string("ioattest_prewarm"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_ioattest_conf_prewarm,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest_pool"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, pool),
      (void *) &ngx_http_ioattest_value_pool },

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

    { ngx_string("ioattest_gpu_reference"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_reference,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
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
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE12,
      ngx_http_ioattest_conf_kds,
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

    { ngx_string("ioattest_gpu_ocsp"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE12,
      ngx_http_ioattest_conf_ocsp,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, gpu_ocsp),
      (void *) "off" },

    { ngx_string("ioattest_collateral_early"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_uri,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, collateral_early),
      (void *) "off" },

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

    { ngx_string("ioattest_audit_log"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_audit,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest_evidence_dir"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_evidence_dir,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest_evidence_keep"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_ioattest_loc_conf_t, evidence.keep),
      (void *) &ngx_http_ioattest_value_keep },

    { ngx_string("ioattest_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("ioattest_request_defaults"),
      NGX_HTTP_IOATTEST_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_ioattest_conf_defaults,
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

    ngx_http_ioattest_conf_create,          /* create location configuration */
    ngx_http_ioattest_conf_merge            /* merge location configuration */
};


ngx_module_t  ngx_http_ioattest_module = {
    NGX_MODULE_V1,
    &ngx_http_ioattest_module_ctx,          /* module context */
    ngx_http_ioattest_commands,             /* module directives */
    NGX_HTTP_MODULE,                        /* module type */
    NULL,                                   /* init master */
    NULL,                                   /* init module */
    ngx_http_ioattest_census_init,          /* init process */
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
        || ngx_array_init(&mcf->attested, cf->pool, 4,
                          sizeof(ngx_http_ioattest_loc_conf_t *))
           != NGX_OK
        || ngx_array_init(&mcf->targets, cf->pool, 1,
                          sizeof(ngx_http_ioattest_target_t))
           != NGX_OK
        || ngx_array_init(&mcf->prewarms, cf->pool, 1,
                          sizeof(ngx_http_ioattest_prewarm_t *))
           != NGX_OK
        || ngx_array_init(&mcf->audits, cf->pool, 1,
                          sizeof(ngx_http_ioattest_audit_t *))
           != NGX_OK
        || ngx_array_init(&mcf->changes, cf->pool, 1,
                          sizeof(ngx_http_ioattest_change_t))
           != NGX_OK
        || ngx_array_init(&mcf->policies, cf->pool, 1,
                          sizeof(ngx_http_ioattest_policy_t))
           != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


static ngx_int_t
ngx_http_ioattest_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt            *h;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_ioattest_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ioattest_module);

    if (ngx_http_ioattest_conf_census(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!mcf->enabled) {
        return NGX_OK;
    }

    mcf->logged = ngx_http_ioattest_variables_hash(cf);

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_ioattest_gate_handler;

    if (ngx_http_ioattest_upstream_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_ioattest_conf_order(cf);

    ngx_http_ioattest_output_init(ngx_http_ioattest_header_filter,
                                  ngx_http_ioattest_body_filter);

    return NGX_OK;
}
