/*
 * cause: what both readers of a request say of one that can be read in more
 * than one way, whole and in pieces of any size.
 */

#include "agent/ioa_reqmodel.h"
#include "agent/ioa_request.h"
#include "unit.h"

#define TEXT_MAX  (1024 * 1024)

typedef struct {
    const char   *body;
    size_t        len;
    ioa_cause_t   scan;         /* IOA_CAUSE_NONE: it takes the body */
    ioa_cause_t   model;
    const char   *member;
} case_t;

#define BOTH(s, cause)          { s, sizeof(s) - 1, cause, cause, NULL }
#define HASH(s, cause)                                                        \
    { s, sizeof(s) - 1, IOA_CAUSE_NONE, cause, NULL }
#define MEMBER(s, cause, name)                                                \
    { s, sizeof(s) - 1, IOA_CAUSE_NONE, cause, name }

static const case_t  cases[] = {
    BOTH("{\"model\":\"a\"}", IOA_CAUSE_NONE),
    BOTH("\xef\xbb\xbf{\"model\":\"a\"}", IOA_CAUSE_NONE),
    MEMBER("{\"max_tokens\":256.0,\"n\":1}", IOA_CAUSE_NONE, NULL),

    BOTH("{\"a\":\"\xff\"}", IOA_CAUSE_NOT_UTF8),
    BOTH("{\"a\":\"x\xc0\xaf\"}", IOA_CAUSE_NOT_UTF8),
    BOTH("{\"a\":\"\xe4\xb8\"}", IOA_CAUSE_NOT_UTF8),
    BOTH("{\"a\":\"\xed\xa0\x80\"}", IOA_CAUSE_NOT_UTF8),
    BOTH("\xff\xfe{\0}\0", IOA_CAUSE_NOT_UTF8),
    BOTH("{\0\"\0m\0", IOA_CAUSE_NOT_UTF8),
    BOTH("\0{\0\"", IOA_CAUSE_NOT_UTF8),
    BOTH("{\"model\":\"a\"}\0", IOA_CAUSE_NOT_UTF8),

    BOTH("model=a", IOA_CAUSE_NOT_JSON),
    BOTH("{\"a\":1", IOA_CAUSE_NOT_JSON),
    BOTH("{\"a\":1} x", IOA_CAUSE_NOT_JSON),
    BOTH("{\"a\":1}{}", IOA_CAUSE_NOT_JSON),
    BOTH("{\"a\":1,}", IOA_CAUSE_NOT_JSON),
    BOTH("{'a':1}", IOA_CAUSE_NOT_JSON),
    BOTH("{\"a\":01}", IOA_CAUSE_NOT_JSON),
    BOTH("{\"a\":\"\n\"}", IOA_CAUSE_NOT_JSON),
    BOTH("{\"a\":\"\\x\"}", IOA_CAUSE_NOT_JSON),
    BOTH("{\"a\":tru}", IOA_CAUSE_NOT_JSON),
    BOTH("\xef\xbb{}", IOA_CAUSE_NOT_JSON),
    BOTH("\xef\xbb\xbf", IOA_CAUSE_NOT_JSON),
    BOTH("\xef\xbb\xbf\xef\xbb\xbf{}", IOA_CAUSE_NOT_JSON),
    BOTH(" ", IOA_CAUSE_NOT_JSON),

    BOTH("[]", IOA_CAUSE_NOT_OBJECT),
    BOTH("null", IOA_CAUSE_NOT_OBJECT),
    BOTH("\"model\"", IOA_CAUSE_NOT_OBJECT),
    BOTH("5", IOA_CAUSE_NOT_OBJECT),

    BOTH("{\"model\":\"a\",\"model\":\"b\"}", IOA_CAUSE_DUPLICATE),
    BOTH("{\"model\":\"a\",\"\\u006dodel\":1}", IOA_CAUSE_DUPLICATE),
    HASH("{\"a\":1,\"a\":2}", IOA_CAUSE_DUPLICATE),
    HASH("{\"x\":[{\"a\":1,\"\\u0061\":2}]}", IOA_CAUSE_DUPLICATE),

    BOTH("{\"model\":\"\\ud800\"}", IOA_CAUSE_SURROGATE),
    BOTH("{\"model\":\"\\udc00x\"}", IOA_CAUSE_SURROGATE),
    HASH("{\"a\":\"\\ud800\"}", IOA_CAUSE_SURROGATE),
    HASH("{\"a\":\"\\ud800x\"}", IOA_CAUSE_SURROGATE),
    HASH("{\"a\":\"\\ud83d\\n\"}", IOA_CAUSE_SURROGATE),

    BOTH("{\"model\":\"a\\u0000\"}", IOA_CAUSE_NUL),

    BOTH("{\"a\":NaN}", IOA_CAUSE_NUMBER),
    BOTH("{\"a\":Infinity}", IOA_CAUSE_NUMBER),
    HASH("{\"a\":1e400}", IOA_CAUSE_NUMBER),

    MEMBER("{\"max_tokens\":\"5\"}", IOA_CAUSE_STRING_FOR_NUMBER,
           "max_tokens"),
    MEMBER("{\"temperature\":\"0.5\"}", IOA_CAUSE_STRING_FOR_NUMBER,
           "temperature"),
    MEMBER("{\"top_p\":true}", IOA_CAUSE_BOOL_FOR_NUMBER, "top_p"),
    MEMBER("{\"n\":false}", IOA_CAUSE_BOOL_FOR_NUMBER, "n"),
    MEMBER("{\"temperature\":[]}", IOA_CAUSE_NOT_NUMBER, "temperature"),
    MEMBER("{\"n\":{}}", IOA_CAUSE_NOT_NUMBER, "n"),
    MEMBER("{\"max_tokens\":1.5}", IOA_CAUSE_NOT_WHOLE, "max_tokens"),
    MEMBER("{\"max_tokens\":1e20}", IOA_CAUSE_NOT_WHOLE, "max_tokens"),
    MEMBER("{\"stream\":1}", IOA_CAUSE_NOT_BOOL, "stream"),
    MEMBER("{\"logprobs\":\"true\"}", IOA_CAUSE_NOT_BOOL, "logprobs"),
    MEMBER("{\"model\":5}", IOA_CAUSE_NOT_STRING, "model"),
    MEMBER("{\"messages\":\"hi\"}", IOA_CAUSE_NOT_ARRAY, "messages")
};

#define CASES  (sizeof(cases) / sizeof(cases[0]))


static ioa_cause_t
scanned(const char *body, size_t n, size_t piece)
{
    size_t               m, len;
    uint8_t             *copy;
    ioa_cause_t          cause;
    ioa_status_t         st = IOA_OK;
    const uint8_t       *name;
    ioa_request_scan_t  *scan = malloc(ioa_request_scan_size());

    if (scan == NULL) {
        abort();
    }

    ioa_request_scan_init(scan);

    for ( ; n != 0 && st == IOA_OK; body += m, n -= m) {
        m = piece < n ? piece : n;
        copy = unit_exact(body, m);
        st = ioa_request_scan_update(scan, copy, m);
        free(copy);
    }

    st = ioa_request_scan_final(&name, &len, scan);
    cause = ioa_request_scan_cause(scan);

    free(scan);

    /* a cause and the status go together */
    return (cause != IOA_CAUSE_NONE) == (st == IOA_REQUEST_AMBIGUOUS)
           ? cause : IOA_CAUSE_MAX;
}


static ioa_cause_t
modelled(const char **member, const char *body, size_t n, size_t piece)
{
    size_t                  m;
    uint8_t                *copy;
    ioa_cause_t             cause;
    ioa_status_t            st = IOA_OK;
    ioa_reqmodel_t         *rm = ioa_reqmodel_new(TEXT_MAX);
    ioa_reqmodel_result_t   res;

    if (rm == NULL) {
        abort();
    }

    for ( ; n != 0 && st == IOA_OK; body += m, n -= m) {
        m = piece < n ? piece : n;
        copy = unit_exact(body, m);
        st = ioa_reqmodel_update(rm, copy, m);
        free(copy);
    }

    st = ioa_reqmodel_final(&res, rm);
    cause = ioa_reqmodel_cause(rm, member);

    ioa_reqmodel_free(rm);

    return (cause != IOA_CAUSE_NONE)
           == (st == IOA_REQUEST_AMBIGUOUS
               || res.model_status == IOA_REQUEST_AMBIGUOUS)
           ? cause : IOA_CAUSE_MAX;
}


static void
test_causes(void)
{
    size_t        i, piece;
    ioa_cause_t   scan, model;
    const char   *member;
    unit_all_t    all = { 0 };

    for (i = 0; i < CASES; i++) {
        for (piece = 1; piece < 40; piece++) {
            scan = scanned(cases[i].body, cases[i].len, piece);
            model = modelled(&member, cases[i].body, cases[i].len, piece);

            unit_each(&all, scan == cases[i].scan, "%s in %zu: scan %d",
                      cases[i].body, piece, scan);
            unit_each(&all, model == cases[i].model, "%s in %zu: model %d",
                      cases[i].body, piece, model);
            unit_each(&all, (member == NULL) == (cases[i].member == NULL)
                            && (member == NULL
                                || strcmp(member, cases[i].member) == 0),
                      "%s: member %s", cases[i].body, member);
        }
    }

    UNIT_ALL(&all, "causes");
}


static void
test_deep(void)
{
    char         body[3 * IOA_REQUEST_DEPTH_MAX];
    size_t       n;
    const char  *member;

    n = (size_t) snprintf(body, sizeof(body), "{\"x\":");
    memset(body + n, '[', 64);

    UNIT_OK(modelled(&member, body, n + 64, 1000) == IOA_CAUSE_DEPTH
            && member == NULL, "too deep for a hash");

    memset(body + n, '[', IOA_REQUEST_DEPTH_MAX);

    UNIT_OK(scanned(body, n + IOA_REQUEST_DEPTH_MAX, 1000) == IOA_CAUSE_DEPTH,
            "too deep at all");

    n += (size_t) snprintf(body + n, sizeof(body) - n, "1");
    memset(body + n, '2', 4300);
    memcpy(body + n + 4300, "}", 1);

    UNIT_OK(modelled(&member, body, n + 4301, 1000) == IOA_CAUSE_NUMBER,
            "a number of too many digits");
}


static void
test_texts(void)
{
    int          i, k;
    const char  *text;
    unit_all_t   all = { 0 };

    for (i = 1; i < IOA_CAUSE_MAX; i++) {
        text = ioa_cause_text((ioa_cause_t) i);

        unit_each(&all, text[0] != '\0' && strpbrk(text, "\"\\\n.") == NULL,
                  "%d", i);

        for (k = 1; k < i; k++) {
            unit_each(&all, strcmp(text, ioa_cause_text((ioa_cause_t) k)) != 0,
                      "%d and %d", i, k);
        }
    }

    UNIT_ALL(&all, "words");
    UNIT_OK(ioa_cause_text(IOA_CAUSE_NONE)[0] == '\0'
            && ioa_cause_text(IOA_CAUSE_MAX)[0] == '\0'
            && ioa_cause_text((ioa_cause_t) -1)[0] == '\0', "no cause");
}


int
main(void)
{
    test_causes();
    test_deep();
    test_texts();

    return UNIT_DONE();
}
