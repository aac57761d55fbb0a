
/*
 * The outcome of an attestation in the audit log: what was proven, on which
 * evidence, until when; or why not.
 */


#include "request/ngx_http_ioattest_printable.h"
#include "attest/ngx_http_ioattest_attestation.h"


static void ngx_http_ioattest_outcome_audit_trusted(
    ngx_http_ioattest_attestation_t *attestation,
    ngx_http_ioattest_audit_line_t *line);
static void ngx_http_ioattest_outcome_audit_gpu(
    ngx_http_ioattest_audit_line_t *line, const ioa_proved_t *proved);
static void ngx_http_ioattest_outcome_audit_refused(
    ngx_http_ioattest_attestation_t *attestation,
    ngx_http_ioattest_audit_line_t *line, ioa_status_t reason);


void
ngx_http_ioattest_outcome_audit(ngx_http_ioattest_attestation_t *attestation,
    ioa_status_t reason)
{
    ngx_http_ioattest_proof_t       *proof;
    ngx_http_core_srv_conf_t        *cscf;
    ngx_http_ioattest_loc_conf_t    *conf;
    ngx_http_ioattest_audit_line_t   line;

    conf = attestation->ask.conf;
    proof = attestation->proof;

    if (attestation->ask.task->running) {

        /* the thread owns the proof: no more is said of the reply */
        proof = NULL;
    }

    if (proof && proof->keep_error) {
        ngx_log_error(NGX_LOG_ALERT, attestation->ask.task->log,
                      proof->keep_error, "ioattest: evidence could not be "
                      "kept in \"%V\"", &conf->evidence.path->name);
        proof->keep_error = 0;
    }

    if (conf->audit == NULL) {
        return;
    }

    ngx_http_ioattest_audit_begin(&line, reason == IOA_OK
                                         ? "attested"
                                         : "attestation_refused");

    if (reason != IOA_OK) {
        ngx_http_ioattest_audit_add_value(&line, "reason", "\"%s\"",
                                          ioa_status_name(reason));
    }

    cscf = conf->server->srv_conf[ngx_http_core_module.ctx_index];

    ngx_http_ioattest_audit_add_text(&line, "server", cscf->server_name.data,
                                     cscf->server_name.len);
    ngx_http_ioattest_audit_add_text(&line, "model",
                                     attestation->model.names.name,
                                     attestation->model.names.name_len);
    ngx_http_ioattest_audit_add_text(&line, "model_id",
                                     attestation->model.names.id,
                                     attestation->model.names.id_len);
    ngx_http_ioattest_audit_add_hex(&line, "policy", "", conf->policy32,
                                    NGX_HTTP_IOATTEST_KEY_LEN);

    if (proof && proof->hashed) {
        ngx_http_ioattest_audit_add_hex(&line, "evidence", "sha256:",
                                        proof->evidence32, IOA_SHA256_LEN);
        ngx_http_ioattest_audit_add_value(&line, "evidence_kept", "%s",
                                          proof->kept ? "true" : "false");
    }

    if (reason == IOA_OK) {
        ngx_http_ioattest_outcome_audit_trusted(attestation, &line);

    } else if (proof) {
        ngx_http_ioattest_outcome_audit_refused(attestation, &line, reason);
    }

    ngx_http_ioattest_audit_write(conf->audit, &line,
                                  attestation->ask.task->log);
}


static void
ngx_http_ioattest_outcome_audit_trusted(
    ngx_http_ioattest_attestation_t *attestation,
    ngx_http_ioattest_audit_line_t *line)
{
    const ioa_machine_t        *machine;
    const ioa_proved_t         *proved;
    ngx_http_ioattest_proof_t  *proof;

    proof = attestation->proof;
    machine = &proof->machine;
    proved = &machine->proved;

    ngx_http_ioattest_audit_add_hex(line, "signing_address", "0x",
                                    machine->address20, IOA_ADDRESS_LEN);
    ngx_http_ioattest_audit_add_value(line, "signer_bound", "%s",
                                      proved->signer_bound ? "true"
                                                           : "false");
    ngx_http_ioattest_audit_add_value(line, "via_tls", "%s",
                                      attestation->ask.asked->tls
                                      == NGX_HTTP_IOATTEST_TLS_VERIFIED
                                      ? "true" : "false");
    ngx_http_ioattest_audit_add_text(line, "image_digest",
                                     (u_char *) machine->image_digest,
                                     machine->image_digest_len);
    ngx_http_ioattest_audit_add_value(line, "pinned", "%s",
                                      proof->pinned ? "true" : "false");

    if (proved->cpu) {
        ngx_http_ioattest_audit_add_value(line, "cpu", "\"%s\"",
                                    ngx_http_ioattest_cpu_name(proved->cpu));
        ngx_http_ioattest_audit_add_value(line, "tcb_status", "\"%s\"",
                                          ioa_tcb_name(proved->tcb_status));

        ngx_http_ioattest_audit_add_list(line, "advisories",
                                         proved->advisories);
    }

    ngx_http_ioattest_outcome_audit_gpu(line, proved);

    ngx_http_ioattest_audit_add_time(line, "expires", proof->expires_at);
}


static void
ngx_http_ioattest_outcome_audit_gpu(ngx_http_ioattest_audit_line_t *line,
    const ioa_proved_t *proved)
{
    if (proved->gpus == 0) {
        return;
    }

    ngx_http_ioattest_audit_add_value(line, "gpus", "%uz", proved->gpus);
    ngx_http_ioattest_audit_add_text(line, "gpu_arch",
                                     (u_char *) proved->gpu_arch,
                                     ngx_strlen(proved->gpu_arch));
    ngx_http_ioattest_audit_add_text(line, "gpu_driver",
                                     (u_char *) proved->gpu_driver,
                                     ngx_strlen(proved->gpu_driver));
    ngx_http_ioattest_audit_add_text(line, "gpu_vbios",
                                     (u_char *) proved->gpu_vbios,
                                     ngx_strlen(proved->gpu_vbios));
    ngx_http_ioattest_audit_add_text(line, "gpu_mode",
                                     (u_char *) proved->gpu_mode,
                                     ngx_strlen(proved->gpu_mode));
    ngx_http_ioattest_audit_add_value(line, "gpu_reference", "%s",
                                      proved->gpu_reference ? "true"
                                                            : "false");
}


/* The address that such evidence names is its own claim. */

static void
ngx_http_ioattest_outcome_audit_refused(
    ngx_http_ioattest_attestation_t *attestation,
    ngx_http_ioattest_audit_line_t *line, ioa_status_t reason)
{
    u_char              address20[IOA_ADDRESS_LEN];
    const ioa_check_t  *check;

    check = ioa_checks_failed(&attestation->proof->checks);

    if (check && reason != IOA_ATTESTATION_INSECURE) {
        ngx_http_ioattest_audit_add_value(line, "check", "\"%s\"",
                                          check->name);
        ngx_http_ioattest_audit_add_text(line, "detail",
                                         (u_char *) check->detail,
                                         ngx_strlen(check->detail));
    }

    if (ioa_attest_address(address20, attestation->proof->reply)) {
        ngx_http_ioattest_audit_add_hex(line, "claimed_address", "0x",
                                        address20, IOA_ADDRESS_LEN);
    }
}
