/*
 * ioa_jwt: see ioa_jwt.h.
 */

#include <stdlib.h>
#include <string.h>

#include "nvidia/ioa_jwt.h"
#include "base/ioa_codec.h"

#define IOA_BASE64_DIGITS  4
#define IOA_BASE64_OCTETS  3
#define IOA_JWT_ALG        "ES384"


/* Takes up to the next dot, or to the end where there is none. */
static void
ioa_jwt_part(ioa_reader_t *part, ioa_reader_t *text)
{
    size_t        n;
    uint8_t       c;
    ioa_reader_t  at;

    at = *text;

    for (n = 0; ioa_reader_peek(&at, &c) && c != '.'; n++) {
        if (!ioa_reader_skip(&at, 1)) {
            break;
        }
    }

    if (!ioa_reader_sub(text, part, n)) {
        ioa_reader_init(part, NULL, 0);
    }
}


/* A part that is a JSON object. */
static int
ioa_jwt_object(ioa_json_t **object, ioa_reader_t part)
{
    int       rc;
    size_t    n, cap;
    uint8_t  *bytes;

    cap = ioa_reader_left(&part) / IOA_BASE64_DIGITS * IOA_BASE64_OCTETS
          + IOA_BASE64_OCTETS;
    bytes = malloc(cap);

    if (bytes == NULL) {
        return 0;
    }

    rc = ioa_base64url_decode(bytes, &n, cap, part.pos,
                              ioa_reader_left(&part))
         && ioa_json_parse(object, bytes, n)
         && ioa_json_is_object(*object);

    free(bytes);

    return rc;
}


static int
ioa_jwt_header(ioa_jwt_t *jwt)
{
    size_t          n;
    const uint8_t  *alg;

    return ioa_json_member(jwt->header, "crit") == NULL
           && ioa_json_string(&alg, &n, ioa_json_member(jwt->header, "alg"))
           && n == sizeof(IOA_JWT_ALG) - 1
           && memcmp(alg, IOA_JWT_ALG, n) == 0
           && ioa_json_string(&jwt->kid, &jwt->kid_len,
                              ioa_json_member(jwt->header, "kid"))
           && jwt->kid_len > 0 && jwt->kid_len <= IOA_JWT_KID_MAX;
}


static int
ioa_jwt_read(ioa_jwt_t *jwt, ioa_reader_t text)
{
    size_t        n;
    ioa_reader_t  all, header, claims, sig;

    all = text;

    ioa_jwt_part(&header, &text);

    if (!ioa_reader_match(&text, ".", 1)) {
        return 0;
    }

    ioa_jwt_part(&claims, &text);

    if (!ioa_reader_sub(&all, &jwt->signed_text,
                        ioa_reader_left(&all) - ioa_reader_left(&text))
        || !ioa_reader_match(&text, ".", 1))
    {
        return 0;
    }

    ioa_jwt_part(&sig, &text);

    return ioa_reader_left(&text) == 0
           && ioa_base64url_decode(jwt->sig96, &n, sizeof(jwt->sig96),
                                   sig.pos, ioa_reader_left(&sig))
           && n == sizeof(jwt->sig96)
           && ioa_jwt_object(&jwt->header, header)
           && ioa_jwt_header(jwt)
           && ioa_jwt_object(&jwt->claims, claims);
}


int
ioa_jwt_parse(ioa_jwt_t *jwt, ioa_reader_t text)
{
    memset(jwt, 0, sizeof(ioa_jwt_t));

    if (ioa_reader_left(&text) > IOA_JWT_LEN_MAX
        || !ioa_jwt_read(jwt, text))
    {
        ioa_jwt_cleanup(jwt);
        return 0;
    }

    return 1;
}


void
ioa_jwt_cleanup(ioa_jwt_t *jwt)
{
    ioa_json_free(jwt->header);
    ioa_json_free(jwt->claims);
    memset(jwt, 0, sizeof(ioa_jwt_t));
}


int
ioa_jwt_verify(const ioa_jwt_t *jwt,
    const uint8_t point96[IOA_P384_POINT_LEN])
{
    return ioa_ecdsa_verify(point96, IOA_P384_POINT_LEN, jwt->sig96,
                            sizeof(jwt->sig96), jwt->signed_text);
}


int
ioa_jwt_is(const ioa_json_t *value, const char *text)
{
    size_t          len;
    const uint8_t  *bytes;

    return ioa_json_string(&bytes, &len, value) && len == strlen(text)
           && memcmp(bytes, text, len) == 0;
}


int
ioa_jwt_says(const ioa_json_t *object, const char *name, const char *text)
{
    return ioa_jwt_is(ioa_json_member(object, name), text);
}
