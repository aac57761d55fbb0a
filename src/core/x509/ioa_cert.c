/*
 * ioa_cert: see ioa_cert.h.
 */

#include <string.h>

#include "x509/ioa_cert.h"
#include "crypto/ioa_ecdsa.h"
#include "x509/ioa_der.h"

#define IOA_CERT_VERSION_3  2

/* id-ce: 2.5.29 */
#define IOA_CERT_CE(n)  { 0x55, 0x1d, (n) }
#define IOA_CERT_CE_LEN 3

static const uint8_t  ioa_cert_ski[] = IOA_CERT_CE(14);
static const uint8_t  ioa_cert_key_usage[] = IOA_CERT_CE(15);
static const uint8_t  ioa_cert_basic[] = IOA_CERT_CE(19);
static const uint8_t  ioa_cert_names[] = IOA_CERT_CE(30);
static const uint8_t  ioa_cert_aki[] = IOA_CERT_CE(35);

typedef struct {
    ioa_reader_t  oid;
    ioa_reader_t  value;
    int           critical;
} ioa_cert_ext_t;

/*
 * SubjectPublicKeyInfo of a key on a named curve, uncompressed, up to X:
 * id-ecPublicKey with prime256v1 or secp384r1 (RFC 5480).
 */
static const uint8_t  ioa_cert_p256[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
    0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
    0x42, 0x00, 0x04
};

static const uint8_t  ioa_cert_p384[] = {
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
    0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04
};


/* Out: X and Y; empty for another kind of key. */
static void
ioa_cert_point(ioa_reader_t *point, ioa_reader_t spki)
{
    if (ioa_reader_match(&spki, ioa_cert_p256, sizeof(ioa_cert_p256))
        && ioa_reader_left(&spki) == IOA_P256_POINT_LEN)
    {
        *point = spki;
        return;
    }

    if (ioa_reader_match(&spki, ioa_cert_p384, sizeof(ioa_cert_p384))
        && ioa_reader_left(&spki) == IOA_P384_POINT_LEN)
    {
        *point = spki;
        return;
    }

    ioa_reader_init(point, NULL, 0);
}


/* Takes one Extension. */
static int
ioa_cert_ext_next(ioa_reader_t *r, ioa_cert_ext_t *ext)
{
    ioa_reader_t  seq;

    if (!ioa_der_take(r, IOA_DER_SEQUENCE, &seq)
        || !ioa_der_take(&seq, IOA_DER_OID, &ext->oid))
    {
        return 0;
    }

    /* critical is DEFAULT FALSE: DER forbids encoding FALSE */

    if (!ioa_der_bool(&seq, &ext->critical)) {
        ext->critical = 0;

    } else if (!ext->critical) {
        return 0;
    }

    return ioa_der_take(&seq, IOA_DER_OCTET_STRING, &ext->value)
           && ioa_reader_left(&seq) == 0;
}


static int
ioa_cert_oid_is(ioa_reader_t oid, const uint8_t ce[IOA_CERT_CE_LEN])
{
    return ioa_reader_match(&oid, ce, IOA_CERT_CE_LEN)
           && ioa_reader_left(&oid) == 0;
}


/*
 * basicConstraints and keyUsage must be strict DER; no other extension may be
 * critical.
 */
static int
ioa_cert_extension_check(ioa_cert_t *cert, const ioa_cert_ext_t *ext)
{
    int  basic;

    basic = ioa_cert_oid_is(ext->oid, ioa_cert_basic);

    if (!basic && !ioa_cert_oid_is(ext->oid, ioa_cert_key_usage)) {
        return !ext->critical;
    }

    if (basic) {
        cert->basic_critical = ext->critical;
    }

    return ioa_der_valid(ext->value);
}


/* Checks that extensions are supported, occur once, and are not too many. */
static int
ioa_cert_extensions_check(ioa_cert_t *cert)
{
    size_t          n, i;
    ioa_reader_t    r, seen[IOA_CERT_EXTENSIONS_MAX];
    ioa_cert_ext_t  ext;

    r = cert->extensions;

    for (n = 0; ioa_reader_left(&r) != 0; seen[n++] = ext.oid) {
        if (n == IOA_CERT_EXTENSIONS_MAX || !ioa_cert_ext_next(&r, &ext)
            || ioa_cert_oid_is(ext.oid, ioa_cert_names))
        {
            return 0;
        }

        for (i = 0; i < n; i++) {
            if (ioa_der_equal(seen[i], ext.oid)) {
                return 0;
            }
        }

        if (!ioa_cert_extension_check(cert, &ext)) {
            return 0;
        }
    }

    return 1;
}


/* Takes [3] with the extensions, or nothing. */
static int
ioa_cert_extensions(ioa_reader_t *tbs, ioa_cert_t *cert)
{
    ioa_reader_t  tagged;

    if (ioa_reader_left(tbs) == 0) {
        ioa_reader_init(&cert->extensions, NULL, 0);
        return 1;
    }

    return ioa_der_take(tbs, IOA_DER_CONTEXT(3), &tagged)
           && ioa_reader_left(tbs) == 0
           && ioa_der_take(&tagged, IOA_DER_SEQUENCE, &cert->extensions)
           && ioa_reader_left(&tagged) == 0
           && ioa_reader_left(&cert->extensions) != 0;
}


static int
ioa_cert_tbs(ioa_cert_t *cert, ioa_reader_t *algorithm, ioa_reader_t tbs)
{
    uint64_t      version;
    ioa_reader_t  content, tagged, dates;

    return ioa_der_take(&tbs, IOA_DER_CONTEXT(0), &tagged)
           && ioa_der_uint(&tagged, &version)
           && version == IOA_CERT_VERSION_3
           && ioa_reader_left(&tagged) == 0
           && ioa_der_take(&tbs, IOA_DER_INTEGER, &cert->serial)
           && ioa_der_whole(&tbs, IOA_DER_SEQUENCE, algorithm, &content)
           && ioa_der_whole(&tbs, IOA_DER_SEQUENCE, &cert->issuer, &content)
           && ioa_der_take(&tbs, IOA_DER_SEQUENCE, &dates)
           && ioa_der_time(&dates, &cert->not_before)
           && ioa_der_time(&dates, &cert->not_after)
           && ioa_reader_left(&dates) == 0
           && ioa_der_whole(&tbs, IOA_DER_SEQUENCE, &cert->subject, &content)
           && ioa_der_whole(&tbs, IOA_DER_SEQUENCE, &cert->spki, &content)
           && ioa_cert_extensions(&tbs, cert);
}


int
ioa_cert_parse(ioa_cert_t *cert, ioa_reader_t der)
{
    ioa_cert_t    view;
    ioa_reader_t  r, all, tbs, content, inner, outer;

    memset(&view, 0, sizeof(view));
    view.der = der;
    r = der;

    if (!ioa_der_valid(der)
        || !ioa_der_take(&r, IOA_DER_SEQUENCE, &all)
        || !ioa_der_take(&all, IOA_DER_SEQUENCE, &tbs)
        || !ioa_der_whole(&all, IOA_DER_SEQUENCE, &outer, &content)
        || !ioa_der_take(&all, IOA_DER_BIT_STRING, &content)
        || ioa_reader_left(&all) != 0
        || !ioa_cert_tbs(&view, &inner, tbs)
        || !ioa_der_equal(inner, outer)
        || !ioa_cert_extensions_check(&view))
    {
        return 0;
    }

    ioa_cert_point(&view.point, view.spki);
    *cert = view;

    return 1;
}


int
ioa_cert_extension(ioa_reader_t *value, const ioa_cert_t *cert,
    const uint8_t *oid, size_t oid_len)
{
    ioa_reader_t    r;
    ioa_cert_ext_t  ext;

    for (r = cert->extensions; ioa_cert_ext_next(&r, &ext); ) {
        if (ioa_reader_match(&ext.oid, oid, oid_len)
            && ioa_reader_left(&ext.oid) == 0)
        {
            *value = ext.value;
            return 1;
        }
    }

    return 0;
}


/* Copies text that is printable ASCII and not too long. */
static int
ioa_cert_text(char cn[IOA_CERT_CN_MAX + 1], ioa_reader_t text)
{
    size_t   n;
    uint8_t  c;

    for (n = 0; ioa_reader_u8(&text, &c); n++) {
        if (n == IOA_CERT_CN_MAX || c < ' ' || c > '~') {
            return 0;
        }

        cn[n] = (char) c;
    }

    cn[n] = '\0';

    return n != 0;
}


/* Takes one AttributeTypeAndValue.  Out: text, if it is a commonName. */
static int
ioa_cert_attribute(ioa_reader_t *set, ioa_reader_t *text, int *is_cn)
{
    uint8_t       tag;
    ioa_reader_t  pair, oid;

    static const uint8_t  cn_oid[] = { 0x55, 0x04, 0x03 };   /* id-at 3 */

    if (!ioa_der_take(set, IOA_DER_SEQUENCE, &pair)
        || !ioa_der_take(&pair, IOA_DER_OID, &oid)
        || !ioa_der_any(&pair, &tag, text) || ioa_reader_left(&pair) != 0)
    {
        return 0;
    }

    *is_cn = ioa_reader_match(&oid, cn_oid, sizeof(cn_oid))
             && ioa_reader_left(&oid) == 0;

    return !*is_cn || tag == IOA_DER_UTF8 || tag == IOA_DER_PRINTABLE
           || tag == IOA_DER_IA5;
}


int
ioa_cert_cn(char cn[IOA_CERT_CN_MAX + 1], ioa_reader_t name)
{
    int           found, is_cn;
    ioa_reader_t  sets, set, text;

    cn[0] = '\0';
    found = 0;

    if (!ioa_der_take(&name, IOA_DER_SEQUENCE, &sets)) {
        return 0;
    }

    while (ioa_der_take(&sets, IOA_DER_SET, &set)) {
        while (ioa_reader_left(&set) != 0) {
            if (!ioa_cert_attribute(&set, &text, &is_cn)
                || (is_cn && (found++ || !ioa_cert_text(cn, text))))
            {
                cn[0] = '\0';
                return 0;
            }
        }
    }

    if (ioa_reader_left(&sets) != 0) {
        cn[0] = '\0';
        return 0;
    }

    return found;
}


int
ioa_cert_has_key_ids(const ioa_cert_t *cert)
{
    ioa_reader_t  value;

    return ioa_cert_extension(&value, cert, ioa_cert_ski,
                              sizeof(ioa_cert_ski))
           && ioa_cert_extension(&value, cert, ioa_cert_aki,
                                 sizeof(ioa_cert_aki));
}
