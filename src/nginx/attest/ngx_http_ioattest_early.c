
/*
 * A second judgement of a TDX platform, by what Intel's service says to
 * "update=early": the TCB that it will ask for next.  It begins when the
 * attestation is over and the machine is trusted, in the same task, and
 * changes nothing of that: it is shown and warned of.
 *
 * The proof goes on with the documents that it has, and asks for two more.
 */


#include "request/ngx_http_ioattest_log.h"
#include "request/ngx_http_ioattest_printable.h"
#include "attest/ngx_http_ioattest_attestation.h"


static void ngx_http_ioattest_early_done(ngx_http_ioattest_proof_t *proof,
    ngx_int_t rc);
static void ngx_http_ioattest_early_failed(ngx_http_ioattest_proof_t *proof,
    const char *why);
static void ngx_http_ioattest_early_warn(ngx_http_ioattest_proof_t *proof);


void
ngx_http_ioattest_early_start(ngx_http_ioattest_attestation_t *attestation)
{
    ngx_int_t                   rc;
    ngx_http_ioattest_proof_t  *proof;

    proof = attestation->proof;

    if (!ngx_http_ioattest_early_asked(proof->conf,
                                       proof->machine.proved.cpu)
        || proof->task->request->connection->error
        || proof->pending)
    {
        return;
    }

    proof->second = 1;
    proof->over = 0;
    proof->stale = 0;
    proof->old = 0;
    proof->lacks = NULL;
    proof->done = ngx_http_ioattest_early_done;

    ngx_http_ioattest_task_time(proof->task, proof->conf->timeout);

    rc = ngx_http_ioattest_proof_continue(proof);

    if (rc != NGX_AGAIN) {
        ngx_http_ioattest_early_done(proof, rc);
    }
}


static void
ngx_http_ioattest_early_done(ngx_http_ioattest_proof_t *proof, ngx_int_t rc)
{
    const ioa_check_t  *check;

    proof->over = 1;

    ngx_http_ioattest_task_untime(proof->task);

    if (rc != NGX_OK) {
        ngx_http_ioattest_early_failed(proof, "no memory");
        return;
    }

    if (proof->reason != IOA_OK) {
        check = ioa_checks_failed(&proof->checks);

        ngx_http_ioattest_early_failed(proof, proof->failed && proof->lacks
                                              ? proof->lacks
                                              : check ? check->name
                                                      : "not judged");
        return;
    }

    if (ngx_http_ioattest_store_early(proof->conf->zone, proof->machine32,
                                      &proof->early))
    {
        ngx_http_ioattest_early_warn(proof);
    }
}


void
ngx_http_ioattest_early_timeout(ngx_http_ioattest_proof_t *proof)
{
    if (proof == NULL || !proof->second || proof->over) {
        return;
    }

    proof->over = 1;

    ngx_http_ioattest_early_failed(proof, "no answer in time");
}


/* Whatever the reason: the machine is no less trusted. */

static void
ngx_http_ioattest_early_failed(ngx_http_ioattest_proof_t *proof,
    const char *why)
{
    ngx_log_t  shown;

    (void) ngx_http_ioattest_store_early(proof->conf->zone, proof->machine32,
                                         NULL);

    if (!ngx_http_ioattest_store_early_failed(proof->conf->zone)) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN,
                  ngx_http_ioattest_log_shown(&shown, proof->task->log), 0,
                  "ioattest: platforms cannot be judged by the TCB that "
                  "Intel will ask for next, see "
                  "\"ioattest_collateral_early\": %s; they are trusted as "
                  "before, and this is logged once an hour", why);
}


static void
ngx_http_ioattest_early_warn(ngx_http_ioattest_proof_t *proof)
{
    u_char                      address[IOA_ADDRESS_TEXT_LEN];
    ngx_log_t                   shown;
    ngx_str_t                   name;
    const ioa_check_t          *check;
    ngx_http_ioattest_model_t  *model;

    model = &proof->attestation->model;
    name = ngx_http_ioattest_printable(proof->task->pool, model->names.name,
                                       model->names.name_len);
    check = ioa_checks_failed(&proof->checks);

    ioa_address_print(address, proof->machine.address20);

    ngx_log_error(NGX_LOG_WARN,
                  ngx_http_ioattest_log_shown(&shown, proof->task->log), 0,
                  "ioattest: the platform of %*s for model \"%V\", ppid %s, "
                  "fmspc %s, is trusted now and will not be when Intel asks "
                  "for its next TCB (evaluation %uL): check \"%s\": %s; an "
                  "update of what is short on that host lifts it",
                  (size_t) IOA_ADDRESS_TEXT_LEN, address, &name,
                  proof->machine.proved.ppid, proof->machine.proved.fmspc,
                  proof->early.evaluation, check ? check->name : "-",
                  check ? check->detail : ioa_tcb_name(proof->early.status));
}
