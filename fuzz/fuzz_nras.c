/*
 * fuzz_nras: a reply of NVIDIA's service, a token, a key set, or the claims
 * of a device; the first byte selects which.  No signature can verify here,
 * since nobody has the private key of the set.
 */

#include "fuzz.h"
#include "nvidia/ioa_nras_device.h"
#include "nvidia/ioa_verify_nras.h"

/* a point of P-384: its generator */
#define FUZZ_X                                                                \
    "qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3"
#define FUZZ_Y                                                                \
    "NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f"
#define FUZZ_SET                                                              \
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"k\","             \
    "\"x\":\"" FUZZ_X "\",\"y\":\"" FUZZ_Y "\"}]}"


static void
fuzz_reply(ioa_reader_t text)
{
    int            unknown_kid;
    size_t         i;
    ioa_jwks_t    *jwks;
    ioa_status_t   st;

    static ioa_nras_t  nras, zero;
    static uint8_t     nonce32[IOA_NRAS_NONCE_LEN];

    fuzz_assert(ioa_jwks_parse(&jwks, (const uint8_t *) FUZZ_SET,
                               sizeof(FUZZ_SET) - 1));

    for (i = 1; i <= 2; i++) {
        memset(&nras, 0xff, sizeof(nras));
        st = ioa_nras_verify(&nras, &unknown_kid, NULL, text, jwks, nonce32,
                             i, 1750000000);
        fuzz_assert(st == IOA_GPU_EVIDENCE_INVALID);
        fuzz_assert(memcmp(&nras, &zero, sizeof(nras)) == 0);
    }

    ioa_jwks_free(jwks);
}


static void
fuzz_token(ioa_reader_t text)
{
    ioa_jwt_t            jwt;
    const char          *failed;
    ioa_status_t         st;
    ioa_nras_device_t    device;

    if (ioa_jwt_parse(&jwt, text)) {
        fuzz_assert(jwt.kid_len > 0 && jwt.kid_len <= IOA_JWT_KID_MAX);
        fuzz_assert(jwt.signed_text.pos == text.pos
                    && jwt.signed_text.left < text.left);
        st = ioa_nras_device(&device, &failed, jwt.claims);
        fuzz_assert((st == IOA_OK) == (failed == NULL));
    }

    ioa_jwt_cleanup(&jwt);
}


static void
fuzz_claims(ioa_reader_t text)
{
    ioa_json_t         *root;
    const char         *failed;
    ioa_status_t        st;
    ioa_nras_device_t   device;

    if (ioa_json_parse(&root, text.pos, ioa_reader_left(&text))) {
        st = ioa_nras_device(&device, &failed, root);
        fuzz_assert((st == IOA_OK) == (failed == NULL));
        ioa_json_free(root);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t      *text;
    ioa_jwks_t   *jwks;
    ioa_reader_t  r;

    if (n == 0) {
        return 0;
    }

    text = fuzz_exact(data + 1, n - 1);
    ioa_reader_init(&r, text, n - 1);

    switch (data[0] & 3) {
    case 0:
        fuzz_reply(r);
        break;
    case 1:
        fuzz_token(r);
        break;
    case 2:
        fuzz_claims(r);
        break;
    default:
        if (ioa_jwks_parse(&jwks, text, n - 1)) {
            (void) ioa_jwks_find(jwks, text, n - 1);
            ioa_jwks_free(jwks);
        }
    }

    free(text);

    return 0;
}
