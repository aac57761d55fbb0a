/*
 * pck: the SGX extension of PCK certificates.
 */

#include "tdx/ioa_tdx_pck.h"
#include "fixtures/tdxquote.h"


static void
test_forms(void)
{
    size_t            i, n;
    uint8_t           value[1024], *part;
    ioa_pck_t         pck, zero;
    ioa_reader_t      r;

    static const struct {
        const char        *name;
        quote_pck_form_t   form;
        int                good;
    } forms[] = {
        { "complete", { 0 }, 1 },
        { "another member", { .unknown = 1 }, 1 },
        { "no PPID", { .no_ppid = 1 }, 0 },
        { "PPID twice", { .ppid_again = 1 }, 0 },
        { "PPID of 15 bytes", { .ppid_len = 15 }, 0 },
        { "PPID of 17 bytes", { .ppid_len = 17 }, 0 },
        { "PPID that is an integer", { .ppid_tag = 0x02 }, 0 },
        { "no TCB", { .no_tcb = 1 }, 0 },
        { "no PCE-ID", { .no_pceid = 1 }, 0 },
        { "no FMSPC", { .no_fmspc = 1 }, 0 },
        { "FMSPC twice", { .twice = 1 }, 0 },
        { "FMSPC of five bytes", { .fmspc_len = 5 }, 0 },
        { "FMSPC of seven bytes", { .fmspc_len = 7 }, 0 },
        { "component twice", { .comp_again = 16 }, 0 },
        { "pcesvn twice", { .comp_again = 17 }, 0 },
        { "component of 256", { .comp_large = 1 }, 0 },
        { "pcesvn of 256", { .comp_large = 17 }, 1 },
        { "component of 65536", { .comp_huge = 1 }, 0 },
        { "pcesvn of 65536", { .comp_huge = 17 }, 0 },
        { "a member with the arc 31", { .arc = 31 }, 1 },
        { "a member with the arc 32", { .arc = 32 }, 0 },
        { "a member that is no DER", { .tag = 0x01 }, 0 },
        { "a byte behind", { .behind = 1 }, 0 },
    };

    memset(&zero, 0, sizeof(zero));

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        n = quote_pck(value, &forms[i].form);
        part = unit_exact(value, n);
        ioa_reader_init(&r, part, n);
        memset(&pck, 0xff, sizeof(pck));
        UNIT_OK(ioa_pck_parse(&pck, r) == forms[i].good
                && (memcmp(&pck, &zero, sizeof(pck)) != 0) == forms[i].good,
                "extension: %s", forms[i].name);
        free(part);
    }
}


/* Each member of TCB is needed, and nothing is read beyond the end. */
static void
test_missing(void)
{
    size_t            i, n;
    uint8_t           value[1024], *part;
    ioa_pck_t         pck;
    unit_all_t        members = { 0 }, prefixes = { 0 };
    ioa_reader_t      r;
    quote_pck_form_t  form;

    for (i = 1; i <= 18; i++) {
        memset(&form, 0, sizeof(form));
        form.no_comp = (int) i;
        n = quote_pck(value, &form);
        ioa_reader_init(&r, value, n);
        unit_each(&members, !ioa_pck_parse(&pck, r), "%zu", i);
    }

    UNIT_ALL(&members, "a member of TCB is missing");

    memset(&form, 0, sizeof(form));
    n = quote_pck(value, &form);

    for (i = 0; i < n; i++) {
        part = unit_exact(value, i);
        ioa_reader_init(&r, part, i);
        unit_each(&prefixes, !ioa_pck_parse(&pck, r), "%zu", i);
        free(part);
    }

    UNIT_ALL(&prefixes, "a prefix");
}


/* What comes out is what stands there. */
static void
test_fields(void)
{
    size_t            n;
    uint8_t           value[1024];
    ioa_pck_t         pck;
    ioa_reader_t      r;
    quote_pck_form_t  form = { 0 };

    static const uint8_t  ppid[IOA_PCK_PPID_LEN] = { 1, 2, 3 };
    static const uint8_t  fmspc[IOA_PCK_FMSPC_LEN] = { 0xb0, 0xc0, 0x6f, 0, 0,
                                                       1 };

    n = quote_pck(value, &form);
    ioa_reader_init(&r, value, n);
    UNIT_OK(ioa_pck_parse(&pck, r)
            && memcmp(pck.ppid, ppid, sizeof(ppid)) == 0
            && memcmp(pck.fmspc, fmspc, sizeof(fmspc)) == 0
            && pck.pcesvn == 17 && pck.comps[15] == 16, "fields");
}


int
main(void)
{
    test_fields();
    test_forms();
    test_missing();

    return UNIT_DONE();
}
