/*
 * limits: sizes and counts just above what is taken, indexes of what is not
 * there, and parts that are missing one by one.
 */

#include "fixtures/certs.h"
#include "x509/ioa_der.h"
#include "x509/ioa_link.h"
#include "json/ioa_members.h"
#include "x509/ioa_pem.h"
#include "attest/ioattest.h"
#include "fixtures/policyfile.h"

static EVP_PKEY      *key;
static certs_bytes_t  der;          /* of a CA's certificate */


static void
make_cert(void)
{
    X509          *cert;
    certs_form_t   form = { .subject = "Test", .issuer = "Test",
                            .basic = CA, .usage = CA_USAGE, .serial = 1 };

    key = certs_key("P-256");
    form.key = key;
    form.signer = key;
    cert = certs_make(&form);
    der = certs_der(cert);
    X509_free(cert);
}


/* Text of n bytes that holds the certificate and white space. */
static certs_bytes_t
pem_of(size_t n)
{
    X509           *cert;
    certs_bytes_t   pem, text;
    const uint8_t  *p = der.data;

    cert = d2i_X509(NULL, &p, (long) der.len);
    pem = certs_pem((X509 *[]) { cert, NULL });
    X509_free(cert);

    text.len = n;
    text.data = malloc(n);
    memset(text.data, '\n', n);
    memcpy(text.data, pem.data, pem.len);
    free(pem.data);

    return text;
}


static void
test_chain_sizes(void)
{
    size_t          i;
    uint8_t        *many;
    ioa_roots_t    *roots;
    ioa_chain_t    *chain;
    certs_bytes_t   text;
    ioa_chain_rc_t  rc;

    chain = ioa_chain_new(NULL);
    UNIT_OK(ioa_chain_verify(chain, NULL, NULL, 0, CERTS_NOW)
            == IOA_CHAIN_MALFORMED, "a chain of none");

    text = pem_of(IOA_CHAIN_TEXT_LEN_MAX);
    UNIT_OK(ioa_chain_add_pem(chain, text.data, text.len) == IOA_CHAIN_OK,
            "the longest text");
    free(text.data);
    text = pem_of(IOA_CHAIN_TEXT_LEN_MAX + 1);
    UNIT_OK(ioa_chain_add_pem(chain, text.data, text.len)
            == IOA_CHAIN_MALFORMED && ioa_chain_count(chain) == 1,
            "a byte more");
    free(text.data);

    for (i = 1; i < IOA_CHAIN_CERTS_MAX; i++) {
        rc = ioa_chain_add_der(chain, der.data, der.len);
        certs_must(rc == IOA_CHAIN_OK, "add");
    }

    UNIT_OK(ioa_chain_add_der(chain, der.data, der.len)
            == IOA_CHAIN_MALFORMED
            && ioa_chain_count(chain) == IOA_CHAIN_CERTS_MAX,
            "a certificate too many");
    ioa_chain_free(chain);

    chain = ioa_chain_new(NULL);
    many = malloc((IOA_CHAIN_CERTS_MAX + 1) * der.len);

    for (i = 0; i <= IOA_CHAIN_CERTS_MAX; i++) {
        memcpy(many + i * der.len, der.data, der.len);
    }

    UNIT_OK(ioa_chain_add_der(chain, many, IOA_CHAIN_CERTS_MAX * der.len)
            == IOA_CHAIN_OK, "as many at once");
    ioa_chain_free(chain);
    chain = ioa_chain_new(NULL);
    UNIT_OK(ioa_chain_add_der(chain, many,
                              (IOA_CHAIN_CERTS_MAX + 1) * der.len)
            == IOA_CHAIN_MALFORMED && ioa_chain_count(chain) == 0,
            "one more at once");
    free(many);
    ioa_chain_free(chain);

    text = pem_of(IOA_ROOTS_LEN_MAX);
    UNIT_OK(ioa_roots_parse(&roots, text.data, text.len) == IOA_CHAIN_OK,
            "the largest file of roots");
    ioa_roots_free(roots);
    free(text.data);
    text = pem_of(IOA_ROOTS_LEN_MAX + 1);
    UNIT_OK(ioa_roots_parse(&roots, text.data, text.len)
            == IOA_CHAIN_MALFORMED && roots == NULL, "a byte larger");
    free(text.data);
}


/* A certificate as long as may be, and a byte longer. */
static void
test_cert_size(void)
{
    int             n, used;
    char           *conf;
    X509           *cert;
    size_t          i, more;
    ioa_chain_t    *chain;
    unit_all_t      all = { 0 };
    certs_form_t    form = { .subject = "Test", .issuer = "Test",
                             .key = key, .signer = key, .serial = 1,
                             .md = EVP_sha256() };
    certs_bytes_t   b;
    ioa_chain_rc_t  rc;

    conf = malloc(4 * IOA_CHAIN_CERT_LEN_MAX);

    for (more = IOA_CHAIN_CERT_LEN_MAX - 400; ; more++) {
        used = sprintf(conf, "1.2.3.4=DER");

        for (i = 0; i < more; i++) {
            used += sprintf(conf + used, ":00");
        }

        form.other = conf;
        cert = certs_make(&form);
        b = certs_der(cert);
        X509_free(cert);
        n = (int) b.len;

        if (n < IOA_CHAIN_CERT_LEN_MAX - 9) {
            more += (size_t) (IOA_CHAIN_CERT_LEN_MAX - n) - 8;
        }

        chain = ioa_chain_new(NULL);
        rc = ioa_chain_add_der(chain, b.data, b.len);
        unit_each(&all, rc == (n <= IOA_CHAIN_CERT_LEN_MAX
                               ? IOA_CHAIN_OK : IOA_CHAIN_MALFORMED),
                  "%d bytes: %s", n, ioa_chain_rc_name(rc));
        ioa_chain_free(chain);
        free(b.data);

        if (n > IOA_CHAIN_CERT_LEN_MAX + 8) {
            break;
        }
    }

    free(conf);
    UNIT_ALL(&all, "certificates about as long as may be");
}


static void
test_crl_sizes(void)
{
    size_t             i;
    ioa_crls_t        *crls;
    certs_bytes_t      crl;
    certs_crl_form_t   form = { .issuer = "Test", .signer = key };

    static uint8_t  large[IOA_CRL_LEN_MAX + 1];

    crl = certs_crl(&form);
    crls = ioa_crls_new();

    for (i = 0; i < IOA_CRLS_MAX; i++) {
        certs_must(ioa_crls_add(crls, crl.data, crl.len) == IOA_CHAIN_OK,
                   "CRL");
    }

    UNIT_OK(ioa_crls_add(crls, crl.data, crl.len) == IOA_CHAIN_MALFORMED
            && crls->n == IOA_CRLS_MAX, "a CRL too many");
    ioa_crls_free(crls);

    crls = ioa_crls_new();
    UNIT_OK(ioa_crls_add(crls, large, sizeof(large)) == IOA_CHAIN_MALFORMED
            && crls->n == 0, "a CRL too large");
    ioa_crls_free(crls);
    free(crl.data);
}


/* What a chain says of a certificate that it has not. */
static void
test_indexes(void)
{
    char          cn[IOA_CHAIN_CN_MAX + 1];
    int64_t       from, to;
    ioa_chain_t  *chain;
    ioa_reader_t  r;

    chain = ioa_chain_new(NULL);
    certs_must(ioa_chain_add_der(chain, der.data, der.len) == IOA_CHAIN_OK,
               "chain");

    UNIT_OK(ioa_chain_subject_cn(cn, chain, 0)
            && ioa_chain_issuer_cn(cn, chain, 0)
            && ioa_chain_dates(&from, &to, chain, 0)
            && ioa_chain_spki(&r, chain, 0) && ioa_chain_point(&r, chain, 0)
            && ioa_chain_is_ca(chain, 0)
            && ioa_chain_extension(&r, chain, 0, "2.5.29.19"),
            "what the first certificate says");
    UNIT_OK(!ioa_chain_subject_cn(cn, chain, 1), "no subject");
    UNIT_OK(!ioa_chain_issuer_cn(cn, chain, 1), "no issuer");
    UNIT_OK(!ioa_chain_dates(&from, &to, chain, 1), "no dates");
    UNIT_OK(!ioa_chain_spki(&r, chain, 1), "no key");
    UNIT_OK(!ioa_chain_point(&r, chain, 1), "no point");
    UNIT_OK(!ioa_chain_is_ca(chain, 1), "no CA");
    UNIT_OK(!ioa_chain_extension(&r, chain, 1, "2.5.29.19"),
            "no extension");
    UNIT_OK(!ioa_chain_extension(&r, chain, 0, "2.5.x"), "no OID");
    UNIT_OK(!ioa_chain_ecdsa_verify(chain, 1, der.data, 64, r),
            "no signature");
    UNIT_OK(strcmp(ioa_chain_rc_name((ioa_chain_rc_t) 99), "unknown") == 0,
            "no such result");
    ioa_chain_free(chain);
}


static void
test_oids(void)
{
    size_t      i;
    uint8_t     out[IOA_DER_OID_LEN_MAX];
    unit_all_t  all = { 0 };

    static const char  most[]
        = "1.2.4294967295.4294967295.4294967295.4294967295.4294967295"
          ".4294967295";
    static const char *const  bad[] = {
        "", ".", "1", "1.", "1..2", "1.2.", ".1.2", "1.2x", "1.2/3", "1.2:3",
        "1.2.:", "1.2./", "1.2.4294967296", ":", "/",
        "1.2.4294967295.4294967295.4294967295.4294967295.4294967295"
        ".4294967295.4294967295.4294967295.4294967295.4294967295"
        ".4294967295.4294967295.4294967295.4294967295"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unit_each(&all, ioa_der_oid(out, bad[i]) == 0, "%s", bad[i]);
    }

    UNIT_ALL(&all, "no OIDs");
    UNIT_OK(ioa_der_oid(out, most) == 1 + 6 * 5, "the largest arcs");
}


static void
test_members(void)
{
    size_t         i, level;
    char          *deep, text[8 * IOA_MEMBERS_DEPTH_MAX] = "";
    unit_all_t     all = { 0 };
    ioa_members_t  m;

    static const char *const  bad[] = { "", "[]", "1", "\"{}\"", "{}}" };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unit_each(&all, ioa_members_read(&m, (const uint8_t *) bad[i],
                                         strlen(bad[i])) == IOA_MEMBERS_BAD,
                  "%s", bad[i]);
        ioa_members_cleanup(&m);
    }

    UNIT_ALL(&all, "no objects");

    for (i = 0; i < IOA_MEMBERS_DEPTH_MAX; i++) {
        strcat(text, "{\"\":");
    }

    UNIT_OK(ioa_members_read(&m, (const uint8_t *) text, strlen(text))
            == IOA_MEMBERS_BAD, "text that is not whole");
    ioa_members_cleanup(&m);

    for (level = 0; level < 2; level++) {
        deep = text + 4 * IOA_MEMBERS_DEPTH_MAX;
        strcpy(deep, level == 0 ? "0" : "[]");

        for (i = 0; i < IOA_MEMBERS_DEPTH_MAX; i++) {
            strcat(deep, "}");
        }

        UNIT_OK(ioa_members_read(&m, (const uint8_t *) text, strlen(text))
                == (level == 0 ? IOA_MEMBERS_OK : IOA_MEMBERS_BAD),
                level == 0 ? "as deep as may be" : "a level deeper");
        ioa_members_cleanup(&m);
    }
}


static void
test_policy_words(void)
{
    char                 error[IOA_POLICY_ERROR_MAX];
    uint8_t              other48[IOA_POLICY_REG_LEN] = { 1 };
    unsigned             i;
    ioa_checks_t         checks;
    ioa_policy_snp_t     snp = { other48, other48, 3, { 9, 9, 9, 9, 9 },
                                 IOA_POLICY_GENOA, NULL, 0, 0, 0 };
    ioa_policy_tdx_t     tdx;
    ioa_policy_file_t   *policy;

    UNIT_OK(read_bytes(error, UNIT_BYTES("{\"\x7f\\u0001\":1,\n"
                                         "\"\x7f\\u0001\":2}")) == NULL
            && strcmp(error, "line 2: member \"?""?\" is duplicate") == 0,
            "a key that cannot be printed: %s", error);
    UNIT_OK(read_policy("{\"gpu\":{\"driver_versions\":[\"1\x7f\"]}}") == NULL,
            "an entry that cannot be printed");
    UNIT_OK(read_policy("{\"gpu\":[]}") == NULL, "a section is an object");

    /* all that does not fit is listed, in order */

    for (i = 0; i < IOA_POLICY_TDX_REGS; i++) {
        tdx.regs48[i] = other48;
    }

    tdx.ppid16 = other48;
    tdx.fmspc6 = other48;
    policy = good_policy(FULL);
    ioa_checks_init(&checks);
    UNIT_OK(ioa_policy_tdx(&checks, policy, &tdx) == IOA_MEASUREMENT_MISMATCH
            && checks.n == 2 + IOA_POLICY_TDX_REGS
            && strcmp(ioa_checks_failed(&checks)->name, "tdx.ppid") == 0
            && checks.list[1].verdict == IOA_CHECK_FAILED
            && strcmp(checks.list[1].name, "tdx.fmspc") == 0
            && checks.list[2].verdict == IOA_CHECK_FAILED
            && strcmp(checks.list[2].name, "tdx.mr_td") == 0,
            "all that do not fit");
    ioa_checks_init(&checks);
    UNIT_OK(ioa_policy_snp(&checks, policy, &snp) == IOA_MEASUREMENT_MISMATCH
            && strcmp(ioa_checks_failed(&checks)->name,
                      "sev_snp.measurement") == 0, "three of a report");
    ioa_policy_free(policy);
}


/* It is absent where all four are. */
static void
test_absent(void)
{
    unsigned         i;
    unit_all_t       all = { 0 };
    ioa_bytes_t      there = { UNIT_BYTES("") };
    ioa_signature_t  sig;

    for (i = 0; i < 16; i++) {
        memset(&sig, 0, sizeof(sig));
        sig.text = i & 1 ? there : sig.text;
        sig.signature = i & 2 ? there : sig.signature;
        sig.signing_address = i & 4 ? there : sig.signing_address;
        sig.signing_algo = i & 8 ? there : sig.signing_algo;
        sig.image_digest = there;
        unit_each(&all, ioa_signature_absent(&sig) == (i == 0), "%u", i);
    }

    UNIT_ALL(&all, "a signature is absent");
}


static int
streams(const char *body)
{
    int                  rc;
    size_t               n;
    const uint8_t       *name;
    ioa_request_scan_t  *scan;

    scan = malloc(ioa_request_scan_size());
    ioa_request_scan_init(scan);
    rc = ioa_request_scan_update(scan, (const uint8_t *) body, strlen(body))
         == IOA_OK
         && ioa_request_scan_final(&name, &n, scan) == IOA_OK
         ? ioa_request_scan_stream(scan) : -1;
    free(scan);

    return rc;
}


static void
test_stream(void)
{
    UNIT_OK(streams("{\"model\":\"m\",\"stream\":true}") == 1
            && streams("{\"stream\":true,\"model\":\"m\"}") == 1
            && streams("{\"model\":\"m\",\"stream\":true,\"x\":false}") == 1,
            "it streams");
    UNIT_OK(streams("{\"model\":\"m\",\"stream\":true,\"stream\":false}") == 0
            && streams("{\"model\":\"m\",\"stream\":true,\"stream\":\"\"}")
               == 0
            && streams("{\"model\":\"m\",\"x\":true}") == 0, "it does not");
}


int
main(void)
{
    make_cert();

    test_chain_sizes();
    test_cert_size();
    test_crl_sizes();
    test_indexes();
    test_oids();
    test_members();
    test_policy_words();
    test_absent();
    test_stream();

    free(der.data);
    EVP_PKEY_free(key);

    return UNIT_DONE();
}
