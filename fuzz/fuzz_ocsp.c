/*
 * fuzz_ocsp: what a responder's answer says of a certificate.  One that counts
 * is an answer for OpenSSL's own verifier as well, signed by the issuer, and
 * lasts; the same bytes say the same twice; without the nonce it says no less.
 *
 * An input is: "r" and an answer; "s" and its signed part (ResponseData),
 * which is signed here, so that what stands behind the signature is reached;
 * or "q" and the hex digits that a request is made of.  The nonce is
 * 00 01 .. 1f.  The key below is worth nothing.
 */

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "fuzz.h"
#include "x509/ioa_chain.h"
#include "x509/ioa_link.h"
#include "x509/ioa_ocsp.h"

#define NOW  INT64_C(1750000000)

static const char  ocsp_certs[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBjjCCATOgAwIBAgIFEjRWeJAwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQaW9h\n"
    "dHRlc3QgZnV6eiBDQTAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MDEwMTAwMDAwMFow\n"
    "HTEbMBkGA1UEAwwSaW9hdHRlc3QgZnV6eiBsZWFmMFkwEwYHKoZIzj0CAQYIKoZI\n"
    "zj0DAQcDQgAEBHfm/ec3VikvCFMxB8RZH2FjstHvxy4OpMWiV4aijDzaL9SPtiwh\n"
    "LxCFDemzhaE2go4TvTV9Mg8Ux4Tc2rmeDaNgMF4wDAYDVR0TAQH/BAIwADAOBgNV\n"
    "HQ8BAf8EBAMCB4AwHQYDVR0OBBYEFOJidzv1Kky1dfJGvHg613gsLqRHMB8GA1Ud\n"
    "IwQYMBaAFFnXw2MNA21SsHp+DU2UWaV98otRMAoGCCqGSM49BAMCA0kAMEYCIQCu\n"
    "1Cf/pabvyapS8JWkzg3qnjl1ko4Gd6JpOGSKmq8QOAIhANGuu9jC+IoTeXIAjDde\n"
    "JzblNN7yB94rfyacuj1jOGsr\n"
    "-----END CERTIFICATE-----\n"
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBijCCATCgAwIBAgIBATAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBBpb2F0dGVz\n"
    "dCBmdXp6IENBMCAXDTIwMDEwMTAwMDAwMFoYDzIwOTkwMTAxMDAwMDAwWjAbMRkw\n"
    "FwYDVQQDDBBpb2F0dGVzdCBmdXp6IENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD\n"
    "QgAEnpdHCXaOMgSoyQLSGOScbv3kgp4mizR2ZLXLUPaOQO1wI8ZJoY4q1vPMUUwe\n"
    "vwuXnnqMrvowcwDXR4Nro2IuTaNjMGEwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8B\n"
    "Af8EBAMCAQYwHQYDVR0OBBYEFFnXw2MNA21SsHp+DU2UWaV98otRMB8GA1UdIwQY\n"
    "MBaAFFnXw2MNA21SsHp+DU2UWaV98otRMAoGCCqGSM49BAMCA0gAMEUCIQDaHz0b\n"
    "b01bjerb69OxieaKw99Dtt3pai9Cy9+8mHy+gQIgCZTkE5mNMl+XFPxGh9Xml4Cs\n"
    "FQH6OHbf5VxA2y83820=\n"
    "-----END CERTIFICATE-----\n";

static const char  ocsp_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTUHTZn+w76LIQkqN\n"
    "zGIGRCxRnlPxlMjc0vbF99BosvqhRANCAASel0cJdo4yBKjJAtIY5Jxu/eSCniaL\n"
    "NHZktctQ9o5A7XAjxkmhjirW88xRTB6/C5eeeoyu+jBzANdHg2ujYi5N\n"
    "-----END PRIVATE KEY-----\n";

static ioa_chain_t  *chain;
static EVP_PKEY     *key;


static void
start(void)
{
    BIO  *bio;

    bio = BIO_new_mem_buf(ocsp_key, -1);
    key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    chain = ioa_chain_new(NULL);
    BIO_free(bio);

    fuzz_assert(key != NULL && chain != NULL);
    fuzz_assert(ioa_chain_add_pem(chain, (const uint8_t *) ocsp_certs,
                                  sizeof(ocsp_certs) - 1) == IOA_CHAIN_OK);
}


/* Out: an element around n bytes of content.  Returns: its length. */
static size_t
element(uint8_t *out, uint8_t tag, const uint8_t *content, size_t n)
{
    size_t  at = 0;

    out[at++] = tag;

    if (n > 0xff) {
        out[at++] = 0x82;
        out[at++] = (uint8_t) (n >> 8);

    } else if (n > 0x7f) {
        out[at++] = 0x81;
    }

    out[at++] = (uint8_t) n;

    if (n != 0) {
        memcpy(out + at, content, n);
    }

    return at + n;
}


/* Out: an answer around what is signed.  Returns: its length. */
static size_t
answer_sign(uint8_t *out, uint8_t *work, const uint8_t *data, size_t n)
{
    size_t       len, sig_len = 128;
    uint8_t      sig[129];
    EVP_MD_CTX  *ctx;

    static const uint8_t  sha256[] = {
        0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02
    };

    static const uint8_t  basic[] = {
        0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01
    };

    ctx = EVP_MD_CTX_new();
    sig[0] = 0;
    fuzz_assert(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1
                && EVP_DigestSign(ctx, sig + 1, &sig_len, data, n) == 1);
    EVP_MD_CTX_free(ctx);

    memcpy(work, data, n);
    memcpy(work + n, sha256, sizeof(sha256));
    n += sizeof(sha256);
    n += element(work + n, 0x03, sig, sig_len + 1);

    len = element(out, 0x30, work, n);
    memcpy(work, basic, sizeof(basic));
    n = sizeof(basic) + element(work + sizeof(basic), 0x04, out, len);
    len = element(out, 0x30, work, n);

    memcpy(work, "\x0a\x01\x00", 3);
    n = 3 + element(work + 3, 0xa0, out, len);

    return element(out, 0x30, work, n);
}


/* Does OpenSSL's own verifier take it, with the issuer as only root? */
static int
openssl_takes(const uint8_t *data, size_t n)
{
    int               good;
    OCSP_BASICRESP   *basic;
    OCSP_RESPONSE    *response;
    X509_STORE       *store;
    STACK_OF(X509)   *certs;

    response = d2i_OCSP_RESPONSE(NULL, &data, (long) n);
    basic = response != NULL ? OCSP_response_get1_basic(response) : NULL;
    store = X509_STORE_new();
    certs = sk_X509_new_null();

    X509_STORE_add_cert(store, chain->links[1]->x509);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), NOW);
    sk_X509_push(certs, chain->links[1]->x509);

    good = basic != NULL && OCSP_basic_verify(basic, certs, store, 0) == 1;

    sk_X509_free(certs);
    X509_STORE_free(store);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();

    return good;
}


static void
judge(const uint8_t *data, size_t n)
{
    size_t           i;
    uint8_t          nonce32[IOA_OCSP_NONCE_LEN], *exact;
    ioa_reader_t     answer;
    ioa_ocsp_said_t  said, again, saved;

    for (i = 0; i < sizeof(nonce32); i++) {
        nonce32[i] = (uint8_t) i;
    }

    exact = fuzz_exact(data, n);
    ioa_reader_init(&answer, exact, n);

    ioa_ocsp_judge(&said, chain, 0, answer, nonce32, NOW);
    ioa_ocsp_judge(&again, chain, 0, answer, nonce32, NOW);
    ioa_ocsp_judge(&saved, chain, 0, answer, NULL, NOW);

    fuzz_assert(said.status == again.status && said.until == again.until
                && said.since == again.since);
    fuzz_assert(said.why != NULL && saved.why != NULL);
    fuzz_assert(said.status == IOA_OCSP_BAD || said.status == saved.status);
    fuzz_assert((saved.status == IOA_OCSP_BAD) == (saved.until == 0));
    fuzz_assert(saved.until == 0 || saved.until >= NOW);
    fuzz_assert(saved.status == IOA_OCSP_BAD || openssl_takes(exact, n));
    fuzz_assert(ERR_peek_error() == 0);

    /* nothing is said of a certificate whose issuer is not there */

    ioa_ocsp_judge(&saved, chain, 1, answer, NULL, NOW);
    fuzz_assert(saved.status == IOA_OCSP_BAD);

    free(exact);
}


/* A request is made of an id's digits alone, and asks about that one. */
static void
request(const uint8_t *data, size_t n)
{
    char            *text;
    size_t           i, len;
    uint8_t          nonce32[IOA_OCSP_NONCE_LEN], out[IOA_OCSP_REQUEST_MAX];
    OCSP_REQUEST    *made;
    const uint8_t   *at = out;

    text = malloc(n + 1);
    fuzz_assert(text != NULL);
    memcpy(text, data, n);
    text[n] = '\0';

    for (i = 0; i < sizeof(nonce32); i++) {
        nonce32[i] = (uint8_t) i;
    }

    len = ioa_ocsp_request(out, text, nonce32);
    fuzz_assert(len <= sizeof(out));

    if (len != 0) {
        made = d2i_OCSP_REQUEST(NULL, &at, (long) len);
        fuzz_assert(made != NULL && at == out + len);
        fuzz_assert(OCSP_request_onereq_count(made) == 1
                    && OCSP_REQUEST_get_ext_count(made) == 1);
        fuzz_assert(strspn(text, "0123456789abcdefABCDEF") == strlen(text)
                    && strlen(text) <= 2 * IOA_OCSP_ID_MAX);
        OCSP_REQUEST_free(made);
    }

    ERR_clear_error();
    free(text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t  out[IOA_OCSP_ANSWER_MAX + 1024];
    static uint8_t  work[IOA_OCSP_ANSWER_MAX + 1024];

    if (chain == NULL) {
        start();
    }

    if (n == 0 || n > IOA_OCSP_ANSWER_MAX) {
        return 0;
    }

    if (data[0] == 's') {
        judge(out, answer_sign(out, work, data + 1, n - 1));

    } else if (data[0] == 'q') {
        request(data + 1, n - 1);

    } else {
        judge(data + 1, n - 1);
    }

    return 0;
}
