/*
 * reqmodel: requests and their hash.  Random requests beside a plain
 * statement of the rules are in differ_reqmodel.py, the recordings of the
 * agent in recordings.py.
 */

#include "agent/ioa_reqmodel.h"
#include "unit.h"

#define TEXT_MAX  (1024 * 1024)

static ioa_reqmodel_result_t  res;
static ioa_reqmodel_t        *rm;


static ioa_status_t
judge(const char *body, size_t n, size_t piece, size_t text_max)
{
    size_t        m;
    uint8_t      *copy;
    ioa_status_t  st = IOA_OK;

    ioa_reqmodel_free(rm);
    rm = ioa_reqmodel_new(text_max);

    if (rm == NULL) {
        abort();
    }

    for ( ; n != 0 && st == IOA_OK; body += m, n -= m) {
        m = piece < n ? piece : n;
        copy = unit_exact(body, m);
        st = ioa_reqmodel_update(rm, copy, m);
        free(copy);
    }

    return ioa_reqmodel_final(&res, rm);
}


static int
hashed(const char *canonical)
{
    uint8_t       want[IOA_SHA256_LEN];
    ioa_sha256_t  sha;

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, (const uint8_t *) canonical, strlen(canonical));
    ioa_sha256_final(want, &sha);

    return memcmp(want, res.digest32, sizeof(want)) == 0;
}


typedef struct {
    const char  *body;
    const char  *canonical;
} good_t;

static const good_t  good[] = {
    { "{}", "{\"stream\":false}" },
    { "{\"stream\":null}", "{}" },
    { "{\"stream\":true}", "{\"stream\":true}" },
    { "{\"x\":1,\"logprobs\":true,\"n\":1,\"stop\":[null],\"presence_penalty\""
      ":0,\"frequency_penalty\":-0,\"top_p\":1,\"stream\":false,\"max_tokens\""
      ":5,\"temperature\":1e-3,\"model\":\"m\",\"messages\":[{\"a\":null}]}",
      "{\"messages\":[{\"a\":null}],\"model\":\"m\",\"temperature\":0.001,"
      "\"max_tokens\":5,\"stream\":false,\"top_p\":1.0,\"frequency_penalty\":"
      "0.0,\"presence_penalty\":0.0,\"stop\":[null],\"n\":1,\"logprobs\":true,"
      "\"x\":1}" },
    { "{\"b\":1,\"a\":null,\"messages\":null,\"c\":[null],\"\":2}",
      "{\"stream\":false,\"b\":1,\"c\":[null],\"\":2}" },
    { "{\"m\\u006fdel\":\"\xc3\xa9\",\"Model\":1}",
      "{\"model\":\"\\u00e9\",\"stream\":false,\"Model\":1}" },
    { "{\"temperature\":9007199254740993,\"x\":9007199254740993}",
      "{\"temperature\":9007199254740992.0,\"stream\":false,"
      "\"x\":9007199254740993}" },
    { "{\"temperature\":100000000000000000000}",
      "{\"temperature\":1e+20,\"stream\":false}" },
    { "{\"max_tokens\":-0,\"stop\":1.50}",
      "{\"max_tokens\":0,\"stream\":false,\"stop\":1.5}" },
    { "{\"a\":{\"b\":{\"a\":1},\"c\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}",
      "{\"stream\":false,\"a\":{\"b\":{\"a\":1},\"c\":{\"a\":1}},"
      "\"b\":[{\"a\":1},{\"a\":2}]}" },
    { "\xef\xbb\xbf{\"a\":1}", "{\"stream\":false,\"a\":1}" },
    { "{\"max_tokens\":256.0,\"n\":-0.0,\"x\":256.0}",
      "{\"max_tokens\":256,\"stream\":false,\"n\":0,\"x\":256.0}" },
    { "{\"max_tokens\":1E3,\"n\":9999999999999998.0}",
      "{\"max_tokens\":1000,\"stream\":false,\"n\":9999999999999998}" }
};

static const char  *ambiguous[] = {
    "", "[]", "null", "\"x\"", "{} x", "{\"a\":1", "\xef\xbb\xbf",
    "\xef\xbb\xbf\xef\xbb\xbf{}", "\xef\xbb{}", "\xef{}", " \xef\xbb\xbf{}",
    "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":1}",
    "{\"x\":{\"a\":1,\"a\":2}}", "{\"x\":[{\"a\":1,\"b\":2,\"a\":2}]}",
    "{\"x\":{\"a\":1,\"b\":{\"a\":1},\"c\":1,\"d\":1,\"e\":1,\"f\":1,"
    "\"g\":1,\"h\":1,\"i\":1,\"b\":1}}",
    "{\"x\":\"\xff\"}", "{\"x\":\"\\ud800\"}", "{\"\\udc00\":1}",
    "{\"x\":NaN}", "{\"x\":-Infinity}", "{\"x\":1e400}",
    "{\"temperature\":\"1\"}", "{\"temperature\":true}",
    "{\"temperature\":[]}", "{\"max_tokens\":5000.5}",
    "{\"max_tokens\":1e16}", "{\"n\":1e-3}", "{\"max_tokens\":\"1\"}", "{\"n\":true}",
    "{\"stream\":1}", "{\"stream\":\"true\"}", "{\"stream\":0.0}",
    "{\"logprobs\":1}", "{\"model\":1}", "{\"messages\":{}}",
    "{\"messages\":\"hi\"}"
};


static void
test_good(void)
{
    size_t      i, piece;
    unit_all_t  all = { 0, 0, "" };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        for (piece = 1; piece < 100; piece++) {
            unit_each(&all, judge(good[i].body, strlen(good[i].body), piece,
                                  TEXT_MAX) == IOA_OK
                            && hashed(good[i].canonical),
                      "%s in pieces of %zu", good[i].body, piece);
        }
    }

    UNIT_ALL(&all, "requests and their hash");
}


static void
test_ambiguous(void)
{
    size_t      i, piece;
    unit_all_t  all = { 0, 0, "" };

    for (i = 0; i < sizeof(ambiguous) / sizeof(ambiguous[0]); i++) {
        for (piece = 1; piece < 100; piece += 7) {
            unit_each(&all, judge(ambiguous[i], strlen(ambiguous[i]), piece,
                                  TEXT_MAX) == IOA_REQUEST_AMBIGUOUS
                            && res.digest32[0] == 0 && !res.stream,
                      "%s in pieces of %zu", ambiguous[i], piece);
        }
    }

    UNIT_ALL(&all, "requests whose hash cannot be foretold");
}


static int
model(const char *body, ioa_status_t want, const char *name)
{
    return judge(body, strlen(body), 5, TEXT_MAX) == IOA_OK
           && res.model_status == want
           && res.model.len == strlen(name)
           && (res.model.len == 0
               || memcmp(res.model.data, name, res.model.len) == 0);
}


static void
test_model(void)
{
    int   n;
    char  body[400], name[300];

    UNIT_OK(model("{\"model\":\"a/b\"}", IOA_OK, "a/b"), "a name");
    UNIT_OK(model("{\"model\":\"\\u00e9\\ud83d\\ude00\\n\\\"\xe4\xb8\xad\"}",
                  IOA_OK, "\xc3\xa9\xf0\x9f\x98\x80\n\"\xe4\xb8\xad"),
            "a name with escapes");
    UNIT_OK(model("{}", IOA_MODEL_UNKNOWN, ""), "none");
    UNIT_OK(model("{\"model\":null}", IOA_MODEL_UNKNOWN, ""), "null");
    UNIT_OK(model("{\"model\":\"\"}", IOA_MODEL_UNKNOWN, ""), "empty");
    UNIT_OK(model("{\"model\":\"a\\u0000\"}", IOA_REQUEST_AMBIGUOUS, ""),
            "NUL in it");

    for (n = IOA_MODEL_NAME_MAX; n <= IOA_MODEL_NAME_MAX + 1; n++) {
        memset(name, 'm', (size_t) n);
        name[n] = '\0';
        sprintf(body, "{\"model\":\"%s\"}", name);
        UNIT_OK(n == IOA_MODEL_NAME_MAX
                ? model(body, IOA_OK, name)
                : model(body, IOA_MODEL_UNKNOWN, ""), "%d bytes", n);
    }

    UNIT_OK(judge("{\"stream\": true}", 16, 3, TEXT_MAX) == IOA_OK
            && res.stream == 1, "stream is true");
    UNIT_OK(judge("{\"stream\":false}", 16, 3, TEXT_MAX) == IOA_OK
            && res.stream == 0, "stream is false");
}


static void
test_limits(void)
{
    size_t  n;
    char    body[5000];

    for (n = 62; n <= 64; n++) {
        memcpy(body, "{\"x\":", 5);
        memset(body + 5, '[', n);
        memset(body + 5 + n, ']', n);
        body[5 + 2 * n] = '}';
        UNIT_OK(judge(body, 6 + 2 * n, 9, TEXT_MAX)
                == (n < 64 ? IOA_OK : IOA_REQUEST_AMBIGUOUS),
                "%zu levels", n + 1);
    }

    for (n = 308; n <= 310; n++) {
        memcpy(body, "{\"temperature\":", 15);
        memset(body + 15, '1', n);
        body[15 + n] = '}';
        UNIT_OK(judge(body, 16 + n, 9, TEXT_MAX)
                == (n < 310 ? IOA_OK : IOA_REQUEST_AMBIGUOUS),
                "a float of %zu digits", n);
    }

    memset(body, 'x', sizeof(body));
    memcpy(body, "{\"x\":\"", 6);
    memcpy(body + sizeof(body) - 2, "\"}", 2);
    UNIT_OK(judge(body, sizeof(body), 4999, sizeof(body)) == IOA_OK,
            "a body as large as the limit");
    UNIT_OK(judge(body, sizeof(body), 4999, sizeof(body) - 1)
            == IOA_BODY_TOO_LARGE, "one byte less");
    UNIT_OK(judge(body, sizeof(body), 1, 0) == IOA_BODY_TOO_LARGE,
            "no limit at all");
}


int
main(void)
{
    test_good();
    test_ambiguous();
    test_model();
    test_limits();

    ioa_reqmodel_free(rm);

    return UNIT_DONE();
}
