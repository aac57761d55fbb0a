
/*
 * Which model a request is for, and the API's id of that model.
 */


#ifndef _NGX_HTTP_IOATTEST_MODEL_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_MODEL_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/*
 * They return NGX_OK; NGX_AGAIN while the models list is being read;
 * NGX_DECLINED with *reason if the request is to be refused; NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_model_name(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason);
ngx_int_t ngx_http_ioattest_model_resolve(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason);

/* 1 if ioattest_model_id has variables, so that the id varies by request. */
ngx_uint_t ngx_http_ioattest_model_varies(ngx_http_ioattest_loc_conf_t *conf);

/*
 * Completes a model whose name is set.  NGX_OK; NGX_AGAIN while the models
 * list is being read; NGX_DECLINED with *reason, and with *rest if that is
 * IOA_ATTESTATION_REFUSED.
 */
ngx_int_t ngx_http_ioattest_model_find(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    ngx_http_ioattest_model_t *model, ioa_status_t *reason,
    ngx_http_ioattest_resting_t *rest);


#endif /* _NGX_HTTP_IOATTEST_MODEL_H_INCLUDED_ */
