/*
 * request: the model's name, whole and in pieces, prefixes, bits, sizes.
 */

#include "agent/ioa_request.h"
#include "unit.h"

#define MEGABYTE  (1024 * 1024)

typedef struct {
    const char    *text;
    size_t         len;
    ioa_status_t   status;
    const char    *name;
} case_t;

#define NAMED(s, name)  { s, sizeof(s) - 1, IOA_OK, name }
#define UNKNOWN(s)      { s, sizeof(s) - 1, IOA_MODEL_UNKNOWN, NULL }
#define AMBIGUOUS(s)    { s, sizeof(s) - 1, IOA_REQUEST_AMBIGUOUS, NULL }

#define X50   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X200  X50 X50 X50 X50

static const case_t  cases[] = {
    NAMED("{\"model\":\"a\"}", "a"),
    NAMED(" \n{ \"model\" : \"meta-llama/Llama-3.3-70B\" } \r\n",
          "meta-llama/Llama-3.3-70B"),
    NAMED("{\"messages\":[{\"model\":\"x\"}],\"model\":\"y\"}", "y"),
    NAMED("{\"model\":\"y\",\"a\":{\"model\":\"x\",\"model\":1}}", "y"),
    NAMED("{\"\\u006dodel\":\"a\\u0062\\/\\n\"}", "ab/\n"),
    NAMED("{\"model\":\"\\ud83d\\ude00\"}", "\xf0\x9f\x98\x80"),
    NAMED("{\"model\":\"\\u20ac\xe2\x82\xac\\u00e9\"}",
          "\xe2\x82\xac\xe2\x82\xac\xc3\xa9"),
    NAMED("{\"Model\":\"a\",\"model \":\"b\",\"model\":\"c\"}", "c"),
    NAMED("{\"model\":\"" X200 "\"}", X200),
    NAMED("{\"" X200 "model\":1,\"model\":\"a\"}", "a"),
    NAMED("{\"model" X200 "\":1,\"model\":\"a\"}", "a"),
    NAMED("{\"model\\u0000\":1,\"model\":\"a\"}", "a"),
    NAMED("{\"x\":\"\\u0000\\ud800\",\"model\":\"a\"}", "a"),
    NAMED("{\"model\":\"a\",\"n\":[1,-2.5E+3,true,false,null,\"\"]}", "a"),
    NAMED("{\"model\":\"a\",\"n\":1e999}", "a"),
    NAMED("{\"a\":1,\"a\":2,\"model\":\"m\"}", "m"),
    NAMED("\xef\xbb\xbf{\"model\":\"a\"}", "a"),

    UNKNOWN(""),
    UNKNOWN("{}"),
    UNKNOWN("{\"Model\":\"a\"}"),
    UNKNOWN("{\"a\":{\"model\":\"x\"}}"),
    UNKNOWN("{\"a\":[\"model\",\"x\"]}"),
    UNKNOWN("{\"a\":\"model\"}"),
    UNKNOWN("{\"model\":\"\"}"),
    UNKNOWN("{\"model\":null}"),
    UNKNOWN("{\"model\":1}"),
    UNKNOWN("{\"model\":true}"),
    UNKNOWN("{\"model\":[\"a\"]}"),
    UNKNOWN("{\"model\":{\"model\":\"a\"}}"),
    UNKNOWN("{\"model\":{\"a\":\"b\"},\"x\":\"y\"}"),
    UNKNOWN("{\"model\":\"" X200 "x\"}"),
    UNKNOWN("{\"model\":\"" X200 X200 "\"}"),

    AMBIGUOUS(" "),
    AMBIGUOUS("null"),
    AMBIGUOUS("[]"),
    AMBIGUOUS("\"model\""),
    AMBIGUOUS("1"),
    AMBIGUOUS("[{\"model\":\"a\"}]"),
    AMBIGUOUS("{\"model\":\"a\",\"model\":\"a\"}"),
    AMBIGUOUS("{\"model\":\"a\",\"\\u006dodel\":\"b\"}"),
    AMBIGUOUS("{\"model\":1,\"model\":\"a\"}"),
    AMBIGUOUS("{\"model\":\"a\",\"x\":{},\"model\":null}"),
    AMBIGUOUS("{\"model\":\"a\\u0000\"}"),
    AMBIGUOUS("{\"model\":\"\\u0000\"}"),
    AMBIGUOUS("{\"model\":\"\\ud800\"}"),
    AMBIGUOUS("{\"model\":\"\\udc00a\"}"),
    AMBIGUOUS("{\"model\":\"" X200 X200 "\\ud800\"}"),
    AMBIGUOUS("{\"model\":\"a\"}{}"),
    AMBIGUOUS("{\"model\":\"a\"} x"),
    AMBIGUOUS("{\"model\":\"a\"}\0"),
    AMBIGUOUS("{\"model\":\"a\""),
    AMBIGUOUS("{\"model\":\"a\",}"),
    AMBIGUOUS("{\"model\":\"a\",\"x\":01}"),
    AMBIGUOUS("{\"model\":\"a\",\"x\":NaN}"),
    AMBIGUOUS("{\"model\":\"a\",\"x\":\"\xff\"}"),
    AMBIGUOUS("{\"model\":\"a\",\"x\":\"\xed\xa0\x80\"}"),
    AMBIGUOUS("{\"model\":\"a\",\"x\":\"\n\"}"),
    AMBIGUOUS("\xef\xbb\xbf\xef\xbb\xbf{\"model\":\"a\"}"),
    AMBIGUOUS("\xef\xbb{\"model\":\"a\"}"),
    AMBIGUOUS("\xef\xbb\xbf"),
    AMBIGUOUS("{\0\"\0m\0"),
    AMBIGUOUS("model=a"),
};

#define CASES  (sizeof(cases) / sizeof(cases[0]))

static ioa_request_scan_t  *scan;


/* Feeds pieces of up to most bytes, 0 for all at once. */
static ioa_status_t
feed(const uint8_t **name, size_t *name_len, const void *text, size_t n,
    uint32_t most)
{
    size_t           at, k;
    uint8_t         *piece;
    ioa_status_t     st;
    static uint64_t  seed = 5;

    ioa_request_scan_init(scan);
    st = IOA_OK;

    for (at = 0; at < n; at += k) {
        k = most ? unit_random(&seed) % (most + 1) : n;
        k = k < n - at ? k : n - at;
        piece = unit_exact((const uint8_t *) text + at, k);
        st = ioa_request_scan_update(scan, piece, k);
        free(piece);
    }

    /* once ambiguous, always ambiguous */

    if (st != IOA_OK) {
        return ioa_request_scan_final(name, name_len, scan) == st
               ? st : IOA_STATUS_MAX;
    }

    return ioa_request_scan_final(name, name_len, scan);
}


static int
as_expected(const case_t *c, uint32_t most)
{
    size_t          n;
    const uint8_t  *name;

    name = NULL;
    n = 12345;

    if (feed(&name, &n, c->text, c->len, most) != c->status) {
        return 0;
    }

    if (c->status != IOA_OK) {
        return name == NULL && n == 12345;
    }

    return n == strlen(c->name) && memcmp(name, c->name, n) == 0;
}


static void
test_cases(void)
{
    size_t      i, k;
    unit_all_t  all = { 0 };

    for (i = 0; i < CASES; i++) {
        UNIT_OK(as_expected(&cases[i], 0), "%s: case %zu",
                ioa_status_name(cases[i].status), i);

        for (k = 0; k < 40; k++) {
            unit_each(&all, as_expected(&cases[i], 1 + k % 7),
                      "case %zu in pieces", i);
        }
    }

    UNIT_ALL(&all, "in pieces as whole");
}


/* A key that fits no text is not the part of it that did. */
static void
test_long_key(void)
{
    size_t          n;
    ioa_status_t    st;
    const uint8_t  *name;

    static const char  head[] = "{\"model";
    static const char  tail[] = X200 "\":\"a\",\"model\":\"b\"}";

    ioa_request_scan_init(scan);
    st = ioa_request_scan_update(scan, UNIT_BYTES(head));

    UNIT_OK(st == IOA_OK
            && ioa_request_scan_update(scan, UNIT_BYTES(tail)) == IOA_OK
            && ioa_request_scan_final(&name, &n, scan) == IOA_OK
            && n == 1 && name[0] == 'b', "a long key cut behind \"model\"");
}


static void
test_prefixes(void)
{
    size_t          i, k, n;
    ioa_status_t    st;
    const uint8_t  *name;
    unit_all_t      all = { 0 };

    for (i = 0; i < CASES; i++) {
        if (cases[i].status != IOA_OK) {
            continue;
        }

        for (k = 1; k < cases[i].len; k++) {

            /* white space at the end may be missing */

            st = feed(&name, &n, cases[i].text, k, 0);
            unit_each(&all, st == IOA_REQUEST_AMBIGUOUS
                            || (st == IOA_OK && cases[i].text[k] <= ' '),
                      "case %zu, %zu bytes", i, k);
        }
    }

    UNIT_ALL(&all, "every prefix is ambiguous");
}


static void
test_flips(void)
{
    size_t          i, bit, n;
    uint8_t         text[64];
    ioa_status_t    st;
    const uint8_t  *name;
    unit_all_t      all = { 0 };

    static const char  sample[] = "{\"model\":\"abc/\\u0064\",\"x\":[1]}";

    memcpy(text, sample, sizeof(sample));

    for (i = 0; i < sizeof(sample) - 1; i++) {
        for (bit = 0; bit < 8; bit++) {
            text[i] ^= (uint8_t) (1 << bit);
            st = feed(&name, &n, text, sizeof(sample) - 1, 0);

            /* what the other member says is no matter of this scanner */

            unit_each(&all, st != IOA_OK || n != 5
                            || memcmp(name, "abc/d", 5) != 0
                            || sample[i] == 'x' || sample[i] == '1',
                      "byte %zu, bit %zu", i, bit);
            text[i] ^= (uint8_t) (1 << bit);
        }
    }

    UNIT_ALL(&all, "a flipped bit shows");
}


static ioa_status_t
nested(size_t n, const char *middle)
{
    char           *text, *at;
    size_t          k;
    ioa_status_t    st;
    const uint8_t  *name;

    text = malloc(2 * n + 64);
    at = text + sprintf(text, "{\"model\":\"a\",\"x\":");
    memset(at, '[', n);
    at += n;
    at += sprintf(at, "%s", middle);
    memset(at, ']', n);
    at += n;
    *at++ = '}';

    st = feed(&name, &k, text, (size_t) (at - text), 4096);
    free(text);

    return st;
}


/* The stack remembers what each level is. */
static void
test_depth(void)
{
    UNIT_OK(nested(IOA_REQUEST_DEPTH_MAX - 1, "") == IOA_OK, "deep");
    UNIT_OK(nested(IOA_REQUEST_DEPTH_MAX, "") == IOA_REQUEST_AMBIGUOUS,
            "too deep");
    UNIT_OK(nested(1000000, "") == IOA_REQUEST_AMBIGUOUS, "far too deep");
    UNIT_OK(nested(5000, "{\"a\":[{}]}") == IOA_OK, "mixed");
    UNIT_OK(nested(5000, "{\"a\":[}]") == IOA_REQUEST_AMBIGUOUS, "crossed");
    UNIT_OK(nested(5000, "]") == IOA_REQUEST_AMBIGUOUS, "one too many closed");
}


static void
test_large(void)
{
    size_t          n;
    uint8_t        *text;
    const uint8_t  *name;

    static const char  head[] = "{\"messages\":[{\"content\":\"";
    static const char  tail[] = "\"}],\"model\":\"a\"}";

    text = malloc(8 * MEGABYTE);
    memset(text, 'x', 8 * MEGABYTE);
    memcpy(text, head, sizeof(head) - 1);
    memcpy(text + 8 * MEGABYTE - (sizeof(tail) - 1), tail, sizeof(tail) - 1);

    UNIT_OK(feed(&name, &n, text, 8 * MEGABYTE, 0) == IOA_OK
            && n == 1 && name[0] == 'a', "8 MB at once");
    UNIT_OK(feed(&name, &n, text, 8 * MEGABYTE, 16384) == IOA_OK
            && n == 1 && name[0] == 'a', "8 MB in pieces");

    text[4 * MEGABYTE] = 0x1f;
    UNIT_OK(feed(&name, &n, text, 8 * MEGABYTE, 16384)
            == IOA_REQUEST_AMBIGUOUS, "one bad byte in 8 MB");

    free(text);
}


int
main(void)
{
    scan = malloc(ioa_request_scan_size());

    test_cases();
    test_long_key();
    test_prefixes();
    test_flips();
    test_depth();
    test_large();

    free(scan);

    return UNIT_DONE();
}
