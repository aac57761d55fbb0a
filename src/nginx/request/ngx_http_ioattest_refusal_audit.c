
/*
 * Refusals in the audit log.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_refusal.h"


static void ngx_http_ioattest_refuse_line(
    ngx_http_ioattest_audit_line_t *line, ngx_http_request_t *r,
    ngx_uint_t dry_run, ioa_status_t reason, ngx_uint_t status);


/* The address is the claimed one, as it stands in the refused response. */

void
ngx_http_ioattest_refuse_audit(ngx_http_ioattest_ctx_t *ctx)
{
    ngx_http_ioattest_audit_line_t  line;

    if (ctx->conf->audit == NULL) {
        return;
    }

    ngx_http_ioattest_refuse_line(&line, ctx->request, ctx->conf->dry_run,
                                  ctx->reason, ctx->status);

    if (ctx->model.names.name_len) {
        ngx_http_ioattest_audit_add_text(&line, "model",
                                         ctx->model.names.name,
                                         ctx->model.names.name_len);
    }

    if (ctx->response.judged.have_address) {
        ngx_http_ioattest_audit_add_hex(&line, "signing_address", "0x",
                                        ctx->response.judged.address20,
                                        IOA_ADDRESS_LEN);
    }

    ngx_http_ioattest_audit_write(ctx->conf->audit, &line,
                                  ctx->request->connection->log);
}


void
ngx_http_ioattest_refuse_audit_subrequest(ngx_http_request_t *r,
    ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_http_ioattest_audit_line_t  line;

    if (conf->audit == NULL) {
        return;
    }

    ngx_http_ioattest_refuse_line(&line, r, conf->dry_run, IOA_NO_SIGNATURE,
                                  ioa_status_http(IOA_NO_SIGNATURE));

    ngx_http_ioattest_audit_add_value(&line, "subrequest", "true");

    ngx_http_ioattest_audit_write(conf->audit, &line, r->connection->log);
}


static void
ngx_http_ioattest_refuse_line(ngx_http_ioattest_audit_line_t *line,
    ngx_http_request_t *r, ngx_uint_t dry_run, ioa_status_t reason,
    ngx_uint_t status)
{
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    ngx_http_ioattest_audit_begin(line, dry_run ? "would_refuse" : "refused");
    ngx_http_ioattest_audit_add_value(line, "reason", "\"%s\"",
                                      ioa_status_name(reason));
    ngx_http_ioattest_audit_add_value(line, "status", "%ui", status);
    ngx_http_ioattest_audit_add_text(line, "server", cscf->server_name.data,
                                     cscf->server_name.len);
}
