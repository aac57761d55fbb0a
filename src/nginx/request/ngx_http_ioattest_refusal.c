
/*
 * Refusals: state, counters, log line, and the text of the response that the
 * client gets.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"
#include "request/ngx_http_ioattest_refusal.h"
#include "request/ngx_http_ioattest_printable.h"


#define NGX_HTTP_IOATTEST_BODY                                               \
    "{\"error\":{\"message\":\"%V.\",\"type\":\"attestation_error\","        \
    "\"param\":null,\"code\":\"%s\"}}"


static void ngx_http_ioattest_refuse_note(ngx_http_ioattest_ctx_t *ctx,
    ngx_uint_t sent);
static void ngx_http_ioattest_refuse_log(ngx_http_ioattest_ctx_t *ctx,
    const char *look_at);
static void ngx_http_ioattest_refuse_signer(ngx_http_ioattest_ctx_t *ctx,
    ngx_str_t *signer, u_char address[IOA_ADDRESS_TEXT_LEN]);
static ngx_int_t ngx_http_ioattest_refuse_sentence(
    ngx_http_ioattest_ctx_t *ctx, ngx_str_t *sentence);
static ngx_uint_t ngx_http_ioattest_refuse_counted(ngx_http_request_t *r);
static void ngx_http_ioattest_refuse_cleanup(void *data);


static const ngx_str_t  ngx_http_ioattest_nothing = ngx_null_string;


ngx_uint_t
ngx_http_ioattest_refuse(ngx_http_ioattest_ctx_t *ctx, ioa_status_t reason,
    const char *look_at)
{
    ngx_http_ioattest_counters_t  *counters;

    counters = ngx_http_ioattest_counters(ctx);

    /* a status that was set before is more specific than the table's */

    if (ctx->status == 0 || ctx->reason != IOA_OK) {
        ctx->status = ioa_status_http(reason);
    }

    ctx->reason = reason;

    if (reason == IOA_ATTESTATION_REFUSED && ctx->api_status
        && !ctx->key.own)
    {
        ctx->status = ctx->api_status;
    }

    ngx_http_ioattest_refuse_log(ctx, look_at);
    ngx_http_ioattest_refuse_audit(ctx);
    ngx_http_ioattest_refuse_note(ctx,
                                ctx->state >= NGX_HTTP_IOATTEST_STATE_SENT);

    if (ctx->conf->dry_run) {
        (void) ngx_atomic_fetch_add(&counters->dry_run_rejected[reason], 1);

        return ngx_http_ioattest_set_state(ctx,
                                           NGX_HTTP_IOATTEST_STATE_EXEMPT)
               != NGX_OK;
    }

    (void) ngx_atomic_fetch_add(&counters->rejected[reason], 1);
    ngx_http_ioattest_observe(&counters->wait, ctx->wait.waited * 1000);

    ngx_http_ioattest_trailers_drop(ctx->request);

    (void) ngx_http_ioattest_set_state(ctx, NGX_HTTP_IOATTEST_STATE_REFUSED);

    return 1;
}


/* Not for mistakes of callers, who would fill the list at will. */

static void
ngx_http_ioattest_refuse_note(ngx_http_ioattest_ctx_t *ctx, ngx_uint_t sent)
{
    size_t                      n, len;
    ngx_http_ioattest_names_t  *names;
    ngx_http_ioattest_recent_t  recent;

    if (ioa_status_http(ctx->reason) < NGX_HTTP_INTERNAL_SERVER_ERROR) {
        return;
    }

    ngx_memzero(&recent, sizeof(ngx_http_ioattest_recent_t));

    recent.reason = (uint16_t) ctx->reason;
    recent.dry_run = (ctx->conf->dry_run != 0);
    recent.sent = (sent != 0);

    if (ctx->response.judged.have_address) {
        recent.have_address = 1;
        ngx_memcpy(recent.address20, ctx->response.judged.address20,
                   IOA_ADDRESS_LEN);
    }

    /* a name without an id is any text of the caller's */

    names = &ctx->model.names;

    if (names->id_len) {

        for (len = 0; len < names->name_len; len += n) {
            n = ioa_utf8_char(names->name + len, names->name_len - len);

            if (n == 0 || len + n > NGX_HTTP_IOATTEST_RECENT_NAME) {
                break;
            }
        }

        ngx_memcpy(recent.name, names->name, len);
        recent.name_len = (uint8_t) len;
    }

    ngx_http_ioattest_recent_add(ctx->conf->zone, &recent);
}


static void
ngx_http_ioattest_refuse_log(ngx_http_ioattest_ctx_t *ctx,
    const char *look_at)
{
    u_char               address[IOA_ADDRESS_TEXT_LEN];
    ngx_str_t            model, signer, digest, sentence;
    ngx_uint_t           named;
    ioa_bytes_t          said;
    ngx_http_request_t  *r;

    r = ctx->request;

    model = ngx_http_ioattest_printable(r->pool, ctx->model.names.name,
                                        ctx->model.names.name_len);

    ngx_http_ioattest_refuse_signer(ctx, &signer, address);

    /* more text follows the sentence, so it has no full stop */

    if (ngx_http_ioattest_refuse_sentence(ctx, &sentence) != NGX_OK) {
        ngx_str_set(&sentence, "no memory to say more");
    }

    named = (ctx->reason == IOA_IMAGE_DIGEST_MISMATCH);

    ngx_str_set(&digest, "none");
    said = ctx->response.judged.signature.image_digest;

    if (named && said.len) {
        digest = ngx_http_ioattest_printable(r->pool, said.data, said.len);
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "ioattest: %s %s: %V%s%s%s%V%s, model \"%V\", "
                  "address \"%V\"",
                  ctx->conf->dry_run ? "would refuse" : "refused",
                  ioa_status_name(ctx->reason), &sentence,
                  look_at ? "; " : "", look_at ? look_at : "",
                  named ? ", image digest \"" : "",
                  named ? &digest : &ngx_http_ioattest_nothing,
                  named ? "\"" : "", &model, &signer);
}


/*
 * The address that has signed, or else the one that is claimed, always in the
 * same form.  What is no address is shown as it came.
 */

static void
ngx_http_ioattest_refuse_signer(ngx_http_ioattest_ctx_t *ctx,
    ngx_str_t *signer, u_char address[IOA_ADDRESS_TEXT_LEN])
{
    u_char       claimed20[IOA_ADDRESS_LEN];
    ioa_bytes_t  claimed;

    signer->data = address;
    signer->len = IOA_ADDRESS_TEXT_LEN;

    if (ctx->response.judged.have_address) {
        ioa_address_print(address, ctx->response.judged.address20);
        return;
    }

    claimed = ctx->response.judged.signature.signing_address;

    if (claimed.len && ioa_address_parse(claimed20, claimed)) {
        ioa_address_print(address, claimed20);
        return;
    }

    *signer = ngx_http_ioattest_printable(ctx->request->pool, claimed.data,
                                          claimed.len);

    if (signer->len == 0) {
        ngx_str_set(signer, "-");
    }
}


/*
 * The reason as a sentence without its full stop.  For an ambiguous request
 * it says what is ambiguous.  All of it is our own text, which needs no
 * escaping in JSON.
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

        /* the API was not asked */
        message = "Only a response to POST can be verified.";
    }

    if (ctx->reason == IOA_REQUEST_AMBIGUOUS) {
        cause = ioa_cause_text(ctx->gate.cause);
        member = ctx->gate.cause_member;
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

    if (ilcf->dry_run) {
        (void) ngx_atomic_fetch_add(
                             &counters->dry_run_rejected[IOA_NO_SIGNATURE], 1);

    } else {
        (void) ngx_atomic_fetch_add(&counters->rejected[IOA_NO_SIGNATURE], 1);
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "ioattest: %s %s: subrequest \"%V\" into a protected "
                  "location (ssi, slice, mirror, auth_request, post_action): "
                  "its response would become part of another one, or be lost",
                  ilcf->dry_run ? "would refuse" : "refused",
                  ioa_status_name(IOA_NO_SIGNATURE), &uri);

    ngx_http_ioattest_refuse_audit_subrequest(r, ilcf);

    return !ilcf->dry_run;
}


/*
 * 1 if this subrequest has been counted before: in a dry run the gate lets it
 * pass, and the header filter or the gate sees it again.  A mark in the pool
 * survives redirects, which wipe all contexts.
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
    /* the record is only a mark: there is nothing to free */
    (void) data;
}


ngx_int_t
ngx_http_ioattest_refuse_json(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_str_t *json)
{
    size_t       len;
    ngx_str_t    sentence;
    const char  *name;

    /* both are our own text, which needs no escaping in JSON */

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
