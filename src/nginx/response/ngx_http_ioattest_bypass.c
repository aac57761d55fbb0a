
/*
 * What a response is by its header: one that could not be judged, or one
 * that would get past the body filter.
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
 * A dry run leaves in the request's headers what is taken out otherwise.
 * 1 where the response is what it is for that: nothing could be said of the
 * one that would have come.
 */

ngx_uint_t
ngx_http_ioattest_header_unlike(ngx_http_request_t *r)
{
    ngx_uint_t  status;

    status = ngx_http_ioattest_header_status(r);

    /* nginx itself makes a part of it, above the filter that would hold it */

    if (r->allow_ranges && r->headers_in.range) {
        return 1;
    }

    return ngx_http_ioattest_request_unwanted(r)
           && (status == NGX_HTTP_PARTIAL_CONTENT
               || status == NGX_HTTP_NOT_MODIFIED
               || ngx_http_ioattest_coded(&r->headers_out.headers.part));
}


/* Ways on which bytes would reach a client that no body filter has seen. */

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

    /* to a client that is no answer: it would take the body for the next */

    if (status < NGX_HTTP_OK) {
        return "an interim status is no answer";
    }

    /* the parts are requests of their own: the whole has no signature */

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

    /* of an earlier location, before a redirection */

    if (u == NULL || u->cleanup == NULL) {
        return "the answer is made here, and comes from no upstream";
    }

    return NULL;
}


/*
 * What the upstream has said: error_page may have put another status in its
 * place.
 */

ngx_uint_t
ngx_http_ioattest_header_status(ngx_http_request_t *r)
{
    return (r->upstream && r->upstream->headers_in.status_n)
           ? r->upstream->headers_in.status_n : r->headers_out.status;
}
