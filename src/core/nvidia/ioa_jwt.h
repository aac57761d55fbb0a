/*
 * ioa_jwt: a JSON Web Token in compact form (RFC 7515, RFC 7519), ES384 and
 * nothing else, and the key sets that go with it (RFC 7517).
 */

#ifndef IOA_JWT_H
#define IOA_JWT_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"
#include "crypto/ioa_ecdsa.h"
#include "json/ioa_json.h"

#define IOA_JWT_LEN_MAX       65536
#define IOA_JWT_KID_MAX       127
#define IOA_JWKS_SIZE_MAX     (512 * 1024)
#define IOA_JWKS_KEYS_MAX     128

typedef struct {
    ioa_json_t     *header;         /* an object */
    ioa_json_t     *claims;         /* an object */
    const uint8_t  *kid;            /* borrows from header */
    size_t          kid_len;
    ioa_reader_t    signed_text;    /* borrows from the token */
    uint8_t         sig96[IOA_P384_SIG_LEN];
} ioa_jwt_t;

/*
 * Reads a token: three parts of base64url without padding, separated by
 * dots, header and claims JSON objects, "alg" exactly "ES384", "kid" 1 to
 * IOA_JWT_KID_MAX bytes, no "crit", a signature of 96 bytes.
 *
 * Returns: 1; 0 where it is not that or longer than IOA_JWT_LEN_MAX.
 * Out: jwt, to be given to ioa_jwt_cleanup; all zero on 0.
 */
int ioa_jwt_parse(ioa_jwt_t *jwt, ioa_reader_t text) IOA_MUST_CHECK;
void ioa_jwt_cleanup(ioa_jwt_t *jwt);

/* 1 where value is exactly this string; NULL is not. */
int ioa_jwt_is(const ioa_json_t *value, const char *text);

/* The same for a member of an object. */
int ioa_jwt_says(const ioa_json_t *object, const char *name,
    const char *text);


/* Read-only once made, for any number of threads. */
typedef struct ioa_jwks_s ioa_jwks_t;

/*
 * Reads a key set.  Taken are keys of type EC on P-384 with a kid, unless
 * "use" or "alg" says they are for something else; others are left out.
 *
 * Returns: 1; 0 where it is not {"keys":[..]}, is larger than
 * IOA_JWKS_SIZE_MAX or has more than IOA_JWKS_KEYS_MAX keys, a kid stands
 * there twice, or x or y of a key that would be taken is not 48 bytes.
 * Out: *jwks, to be given to ioa_jwks_free; NULL on 0.
 */
int ioa_jwks_parse(ioa_jwks_t **jwks, const uint8_t *text, size_t text_len)
    IOA_MUST_CHECK;
void ioa_jwks_free(ioa_jwks_t *jwks);

/*
 * The point (x || y) of the key of that name.
 * Returns: NULL where there is none.
 */
const uint8_t *ioa_jwks_find(const ioa_jwks_t *jwks, const uint8_t *kid,
    size_t kid_len);

/* Returns: 1 where point96's key signed the token. */
int ioa_jwt_verify(const ioa_jwt_t *jwt,
    const uint8_t point96[IOA_P384_POINT_LEN]) IOA_MUST_CHECK;

#endif
