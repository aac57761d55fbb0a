
/*
 * Whether a prompt may leave: a machine of its model is trusted, or the
 * request waits for one.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_wait.h"
#include "request/ngx_http_ioattest_refusal.h"
#include "request/ngx_http_ioattest_key.h"
#include "subrequest/ngx_http_ioattest_subrequest.h"
#include "attest/ngx_http_ioattest_attestation.h"
#include "attest/ngx_http_ioattest_model.h"
#include "gate/ngx_http_ioattest_gate.h"


static void ngx_http_ioattest_gate_blame(ngx_http_ioattest_ctx_t *ctx,
    const ngx_http_ioattest_found_t *found);


ngx_int_t
ngx_http_ioattest_gate_proof(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason)
{
    ngx_http_ioattest_found_t      found;
    ngx_http_ioattest_trigger_e    trigger;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = ctx->conf;

    if (ngx_http_ioattest_wait_over(ctx)) {
        return NGX_AGAIN;
    }

    ngx_http_ioattest_store_gate(&found, ilcf->zone, &ctx->model,
                                 &ilcf->limits, &ctx->key, &ctx->wait.waiter);

    trigger = (found.answer == NGX_HTTP_IOATTEST_WAIT)
              ? NGX_HTTP_IOATTEST_TRIGGER_GATE
              : NGX_HTTP_IOATTEST_TRIGGER_BACKGROUND;

    ngx_http_ioattest_attestations_start(&found, ilcf, &ctx->model, &ctx->key,
                                         &ctx->authorization, trigger,
                                         ctx->request->connection->log);

    switch (found.answer) {

    case NGX_HTTP_IOATTEST_TRUSTED:
        return NGX_OK;

    case NGX_HTTP_IOATTEST_WAIT:
        ngx_http_ioattest_wait_begin(ctx);
        ngx_http_ioattest_wait_poll(ctx);

        return NGX_AGAIN;

    case NGX_HTTP_IOATTEST_FAILED:
        *reason = found.reason;
        ngx_http_ioattest_gate_blame(ctx, &found);

        return NGX_DECLINED;

    case NGX_HTTP_IOATTEST_RESTING:
        ngx_http_ioattest_key_resting(ctx, &found.rest);
        *reason = IOA_ATTESTATION_REFUSED;
        return NGX_DECLINED;

    default: /* NGX_HTTP_IOATTEST_FULL */
        *reason = IOA_ZONE_FULL;
        return NGX_DECLINED;
    }
}


/* Has the log name the machine whose evidence was refused. */

static void
ngx_http_ioattest_gate_blame(ngx_http_ioattest_ctx_t *ctx,
    const ngx_http_ioattest_found_t *found)
{
    u_char  *p;

    static const char  text[] = "the evidence names machine ";

    if (!found->have_address) {
        return;
    }

    p = ngx_pnalloc(ctx->request->pool, sizeof(text) + IOA_ADDRESS_TEXT_LEN);
    if (p == NULL) {
        return;
    }

    ctx->gate.look_at = (char *) p;

    p = ngx_cpymem(p, text, sizeof(text) - 1);
    ioa_address_print(p, found->address20);
    p[IOA_ADDRESS_TEXT_LEN] = '\0';
}
