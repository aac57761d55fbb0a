/*
 * chain: chains of every form, good ones beside bad ones, under roots made
 * here.
 */

#include "fixtures/certs.h"
#include "x509/ioa_chain.h"

#define OTHER_OID  "1.2.840.113741.1.13.1"

static EVP_PKEY  *p256[CERTS + 1], *p384[CERTS], *rsa[CERTS];


/* A chain of certificates as they come, the last NULL. */
static ioa_chain_rc_t
judge_list(X509 *const *list, const ioa_roots_t *roots, unsigned flags,
    int64_t now)
{
    ioa_chain_t     *chain;
    certs_bytes_t    pem;
    ioa_chain_rc_t   rc;

    if (roots == NULL) {
        return IOA_CHAIN_NO_MEMORY;
    }

    pem = certs_pem(list);
    chain = ioa_chain_new(NULL);
    rc = ioa_chain_add_pem(chain, pem.data, pem.len);

    if (rc == IOA_CHAIN_OK) {
        rc = ioa_chain_verify(chain, roots, NULL, flags, now);
    }

    ioa_chain_free(chain);
    free(pem.data);

    return rc;
}


/* Makes what the forms say, pins the root, sends leaf and intermediate. */
static ioa_chain_rc_t
judge(family_t *f, unsigned no_aki, unsigned flags, int64_t now)
{
    X509            *list[3];
    ioa_roots_t     *roots;
    ioa_chain_rc_t   rc;

    family_make(f, no_aki);
    roots = roots_of(f->certs[2], NULL);
    list[0] = f->certs[0];
    list[1] = f->certs[1];
    list[2] = NULL;
    rc = judge_list(list, roots, flags, now);
    ioa_roots_free(roots);
    family_free(f);

    return rc;
}


static void
test_keys(void)
{
    size_t    i;
    family_t  f;

    family_forms(&f, p256);
    UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, CERTS_NOW) == IOA_CHAIN_OK,
            "P-256");

    family_forms(&f, p384);

    for (i = 0; i < CERTS; i++) {
        f.forms[i].md = EVP_sha384();
    }

    UNIT_OK(judge(&f, 0, IOA_CHAIN_NVIDIA, CERTS_NOW) == IOA_CHAIN_OK,
            "P-384");

    family_forms(&f, rsa);
    f.forms[0].key = p384[0];
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == IOA_CHAIN_OK,
            "RSA, PKCS 1");

    for (i = 0; i < CERTS; i++) {
        f.forms[i].pss = 1;
        f.forms[i].md = EVP_sha384();
    }

    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == IOA_CHAIN_OK,
            "RSA, PSS");
}


/* What the form of one certificate decides. */
typedef struct {
    const char      *name;
    size_t           i;
    const char      *basic;
    const char      *usage;
    const char      *other;
    const char      *again;
    ioa_chain_rc_t   strict;
    ioa_chain_rc_t   loose;
} form_case_t;

#define OK  IOA_CHAIN_OK
#define UN  IOA_CHAIN_UNTRUSTED
#define MA  IOA_CHAIN_MALFORMED

static const form_case_t  form_cases[] = {
    { "as it should be", 0, "critical,CA:FALSE", LEAF_USAGE, NULL, NULL,
      OK, OK },
    { "leaf without extensions of use", 0, NULL, NULL, NULL, NULL, OK, OK },
    { "leaf is a CA", 0, CA, "critical,digitalSignature,keyCertSign", NULL,
      NULL, UN, UN },
    { "leaf may sign certificates", 0, NULL,
      "critical,digitalSignature,keyCertSign", NULL, NULL, UN, UN },
    { "leaf may not sign", 0, NULL, "critical,keyAgreement", NULL, NULL, UN,
      UN },
    { "leaf with an extension of its own", 0, NULL, LEAF_USAGE,
      OTHER_OID "=DER:3000", NULL, OK, OK },
    { "the same, critical", 0, NULL, LEAF_USAGE,
      OTHER_OID "=critical,DER:3000", NULL, MA, MA },
    { "the same twice", 0, NULL, LEAF_USAGE, OTHER_OID "=DER:3000",
      OTHER_OID "=DER:0500", MA, MA },
    { "critical extKeyUsage", 0, NULL, LEAF_USAGE,
      "extendedKeyUsage=critical,serverAuth", NULL, MA, MA },
    { "intermediate is no CA", 1, "critical,CA:FALSE", CA_USAGE, NULL, NULL,
      UN, UN },
    { "intermediate does not say what it is", 1, NULL, CA_USAGE, NULL, NULL,
      UN, UN },
    { "intermediate may not sign certificates", 1, CA,
      "critical,cRLSign,digitalSignature", NULL, NULL, UN, UN },
    { "intermediate without keyUsage", 1, CA, NULL, NULL, NULL, UN, OK },
    { "intermediate's basicConstraints not critical", 1, "CA:TRUE", CA_USAGE,
      NULL, NULL, UN, OK },
    { "intermediate with a path length", 1, "critical,CA:TRUE,pathlen:0",
      CA_USAGE, NULL, NULL, OK, OK },
    { "intermediate with name constraints", 1, CA, CA_USAGE,
      "nameConstraints=permitted;DNS:a.test", NULL, MA, MA },
    { "root's path length 1", 2, "critical,CA:TRUE,pathlen:1", CA_USAGE,
      NULL, NULL, OK, OK },
    { "root's path length 0", 2, "critical,CA:TRUE,pathlen:0", CA_USAGE,
      NULL, NULL, UN, UN },
    { "root's basicConstraints not critical", 2, "CA:TRUE", CA_USAGE, NULL,
      NULL, UN, OK },
};


static void
test_forms(void)
{
    size_t              n;
    family_t            f;
    certs_form_t       *form;
    ioa_chain_rc_t      rc;
    const form_case_t  *c;

    for (n = 0; n < sizeof(form_cases) / sizeof(form_cases[0]); n++) {
        c = &form_cases[n];
        family_forms(&f, p256);
        form = &f.forms[c->i];
        form->basic = c->basic;
        form->usage = c->usage;
        form->other = c->other;
        form->again = c->again;

        rc = judge(&f, 0, IOA_CHAIN_INTEL, CERTS_NOW);
        UNIT_OK(rc == c->strict, "%s: %s", c->name, ioa_chain_rc_name(rc));
        rc = judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW);
        UNIT_OK(rc == c->loose, "%s, not strict: %s", c->name,
                ioa_chain_rc_name(rc));
    }

    family_forms(&f, p256);
    f.forms[0].basic = CA;
    f.forms[0].usage = "critical,digitalSignature,keyCertSign";
    UNIT_OK(judge(&f, 0, 0, CERTS_NOW) == OK, "a CA as leaf, if it may");
}


/* Serial numbers, key identifiers, versions. */
static void
test_strict(void)
{
    family_t  f;

    family_forms(&f, p256);
    f.forms[0].serial = 0;
    UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, CERTS_NOW) == UN, "serial 0");
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == OK,
            "serial 0, not strict");

    f.forms[0].serial = -5;
    UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, CERTS_NOW) == UN, "serial -5");

    family_forms(&f, p256);
    UNIT_OK(judge(&f, 1, IOA_CHAIN_INTEL, CERTS_NOW) == UN, "leaf: no AKI");
    UNIT_OK(judge(&f, 1, IOA_CHAIN_AMD, CERTS_NOW) == OK,
            "leaf: no AKI, not strict");
    UNIT_OK(judge(&f, 2, IOA_CHAIN_INTEL, CERTS_NOW) == UN,
            "intermediate: no AKI");

    f.forms[0].no_ski = 1;
    UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, CERTS_NOW) == UN, "leaf: no SKI");

    family_forms(&f, p256);
    f.forms[2].no_ski = 1;
    UNIT_OK(judge(&f, 2, IOA_CHAIN_AMD, CERTS_NOW) == OK,
            "root: no SKI, not strict");

    family_forms(&f, p256);
    f.forms[0].issuer = "Test Intermediat";
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == UN,
            "signed by the next, in another's name");

    family_forms(&f, p256);
    f.forms[0].other = "2.5.29.35=DER:30068004aabbccdd";
    UNIT_OK(judge(&f, 1, IOA_CHAIN_AMD, CERTS_NOW) == UN,
            "signed by the next, another key identifier");

    family_forms(&f, p256);
    f.forms[0].version = 1;
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == MA, "version 1");
    f.forms[0].version = 2;
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == MA, "version 2");
}


static void
test_weak(void)
{
    EVP_PKEY  *small, *big, *koblitz;
    family_t   f;

    small = certs_rsa(1024);
    big = certs_key("P-521");
    koblitz = certs_key("secp256k1");

    family_forms(&f, p256);
    f.forms[1].key = f.forms[0].signer = small;
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == MA, "RSA of 1024 bits");

    f.forms[1].key = f.forms[0].signer = rsa[1];
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == OK, "RSA of 2048 bits");

    f.forms[1].key = f.forms[0].signer = big;
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == MA, "P-521");

    f.forms[1].key = f.forms[0].signer = koblitz;
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == MA, "secp256k1");

    family_forms(&f, p256);
    f.forms[0].md = EVP_sha1();
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == MA, "SHA-1");
    f.forms[1].key = f.forms[0].signer = rsa[1];
    f.forms[0].pss = 1;
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == MA, "PSS with SHA-1");
    f.forms[0].md = EVP_sha384();
    UNIT_OK(judge(&f, 0, IOA_CHAIN_AMD, CERTS_NOW) == OK, "PSS with SHA-384");

    EVP_PKEY_free(small);
    EVP_PKEY_free(big);
    EVP_PKEY_free(koblitz);
}


/* Each certificate's dates, the pinned one's too, to the second. */
static void
test_dates(void)
{
    size_t    i;
    int64_t   from, to;
    family_t  f;

    from = CERTS_NOW - 100;
    to = CERTS_NOW + 100;

    for (i = 0; i < CERTS; i++) {
        family_forms(&f, p256);
        f.forms[i].from = from;
        f.forms[i].to = to;
        UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, from) == OK, "%zu: first", i);
        UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, to) == OK, "%zu: last", i);
        UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, from - 1) == IOA_CHAIN_EXPIRED,
                "%zu: before", i);
        UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, to + 1) == IOA_CHAIN_EXPIRED,
                "%zu: behind", i);
    }

    family_forms(&f, p256);

    for (i = 0; i < CERTS; i++) {
        f.forms[i].to = INT64_C(253402300799);
    }

    UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, INT64_C(253402300799)) == OK,
            "the end of 9999");
    UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, INT64_C(253402300800))
            == IOA_CHAIN_EXPIRED, "behind it");
    UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, INT64_MAX) == IOA_CHAIN_EXPIRED,
            "the end of time");
    UNIT_OK(judge(&f, 0, IOA_CHAIN_INTEL, INT64_MIN) == IOA_CHAIN_EXPIRED,
            "its beginning");
}


/* Which certificates come, in which order, and what is pinned. */
static void
test_order(const family_t *f, const family_t *evil)
{
    size_t          i;
    ioa_roots_t    *root, *inter, *both, *leaf;
    ioa_chain_rc_t  rc;

    X509  *a = f->certs[0], *b = f->certs[1], *c = f->certs[2];
    X509  *x = evil->certs[0], *y = evil->certs[1], *z = evil->certs[2];

    const struct {
        const char      *name;
        X509            *list[6];
        ioa_chain_rc_t   rc;
    } cases[] = {
        { "leaf, intermediate", { a, b }, OK },
        { "leaf, intermediate, root", { a, b, c }, OK },
        { "the root twice", { a, b, c, c }, OK },
        { "leaf alone", { a }, UN },
        { "intermediate missing", { a, c }, UN },
        { "intermediate first", { b, a }, UN },
        { "root first", { c, b, a }, UN },
        { "leaf twice", { a, a, b }, UN },
        { "something behind the root", { a, b, c, z }, UN },
        { "something between", { a, x, b, c }, UN },
        { "root alone", { c }, UN },
        { "a root of its own", { x, y, z }, UN },
        { "a root of its own, then ours", { x, y, c }, UN },
        { "a leaf of its own under ours", { x, b, c }, UN },
        { "without a root of its own", { x, y }, UN },
    };

    root = roots_of(c, NULL);
    inter = roots_of(b, NULL);
    both = roots_of(b, c);
    leaf = roots_of(z, NULL);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rc = judge_list(cases[i].list, root, IOA_CHAIN_INTEL, CERTS_NOW);
        UNIT_OK(rc == cases[i].rc, "%s: %s", cases[i].name,
                ioa_chain_rc_name(rc));
    }

    UNIT_OK(judge_list((X509 *[]) { a, NULL }, inter, IOA_CHAIN_INTEL,
                       CERTS_NOW) == OK, "intermediate is pinned");
    UNIT_OK(judge_list((X509 *[]) { a, b, NULL }, inter, IOA_CHAIN_INTEL,
                       CERTS_NOW) == OK, "and came, too");
    UNIT_OK(judge_list((X509 *[]) { a, b, c, NULL }, inter, IOA_CHAIN_INTEL,
                       CERTS_NOW) == OK, "with its root, not pinned");
    UNIT_OK(judge_list((X509 *[]) { a, NULL }, both, IOA_CHAIN_INTEL,
                       CERTS_NOW) == OK, "both are pinned");
    UNIT_OK(judge_list((X509 *[]) { a, b, c, NULL }, leaf, IOA_CHAIN_INTEL,
                       CERTS_NOW) == UN, "another root of that name");

    ioa_roots_free(root);
    ioa_roots_free(inter);
    ioa_roots_free(both);
    ioa_roots_free(leaf);
}


/*
 * The root's key signed its own name anew: such a certificate is not pinned,
 * is issued by one that is, and counts for no path length.
 */
static void
test_reissued(void)
{
    X509         *again;
    family_t      f;
    ioa_roots_t  *roots;

    family_forms(&f, p256);
    f.forms[2].basic = "critical,CA:TRUE,pathlen:1";
    family_make(&f, 0);
    roots = roots_of(f.certs[2], NULL);
    f.forms[2].serial++;
    again = certs_make(&f.forms[2]);

    UNIT_OK(judge_list((X509 *[]) { f.certs[0], f.certs[1], again, NULL },
                       roots, IOA_CHAIN_INTEL, CERTS_NOW) == OK,
            "a root that was issued anew");
    UNIT_OK(judge_list((X509 *[]) { f.certs[0], f.certs[1], again,
                                    f.certs[2], NULL },
                       roots, IOA_CHAIN_INTEL, CERTS_NOW) == OK,
            "and the pinned one behind it");

    X509_free(again);
    ioa_roots_free(roots);
    family_free(&f);
}


/* Every bit and every prefix of a certificate. */
static void
test_changes(const family_t *f)
{
    size_t           i, bit;
    uint8_t         *part;
    unit_all_t       flips = { 0 }, prefixes = { 0 };
    ioa_chain_t     *chain;
    ioa_roots_t     *roots;
    certs_bytes_t    leaf, inter;
    ioa_chain_rc_t   rc;

    roots = roots_of(f->certs[2], NULL);
    leaf = certs_der(f->certs[0]);
    inter = certs_der(f->certs[1]);

    for (i = 0; i < leaf.len; i++) {
        for (bit = 0; bit < 8; bit++) {
            leaf.data[i] ^= (uint8_t) (1 << bit);
            chain = ioa_chain_new(NULL);
            rc = ioa_chain_add_der(chain, leaf.data, leaf.len);

            if (rc == OK) {
                rc = ioa_chain_add_der(chain, inter.data, inter.len);
            }

            if (rc == OK) {
                rc = ioa_chain_verify(chain, roots, NULL,
                                      IOA_CHAIN_INTEL, CERTS_NOW);
            }

            unit_each(&flips, rc == UN || rc == MA, "%zu.%zu: %s", i, bit,
                      ioa_chain_rc_name(rc));
            ioa_chain_free(chain);
            leaf.data[i] ^= (uint8_t) (1 << bit);
        }

        part = unit_exact(leaf.data, i);
        chain = ioa_chain_new(NULL);
        unit_each(&prefixes, ioa_chain_add_der(chain, part, i) == MA
                             && ioa_chain_count(chain) == 0, "%zu", i);
        ioa_chain_free(chain);
        free(part);
    }

    UNIT_ALL(&flips, "a flipped bit: malformed or untrusted");
    UNIT_ALL(&prefixes, "a prefix: malformed");

    OPENSSL_free(leaf.data);
    OPENSSL_free(inter.data);
    ioa_roots_free(roots);
}


int
main(void)
{
    size_t    i;
    family_t  f, evil;

    for (i = 0; i < CERTS; i++) {
        p256[i] = certs_key("P-256");
        p384[i] = certs_key("P-384");
        rsa[i] = certs_rsa(2048);
    }

    p256[CERTS] = certs_key("P-256");

    test_keys();
    test_forms();
    test_strict();
    test_weak();
    test_dates();
    test_reissued();

    family_forms(&f, p256);
    family_make(&f, 0);
    family_forms(&evil, p256 + 1);
    family_make(&evil, 7);
    test_order(&f, &evil);
    test_changes(&f);
    family_free(&f);
    family_free(&evil);

    for (i = 0; i < CERTS; i++) {
        EVP_PKEY_free(p256[i]);
        EVP_PKEY_free(p384[i]);
        EVP_PKEY_free(rsa[i]);
    }

    EVP_PKEY_free(p256[CERTS]);

    return UNIT_DONE();
}
