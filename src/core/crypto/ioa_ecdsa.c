/*
 * ioa_ecdsa: see ioa_ecdsa.h.
 */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <string.h>

#include "crypto/ioa_ecdsa.h"

#define IOA_POINT_UNCOMPRESSED  0x04
#define IOA_POINT_TAG_LEN       1
#define IOA_ECDSA_DER_MAX       (8 + 2 * (IOA_P384_SIG_LEN / 2 + 1))


/* Checks that the point is on the curve.  Returns: NULL if it is not. */
static EVP_PKEY *
ioa_ecdsa_key(const char *group, const uint8_t *point, size_t point_len)
{
    uint8_t        bytes[IOA_POINT_TAG_LEN + IOA_POINT_LEN_MAX];
    EVP_PKEY      *key;
    OSSL_PARAM     params[3];
    EVP_PKEY_CTX  *ctx;

    bytes[0] = IOA_POINT_UNCOMPRESSED;
    memcpy(bytes + IOA_POINT_TAG_LEN, point, point_len);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 (char *) group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  bytes,
                                                  IOA_POINT_TAG_LEN
                                                  + point_len);
    params[2] = OSSL_PARAM_construct_end();

    key = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    if (ctx == NULL
        || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        EVP_PKEY_free(key);
        key = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    return key;
}


/* Converts raw r || s to DER for OpenSSL.  Returns: its length, or 0. */
static size_t
ioa_ecdsa_der(uint8_t der[IOA_ECDSA_DER_MAX], const uint8_t *sig,
    size_t sig_len)
{
    int         n;
    BIGNUM     *r, *s;
    uint8_t    *p;
    ECDSA_SIG  *parts;

    n = 0;
    p = der;
    parts = ECDSA_SIG_new();
    r = BN_bin2bn(sig, (int) (sig_len / 2), NULL);
    s = BN_bin2bn(sig + sig_len / 2, (int) (sig_len / 2), NULL);

    if (parts != NULL && r != NULL && s != NULL
        && ECDSA_SIG_set0(parts, r, s) == 1)
    {
        r = NULL;
        s = NULL;
        n = i2d_ECDSA_SIG(parts, NULL);
        n = n > 0 && n <= IOA_ECDSA_DER_MAX ? i2d_ECDSA_SIG(parts, &p) : 0;
    }

    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(parts);

    return n > 0 ? (size_t) n : 0;
}


static int
ioa_ecdsa_check(EVP_PKEY *key, const EVP_MD *md, const uint8_t *der,
    size_t der_len, ioa_reader_t bytes)
{
    int          good;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();

    good = ctx != NULL
           && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1
           && EVP_DigestVerify(ctx, der, der_len, bytes.pos, bytes.left) == 1;

    EVP_MD_CTX_free(ctx);

    return good;
}


int
ioa_ecdsa_verify_key(EVP_PKEY *key, size_t point_len, const uint8_t *sig,
    size_t sig_len, ioa_reader_t bytes)
{
    int      good, p256;
    size_t   der_len;
    uint8_t  der[IOA_ECDSA_DER_MAX];

    p256 = point_len == IOA_P256_POINT_LEN;

    if ((!p256 && point_len != IOA_P384_POINT_LEN) || sig_len != point_len
        || key == NULL)
    {
        return 0;
    }

    /* a failed verification may not leave entries in the error queue */

    (void) ERR_set_mark();

    der_len = ioa_ecdsa_der(der, sig, sig_len);

    good = der_len != 0
           && ioa_ecdsa_check(key, p256 ? EVP_sha256() : EVP_sha384(), der,
                              der_len, bytes);

    (void) ERR_pop_to_mark();

    return good;
}


int
ioa_ecdsa_verify(const uint8_t *point, size_t point_len, const uint8_t *sig,
    size_t sig_len, ioa_reader_t bytes)
{
    int        good, p256;
    EVP_PKEY  *key;

    p256 = point_len == IOA_P256_POINT_LEN;

    if (!p256 && point_len != IOA_P384_POINT_LEN) {
        return 0;
    }

    (void) ERR_set_mark();
    key = ioa_ecdsa_key(p256 ? "P-256" : "P-384", point, point_len);
    (void) ERR_pop_to_mark();

    good = ioa_ecdsa_verify_key(key, point_len, sig, sig_len, bytes);

    EVP_PKEY_free(key);

    return good;
}
