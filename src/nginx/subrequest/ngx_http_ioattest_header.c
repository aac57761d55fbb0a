
/*
 * Adds a header to a request.
 */


#include "subrequest/ngx_http_ioattest_subrequest.h"


ngx_int_t
ngx_http_ioattest_subrequest_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value, ngx_table_elt_t **slot)
{
    size_t            len;
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    len = ngx_strlen(name);

    h->key.len = len;
    h->key.data = (u_char *) name;
    h->value = *value;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    h->lowcase_key = ngx_pnalloc(r->pool, len);
    if (h->lowcase_key == NULL) {
        h->hash = 0;
        return NGX_ERROR;
    }

    h->hash = ngx_hash_strlow(h->lowcase_key, h->key.data, len);
    *slot = h;

    return NGX_OK;
}
