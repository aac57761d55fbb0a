/*
 * rim_xml: the XML of a reference manifest, a SWID tag with an enveloped XML
 * signature, by libxml2.  See rim.h; doc/formats.md 10.5.
 *
 * What NVIDIA writes is taken and nothing else: no document type, comment,
 * processing instruction or CDATA, the elements of the signature in their
 * order, the algorithms by their exact names, one reference to the whole
 * document.  Payload and Meta are taken as children of the root, so that
 * what is read is what was signed, wherever else such elements may stand.
 */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <openssl/evp.h>

#include "rim.h"
#include "rim_node.h"

#define IOATTEST_RIM_C14N     "http://www.w3.org/2006/12/xml-c14n11"
#define IOATTEST_RIM_ECDSA                                                    \
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
#define IOATTEST_RIM_SHA384                                                   \
    "http://www.w3.org/2001/04/xmldsig-more#sha384"
#define IOATTEST_RIM_ENVELOPED                                                \
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

#define IOATTEST_RIM_CERT_MAX  8192

/* The parts of a document that count. */
typedef struct {
    const xmlNode  *meta;
    const xmlNode  *payload;
    const xmlNode  *signature;
    const xmlNode  *signed_info;
    const xmlNode  *digest;
    const xmlNode  *value;
    const xmlNode  *x509;
} ioattest_rim_parts_t;

/* Which nodes are written in canonical form: those below, or all others. */
typedef struct {
    const xmlNode  *node;
    int             below;
} ioattest_rim_visible_t;


int
ioattest_rim_built(void)
{
    return 1;
}


/*
 * The children of the root: Entity any number of times, and one each of
 * Meta, Payload and Signature.
 */
static int
ioattest_rim_children(ioattest_rim_parts_t *parts,
    char why[IOATTEST_RIM_WHY_MAX], const xmlNode *root)
{
    const xmlNode   *node;
    const xmlNode  **part;

    if (!ioattest_rim_is(root, IOATTEST_RIM_SWID, "SoftwareIdentity")) {
        return ioattest_rim_why(why, "its root is no SoftwareIdentity");
    }

    for (node = ioattest_rim_first(root); node != NULL;
         node = ioattest_rim_next(node))
    {
        if (ioattest_rim_is(node, IOATTEST_RIM_SWID, "Entity")) {
            continue;
        }

        part = ioattest_rim_is(node, IOATTEST_RIM_SWID, "Meta")
               ? &parts->meta
               : ioattest_rim_is(node, IOATTEST_RIM_SWID, "Payload")
               ? &parts->payload
               : ioattest_rim_is(node, IOATTEST_RIM_DSIG, "Signature")
               ? &parts->signature : NULL;

        if (part == NULL) {
            return ioattest_rim_why(why, "an element %.32s is not known",
                                    (const char *) node->name);
        }

        if (*part != NULL) {
            return ioattest_rim_why(why, "there are two elements %.32s",
                                    (const char *) node->name);
        }

        *part = node;
    }

    if (parts->meta == NULL || parts->payload == NULL
        || parts->signature == NULL)
    {
        return ioattest_rim_why(why, "Meta, Payload or Signature is missing");
    }

    return 1;
}


/* The two transforms, in their order. */
static int
ioattest_rim_transforms(const xmlNode *transforms)
{
    const xmlNode  *one, *two;

    return ioattest_rim_only(transforms, NULL, NULL)
           && (one = ioattest_rim_child(transforms, "Transform")) != NULL
           && ioattest_rim_algorithm(one, IOATTEST_RIM_ENVELOPED)
           && (two = ioattest_rim_then(one, "Transform")) != NULL
           && ioattest_rim_algorithm(two, IOATTEST_RIM_C14N)
           && ioattest_rim_next(two) == NULL;
}


/* Out: parts->digest. */
static int
ioattest_rim_reference(ioattest_rim_parts_t *parts,
    char why[IOATTEST_RIM_WHY_MAX], const xmlNode *reference)
{
    const xmlNode  *transforms, *method;

    if (ioattest_rim_next(reference) != NULL) {
        return ioattest_rim_why(why, "it has not exactly one Reference");
    }

    if (!ioattest_rim_only(reference, "URI", "")) {
        return ioattest_rim_why(why, "its Reference is not to the whole "
                                "document");
    }

    transforms = ioattest_rim_child(reference, "Transforms");

    if (transforms == NULL || !ioattest_rim_transforms(transforms)) {
        return ioattest_rim_why(why, "its transforms are not the two of a "
                                "manifest");
    }

    method = ioattest_rim_then(transforms, "DigestMethod");

    if (method == NULL
        || !ioattest_rim_algorithm(method, IOATTEST_RIM_SHA384))
    {
        return ioattest_rim_why(why, "its digest is not SHA-384");
    }

    parts->digest = ioattest_rim_then(method, "DigestValue");

    if (parts->digest == NULL || ioattest_rim_next(parts->digest) != NULL) {
        return ioattest_rim_why(why, "its DigestValue is not in its place");
    }

    return 1;
}


static int
ioattest_rim_signed_info(ioattest_rim_parts_t *parts,
    char why[IOATTEST_RIM_WHY_MAX])
{
    const xmlNode  *c14n, *method, *reference;

    c14n = ioattest_rim_child(parts->signed_info, "CanonicalizationMethod");

    if (c14n == NULL || !ioattest_rim_algorithm(c14n, IOATTEST_RIM_C14N)) {
        return ioattest_rim_why(why, "its canonicalization is not C14N 1.1");
    }

    method = ioattest_rim_then(c14n, "SignatureMethod");

    if (method == NULL
        || !ioattest_rim_algorithm(method, IOATTEST_RIM_ECDSA))
    {
        return ioattest_rim_why(why, "its signature method is not ECDSA with "
                                "SHA-384");
    }

    reference = ioattest_rim_then(method, "Reference");

    if (reference == NULL) {
        return ioattest_rim_why(why, "it has not exactly one Reference");
    }

    return ioattest_rim_reference(parts, why, reference);
}


static int
ioattest_rim_signature(ioattest_rim_parts_t *parts,
    char why[IOATTEST_RIM_WHY_MAX])
{
    const xmlNode  *info;

    if (!ioattest_rim_only(parts->signature, NULL, NULL)
        || (parts->signed_info = ioattest_rim_child(parts->signature,
                                                    "SignedInfo")) == NULL
        || !ioattest_rim_only(parts->signed_info, NULL, NULL)
        || (parts->value = ioattest_rim_then(parts->signed_info,
                                             "SignatureValue")) == NULL
        || (info = ioattest_rim_then(parts->value, "KeyInfo")) == NULL
        || ioattest_rim_next(info) != NULL
        || (parts->x509 = ioattest_rim_child(info, "X509Data")) == NULL
        || ioattest_rim_next(parts->x509) != NULL)
    {
        return ioattest_rim_why(why, "the elements of its signature are not "
                                "those of a manifest");
    }

    return ioattest_rim_signed_info(parts, why);
}


/* For xmlC14NExecute.  A namespace comes with the element that has it. */
static int
ioattest_rim_is_visible(void *data, xmlNodePtr node, xmlNodePtr parent)
{
    const xmlNode                 *at;
    const ioattest_rim_visible_t  *visible = data;

    at = node != NULL && node->type == XML_NAMESPACE_DECL ? parent : node;

    for ( ; at != NULL; at = at->parent) {
        if (at == visible->node) {
            return visible->below;
        }
    }

    return !visible->below;
}


/* Returns: the canonical form, to be freed by xmlBufferFree; NULL. */
static xmlBufferPtr
ioattest_rim_canonical(xmlDocPtr doc, const xmlNode *node, int below)
{
    int                     n;
    xmlBufferPtr            buffer;
    xmlOutputBufferPtr      out;
    ioattest_rim_visible_t  visible;

    visible.node = node;
    visible.below = below;
    buffer = xmlBufferCreate();
    out = buffer == NULL ? NULL : xmlOutputBufferCreateBuffer(buffer, NULL);

    if (out == NULL) {
        xmlBufferFree(buffer);
        return NULL;
    }

    n = xmlC14NExecute(doc, ioattest_rim_is_visible, &visible,
                       XML_C14N_1_1, NULL, 0, out);

    if (xmlOutputBufferClose(out) < 0 || n < 0
        || xmlBufferLength(buffer) <= 0)
    {
        xmlBufferFree(buffer);
        return NULL;
    }

    return buffer;
}


/* The whole document without its signature has the digest that is signed. */
static int
ioattest_rim_digest(const ioattest_rim_parts_t *parts,
    char why[IOATTEST_RIM_WHY_MAX], xmlDocPtr doc)
{
    int            ok;
    size_t         n;
    uint8_t        said[IOATTEST_RIM_HASH_LEN + 2];
    unsigned char  real[EVP_MAX_MD_SIZE];
    xmlBufferPtr   buffer;

    if (!ioattest_rim_base64(said, &n, sizeof(said), parts->digest)
        || n != IOATTEST_RIM_HASH_LEN)
    {
        return ioattest_rim_why(why, "its DigestValue is not 48 bytes in "
                                "base64");
    }

    buffer = ioattest_rim_canonical(doc, parts->signature, 0);

    if (buffer == NULL) {
        return ioattest_rim_why(why, "it has no canonical form");
    }

    ok = EVP_Digest(xmlBufferContent(buffer),
                    (size_t) xmlBufferLength(buffer), real, NULL,
                    EVP_sha384(), NULL)
         && memcmp(said, real, IOATTEST_RIM_HASH_LEN) == 0;

    xmlBufferFree(buffer);

    return ok || ioattest_rim_why(why, "its digest is not that of what it "
                                  "says: it was changed");
}


static int
ioattest_rim_signed(ioattest_rim_xml_t *xml,
    const ioattest_rim_parts_t *parts, char why[IOATTEST_RIM_WHY_MAX],
    xmlDocPtr doc)
{
    size_t         n;
    uint8_t        sig[IOATTEST_RIM_SIG_LEN + 2], *copy;
    xmlBufferPtr   buffer;

    if (!ioattest_rim_base64(sig, &n, sizeof(sig), parts->value)
        || n != IOATTEST_RIM_SIG_LEN)
    {
        return ioattest_rim_why(why, "its SignatureValue is not r and s of "
                                "48 bytes each in base64");
    }

    memcpy(xml->sig96, sig, IOATTEST_RIM_SIG_LEN);
    buffer = ioattest_rim_canonical(doc, parts->signed_info, 1);
    copy = buffer == NULL ? NULL : malloc((size_t) xmlBufferLength(buffer));

    if (copy == NULL) {
        xmlBufferFree(buffer);
        return ioattest_rim_why(why, "its SignedInfo has no canonical form");
    }

    xml->signed_info.data = copy;
    xml->signed_info.len = (size_t) xmlBufferLength(buffer);
    memcpy(copy, xmlBufferContent(buffer), xml->signed_info.len);
    xmlBufferFree(buffer);

    return 1;
}


static int
ioattest_rim_certificates(ioattest_rim_xml_t *xml,
    char why[IOATTEST_RIM_WHY_MAX], const xmlNode *x509)
{
    uint8_t        *der;
    ioa_bytes_t    *cert;
    const xmlNode  *node;

    for (node = ioattest_rim_first(x509); node != NULL;
         node = ioattest_rim_next(node))
    {
        if (!ioattest_rim_is(node, IOATTEST_RIM_DSIG, "X509Certificate")
            || xml->certs_n == IOATTEST_RIM_CERTS_MAX)
        {
            return ioattest_rim_why(why, "its X509Data holds more than %d "
                                    "certificates, or something else",
                                    IOATTEST_RIM_CERTS_MAX);
        }

        der = malloc(IOATTEST_RIM_CERT_MAX);

        if (der == NULL) {
            return ioattest_rim_why(why, "out of memory");
        }

        cert = &xml->certs[xml->certs_n++];
        cert->data = der;

        if (!ioattest_rim_base64(der, &cert->len, IOATTEST_RIM_CERT_MAX,
                                 node))
        {
            return ioattest_rim_why(why, "certificate %zu is not base64",
                                    xml->certs_n - 1);
        }
    }

    return xml->certs_n != 0
           || ioattest_rim_why(why, "it has no certificate");
}


static int
ioattest_rim_document(ioattest_rim_xml_t *xml,
    char why[IOATTEST_RIM_WHY_MAX], xmlDocPtr doc)
{
    ioattest_rim_parts_t  parts;

    memset(&parts, 0, sizeof(ioattest_rim_parts_t));

    return ioattest_rim_plain(why, doc)
           && ioattest_rim_children(&parts, why, xmlDocGetRootElement(doc))
           && ioattest_rim_signature(&parts, why)
           && ioattest_rim_digest(&parts, why, doc)
           && ioattest_rim_signed(xml, &parts, why, doc)
           && ioattest_rim_certificates(xml, why, parts.x509)
           && ioattest_rim_meta(xml, why, parts.meta)
           && ioattest_rim_payload(xml, why, parts.payload);
}


/*
 * Before the parser sees it: bytes that begin a document type, a comment or
 * CDATA, and those of other encodings than ASCII's extensions.
 */
static int
ioattest_rim_harmless(ioa_bytes_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '\0'
            || (text.data[i] == '!' && i != 0 && text.data[i - 1] == '<'))
        {
            return 0;
        }
    }

    return 1;
}


int
ioattest_rim_xml(ioattest_rim_xml_t *xml, char why[IOATTEST_RIM_WHY_MAX],
    ioa_bytes_t text)
{
    int               ok = 0;
    xmlDocPtr         doc;
    xmlParserCtxtPtr  parser;

    memset(xml, 0, sizeof(ioattest_rim_xml_t));

    if (text.len > INT_MAX || !ioattest_rim_harmless(text)) {
        return ioattest_rim_why(why, "a manifest has no document type, "
                                "comment or CDATA, and no NUL");
    }

    parser = xmlNewParserCtxt();

    if (parser == NULL) {
        return ioattest_rim_why(why, "out of memory");
    }

    doc = xmlCtxtReadMemory(parser, (const char *) text.data,
                            (int) text.len, NULL, "UTF-8",
                            XML_PARSE_NONET | XML_PARSE_PEDANTIC
                            | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

    if (doc == NULL || !parser->wellFormed || !parser->nsWellFormed) {
        ok = ioattest_rim_why(why, "it is no XML that is well formed");

    } else if (doc->intSubset != NULL || doc->extSubset != NULL) {
        ok = ioattest_rim_why(why, "a manifest has no document type");

    } else {
        ok = ioattest_rim_document(xml, why, doc);
    }

    xmlFreeDoc(doc);
    xmlFreeParserCtxt(parser);

    return ok;
}


void
ioattest_rim_xml_free(ioattest_rim_xml_t *xml)
{
    size_t  i;

    for (i = 0; i < xml->certs_n; i++) {
        free((void *) xml->certs[i].data);
    }

    free((void *) xml->signed_info.data);
    memset(xml, 0, sizeof(ioattest_rim_xml_t));
}
