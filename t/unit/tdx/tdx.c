/*
 * tdx: quotes made here, each good save for one thing, which one check must
 * find.
 */

#include "tdx/ioa_verify_tdx.h"
#include "fixtures/tdxquote.h"

#define PRO  "Intel SGX PCK Processor CA"

#define ALL_PASSED  ""

static family_t       family;
static EVP_PKEY      *keys[CERTS + 1], *p384;
static quote_keys_t   good;
static ioa_roots_t   *roots;
static ioa_checks_t   checks;


static ioa_status_t
verify(ioa_tdx_result_t *res, const uint8_t *quote, size_t n,
    const ioa_roots_t *pinned, const ioa_crls_t *crls)
{
    uint8_t          *exact;
    ioa_status_t      st;
    ioa_tdx_trust_t   trust = { pinned, crls, NULL, CERTS_NOW };

    ioa_checks_init(&checks);
    exact = unit_exact(quote, n);
    st = ioa_tdx_verify(res, &checks, exact, n, &trust);
    free(exact);

    return st;
}


/* Returns: the check that failed, if all before it did not and none behind
   it was made; "" where none failed; NULL for anything else. */
static const char *
failed(void)
{
    size_t       i;
    const char  *name;

    for (i = 0, name = ""; i < checks.n; i++) {
        if (*name != '\0' && checks.list[i].verdict != IOA_CHECK_NOT_MADE) {
            return NULL;
        }

        if (checks.list[i].verdict == IOA_CHECK_FAILED) {
            name = checks.list[i].name;
        }
    }

    return checks.n == 12 ? name : NULL;
}


static void
expect(const char *name, const uint8_t *quote, size_t n, const char *check,
    const ioa_roots_t *pinned)
{
    const char        *found;
    ioa_status_t       st;
    ioa_tdx_result_t   res, zero;

    memset(&zero, 0, sizeof(zero));
    memset(&res, 0xff, sizeof(res));
    st = verify(&res, quote, n, pinned, NULL);
    found = failed();

    UNIT_OK(found != NULL && strcmp(found, check) == 0
            && st == (*check ? IOA_CPU_EVIDENCE_INVALID : IOA_OK),
            "%s: %s", name, *check ? check : "verified");

    if (found == NULL || strcmp(found, check) != 0) {
        printf("# %s, %s\n", ioa_status_name(st), found ? found : "several");
    }

    if (*check) {
        UNIT_OK(memcmp(&res, &zero, sizeof(zero)) == 0, "%s: zeroed", name);
    }
}


static const struct {
    const char      *name;
    int              version;
    int              td15;
    quote_place_t    place;
    size_t           offset;
    uint8_t          flip;
    const char      *check;
} cases[] = {
    { "v4", 4, 0, AT_NOWHERE, 0, 0, ALL_PASSED },
    { "v5, TD 1.0", 5, 0, AT_NOWHERE, 0, 0, ALL_PASSED },
    { "v5, TD 1.5", 5, 1, AT_NOWHERE, 0, 0, ALL_PASSED },
    { "user data", 4, 0, AT_HEADER, 28, 1, ALL_PASSED },
    { "report data", 4, 0, AT_BODY, 520, 1, ALL_PASSED },
    { "PKS", 4, 0, AT_BODY, 123, 0x40, ALL_PASSED },
    { "KL", 4, 0, AT_BODY, 123, 0x80, ALL_PASSED },
    { "PERFMON", 4, 0, AT_BODY, 127, 0x80, ALL_PASSED },
    { "tee_tcb_svn2", 5, 1, AT_BODY, 584, 1, ALL_PASSED },

    { "version 5 on a v4", 4, 0, AT_HEADER, 0, 1, "tdx.layout" },
    { "version 7 on a v5", 5, 1, AT_HEADER, 0, 2, "tdx.layout" },
    { "version 6", 4, 0, AT_HEADER, 0, 2, "tdx.layout" },
    { "version 260", 4, 0, AT_HEADER, 1, 1, "tdx.layout" },
    { "key type 3", 4, 0, AT_HEADER, 2, 1, "tdx.layout" },
    { "SGX", 4, 0, AT_HEADER, 4, 0x81, "tdx.layout" },
    { "TEE type", 4, 0, AT_HEADER, 7, 1, "tdx.layout" },
    { "vendor", 4, 0, AT_HEADER, 12, 1, "tdx.layout" },
    { "vendor's last byte", 5, 1, AT_HEADER, 27, 0x80, "tdx.layout" },
    { "body type 1", 5, 1, AT_HEADER, 48, 2, "tdx.layout" },
    { "body type 2 on 1.5", 5, 1, AT_HEADER, 48, 1, "tdx.layout" },
    { "body type 3 on 1.0", 5, 0, AT_HEADER, 48, 1, "tdx.layout" },
    { "body type 1 of that size", 5, 0, AT_HEADER, 48, 3,
      "tdx.layout" },
    { "body type 258", 5, 0, AT_HEADER, 49, 1, "tdx.layout" },
    { "body size", 5, 1, AT_HEADER, 50, 1, "tdx.layout" },

    { "signature's r", 4, 0, AT_SIGNATURE, 0, 1, "tdx.signature" },
    { "signature's s", 5, 1, AT_SIGNATURE, 63, 1, "tdx.signature" },
    { "attestation key", 4, 0, AT_SIGNATURE, 64, 1,
      "tdx.qe_report_data" },
    { "outer type", 4, 0, AT_SIGNATURE, 128, 3, "tdx.layout" },
    { "outer size + 1", 4, 0, AT_SIGNATURE, 130, 1, "tdx.layout" },
    { "outer size + 2^31", 4, 0, AT_SIGNATURE, 133, 0x80,
      "tdx.layout" },

    { "QE report as sent", 4, 0, AT_QE_SENT, 0, 1,
      "tdx.qe_report_signature" },
    { "QE signature", 4, 0, AT_QE_SENT, 384, 1, "tdx.qe_report_signature" },
    { "QE auth data", 4, 0, AT_QE_SENT, 450, 1, "tdx.qe_report_data" },
    { "QE auth length", 4, 0, AT_QE_SENT, 448, 1, "tdx.layout" },
    { "QE auth length + 2^15", 4, 0, AT_QE_SENT, 449, 0x80,
      "tdx.layout" },

    { "QE report data", 4, 0, AT_QE, 320, 1, "tdx.qe_report_data" },
    { "QE report data, second half", 4, 0, AT_QE, 352, 1,
      "tdx.qe_report_data" },
    { "QE signer", 4, 0, AT_QE, 128, 1, "tdx.qe" },
    { "QE product", 4, 0, AT_QE, 256, 1, "tdx.qe" },
    { "QE debug", 4, 0, AT_QE, 48, 2, "tdx.qe" },

    { "chain type 3", 4, 0, AT_CERTS, 0, 6, "tdx.layout" },
    { "chain size", 4, 0, AT_CERTS, 2, 1, "tdx.layout" },

    { "DEBUG", 4, 0, AT_BODY, 120, 1, "tdx.debug" },
    { "reserved 1", 4, 0, AT_BODY, 120, 2, "tdx.td_attributes" },
    { "reserved 7", 4, 0, AT_BODY, 120, 0x80, "tdx.td_attributes" },
    { "reserved 8", 4, 0, AT_BODY, 121, 1, "tdx.td_attributes" },
    { "reserved 29", 4, 0, AT_BODY, 123, 0x20, "tdx.td_attributes" },
    { "reserved 32", 4, 0, AT_BODY, 124, 1, "tdx.td_attributes" },
    { "reserved 62", 4, 0, AT_BODY, 127, 0x40, "tdx.td_attributes" },
    { "SEPT_VE_DISABLE clear", 4, 0, AT_BODY, 123, 0x10, ALL_PASSED },
    { "mrsigner_seam", 4, 0, AT_BODY, 64, 1, "tdx.seam_module" },
    { "mrsigner_seam's last byte", 4, 0, AT_BODY, 111, 0x80, "tdx.seam_module" },
    { "seam_attributes", 4, 0, AT_BODY, 112, 1, "tdx.seam_module" },
    { "seam_attributes' last byte", 5, 1, AT_BODY, 119, 0x80, "tdx.seam_module" },
    { "mr_servicetd", 5, 1, AT_BODY, 600, 1, "tdx.service_td" },
    { "mr_servicetd's last byte", 5, 1, AT_BODY, 647, 0x80,
      "tdx.service_td" },
};


static void
test_cases(void)
{
    size_t          i, n;
    quote_form_t    form;
    static uint8_t  quote[QUOTE_MAX];

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&form, 0, sizeof(form));
        form.version = cases[i].version;
        form.td15 = cases[i].td15;
        form.place = cases[i].place;
        form.offset = cases[i].offset;
        form.flip = cases[i].flip;
        n = quote_make(quote, &form, &good);
        expect(cases[i].name, quote, n, cases[i].check, roots);
    }
}


/* Each size one less and one more than what it stands for. */
static void
test_sizes(void)
{
    int             delta;
    char            name[64];
    size_t          i, n;
    uint8_t        *at;
    uint32_t        size;
    quote_form_t    form = { .version = 4 };
    static uint8_t  quote[QUOTE_MAX];

    /* of the signature data, what certifies, the chain */
    static const size_t  offsets[] = { 632, 766, 1254 };

    for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        for (delta = -1; delta <= 1; delta += 2) {
            n = quote_make(quote, &form, &good);
            at = quote + offsets[i];
            size = at[0] | (uint32_t) at[1] << 8;
            certs_must(size > 1000 && size < 10000, "a size");
            quote_le(at, 4, size + (uint32_t) delta);
            snprintf(name, sizeof(name), "size at %zu, %d", offsets[i],
                     delta);
            expect(name, quote, n, "tdx.layout", roots);
        }
    }
}


/* One thing about the certificates is wrong. */
static void
chain_case(const char *name, family_t *f, EVP_PKEY *pck, const char *check)
{
    size_t          n;
    ioa_roots_t    *pinned;
    quote_form_t    form = { .version = 4 };
    quote_keys_t    with = good;
    static uint8_t  quote[QUOTE_MAX];

    with.pem = quote_pem(f);
    with.pck = pck;
    pinned = roots_of(f->certs[2], NULL);
    n = quote_make(quote, &form, &with);
    expect(name, quote, n, check, pinned);
    ioa_roots_free(pinned);
    free(with.pem.data);
    family_free(f);
}


static void
test_chain(void)
{
    family_t  f;

    quote_family(&f, keys);
    chain_case("platform CA", &f, keys[0], ALL_PASSED);

    f.forms[0].issuer = f.forms[1].subject = PRO;
    chain_case("processor CA", &f, keys[0], ALL_PASSED);

    f.forms[0].issuer = f.forms[1].subject = "Intel SGX PCK Other CA";
    chain_case("another CA", &f, keys[0], "tdx.pck_certificate");

    quote_family(&f, keys);
    f.forms[0].subject = "Intel SGX TCB Signing";
    chain_case("another leaf", &f, keys[0], "tdx.pck_certificate");

    quote_family(&f, keys);
    f.forms[0].other = NULL;
    chain_case("no SGX extension", &f, keys[0], "tdx.pck_certificate");

    f.forms[0].other = "1.2.840.113741.1.13.1=DER:3000";
    chain_case("an empty one", &f, keys[0], "tdx.pck_certificate");

    quote_family(&f, keys);
    f.forms[0].key = p384;
    chain_case("P-384", &f, p384, "tdx.qe_report_signature");

    quote_family(&f, keys);
    chain_case("another key", &f, keys[3], "tdx.qe_report_signature");

    f.forms[0].basic = CA;
    f.forms[0].usage = "critical,digitalSignature,keyCertSign";
    chain_case("leaf is a CA", &f, keys[0], "tdx.pck_chain");

    quote_family(&f, keys);
    f.forms[1].to = CERTS_NOW - 1;
    chain_case("expired", &f, keys[0], "tdx.pck_chain");
}


/* The root, of the same name, is not the one that is pinned. */
static void
test_root(void)
{
    size_t          n;
    family_t        f;
    ioa_roots_t    *pinned;
    quote_form_t    form = { .version = 4 };
    static uint8_t  quote[QUOTE_MAX];

    family_forms(&f, keys + 1);
    family_make(&f, 0);
    pinned = roots_of(f.certs[2], NULL);
    n = quote_make(quote, &form, &good);
    expect("another root", quote, n, "tdx.pck_chain", pinned);
    ioa_roots_free(pinned);
    family_free(&f);
}


static void
test_revoked(void)
{
    size_t             n, i;
    ioa_crls_t        *crls;
    ioa_status_t       st;
    quote_form_t       form = { .version = 4 };
    certs_bytes_t      b[2];
    ioa_tdx_result_t   res;
    static uint8_t     quote[QUOTE_MAX];
    certs_crl_form_t   of[2] = { { .issuer = PCA, .signer = keys[1] },
                                 { .issuer = "Test Root",
                                   .signer = keys[2] } };

    n = quote_make(quote, &form, &good);

    for (i = 0; i < 4; i++) {
        of[0].serial = i == 1 ? 100 : 0;
        of[1].serial = i == 2 ? 101 : 0;
        crls = ioa_crls_new();
        b[0] = certs_crl(&of[0]);
        b[1] = certs_crl(&of[1]);
        certs_must(ioa_crls_add(crls, b[0].data, b[0].len) == 0
                   && (i == 3 || ioa_crls_add(crls, b[1].data, b[1].len)
                                 == 0), "CRL");
        st = verify(&res, quote, n, roots, crls);
        UNIT_OK(st == (i == 0 ? IOA_OK : i == 3 ? IOA_CPU_EVIDENCE_INVALID
                                                : IOA_REVOKED),
                "CRLs %zu: %s", i, ioa_status_name(st));
        UNIT_OK(checks.list[2].verdict == (i == 0 ? IOA_CHECK_PASSED
                                                  : IOA_CHECK_NOT_MADE),
                "CRLs %zu: said so", i);
        OPENSSL_free(b[0].data);
        OPENSSL_free(b[1].data);
        ioa_crls_free(crls);
    }
}


/* What a verified quote hands on. */
static void
test_result(void)
{
    size_t             n;
    uint8_t            bytes[48];
    quote_form_t       form = { .version = 5, .td15 = 1, .trailing = 5 };
    ioa_tdx_result_t   res;
    static uint8_t     quote[QUOTE_MAX];

    n = quote_make(quote, &form, &good);
    certs_must(verify(&res, quote, n, roots, NULL) == IOA_OK, "quote");

    UNIT_OK(res.body.td15 && res.sept_ve_disable,
            "flags");
    UNIT_OK(checks.list[2].verdict == IOA_CHECK_NOT_MADE,
            "without CRLs revocation was not checked");
    memset(bytes, 0x33, 48);
    UNIT_OK(memcmp(res.body.rtmr[3], bytes, 48) == 0, "rtmr3");
    memset(bytes, 0x22, 48);
    UNIT_OK(memcmp(res.body.mr_td, bytes, 48) == 0, "mr_td");
    memset(bytes, 0x11, 48);
    UNIT_OK(memcmp(res.body.mr_seam, bytes, 48) == 0, "mr_seam");
    UNIT_OK(res.body.report_data[31] == 0x44 && res.body.report_data[32] == 0,
            "report_data");
    UNIT_OK(res.body.tee_tcb_svn[0] == 5 && res.body.tee_tcb_svn[1] == 1,
            "tee_tcb_svn");
    UNIT_OK(res.body.td_attributes == IOA_TDX_TD_SEPT_VE_DISABLE
            && res.body.xfam == 3, "td_attributes");
    UNIT_OK(res.qe.isvprodid == 2 && res.qe.isvsvn == 4
            && res.qe.attributes[0] == 5, "QE");
    UNIT_OK(res.pck.fmspc[0] == 0xb0 && res.pck.fmspc[5] == 1
            && res.pck.pceid[1] == 7 && res.pck.comps[0] == 1
            && res.pck.comps[15] == 16 && res.pck.pcesvn == 17
            && res.pck.cpusvn[2] == 3, "PCK");
    UNIT_OK(res.pck_ca == IOA_PCK_CA_PLATFORM, "PCK CA");
    UNIT_OK(res.not_after == CERTS_NOW + 100, "not after");

    form.place = AT_BODY;
    form.offset = 123;
    form.flip = 0x10;
    n = quote_make(quote, &form, &good);
    UNIT_OK(verify(&res, quote, n, roots, NULL) == IOA_OK
            && !res.sept_ve_disable, "SEPT_VE_DISABLE is clear");
}


static void
test_prefixes(void)
{
    size_t             n, i;
    uint8_t           *part;
    unit_all_t         all = { 0 };
    quote_form_t       form = { .version = 5, .td15 = 1, .trailing = 0 };
    ioa_tdx_quote_t    view, zero;
    ioa_tdx_result_t   res;
    static uint8_t     quote[QUOTE_MAX];
    static uint8_t     large[IOA_TDX_QUOTE_LEN_MAX + 1];

    memset(&zero, 0, sizeof(zero));
    n = quote_make(quote, &form, &good);

    for (i = 0; i < n; i++) {
        part = unit_exact(quote, i);
        unit_each(&all, ioa_tdx_parse(&view, part, i) != IOA_TDX_OK
                        && memcmp(&view, &zero, sizeof(zero)) == 0, "%zu", i);
        unit_each(&all, verify(&res, part, i, roots, NULL)
                        == IOA_CPU_EVIDENCE_INVALID, "%zu, verify", i);
        free(part);
    }

    UNIT_ALL(&all, "a prefix");

    memcpy(large, quote, n);
    UNIT_OK(ioa_tdx_parse(&view, large, sizeof(large) - 1) == IOA_TDX_OK
            && ioa_tdx_parse(&view, large, sizeof(large))
               == IOA_TDX_TOO_LONG, "the longest");
}


/* An enclave's report alone: as long as it is, and no other length. */
static void
test_enclave(void)
{
    size_t        n;
    uint8_t       report[IOA_TDX_QE_REPORT_LEN + 1] = { 0 };
    unit_all_t    all = { 0 };
    ioa_reader_t  r;
    ioa_tdx_qe_t  qe;

    report[64] = 0x64;
    report[128] = 0x80;
    report[257] = 0x57;
    report[383] = 0x83;

    for (n = 0; n <= sizeof(report); n++) {
        ioa_reader_init(&r, report, n);
        unit_each(&all, ioa_tdx_qe_parse(&qe, r)
                        == (n == IOA_TDX_QE_REPORT_LEN), "%zu", n);
    }

    UNIT_ALL(&all, "lengths of an enclave's report");

    ioa_reader_init(&r, report, IOA_TDX_QE_REPORT_LEN);
    UNIT_OK(ioa_tdx_qe_parse(&qe, r) && qe.mrenclave[0] == 0x64
            && qe.mrsigner[0] == 0x80 && qe.isvprodid == 0x5700
            && qe.report_data[63] == 0x83, "an enclave's report");
}


int
main(void)
{
    size_t  i;

    for (i = 0; i <= CERTS; i++) {
        keys[i] = certs_key("P-256");
    }

    p384 = certs_key("P-384");
    quote_family(&family, keys);
    family.forms[0].to = CERTS_NOW + 100;
    good.pem = quote_pem(&family);
    good.pck = keys[0];
    good.attestation = keys[3];
    roots = roots_of(family.certs[2], NULL);

    test_cases();
    test_sizes();
    test_chain();
    test_root();
    test_revoked();
    test_result();
    test_prefixes();
    test_enclave();

    free(good.pem.data);
    ioa_roots_free(roots);
    family_free(&family);
    EVP_PKEY_free(p384);

    for (i = 0; i <= CERTS; i++) {
        EVP_PKEY_free(keys[i]);
    }

    return UNIT_DONE();
}
