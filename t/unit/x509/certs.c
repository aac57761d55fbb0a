/*
 * certs: pinned sets, certificates as text, what they say of themselves, and
 * ECDSA with raw keys.
 */

#include <openssl/err.h>

#include "fixtures/certs.h"
#include "crypto/ioa_ecdsa.h"
#include "x509/ioa_link.h"

#define OK  IOA_CHAIN_OK

static family_t        family;
static ioa_roots_t    *roots;
static certs_bytes_t   text;            /* leaf and intermediate */


static ioa_chain_rc_t
judge(const certs_bytes_t *pem)
{
    ioa_chain_t     *chain;
    ioa_chain_rc_t   rc;

    chain = ioa_chain_new(NULL);
    rc = ioa_chain_add_pem(chain, pem->data, pem->len);

    if (rc == OK) {
        rc = ioa_chain_verify(chain, roots, NULL, IOA_CHAIN_INTEL,
                              CERTS_NOW);
    }

    ioa_chain_free(chain);

    return rc;
}


static ioa_chain_rc_t
parse(ioa_roots_t **set, const char *before, const certs_bytes_t *pem,
    const char *behind)
{
    size_t           n;
    char            *all;
    ioa_chain_rc_t   rc;

    n = strlen(before) + pem->len + strlen(behind);
    all = malloc(n + 1);
    snprintf(all, n + 1, "%s%.*s%s", before, (int) pem->len,
             (char *) pem->data, behind);
    rc = ioa_roots_parse(set, (uint8_t *) all, n);
    free(all);

    return rc;
}


static void
test_roots(void)
{
    X509           *ab[] = { family.certs[1], family.certs[2], NULL };
    X509           *ba[] = { family.certs[2], family.certs[1],
                             family.certs[2], NULL };
    X509           *no[] = { family.certs[2], family.certs[0], NULL };
    uint8_t         one[32], two[32];
    ioa_roots_t    *a, *b;
    certs_bytes_t   pem_ab, pem_ba, pem_no, der;

    pem_ab = certs_pem(ab);
    pem_ba = certs_pem(ba);
    pem_no = certs_pem(no);
    der = certs_der(family.certs[2]);

    certs_must(parse(&a, "Some words.\n", &pem_ab, "and more\n") == OK,
               "roots");
    certs_must(parse(&b, "", &pem_ba, "") == OK, "roots");
    UNIT_OK(a->n == 2 && b->n == 2,
            "roots: repeats count once");

    ioa_roots_digest(one, a);
    ioa_roots_digest(two, b);
    UNIT_OK(memcmp(one, two, 32) == 0, "roots: order has no say");
    memcpy(one, a->links[0]->der32, 32);
    memcpy(two, a->links[1]->der32, 32);
    UNIT_OK(memcmp(one, two, 32) < 0, "roots: rising fingerprints");
    ioa_roots_free(a);
    ioa_roots_free(b);

    UNIT_OK(ioa_roots_parse(&a, der.data, der.len) == OK, "roots: DER");
    SHA256(der.data, der.len, one);
    memcpy(two, a->links[0]->der32, 32);
    UNIT_OK(memcmp(one, two, 32) == 0, "roots: fingerprint");
    ioa_roots_free(a);

    UNIT_OK(parse(&a, "", &pem_no, "") == IOA_CHAIN_NOT_CA && a == NULL,
            "roots: a leaf is none");
    UNIT_OK(ioa_roots_parse(&a, UNIT_BYTES("")) == IOA_CHAIN_MALFORMED,
            "roots: nothing");
    UNIT_OK(ioa_roots_parse(&a, UNIT_BYTES("hello\n")) == IOA_CHAIN_MALFORMED,
            "roots: words alone");
    UNIT_OK(parse(&a, "", &pem_ab, "-----BEGIN CERTIFICATE-----\nAAAA\n")
            == IOA_CHAIN_MALFORMED, "roots: one that is cut off");
    UNIT_OK(ioa_roots_parse(&a, der.data, der.len - 1)
            == IOA_CHAIN_MALFORMED, "roots: DER that is cut off");

    free(pem_ab.data);
    free(pem_ba.data);
    free(pem_no.data);
    OPENSSL_free(der.data);
}


/*
 * What an operator means to be a root is one, or the file is refused: one that
 * is passed over would refuse honest machines later.
 */
static void
test_stray_roots(void)
{
    size_t          i;
    ioa_roots_t    *set;
    certs_bytes_t   pem;

    static const struct {
        const char      *before, *behind;
        ioa_chain_rc_t   rc;
    } cases[] = {
        { "\xef\xbb\xbf", "", OK },
        { "\xef\xbb\xbf# roots\n", "", OK },
        { "", "\xef\xbb\xbf", OK },
        { "", "\xef\xbb\xbf-----BEGIN CERTIFICATE-----\n", IOA_CHAIN_STRAY },
        { "x", "", IOA_CHAIN_STRAY },
        { "# ", "", IOA_CHAIN_STRAY },
        { "-----BEGIN TRUSTED CERTIFICATE-----\n", "", IOA_CHAIN_STRAY },
        { "-----BEGIN X509 CERTIFICATE-----\n", "", IOA_CHAIN_STRAY },
        { "", "-----BEGIN TRUSTED CERTIFICATE-----", IOA_CHAIN_STRAY },
        { "", " ----BEGIN CERTIFICATE----", IOA_CHAIN_STRAY },
        { "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"
          "-----END CERTIFICATE REQUEST-----\n", "", OK },
        { "BEGIN a CERTIFICATE\n-----BEGIN \n", "", OK },
        { "-----END CERTIFICATE-----\n", "", OK },
        { "  ", "\t", OK },
        { "subject=C = US, CN = a root\n\n", "# not used any more: \n", OK },
        { "M\xc3\xbcller, begin: certificate\n", "\r\n\0", OK },
        { "-- where we begin, certificates --\n", "", OK },
        { "-----begin certificate-----\n", "", IOA_CHAIN_STRAY },
        { "", "-----Begin Certificate-----\n", IOA_CHAIN_STRAY },
        { "", "- BEGIN CERTIFICATE -\n", IOA_CHAIN_STRAY },
        { "", "-----BEGIN CERTIFICATE\nMII", IOA_CHAIN_STRAY },
        { "\xe2\x80\x94\xe2\x80\x94" "BEGIN CERTIFICATE\xe2\x80\x94\n",
          "", IOA_CHAIN_STRAY },
        { "", "\x97" "BEGIN CERTIFICATE\x97\n", IOA_CHAIN_STRAY },
        { "-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n", "",
          IOA_CHAIN_STRAY },
        { "", "-----BEGIN PKCS #7 SIGNED DATA-----\n", IOA_CHAIN_STRAY },
        { "", "-----BEGIN CMS-----\n", IOA_CHAIN_STRAY },
        { "", "-----BEGIN PRIVATE KEY-----\n", OK },
        { "", "0\x82\x01\x02", IOA_CHAIN_STRAY },
        { "a\x7f\n", "", IOA_CHAIN_STRAY },
        { "", "-----BEGIN", OK },
        { "", "-----BEG", OK },
        { "", "-----BEGIN a label that is longer than any of a certificate "
          "would be, and which is not read to its end CERTIFICATE-----\n",
          OK },
        { "-----BEGIN CERT-----\n", "", OK },
        { "-----BEGIN @CERTIFICATE{-----\n", "", OK },
    };

    pem = certs_pem((X509 *[]) { family.certs[2], NULL });

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        UNIT_OK(parse(&set, cases[i].before, &pem, cases[i].behind)
                == cases[i].rc && (set != NULL) == (cases[i].rc == OK),
                "roots: text about them, %zu", i);
        ioa_roots_free(set);
    }

    free(pem.data);
}


/* UTF-16 of a certificate, and the words for it. */
static void
test_stray_text(void)
{
    char           text[IOA_CHAIN_TEXT_MAX];
    size_t         i;
    ioa_roots_t   *set;
    certs_bytes_t  pem;

    static const uint8_t  wide[] = "# a\n\0-\0-\0B\0E\0G\0I\0N\0";

    static const struct {
        const char  *behind, *text;
    } cases[] = {
        { "# a\n-----BEGIN TRUSTED CERTIFICATE-----\nMII",
          ": \"-----BEGIN TRUSTED CERTIFICATE-----\" is not "
          "\"-----BEGIN CERTIFICATE-----\" alone" },
        { "\n\xef\xbb\xbf-----BEGIN CERTIFICATE-----",
          ": \"?\?\?-----BEGIN CERTIFICATE-----\" is not" },
        { "\n0\x82\x01", " holds bytes that are no text" },
        { "# a\r\n-----BEGIN X509 CERTIFICATE-----\r\nMII",
          ": \"-----BEGIN X509 CERTIFICATE-----\" is not" },
        { "\n-----BEGIN TRUSTED CERTIFICATE",
          ": \"-----BEGIN TRUSTED CERTIFICATE\" is not" },
        { "\n-----BEGIN CMS----- which is a line that has more than is shown "
          "of it, and much more than anybody would read of one, and so on",
          ": \"-----BEGIN CMS-----" }
    };

    pem = certs_pem((X509 *[]) { family.certs[2], NULL });

    UNIT_OK(ioa_roots_parse(&set, wide, sizeof(wide)) == IOA_CHAIN_STRAY,
            "roots: UTF-16");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        UNIT_OK(parse(&set, "", &pem, cases[i].behind) == IOA_CHAIN_STRAY,
                "roots: words, %zu", i);
        ioa_roots_text(text, IOA_CHAIN_STRAY,
                       (const uint8_t *) cases[i].behind,
                       strlen(cases[i].behind));
        UNIT_OK(strncmp(text, "line 2", 6) == 0
                && strstr(text, cases[i].text) != NULL, "%s", text);
    }

    ioa_roots_text(text, IOA_CHAIN_NOT_CA, wide, sizeof(wide));
    UNIT_OK(strcmp(text, ioa_chain_rc_name(IOA_CHAIN_NOT_CA)) == 0,
            "another reason has its name");

    free(pem.data);
}


/* A leaf beside its roots is at hand, and trusted for nothing. */
static void
test_leaves(void)
{
    uint8_t         without[IOA_FINGERPRINT_LEN], with[IOA_FINGERPRINT_LEN];
    ioa_roots_t    *both;
    ioa_chain_t    *chain;
    ioa_reader_t    leaf;
    certs_bytes_t   pem, der;

    der = certs_der(family.certs[0]);
    pem = certs_pem((X509 *[]) { family.certs[0], family.certs[2], NULL });

    UNIT_OK(ioa_roots_parse(&both, pem.data, pem.len) == IOA_CHAIN_NOT_CA,
            "roots: a leaf is none");
    UNIT_OK(ioa_roots_parse_leaves(&both, pem.data, pem.len) == IOA_CHAIN_OK
            && both->n == 1, "leaves: beside a root");
    UNIT_OK(ioa_roots_leaf(&leaf, both, 0) && leaf.left == der.len
            && memcmp(leaf.pos, der.data, der.len) == 0
            && !ioa_roots_leaf(&leaf, both, 1), "leaves: as it was");

    ioa_roots_digest(without, roots);
    ioa_roots_digest(with, both);
    UNIT_OK(memcmp(without, with, sizeof(with)) != 0,
            "leaves: have a say in the digest");

    chain = ioa_chain_new(NULL);
    certs_must(ioa_chain_add_der(chain, der.data, der.len) == IOA_CHAIN_OK,
               "chain");
    UNIT_OK(ioa_chain_verify(chain, both, NULL, IOA_CHAIN_AMD,
                             CERTS_NOW) == IOA_CHAIN_UNTRUSTED,
            "leaves: are no roots");
    ioa_chain_free(chain);
    ioa_roots_free(both);
    free(pem.data);
    free(der.data);

    pem = certs_pem((X509 *[]) { family.certs[0], NULL });
    UNIT_OK(ioa_roots_parse_leaves(&both, pem.data, pem.len)
            == IOA_CHAIN_NOT_CA && both == NULL, "leaves: alone");
    free(pem.data);
}


static void
test_text(void)
{
    size_t          i;
    char            all[4096];
    certs_bytes_t   b;

    static const struct {
        const char      *before;
        const char      *behind;
        size_t           n;         /* of behind */
        ioa_chain_rc_t   rc;
    } cases[] = {
        { "", "", 0, OK },
        { "", "\0", 1, OK },
        { "", "\n \r\n\t\0\0", 7, OK },
        { "\n\n", "", 0, OK },
        { "", "x", 1, IOA_CHAIN_MALFORMED },
        { "", "\n\0x", 3, IOA_CHAIN_MALFORMED },
        { "x\n", "", 0, IOA_CHAIN_MALFORMED },
        { "", "-----BEGIN CERTIFICATE-----\n", 28, IOA_CHAIN_MALFORMED },
        { "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "", 0,
          IOA_CHAIN_MALFORMED },
        { "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "", 0,
          IOA_CHAIN_MALFORMED },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        b.len = strlen(cases[i].before);
        memcpy(all, cases[i].before, b.len);
        memcpy(all + b.len, text.data, text.len);
        b.len += text.len;
        memcpy(all + b.len, cases[i].behind, cases[i].n);
        b.len += cases[i].n;
        b.data = unit_exact(all, b.len);
        UNIT_OK(judge(&b) == cases[i].rc, "text %zu", i);
        free(b.data);
    }

    /* the last line feed may be missing, but not be something else */

    b.data = unit_exact(text.data, text.len);
    b.len = text.len - 1;
    UNIT_OK(judge(&b) == OK, "text without a line feed");
    b.len = text.len;
    b.data[text.len - 1] = ' ';
    UNIT_OK(judge(&b) == IOA_CHAIN_MALFORMED, "text with a space for it");
    free(b.data);
}


static void
test_says(void)
{
    char            cn[IOA_CHAIN_CN_MAX + 1];
    int64_t         from, to;
    ioa_chain_t    *chain;
    ioa_reader_t    r;

    chain = ioa_chain_new(NULL);
    certs_must(ioa_chain_add_pem(chain, text.data, text.len) == OK, "text");

    UNIT_OK(ioa_chain_count(chain) == 2, "two certificates");
    UNIT_OK(ioa_chain_subject_cn(cn, chain, 0) && !strcmp(cn, "Test Leaf"),
            "subject");
    UNIT_OK(ioa_chain_issuer_cn(cn, chain, 1) && !strcmp(cn, "Test Root"),
            "issuer");
    UNIT_OK(!ioa_chain_is_ca(chain, 0) && ioa_chain_is_ca(chain, 1), "CA");
    UNIT_OK(ioa_chain_dates(&from, &to, chain, 0)
            && from == CERTS_NOW - CERTS_DAY && to == CERTS_NOW + CERTS_DAY,
            "dates");
    UNIT_OK(ioa_chain_extension(&r, chain, 0, "2.5.29.19") && r.left == 2,
            "extension");
    UNIT_OK(!ioa_chain_extension(&r, chain, 0, "2.5.29.191")
            && !ioa_chain_extension(&r, chain, 0, "2.5.29")
            && !ioa_chain_extension(&r, chain, 0, "x"), "no extension");
    UNIT_OK(ioa_chain_point(&r, chain, 0) && r.left == 64, "point");
    UNIT_OK(ioa_chain_spki(&r, chain, 0) && r.left == 91, "SPKI");
    UNIT_OK(!ioa_chain_subject_cn(cn, chain, 2) && cn[0] == '\0'
            && !ioa_chain_point(&r, chain, 2) && !ioa_chain_is_ca(chain, 2)
            && !ioa_chain_spki(&r, chain, 2)
            && !ioa_chain_dates(&from, &to, chain, 2), "no third");

    ioa_chain_free(chain);
}


/* Signatures over pieces, with raw keys of both curves. */
/* r or s is out of range: 0, or the order of the curve. */
static void
test_ecdsa_range(const char *curve, const EVP_MD *md, size_t len)
{
    size_t         i, half;
    uint8_t        sig[IOA_POINT_LEN_MAX], point[IOA_POINT_LEN_MAX];
    uint8_t        wrong[IOA_POINT_LEN_MAX], order[IOA_POINT_LEN_MAX];
    EVP_PKEY      *key;
    EC_GROUP      *group;
    unit_all_t     all = { 0 };
    ioa_reader_t   piece;

    half = len / 2;
    key = certs_key(curve);
    group = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(curve));
    certs_must(group != NULL
               && BN_bn2binpad(EC_GROUP_get0_order(group), order, (int) half)
                  == (int) half, "order");
    EC_GROUP_free(group);

    certs_sign_raw(sig, len, key, md, "one", 3);
    certs_point(point, len, key);
    ioa_reader_init(&piece, UNIT_BYTES("one"));
    UNIT_OK(ioa_ecdsa_verify(point, len, sig, len, piece),
            "%s: within range", curve);

    for (i = 0; i < 2; i++) {
        memcpy(wrong, sig, len);
        memset(wrong + i * half, 0, half);
        unit_each(&all, !ioa_ecdsa_verify(point, len, wrong, len, piece),
                  "%c = 0", "rs"[i]);
        memcpy(wrong + i * half, order, half);
        unit_each(&all, !ioa_ecdsa_verify(point, len, wrong, len, piece),
                  "%c = n", "rs"[i]);
        memset(wrong + i * half, 0xff, half);
        unit_each(&all, !ioa_ecdsa_verify(point, len, wrong, len, piece),
                  "%c > n", "rs"[i]);
    }

    UNIT_ALL(&all, "r or s out of range");
    EVP_PKEY_free(key);
}


static void
test_ecdsa(const char *curve, const EVP_MD *md, size_t len)
{
    size_t         i, bit;
    uint8_t        sig[IOA_POINT_LEN_MAX], point[IOA_POINT_LEN_MAX];
    uint8_t        zero[IOA_POINT_LEN_MAX] = { 0 };
    uint8_t        wide[IOA_POINT_LEN_MAX + 2] = { 0 };
    EVP_PKEY      *key;
    unit_all_t     all = { 0 };
    ioa_reader_t   bytes, part, none;

    key = certs_key(curve);
    certs_sign_raw(sig, len, key, md, "onetwo", 6);
    certs_point(point, len, key);

    ioa_reader_init(&bytes, UNIT_BYTES("onetwo"));
    ioa_reader_init(&part, UNIT_BYTES("one"));
    ioa_reader_init(&none, NULL, 0);

#define GOOD(s, s_len) \
    ioa_ecdsa_verify(point, len, s, s_len, bytes)

    UNIT_OK(GOOD(sig, len), "%s: the signed bytes", curve);
    UNIT_OK(!ioa_ecdsa_verify(point, len, sig, len, part)
            && !ioa_ecdsa_verify(point, len, sig, len, none),
            "%s: too few bytes", curve);
    UNIT_OK(!GOOD(zero, len), "%s: r = s = 0", curve);
    memcpy(wide + 1, sig, len / 2);
    memcpy(wide + 2 + len / 2, sig + len / 2, len / 2);
    UNIT_OK(!GOOD(wide, len + 2), "%s: a zero before r and s", curve);
    UNIT_OK(!GOOD(sig, len - 1) && !GOOD(sig, 0)
            && !ioa_ecdsa_verify(point, len - 1, sig, len - 1, bytes)
            && !ioa_ecdsa_verify(point, 0, sig, 0, bytes),
            "%s: lengths", curve);

    for (i = 0; i < len; i++) {
        for (bit = 0; bit < 8; bit++) {
            sig[i] ^= (uint8_t) (1 << bit);
            unit_each(&all, !GOOD(sig, len), "sig %zu.%zu", i, bit);
            sig[i] ^= (uint8_t) (1 << bit);
            point[i] ^= (uint8_t) (1 << bit);
            unit_each(&all, !GOOD(sig, len), "key %zu.%zu", i, bit);
            point[i] ^= (uint8_t) (1 << bit);
        }
    }

    UNIT_ALL(&all, "a flipped bit");
    UNIT_OK(ERR_peek_error() == 0, "%s: no error is left behind", curve);
    EVP_PKEY_free(key);
}


int
main(void)
{
    size_t    i;
    EVP_PKEY *keys[CERTS];

    for (i = 0; i < CERTS; i++) {
        keys[i] = certs_key("P-256");
    }

    family_forms(&family, keys);
    family_make(&family, 0);
    roots = roots_of(family.certs[2], NULL);
    text = certs_pem((X509 *[]) { family.certs[0], family.certs[1], NULL });

    test_roots();
    test_stray_roots();
    test_stray_text();
    test_leaves();
    test_text();
    test_says();
    test_ecdsa("P-256", EVP_sha256(), IOA_P256_POINT_LEN);
    test_ecdsa_range("P-256", EVP_sha256(), IOA_P256_POINT_LEN);
    test_ecdsa("P-384", EVP_sha384(), IOA_P384_POINT_LEN);
    test_ecdsa_range("P-384", EVP_sha384(), IOA_P384_POINT_LEN);

    free(text.data);
    ioa_roots_free(roots);
    family_free(&family);

    for (i = 0; i < CERTS; i++) {
        EVP_PKEY_free(keys[i]);
    }

    return UNIT_DONE();
}
