
/*
 * The key that attestations and models lists are asked with.
 */


#ifndef _NGX_HTTP_IOATTEST_KEY_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_KEY_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/* Out: ctx->key and ctx->authorization.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_key_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* 1 if the value may be sent as that of a header. */
ngx_uint_t ngx_http_ioattest_key_printable(ngx_str_t *value);

/* Out: value and key, as the location defines them for r.  As key_read. */
ngx_int_t ngx_http_ioattest_key_value(ngx_http_request_t *r,
    ngx_http_ioattest_loc_conf_t *ilcf, ngx_str_t *value,
    ngx_http_ioattest_key_t *key);

/*
 * The gateway's own key, without a request.  If it has variables, value is
 * empty, with data NULL, and the key is the one last noted by key_seen().
 */
void ngx_http_ioattest_key_own(ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_str_t *value, ngx_http_ioattest_key_t *key);

/* Notes a value of the gateway's own key; NULL: that it could not be had. */
void ngx_http_ioattest_key_seen(ngx_http_ioattest_loc_conf_t *ilcf,
    const ngx_http_ioattest_key_t *key);

/* 1 if the gateway's own key has variables that should be evaluated now. */
ngx_uint_t ngx_http_ioattest_key_stale(ngx_http_ioattest_loc_conf_t *ilcf);

/* Sets what a refusal tells a caller whose key rests. */
void ngx_http_ioattest_key_resting(ngx_http_ioattest_ctx_t *ctx,
    const ngx_http_ioattest_resting_t *rest);


#endif /* _NGX_HTTP_IOATTEST_KEY_H_INCLUDED_ */
