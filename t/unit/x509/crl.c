/*
 * crl: what is revoked.
 */

#include "fixtures/certs.h"
#include "x509/ioa_link.h"

#define OK  IOA_CHAIN_OK
#define RE  IOA_CHAIN_REVOKED
#define BA  IOA_CHAIN_CRL_BAD

static EVP_PKEY       *keys[CERTS + 1];
static family_t        family;
static ioa_roots_t    *roots;
static certs_bytes_t   text;            /* leaf and intermediate */


/* Returns: what adding said. */
static ioa_chain_rc_t
add(ioa_crls_t *crls, const certs_crl_form_t *form)
{
    certs_bytes_t   b;
    ioa_chain_rc_t  rc;

    b = certs_crl(form);
    rc = ioa_crls_add(crls, b.data, b.len);
    OPENSSL_free(b.data);

    return rc;
}


static ioa_chain_rc_t
judge(const ioa_crls_t *crls, unsigned flags)
{
    return certs_judge(&text, roots, crls, NULL, IOA_CHAIN_INTEL | flags,
                       CERTS_NOW);
}


/* The chain under a CRL of the root's and one of the intermediate's. */
static ioa_chain_rc_t
judge_crls(const certs_crl_form_t *root, const certs_crl_form_t *inter,
    unsigned flags)
{
    ioa_crls_t      *crls;
    ioa_chain_rc_t   rc;

    crls = ioa_crls_new();

    certs_must((root == NULL || add(crls, root) == OK)
               && (inter == NULL || add(crls, inter) == OK), "a CRL");

    rc = judge(crls, flags);
    ioa_crls_free(crls);

    return rc;
}


/* The two of them, nothing listed. */
static certs_crl_form_t
of_root(void)
{
    certs_crl_form_t  form = { 0 };

    form.issuer = "Test Root";
    form.signer = keys[2];

    return form;
}


static certs_crl_form_t
of_inter(void)
{
    certs_crl_form_t  form = { 0 };

    form.issuer = "Test Intermediate";
    form.signer = keys[1];

    return form;
}


static void
test_revoked(void)
{
    certs_crl_form_t  r, i;

    r = of_root();
    i = of_inter();
    UNIT_OK(judge_crls(&r, &i, 0) == OK, "nothing listed");
    UNIT_OK(judge_crls(&r, NULL, 0) == BA, "none for the leaf");
    UNIT_OK(judge_crls(&r, NULL, IOA_CHAIN_CRL_CA_ONLY) == OK,
            "none for the leaf, none asked for");
    UNIT_OK(judge_crls(NULL, &i, 0) == BA, "none for the intermediate");
    UNIT_OK(judge_crls(NULL, NULL, 0) == BA, "an empty set");

    i.serial = 100;
    UNIT_OK(judge_crls(&r, &i, 0) == RE, "leaf listed");
    UNIT_OK(judge_crls(NULL, &i, 0) == RE, "listed, another CRL missing");
    i.entry = "2.5.29.21=DER:0a:01:08";
    UNIT_OK(judge_crls(&r, &i, 0) == RE, "listed as one that is taken out");
    i.entry = NULL;
    i.serial = 101;
    UNIT_OK(judge_crls(&r, &i, 0) == OK, "another serial listed");
    r.serial = 101;
    UNIT_OK(judge_crls(&r, &i, 0) == RE, "intermediate listed");
    UNIT_OK(judge_crls(&r, NULL, IOA_CHAIN_CRL_CA_ONLY) == RE,
            "intermediate listed, leaf not asked for");
    r.serial = 102;
    UNIT_OK(judge_crls(&r, &i, 0) == RE, "the root in its own CRL");
    UNIT_OK(judge_crls(&r, NULL, IOA_CHAIN_CRL_CA_ONLY) == RE,
            "the root in its own CRL, leaf not asked for");
    i.serial = 102;
    r.serial = 0;
    UNIT_OK(judge_crls(&r, &i, 0) == OK, "the root's in another CRL");
    i.serial = 0;
    r.serial = 100;
    UNIT_OK(judge_crls(&r, &i, 0) == OK, "the leaf's in the root's CRL");
}


static void
test_crl_dates(void)
{
    certs_crl_form_t  r, i;

    r = of_root();
    i = of_inter();
    i.to = CERTS_NOW + 1;
    i.from = CERTS_NOW;
    UNIT_OK(judge_crls(&r, &i, 0) == OK, "current for a second");
    i.from = CERTS_NOW + 1;
    i.to = 0;
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "not yet");
    i.from = 0;
    i.to = CERTS_NOW;
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "no more");
    i.serial = 100;
    UNIT_OK(judge_crls(&r, &i, 0) == RE, "no more, but listed");
    i = of_inter();
    r.to = CERTS_NOW;
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "the root's, no more");
}


/* SHA-1 can be made to say what its signer has not said. */
static void
test_crl_algorithms(void)
{
    ioa_crls_t        *crls;
    certs_crl_form_t   crl = of_root();

    crls = ioa_crls_new();

    crl.digest = EVP_sha384();
    UNIT_OK(add(crls, &crl) == OK, "signed with SHA-384");
    crl.digest = EVP_sha1();
    UNIT_OK(add(crls, &crl) == IOA_CHAIN_MALFORMED, "signed with SHA-1");
    crl.digest = EVP_sha224();
    UNIT_OK(add(crls, &crl) == IOA_CHAIN_MALFORMED, "signed with SHA-224");

    ioa_crls_free(crls);
}


/* How long lists that are outdated still count, and until when. */
static void
test_crl_slack(void)
{
    ioa_crls_t        *crls;
    certs_crl_form_t   r, i;

    r = of_root();
    i = of_inter();
    i.to = CERTS_NOW - 10;
    r.to = CERTS_NOW + 10;
    crls = ioa_crls_new();

    UNIT_OK(ioa_crls_expire(crls) == 0, "no list, no end");
    certs_must(add(crls, &r) == OK && add(crls, &i) == OK, "CRLs");
    UNIT_OK(ioa_crls_expire(crls) == CERTS_NOW - 10, "the first that ends");

    ioa_crls_slack(crls, 10);
    UNIT_OK(ioa_crls_expire(crls) == CERTS_NOW
            && judge(crls, 0) == BA, "as long as the slack");

    ioa_crls_slack(crls, 11);
    UNIT_OK(ioa_crls_expire(crls) == CERTS_NOW + 1
            && judge(crls, 0) == OK, "longer");

    ioa_crls_free(crls);
}


static void
test_crl_signer(void)
{
    certs_crl_form_t  r, i;

    r = of_root();
    i = of_inter();
    i.signer = keys[3];
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "signed by somebody");
    i.serial = 100;
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "listed by somebody");
    i = of_inter();
    i.issuer = "Test Root";
    UNIT_OK(judge_crls(&r, &i, 0) == BA, "of another name");
}


/* A CA that may sign certificates, but no CRLs. */
static void
test_crl_usage(void)
{
    family_t           f;
    ioa_crls_t        *crls;
    ioa_roots_t       *pinned;
    certs_bytes_t      pem;
    certs_crl_form_t   r, i;

    family_forms(&f, keys);
    f.forms[1].usage = "critical,keyCertSign";
    family_make(&f, 0);
    pinned = roots_of(f.certs[2], NULL);
    pem = certs_pem((X509 *[]) { f.certs[0], f.certs[1], NULL });
    r = of_root();
    i = of_inter();
    crls = ioa_crls_new();
    certs_must(add(crls, &r) == OK && add(crls, &i) == OK, "CRLs");

    UNIT_OK(certs_judge(&pem, pinned, crls, NULL,
                        IOA_CHAIN_INTEL | IOA_CHAIN_CRL_CA_ONLY, CERTS_NOW)
            == OK, "signed by one that may sign no CRLs, not needed");
    UNIT_OK(certs_judge(&pem, pinned, crls, NULL, IOA_CHAIN_INTEL, CERTS_NOW)
            == BA, "signed by one that may sign no CRLs");

    free(pem.data);
    ioa_crls_free(crls);
    ioa_roots_free(pinned);
    family_free(&f);
}


/* What is said of the chain under these two lists. */
static int
says(const certs_crl_form_t *root, const certs_crl_form_t *inter,
    unsigned flags, const char *want)
{
    int              same;
    char             said[IOA_CHAIN_TEXT_MAX];
    ioa_crls_t      *crls;
    ioa_chain_t     *chain;
    ioa_chain_rc_t   rc;

    crls = ioa_crls_new();
    chain = ioa_chain_new(NULL);

    certs_must((root == NULL || add(crls, root) == OK)
               && (inter == NULL || add(crls, inter) == OK)
               && ioa_chain_add_pem(chain, text.data, text.len) == OK,
               "lists and chain");

    flags |= IOA_CHAIN_INTEL;
    rc = ioa_chain_verify(chain, roots, crls, flags, CERTS_NOW);
    ioa_chain_text(said, rc, chain, roots, crls, flags, CERTS_NOW);
    same = strcmp(said, want) == 0;

    if (!same) {
        printf("# %s\n", said);
    }

    ioa_chain_free(chain);
    ioa_crls_free(crls);

    return same;
}


/* Which list it is, its dates, and what time it is. */
static void
test_crl_words(void)
{
    certs_crl_form_t  r = of_root(), i = of_inter();

    UNIT_OK(says(&r, &i, 0, "ok"), "nothing to say");
    UNIT_OK(says(&r, NULL, 0, "no CRL is there that Test Intermediate has "
                              "signed"), "none for the leaf");
    UNIT_OK(says(NULL, &i, 0, "no CRL is there that Test Root has signed"),
            "none for the intermediate");
    UNIT_OK(says(NULL, NULL, IOA_CHAIN_CRL_CA_ONLY,
                 "no CRL is there that Test Root has signed"),
            "the leaf's is not asked for");

    i.from = CERTS_NOW + 1;
    i.to = CERTS_NOW + 60;
    UNIT_OK(says(&r, &i, 0, "the CRL of Test Intermediate counts from "
                            "2025-06-15T15:06:41Z to 2025-06-15T15:07:40Z, "
                            "and now it is 2025-06-15T15:06:40Z: is the "
                            "clock right?"), "not yet");

    i.from = CERTS_NOW - 60;
    i.to = CERTS_NOW;
    UNIT_OK(says(&r, &i, 0, "the CRL of Test Intermediate counts from "
                            "2025-06-15T15:05:40Z to 2025-06-15T15:06:40Z, "
                            "and now it is 2025-06-15T15:06:40Z: a newer "
                            "one is needed, if the clock is right"),
            "no more");

    i.serial = 100;
    UNIT_OK(says(&r, &i, 0, "revoked"), "listed");
}


static void
test_crl_forms(void)
{
    ioa_crls_t        *crls;
    uint8_t           *part;
    size_t             n;
    unit_all_t         all = { 0 };
    certs_bytes_t      b;
    certs_crl_form_t   i;

    crls = ioa_crls_new();

    i = of_inter();
    i.to = -1;
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED, "no nextUpdate");
    i = of_inter();
    i.other = "1.2.3.4=critical,DER:0500";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED, "critical extension");
    i.other = "1.2.3.4=DER:0500";
    UNIT_OK(add(crls, &i) == OK, "the same, not critical");
    i.other = "2.5.29.27=DER:020101";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED, "a delta");
    i.other = "2.5.29.28=DER:3003810101";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED,
            "of users' certificates alone, not critical");
    i.other = "2.5.29.28=DER:3003840101";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED,
            "an indirect one, not critical");
    i.other = "2.5.29.28=DER:3000";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED,
            "of a distribution point that says nothing");
    i = of_inter();
    i.serial = 7;
    i.entry = "1.2.3.4=critical,DER:0500";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED, "critical in an entry");
    i.entry = "2.5.29.29=DER:3011A40F300D310B300906035504030C024341";
    UNIT_OK(add(crls, &i) == IOA_CHAIN_MALFORMED,
            "an entry of another issuer's, not critical");
    i.entry = "1.2.3.4=DER:0500";
    UNIT_OK(add(crls, &i) == OK, "the same, not critical");
    UNIT_OK(crls->n == 2, "two were added");

    b = certs_crl(&i);

    for (n = 0; n < b.len; n++) {
        part = unit_exact(b.data, n);
        unit_each(&all, ioa_crls_add(crls, part, n) == IOA_CHAIN_MALFORMED,
                  "%zu", n);
        free(part);
    }

    UNIT_ALL(&all, "a prefix of a CRL");

    part = calloc(1, b.len + 1);
    memcpy(part, b.data, b.len);
    UNIT_OK(ioa_crls_add(crls, part, b.len + 1) == IOA_CHAIN_MALFORMED,
            "a byte behind it");
    free(part);

    for (n = 2; n < IOA_CRLS_MAX; n++) {
        certs_must(ioa_crls_add(crls, b.data, b.len) == OK, "a CRL");
    }

    UNIT_OK(ioa_crls_add(crls, b.data, b.len) == IOA_CHAIN_MALFORMED,
            "one too many");

    OPENSSL_free(b.data);
    ioa_crls_free(crls);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i <= CERTS; i++) {
        keys[i] = certs_key("P-256");
    }

    family_forms(&family, keys);
    family_make(&family, 0);
    roots = roots_of(family.certs[2], NULL);
    text = certs_pem((X509 *[]) { family.certs[0], family.certs[1], NULL });

    test_revoked();
    test_crl_dates();
    test_crl_algorithms();
    test_crl_slack();
    test_crl_signer();
    test_crl_usage();
    test_crl_words();
    test_crl_forms();

    free(text.data);
    ioa_roots_free(roots);
    family_free(&family);

    for (i = 0; i <= CERTS; i++) {
        EVP_PKEY_free(keys[i]);
    }

    return UNIT_DONE();
}
