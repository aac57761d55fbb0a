
/*
 * What a job brought: hands it to the door, and what the door lets through
 * to the store.
 */


#include "ngx_http_ioattest.h"


static ioa_status_t ngx_http_ioattest_reply_machine(
    ngx_http_ioattest_job_t *job, ioa_bytes_t body);
static ioa_status_t ngx_http_ioattest_reply_models(
    ngx_http_ioattest_job_t *job, ioa_bytes_t body);


ioa_status_t
ngx_http_ioattest_reply_judge(ngx_http_ioattest_job_t *job)
{
    ioa_bytes_t  body;

    body.data = job->reply;
    body.len = job->size;

    return (job->kind == NGX_HTTP_IOATTEST_JOB_ATTEST)
           ? ngx_http_ioattest_reply_machine(job, body)
           : ngx_http_ioattest_reply_models(job, body);
}


static ioa_status_t
ngx_http_ioattest_reply_machine(ngx_http_ioattest_job_t *job, ioa_bytes_t body)
{
    u_char                         key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_str_t                      id, address;
    ioa_status_t                   st;
    ioa_machine_t                  proved;
    ngx_http_ioattest_ctx_t       *ctx;
    ngx_http_ioattest_machine_t    machine;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ctx = job->ctx;
    ilcf = ctx->conf;

    st = ioa_attest_verify(&proved, body, job->nonce32, &ilcf->policy);
    if (st != IOA_OK) {
        return st;
    }

    ngx_memzero(&machine, sizeof(ngx_http_ioattest_machine_t));

    ngx_memcpy(machine.address20, proved.address20, IOA_ADDRESS_LEN);
    ngx_memcpy(machine.image_digest, proved.image_digest,
               proved.image_digest_len);
    machine.image_digest_len = proved.image_digest_len;
    machine.attested_at = ngx_time();
    machine.pinned = (ilcf->policy.image_digests_n != 0);
    machine.expires_at = machine.attested_at + ilcf->valid;

    id.data = ctx->model.names.id;
    id.len = ctx->model.names.id_len;
    address.data = machine.address20;
    address.len = IOA_ADDRESS_LEN;

    ngx_http_ioattest_store_key(key32, NGX_HTTP_IOATTEST_NODE_MACHINE,
                                ilcf->policy32, &id, &address);

    if (ngx_http_ioattest_store_add(ilcf->zone, &ctx->model, key32, &machine,
                                    job->token)
        != NGX_OK)
    {
        return IOA_ZONE_FULL;
    }

    return IOA_OK;
}


static ioa_status_t
ngx_http_ioattest_reply_models(ngx_http_ioattest_job_t *job, ioa_bytes_t body)
{
    ngx_uint_t                     lost;
    ioa_models_t                  *models;
    ioa_status_t                   st;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = job->ctx->conf;

    st = ioa_models_parse(&models, body);
    if (st != IOA_OK) {
        return st;
    }

    lost = ngx_http_ioattest_list_store(ilcf->zone, ilcf->list_key,
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
