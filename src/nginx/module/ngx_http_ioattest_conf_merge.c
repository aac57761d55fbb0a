
/*
 * The configuration of a location: created, and merged with the block around
 * it.  The defaults are here.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "module/ngx_http_ioattest_module.h"


static char *ngx_http_ioattest_conf_here(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf);


void *
ngx_http_ioattest_conf_create(ngx_conf_t *cf)
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
     *     conf->server = NULL;
     *     conf->request = { 0, NULL };
     *     conf->models = { 0, NULL };
     *     conf->policy_name = { 0, NULL };
     *     conf->collateral, amd_kds, nras, nras_jwks = { 0, NULL };
     *     conf->amd_no_crl = 0;
     *     conf->gpu_ocsp = { 0, NULL };
     *     conf->gpu_hold = 0;
     *     conf->collateral_early = { 0, NULL };
     *     conf->thread_pool_name = { 0, NULL };
     *     conf->thread_pool = NULL;
     *     conf->model = NULL;
     *     conf->model_id = NULL;
     *     conf->authorization = NULL;
     *     conf->own_key = 0;
     *     conf->prewarm = NULL;
     *     conf->cpu = 0;
     *     conf->warned = 0;
     *     conf->body_buffer_size, max_body_size, body_in_file_only = 0;
     *     conf->limits, conf->policy, conf->policy32
     */

    conf->file = cf->conf_file->file.name;
    conf->line = cf->conf_file->line;

    conf->enable = NGX_CONF_UNSET;
    conf->dry_run = NGX_CONF_UNSET;
    conf->pass_errors = NGX_CONF_UNSET;
    conf->ssl_verify = NGX_CONF_UNSET;
    conf->valid = NGX_CONF_UNSET;
    conf->refresh = NGX_CONF_UNSET;
    conf->attempts = NGX_CONF_UNSET_UINT;
    conf->timeout = NGX_CONF_UNSET_MSEC;
    conf->wait = NGX_CONF_UNSET_MSEC;
    conf->fail_timeout = NGX_CONF_UNSET_MSEC;
    conf->parallel = NGX_CONF_UNSET_UINT;
    conf->background = NGX_CONF_UNSET_MSEC;
    conf->pool = NGX_CONF_UNSET_UINT;
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
    conf->gpu_reference = NGX_CONF_UNSET_PTR;
    conf->policy_file = NGX_CONF_UNSET_PTR;
    conf->slack = NGX_CONF_UNSET;
    conf->image_digests = NGX_CONF_UNSET_PTR;
    conf->trust = NGX_CONF_UNSET_PTR;
    conf->status_format = NGX_CONF_UNSET_UINT;
    conf->audit = NGX_CONF_UNSET_PTR;
    conf->evidence.path = NGX_CONF_UNSET_PTR;
    conf->evidence.keep = NGX_CONF_UNSET_UINT;
    conf->request_defaults = NGX_CONF_UNSET_PTR;

    return conf;
}


char *
ngx_http_ioattest_conf_merge(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_ioattest_loc_conf_t *prev = parent;
    ngx_http_ioattest_loc_conf_t *conf = child;

    ngx_uint_t  own;

    own = (conf->enable != NGX_CONF_UNSET);

    if (!own && conf->status_format != NGX_CONF_UNSET_UINT) {

        /* "ioattest_status" in a protected server: not sent to the API */
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

    if (conf->authorization == NULL) {
        conf->authorization = prev->authorization;
        conf->own_key = prev->own_key;
    }

    ngx_conf_merge_sec_value(conf->valid, prev->valid, 600);

    if (conf->refresh == NGX_CONF_UNSET) {

        /* if unset, the default depends on ioattest_valid */
        conf->refresh = prev->refresh;
    }

    ngx_conf_merge_uint_value(conf->attempts, prev->attempts,
                              NGX_HTTP_IOATTEST_ATTEMPTS_AUTO);
    ngx_conf_merge_msec_value(conf->timeout, prev->timeout, 10000);
    ngx_conf_merge_msec_value(conf->wait, prev->wait, 60000);
    ngx_conf_merge_uint_value(conf->parallel, prev->parallel, 8);
    ngx_conf_merge_msec_value(conf->background, prev->background, 3600000);
    ngx_conf_merge_uint_value(conf->pool, prev->pool,
                              NGX_HTTP_IOATTEST_POOL_ANY);

    if (conf->prewarm == NULL) {
        conf->prewarm = prev->prewarm;
    }

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
    ngx_conf_merge_ptr_value(conf->gpu_reference, prev->gpu_reference, NULL);

    if (conf->policy_file == NGX_CONF_UNSET_PTR) {
        conf->policy_name = prev->policy_name;
    }

    ngx_conf_merge_ptr_value(conf->policy_file, prev->policy_file, NULL);

    ngx_conf_merge_str_value(conf->collateral, prev->collateral, "");

    if (conf->amd_kds.data == NULL) {
        conf->amd_no_crl = prev->amd_no_crl;
    }

    ngx_conf_merge_str_value(conf->amd_kds, prev->amd_kds, "");
    if (conf->gpu_ocsp.data == NULL) {
        conf->gpu_hold = prev->gpu_hold;
    }

    ngx_conf_merge_str_value(conf->gpu_ocsp, prev->gpu_ocsp, "");
    ngx_conf_merge_str_value(conf->collateral_early, prev->collateral_early,
                             "");
    ngx_conf_merge_str_value(conf->nras, prev->nras, "");
    ngx_conf_merge_str_value(conf->nras_jwks, prev->nras_jwks, "");
    ngx_conf_merge_sec_value(conf->slack, prev->slack, 0);
    ngx_conf_merge_str_value(conf->thread_pool_name, prev->thread_pool_name,
                             "default");

    ngx_conf_merge_ptr_value(conf->image_digests, prev->image_digests, NULL);
    ngx_conf_merge_ptr_value(conf->trust, prev->trust, NULL);

    ngx_conf_merge_uint_value(conf->status_format, NGX_CONF_UNSET_UINT,
                              NGX_HTTP_IOATTEST_STATUS_AUTO);
    ngx_conf_merge_ptr_value(conf->request_defaults, prev->request_defaults,
                             NULL);

    ngx_conf_merge_ptr_value(conf->audit, prev->audit, NULL);
    ngx_conf_merge_ptr_value(conf->evidence.path, prev->evidence.path, NULL);
    ngx_conf_merge_uint_value(conf->evidence.keep, prev->evidence.keep,
                              10000);

    if (!own) {
        conf->warned = prev->warned;
        conf->body_buffer_size = prev->body_buffer_size;
        conf->max_body_size = prev->max_body_size;
        conf->body_in_file_only = prev->body_in_file_only;
    }

    return ngx_http_ioattest_conf_here(cf, conf);
}


/*
 * Locations are merged at the end of http {}.  Messages about a location name
 * the line of its own block.
 */

static char *
ngx_http_ioattest_conf_here(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf)
{
    char             *rv;
    ngx_conf_file_t   here, *end;

    end = cf->conf_file;

    here = *end;
    here.file.name = conf->file;
    here.line = conf->line;

    cf->conf_file = &here;
    rv = ngx_http_ioattest_conf_finish(cf, conf);
    cf->conf_file = end;

    return rv;
}
