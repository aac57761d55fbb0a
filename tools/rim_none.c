/*
 * rim_none: what stands in the place of rim_xml.c where libxml2 is not there.
 */

#include <string.h>

#include "rim.h"


int
ioattest_rim_built(void)
{
    return 0;
}


int
ioattest_rim_xml(ioattest_rim_xml_t *xml, char why[IOATTEST_RIM_WHY_MAX],
    ioa_bytes_t text)
{
    (void) text;

    memset(xml, 0, sizeof(ioattest_rim_xml_t));

    return ioattest_rim_why(why, "this program was built without libxml2");
}


void
ioattest_rim_xml_free(ioattest_rim_xml_t *xml)
{
    (void) xml;
}
