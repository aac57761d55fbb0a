
/*
 * The chain of the issuer that Intel's services send beside a document, in a
 * header of its own.
 */


#include "request/ngx_http_ioattest.h"


static ngx_uint_t ngx_http_ioattest_fetch_named(ngx_str_t *key,
    ngx_str_t *name);


void
ngx_http_ioattest_fetch_chain(ngx_http_ioattest_job_t *job, ngx_str_t *name)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (name->len == 0 || job->sr->upstream == NULL) {
        return;
    }

    for (part = &job->sr->upstream->headers_in.headers.part;
         part;
         part = part->next)
    {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (ngx_http_ioattest_fetch_named(&h[i].key, name)) {
                job->chain = h[i].value;
                return;
            }
        }
    }
}


/*
 * TCB info had its chain in SGX-TCB-Info-Issuer-Chain before version 4, and
 * caches of today have it there for version 4 too.
 */

static ngx_uint_t
ngx_http_ioattest_fetch_named(ngx_str_t *key, ngx_str_t *name)
{
    size_t  more;

    static ngx_str_t  sgx = ngx_string("SGX-");

    more = key->len == name->len ? 0 : sgx.len;

    return key->len == more + name->len
           && ngx_strncasecmp(key->data, sgx.data, more) == 0
           && ngx_strncasecmp(key->data + more, name->data, name->len) == 0;
}
