/*
 * ioa_jwks: key sets, see ioa_jwt.h.
 */

#include <stdlib.h>
#include <string.h>

#include "base/ioa_codec.h"
#include "nvidia/ioa_jwt.h"

#define IOA_JWKS_COORD_LEN  (IOA_P384_POINT_LEN / 2)

typedef struct {
    size_t   kid_len;
    uint8_t  kid[IOA_JWT_KID_MAX];
    uint8_t  point96[IOA_P384_POINT_LEN];
} ioa_jwks_key_t;

struct ioa_jwks_s {
    size_t          n;
    ioa_jwks_key_t  keys[IOA_JWKS_KEYS_MAX];
};


/* 1 where the member is absent or exactly this string. */
static int
ioa_jwks_may_say(const ioa_json_t *key, const char *name, const char *value)
{
    return ioa_json_member(key, name) == NULL
           || ioa_jwt_says(key, name, value);
}


static int
ioa_jwks_coordinate(uint8_t out48[IOA_JWKS_COORD_LEN], const ioa_json_t *key,
    const char *name)
{
    size_t          n, len;
    const uint8_t  *text;

    return ioa_json_string(&text, &len, ioa_json_member(key, name))
           && ioa_base64url_decode(out48, &n, IOA_JWKS_COORD_LEN, text, len)
           && n == IOA_JWKS_COORD_LEN;
}


/* Appends a key that can sign ES384; leaves others out. */
static int
ioa_jwks_key(ioa_jwks_t *jwks, const ioa_json_t *value)
{
    size_t           len;
    const uint8_t   *kid;
    ioa_jwks_key_t  *key;

    if (!ioa_json_is_object(value)) {
        return 0;
    }

    if (!ioa_jwt_says(value, "kty", "EC")
        || !ioa_jwt_says(value, "crv", "P-384")
        || !ioa_jwks_may_say(value, "use", "sig")
        || !ioa_jwks_may_say(value, "alg", "ES384")
        || !ioa_json_string(&kid, &len, ioa_json_member(value, "kid")))
    {
        return 1;
    }

    if (len == 0 || len > IOA_JWT_KID_MAX || jwks->n == IOA_JWKS_KEYS_MAX
        || ioa_jwks_find(jwks, kid, len) != NULL)
    {
        return 0;
    }

    key = &jwks->keys[jwks->n];
    memcpy(key->kid, kid, len);
    key->kid_len = len;

    if (!ioa_jwks_coordinate(key->point96, value, "x")
        || !ioa_jwks_coordinate(key->point96 + IOA_JWKS_COORD_LEN, value,
                                "y"))
    {
        return 0;
    }

    jwks->n++;

    return 1;
}


static int
ioa_jwks_read(ioa_jwks_t *jwks, const ioa_json_t *root)
{
    size_t             n;
    const ioa_json_t  *list, *value;

    n = 0;
    list = ioa_json_member(root, "keys");

    if (!ioa_json_is_array(list)) {
        return 0;
    }

    for (value = ioa_json_first(list); value != NULL;
         value = ioa_json_next(value))
    {
        if (n++ == IOA_JWKS_KEYS_MAX || !ioa_jwks_key(jwks, value)) {
            return 0;
        }
    }

    return 1;
}


int
ioa_jwks_parse(ioa_jwks_t **jwks, const uint8_t *text, size_t text_len)
{
    int          rc;
    ioa_json_t  *root;
    ioa_jwks_t  *set;

    *jwks = NULL;

    if (text_len > IOA_JWKS_SIZE_MAX
        || !ioa_json_parse(&root, text, text_len))
    {
        return 0;
    }

    set = calloc(1, sizeof(ioa_jwks_t));
    rc = set != NULL && ioa_jwks_read(set, root);

    ioa_json_free(root);

    if (!rc) {
        free(set);
        return 0;
    }

    *jwks = set;

    return 1;
}


void
ioa_jwks_free(ioa_jwks_t *jwks)
{
    free(jwks);
}


const uint8_t *
ioa_jwks_find(const ioa_jwks_t *jwks, const uint8_t *kid, size_t kid_len)
{
    size_t  i;

    for (i = 0; i < jwks->n; i++) {
        if (jwks->keys[i].kid_len == kid_len
            && memcmp(jwks->keys[i].kid, kid, kid_len) == 0)
        {
            return jwks->keys[i].point96;
        }
    }

    return NULL;
}
