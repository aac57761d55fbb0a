/*
 * rim_node: see rim_node.h.
 */

#include <stdlib.h>
#include <string.h>

#include "rim_node.h"

#define IOATTEST_RIM_ALGORITHM_MAX  127


static int
ioattest_rim_same(const xmlChar *one, const char *two)
{
    return one != NULL && strcmp((const char *) one, two) == 0;
}


static int
ioattest_rim_blank(const xmlChar *text)
{
    return text == NULL
           || text[strspn((const char *) text, " \t\r\n")] == '\0';
}


/* The node behind this one in the order of the document, root at last. */
static const xmlNode *
ioattest_rim_walk(const xmlNode *node)
{
    if (node->type == XML_ELEMENT_NODE && node->children != NULL) {
        return node->children;
    }

    while (node != NULL && node->next == NULL) {
        node = node->parent;

        if (node != NULL && node->type != XML_ELEMENT_NODE) {
            return NULL;
        }
    }

    return node == NULL ? NULL : node->next;
}


int
ioattest_rim_plain(char why[IOATTEST_RIM_WHY_MAX], xmlDocPtr doc)
{
    const xmlNode  *node;

    for (node = doc->children; node != NULL; node = ioattest_rim_walk(node)) {

        if (node->type == XML_ELEMENT_NODE) {
            continue;
        }

        if (node->type != XML_TEXT_NODE) {
            return ioattest_rim_why(why, "it holds more than elements and "
                                    "text");
        }

        if (!ioattest_rim_blank(node->content)
            && (node->parent->ns == NULL
                || !ioattest_rim_same(node->parent->ns->href,
                                      IOATTEST_RIM_DSIG)))
        {
            return ioattest_rim_why(why, "it holds text outside of its "
                                    "signature");
        }
    }

    return 1;
}


int
ioattest_rim_is(const xmlNode *node, const char *space, const char *name)
{
    return node != NULL && node->type == XML_ELEMENT_NODE && node->ns != NULL
           && ioattest_rim_same(node->ns->href, space)
           && ioattest_rim_same(node->name, name);
}


static const xmlNode *
ioattest_rim_element(const xmlNode *node)
{
    while (node != NULL && node->type != XML_ELEMENT_NODE) {
        node = node->next;
    }

    return node;
}


const xmlNode *
ioattest_rim_first(const xmlNode *node)
{
    return ioattest_rim_element(node->children);
}


const xmlNode *
ioattest_rim_next(const xmlNode *node)
{
    return ioattest_rim_element(node->next);
}


const xmlNode *
ioattest_rim_child(const xmlNode *node, const char *name)
{
    node = ioattest_rim_first(node);

    return ioattest_rim_is(node, IOATTEST_RIM_DSIG, name) ? node : NULL;
}


const xmlNode *
ioattest_rim_then(const xmlNode *node, const char *name)
{
    node = ioattest_rim_next(node);

    return ioattest_rim_is(node, IOATTEST_RIM_DSIG, name) ? node : NULL;
}


/* An attribute's value is one piece of text where there are no entities. */
static int
ioattest_rim_value(char *text, size_t max, const xmlAttr *attr)
{
    size_t  n;

    text[0] = '\0';

    if (attr->children == NULL) {
        return 1;
    }

    if (attr->children->type != XML_TEXT_NODE
        || attr->children->next != NULL || attr->children->content == NULL)
    {
        return 0;
    }

    n = strlen((const char *) attr->children->content);

    if (n > max) {
        return 0;
    }

    memcpy(text, attr->children->content, n);
    text[n] = '\0';

    return 1;
}


int
ioattest_rim_attribute(char *text, size_t max, const xmlNode *node,
    const char *space, const char *name)
{
    const xmlAttr  *attr;

    for (attr = node->properties; attr != NULL; attr = attr->next) {

        if (ioattest_rim_same(attr->name, name)
            && (space == NULL ? attr->ns == NULL
                              : attr->ns != NULL
                                && ioattest_rim_same(attr->ns->href, space)))
        {
            return ioattest_rim_value(text, max, attr);
        }
    }

    return 0;
}


int
ioattest_rim_only(const xmlNode *node, const char *name, const char *value)
{
    char  text[IOATTEST_RIM_ALGORITHM_MAX + 1];

    if (name == NULL) {
        return node->properties == NULL;
    }

    return node->properties != NULL && node->properties->next == NULL
           && ioattest_rim_attribute(text, IOATTEST_RIM_ALGORITHM_MAX, node,
                                     NULL, name)
           && strcmp(text, value) == 0;
}


int
ioattest_rim_algorithm(const xmlNode *node, const char *uri)
{
    return ioattest_rim_only(node, "Algorithm", uri)
           && ioattest_rim_first(node) == NULL;
}


int
ioattest_rim_base64(uint8_t *bytes, size_t *n, size_t cap,
    const xmlNode *node)
{
    int             ok;
    char           *packed;
    size_t          len = 0;
    const xmlChar  *text;

    /* one piece of text: what is in it was read by nobody else otherwise */

    if (node->children == NULL || node->children->type != XML_TEXT_NODE
        || node->children->next != NULL || node->children->content == NULL
        || node->properties != NULL)
    {
        return 0;
    }

    text = node->children->content;
    packed = malloc(strlen((const char *) text) + 1);

    if (packed == NULL) {
        return 0;
    }

    for ( ; *text != '\0'; text++) {
        if (strchr(" \t\r\n", *text) == NULL) {
            packed[len++] = (char) *text;
        }
    }

    ok = ioa_base64_decode(bytes, n, cap, (const uint8_t *) packed, len);

    free(packed);

    return ok;
}
