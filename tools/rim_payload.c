/*
 * rim_payload: what a manifest says of measurements.  Attributes and values
 * that are not known are refused: what is left out here is compared nowhere.
 */

#include <stdlib.h>
#include <string.h>

#include "rim_node.h"

#define IOATTEST_RIM_HASHES                                                   \
    "http://www.w3.org/2001/04/xmlenc#sha384"
#define IOATTEST_RIM_TCG                                                      \
    "https://trustedcomputinggroup.org/resource/"                             \
    "tcg-reference-integrity-manifest-rim-information-model/"

#define IOATTEST_RIM_NVIDIA        "5703"
#define IOATTEST_RIM_VALUE_MAX     127
#define IOATTEST_RIM_KNOWN         6    /* attributes besides the hashes */


/* A number as NVIDIA writes it: no sign, no zero before it. */
static int
ioattest_rim_number(unsigned *number, const char *text)
{
    size_t  n = strlen(text);

    if (n == 0 || n > 3 || strspn(text, "0123456789") != n
        || (n > 1 && text[0] == '0'))
    {
        return 0;
    }

    *number = (unsigned) strtoul(text, NULL, 10);

    return 1;
}


int
ioattest_rim_meta(ioattest_rim_xml_t *xml, char why[IOATTEST_RIM_WHY_MAX],
    const xmlNode *meta)
{
    char    word[IOATTEST_RIM_WORD_MAX + 1];
    size_t  n;

    if (!ioattest_rim_attribute(word, IOATTEST_RIM_WORD_MAX, meta,
                                IOATTEST_RIM_TCG, "FirmwareManufacturerId")
        || strcmp(word, IOATTEST_RIM_NVIDIA) != 0)
    {
        return ioattest_rim_why(why, "its maker is not NVIDIA");
    }

    if (!ioattest_rim_attribute(word, IOATTEST_RIM_WORD_MAX, meta, NULL,
                                "edition")
        || strcmp(word, "GPU") != 0)
    {
        return ioattest_rim_why(why, "it is not of a GPU");
    }

    if (!ioattest_rim_attribute(xml->chip, IOA_GPU_CHIP_MAX, meta, NULL,
                                "product")
        || !ioattest_rim_attribute(xml->version, IOATTEST_RIM_WORD_MAX, meta,
                                   NULL, "colloquialVersion"))
    {
        return ioattest_rim_why(why, "it does not say its product and "
                                "version");
    }

    n = strlen(xml->chip);

    if (n < 3 || xml->chip[0] != 'G'
        || strspn(xml->chip, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != n)
    {
        return ioattest_rim_why(why, "its product %s is no GPU's",
                                xml->chip);
    }

    return ioattest_rim_first(meta) == NULL
           || ioattest_rim_why(why, "its Meta holds an element");
}


/* How many attributes it has. */
static size_t
ioattest_rim_attributes(const xmlNode *node)
{
    size_t          n = 0;
    const xmlAttr  *attr;

    for (attr = node->properties; attr != NULL; attr = attr->next) {
        n++;
    }

    return n;
}


/* Out: *active, and of an active one its values. */
static int
ioattest_rim_hashes(ioattest_rim_index_t *to, int *active,
    const xmlNode *node)
{
    char                  name[sizeof("Hash0")] = "Hash0", word[8],
                          hex[2 * IOATTEST_RIM_HASH_LEN + 1];
    unsigned              n, i;
    ioattest_rim_index_t  index;

    memset(&index, 0, sizeof(index));

    if (!ioattest_rim_attribute(word, sizeof(word) - 1, node, NULL, "active"))
    {
        return 0;
    }

    *active = strcmp(word, "True") == 0;

    if (!*active && strcmp(word, "False") != 0) {
        return 0;
    }

    if (!ioattest_rim_attribute(word, sizeof(word) - 1, node, NULL,
                                "alternatives")
        || !ioattest_rim_number(&n, word) || n == 0
        || n > IOATTEST_RIM_VALUES_MAX
        || ioattest_rim_attributes(node) != IOATTEST_RIM_KNOWN + n)
    {
        return 0;
    }

    for (i = 0; i < n; i++) {
        name[sizeof("Hash") - 1] = (char) ('0' + i);

        if (!ioattest_rim_attribute(hex, sizeof(hex) - 1, node,
                                    IOATTEST_RIM_HASHES, name)
            || !ioa_hex_decode(index.values[i], IOATTEST_RIM_HASH_LEN,
                               (const uint8_t *) hex, strlen(hex)))
        {
            return 0;
        }
    }

    index.n = n;

    if (*active) {
        *to = index;
    }

    return 1;
}


/* seen: which indices have stood there. */
static int
ioattest_rim_resource(ioattest_rim_xml_t *xml,
    char why[IOATTEST_RIM_WHY_MAX], uint64_t *seen, const xmlNode *node)
{
    int       active;
    char      type[IOATTEST_RIM_WORD_MAX + 1], size[8], number[8],
              name[IOATTEST_RIM_VALUE_MAX + 1];
    unsigned  index;

    if (!ioattest_rim_is(node, IOATTEST_RIM_SWID, "Resource")
        || ioattest_rim_first(node) != NULL
        || !ioattest_rim_attribute(type, IOATTEST_RIM_WORD_MAX, node, NULL,
                                   "type")
        || strcmp(type, "Measurement") != 0)
    {
        return ioattest_rim_why(why, "its Payload holds something else than "
                                "measurements");
    }

    if (!ioattest_rim_attribute(number, sizeof(number) - 1, node, NULL,
                                "index")
        || !ioattest_rim_number(&index, number))
    {
        return ioattest_rim_why(why, "a measurement has no index");
    }

    if (index >= IOATTEST_RIM_INDICES) {
        return ioattest_rim_why(why, "index %u: " IOA_NEWER_FORMAT, index);
    }

    if ((*seen >> index & 1) != 0) {
        return ioattest_rim_why(why, "index %u stands there twice", index);
    }

    *seen |= (uint64_t) 1 << index;

    if (!ioattest_rim_attribute(size, sizeof(size) - 1, node, NULL, "size")
        || strcmp(size, "48") != 0
        || !ioattest_rim_attribute(name, IOATTEST_RIM_VALUE_MAX, node, NULL,
                                   "name")
        || !ioattest_rim_hashes(&xml->indices[index], &active, node))
    {
        return ioattest_rim_why(why, "index %u is not a measurement of a "
                                "known form", index);
    }

    return 1;
}


int
ioattest_rim_payload(ioattest_rim_xml_t *xml, char why[IOATTEST_RIM_WHY_MAX],
    const xmlNode *payload)
{
    size_t          i, active = 0;
    uint64_t        seen = 0;
    const xmlNode  *node;

    for (node = ioattest_rim_first(payload); node != NULL;
         node = ioattest_rim_next(node))
    {
        if (!ioattest_rim_resource(xml, why, &seen, node)) {
            return 0;
        }
    }

    for (i = 0; i < IOATTEST_RIM_INDICES; i++) {
        active += xml->indices[i].n != 0;
    }

    return active != 0
           || ioattest_rim_why(why, "it has no measurement that counts");
}
