/*
 * memory: what memory.c shows to the core: a chain with its root and CRLs, a
 * key set, and a token.
 */

#ifndef MEMORY_H
#define MEMORY_H

#include "certs.h"

static family_t        family;
static certs_bytes_t   root_pem, chain_pem, empty_crl, full_crl;
static uint8_t         sig96[96], point96[96];
static char            jwks_text[4096], jwt_text[1024];
static size_t          jwt_signed;      /* bytes that the signature covers */


/* Appends base64, or base64url without padding. */
static inline void
put_base64(char *text, const uint8_t *data, size_t n, int url)
{
    char  *p;

    text += strlen(text);
    EVP_EncodeBlock((uint8_t *) text, data, (int) n);

    for (p = text; url && *p != '\0'; p++) {
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p == '=' ? '\0' : *p;
    }
}


static inline void
make_tokens(EVP_PKEY *key)
{
    certs_bytes_t  der;

    static const char  header[] = "{\"alg\":\"ES384\",\"kid\":\"k\"}";

    der = certs_der(family.certs[1]);
    strcpy(jwks_text, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\","
                      "\"kid\":\"k\",\"x\":\"");
    put_base64(jwks_text, point96, 48, 1);
    strcat(jwks_text, "\",\"y\":\"");
    put_base64(jwks_text, point96 + 48, 48, 1);
    strcat(jwks_text, "\",\"x5c\":[\"");
    put_base64(jwks_text, der.data, der.len, 0);
    strcat(jwks_text, "\"]}]}");
    free(der.data);

    put_base64(jwt_text, (const uint8_t *) header, sizeof(header) - 1, 1);
    strcat(jwt_text, ".");
    put_base64(jwt_text, (const uint8_t *) "{\"a\":1}", 7, 1);
    jwt_signed = strlen(jwt_text);
    certs_sign_raw(sig96, sizeof(sig96), key, EVP_sha384(), jwt_text,
                   jwt_signed);
    strcat(jwt_text, ".");
    put_base64(jwt_text, sig96, sizeof(sig96), 1);
}


static inline void
make_all(void)
{
    EVP_PKEY          *keys[CERTS];
    certs_crl_form_t   form;

    keys[0] = certs_key("P-256");
    keys[1] = certs_key("P-384");
    keys[2] = certs_rsa(2048);
    family_forms(&family, keys);
    family.forms[0].issuer = family.forms[1].subject;
    family_make(&family, 0);

    root_pem = certs_pem((X509 *[]) { family.certs[2], NULL });
    chain_pem = certs_pem((X509 *[]) { family.certs[0], family.certs[1],
                                       NULL });
    memset(&form, 0, sizeof(form));
    form.issuer = family.forms[2].subject;
    form.signer = keys[2];
    empty_crl = certs_crl(&form);
    form.serial = family.forms[1].serial;
    full_crl = certs_crl(&form);

    certs_point(point96, sizeof(point96), keys[1]);
    make_tokens(keys[1]);
}


static inline void
free_all(void)
{
    size_t  i;

    family_free(&family);

    for (i = 0; i < CERTS; i++) {
        EVP_PKEY_free(family.keys[i]);
    }

    free(root_pem.data);
    free(chain_pem.data);
    free(empty_crl.data);
    free(full_crl.data);
}

#endif
