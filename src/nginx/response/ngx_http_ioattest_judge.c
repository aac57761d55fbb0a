
/*
 * The judgement of a response is made by the core (agent/ioa_response.h).
 * This file hands it the response, and asks the zone whether the signer is
 * trusted.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"
#include "response/ngx_http_ioattest_response.h"


static void ngx_http_ioattest_judge_signature(ngx_http_request_t *r,
    ioa_signature_t *signature);
static void ngx_http_ioattest_judge_rules(ngx_http_ioattest_ctx_t *ctx,
    ioa_response_rules_t *rules);
static ioa_step_e ngx_http_ioattest_judge_signer(
    ngx_http_ioattest_ctx_t *ctx);
static ioa_step_e ngx_http_ioattest_judge_machine(
    ngx_http_ioattest_ctx_t *ctx);
static ngx_uint_t ngx_http_ioattest_judge_trusted(
    ngx_http_ioattest_loc_conf_t *ilcf, const u_char *address20);
static void ngx_http_ioattest_judge_request(ngx_http_ioattest_ctx_t *ctx);
static ioa_step_e ngx_http_ioattest_judge_replay(
    ngx_http_ioattest_ctx_t *ctx);
static ngx_int_t ngx_http_ioattest_judge_whole(ngx_http_ioattest_ctx_t *ctx,
    ioa_bytes_t *whole);


ioa_step_e
ngx_http_ioattest_judge_head(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_uint_t unseen)
{
    uint64_t              start;
    ioa_step_e            step;
    ioa_head_t            head;
    ioa_bytes_t           type;
    ioa_response_rules_t  rules;

    start = ngx_http_ioattest_now_us();

    ngx_memzero(&head, sizeof(ioa_head_t));

    head.status = ngx_http_ioattest_header_status(r);
    head.leaves = ctx->saved.err_status ? ctx->saved.err_status
                                        : r->headers_out.status;
    head.unseen = unseen;

    if (!unseen) {
        type.data = r->headers_out.content_type.data;
        type.len = r->headers_out.content_type.len;

        head.events = ioa_head_events(type);
        head.coded = ngx_http_ioattest_coded(&r->headers_out.headers.part);

        ngx_http_ioattest_judge_signature(r, &head.signature);
    }

    ngx_http_ioattest_judge_rules(ctx, &rules);

    step = ioa_response_begin(&ctx->response.judged, &rules, &head);

    ctx->response.verify_us += ngx_http_ioattest_now_us() - start;

    return step;
}


/*
 * The signature is read from the upstream's headers, since proxy_hide_header
 * may remove it from headers_out.
 */

static void
ngx_http_ioattest_judge_signature(ngx_http_request_t *r,
    ioa_signature_t *signature)
{
    ngx_uint_t        i;
    ioa_bytes_t       name, value;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (r->upstream == NULL) {
        return;
    }

    part = &r->upstream->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_ioattest_header_next(&part, &i))) {
        name.data = h->key.data;
        name.len = h->key.len;
        value.data = h->value.data;
        value.len = h->value.len;

        ioa_signature_header(signature, name, value);
    }
}


static void
ngx_http_ioattest_judge_rules(ngx_http_ioattest_ctx_t *ctx,
    ioa_response_rules_t *rules)
{
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ctx->conf;

    rules->form = ilcf->text;
    rules->bind = (ioa_bind_e) ilcf->bind;
    rules->pass_errors = ilcf->pass_errors;
    rules->flow = ctx->gate.asked_stream
                  && ilcf->stream == NGX_HTTP_IOATTEST_STREAM_TAIL;
    rules->image_digests = ilcf->policy.image_digests;
    rules->image_digests_n = ilcf->policy.image_digests_n;
    rules->request32 = ctx->gate.request32;
    rules->unasked = ctx->gate.unasked;
    rules->model.data = ctx->model.names.name;
    rules->model.len = ctx->model.names.name_len;
}


ngx_int_t
ngx_http_ioattest_judge_memory(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    void            *memory;
    size_t           size;
    ngx_uint_t       held;
    ioa_response_t  *judged;

    judged = &ctx->response.judged;
    size = ioa_response_size(judged);

    if (size == 0) {
        return NGX_OK;
    }

    memory = ngx_palloc(r->pool, size);
    if (memory == NULL) {
        return NGX_ERROR;
    }

    ioa_response_memory(judged, memory);

    if (judged->events) {
        held = (ctx->state != NGX_HTTP_IOATTEST_STATE_STREAM);

        /* in a dry run, a stream that is held is passed on unchanged */

        if (!held || !ctx->conf->dry_run) {
            ioa_response_output(judged, ngx_http_ioattest_flow_sink, ctx,
                                held);
        }
    }

    return NGX_OK;
}


ioa_status_t
ngx_http_ioattest_judge_update(ngx_http_ioattest_ctx_t *ctx,
    const u_char *data, size_t n)
{
    uint64_t      start;
    ioa_status_t  st;

    start = ngx_http_ioattest_now_us();
    st = ioa_response_update(&ctx->response.judged, data, n);
    ctx->response.verify_us += ngx_http_ioattest_now_us() - start;

    return st;
}


ngx_int_t
ngx_http_ioattest_judge_end(ngx_http_ioattest_ctx_t *ctx)
{
    uint64_t     start;
    ioa_step_e   step;
    ngx_uint_t   text;
    ioa_bytes_t  whole;

    text = (ctx->conf->text == IOA_TEXT_BODY);

    if (text && ngx_http_ioattest_judge_whole(ctx, &whole) != NGX_OK) {
        return NGX_ERROR;
    }

    start = ngx_http_ioattest_now_us();
    step = ioa_response_end(&ctx->response.judged, text ? &whole : NULL);
    ctx->response.verify_us += ngx_http_ioattest_now_us() - start;

    return ngx_http_ioattest_judge_step(ctx, step);
}


/* The body in one piece: with "ioattest_text body" it is the signed text. */

static ngx_int_t
ngx_http_ioattest_judge_whole(ngx_http_ioattest_ctx_t *ctx,
    ioa_bytes_t *whole)
{
    u_char       *p;
    ngx_chain_t  *cl;

    p = ngx_pnalloc(ctx->request->pool, ctx->response.held.size + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    whole->data = p;
    whole->len = ctx->response.held.size;

    for (cl = ctx->response.held.chain; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_ioattest_judge_accept(ngx_http_ioattest_ctx_t *ctx)
{
    return ngx_http_ioattest_judge_step(ctx,
                                        ngx_http_ioattest_judge_machine(ctx));
}


ngx_int_t
ngx_http_ioattest_judge_step(ngx_http_ioattest_ctx_t *ctx, ioa_step_e step)
{
    uint64_t  start;

    if (step == IOA_STEP_SIGNER) {
        start = ngx_http_ioattest_now_us();
        step = ngx_http_ioattest_judge_signer(ctx);
        ctx->response.verify_us += ngx_http_ioattest_now_us() - start;
    }

    ngx_http_ioattest_judge_request(ctx);

    if (step == IOA_STEP_VERIFIED) {
        step = ngx_http_ioattest_judge_replay(ctx);
    }

    switch (step) {

    case IOA_STEP_VERIFIED:
        return NGX_OK;

    case IOA_STEP_BODY:
    case IOA_STEP_WAIT:
        return NGX_AGAIN;

    default: /* IOA_STEP_REFUSED */
        return NGX_DECLINED;
    }
}


static ioa_step_e
ngx_http_ioattest_judge_signer(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_str_t                      id, address;
    ioa_response_t                *judged;
    ngx_http_ioattest_found_t      found;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ctx->conf;
    judged = &ctx->response.judged;

    if (ngx_http_ioattest_judge_trusted(ilcf, judged->address20)) {
        return ngx_http_ioattest_judge_machine(ctx);
    }

    if (ilcf->request.len == 0) {
        return ioa_response_refuse(judged, IOA_UNTRUSTED_ADDRESS);
    }

    id.data = ctx->model.names.id;
    id.len = ctx->model.names.id_len;
    address.data = judged->address20;
    address.len = IOA_ADDRESS_LEN;

    ngx_http_ioattest_store_key(ctx->machine_key,
                                NGX_HTTP_IOATTEST_NODE_MACHINE,
                                ilcf->policy32, &id, &address);

    ngx_http_ioattest_store_signer(&found, ilcf->zone, &ctx->model,
                                   ctx->machine_key, judged->address20,
                                   &ilcf->limits);

    if (found.answer != NGX_HTTP_IOATTEST_TRUSTED) {
        return ioa_response_wait(judged);
    }

    ctx->machine = found.machine;
    ctx->have_machine = 1;

    return ngx_http_ioattest_judge_machine(ctx);
}


/* The signer is trusted: by its attestation, or by ioattest_trust. */

static ioa_step_e
ngx_http_ioattest_judge_machine(ngx_http_ioattest_ctx_t *ctx)
{
    ioa_bytes_t  image;

    image.data = ctx->machine.image_digest;
    image.len = ctx->machine.image_digest_len;

    return ioa_response_accept(&ctx->response.judged,
                               ctx->have_machine ? &image : NULL);
}


static ngx_uint_t
ngx_http_ioattest_judge_trusted(ngx_http_ioattest_loc_conf_t *ilcf,
    const u_char *address20)
{
    u_char      *trust;
    ngx_uint_t   i;

    if (ilcf->trust == NULL) {
        return 0;
    }

    trust = ilcf->trust->elts;

    for (i = 0; i < ilcf->trust->nelts; i++) {
        if (ngx_memcmp(trust + i * IOA_ADDRESS_LEN, address20,
                       IOA_ADDRESS_LEN)
            == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Counted with every "ioattest_bind", so that the counters show whether
 * "both" is safe.  The core compares the request last, in one step, so that
 * each response is counted once.
 */

static void
ngx_http_ioattest_judge_request(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_http_ioattest_counters_t  *counters;

    counters = ngx_http_ioattest_counters(ctx);

    switch (ctx->response.judged.request) {

    case IOA_REQUEST_UNKNOWN:
        (void) ngx_atomic_fetch_add(&counters->requests_unknown, 1);
        break;

    case IOA_REQUEST_MATCH:
        (void) ngx_atomic_fetch_add(&counters->requests_match, 1);
        break;

    case IOA_REQUEST_MISMATCH:
        (void) ngx_atomic_fetch_add(&counters->requests_mismatch, 1);
        break;

    default: /* IOA_REQUEST_NOT_COMPARED */
        break;
    }
}


/* The last of all checks: records the text, if it is new. */

static ioa_step_e
ngx_http_ioattest_judge_replay(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_str_t                      text;
    ioa_response_t                *judged;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ctx->conf;
    judged = &ctx->response.judged;

    if (ilcf->replay == 0) {
        return IOA_STEP_VERIFIED;
    }

    text.data = (u_char *) judged->signature.text.data;
    text.len = judged->signature.text.len;

    switch (ngx_http_ioattest_replay_check(ilcf->zone, &text, ilcf->replay)) {

    case NGX_OK:
        return IOA_STEP_VERIFIED;

    case NGX_DECLINED:
        return ioa_response_refuse(judged, IOA_REPLAYED);

    default: /* NGX_ERROR */
        return ioa_response_refuse(judged, IOA_ZONE_FULL);
    }
}
