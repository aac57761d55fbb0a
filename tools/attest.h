/*
 * attest: the question that "ioattest attest" puts to the API, and those of
 * "ioattest rim" to an OCSP responder.
 *
 * attest_curl.c is built where libcurl is there, else attest_none.c.
 */

#ifndef IOATTEST_ATTEST_H
#define IOATTEST_ATTEST_H

#include "attest/ioattest.h"

#define IOATTEST_ATTEST_WHY_MAX  512

typedef struct {
    const char  *option;        /* that has the URL: "--url" */
    const char  *url;           /* https://, or http:// where plain is set */
    int          plain;         /* the reply is signed and not secret */
    const char  *type;          /* of the body */
    const char  *ca;            /* file of roots; NULL: the system's */
    const char  *key;           /* NULL: none */
    long         seconds;       /* for all of it */
    ioa_bytes_t  body;
} ioattest_ask_t;

/* 1 if this program can ask. */
int ioattest_ask_built(void);

/*
 * Sends the body as a POST, over TLS that is verified.  A redirect is not
 * followed, and not more of a reply is taken than IOA_REPORT_SIZE_MAX.
 *
 * Returns: 1 if the server answered, with any status; 0 with a sentence in
 * why.
 * Out: *status; reply, to be given to ioattest_input_free whatever is
 * returned.
 */
int ioattest_ask(long *status, ioa_bytes_t *reply,
    char why[IOATTEST_ATTEST_WHY_MAX], const ioattest_ask_t *ask)
    IOA_MUST_CHECK;

#endif
