
/*
 * The gateway's own keys that the background may use for one policy.
 */


#ifndef _NGX_HTTP_IOATTEST_SOURCES_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_SOURCES_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


/* A location of which the gateway has the key. */
typedef struct {
    ngx_http_ioattest_loc_conf_t   *conf;
    ngx_http_ioattest_key_t         key;
    ngx_str_t                       authorization;
    ngx_uint_t                      rests;      /* and there are others */
} ngx_http_ioattest_source_t;


typedef struct {
    ngx_http_ioattest_source_t     *source;
    ngx_uint_t                      n;          /* at least 1 */
} ngx_http_ioattest_sources_t;


/* confs: loc_conf_t*.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_sources_init(ngx_http_ioattest_sources_t *sources,
    ngx_pool_t *pool, ngx_array_t *confs);

/* Finds out which keys there are now, and which of them rest. */
void ngx_http_ioattest_sources_look(ngx_http_ioattest_sources_t *sources);

/*
 * Looks the model's name up with each key, which starts a read of that key's
 * models list when it is due.  NGX_OK: the model's id and key are those of
 * the first list that has the name; NGX_AGAIN: a list is being read;
 * NGX_DECLINED, with a reason.
 *
 * conf: only locations with its "ioattest_model_id"; NULL: all.
 */
ngx_int_t ngx_http_ioattest_sources_find(ngx_http_ioattest_sources_t *sources,
    ngx_http_ioattest_loc_conf_t *conf, ngx_http_ioattest_model_t *model,
    ioa_status_t *reason);

/* Whose key the model is to be attested with. */
ngx_http_ioattest_source_t *ngx_http_ioattest_sources_pick(
    ngx_http_ioattest_sources_t *sources,
    const ngx_http_ioattest_model_t *model);


#endif /* _NGX_HTTP_IOATTEST_SOURCES_H_INCLUDED_ */
