/*
 * rim_verify: one file of ioattest rim: what holds the manifest, its digest,
 * its chain and its signature.  See rim.h.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect_text.h"
#include "rim.h"

#define IOATTEST_RIM_KEY_USAGE        "2.5.29.15"
#define IOATTEST_RIM_BIT_STRING       0x03
#define IOATTEST_RIM_DIGITAL_SIGNING  0x80

#define IOATTEST_RIM_COSE_TAG         0xd2    /* COSE_Sign1, tag 18 */
#define IOATTEST_RIM_COSE_ARRAY       0x84    /* the same without its tag */
#define IOATTEST_RIM_CBOR_TAG         0xd9    /* a tag of two bytes follows */
#define IOATTEST_RIM_CORIM_FIRST      500     /* tags of CoRIMs */
#define IOATTEST_RIM_CORIM_LAST       502


int
ioattest_rim_why(char why[IOATTEST_RIM_WHY_MAX], const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    vsnprintf(why, IOATTEST_RIM_WHY_MAX, format, args);
    va_end(args);

    ioa_printable(why);

    return 0;
}


/* 1 where value is the SHA-256 of bytes, in hex. */
static int
ioattest_rim_sha256_is(ioa_bytes_t value, ioa_bytes_t bytes)
{
    uint8_t  said32[IOA_SHA256_LEN], real32[IOA_SHA256_LEN];

    if (!ioa_hex_decode(said32, IOA_SHA256_LEN, value.data, value.len)) {
        return 0;
    }

    ioa_sha256(real32, bytes.data, bytes.len);

    return memcmp(said32, real32, IOA_SHA256_LEN) == 0;
}


/* 1 where bytes begin as CBOR does that holds a CoRIM, signed or not. */
static int
ioattest_rim_is_corim(ioa_bytes_t bytes)
{
    uint8_t       first, high, low;
    ioa_reader_t  r;

    ioa_reader_init(&r, bytes.data, bytes.len);

    if (!ioa_reader_u8(&r, &first)) {
        return 0;
    }

    if (first == IOATTEST_RIM_COSE_TAG || first == IOATTEST_RIM_COSE_ARRAY) {
        return 1;
    }

    return first == IOATTEST_RIM_CBOR_TAG
           && ioa_reader_u8(&r, &high) && ioa_reader_u8(&r, &low)
           && (high << 8 | low) >= IOATTEST_RIM_CORIM_FIRST
           && (high << 8 | low) <= IOATTEST_RIM_CORIM_LAST;
}


/* What a reply that holds no XML says of its form, which nobody signed. */
static int
ioattest_rim_format(char why[IOATTEST_RIM_WHY_MAX], const ioa_json_t *root,
    ioa_bytes_t text)
{
    ioa_bytes_t  format;

    static const char  known[] = "SWID";

    if (ioattest_text_first(text) == '<'
        || !ioa_json_string(&format.data, &format.len,
                            ioa_json_member(root, "rim_format"))
        || (format.len == sizeof(known) - 1
            && memcmp(format.data, known, format.len) == 0))
    {
        return 1;
    }

    return ioattest_rim_why(why, "its rim_format is %.*s: " IOA_NEWER_FORMAT,
                            (int) (format.len < IOATTEST_RIM_WORD_MAX
                                   ? format.len : IOATTEST_RIM_WORD_MAX),
                            (const char *) format.data);
}


/*
 * The service's reply.  Its sha256 is that of the file or of its base64.
 * Out: text, memory to be freed; *id borrows from root.
 */
static int
ioattest_rim_reply(ioa_bytes_t *text, ioa_bytes_t *id,
    char why[IOATTEST_RIM_WHY_MAX], const ioa_json_t *root)
{
    size_t             n;
    uint8_t           *bytes;
    ioa_bytes_t        rim, sha256;
    const ioa_json_t  *value;

    if (!ioa_json_string(&id->data, &id->len, ioa_json_member(root, "id"))
        || !ioa_json_string(&rim.data, &rim.len,
                            ioa_json_member(root, "rim")))
    {
        return ioattest_rim_why(why, "it is JSON, but not the reply of "
                                "NVIDIA's service: id and rim are missing");
    }

    bytes = malloc(rim.len / 4 * 3 + 1);

    if (bytes == NULL
        || !ioa_base64_decode(bytes, &n, rim.len / 4 * 3, rim.data, rim.len))
    {
        free(bytes);
        return ioattest_rim_why(why, "its member rim is not base64");
    }

    text->data = bytes;
    text->len = n;
    if (!ioattest_rim_format(why, root, *text)) {
        return 0;
    }

    value = ioa_json_member(root, "sha256");

    if (value == NULL) {
        return 1;
    }

    if (!ioa_json_string(&sha256.data, &sha256.len, value)
        || !(ioattest_rim_sha256_is(sha256, *text)
             || ioattest_rim_sha256_is(sha256, rim)))
    {
        return ioattest_rim_why(why, "its member sha256 is not that of the "
                                "manifest");
    }

    return 1;
}


/* Out: not_after, when the first of the chain's certificates ends. */
static int
ioattest_rim_expiry(int64_t *not_after, const ioa_chain_t *chain)
{
    size_t   i;
    int64_t  from, to;

    for (i = 0; i < ioa_chain_count(chain); i++) {
        if (!ioa_chain_dates(&from, &to, chain, i)) {
            return 0;
        }

        if (i == 0 || to < *not_after) {
            *not_after = to;
        }
    }

    return i != 0;
}


/* 1 where the leaf's key is for signatures. */
static int
ioattest_rim_may_sign(const ioa_chain_t *chain)
{
    uint8_t       tag, len, unused, bits;
    ioa_reader_t  usage;

    return ioa_chain_extension(&usage, chain, 0, IOATTEST_RIM_KEY_USAGE)
           && ioa_reader_u8(&usage, &tag) && tag == IOATTEST_RIM_BIT_STRING
           && ioa_reader_u8(&usage, &len) && len >= 2
           && ioa_reader_u8(&usage, &unused) && ioa_reader_u8(&usage, &bits)
           && (bits & IOATTEST_RIM_DIGITAL_SIGNING) != 0;
}


static int
ioattest_rim_chain(ioattest_rim_t *rim, char why[IOATTEST_RIM_WHY_MAX],
    ioa_chain_t *chain, const ioattest_rim_trust_t *trust)
{
    size_t          i;
    ioa_reader_t    signed_info;
    ioa_chain_rc_t  rc;

    for (i = 0; i < rim->xml.certs_n; i++) {
        rc = ioa_chain_add_der(chain, rim->xml.certs[i].data,
                               rim->xml.certs[i].len);

        if (rc != IOA_CHAIN_OK || ioa_chain_count(chain) != i + 1) {
            return ioattest_rim_why(why, "certificate %zu cannot be read", i);
        }
    }

    rc = ioa_chain_verify(chain, trust->roots, NULL, IOA_CHAIN_NVIDIA,
                          trust->now);

    if (rc != IOA_CHAIN_OK) {
        return ioattest_rim_why(why, "its certificate chain: %s",
                                ioa_chain_rc_name(rc));
    }

    if (!ioattest_rim_may_sign(chain)) {
        return ioattest_rim_why(why, "its certificate is not for signing");
    }

    ioa_reader_init(&signed_info, rim->xml.signed_info.data,
                    rim->xml.signed_info.len);

    if (!ioa_chain_ecdsa_verify(chain, 0, rim->xml.sig96,
                                IOATTEST_RIM_SIG_LEN, signed_info))
    {
        return ioattest_rim_why(why, "its signature is not its "
                                "certificate's");
    }

    if (!ioattest_rim_expiry(&rim->not_after, chain)) {
        return ioattest_rim_why(why, "its certificates have no dates");
    }

    return trust->revoked == NULL
           || trust->revoked(why, chain, trust->now, trust->data);
}


/* The manifest itself. */
static int
ioattest_rim_text(ioattest_rim_t *rim, char why[IOATTEST_RIM_WHY_MAX],
    ioa_bytes_t text, const ioattest_rim_trust_t *trust)
{
    int           ok;
    ioa_chain_t  *chain;

    if (text.len > IOATTEST_RIM_SIZE_MAX) {
        return ioattest_rim_why(why, "a manifest has at most %d bytes",
                                IOATTEST_RIM_SIZE_MAX);
    }

    if (ioattest_rim_is_corim(text)) {
        return ioattest_rim_why(why, "it is a CoRIM: " IOA_NEWER_FORMAT);
    }

    ioa_sha256(rim->sha256, text.data, text.len);

    if (!ioattest_rim_xml(&rim->xml, why, text)) {
        return 0;
    }

    chain = ioa_chain_new(NULL);

    if (chain == NULL) {
        return ioattest_rim_why(why, "out of memory");
    }

    ok = ioattest_rim_chain(rim, why, chain, trust);

    ioa_chain_free(chain);

    return ok;
}


int
ioattest_rim_verify(ioattest_rim_t *rim, char why[IOATTEST_RIM_WHY_MAX],
    const char *path, ioa_bytes_t file, const ioattest_rim_trust_t *trust)
{
    int           ok;
    ioa_json_t   *root = NULL;
    ioa_bytes_t   text = { NULL, 0 }, id = { NULL, 0 };

    memset(rim, 0, sizeof(ioattest_rim_t));
    rim->path = path;
    why[0] = '\0';

    if (ioattest_text_first(file) == '{') {

        if (!ioa_json_parse(&root, file.data, file.len)) {
            return ioattest_rim_why(why, "it is not JSON");
        }

        ok = ioattest_rim_reply(&text, &id, why, root)
             && ioattest_rim_text(rim, why, text, trust);

    } else {
        ok = ioattest_rim_text(rim, why, file, trust);
    }

    ok = ok && ioattest_rim_identify(rim, why, id, path);

    free((void *) text.data);
    ioa_json_free(root);

    return ok;
}
