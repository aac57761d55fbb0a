/*
 * driver seeds: makes the seeds of fuzz_tdx and fuzz_chain anew.
 *
 * usage: driver seeds fuzz/seeds
 */

#include "feed.h"
#include "fixtures/tdxquote.h"


static void
seed(const char *dir, const char *name, const uint8_t *data, size_t n)
{
    char   path[512];
    FILE  *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "wb");
    certs_must(f != NULL && fwrite(data, 1, n, f) == n, path);
    fclose(f);
}


static void
seeds(const char *dir, const family_t *family, const quote_keys_t *with,
    EVP_PKEY *signer)
{
    size_t             i, n;
    char               name[32];
    quote_form_t       form;
    certs_bytes_t      b;
    static uint8_t     quote[QUOTE_MAX];
    certs_crl_form_t   crl = { .issuer = PCA, .signer = signer,
                               .serial = 100 };

    for (i = 0; i < 3; i++) {
        memset(&form, 0, sizeof(form));
        form.version = i == 0 ? 4 : 5;
        form.td15 = i == 2;
        form.trailing = i;
        n = quote_make(quote, &form, with);
        snprintf(name, sizeof(name), "tdx/quote-%zu", i);
        seed(dir, name, quote, n);
    }

    seed(dir, "chain/chain.pem", with->pem.data, with->pem.len);

    for (i = 0, n = 0; i < CERTS; i++) {
        b = certs_der(family->certs[i]);
        memcpy(quote + n, b.data, b.len);
        n += b.len;
        OPENSSL_free(b.data);
    }

    seed(dir, "chain/chain.der", quote, n);
    b = certs_crl(&crl);
    seed(dir, "chain/crl.der", b.data, b.len);
    OPENSSL_free(b.data);
}


int
feed_seeds(int argc, char **argv)
{
    size_t         i;
    family_t       family;
    EVP_PKEY      *keys[CERTS + 1];
    quote_keys_t   with;

    if (argc != 2) {
        return 2;
    }

    for (i = 0; i <= CERTS; i++) {
        keys[i] = certs_key("P-256");
    }

    quote_family(&family, keys);
    with.pem = quote_pem(&family);
    with.pck = keys[0];
    with.attestation = keys[CERTS];
    seeds(argv[1], &family, &with, keys[1]);

    free(with.pem.data);
    family_free(&family);

    for (i = 0; i <= CERTS; i++) {
        EVP_PKEY_free(keys[i]);
    }

    return 0;
}
