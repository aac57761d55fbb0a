
/*
 * Refusals: the log line, the counters, and the only answer that a client
 * gets in place of a response that did not verify.
 *
 * A refusal is finalized with its status like any error of nginx, so that
 * error_page works.  Where nginx would send its own page, the filters below
 * put the JSON in its place that OpenAI's clients turn into an error.
 */


#include "request/ngx_http_ioattest.h"


#define NGX_HTTP_IOATTEST_BODY                                               \
    "{\"error\":{\"message\":\"%V.\",\"type\":\"attestation_error\","        \
    "\"param\":null,\"code\":\"%s\"}}"


static void ngx_http_ioattest_refuse_log(ngx_http_ioattest_ctx_t *ctx,
    const char *look_at);
static ngx_int_t ngx_http_ioattest_refuse_sentence(
    ngx_http_ioattest_ctx_t *ctx, ngx_str_t *sentence);
static ngx_uint_t ngx_http_ioattest_refuse_final(
    ngx_http_ioattest_ctx_t *ctx);
static ngx_uint_t ngx_http_ioattest_refuse_counted(ngx_http_request_t *r);
static void ngx_http_ioattest_refuse_cleanup(void *data);
static ngx_int_t ngx_http_ioattest_refuse_add(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);


ngx_uint_t
ngx_http_ioattest_refuse(ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason,
    const char *look_at)
{
    ngx_http_ioattest_counters_t  *counters;

    counters = ngx_http_ioattest_counters(ctx);

    /* whoever knows better than the table has set the status before */

    if (ctx->status == 0 || ctx->verdict == NGX_HTTP_IOATTEST_REJECTED) {
        ctx->status = ioa_status_http(reason);
    }

    ctx->verdict = NGX_HTTP_IOATTEST_REJECTED;
    ctx->reason = reason;

    if (reason == IOA_ATTESTATION_REFUSED && ctx->api_status
        && !ctx->key.own)
    {
        ctx->status = ctx->api_status;
    }

    ngx_http_ioattest_refuse_log(ctx, look_at);

    if (ctx->conf->dry_run) {
        (void) ngx_atomic_fetch_add(&counters->dry_run, 1);
        return 0;
    }

    (void) ngx_atomic_fetch_add(&counters->rejected[reason], 1);
    ngx_http_ioattest_observe(&counters->wait, ctx->waited * 1000);

    ngx_http_ioattest_trailers_drop(ctx->request);

    ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_REFUSED);

    return 1;
}


static void
ngx_http_ioattest_refuse_log(ngx_http_ioattest_ctx_t *ctx,
    const char *look_at)
{
    u_char               address[IOA_ADDRESS_TEXT_LEN];
    ngx_str_t            model, signer, sentence;
    ngx_http_request_t  *r;

    r = ctx->request;

    model = ngx_http_ioattest_printable(r->pool, ctx->model.names.name,
                                        ctx->model.names.name_len);

    if (ctx->have_address) {
        ioa_address_print(address, ctx->address20);
        signer.data = address;
        signer.len = IOA_ADDRESS_TEXT_LEN;

    } else {
        signer = ngx_http_ioattest_printable(r->pool,
                           ctx->signature.signing_address.data,
                           ctx->signature.signing_address.len);
    }

    if (signer.len == 0) {
        ngx_str_set(&signer, "-");
    }

    /* the sentence goes on */

    if (ngx_http_ioattest_refuse_sentence(ctx, &sentence) != NGX_OK) {
        ngx_str_set(&sentence, "no memory to say more");
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "ioattest: %s %s: %V%s%s, model \"%V\", address \"%V\"",
                  ctx->conf->dry_run ? "would refuse" : "refused",
                  ioa_status_name(ctx->reason), &sentence,
                  look_at ? "; " : "", look_at ? look_at : "",
                  &model, &signer);
}


/*
 * What the reason is in words, less the full stop.  A request that can be
 * read in more than one way is told why; all of it are words of our own,
 * which JSON need not escape.
 */

static ngx_int_t
ngx_http_ioattest_refuse_sentence(ngx_http_ioattest_ctx_t *ctx,
    ngx_str_t *sentence)
{
    size_t       len;
    const char  *message, *cause, *member;

    message = ioa_status_message(ctx->reason);
    cause = "";
    member = NULL;

    if (ctx->status == NGX_HTTP_NOT_ALLOWED) {

        /* nothing was asked */
        message = "Only an answer to POST can be verified.";
    }

    if (ctx->reason == IOA_REQUEST_AMBIGUOUS) {
        cause = ioa_cause_text(ctx->cause);
        member = ctx->cause_member;
    }

    len = ngx_strlen(message);
    len -= (len && message[len - 1] == '.');

    sentence->data = ngx_pnalloc(ctx->request->pool,
                                 len + ngx_strlen(cause)
                                 + (member ? ngx_strlen(member) : 0)
                                 + sizeof(":  in "));
    if (sentence->data == NULL) {
        return NGX_ERROR;
    }

    sentence->len = ngx_sprintf(sentence->data, "%*s%s%s%s%s", len, message,
                                *cause ? ": " : "", cause,
                                member ? " in " : "", member ? member : "")
                    - sentence->data;

    return NGX_OK;
}


/*
 * 1 where no retry can mend it: a caller's mistake, whatever the reason, and
 * what the table says of the reason.
 */

static ngx_uint_t
ngx_http_ioattest_refuse_final(ngx_http_ioattest_ctx_t *ctx)
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


/* Nothing of the client's or the API's may break a log line or forge one. */

ngx_str_t
ngx_http_ioattest_printable(ngx_pool_t *pool, const u_char *data, size_t len)
{
    size_t     i;
    ngx_str_t  out;

    ngx_str_null(&out);

    len = ngx_min(len, 256);

    if (len == 0) {
        return out;
    }

    out.data = ngx_pnalloc(pool, len);
    if (out.data == NULL) {
        return out;
    }

    for (i = 0; i < len; i++) {
        out.data[i] = (data[i] >= 0x20 && data[i] < 0x7f && data[i] != '"')
                      ? data[i] : '?';
    }

    out.len = len;

    return out;
}


ngx_uint_t
ngx_http_ioattest_refuse_subrequest(ngx_http_request_t *r)
{
    ngx_str_t                      uri;
    ngx_http_ioattest_loc_conf_t  *ilcf;
    ngx_http_ioattest_counters_t  *counters;

    ilcf = ngx_http_get_module_loc_conf(r, ngx_http_ioattest_module);

    if (ilcf->dry_run && ngx_http_ioattest_refuse_counted(r)) {
        return 0;
    }

    uri = ngx_http_ioattest_printable(r->pool, r->uri.data, r->uri.len);
    counters = ngx_http_ioattest_store_counters(ilcf->zone);

    (void) ngx_atomic_fetch_add(ilcf->dry_run
                                ? &counters->dry_run
                                : &counters->rejected[IOA_NO_SIGNATURE], 1);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "ioattest: %s %s: subrequest \"%V\" into a protected "
                  "location (ssi, slice, mirror, auth_request, post_action): "
                  "its response would be put into another one, or nowhere",
                  ilcf->dry_run ? "would refuse" : "refused",
                  ioa_status_name(IOA_NO_SIGNATURE), &uri);

    return !ilcf->dry_run;
}


/*
 * 1 where this request has been here before: the gate lets it pass in a dry
 * run, and then the header filter sees it, or the gate does once more.  The
 * pool remembers it, as a redirection wipes all contexts.
 */

static ngx_uint_t
ngx_http_ioattest_refuse_counted(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_ioattest_refuse_cleanup
            && cln->data == r)
        {
            return 1;
        }
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (cln) {
        cln->handler = ngx_http_ioattest_refuse_cleanup;
        cln->data = r;
    }

    return 0;
}


static void
ngx_http_ioattest_refuse_cleanup(void *data)
{
    /* the record is a mark: there is nothing to free */
    (void) data;
}


ngx_int_t
ngx_http_ioattest_refuse_header(ngx_http_request_t *r,
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

    if (ngx_http_ioattest_refuse_final(ctx)) {
        ngx_str_set(&value, "false");

        if (ngx_http_ioattest_refuse_add(r, "x-should-retry", &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /* of a caller's key, as the API has said it */

    if (ctx->reason == IOA_ATTESTATION_REFUSED && !ctx->key.own
        && ctx->retry_after)
    {
        p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        value.data = p;
        value.len = ngx_sprintf(p, "%ui", ctx->retry_after) - p;

        if (ngx_http_ioattest_refuse_add(r, "retry-after", &value) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_ioattest_next_header(r);
}


/* A header by a name in lower case. */

static ngx_int_t
ngx_http_ioattest_refuse_add(ngx_http_request_t *r, const char *name,
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
ngx_http_ioattest_refuse_body(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_str_t     json;
    ngx_chain_t  *cl, out;

    if (in == NULL) {
        return ctx->headed ? ngx_http_ioattest_next_body(r, NULL) : NGX_OK;
    }

    /* nginx's page, or what an upstream still sends: dropped */

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    if (ctx->replaced || r->header_only) {
        return NGX_OK;
    }

    if (!ctx->headed) {

        /*
         * A content handler that goes on where the header filter has said
         * that the request is to end with an error: an answer without its
         * header would stall the client, or break its connection.
         */

        ngx_http_clean_header(r);

        rc = ngx_http_ioattest_refuse_header(r, ctx);

        if (rc != NGX_OK || r->header_only) {
            return (rc > NGX_OK) ? NGX_ERROR : rc;
        }
    }

    ctx->replaced = 1;

    b = ngx_calloc_buf(r->pool);

    if (b == NULL || ngx_http_ioattest_refuse_json(r, ctx, &json) != NGX_OK) {
        return NGX_ERROR;
    }

    b->start = json.data;
    b->pos = json.data;
    b->last = json.data + json.len;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_ioattest_next_body(r, &out);
}


ngx_int_t
ngx_http_ioattest_refuse_json(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_str_t *json)
{
    size_t       len;
    ngx_str_t    sentence;
    const char  *name;

    /* both are ours and hold nothing that JSON would have to escape */

    if (ngx_http_ioattest_refuse_sentence(ctx, &sentence) != NGX_OK) {
        return NGX_ERROR;
    }

    name = ioa_status_name(ctx->reason);

    len = sizeof(NGX_HTTP_IOATTEST_BODY) + ngx_strlen(name) + sentence.len;

    json->data = ngx_pnalloc(r->pool, len);
    if (json->data == NULL) {
        return NGX_ERROR;
    }

    json->len = ngx_snprintf(json->data, len, NGX_HTTP_IOATTEST_BODY,
                             &sentence, name)
                - json->data;

    return NGX_OK;
}
