/*
 * rim_node: elements and attributes of a manifest, for rim_xml.c.
 */

#ifndef IOATTEST_RIM_NODE_H
#define IOATTEST_RIM_NODE_H

#include <libxml/tree.h>

#include "rim.h"

#define IOATTEST_RIM_SWID                                                     \
    "http://standards.iso.org/iso/19770/-2/2015/schema.xsd"
#define IOATTEST_RIM_DSIG  "http://www.w3.org/2000/09/xmldsig#"

/*
 * 1 where the document holds elements and text alone, and text that is not
 * white space in elements of the signature alone.
 */
int ioattest_rim_plain(char why[IOATTEST_RIM_WHY_MAX], xmlDocPtr doc)
    IOA_MUST_CHECK;

/* 1 where it is the element of that name. */
int ioattest_rim_is(const xmlNode *node, const char *space,
    const char *name);

/* The first child, or the next of its parent's, that is an element. */
const xmlNode *ioattest_rim_first(const xmlNode *node);
const xmlNode *ioattest_rim_next(const xmlNode *node);

/* The same where it is the signature's element of that name; else NULL. */
const xmlNode *ioattest_rim_child(const xmlNode *node, const char *name);
const xmlNode *ioattest_rim_then(const xmlNode *node, const char *name);

/*
 * An attribute's value; space NULL for one without a namespace.
 * Returns: 1; 0 where there is none or it has more than max bytes.
 * Out: text, terminated.
 */
int ioattest_rim_attribute(char *text, size_t max, const xmlNode *node,
    const char *space, const char *name) IOA_MUST_CHECK;

/* 1 where it has this attribute alone, so valued; name NULL for none. */
int ioattest_rim_only(const xmlNode *node, const char *name,
    const char *value);

/* 1 where its Algorithm is that one and it says nothing else. */
int ioattest_rim_algorithm(const xmlNode *node, const char *uri);

/*
 * The bytes of an element that holds base64, white space in it left out.
 * Returns: 1; 0 where it is not such or does not fit.
 */
int ioattest_rim_base64(uint8_t *bytes, size_t *n, size_t cap,
    const xmlNode *node) IOA_MUST_CHECK;

/*
 * What Meta and Payload say (rim_payload.c).
 * Returns: 1; 0, and in why what is wrong.
 */
int ioattest_rim_meta(ioattest_rim_xml_t *xml,
    char why[IOATTEST_RIM_WHY_MAX], const xmlNode *meta) IOA_MUST_CHECK;
int ioattest_rim_payload(ioattest_rim_xml_t *xml,
    char why[IOATTEST_RIM_WHY_MAX], const xmlNode *payload) IOA_MUST_CHECK;

#endif
