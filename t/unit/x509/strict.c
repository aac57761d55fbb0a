/*
 * strict: certificates and CRLs that OpenSSL reads, and we do not.  Nobody
 * looks at their signatures here.
 */

#include "fixtures/certs.h"

#define EXTENSIONS_MAX  32

static EVP_PKEY  *key;


static int
reads(const uint8_t *der, size_t n)
{
    int           rc;
    ioa_chain_t  *chain;

    chain = ioa_chain_new(NULL);
    certs_must(chain != NULL, "memory");
    rc = ioa_chain_add_der(chain, der, n) == IOA_CHAIN_OK;
    ioa_chain_free(chain);

    return rc;
}


static X509 *
made(const char *other)
{
    certs_form_t  form = { .subject = "Test", .issuer = "Test", .key = key,
                           .signer = key, .basic = "critical,CA:TRUE",
                           .usage = "critical,keyCertSign", .serial = 1 };

    form.other = other;

    return certs_make(&form);
}


/* DER forbids what is the default to be written. */
static void
test_false(void)
{
    X509           *x;
    size_t          i;
    certs_bytes_t   der;

    /* id-ce-basicConstraints, critical TRUE */
    static const uint8_t  basic[] = { 0x55, 0x1d, 0x13, 0x01, 0x01, 0xff };

    x = made(NULL);
    der = certs_der(x);
    UNIT_OK(reads(der.data, der.len), "critical");

    for (i = 0; memcmp(der.data + i, basic, sizeof(basic)) != 0; i++) {
        certs_must(i + sizeof(basic) < der.len, "basicConstraints");
    }

    der.data[i + sizeof(basic) - 1] = 0x00;
    UNIT_OK(!reads(der.data, der.len), "critical FALSE, which is written");

    free(der.data);
    X509_free(x);
}


/* An authorityKeyIdentifier that is none would be looked at by nobody. */
static void
test_extension(void)
{
    X509           *x;
    certs_bytes_t   der;

    x = made("2.5.29.35=DER:04:00");
    der = certs_der(x);
    UNIT_OK(!reads(der.data, der.len), "a key identifier that is none");
    free(der.data);
    X509_free(x);
}


static void
test_number(void)
{
    int             i, n;
    char            name[32];
    X509           *x;
    certs_bytes_t   der;
    unit_all_t      all = { 0 };

    x = made(NULL);

    for (i = 1; i < 50; i++) {
        n = X509_get_ext_count(x);
        certs_must(X509_sign(x, key, EVP_sha256()) > 0, "signature");
        der = certs_der(x);
        unit_each(&all, reads(der.data, der.len) == (n <= EXTENSIONS_MAX),
                  "%d extensions", n);
        free(der.data);

        snprintf(name, sizeof(name), "1.2.3.%d", i);
        certs_extension(x, NULL, name, "DER:05:00");
    }

    UNIT_ALL(&all, "as many extensions as there is room for");
    X509_free(x);
}


/* What ends a certificate as text is what has begun it. */
static void
test_label(void)
{
    X509           *list[2] = { NULL, NULL };
    char           *end;
    ioa_chain_t    *chain;
    certs_bytes_t   pem;

    list[0] = made(NULL);
    pem = certs_pem(list);
    end = strstr((char *) pem.data, "-----END CERTIFICATE-----");
    certs_must(end != NULL, "PEM");

    chain = ioa_chain_new(NULL);
    UNIT_OK(ioa_chain_add_pem(chain, pem.data, pem.len) == IOA_CHAIN_OK,
            "a certificate as text");
    end[sizeof("-----END ") - 1] = 'K';
    UNIT_OK(ioa_chain_add_pem(chain, pem.data, pem.len)
            == IOA_CHAIN_MALFORMED, "one that another word ends");

    ioa_chain_free(chain);
    free(pem.data);
    X509_free(list[0]);
}


/* The same in another encoding, whose end is marked and no length told. */
static certs_bytes_t
endless(certs_bytes_t der)
{
    size_t         head;
    certs_bytes_t  made;

    head = 2 + (der.data[1] & 0x80 ? der.data[1] & 0x7f : 0);
    made.len = 2 + (der.len - head) + 2;
    made.data = calloc(1, made.len);
    certs_must(made.data != NULL, "memory");
    made.data[0] = der.data[0];
    made.data[1] = 0x80;
    memcpy(made.data + 2, der.data + head, der.len - head);

    return made;
}


static void
test_endless(void)
{
    X509              *x, *read;
    X509_CRL          *list;
    ioa_crls_t        *crls;
    certs_bytes_t      der, ber;
    const uint8_t     *p;
    certs_crl_form_t   form = { .issuer = "Test", .signer = key };

    x = made(NULL);
    der = certs_der(x);
    ber = endless(der);
    p = ber.data;
    read = d2i_X509(NULL, &p, (long) ber.len);
    UNIT_OK(read != NULL && !reads(ber.data, ber.len),
            "a certificate without a length");
    X509_free(read);
    X509_free(x);
    free(der.data);
    free(ber.data);

    der = certs_crl(&form);
    ber = endless(der);
    p = ber.data;
    list = d2i_X509_CRL(NULL, &p, (long) ber.len);
    crls = ioa_crls_new();
    UNIT_OK(list != NULL && p == ber.data + ber.len
            && ioa_crls_add(crls, der.data, der.len) == IOA_CHAIN_OK
            && ioa_crls_add(crls, ber.data, ber.len) == IOA_CHAIN_MALFORMED,
            "a list without one");
    ioa_crls_free(crls);
    X509_CRL_free(list);
    OPENSSL_free(der.data);
    free(ber.data);
}


int
main(void)
{
    key = certs_key("P-256");

    test_false();
    test_extension();
    test_number();
    test_label();
    test_endless();

    EVP_PKEY_free(key);

    return UNIT_DONE();
}
