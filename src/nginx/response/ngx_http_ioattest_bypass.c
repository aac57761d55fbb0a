
/*
 * Responses whose header shows that they cannot be judged, or that they would
 * bypass the body filter.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_wait.h"
#include "request/ngx_http_ioattest_headers.h"
#include "request/ngx_http_ioattest_output.h"
#include "request/ngx_http_ioattest_refusal.h"
#include "subrequest/ngx_http_ioattest_subrequest.h"
#include "gate/ngx_http_ioattest_gate.h"
#include "response/ngx_http_ioattest_response.h"


/*
 * 1 if the response has been shaped by a request header that only a dry run
 * leaves in.  Without the dry run the upstream would have sent another
 * response, about which nothing can be said.
 */

ngx_uint_t
ngx_http_ioattest_header_unlike(ngx_http_request_t *r)
{
    ngx_uint_t  status;

    status = ngx_http_ioattest_header_status(r);

    /* nginx's range filter is called before ours, and would cut the body */

    if (r->allow_ranges && r->headers_in.range) {
        return 1;
    }

    return ngx_http_ioattest_request_unwanted(r)
           && (status == NGX_HTTP_PARTIAL_CONTENT
               || status == NGX_HTTP_NOT_MODIFIED
               || ngx_http_ioattest_coded(&r->headers_out.headers.part));
}


/* Ways in which bytes would reach a client unseen by the body filter. */

const char *
ngx_http_ioattest_header_bypass(ngx_http_request_t *r)
{
    ngx_uint_t            status;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    status = ngx_http_ioattest_header_status(r);

    if (status == NGX_HTTP_SWITCHING_PROTOCOLS
        || (u && u->upgrade))
    {
        return "the upstream switched protocols";
    }

    /* a client would read the body as its next response */

    if (status < NGX_HTTP_OK) {
        return "an interim status is not a response";
    }

    /* each part is a subrequest of its own, and the whole is not signed */

    if (r->subrequest_ranges) {
        return "slice must be off in this location";
    }

#if (NGX_HTTP_CACHE)
    if (r->cached || (u && u->cacheable)) {
        return "proxy_cache must be off in this location";
    }
#endif

    if (u && u->store) {
        return "proxy_store must be off in this location";
    }

    /* r->upstream may be that of an earlier location, before a redirect */

    if (u == NULL || u->cleanup == NULL) {
        return "the response was made by nginx, not by an upstream";
    }

    return NULL;
}


/*
 * The status as the upstream sent it: error_page may have replaced it in
 * headers_out.
 */

ngx_uint_t
ngx_http_ioattest_header_status(ngx_http_request_t *r)
{
    return (r->upstream && r->upstream->headers_in.status_n)
           ? r->upstream->headers_in.status_n : r->headers_out.status;
}
