
/*
 * Documents that end before a machine is attested again.  They are refetched
 * once the machine is trusted, so that nobody waits, and the same evidence is
 * verified with them once more: if they let it pass, the machine is trusted
 * until the end of these.
 */


#include "request/ngx_http_ioattest_log.h"
#include "attest/ngx_http_ioattest_attestation.h"


static uint64_t ngx_http_ioattest_ahead_ending(
    const ngx_http_ioattest_proof_t *proof);
static void ngx_http_ioattest_ahead_over(ngx_http_ioattest_proof_t *proof,
    ngx_int_t rc);


void
ngx_http_ioattest_ahead_start(ngx_http_ioattest_attestation_t *attestation)
{
    uint64_t                    ending;
    ngx_int_t                   rc;
    ngx_http_ioattest_proof_t  *proof;

    proof = attestation->proof;
    ending = ngx_http_ioattest_ahead_ending(proof);

    if (ending == 0 || proof->task->request->connection->error
        || proof->pending)
    {
        ngx_http_ioattest_early_start(attestation);
        return;
    }

    proof->newer = 1;
    proof->over = 0;
    proof->done = ngx_http_ioattest_ahead_over;

    ngx_http_ioattest_task_time(proof->task, proof->conf->timeout);

    rc = ngx_http_ioattest_endorsements_again(proof, ending);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_ioattest_proof_continue(proof);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_ioattest_ahead_over(proof, rc);
    }
}


/* Of documents that were at hand, those that end within ioattest_refresh. */

static uint64_t
ngx_http_ioattest_ahead_ending(const ngx_http_ioattest_proof_t *proof)
{
    time_t      until;
    uint64_t    ending;
    ngx_uint_t  what;

    ending = 0;
    until = ngx_time() + proof->conf->refresh;

    for (what = 0; what < IOA_FETCH_MAX; what++) {
        if (proof->wants.ends[what] && proof->wants.ends[what] <= until
            && ngx_http_ioattest_fetch_life(what))
        {
            ending |= IOA_FETCH_BIT(what);
        }
    }

    return ending & ~proof->asked;
}


/*
 * Whatever came of it, the machine is trusted for as long as it was before, or
 * for longer.
 */

static void
ngx_http_ioattest_ahead_over(ngx_http_ioattest_proof_t *proof, ngx_int_t rc)
{
    ngx_log_t           shown;
    const ioa_check_t  *check;

    proof->over = 1;
    proof->newer = 0;

    ngx_http_ioattest_task_untime(proof->task);

    if (rc == NGX_OK && proof->reason != IOA_OK) {
        check = ioa_checks_failed(&proof->checks);

        ngx_log_error(NGX_LOG_WARN,
                      ngx_http_ioattest_log_shown(&shown, proof->task->log),
                      0, "ioattest: %V: newer documents refuse its machine, "
                      "which is trusted until older ones end: %s, check "
                      "\"%s\"",
                      &proof->attestation->ask.what,
                      ioa_status_name(proof->reason),
                      check ? check->name : "-");
        return;
    }

    ngx_http_ioattest_early_start(proof->attestation);
}


void
ngx_http_ioattest_ahead_timeout(ngx_http_ioattest_proof_t *proof)
{
    if (proof && proof->newer) {

        /* a thread that is at it may lengthen the trust all the same */
        proof->over = 1;
    }
}
