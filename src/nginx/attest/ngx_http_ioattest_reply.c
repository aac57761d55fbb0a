
/*
 * What a models list says goes into the store.
 */


#include "request/ngx_http_ioattest.h"


ioa_status_t
ngx_http_ioattest_reply_models(ngx_http_ioattest_job_t *job)
{
    ngx_uint_t                     lost;
    ioa_bytes_t                    body;
    ioa_models_t                  *models;
    ioa_status_t                   st;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = job->ctx->conf;

    body.data = job->reply;
    body.len = job->size;

    st = ioa_models_parse(&models, body);
    if (st != IOA_OK) {
        return st;
    }

    lost = ngx_http_ioattest_list_store(ilcf->zone, &job->ctx->key,
                                        ilcf->policy32, models, job->token);

    ioa_models_free(models);

    if (lost) {
        ngx_log_error(NGX_LOG_WARN, job->ctx->request->connection->log, 0,
                      "ioattest zone \"%V\" has no room for %ui entries of "
                      "the models list: make it larger",
                      &ilcf->zone->name, lost);
    }

    return IOA_OK;
}
