/*
 * certs: certificates and CRLs for the tests, of any form, good or bad.
 */

#ifndef CERTS_H
#define CERTS_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "ioa_chain.h"
#include "unit.h"

#define CERTS_NOW  INT64_C(1750000000)
#define CERTS_DAY  86400

/* How a certificate is made.  A text that is NULL leaves its part out. */
typedef struct {
    const char     *subject;        /* commonName */
    const char     *issuer;
    EVP_PKEY       *key;
    EVP_PKEY       *signer;
    const char     *basic;          /* basicConstraints */
    const char     *usage;          /* keyUsage */
    const char     *other;          /* another, as "oid=value" */
    const char     *again;          /* and one more */
    const EVP_MD   *md;             /* SHA-256 unless given */
    X509           *parent;         /* names the issuer's key; NULL: no AKI */
    int             no_ski;
    int             pss;
    int             version;        /* 3 unless given */
    long            serial;
    int64_t         from;           /* a day before CERTS_NOW unless given */
    int64_t         to;             /* a day after */
} certs_form_t;

/* Bytes of some length. */
typedef struct {
    uint8_t  *data;
    size_t    len;
} certs_bytes_t;


static inline void
certs_must(int good, const char *what)
{
    if (!good) {
        printf("Bail out! %s\n", what);
        exit(1);
    }
}


static inline EVP_PKEY *
certs_key(const char *curve)
{
    EVP_PKEY  *key;

    key = EVP_EC_gen(curve);
    certs_must(key != NULL, curve);

    return key;
}


static inline EVP_PKEY *
certs_rsa(unsigned bits)
{
    EVP_PKEY  *key;

    key = EVP_RSA_gen(bits);
    certs_must(key != NULL, "RSA");

    return key;
}


/* In: conf, as "name=value", name an OID or a short name. */
static inline void
certs_extension(X509 *x, X509 *parent, const char *name, const char *value)
{
    X509V3_CTX       ctx;
    X509_EXTENSION  *ext;

    X509V3_set_ctx(&ctx, parent, x, NULL, NULL, 0);
    ext = X509V3_EXT_nconf(NULL, &ctx, name, value);
    certs_must(ext != NULL && X509_add_ext(x, ext, -1), name);
    X509_EXTENSION_free(ext);
}


static inline void
certs_other(X509 *x, const char *conf)
{
    char         name[80];
    const char  *value;

    if (conf == NULL) {
        return;
    }

    value = strchr(conf, '=');
    snprintf(name, sizeof(name), "%.*s", (int) (value - conf), conf);
    certs_extension(x, NULL, name, value + 1);
}


static inline void
certs_name(X509_NAME *name, const char *cn)
{
    certs_must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                          (const uint8_t *) cn, -1, -1, 0),
               "name");
}


static inline EVP_MD_CTX *
certs_signing(EVP_PKEY *key, const EVP_MD *md, int pss)
{
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pkey;

    ctx = EVP_MD_CTX_new();
    certs_must(EVP_DigestSignInit(ctx, &pkey, md ? md : EVP_sha256(), NULL,
                                  key) == 1, "signing");

    if (pss) {
        certs_must(EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PSS_PADDING)
                   == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, -1) == 1,
                   "PSS");
    }

    return ctx;
}


static inline X509 *
certs_make(const certs_form_t *form)
{
    X509        *x;
    EVP_MD_CTX  *ctx;

    x = X509_new();
    X509_set_version(x, form->version ? form->version - 1 : X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), form->serial);
    ASN1_TIME_set(X509_getm_notBefore(x),
                  form->from ? form->from : CERTS_NOW - CERTS_DAY);
    ASN1_TIME_set(X509_getm_notAfter(x),
                  form->to ? form->to : CERTS_NOW + CERTS_DAY);
    certs_name(X509_get_subject_name(x), form->subject);
    certs_name(X509_get_issuer_name(x), form->issuer);
    X509_set_pubkey(x, form->key);

    if (!form->no_ski) {
        certs_extension(x, NULL, "subjectKeyIdentifier", "hash");
    }

    if (form->parent != NULL) {
        certs_extension(x, form->parent, "authorityKeyIdentifier", "keyid");
    }

    if (form->basic != NULL) {
        certs_extension(x, NULL, "basicConstraints", form->basic);
    }

    if (form->usage != NULL) {
        certs_extension(x, NULL, "keyUsage", form->usage);
    }

    certs_other(x, form->other);
    certs_other(x, form->again);

    ctx = certs_signing(form->signer, form->md, form->pss);
    certs_must(X509_sign_ctx(x, ctx) > 0, "X509_sign_ctx");
    EVP_MD_CTX_free(ctx);

    /* newer OpenSSL signs what has extensions as version 3 */

    if (form->version) {
        X509_set_version(x, form->version - 1);
    }

    return x;
}


static inline certs_bytes_t
certs_der(X509 *x)
{
    int            n;
    certs_bytes_t  b = { NULL, 0 };

    n = i2d_X509(x, &b.data);
    certs_must(n > 0, "i2d_X509");
    b.len = (size_t) n;

    return b;
}


/* Out: text of certificates, of which the last is NULL. */
static inline certs_bytes_t
certs_pem(X509 *const *list)
{
    BIO           *bio;
    char          *data;
    certs_bytes_t  b;

    for (bio = BIO_new(BIO_s_mem()); *list != NULL; list++) {
        certs_must(PEM_write_bio_X509(bio, *list), "PEM");
    }

    b.len = (size_t) BIO_get_mem_data(bio, &data);
    b.data = unit_exact(data, b.len);
    BIO_free(bio);

    return b;
}


/* Out: sig, raw r || s, len bytes of it. */
static inline void
certs_sign_raw(uint8_t *sig, size_t len, EVP_PKEY *key, const EVP_MD *md,
    const void *data, size_t data_len)
{
    size_t          n;
    uint8_t         der[160];
    ECDSA_SIG      *parts;
    EVP_MD_CTX     *ctx;
    const uint8_t  *p;

    n = sizeof(der);
    ctx = certs_signing(key, md, 0);
    certs_must(EVP_DigestSign(ctx, der, &n, data, data_len) == 1, "signing");
    EVP_MD_CTX_free(ctx);

    p = der;
    parts = d2i_ECDSA_SIG(NULL, &p, (long) n);
    BN_bn2binpad(ECDSA_SIG_get0_r(parts), sig, (int) (len / 2));
    BN_bn2binpad(ECDSA_SIG_get0_s(parts), sig + len / 2, (int) (len / 2));
    ECDSA_SIG_free(parts);
}


/* Out: X || Y, len bytes of it. */
static inline void
certs_point(uint8_t *point, size_t len, EVP_PKEY *key)
{
    size_t   n;
    uint8_t  bytes[1 + 96];

    certs_must(EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", bytes,
                                               sizeof(bytes), &n) == 1
               && n == len + 1, "point");
    memcpy(point, bytes + 1, len);
}


/* How a CRL is made. */
typedef struct {
    const char  *issuer;
    EVP_PKEY    *signer;
    long         serial;            /* what it lists; 0: nothing */
    const char  *other;             /* an extension of the list */
    const char  *entry;             /* an extension of the entry */
    int64_t      from;
    int64_t      to;                /* -1: no nextUpdate */
} certs_crl_form_t;


static inline X509_EXTENSION *
certs_conf(const char *conf)
{
    char             name[80];
    const char      *value;
    X509_EXTENSION  *ext;

    value = strchr(conf, '=');
    snprintf(name, sizeof(name), "%.*s", (int) (value - conf), conf);
    ext = X509V3_EXT_nconf(NULL, NULL, name, value + 1);
    certs_must(ext != NULL, conf);

    return ext;
}


static inline void
certs_crl_entry(X509_CRL *crl, const certs_crl_form_t *form)
{
    ASN1_TIME       *t;
    X509_REVOKED    *entry;
    ASN1_INTEGER    *serial;
    X509_EXTENSION  *ext;

    entry = X509_REVOKED_new();
    serial = ASN1_INTEGER_new();
    ASN1_INTEGER_set(serial, form->serial);
    X509_REVOKED_set_serialNumber(entry, serial);
    ASN1_INTEGER_free(serial);
    t = ASN1_TIME_set(NULL, CERTS_NOW - CERTS_DAY);
    X509_REVOKED_set_revocationDate(entry, t);
    ASN1_TIME_free(t);

    if (form->entry != NULL) {
        ext = certs_conf(form->entry);
        X509_REVOKED_add_ext(entry, ext, -1);
        X509_EXTENSION_free(ext);
    }

    X509_CRL_add0_revoked(crl, entry);
}


/* Out: a CRL's DER. */
static inline certs_bytes_t
certs_crl(const certs_crl_form_t *form)
{
    int              n;
    X509_CRL        *crl;
    ASN1_TIME       *t;
    X509_NAME       *name;
    certs_bytes_t    b = { NULL, 0 };
    X509_EXTENSION  *ext;

    crl = X509_CRL_new();
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    name = X509_NAME_new();
    certs_name(name, form->issuer);
    X509_CRL_set_issuer_name(crl, name);
    X509_NAME_free(name);

    t = ASN1_TIME_set(NULL, form->from ? form->from : CERTS_NOW - CERTS_DAY);
    X509_CRL_set1_lastUpdate(crl, t);
    ASN1_TIME_free(t);

    if (form->to >= 0) {
        t = ASN1_TIME_set(NULL, form->to ? form->to : CERTS_NOW + CERTS_DAY);
        X509_CRL_set1_nextUpdate(crl, t);
        ASN1_TIME_free(t);
    }

    if (form->serial != 0) {
        certs_crl_entry(crl, form);
    }

    if (form->other != NULL) {
        ext = certs_conf(form->other);
        X509_CRL_add_ext(crl, ext, -1);
        X509_EXTENSION_free(ext);
    }

    certs_must(X509_CRL_sign(crl, form->signer, EVP_sha256()) > 0, "CRL");
    n = i2d_X509_CRL(crl, &b.data);
    b.len = n > 0 ? (size_t) n : 0;
    X509_CRL_free(crl);

    return b;
}


#define CA_USAGE    "critical,keyCertSign,cRLSign"
#define LEAF_USAGE  "critical,digitalSignature"
#define CA          "critical,CA:TRUE"
#define CERTS       3


/* Leaf, intermediate, root. */
typedef struct {
    EVP_PKEY      *keys[CERTS];
    certs_form_t   forms[CERTS];
    X509          *certs[CERTS];
} family_t;


/* The forms of a good chain. */
static inline void
family_forms(family_t *f, EVP_PKEY **keys)
{
    size_t  i;

    static const char *const  names[] = {
        "Test Leaf", "Test Intermediate", "Test Root", "Test Root"
    };

    memset(f, 0, sizeof(*f));

    for (i = 0; i < CERTS; i++) {
        f->keys[i] = keys[i];
        f->forms[i].subject = names[i];
        f->forms[i].issuer = names[i + 1];
        f->forms[i].key = keys[i];
        f->forms[i].signer = keys[i + 1 < CERTS ? i + 1 : i];
        f->forms[i].basic = i == 0 ? "critical,CA:FALSE" : CA;
        f->forms[i].usage = i == 0 ? LEAF_USAGE : CA_USAGE;
        f->forms[i].serial = 100 + (long) i;
    }
}


/* Makes what the forms say.  no_aki: bit i for the i-th. */
static inline void
family_make(family_t *f, unsigned no_aki)
{
    size_t  i;

    for (i = CERTS; i-- > 0; ) {
        f->forms[i].parent = i + 1 < CERTS && !(no_aki & 1u << i)
                             ? f->certs[i + 1] : NULL;
        f->certs[i] = certs_make(&f->forms[i]);
    }
}


static inline void
family_free(family_t *f)
{
    size_t  i;

    for (i = 0; i < CERTS; i++) {
        X509_free(f->certs[i]);
        f->certs[i] = NULL;
    }
}


static inline ioa_roots_t *
roots_of(X509 *a, X509 *b)
{
    X509           *list[] = { a, b, NULL };
    ioa_roots_t    *roots;
    certs_bytes_t   pem;

    pem = certs_pem(list);

    if (ioa_roots_parse(&roots, pem.data, pem.len) != IOA_CHAIN_OK) {
        roots = NULL;
    }

    free(pem.data);

    return roots;
}


/* What is said of a chain. */
static inline ioa_chain_rc_t
certs_judge(const certs_bytes_t *pem, const ioa_roots_t *pinned,
    const ioa_crls_t *crls, ioa_chain_cache_t *cache, unsigned flags,
    int64_t now)
{
    ioa_chain_t     *chain;
    ioa_chain_rc_t   rc;

    chain = ioa_chain_new(cache);
    rc = ioa_chain_add_pem(chain, pem->data, pem->len);

    if (rc == IOA_CHAIN_OK) {
        rc = ioa_chain_verify(chain, pinned, crls, flags, now);
    }

    ioa_chain_free(chain);

    return rc;
}

#endif
