/*
 * ioa_verify_nras: see ioa_verify_nras.h.
 */

#include <stdio.h>
#include <string.h>

#include "nvidia/ioa_verify_nras.h"
#include "base/ioa_bytes.h"
#include "base/ioa_codec.h"
#include "base/ioa_sha256.h"
#include "nvidia/ioa_nras_device.h"

#define IOA_NRAS_ISSUER   "https://nras.attestation.nvidia.com"
#define IOA_NRAS_SUBJECT  "NVIDIA-PLATFORM-ATTESTATION"

/* Versions of claims that are read here. */
typedef enum {
    IOA_NRAS_UNKNOWN = 0,
    IOA_NRAS_V3,
    IOA_NRAS_V4
} ioa_nras_version_t;

typedef struct {
    ioa_nras_t         *nras;
    int                *unknown_kid;
    ioa_checks_t       *checks;
    const ioa_jwks_t   *jwks;
    const uint8_t      *nonce32;
    size_t              devices;
    ioa_nras_version_t  version;    /* of the token for all */
    int64_t             now;
} ioa_nras_ctx_t;


/* A line in the list of checks: the token's name, and what is wrong. */
static int
ioa_nras_check(const ioa_nras_ctx_t *ctx, int good, const char *token,
    const char *name, const char *wrong)
{
    return ioa_check_that(ctx->checks, good, name, "%s%s%s", token,
                          good ? "" : ": ", good ? "" : wrong);
}


/* exp, nbf and iat must be there; a token without would live for ever. */
static int
ioa_nras_dates(int64_t *expires, const ioa_json_t *claims, int64_t now)
{
    uint64_t  exp, nbf, iat;

    *expires = 0;

    if (!ioa_json_uint(&exp, ioa_json_member(claims, "exp"))
        || !ioa_json_uint(&nbf, ioa_json_member(claims, "nbf"))
        || !ioa_json_uint(&iat, ioa_json_member(claims, "iat"))
        || now - IOA_NRAS_LEEWAY >= (int64_t) exp
        || now + IOA_NRAS_LEEWAY < (int64_t) nbf
        || now + IOA_NRAS_LEEWAY < (int64_t) iat)
    {
        return 0;
    }

    *expires = (int64_t) exp;

    return 1;
}


/* Returns: 1, 0 where it is another nonce, -1 where it is none. */
static int
ioa_nras_nonce(const ioa_nras_ctx_t *ctx, const ioa_json_t *claims)
{
    size_t          len;
    uint8_t         bytes32[IOA_NRAS_NONCE_LEN];
    const uint8_t  *text;

    if (!ioa_json_string(&text, &len, ioa_json_member(claims, "eat_nonce"))) {
        return -1;
    }

    return ioa_hex_decode(bytes32, sizeof(bytes32), text, len)
           && ioa_bytes_same_secret(bytes32, ctx->nonce32, sizeof(bytes32));
}


/*
 * What overall and device tokens have in common: signature, issuer, dates,
 * nonce.
 *
 * Out: jwt, to be given to ioa_jwt_cleanup whatever is returned.
 */
static ioa_status_t
ioa_nras_token(ioa_jwt_t *jwt, const ioa_nras_ctx_t *ctx, ioa_reader_t text,
    const char *token)
{
    int             nonce;
    int64_t         expires;
    const uint8_t  *point96;

    if (!ioa_nras_check(ctx, ioa_jwt_parse(jwt, text), token, "nras.form",
                        "not a JWT with ES384"))
    {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    point96 = ioa_jwks_find(ctx->jwks, jwt->kid, jwt->kid_len);

    if (!ioa_nras_check(ctx, point96 != NULL, token, "nras.key",
                        "its key is not in the key set"))
    {
        *ctx->unknown_kid = 1;
        return IOA_GPU_EVIDENCE_INVALID;
    }

    if (!ioa_nras_check(ctx, ioa_jwt_verify(jwt, point96), token,
                        "nras.signature", "its key did not sign it")
        || !ioa_nras_check(ctx, ioa_jwt_says(jwt->claims, "iss",
                                              IOA_NRAS_ISSUER),
                           token, "nras.issuer",
                           "the issuer is not " IOA_NRAS_ISSUER)
        || !ioa_nras_check(ctx, ioa_nras_dates(&expires, jwt->claims,
                                               ctx->now),
                           token, "nras.dates",
                           "not valid now, or exp, nbf or iat is missing"))
    {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    nonce = ioa_nras_nonce(ctx, jwt->claims);

    if (!ioa_nras_check(ctx, nonce > 0, token, "nras.nonce",
                        nonce == 0 ? "not the nonce that was sent"
                                   : "there is none"))
    {
        return nonce == 0 ? IOA_NONCE_MISMATCH : IOA_GPU_EVIDENCE_INVALID;
    }

    if (expires < ctx->nras->expires) {
        ctx->nras->expires = expires;
    }

    return IOA_OK;
}


/* ["DIGEST", ["SHA-256", hex]] over the device token's text. */
static int
ioa_nras_digest(const ioa_json_t *value, ioa_reader_t text)
{
    size_t             len;
    uint8_t            want32[IOA_SHA256_LEN], got32[IOA_SHA256_LEN];
    const uint8_t     *hex;
    const ioa_json_t  *pair, *item;

    item = ioa_json_first(value);

    if (!ioa_json_is_array(value) || !ioa_jwt_is(item, "DIGEST")) {
        return 0;
    }

    pair = ioa_json_next(item);

    if (!ioa_json_is_array(pair) || ioa_json_next(pair) != NULL) {
        return 0;
    }

    item = ioa_json_first(pair);

    if ((!ioa_jwt_is(item, "SHA-256") && !ioa_jwt_is(item, "SHA256"))
        || !ioa_json_string(&hex, &len, ioa_json_next(item))
        || ioa_json_next(ioa_json_next(item)) != NULL
        || !ioa_hex_decode(want32, sizeof(want32), hex, len))
    {
        return 0;
    }

    ioa_sha256(got32, text.pos, ioa_reader_left(&text));

    return memcmp(want32, got32, sizeof(want32)) == 0;
}


static ioa_nras_version_t
ioa_nras_version(const ioa_json_t *claims)
{
    size_t  i;

    static const char *const  known[] = {
        [IOA_NRAS_V3] = "3.0",
        [IOA_NRAS_V4] = "4.0"
    };

    for (i = IOA_NRAS_V3; i <= IOA_NRAS_V4; i++) {
        if (ioa_jwt_says(claims, "x-nvidia-ver", known[i])) {
            return (ioa_nras_version_t) i;
        }
    }

    return IOA_NRAS_UNKNOWN;
}


/* 1 where claims are of a version that is not known, and none of before 3. */
static int
ioa_nras_newer(const ioa_json_t *claims)
{
    uint8_t         major, dot, minor;
    size_t          len;
    ioa_reader_t    r;
    const uint8_t  *text;

    if (!ioa_json_string(&text, &len, ioa_json_member(claims,
                                                      "x-nvidia-ver")))
    {
        return 0;
    }

    ioa_reader_init(&r, text, len);

    return ioa_reader_u8(&r, &major) && major >= '3' && major <= '9'
           && ioa_reader_u8(&r, &dot) && dot == '.'
           && ioa_reader_u8(&r, &minor) && minor >= '0' && minor <= '9'
           && ioa_reader_left(&r) == 0;
}


/* In: good, whether the version of these claims is accepted. */
static int
ioa_nras_check_version(const ioa_nras_ctx_t *ctx, int good,
    const ioa_json_t *claims, const char *token)
{
    ioa_nras_version_t  version;

    version = ioa_nras_version(claims);

    return ioa_check_that(ctx->checks, good, "nras.version", "%s%s", token,
                          good ? ""
                          : version == IOA_NRAS_UNKNOWN
                          ? ioa_nras_newer(claims) ? ": " IOA_NEWER_FORMAT
                                                   : ": neither 3.0 nor 4.0"
                          : ": not that of the token for all");
}


/*
 * No device's token that was recorded has a version of its own; one that has
 * is refused unless it is that of the token for all.
 */
static int
ioa_nras_device_version(const ioa_nras_ctx_t *ctx, const ioa_json_t *claims,
    const char *token)
{
    if (ioa_json_member(claims, "x-nvidia-ver") == NULL) {
        return 1;
    }

    return ioa_nras_check_version(ctx, ioa_nras_version(claims)
                                       == ctx->version, claims, token);
}


/* One device: digest under the signed overall token, then its own claims. */
static ioa_status_t
ioa_nras_one(const ioa_nras_ctx_t *ctx, ioa_nras_device_t *device,
    const ioa_json_t *value, const ioa_json_t *submods)
{
    size_t             len;
    ioa_jwt_t          jwt;
    const char        *name, *failed;
    ioa_reader_t       text;
    ioa_status_t       st;
    const uint8_t     *bytes;
    const ioa_json_t  *digest;

    len = 0;
    bytes = NULL;
    name = ioa_json_name(value);
    digest = ioa_json_member(submods, name);

    if (!ioa_nras_check(ctx, ioa_nras_word(device->name,
                                           (const uint8_t *) name,
                                           strlen(name))
                             && ioa_json_string(&bytes, &len, value),
                        name, "nras.device",
                        "no text, or its name is malformed"))
    {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    ioa_reader_init(&text, bytes, len);

    if (!ioa_nras_check(ctx, digest != NULL && ioa_nras_digest(digest, text),
                        name, "nras.digest",
                        "not the digest in the token for all"))
    {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    st = ioa_nras_token(&jwt, ctx, text, name);

    if (st == IOA_OK && !ioa_nras_device_version(ctx, jwt.claims, name)) {
        ioa_jwt_cleanup(&jwt);
        return IOA_GPU_EVIDENCE_INVALID;
    }

    if (st == IOA_OK) {
        st = ioa_nras_device(device, &failed, jwt.claims);

        if (st == IOA_OK) {
            ioa_check_add(ctx->checks, "nras.claims", IOA_CHECK_PASSED, "%s",
                          name);
        } else {
            ioa_check_add(ctx->checks, "nras.claims", IOA_CHECK_FAILED,
                          "%s: %s", name, failed);
        }
    }

    ioa_jwt_cleanup(&jwt);

    return st;
}


static size_t
ioa_nras_members(const ioa_json_t *object)
{
    size_t             n;
    const ioa_json_t  *value;

    n = 0;

    for (value = ioa_json_first(object); value != NULL;
         value = ioa_json_next(value))
    {
        n++;
    }

    return n;
}


/* 1 where no ueid stands there twice. */
static int
ioa_nras_differ(const ioa_nras_t *nras)
{
    size_t  i, j;

    for (i = 0; i < nras->devices_n; i++) {
        for (j = 0; j < i; j++) {
            if (strcmp(nras->devices[i].ueid, nras->devices[j].ueid) == 0) {
                return 0;
            }
        }
    }

    return 1;
}


/* In: claims of the overall token, tokens, the object of device tokens. */
static ioa_status_t
ioa_nras_devices(const ioa_nras_ctx_t *ctx, const ioa_json_t *claims,
    const ioa_json_t *tokens)
{
    int                good;
    size_t             n;
    ioa_status_t       st;
    const ioa_json_t  *submods, *value;

    submods = ioa_json_member(claims, "submods");
    n = ioa_nras_members(tokens);

    /* as many, and each token has its digest: then the sets are one */

    if (!ioa_nras_check(ctx, ioa_json_is_object(submods)
                             && n == ioa_nras_members(submods), "overall",
                        "nras.submods",
                        "submods does not name each token, and no other"))
    {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    good = n > 0 && n <= IOA_NRAS_DEVICES_MAX && n == ctx->devices;

    if (!ioa_check_that(ctx->checks, good, "nras.count", "%zu tokens for %zu "
                        "GPUs", n, ctx->devices))
    {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    for (value = ioa_json_first(tokens); value != NULL;
         value = ioa_json_next(value))
    {
        st = ioa_nras_one(ctx, &ctx->nras->devices[ctx->nras->devices_n],
                          value, submods);

        if (st != IOA_OK) {
            return st;
        }

        ctx->nras->devices_n++;
    }

    if (!ioa_nras_check(ctx, ioa_nras_differ(ctx->nras), "overall",
                        "nras.distinct", "two tokens have the same ueid"))
    {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    return IOA_OK;
}


/* In: pair, ["JWT", overall], and what follows it. */
static ioa_status_t
ioa_nras_overall(ioa_nras_ctx_t *ctx, ioa_reader_t text,
    const ioa_json_t *tokens)
{
    ioa_jwt_t     jwt;
    ioa_status_t  st;

    st = ioa_nras_token(&jwt, ctx, text, "overall");
    ctx->version = st == IOA_OK ? ioa_nras_version(jwt.claims)
                                : IOA_NRAS_UNKNOWN;

    if (st == IOA_OK
        && (!ioa_nras_check(ctx, ioa_jwt_says(jwt.claims, "sub",
                                               IOA_NRAS_SUBJECT),
                            "overall", "nras.subject",
                            "the subject is not " IOA_NRAS_SUBJECT)
            || !ioa_nras_check_version(ctx,
                                       ctx->version != IOA_NRAS_UNKNOWN,
                                       jwt.claims, "overall")
            || !ioa_nras_check(ctx,
                   ioa_json_is_true(ioa_json_member(jwt.claims,
                       "x-nvidia-overall-att-result")), "overall",
                                "nras.result",
                                "x-nvidia-overall-att-result is not true")))
    {
        st = IOA_GPU_EVIDENCE_INVALID;
    }

    if (st == IOA_OK) {
        st = ioa_nras_devices(ctx, jwt.claims, tokens);
    }

    ioa_jwt_cleanup(&jwt);

    return st;
}


static ioa_status_t
ioa_nras_reply(ioa_nras_ctx_t *ctx, const ioa_json_t *root)
{
    size_t             len;
    ioa_reader_t       text;
    const uint8_t     *bytes;
    const ioa_json_t  *pair, *tokens, *item;

    len = 0;
    bytes = NULL;
    pair = ioa_json_is_array(root) ? ioa_json_first(root) : NULL;
    tokens = pair != NULL ? ioa_json_next(pair) : NULL;
    item = ioa_json_is_array(pair) ? ioa_json_first(pair) : NULL;

    if (!ioa_nras_check(ctx, ioa_json_is_object(tokens)
                             && ioa_json_next(tokens) == NULL
                             && ioa_jwt_is(item, "JWT")
                             && ioa_json_string(&bytes, &len,
                                                ioa_json_next(item))
                             && ioa_json_next(ioa_json_next(item)) == NULL,
                        "overall", "nras.reply",
                        "not [[\"JWT\", token], tokens of devices]"))
    {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    ioa_reader_init(&text, bytes, len);

    return ioa_nras_overall(ctx, text, tokens);
}


ioa_status_t
ioa_nras_verify(ioa_nras_t *nras, int *unknown_kid, ioa_checks_t *checks,
    ioa_reader_t reply, const ioa_jwks_t *jwks,
    const uint8_t nonce32[IOA_NRAS_NONCE_LEN], size_t devices,
    int64_t now)
{
    ioa_json_t      *root;
    ioa_status_t     st;
    ioa_nras_ctx_t   ctx;

    memset(nras, 0, sizeof(ioa_nras_t));
    nras->expires = INT64_MAX;
    *unknown_kid = 0;

    ctx.nras = nras;
    ctx.unknown_kid = unknown_kid;
    ctx.checks = checks;
    ctx.jwks = jwks;
    ctx.nonce32 = nonce32;
    ctx.devices = devices;
    ctx.version = IOA_NRAS_UNKNOWN;
    ctx.now = now;

    root = NULL;
    st = IOA_GPU_EVIDENCE_INVALID;

    if (ioa_nras_check(&ctx, ioa_reader_left(&reply) <= IOA_NRAS_SIZE_MAX
                             && ioa_json_parse(&root, reply.pos,
                                               ioa_reader_left(&reply)),
                       "reply", "nras.json", "not JSON, or too long"))
    {
        st = ioa_nras_reply(&ctx, root);
    }

    ioa_json_free(root);

    ioa_check_add(checks, "nras.key_set_chain", IOA_CHECK_NOT_MADE,
                  "TLS to NRAS vouches for the key set");

    if (st != IOA_OK) {
        ioa_check_add(checks, "nras.rest", IOA_CHECK_NOT_MADE,
                      "a check failed");
        memset(nras, 0, sizeof(ioa_nras_t));
        return st;
    }

    return IOA_OK;
}
