/*
 * fuzz_nras: a reply of NVIDIA's service, a token, a key set, the claims of a
 * device, the claims of all tokens of a reply, or a GPU's id; the first byte
 * selects which.  No reply that comes signed can verify here: the claims are
 * made a signed reply, so that what stands behind the signatures is reached.
 *
 * Claims are texts that end with a NUL: those for all, then those of up to
 * four devices, GPU-0 to GPU-3.  In the first one each @ is taken for the
 * SHA-256 of the next device's token.
 */

#include <stdio.h>

#include "fuzz_key.h"
#include "base/ioa_codec.h"
#include "base/ioa_sha256.h"
#include "nvidia/ioa_nras_device.h"
#include "nvidia/ioa_ueid.h"
#include "nvidia/ioa_verify_nras.h"

#define NOW          1750000000
#define SIGNED       's'        /* the first byte of claims, and of an id */
#define UEID         'i'
#define DEVICES_MAX  4
#define TOKENS_MAX   (512 * 1024)
#define HEADER       "{\"alg\":\"ES384\",\"kid\":\"k\"}"

/* the point of the key in fuzz_key.h: P-384's generator */
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
                             i, NOW);
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


/* Out: base64url.  Returns: its length. */
static size_t
encode(char *out, const uint8_t *data, size_t n)
{
    size_t  i, len;

    len = (size_t) EVP_EncodeBlock((uint8_t *) out, data, (int) n);

    while (len != 0 && out[len - 1] == '=') {
        len--;
    }

    for (i = 0; i < len; i++) {
        out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
    }

    return len;
}


/* Out: a token that the key has signed.  Returns: its length. */
static size_t
token(char *out, const uint8_t *claims, size_t n)
{
    size_t   len;
    uint8_t  sig96[FUZZ_SIG_LEN];

    len = encode(out, (const uint8_t *) HEADER, sizeof(HEADER) - 1);
    out[len++] = '.';
    len += encode(out + len, claims, n);
    fuzz_sign(sig96, (uint8_t *) out, len);
    out[len++] = '.';

    return len + encode(out + len, sig96, sizeof(sig96));
}


/* A reply of n bytes, whose tokens are all signed. */
static void
judge_signed(const char *reply, size_t n, size_t devices, const char *overall)
{
    int           unknown_kid;
    size_t        i, len;
    uint8_t      *exact, ueid20[IOA_UEID_LEN];
    ioa_jwks_t   *jwks;
    ioa_reader_t  r;
    ioa_status_t  st;

    static ioa_nras_t    nras, zero;
    static uint8_t       nonce32[IOA_NRAS_NONCE_LEN];
    static ioa_checks_t  checks;

    fuzz_assert(ioa_jwks_parse(&jwks, (const uint8_t *) FUZZ_SET,
                               sizeof(FUZZ_SET) - 1));
    exact = fuzz_exact((const uint8_t *) reply, n);
    ioa_reader_init(&r, exact, n);

    ioa_checks_init(&checks);
    memset(&nras, 0xff, sizeof(nras));
    st = ioa_nras_verify(&nras, &unknown_kid, &checks, r, jwks, nonce32,
                         devices, NOW);

    fuzz_assert(!unknown_kid && (st == IOA_OK || st == IOA_REVOKED
                                 || st == IOA_NONCE_MISMATCH
                                 || st == IOA_GPU_EVIDENCE_INVALID));
    fuzz_assert(st == IOA_OK || memcmp(&nras, &zero, sizeof(nras)) == 0);
    fuzz_assert((st == IOA_OK) == (ioa_checks_failed(&checks) == NULL));

    if (st == IOA_OK) {
        fuzz_assert(nras.devices_n == devices && devices != 0);
        fuzz_assert(nras.expires > NOW - IOA_NRAS_LEEWAY);
        fuzz_assert(strstr(overall, "true") != NULL);
    }

    for (i = 0; i < nras.devices_n; i++) {
        len = strlen(nras.devices[i].ueid);
        fuzz_assert(len != 0 && nras.devices[i].arch[0] != '\0');
        (void) !ioa_ueid_parse(ueid20, (uint8_t *) nras.devices[i].ueid, len);
    }

    if (st == IOA_OK) {
        memset(&nras, 0xff, sizeof(nras));
        fuzz_assert(ioa_nras_verify(&nras, &unknown_kid, NULL, r, jwks,
                                    nonce32, devices + 1, NOW) != IOA_OK);
    }

    ioa_jwks_free(jwks);
    free(exact);
}


/* In: text, whose last byte is a NUL. */
static void
fuzz_signed(const char *text, size_t n)
{
    char         *out, *tokens, *overall, *to;
    size_t        i, len, at, devices, digests, named;
    uint8_t       digest32[IOA_SHA256_LEN], hex[DEVICES_MAX][64];
    const char   *from, *end;

    if (n > TOKENS_MAX / 16) {
        return;
    }

    out = malloc(TOKENS_MAX);
    tokens = malloc(TOKENS_MAX);
    overall = malloc(n + sizeof(hex) + 1);
    fuzz_assert(out != NULL && tokens != NULL && overall != NULL);

    end = text + n;
    from = text + strlen(text) + 1;
    at = 0;

    for (devices = 0; devices < DEVICES_MAX && from < end; devices++) {
        len = token(out, (const uint8_t *) from, strlen(from));
        ioa_sha256(digest32, (uint8_t *) out, len);
        ioa_hex_encode(hex[devices], digest32, sizeof(digest32));
        at += (size_t) sprintf(tokens + at, "%s\"GPU-%zu\":\"%.*s\"",
                               devices ? "," : "", devices, (int) len, out);
        from += strlen(from) + 1;
    }

    to = overall;
    digests = 0;

    for (from = text; *from != '\0'; from++) {
        if (*from != '@' || digests == devices) {
            *to++ = *from;
            continue;
        }

        memcpy(to, hex[digests++], sizeof(hex[0]));
        to += sizeof(hex[0]);
    }

    *to = '\0';
    named = (size_t) (to - overall);
    i = (size_t) sprintf(out, "[[\"JWT\",\"");

    if (named < TOKENS_MAX / 4) {
        i += token(out + i, (uint8_t *) overall, named);
        i += (size_t) sprintf(out + i, "\"],{%.*s}]", (int) at, tokens);
        judge_signed(out, i, devices, overall);
    }

    free(out);
    free(tokens);
    free(overall);
}


/* A GPU's id, which is written in one way alone. */
static void
fuzz_ueid(ioa_reader_t text)
{
    char     again[IOA_UEID_TEXT_MAX + 1];
    uint8_t  ueid20[IOA_UEID_LEN];

    if (ioa_ueid_parse(ueid20, text.pos, ioa_reader_left(&text))) {
        ioa_ueid_print(again, ueid20);
        fuzz_assert(strlen(again) == ioa_reader_left(&text)
                    && memcmp(again, text.pos, strlen(again)) == 0);
    }

    if (ioa_ueid_serial(ueid20, text)) {
        ioa_ueid_print(again, ueid20);
        fuzz_assert(ioa_ueid_parse(ueid20, (uint8_t *) again, strlen(again)));
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

    switch (data[0] == SIGNED || data[0] == UEID ? data[0] : data[0] & 3) {
    case 0:
        fuzz_reply(r);
        break;
    case 1:
        fuzz_token(r);
        break;
    case 2:
        fuzz_claims(r);
        break;
    case SIGNED:
        if (n > 1 && text[n - 2] == '\0') {
            fuzz_signed((const char *) text, n - 1);
        }

        break;
    case UEID:
        fuzz_ueid(r);
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
