/*
 * fuzz_tdx: a TDX quote.  Its own last certificate is pinned, so that the
 * steps after the chain are reached; the seeds (of t/unit/driver/seeds.c) are
 * verified.  A refused quote leaves no output, and a verified one has no bit
 * set that must be clear.
 */

#include "fuzz_key.h"
#include "x509/ioa_cert.h"
#include "x509/ioa_der.h"
#include "tdx/ioa_verify_tdx.h"

#define NOW  INT64_C(1750000000)


/* Pins the last certificate of a chain.  Returns: NULL if there is none. */
static ioa_roots_t *
pin(ioa_reader_t pem)
{
    ioa_chain_t  *chain;
    ioa_roots_t  *roots;

    chain = ioa_chain_new(NULL);
    fuzz_assert(chain != NULL);

    roots = ioa_chain_add_pem(chain, pem.pos, pem.left) == IOA_CHAIN_OK
            ? fuzz_pin(chain) : NULL;

    ioa_chain_free(chain);

    return roots;
}


static void
verify(const uint8_t *quote, size_t n, const ioa_tdx_quote_t *view,
    ioa_tdx_rc_t rc)
{
    ioa_roots_t       *roots;
    ioa_status_t       st;
    ioa_tdx_trust_t    trust;
    ioa_tdx_result_t   res, zero;

    memset(&zero, 0, sizeof(zero));
    memset(&res, 0xff, sizeof(res));
    memset(&trust, 0, sizeof(trust));
    roots = pin(view->certs);

    if (roots == NULL) {
        return;
    }

    trust.roots = roots;
    trust.now = NOW;
    st = ioa_tdx_verify(&res, NULL, quote, n, &trust);
    ioa_roots_free(roots);

    if (st != IOA_OK) {
        fuzz_assert(st == IOA_CPU_EVIDENCE_INVALID);
        fuzz_assert(memcmp(&res, &zero, sizeof(zero)) == 0);
        return;
    }

    fuzz_assert(rc == IOA_TDX_OK);
    fuzz_assert(memcmp(&res.body, &view->body, sizeof(res.body)) == 0);
    fuzz_assert((res.body.td_attributes
                 & ~(IOA_TDX_TD_SEPT_VE_DISABLE | IOA_TDX_TD_PKS
                     | IOA_TDX_TD_KL | IOA_TDX_TD_PERFMON)) == 0);
    fuzz_assert(res.pck_ca != IOA_PCK_CA_NONE && res.not_after >= NOW);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t          *quote;
    ioa_pck_t         pck;
    ioa_cert_t        cert;
    ioa_reader_t      r;
    ioa_tdx_rc_t      rc;
    ioa_tdx_quote_t   view, zero;

    quote = fuzz_exact(data, n);
    memset(&zero, 0, sizeof(zero));
    rc = ioa_tdx_parse(&view, quote, n);

    fuzz_assert(rc == IOA_TDX_OK || memcmp(&view, &zero, sizeof(zero)) == 0);

    if (rc == IOA_TDX_OK) {
        /* the parts make up the whole quote */
        fuzz_assert(view.signed_part.left + 4 + 134 + 450 + 6
                    + view.qe_auth.left + view.certs.left + view.trailing
                    == n);
        verify(quote, n, &view, rc);
    }

    ioa_reader_init(&r, quote, n);

    if (ioa_pck_parse(&pck, r) || ioa_cert_parse(&cert, r)) {
        fuzz_assert(ioa_der_valid(r));
    }

    free(quote);

    return 0;
}
