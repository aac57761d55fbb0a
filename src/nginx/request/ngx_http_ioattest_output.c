
/*
 * Passes headers and bodies on to the filters below this module.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"
#include "request/ngx_http_ioattest_output.h"


#if (nginx_version >= 1029000)
static ngx_int_t ngx_http_ioattest_filter_early(ngx_http_request_t *r);
#endif


#if (nginx_version >= 1029000)
static ngx_http_output_header_filter_pt  ngx_http_next_early_hints_filter;
#endif
static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


void
ngx_http_ioattest_output_init(ngx_http_output_header_filter_pt header,
    ngx_http_output_body_filter_pt body)
{
#if (nginx_version >= 1029000)
    ngx_http_next_early_hints_filter = ngx_http_top_early_hints_filter;
    ngx_http_top_early_hints_filter = ngx_http_ioattest_filter_early;
#endif

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = header;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = body;
}


/* Every header of a response that is, or will be, judged is sent here. */

ngx_int_t
ngx_http_ioattest_next_header(ngx_http_request_t *r)
{
    ngx_uint_t                redirected;
    ngx_http_ioattest_ctx_t  *ctx;

    ctx = ngx_http_ioattest_ctx_find(r, &redirected);

    if (ctx && !redirected) {

        if (ctx->state == NGX_HTTP_IOATTEST_STATE_RELEASED
            || ctx->state == NGX_HTTP_IOATTEST_STATE_STREAM)
        {
            ngx_http_ioattest_headers_clean(r, ctx);
        }

        if (ctx->saved.err_status && r->err_status == 0
            && ctx->state != NGX_HTTP_IOATTEST_STATE_REFUSED
            && ctx->state != NGX_HTTP_IOATTEST_STATE_ANSWERED)
        {
            /* as in ngx_http_send_header() */

            r->headers_out.status = ctx->saved.err_status;
            ngx_str_null(&r->headers_out.status_line);
        }

        ctx->response.headed = 1;
    }

    return ngx_http_next_header_filter(r);
}


ngx_int_t
ngx_http_ioattest_next_body(ngx_http_request_t *r, ngx_chain_t *in)
{
    return ngx_http_next_body_filter(r, in);
}


/* Passes on a header of a response that is not protected. */

ngx_int_t
ngx_http_ioattest_pass_header(ngx_http_request_t *r)
{
    return ngx_http_next_header_filter(r);
}


#if (nginx_version >= 1029000)

/* A 103 response is not signed and comes before any verdict: none passes. */

static ngx_int_t
ngx_http_ioattest_filter_early(ngx_http_request_t *r)
{
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ngx_http_get_module_loc_conf(r, ngx_http_ioattest_module);

    if (ilcf->zone && !ilcf->dry_run) {
        return NGX_OK;
    }

    return ngx_http_next_early_hints_filter(r);
}

#endif
