
/*
 * The signature of a response: reads the headers, asks the core whether they
 * hold, and the zone whether their signer is trusted.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "response/ngx_http_ioattest_response.h"


static void ngx_http_ioattest_signature_header(ioa_signature_t *signature,
    ngx_table_elt_t *h);
static ngx_uint_t ngx_http_ioattest_signature_trusted(
    ngx_http_ioattest_loc_conf_t *ilcf, const u_char *address20);


static const struct {
    ngx_str_t   name;
    size_t      offset;
} ngx_http_ioattest_signature_headers[] = {
    { ngx_string("text"), offsetof(ioa_signature_t, text) },
    { ngx_string("signature"), offsetof(ioa_signature_t, signature) },
    { ngx_string("signing_address"),
      offsetof(ioa_signature_t, signing_address) },
    { ngx_string("signing_algo"), offsetof(ioa_signature_t, signing_algo) },
    { ngx_string("image_digest"), offsetof(ioa_signature_t, image_digest) },
    { ngx_null_string, 0 }
};


/*
 * The upstream's list, not headers_out: proxy_hide_header takes them out of
 * the latter.
 */

void
ngx_http_ioattest_signature_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_memzero(&ctx->response.signature, sizeof(ioa_signature_t));

    if (r->upstream == NULL) {
        return;
    }

    part = &r->upstream->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        ngx_http_ioattest_signature_header(&ctx->response.signature, &h[i]);
    }
}


static void
ngx_http_ioattest_signature_header(ioa_signature_t *signature,
    ngx_table_elt_t *h)
{
    ngx_uint_t    i;
    ngx_str_t    *name;
    ioa_bytes_t  *slot;

    for (i = 0; ngx_http_ioattest_signature_headers[i].name.len; i++) {

        name = (ngx_str_t *) &ngx_http_ioattest_signature_headers[i].name;

        if (h->key.len != name->len
            || ngx_strncasecmp(h->key.data, name->data, name->len) != 0)
        {
            continue;
        }

        slot = (ioa_bytes_t *) ((u_char *) signature
                        + ngx_http_ioattest_signature_headers[i].offset);

        if (slot->data) {
            signature->duplicate = 1;
            return;
        }

        slot->data = h->value.data;
        slot->len = h->value.len;

        return;
    }
}


ngx_int_t
ngx_http_ioattest_signature_judge(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason)
{
    uint64_t                       start;
    ngx_int_t                      rc;
    ngx_str_t                      id, address;
    ngx_http_ioattest_found_t      found;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ctx->conf;
    start = ngx_http_ioattest_now_us();

    *reason = ioa_signature_verify(ctx->response.address20,
                                   &ctx->response.signature, ilcf->text);

    if (*reason == IOA_OK && ilcf->text != IOA_TEXT_BODY) {
        *reason = ioa_text_parse(&ctx->response.text,
                                 ctx->response.signature.text, ilcf->text);
    }

    if (*reason != IOA_OK) {
        ctx->response.verify_us += ngx_http_ioattest_now_us() - start;
        return NGX_DECLINED;
    }

    ctx->response.signer = NGX_HTTP_IOATTEST_SIGNER_UNKNOWN;

    if (ngx_http_ioattest_signature_trusted(ilcf, ctx->response.address20)) {
        rc = ngx_http_ioattest_signature_machine(ctx, reason);

    } else if (ilcf->request.len == 0) {
        *reason = IOA_UNTRUSTED_ADDRESS;
        rc = NGX_DECLINED;

    } else {
        id.data = ctx->model.names.id;
        id.len = ctx->model.names.id_len;
        address.data = ctx->response.address20;
        address.len = IOA_ADDRESS_LEN;

        ngx_http_ioattest_store_key(ctx->machine_key,
                                    NGX_HTTP_IOATTEST_NODE_MACHINE,
                                    ilcf->policy32, &id, &address);

        ngx_http_ioattest_store_signer(&found, ilcf->zone, &ctx->model,
                                       ctx->machine_key,
                                       ctx->response.address20,
                                       &ilcf->limits);

        if (found.answer == NGX_HTTP_IOATTEST_TRUSTED) {
            ctx->machine = found.machine;
            ctx->have_machine = 1;
            rc = ngx_http_ioattest_signature_machine(ctx, reason);

        } else {
            rc = NGX_AGAIN;
        }
    }

    if (rc == NGX_OK) {
        ctx->response.signer = NGX_HTTP_IOATTEST_SIGNER_TRUSTED;
    }

    ctx->response.verify_us += ngx_http_ioattest_now_us() - start;

    return rc;
}


static ngx_uint_t
ngx_http_ioattest_signature_trusted(ngx_http_ioattest_loc_conf_t *ilcf,
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


ngx_int_t
ngx_http_ioattest_signature_machine(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason)
{
    ioa_bytes_t  attested;

    attested.data = ctx->machine.image_digest;
    attested.len = ctx->machine.image_digest_len;

    *reason = ioa_image_digest_check(ctx->response.signature.image_digest,
                                     ctx->have_machine ? &attested : NULL,
                                     ctx->conf->policy.image_digests,
                                     ctx->conf->policy.image_digests_n);

    return (*reason == IOA_OK) ? NGX_OK : NGX_DECLINED;
}
