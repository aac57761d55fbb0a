/*
 * rim_ocsp: one file of ioattest rim: were the certificates of a manifest
 * revoked?  A responder is asked about each but the root.  See rim.h.
 */

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "attest.h"
#include "input.h"
#include "rim.h"

#define IOATTEST_RIM_OCSP_SECONDS  20
#define IOATTEST_RIM_OCSP_OK       200


/* What counts as good.  In: said, of the i-th certificate, named cn. */
static int
ioattest_rim_ocsp_good(char why[IOATTEST_RIM_WHY_MAX],
    const ioa_ocsp_said_t *said, size_t i, const char *cn)
{
    switch (said->status) {
    case IOA_OCSP_GOOD:
        return 1;
    case IOA_OCSP_REVOKED:
        return ioattest_rim_why(why, "certificate %zu, \"%s\", was revoked: "
                                "%s", i, cn, said->why);
    case IOA_OCSP_HOLD:
        return ioattest_rim_why(why, "certificate %zu, \"%s\", is on "
                                "certificateHold", i, cn);
    case IOA_OCSP_UNKNOWN:
        return ioattest_rim_why(why, "certificate %zu, \"%s\", is unknown to "
                                "the OCSP responder", i, cn);
    default: /* IOA_OCSP_BAD */
        return ioattest_rim_why(why, "the OCSP answer about certificate %zu, "
                                "\"%s\", does not count: %s", i, cn,
                                said->why);
    }
}


static int
ioattest_rim_ocsp_one(char why[IOATTEST_RIM_WHY_MAX],
    const ioa_chain_t *chain, size_t i, const char *cn, const char *url,
    int64_t now)
{
    char             text[2 * IOA_OCSP_ID_MAX + 1];
    char             failed[IOATTEST_ATTEST_WHY_MAX];
    long             status;
    uint8_t          request[IOA_OCSP_REQUEST_MAX];
    uint8_t          nonce32[IOA_OCSP_NONCE_LEN];
    ioa_bytes_t      reply;
    ioa_reader_t     answer;
    ioa_ocsp_id_t    id;
    ioattest_ask_t   ask = { .option = "--ocsp", .url = url, .plain = 1,
                             .type = "application/ocsp-request",
                             .seconds = IOATTEST_RIM_OCSP_SECONDS };
    ioa_ocsp_said_t  said = { .status = IOA_OCSP_BAD, .why = "" };

    if (!ioa_ocsp_id(&id, chain, i)
        || RAND_bytes(nonce32, sizeof(nonce32)) != 1)
    {
        return ioattest_rim_why(why, "certificate %zu, \"%s\", cannot be "
                                "asked for by OCSP", i, cn);
    }

    memset(text, 0, sizeof(text));
    ioa_hex_encode((uint8_t *) text, id.bytes, id.len);
    ask.body.data = request;
    ask.body.len = ioa_ocsp_request(request, text, nonce32);

    if (ask.body.len == 0) {
        return ioattest_rim_why(why, "certificate %zu, \"%s\", cannot be "
                                "asked for by OCSP", i, cn);
    }

    if (!ioattest_ask(&status, &reply, failed, &ask)) {
        (void) ioattest_rim_why(why, "no OCSP answer about certificate %zu, "
                                "\"%s\": %s", i, cn, failed);

    } else if (status != IOATTEST_RIM_OCSP_OK
               || reply.len > IOA_OCSP_ANSWER_MAX)
    {
        said.why = "it is no answer of an OCSP responder";
        (void) ioattest_rim_ocsp_good(why, &said, i, cn);

    } else {
        ioa_reader_init(&answer, reply.data, reply.len);
        ioa_ocsp_judge(&said, chain, i, answer, nonce32, now);
        (void) ioattest_rim_ocsp_good(why, &said, i, cn);
    }

    ioattest_input_free(&reply);

    return said.status == IOA_OCSP_GOOD;
}


int
ioattest_rim_ocsp(char why[IOATTEST_RIM_WHY_MAX], const ioa_chain_t *chain,
    int64_t now, const void *url)
{
    char    cn[IOA_CHAIN_CN_MAX + 1], issuer[IOA_CHAIN_CN_MAX + 1];
    size_t  i, n;

    n = ioa_chain_count(chain);

    for (i = 0; i < n; i++) {

        if (!ioa_chain_subject_cn(cn, chain, i)
            || !ioa_chain_issuer_cn(issuer, chain, i))
        {
            return ioattest_rim_why(why, "certificate %zu has no name", i);
        }

        if (i + 1 == n && strcmp(cn, issuer) == 0) {
            return 1;
        }

        if (!ioattest_rim_ocsp_one(why, chain, i, cn, url, now)) {
            return 0;
        }
    }

    return ioattest_rim_why(why, "its certificates do not end with a root");
}
