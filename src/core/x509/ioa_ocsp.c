/*
 * ioa_ocsp: names of certificates, and requests.  See ioa_ocsp.h.
 */

#include <string.h>

#include <openssl/evp.h>

#include "base/ioa_codec.h"
#include "x509/ioa_der.h"
#include "x509/ioa_link.h"
#include "x509/ioa_ocsp.h"

#define IOA_OCSP_SHORT  128             /* lengths below have one byte */

/* AlgorithmIdentifier of SHA-1. */
static const uint8_t  ioa_ocsp_sha1[] = {
    0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00
};

/* id-pkix-ocsp-nonce */
static const uint8_t  ioa_ocsp_nonce[] = {
    0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02
};

/* DER that is written from its end to its beginning. */
typedef struct {
    uint8_t  *pos;              /* its beginning so far */
    uint8_t  *end;
} ioa_ocsp_out_t;


static int
ioa_ocsp_hash(uint8_t *out, ioa_reader_t bytes)
{
    unsigned  n;

    return EVP_Digest(bytes.pos, bytes.left, out, &n, EVP_sha1(), NULL) == 1
           && n == IOA_OCSP_HASH_LEN;
}


/* Out: the bits of the key alone, without algorithm, tag and length. */
IOA_MUST_CHECK static int
ioa_ocsp_key(ioa_reader_t *key, ioa_reader_t spki)
{
    uint8_t       unused;
    ioa_reader_t  content, algorithm;

    return ioa_der_take(&spki, IOA_DER_SEQUENCE, &content)
           && ioa_der_take(&content, IOA_DER_SEQUENCE, &algorithm)
           && ioa_der_take(&content, IOA_DER_BIT_STRING, key)
           && ioa_reader_u8(key, &unused)
           && unused == 0;
}


int
ioa_ocsp_id(ioa_ocsp_id_t *id, const ioa_chain_t *chain, size_t i)
{
    ioa_reader_t       key;
    const ioa_cert_t  *cert, *issuer;

    memset(id, 0, sizeof(ioa_ocsp_id_t));

    if (i + 1 >= chain->n) {
        return 0;
    }

    cert = &chain->links[i]->cert;
    issuer = &chain->links[i + 1]->cert;

    if (ioa_reader_left(&cert->serial) > IOA_OCSP_SERIAL_MAX
        || !ioa_ocsp_key(&key, issuer->spki)
        || !ioa_ocsp_hash(id->bytes, issuer->subject)
        || !ioa_ocsp_hash(id->bytes + IOA_OCSP_HASH_LEN, key))
    {
        return 0;
    }

    id->len = 2 * IOA_OCSP_HASH_LEN + ioa_reader_left(&cert->serial);
    memcpy(id->bytes + 2 * IOA_OCSP_HASH_LEN, cert->serial.pos,
           cert->serial.left);

    return 1;
}


int
ioa_ocsp_same(const ioa_ocsp_id_t *a, const ioa_ocsp_id_t *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}


static void
ioa_ocsp_put(ioa_ocsp_out_t *out, const uint8_t *bytes, size_t n)
{
    out->pos -= n;
    memcpy(out->pos, bytes, n);
}


/* What was written after the mark is the content of an element. */
static void
ioa_ocsp_wrap(ioa_ocsp_out_t *out, uint8_t tag, const uint8_t *mark)
{
    size_t  n;

    n = (size_t) (mark - out->pos);
    *--out->pos = (uint8_t) n;

    if (n >= IOA_OCSP_SHORT) {
        *--out->pos = 0x81;
    }

    *--out->pos = tag;
}


/* requestExtensions: the nonce, an OCTET STRING in the one of its value. */
static void
ioa_ocsp_put_nonce(ioa_ocsp_out_t *out, const uint8_t *nonce32)
{
    uint8_t  *mark = out->pos;

    ioa_ocsp_put(out, nonce32, IOA_OCSP_NONCE_LEN);
    ioa_ocsp_wrap(out, IOA_DER_OCTET_STRING, mark);
    ioa_ocsp_wrap(out, IOA_DER_OCTET_STRING, mark);
    ioa_ocsp_put(out, ioa_ocsp_nonce, sizeof(ioa_ocsp_nonce));
    ioa_ocsp_wrap(out, IOA_DER_SEQUENCE, mark);
    ioa_ocsp_wrap(out, IOA_DER_SEQUENCE, mark);
    ioa_ocsp_wrap(out, IOA_DER_CONTEXT(2), mark);
}


/* CertID */
static void
ioa_ocsp_put_id(ioa_ocsp_out_t *out, const ioa_ocsp_id_t *id)
{
    uint8_t        *mark = out->pos;
    const uint8_t  *at = id->bytes + id->len;
    const size_t    serial = id->len - 2 * IOA_OCSP_HASH_LEN;

    at -= serial;
    ioa_ocsp_put(out, at, serial);
    ioa_ocsp_wrap(out, IOA_DER_INTEGER, mark);

    while (at != id->bytes) {
        uint8_t  *before = out->pos;

        at -= IOA_OCSP_HASH_LEN;
        ioa_ocsp_put(out, at, IOA_OCSP_HASH_LEN);
        ioa_ocsp_wrap(out, IOA_DER_OCTET_STRING, before);
    }

    ioa_ocsp_put(out, ioa_ocsp_sha1, sizeof(ioa_ocsp_sha1));
    ioa_ocsp_wrap(out, IOA_DER_SEQUENCE, mark);
}


size_t
ioa_ocsp_request(uint8_t out[IOA_OCSP_REQUEST_MAX], const char *text,
    const uint8_t nonce32[IOA_OCSP_NONCE_LEN])
{
    size_t          n;
    uint8_t        *mark, buf[IOA_OCSP_REQUEST_MAX];
    ioa_ocsp_id_t   id;
    ioa_ocsp_out_t  der;

    id.len = strlen(text) / 2;

    if (id.len <= 2 * IOA_OCSP_HASH_LEN || id.len > IOA_OCSP_ID_MAX
        || !ioa_hex_decode(id.bytes, id.len, (const uint8_t *) text,
                           strlen(text)))
    {
        return 0;
    }

    der.end = buf + sizeof(buf);
    der.pos = der.end;

    ioa_ocsp_put_nonce(&der, nonce32);
    mark = der.pos;
    ioa_ocsp_put_id(&der, &id);
    ioa_ocsp_wrap(&der, IOA_DER_SEQUENCE, mark);    /* Request */
    ioa_ocsp_wrap(&der, IOA_DER_SEQUENCE, mark);    /* requestList */
    ioa_ocsp_wrap(&der, IOA_DER_SEQUENCE, der.end); /* tbsRequest */
    ioa_ocsp_wrap(&der, IOA_DER_SEQUENCE, der.end);

    n = (size_t) (der.end - der.pos);
    memcpy(out, der.pos, n);

    return n;
}
