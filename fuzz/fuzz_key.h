/*
 * fuzz_key: a key on P-384 that targets sign with, so that what stands behind
 * a signature is reached by changed bytes, and a chain's own last certificate
 * as the pinned one.  The private key is 1 and worth nothing; fuzz/key_seeds.py
 * makes certificates of it.
 */

#ifndef FUZZ_KEY_H
#define FUZZ_KEY_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "fuzz.h"
#include "x509/ioa_chain.h"
#include "x509/ioa_link.h"

#define FUZZ_SIG_LEN    96
#define FUZZ_POINT_LEN  96

static const char  fuzz_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAAAAAAAAAAAAAAAAAA\n"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGhZANiAASqh8oivosF\n"
    "N46xxx7zIK10bh07Younm5hZ90HgglQqOFUC8l2/VSlsOlReOHJ2Crc2F95KliYs\n"
    "b12emL+Sktwp+PQdvSiaFHzp2jETtfC4wApgsc4dfoGdekMdfJDqDl8=\n"
    "-----END PRIVATE KEY-----\n";


static inline EVP_PKEY *
fuzz_key_read(void)
{
    BIO              *bio;
    static EVP_PKEY  *key;

    if (key == NULL) {
        bio = BIO_new_mem_buf(fuzz_key, -1);
        key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
        BIO_free(bio);
        fuzz_assert(key != NULL);
    }

    return key;
}


/* Out: sig96, r || s, big-endian. */
static inline void
fuzz_sign(uint8_t sig96[FUZZ_SIG_LEN], const uint8_t *data, size_t n)
{
    size_t          len;
    uint8_t         der[128];
    EVP_MD_CTX     *ctx;
    ECDSA_SIG      *sig;
    const uint8_t  *at = der;

    ctx = EVP_MD_CTX_new();
    len = sizeof(der);
    fuzz_assert(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL,
                                   fuzz_key_read()) == 1
                && EVP_DigestSign(ctx, der, &len, data, n) == 1);
    EVP_MD_CTX_free(ctx);

    sig = d2i_ECDSA_SIG(NULL, &at, (long) len);
    fuzz_assert(sig != NULL
                && BN_bn2binpad(ECDSA_SIG_get0_r(sig), sig96,
                                FUZZ_SIG_LEN / 2) > 0
                && BN_bn2binpad(ECDSA_SIG_get0_s(sig),
                                sig96 + FUZZ_SIG_LEN / 2,
                                FUZZ_SIG_LEN / 2) > 0);
    ECDSA_SIG_free(sig);
}


/* 1 where the leaf's key is the one that fuzz_sign signs with. */
static inline int
fuzz_key_is(const ioa_chain_t *chain)
{
    size_t        n;
    uint8_t       point[1 + FUZZ_POINT_LEN];
    ioa_reader_t  r;

    return EVP_PKEY_get_octet_string_param(fuzz_key_read(), "pub", point,
                                           sizeof(point), &n) == 1
           && n == sizeof(point)
           && ioa_chain_point(&r, chain, 0)
           && ioa_reader_left(&r) == FUZZ_POINT_LEN
           && memcmp(r.pos, point + 1, FUZZ_POINT_LEN) == 0;
}


/* Pins the last certificate of a chain.  Returns: NULL if it is no CA's. */
static inline ioa_roots_t *
fuzz_pin(const ioa_chain_t *chain)
{
    ioa_roots_t   *roots;
    ioa_reader_t   der;

    der = chain->links[chain->n - 1]->cert.der;

    if (ioa_roots_parse(&roots, der.pos, der.left) != IOA_CHAIN_OK) {
        fuzz_assert(roots == NULL);
    }

    return roots;
}

#endif
