
/*
 * What the client gets in place of a request or response that was refused.
 *
 * A refusal is finalized with its status like any error of nginx, so that
 * error_page works.  In place of nginx's built-in page the client gets JSON
 * that OpenAI's clients turn into an error.
 */


#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_output.h"
#include "request/ngx_http_ioattest_buffer.h"
#include "request/ngx_http_ioattest_refusal.h"
#include "response/ngx_http_ioattest_response.h"


static ngx_uint_t ngx_http_ioattest_error_page_final(
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_error_page_add(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);
static ngx_uint_t ngx_http_ioattest_error_page_end(ngx_chain_t *in);


ngx_int_t
ngx_http_ioattest_error_page_header(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    u_char     *p;
    ngx_str_t   json, value;

    if (ngx_http_ioattest_refuse_json(r, ctx, &json) != NGX_OK) {
        return NGX_ERROR;
    }

    r->headers_out.status = ctx->status;
    ngx_str_null(&r->headers_out.status_line);

    r->headers_out.content_length_n = json.len;
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    if (ngx_http_ioattest_error_page_final(ctx)) {
        ngx_str_set(&value, "false");

        if (ngx_http_ioattest_error_page_add(r, "x-should-retry", &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /* for a caller's key: the API's own Retry-After */

    if (ctx->reason == IOA_ATTESTATION_REFUSED && !ctx->key.own
        && ctx->retry_after)
    {
        p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        value.data = p;
        value.len = ngx_sprintf(p, "%ui", ctx->retry_after) - p;

        if (ngx_http_ioattest_error_page_add(r, "retry-after", &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_ioattest_next_header(r);
}


/*
 * 1 if no retry can help: the caller has made a mistake, or the table of
 * reasons says so.
 */

static ngx_uint_t
ngx_http_ioattest_error_page_final(ngx_http_ioattest_ctx_t *ctx)
{
    switch (ctx->status) {

    case NGX_HTTP_BAD_REQUEST:
    case NGX_HTTP_FORBIDDEN:
    case NGX_HTTP_NOT_FOUND:
    case NGX_HTTP_NOT_ALLOWED:
    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return 1;

    default:
        return !ioa_status_retryable(ctx->reason);
    }
}


/* Adds a header; name is in lower case. */

static ngx_int_t
ngx_http_ioattest_error_page_add(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;
    h->lowcase_key = h->key.data;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


ngx_int_t
ngx_http_ioattest_error_page_body(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in)
{
    ngx_int_t   rc;
    ngx_buf_t  *b;
    ngx_str_t   json;

    if (in == NULL) {
        return ctx->response.headed ? ngx_http_ioattest_next_body(r, NULL)
                                    : NGX_OK;
    }

    if (ctx->response.answering && ngx_http_ioattest_error_page_end(in)) {
        ctx->response.answering = 0;
        return ngx_http_ioattest_next_body(r, in);
    }

    /* nginx's page, or what an upstream still sends, is dropped */

    ngx_http_ioattest_buffer_consume(in);

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_ANSWERED || r->header_only) {
        return NGX_OK;
    }

    if (!ctx->response.headed) {

        /*
         * A content handler ignored the error that our header filter
         * returned.  Without a header the client would wait for ever, or lose
         * its connection.
         */

        ngx_http_clean_header(r);

        rc = ngx_http_ioattest_error_page_header(r, ctx);

        if (rc != NGX_OK || r->header_only) {
            return (rc > NGX_OK) ? NGX_ERROR : rc;
        }
    }

    b = ngx_calloc_buf(r->pool);

    if (b == NULL || ngx_http_ioattest_refuse_json(r, ctx, &json) != NGX_OK) {
        return NGX_ERROR;
    }

    b->start = json.data;
    b->pos = json.data;
    b->last = json.data + json.len;
    b->end = b->last;
    b->memory = 1;

    return ngx_http_ioattest_error_page_send(r, ctx, b);
}


ngx_int_t
ngx_http_ioattest_error_page_send(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_buf_t *b)
{
    ngx_int_t    rc;
    ngx_chain_t  out;

    if (ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_ANSWERED)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    ctx->response.answering = 1;
    rc = ngx_http_ioattest_next_body(r, &out);
    ctx->response.answering = 0;

    return rc;
}


/* The end of a response, without a byte: what ngx_http_send_special() sends. */

static ngx_uint_t
ngx_http_ioattest_error_page_end(ngx_chain_t *in)
{
    return in->next == NULL && ngx_buf_special(in->buf) && in->buf->last_buf;
}
