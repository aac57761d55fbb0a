/*
 * fuzz_reqmodel: ioa_reqmodel.  However the body is cut, the result is the
 * same; a body with a hash is accepted by the model scanner as well, which
 * accepts more bodies, with the same name.  The same body with members that
 * an API's front adds has the hash that ioa_reqmodel_again says, and members
 * that ioa_guess finds have the hash that they were guessed from.
 */

#include "fuzz.h"
#include "agent/ioa_guess.h"
#include "agent/ioa_reqmodel.h"

#define TEXT_MAX  (1024 * 1024)
#define ADDED     "{\"temperature\":0.7,\"top_p\":1,\"n\":1,\"stop\":null,"    \
                  "\"stream_options\":{\"include_usage\":true,\"a\":{}},"      \
                  "\"tools\":[],\"x\":\"\\u00e4\"}"


static ioa_status_t
read_body(ioa_reqmodel_result_t *res, ioa_reqmodel_t *rm, const uint8_t *data,
    size_t n, uint32_t seed)
{
    size_t        m;
    uint8_t      *copy;
    ioa_status_t  st = IOA_OK;

    while (n != 0 && st == IOA_OK) {
        seed = seed * 1664525 + 1013904223 * (seed != 0);
        m = seed == 0 ? n : seed % 9 + 1;
        m = m < n ? m : n;
        copy = fuzz_exact(data, m);
        st = ioa_reqmodel_update(rm, copy, m);
        free(copy);
        data += m;
        n -= m;
    }

    return ioa_reqmodel_final(res, rm);
}


static void
compare_model(const ioa_reqmodel_result_t *res, const uint8_t *data, size_t n)
{
    size_t               len;
    ioa_status_t         st;
    const uint8_t       *name;
    ioa_request_scan_t  *scan = malloc(ioa_request_scan_size());

    fuzz_assert(scan != NULL);
    ioa_request_scan_init(scan);

    fuzz_assert(ioa_request_scan_update(scan, data, n) == IOA_OK
                || res->model_status != IOA_OK);

    st = ioa_request_scan_final(&name, &len, scan);
    fuzz_assert(st == res->model_status);

    if (st == IOA_OK) {
        fuzz_assert(len == res->model.len
                    && memcmp(name, res->model.data, len) == 0);
    }

    free(scan);
}


/* By both ways: defaults before the end, or other ones behind it. */
static void
compare_added(ioa_reqmodel_t *plain, const uint8_t *data, size_t n,
    uint32_t seed)
{
    uint8_t                 digest32[IOA_SHA256_LEN];
    ioa_status_t            st;
    ioa_reqmodel_t         *rm = ioa_reqmodel_new(TEXT_MAX);
    ioa_reqmodel_result_t   res, none;

    static ioa_defaults_t  *defaults;

    if (defaults == NULL) {
        char  error[IOA_DEFAULTS_ERROR_MAX];

        fuzz_assert(ioa_defaults_parse(&defaults, error,
                                       (const uint8_t *) ADDED,
                                       sizeof(ADDED) - 1));
    }

    fuzz_assert(rm != NULL);
    memset(&none, 0, sizeof(none));

    ioa_reqmodel_defaults(rm, defaults);
    st = read_body(&res, rm, data, n, seed);
    fuzz_assert(st == IOA_OK
                || memcmp(res.digest32, none.digest32, IOA_SHA256_LEN) == 0);

    fuzz_assert(ioa_reqmodel_again(digest32, plain, defaults, TEXT_MAX)
                == st);
    fuzz_assert(memcmp(digest32, res.digest32, IOA_SHA256_LEN) == 0);

    ioa_reqmodel_free(rm);
}


/* The body's own hash is always explained, and one of nothing never. */
static void
compare_guess(ioa_reqmodel_t *rm, const ioa_reqmodel_result_t *res)
{
    char             error[IOA_DEFAULTS_ERROR_MAX];
    uint8_t          digest32[IOA_SHA256_LEN];
    const char      *members;
    ioa_defaults_t  *defaults;

    static const uint8_t  nothing32[IOA_SHA256_LEN];

    members = ioa_guess(rm, res->digest32, TEXT_MAX);
    fuzz_assert(members != NULL);
    fuzz_assert(ioa_defaults_parse(&defaults, error,
                                   (const uint8_t *) members,
                                   strlen(members)));
    fuzz_assert(ioa_reqmodel_again(digest32, rm, defaults, TEXT_MAX)
                == IOA_OK);
    fuzz_assert(memcmp(digest32, res->digest32, IOA_SHA256_LEN) == 0);
    ioa_defaults_free(defaults);

    fuzz_assert(ioa_guess(rm, nothing32, TEXT_MAX) == NULL);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ioa_status_t           st;
    const char            *member;
    ioa_reqmodel_t        *a, *b;
    ioa_reqmodel_result_t  whole, cut;

    a = ioa_reqmodel_new(TEXT_MAX);
    b = ioa_reqmodel_new(TEXT_MAX);
    fuzz_assert(a != NULL && b != NULL);

    st = read_body(&whole, a, data, n, 0);
    fuzz_assert((st == IOA_REQUEST_AMBIGUOUS
                 || whole.model_status == IOA_REQUEST_AMBIGUOUS)
                == (ioa_reqmodel_cause(a, &member) != IOA_CAUSE_NONE));
    fuzz_assert(read_body(&cut, b, data, n, (uint32_t) n + 1) == st);
    fuzz_assert(memcmp(whole.digest32, cut.digest32, IOA_SHA256_LEN) == 0
                && whole.stream == cut.stream
                && whole.model_status == cut.model_status
                && whole.model.len == cut.model.len);

    if (st == IOA_OK) {
        compare_model(&whole, data, n);
        compare_added(a, data, n, (uint32_t) n + 1);
        compare_guess(a, &whole);
    }

    ioa_reqmodel_free(a);
    ioa_reqmodel_free(b);

    return 0;
}
