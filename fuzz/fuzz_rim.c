/*
 * fuzz_rim: a reference manifest, as the command line tool reads it: the
 * whole of it under a root that signed none, its XML, and, past the digest
 * that no mutation can keep, what its Meta and Payload say.
 */

#include <libxml/parser.h>

#include "fuzz_root.h"
#include "rim_node.h"

#define FUZZ_RIM_NOW  1750000000


/* Whatever is read is terminated, and counts no more than there is room. */
static void
fuzz_said(const ioattest_rim_xml_t *xml)
{
    size_t  i;

    fuzz_assert(memchr(xml->chip, '\0', sizeof(xml->chip)) != NULL);
    fuzz_assert(memchr(xml->version, '\0', sizeof(xml->version)) != NULL);
    fuzz_assert(xml->certs_n <= IOATTEST_RIM_CERTS_MAX);

    for (i = 0; i < IOATTEST_RIM_INDICES; i++) {
        fuzz_assert(xml->indices[i].n <= IOATTEST_RIM_VALUES_MAX);
    }
}


/* Each element, as if it were the Meta and the Payload of a manifest. */
static void
fuzz_elements(const uint8_t *data, size_t n)
{
    char                 why[IOATTEST_RIM_WHY_MAX];
    xmlDocPtr            doc;
    const xmlNode       *node;
    ioattest_rim_t       rim;
    const ioa_bytes_t    none = { NULL, 0 };

    doc = xmlReadMemory((const char *) data, (int) n, NULL, "UTF-8",
                        XML_PARSE_NONET | XML_PARSE_NOERROR
                        | XML_PARSE_NOWARNING);

    if (doc == NULL) {
        return;
    }

    memset(&rim, 0, sizeof(rim));
    node = xmlDocGetRootElement(doc);
    node = node == NULL ? NULL : ioattest_rim_first(node);

    for ( ; node != NULL; node = ioattest_rim_next(node)) {

        if (ioattest_rim_meta(&rim.xml, why, node)
            && ioattest_rim_identify(&rim, why, none, "a_b_c_9600010203.xml"))
        {
            fuzz_assert(rim.id[0] != '\0');
        }

        (void) !ioattest_rim_payload(&rim.xml, why, node);
        fuzz_said(&rim.xml);
    }

    xmlFreeDoc(doc);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char                  why[IOATTEST_RIM_WHY_MAX];
    uint8_t              *text;
    ioa_bytes_t           bytes;
    ioattest_rim_t        rim;
    ioattest_rim_xml_t    xml;
    static ioa_roots_t   *roots;
    ioattest_rim_trust_t  trust = { .now = FUZZ_RIM_NOW };

    if (roots == NULL) {
        fuzz_assert(ioa_roots_parse(&roots, (const uint8_t *) fuzz_root,
                                    sizeof(fuzz_root) - 1) == IOA_CHAIN_OK);
    }

    text = fuzz_exact(data, n);
    bytes.data = text;
    bytes.len = n;

    trust.roots = roots;
    fuzz_assert(!ioattest_rim_verify(&rim, why, "fuzz", bytes, &trust));
    fuzz_assert(why[0] != '\0');
    ioattest_rim_xml_free(&rim.xml);

    if (ioattest_rim_xml(&xml, why, bytes)) {
        fuzz_said(&xml);
        fuzz_assert(xml.signed_info.len != 0 && xml.certs_n != 0);
    }

    ioattest_rim_xml_free(&xml);
    fuzz_elements(text, n);
    free(text);

    return 0;
}
