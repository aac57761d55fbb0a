/*
 * ocsp: names of certificates, requests, and answers of responders, each of
 * which has one thing wrong.
 */

#include <openssl/ocsp.h>

#include "base/ioa_codec.h"
#include "fixtures/certs.h"
#include "x509/ioa_link.h"
#include "x509/ioa_ocsp.h"

#define NEVER   (-1)

/* What a delegate's certificate says besides. */
#define SIGNS   "extendedKeyUsage=OCSPSigning"

/* How an answer is made.  What is 0 is as in a good one. */
typedef struct {
    int             status;         /* of the answer as a whole */
    int             cert;           /* V_OCSP_CERTSTATUS_... */
    int             reason;
    int64_t         from;           /* after CERTS_NOW; NEVER: unreadable */
    int64_t         to;             /* 0: none; NEVER: unreadable */
    int             bad_since;
    int             about_other;    /* another certificate's statement */
    int             also;           /* and so many statements of others */
    int             twice;
    const char     *extension;      /* of the answer, as "oid=value" */
    const char     *single;         /* of the statement */
    const char     *nonce;          /* DER in hex; "": none */
    int             nonce_critical;
    int             nonce_twice;
    const EVP_MD   *hash;
    X509           *signer;         /* the intermediate unless given */
    EVP_PKEY       *key;
    unsigned long   flags;
} answer_t;

static EVP_PKEY          *keys[CERTS + 1];
static family_t           family;
static ioa_chain_t       *chain;
static uint8_t            nonce32[IOA_OCSP_NONCE_LEN];


static X509_EXTENSION *
nonce_extension(const answer_t *a)
{
    size_t              n;
    uint8_t             bytes[80];
    X509_EXTENSION     *ext;
    ASN1_OCTET_STRING  *value;

    if (a->nonce != NULL) {
        n = strlen(a->nonce) / 2;
        certs_must(ioa_hex_decode(bytes, n, (const uint8_t *) a->nonce,
                                  2 * n), "hex");

    } else {
        n = 2 + sizeof(nonce32);
        bytes[0] = 0x04;
        bytes[1] = sizeof(nonce32);
        memcpy(bytes + 2, nonce32, sizeof(nonce32));
    }

    value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, bytes, (int) n);
    ext = X509_EXTENSION_create_by_NID(NULL, NID_id_pkix_OCSP_Nonce,
                                       a->nonce_critical, value);
    ASN1_OCTET_STRING_free(value);

    return ext;
}


static void
add_nonce(OCSP_BASICRESP *basic, const answer_t *a)
{
    X509_EXTENSION  *ext;

    if (a->nonce != NULL && a->nonce[0] == '\0') {
        return;
    }

    ext = nonce_extension(a);
    OCSP_BASICRESP_add_ext(basic, ext, -1);

    if (a->nonce_twice) {
        OCSP_BASICRESP_add_ext(basic, ext, -1);
    }

    X509_EXTENSION_free(ext);
}


/* One statement, about the leaf or another certificate of its issuer. */
static void
add_statement(OCSP_BASICRESP *basic, const answer_t *a, X509 *about)
{
    int                    reason;
    ASN1_TIME             *from, *to, *since;
    OCSP_CERTID           *id;
    X509_EXTENSION        *ext;
    OCSP_SINGLERESP       *single;
    ASN1_GENERALIZEDTIME  *in[3];

    id = OCSP_cert_to_id(EVP_sha1(), about, family.certs[1]);
    from = ASN1_TIME_set(NULL, CERTS_NOW + (a->from == NEVER ? 0 : a->from));
    to = a->to == 0 ? NULL : ASN1_TIME_set(NULL, CERTS_NOW + a->to);
    since = ASN1_TIME_set(NULL, CERTS_NOW - CERTS_DAY);

    /* OpenSSL writes no reason for 0, unspecified */

    single = OCSP_basic_add1_status(basic, id, a->cert, a->reason, since,
                                    from, to);
    certs_must(single != NULL, "statement");

    (void) OCSP_single_get0_status(single, &reason, &in[0], &in[1], &in[2]);

    if (a->bad_since) {
        ASN1_STRING_set(in[0], "some time", -1);
    }

    if (a->from == NEVER) {
        ASN1_STRING_set(in[1], "some time", -1);
    }

    if (a->to == NEVER) {
        ASN1_STRING_set(in[2], "some time", -1);
    }

    if (a->single != NULL) {
        ext = certs_conf(a->single);
        OCSP_SINGLERESP_add_ext(single, ext, -1);
        X509_EXTENSION_free(ext);
    }

    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    ASN1_TIME_free(since);
    OCSP_CERTID_free(id);
}


static OCSP_BASICRESP *
make_basic(const answer_t *a)
{
    int              i;
    X509_EXTENSION  *ext;
    OCSP_BASICRESP  *basic;

    basic = OCSP_BASICRESP_new();

    if (!a->about_other) {
        add_statement(basic, a, family.certs[0]);
    }

    for (i = 0; i < a->also + (a->about_other != 0); i++) {
        add_statement(basic, a, family.certs[2]);
    }

    if (a->twice) {
        add_statement(basic, a, family.certs[0]);
    }

    add_nonce(basic, a);

    if (a->extension != NULL) {
        ext = certs_conf(a->extension);
        OCSP_BASICRESP_add_ext(basic, ext, -1);
        X509_EXTENSION_free(ext);
    }

    certs_must(OCSP_basic_sign(basic, a->signer ? a->signer : family.certs[1],
                               a->key ? a->key : keys[1],
                               a->hash ? a->hash : EVP_sha256(), NULL, a->flags),
               "OCSP_basic_sign");

    return basic;
}


static certs_bytes_t
make(const answer_t *a)
{
    int              n;
    certs_bytes_t    b = { NULL, 0 };
    OCSP_RESPONSE   *response;
    OCSP_BASICRESP  *basic;

    basic = a->status == 0 ? make_basic(a) : NULL;
    response = OCSP_response_create(a->status, basic);
    n = i2d_OCSP_RESPONSE(response, &b.data);
    certs_must(n > 0, "i2d_OCSP_RESPONSE");
    b.len = (size_t) n;

    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);

    return b;
}


static ioa_ocsp_said_t
judge_bytes(const uint8_t *data, size_t len, const uint8_t *nonce)
{
    uint8_t          *exact;
    ioa_reader_t      answer;
    ioa_ocsp_said_t   said;

    exact = unit_exact(data, len);
    ioa_reader_init(&answer, exact, len);
    ioa_ocsp_judge(&said, chain, 0, answer, nonce, CERTS_NOW);
    free(exact);

    return said;
}


static ioa_ocsp_said_t
judge(const answer_t *a)
{
    certs_bytes_t    b;
    ioa_ocsp_said_t  said;

    b = make(a);
    said = judge_bytes(b.data, b.len, nonce32);
    OPENSSL_free(b.data);

    return said;
}


/* It does not count, for one of these reasons, and leaves no dates. */
static void
is_bad_for(const answer_t *a, const char *why, const char *or_why,
    const char *name)
{
    ioa_ocsp_said_t  said;

    said = judge(a);

    if (!UNIT_OK(said.status == IOA_OCSP_BAD && said.since == 0
                 && said.until == 0 && (strcmp(said.why, why) == 0
                                        || strcmp(said.why, or_why) == 0),
                 "%s", name))
    {
        printf("# status %d: %s\n", (int) said.status, said.why);
    }
}


static void
is_bad(const answer_t *a, const char *why, const char *name)
{
    is_bad_for(a, why, why, name);
}


/* OpenSSL 3.5 does not read an answer with such a date at all. */
static void
is_undated(const answer_t *a, const char *name)
{
    is_bad_for(a, "its dates cannot be read",
               "it is no basic answer, or cannot be read", name);
}


static void
test_good(void)
{
    answer_t         a;
    certs_bytes_t    b;
    ioa_ocsp_said_t  said;

    memset(&a, 0, sizeof(a));
    a.to = 600;
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_GOOD && said.why[0] == '\0'
            && said.since == 0 && said.until == CERTS_NOW + 600,
            "good, until its end");

    a.to = 0;
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_GOOD
            && said.until == CERTS_NOW + IOA_OCSP_LIFE,
            "one without an end counts for an hour");

    a.also = 7;
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_GOOD, "with statements about others");

    a.also = 8;
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_BAD, "but not with any number of them");

    a.also = 0;
    a.hash = EVP_sha512();
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_GOOD, "SHA-512");

    a.hash = NULL;
    a.nonce_critical = 1;
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_GOOD, "the nonce may be critical");

    a.nonce_critical = 0;
    a.flags = OCSP_NOCERTS | OCSP_RESPID_KEY;
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_GOOD, "the issuer need not be in it");

    a.nonce = "";
    b = make(&a);
    said = judge_bytes(b.data, b.len, NULL);
    UNIT_OK(said.status == IOA_OCSP_GOOD, "saved: without a nonce");
    OPENSSL_free(b.data);
}


static void
test_said(void)
{
    size_t           i;
    answer_t         a;
    ioa_ocsp_said_t  said;

    static const struct {
        int                reason;
        ioa_ocsp_status_t  status;
        const char        *why;
    } reasons[] = {
        { OCSP_REVOKED_STATUS_NOSTATUS, IOA_OCSP_REVOKED,
          "no reason that is known" },
        { OCSP_REVOKED_STATUS_KEYCOMPROMISE, IOA_OCSP_REVOKED,
          "keyCompromise" },
        { OCSP_REVOKED_STATUS_CACOMPROMISE, IOA_OCSP_REVOKED,
          "cACompromise" },
        { OCSP_REVOKED_STATUS_AFFILIATIONCHANGED, IOA_OCSP_REVOKED,
          "affiliationChanged" },
        { OCSP_REVOKED_STATUS_SUPERSEDED, IOA_OCSP_REVOKED, "superseded" },
        { OCSP_REVOKED_STATUS_CESSATIONOFOPERATION, IOA_OCSP_REVOKED,
          "cessationOfOperation" },
        { OCSP_REVOKED_STATUS_CERTIFICATEHOLD, IOA_OCSP_HOLD,
          "certificateHold" },
        { OCSP_REVOKED_STATUS_REMOVEFROMCRL, IOA_OCSP_REVOKED,
          "no reason that is known" },
    };

    memset(&a, 0, sizeof(a));
    a.cert = V_OCSP_CERTSTATUS_REVOKED;

    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        a.reason = reasons[i].reason;
        said = judge(&a);
        UNIT_OK(said.status == reasons[i].status
                && strcmp(said.why, reasons[i].why) == 0
                && said.since == CERTS_NOW - CERTS_DAY,
                "revoked, reason %d: %s", a.reason, said.why);
    }

    a.bad_since = 1;
    is_undated(&a, "revoked, nobody knows when");

    memset(&a, 0, sizeof(a));
    a.cert = V_OCSP_CERTSTATUS_UNKNOWN;
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_UNKNOWN, "not known to the responder");
}


static void
test_words(void)
{
    size_t    i;
    answer_t  a;

    static const struct {
        int          status;
        const char  *why;
    } words[] = {
        { OCSP_RESPONSE_STATUS_MALFORMEDREQUEST,
          "the responder says malformedRequest" },
        { OCSP_RESPONSE_STATUS_INTERNALERROR,
          "the responder says internalError" },
        { OCSP_RESPONSE_STATUS_TRYLATER, "the responder says tryLater" },
        { OCSP_RESPONSE_STATUS_SIGREQUIRED,
          "the responder says that it was not successful" },
        { OCSP_RESPONSE_STATUS_UNAUTHORIZED,
          "the responder says unauthorized" },
    };

    memset(&a, 0, sizeof(a));

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        a.status = words[i].status;
        is_bad(&a, words[i].why, words[i].why);
    }
}


static void
test_dates(void)
{
    answer_t         a;
    ioa_ocsp_said_t  said;

    memset(&a, 0, sizeof(a));
    a.from = IOA_OCSP_AHEAD;
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_GOOD, "its clock is a little ahead");

    a.from = IOA_OCSP_AHEAD + 1;
    is_bad(&a, "it is from the future", "its clock is too far ahead");

    a.from = 200;
    a.to = 100;
    is_bad(&a, "it is out of date", "it ends before it begins");

    a.from = -600;
    a.to = -2;
    is_bad(&a, "it is out of date", "it has ended");

    a.from = -IOA_OCSP_LIFE;
    a.to = 0;
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_GOOD && said.until == CERTS_NOW,
            "no end, and it is an hour old");

    a.from = -IOA_OCSP_LIFE - 1;
    is_bad(&a, "it is out of date", "no end, and it is older");

    a.from = NEVER;
    is_undated(&a, "nobody knows when it began");

    a.from = 0;
    a.to = NEVER;
    is_undated(&a, "nobody knows when it ends");
}


static void
test_nonces(void)
{
    size_t    i;
    answer_t  a;

    static const struct {
        const char  *name;
        const char  *nonce;
    } nonces[] = {
        { "no nonce", "" },
        { "another's nonce",
          "042000000000000000000000000000000000000000000000000000000000000000"
          "01" },
        { "a nonce of 31 bytes",
          "041f07070707070707070707070707070707070707070707070707070707070707" },
        { "a byte after the nonce",
          "042007070707070707070707070707070707070707070707070707070707070707"
          "0700" },
        { "a nonce that is no OCTET STRING",
          "0c2007070707070707070707070707070707070707070707070707070707070707"
          "07" },
        { "a nonce without its own OCTET STRING",
          "0707070707070707070707070707070707070707070707070707070707070707" },
        { "a nonce that is longer than it is", "042107" },
    };

    memset(&a, 0, sizeof(a));

    for (i = 0; i < sizeof(nonces) / sizeof(nonces[0]); i++) {
        a.nonce = nonces[i].nonce;
        is_bad(&a, "it does not have the nonce of the request",
               nonces[i].name);
    }

    a.nonce = NULL;
    a.nonce_twice = 1;
    is_bad(&a, "it does not have the nonce of the request", "two nonces");
}


static void
test_meaning(void)
{
    answer_t         a;
    ioa_ocsp_said_t  said;

    memset(&a, 0, sizeof(a));
    a.extension = "1.2.3.4=critical,ASN1:NULL";
    is_bad(&a, "it has an extension that is not known",
           "a critical extension");
    a.extension = "1.2.3.4=ASN1:NULL";
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_GOOD, "one that is not critical");

    a.extension = NULL;
    a.single = "1.2.3.4=critical,ASN1:NULL";
    is_bad(&a, "it has an extension that is not known",
           "a critical extension of the statement");
    a.single = "1.2.3.4=ASN1:NULL";
    said = judge(&a);
    UNIT_OK(said.status == IOA_OCSP_GOOD, "one that is not critical");

    memset(&a, 0, sizeof(a));
    a.about_other = 1;
    is_bad(&a, "it is about another certificate", "another certificate");

    a.about_other = 0;
    a.twice = 1;
    is_bad(&a, "it is about the certificate twice", "two statements");
}


/* An answer that a key of its own has signed, whose certificate says that. */
static void
delegate(const certs_form_t *form, const char *why, const char *name)
{
    answer_t         a;
    ioa_ocsp_said_t  said;

    memset(&a, 0, sizeof(a));
    a.signer = certs_make(form);
    a.key = form->key;

    if (why != NULL) {
        is_bad(&a, why, name);

    } else {
        said = judge(&a);
        UNIT_OK(said.status == IOA_OCSP_GOOD, "%s: %s", name, said.why);
    }

    X509_free(a.signer);
}


static void
test_delegates(void)
{
    certs_form_t  good, form, *other = &form;

    static const char  not_issuers[] =
        "its signer's certificate is not the issuer's";
    static const char  not_for_that[] =
        "its signer's certificate is not one for signing OCSP answers";
    static const char  not_now[] =
        "its signer's certificate is not valid now";

    memset(&good, 0, sizeof(good));
    good.subject = "Test Responder";
    good.issuer = "Test Intermediate";
    good.key = keys[CERTS];
    good.signer = keys[1];
    good.usage = LEAF_USAGE;
    good.other = SIGNS;
    good.serial = 200;
    good.parent = family.certs[1];

    delegate(&good, NULL, "a delegate");

    form = good;
    form.again = "basicConstraints=critical,CA:FALSE";
    delegate(&form, NULL, "a delegate that says it is no CA");

    form = good;
    form.other = "extendedKeyUsage=critical,OCSPSigning";
    delegate(&form, NULL, "a delegate with a critical extendedKeyUsage");

    form = good;
    form.usage = NULL;
    delegate(&form, NULL, "a delegate for any usage");

    form = good;
    form.issuer = "Test Root";
    form.signer = keys[2];
    form.parent = family.certs[2];
    delegate(&form, not_issuers, "the root's delegate");

    form = good;
    form.signer = keys[CERTS];
    delegate(&form, not_issuers, "a delegate that its own key has certified");

    form = good;
    other->md = EVP_sha1();
    delegate(&form, not_issuers, "a delegate certified with SHA-1");

    form = good;
    form.other = NULL;
    delegate(&form, not_for_that, "no extendedKeyUsage");

    form = good;
    form.other = "extendedKeyUsage=serverAuth";
    delegate(&form, not_for_that, "an extendedKeyUsage for TLS");

    form = good;
    form.usage = "critical,keyCertSign";
    delegate(&form, not_for_that, "a keyUsage without signatures");

    form = good;
    form.usage = "critical,digitalSignature,keyCertSign";
    form.basic = CA;
    delegate(&form, not_for_that, "a CA");

    form = good;
    form.again = "1.2.3.4=critical,ASN1:NULL";
    delegate(&form, not_for_that, "a critical extension");

    form = good;
    form.to = CERTS_NOW - 1;
    delegate(&form, not_now, "a delegate whose time is over");

    form.to = CERTS_NOW;
    delegate(&form, NULL, "in its last second");

    form = good;
    form.from = CERTS_NOW + 1;
    delegate(&form, not_now, "a delegate whose time has not come");

    form.from = CERTS_NOW;
    delegate(&form, NULL, "in its first second");
}


static void
test_signatures(void)
{
    answer_t  a;

    memset(&a, 0, sizeof(a));
    a.hash = EVP_sha1();
    is_bad(&a, "its signature is wrong", "SHA-1");

    a.hash = NULL;
    a.signer = family.certs[2];
    a.key = keys[2];
    a.flags = OCSP_NOCERTS;
    is_bad(&a, "its signer is not known", "a signer that is not there");
}


/* Any byte of an answer, changed, cut or added. */
static void
test_bytes(void)
{
    size_t         i;
    answer_t       a;
    unit_all_t     all;
    certs_bytes_t  b;

    static uint8_t  large[IOA_OCSP_ANSWER_MAX + 1];

    memset(&a, 0, sizeof(a));
    a.flags = OCSP_NOCERTS;
    b = make(&a);

    memset(&all, 0, sizeof(all));

    for (i = 0; i < 8 * b.len; i++) {
        b.data[i / 8] ^= (uint8_t) (1u << i % 8);
        unit_each(&all, judge_bytes(b.data, b.len, nonce32).status
                        == IOA_OCSP_BAD, "bit %zu", i);
        b.data[i / 8] ^= (uint8_t) (1u << i % 8);
    }

    UNIT_ALL(&all, "each bit of an answer");

    memset(&all, 0, sizeof(all));

    for (i = 0; i < b.len; i++) {
        unit_each(&all, judge_bytes(b.data, i, nonce32).status
                        == IOA_OCSP_BAD, "%zu bytes", i);
    }

    UNIT_ALL(&all, "cut after each byte");

    memcpy(large, b.data, b.len);
    UNIT_OK(judge_bytes(large, b.len, nonce32).status == IOA_OCSP_GOOD
            && judge_bytes(large, b.len + 1, nonce32).status == IOA_OCSP_BAD,
            "a byte after it");
    UNIT_OK(judge_bytes(large, sizeof(large), nonce32).status
            == IOA_OCSP_BAD, "one that is too long");
    OPENSSL_free(b.data);
}


static void
test_shapes(void)
{
    size_t           i;
    uint8_t          bytes[64];
    ioa_ocsp_said_t  said;

    static const struct {
        const char  *name;
        const char  *text;
        const char  *why;
    } shapes[] = {
        { "not a SEQUENCE", "310a0100", "it is no OCSP answer" },
        { "an empty SEQUENCE", "3000", "it is no OCSP answer" },
        { "a status that is an INTEGER", "3003020100",
          "it is no OCSP answer" },
        { "successful, and nothing said", "30030a0100",
          "it is no basic answer, or cannot be read" },
        { "a length in the long form", "3081030a0106",
          "it is no OCSP answer" },
        { "bytes of another tag", "30050a0100a100",
          "it is no OCSP answer" },
        { "no bytes in the tag", "30050a0100a000", "it is no OCSP answer" },
        { "a type alone", "300b0a0100a006300406022a03",
          "it is no OCSP answer" },
        { "no type", "30090a0100a00430020400", "it is no OCSP answer" },
        { "another type", "300f0a0100a00a300806022a0304023000",
          "it is no basic answer, or cannot be read" },
        { "another type, and no DER in it",
          "300f0a0100a00a300806022a0304023001", "it is no OCSP answer" },
    };

    for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        const size_t  n = strlen(shapes[i].text) / 2;

        certs_must(ioa_hex_decode(bytes, n,
                                  (const uint8_t *) shapes[i].text, 2 * n),
                   "hex");
        said = judge_bytes(bytes, n, nonce32);

        if (!UNIT_OK(said.status == IOA_OCSP_BAD
                     && strcmp(said.why, shapes[i].why) == 0, "%s",
                     shapes[i].name))
        {
            printf("# %s\n", said.why);
        }
    }
}


static void
test_names(void)
{
    char                text[2 * IOA_OCSP_ID_MAX + 3];
    size_t              n;
    uint8_t             out[IOA_OCSP_REQUEST_MAX];
    OCSP_CERTID        *id;
    OCSP_REQUEST       *request;
    ioa_ocsp_id_t       a, b;
    ioa_ocsp_said_t     said;
    const uint8_t      *p;
    X509_EXTENSION     *ext;
    ASN1_OCTET_STRING  *nonce;

    UNIT_OK(ioa_ocsp_id(&a, chain, 0) && ioa_ocsp_id(&b, chain, 0)
            && ioa_ocsp_same(&a, &b), "a name");
    b.bytes[b.len - 1] ^= 1;
    UNIT_OK(!ioa_ocsp_same(&a, &b), "another serial number");
    b = a;
    b.len--;
    UNIT_OK(!ioa_ocsp_same(&a, &b), "a shorter one");
    UNIT_OK(!ioa_ocsp_id(&b, chain, 1) && b.len == 0, "no issuer");
    ioa_ocsp_judge(&said, chain, 1, (ioa_reader_t) { out, 0 }, NULL,
                   CERTS_NOW);
    UNIT_OK(said.status == IOA_OCSP_BAD && said.why[0] == '\0',
            "nor an answer without one");

    ioa_hex_encode((uint8_t *) text, a.bytes, a.len);
    text[2 * a.len] = '\0';
    n = ioa_ocsp_request(out, text, nonce32);
    p = out;
    request = d2i_OCSP_REQUEST(NULL, &p, (long) n);
    UNIT_OK(request != NULL && p == out + n
            && OCSP_request_onereq_count(request) == 1, "a request");

    id = OCSP_cert_to_id(EVP_sha1(), family.certs[0], family.certs[1]);
    UNIT_OK(OCSP_id_cmp(id, OCSP_onereq_get0_id(
                                OCSP_request_onereq_get0(request, 0))) == 0,
            "names what OpenSSL names");
    OCSP_CERTID_free(id);

    ext = OCSP_REQUEST_get_ext(request, OCSP_REQUEST_get_ext_by_NID(
                                   request, NID_id_pkix_OCSP_Nonce, -1));
    nonce = X509_EXTENSION_get_data(ext);
    UNIT_OK(ASN1_STRING_length(nonce) == 2 + IOA_OCSP_NONCE_LEN
            && memcmp(ASN1_STRING_get0_data(nonce) + 2, nonce32,
                      IOA_OCSP_NONCE_LEN) == 0, "and has the nonce");
    OCSP_REQUEST_free(request);

    text[0] = 'x';
    UNIT_OK(ioa_ocsp_request(out, text, nonce32) == 0, "not hex digits");
    text[0] = '0';
    text[2 * 2 * IOA_OCSP_HASH_LEN] = '\0';
    UNIT_OK(ioa_ocsp_request(out, text, nonce32) == 0, "no serial number");
    memset(text, '0', sizeof(text));
    text[2 * IOA_OCSP_ID_MAX + 2] = '\0';
    UNIT_OK(ioa_ocsp_request(out, text, nonce32) == 0, "one byte too long");
    text[2 * IOA_OCSP_ID_MAX] = '\0';
    UNIT_OK(ioa_ocsp_request(out, text, nonce32) != 0, "the longest");
    text[2 * 2 * IOA_OCSP_HASH_LEN + 3] = '\0';
    UNIT_OK(ioa_ocsp_request(out, text, nonce32) == 0, "half a byte");
}


int
main(void)
{
    size_t         i;
    certs_bytes_t  text;

    memset(nonce32, 7, sizeof(nonce32));

    for (i = 0; i <= CERTS; i++) {
        keys[i] = certs_key("P-256");
    }

    family_forms(&family, keys);
    family_make(&family, 0);
    text = certs_pem((X509 *[]) { family.certs[0], family.certs[1], NULL });
    chain = ioa_chain_new(NULL);
    certs_must(ioa_chain_add_pem(chain, text.data, text.len) == IOA_CHAIN_OK,
               "chain");
    free(text.data);

    test_good();
    test_said();
    test_words();
    test_dates();
    test_nonces();
    test_meaning();
    test_delegates();
    test_signatures();
    test_bytes();
    test_shapes();
    test_names();

    ioa_chain_free(chain);
    family_free(&family);

    for (i = 0; i <= CERTS; i++) {
        EVP_PKEY_free(keys[i]);
    }

    return UNIT_DONE();
}
