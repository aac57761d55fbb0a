
/*
 * Variables.  None may be cached, since a subrequest shares the variables of
 * its parent, and their values change while the request is processed.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_printable.h"
#include "gate/ngx_http_ioattest_gate.h"
#include "status/ngx_http_ioattest_status.h"


typedef enum {
    NGX_HTTP_IOATTEST_VAR_VERDICT = 0,
    NGX_HTTP_IOATTEST_VAR_REASON,
    NGX_HTTP_IOATTEST_VAR_ADDRESS,
    NGX_HTTP_IOATTEST_VAR_DIGEST,
    NGX_HTTP_IOATTEST_VAR_MODEL,
    NGX_HTTP_IOATTEST_VAR_MODEL_ID,
    NGX_HTTP_IOATTEST_VAR_CPU,
    NGX_HTTP_IOATTEST_VAR_GPU,
    NGX_HTTP_IOATTEST_VAR_BOUND,
    NGX_HTTP_IOATTEST_VAR_REQUEST,
    NGX_HTTP_IOATTEST_VAR_RESPONSE,
    NGX_HTTP_IOATTEST_VAR_ATTESTED,
    NGX_HTTP_IOATTEST_VAR_WAIT,
    NGX_HTTP_IOATTEST_VAR_VERIFY
} ngx_http_ioattest_var_e;


static ngx_int_t ngx_http_ioattest_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_ioattest_variable_value(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, uintptr_t data, ngx_str_t *value);
static ngx_int_t ngx_http_ioattest_variable_hash(ngx_http_request_t *r,
    u_char *digest32, ngx_str_t *value);
static ngx_int_t ngx_http_ioattest_variable_number(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, uintptr_t data, ngx_str_t *value);
static void ngx_http_ioattest_variable_verdict(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_str_t *value);


static ngx_http_variable_t  ngx_http_ioattest_vars[] = {

    { ngx_string("ioattest_verdict"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_VERDICT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_reason"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_REASON, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_signing_address"), NULL,
      ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_ADDRESS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_image_digest"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_DIGEST, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_model"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_MODEL, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_model_id"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_MODEL_ID, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_cpu"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_CPU, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_gpu"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_GPU, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_signer_bound"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_BOUND, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_request_sha256"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_REQUEST, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_response_sha256"), NULL,
      ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_RESPONSE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_attested"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_ATTESTED, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_wait"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_WAIT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("ioattest_verify_us"), NULL, ngx_http_ioattest_variable,
      NGX_HTTP_IOATTEST_VAR_VERIFY, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_ioattest_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_ioattest_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/* Variables that modules get by their names, as Lua's do, are not seen. */

ngx_uint_t
ngx_http_ioattest_variables_hash(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    static ngx_str_t  name = ngx_string("ioattest_request_sha256");

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].name.len == name.len
            && ngx_strncmp(v[i].name.data, name.data, name.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_ioattest_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t                 rc;
    ngx_str_t                 value;
    ngx_http_ioattest_ctx_t  *ctx;

    ngx_str_null(&value);
    rc = NGX_OK;

    ctx = ngx_http_ioattest_ctx_find(r->main, NULL);

    if (data == NGX_HTTP_IOATTEST_VAR_VERDICT) {
        ngx_http_ioattest_variable_verdict(r, ctx, &value);

    } else if (ctx) {
        rc = ngx_http_ioattest_variable_value(r, ctx, data, &value);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    if (value.data == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = value.len;
    v->data = value.data;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    return NGX_OK;
}


static void
ngx_http_ioattest_variable_verdict(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_str_t *value)
{
    ngx_http_ioattest_loc_conf_t  *ilcf;

    if (ctx == NULL) {
        ilcf = ngx_http_get_module_loc_conf(r->main,
                                            ngx_http_ioattest_module);
        if (ilcf->zone == NULL) {
            ngx_str_set(value, "off");
        }

        return;
    }

    switch (ctx->state) {

    case NGX_HTTP_IOATTEST_STATE_RELEASED:
        ngx_str_set(value, "verified");
        break;

    case NGX_HTTP_IOATTEST_STATE_UNSIGNED:
        ngx_str_set(value, "unsigned");
        break;

    default:

    /* refused, also in a dry run; otherwise undecided */

        if (ctx->reason != IOA_OK) {
            ngx_str_set(value, "rejected");
        }
    }
}


static ngx_int_t
ngx_http_ioattest_variable_value(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, uintptr_t data, ngx_str_t *value)
{
    switch (data) {

    case NGX_HTTP_IOATTEST_VAR_REASON:
        value->data = (u_char *) ioa_status_name(ctx->reason);
        value->len = ngx_strlen(value->data);
        return NGX_OK;

    case NGX_HTTP_IOATTEST_VAR_ADDRESS:

        if (ctx->response.judged.have_address) {
            value->data = ngx_pnalloc(r->pool, IOA_ADDRESS_TEXT_LEN);
            if (value->data == NULL) {
                return NGX_ERROR;
            }

            ioa_address_print(value->data, ctx->response.judged.address20);
            value->len = IOA_ADDRESS_TEXT_LEN;
        }

        return NGX_OK;

    case NGX_HTTP_IOATTEST_VAR_DIGEST:
        *value = ngx_http_ioattest_printable(r->pool,
                     ctx->response.judged.signature.image_digest.data,
                     ctx->response.judged.signature.image_digest.len);
        return NGX_OK;

    case NGX_HTTP_IOATTEST_VAR_MODEL:
        *value = ngx_http_ioattest_printable(r->pool, ctx->model.names.name,
                                             ctx->model.names.name_len);
        return NGX_OK;

    case NGX_HTTP_IOATTEST_VAR_MODEL_ID:
        *value = ngx_http_ioattest_printable(r->pool, ctx->model.names.id,
                                             ctx->model.names.id_len);
        return NGX_OK;

    case NGX_HTTP_IOATTEST_VAR_CPU:
        value->data = (u_char *) ngx_http_ioattest_cpu_name(
                                                 ctx->machine.proved.cpu);
        value->len = ngx_strlen(value->data);
        return NGX_OK;

    case NGX_HTTP_IOATTEST_VAR_GPU:

        if (ctx->machine.proved.gpus == 0) {
            ngx_str_set(value, "-");
            return NGX_OK;
        }

        *value = ngx_http_ioattest_printable(r->pool,
                                (u_char *) ctx->machine.proved.gpu_arch,
                                ngx_strlen(ctx->machine.proved.gpu_arch));
        return NGX_OK;

    case NGX_HTTP_IOATTEST_VAR_BOUND:

        if (ctx->have_machine && ctx->machine.proved.signer_bound) {
            ngx_str_set(value, "yes");

        } else if (ctx->have_machine) {
            ngx_str_set(value, "no");
        }

        return NGX_OK;

    case NGX_HTTP_IOATTEST_VAR_REQUEST:

        if (ngx_http_ioattest_request_late(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_ioattest_variable_hash(r, ctx->gate.request32, value);

    case NGX_HTTP_IOATTEST_VAR_RESPONSE:
        return ngx_http_ioattest_variable_hash(r,
                                  ctx->response.judged.have_response
                                  ? ctx->response.judged.response32 : NULL,
                                  value);

    default:
        return ngx_http_ioattest_variable_number(r, ctx, data, value);
    }
}


/* Empty instead of "not found", so that it can be logged as it is. */

static ngx_int_t
ngx_http_ioattest_variable_hash(ngx_http_request_t *r, u_char *digest32,
    ngx_str_t *value)
{
    if (digest32 == NULL) {
        ngx_str_set(value, "");
        return NGX_OK;
    }

    value->data = ngx_pnalloc(r->pool, 2 * IOA_SHA256_LEN);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->len = 2 * IOA_SHA256_LEN;
    ngx_hex_dump(value->data, digest32, IOA_SHA256_LEN);

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_variable_number(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, uintptr_t data, ngx_str_t *value)
{
    u_char      *p;
    ngx_msec_t   waited;

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN + sizeof(".000"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    switch (data) {

    case NGX_HTTP_IOATTEST_VAR_ATTESTED:

        if (!ctx->have_machine) {
            return NGX_OK;
        }

    /* on the monotonic clock, which decides on expiry */

        value->len = ngx_sprintf(p, "%M", (ngx_current_msec
                                           - ctx->machine.attested_ms) / 1000)
                     - p;
        break;

    case NGX_HTTP_IOATTEST_VAR_WAIT:
        waited = ctx->wait.waited;

        if (ctx->wait.waiting) {
            waited += ngx_current_msec - ctx->wait.from;
        }

        value->len = ngx_sprintf(p, "%T.%03M", (time_t) (waited / 1000),
                                 waited % 1000)
                     - p;
        break;

    default: /* NGX_HTTP_IOATTEST_VAR_VERIFY */
        value->len = ngx_sprintf(p, "%uL", ctx->response.verify_us) - p;
    }

    value->data = p;

    return NGX_OK;
}
