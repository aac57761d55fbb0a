/*
 * fuzz_collateral: TCB info or QE identity, as parsed by
 * ioa_verify_collateral.c; the first byte selects which, and the platform's
 * relation to it.  No signatures are made: the steps after them are called
 * directly, by the same functions.
 */

#include "fuzz.h"
#include "tdx/ioa_collateral_parts.h"


/* Both as one collateral, as if it had been signed. */
static void
fuzz_judge(const ioa_collateral_doc_t *doc, uint8_t seed)
{
    ioa_tcb_t               tcb, zero;
    ioa_status_t            st;
    ioa_collateral_t        c;
    ioa_collateral_quote_t  quote;

    memset(&zero, 0, sizeof(zero));
    memset(&c, 0, sizeof(c));
    memset(&quote, seed, sizeof(quote));
    c.tcb_info = *doc;
    c.qe_identity = *doc;
    (void) !ioa_collateral_hex(quote.fmspc6, sizeof(quote.fmspc6),
                               doc->inner, "fmspc");
    (void) !ioa_collateral_hex(quote.pceid2, sizeof(quote.pceid2),
                               doc->inner, "pceId");

    if (seed & 2) {
        memset(quote.mrsigner_seam48, 0, sizeof(quote.mrsigner_seam48));
        memset(quote.seam_attributes8, 0, sizeof(quote.seam_attributes8));
        quote.tee_tcb_svn16[1] = seed & 3;
    }

    memset(&tcb, 0xff, sizeof(tcb));
    st = ioa_collateral_judge(&tcb, NULL, &c, &quote);

    fuzz_assert(st == IOA_OK || memcmp(&tcb, &zero, sizeof(tcb)) == 0);
    fuzz_assert(tcb.advisories_n <= IOA_TCB_ADVISORIES_MAX);
    fuzz_assert(st != IOA_OK || tcb.status != IOA_TCB_UNKNOWN);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t                    got;
    uint8_t                  *text, *out;
    ioa_reader_t              body;
    ioa_collateral_doc_t      doc;
    ioa_collateral_levels_t   levels;

    if (n == 0) {
        return 0;
    }

    text = fuzz_exact(data + 1, n - 1);
    ioa_reader_init(&body, text, n - 1);

    if (ioa_collateral_doc_parse(&doc, data[0] & 1 ? "tcbInfo"
                                                   : "enclaveIdentity", body))
    {
        fuzz_assert(doc.signed_text.pos >= text
                    && doc.signed_text.left <= n - 1
                    && doc.signed_text.pos[0] == '{'
                    && doc.signed_text.pos[doc.signed_text.left - 1] == '}');
        fuzz_assert(doc.next_update > doc.issue_date);
        (void) !ioa_collateral_levels(&levels, doc.inner,
                                      ioa_collateral_platform_level);
        (void) !ioa_collateral_levels(&levels, doc.inner,
                                      ioa_collateral_isv_level);
        fuzz_judge(&doc, data[0]);
    }

    ioa_collateral_doc_cleanup(&doc);

    out = malloc(n);
    fuzz_assert(out != NULL);

    if (ioa_percent_decode(out, &got, n - 1, text, n - 1)) {
        fuzz_assert(got <= n - 1);
    }

    free(out);
    free(text);

    return 0;
}
