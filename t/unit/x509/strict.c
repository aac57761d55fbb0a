/*
 * strict: certificates that OpenSSL reads, and we do not.  Nobody looks at
 * their signatures here.
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


int
main(void)
{
    key = certs_key("P-256");

    test_false();
    test_extension();
    test_number();
    test_label();

    EVP_PKEY_free(key);

    return UNIT_DONE();
}
