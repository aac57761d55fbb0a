/*
 * attest_none: what stands in the place of attest_curl.c where libcurl is not
 * there.
 */

#include <stdio.h>

#include "attest.h"


int
ioattest_ask_built(void)
{
    return 0;
}


int
ioattest_ask(long *status, ioa_bytes_t *reply,
    char why[IOATTEST_ATTEST_WHY_MAX], const ioattest_ask_t *ask)
{
    (void) ask;

    *status = 0;
    reply->data = NULL;
    reply->len = 0;

    (void) snprintf(why, IOATTEST_ATTEST_WHY_MAX,
                    "this program was built without libcurl");

    return 0;
}
