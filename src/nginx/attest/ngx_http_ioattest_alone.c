
/*
 * Evidence of GPUs by itself, where documents about the processor cannot be
 * had.  What is wrong with it no document can mend, so that it is a refusal of
 * this machine, and not a service that does not answer.
 *
 * Nothing becomes trusted here: that it is good says nothing of the processor.
 * It is verified on the event loop, but for a service that is down only.
 */


#include "attest/ngx_http_ioattest_attestation.h"


typedef struct {
    ioa_policy_t                     policy;
    ioa_machine_t                    machine;
    ioa_wants_t                      wants;
    ioa_checks_t                     checks;
} ngx_http_ioattest_alone_t;


ioa_status_t
ngx_http_ioattest_alone(ngx_http_ioattest_proof_t *proof)
{
    ioa_status_t                st;
    ngx_http_ioattest_alone_t  *alone;

    if (proof->task->running || proof->second
        || proof->conf->policy.cpu == 0
        || proof->conf->policy.gpu != IOA_GPU_LOCAL)
    {
        return IOA_OK;
    }

    alone = ngx_palloc(proof->task->pool, sizeof(ngx_http_ioattest_alone_t));
    if (alone == NULL) {
        return IOA_OK;
    }

    alone->policy = proof->conf->policy;
    alone->policy.cpu = 0;

    ioa_checks_init(&alone->checks);

    st = ioa_attest_verify(&alone->machine, &alone->wants, &alone->checks,
                           proof->reply, proof->nonce32, &alone->policy,
                           proof->fetched, 0, proof->now);

    /* a kept answer of OCSP refuses nothing until it was asked for anew */

    if (st == IOA_OK || st == IOA_ATTESTATION_UNAVAILABLE
        || (alone->wants.wanted & ~proof->asked))
    {
        return IOA_OK;
    }

    proof->lacking = 0;
    proof->failed = 0;
    proof->insecure = 0;
    proof->checks = alone->checks;

    return st;
}
