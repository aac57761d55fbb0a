/*
 * json: what is refused and what is read, hostile sizes, prefixes and bits.
 */

#include <time.h>

#include "json/ioa_json.h"
#include "unit.h"

#define MEGABYTE  (1024 * 1024)

#define LITERAL(s)  { s, sizeof(s) - 1 }

typedef struct {
    const char  *text;
    size_t       len;
} literal_t;


static int
parses(const void *text, size_t n)
{
    int          rc;
    uint8_t     *exact;
    ioa_json_t  *root;

    exact = unit_exact(text, n);
    rc = ioa_json_parse(&root, exact, n);

    if (rc != (root != NULL)) {
        abort();
    }

    ioa_json_free(root);
    free(exact);

    return rc;
}


static const literal_t  good[] = {
    LITERAL("{}"), LITERAL("[]"), LITERAL("0"), LITERAL("-0"),
    LITERAL("\"\""), LITERAL("true"), LITERAL("false"), LITERAL("null"),
    LITERAL(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n"),
    LITERAL("-0.5e+10"), LITERAL("1E5"), LITERAL("1e-5"), LITERAL("123"),
    LITERAL("1e400"), LITERAL("0.1"),
    LITERAL("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\""),
    LITERAL("\"\\ud83d\\ude00\""), LITERAL("\"\\uD83D\\uDE00\""),
    LITERAL("\"\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa9\x7f\""),
    LITERAL("\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\""),
    LITERAL("{\"a\":1,\"A\":2,\"\":3,\"aa\":4}"),
    LITERAL("[{\"a\":1},{\"a\":1}]"), LITERAL("{\"a\":{\"a\":{\"a\":1}}}"),
    LITERAL("{\"\\u0001\":1,\"\\u0002\":2}"),
};

static const literal_t  bad[] = {
    /* nothing, too little, too much */
    LITERAL(""), LITERAL(" "), LITERAL("{"), LITERAL("["), LITERAL("\""),
    LITERAL("{}x"), LITERAL("{}{}"), LITERAL("1 2"), LITERAL("{}\0"),
    LITERAL("\0"), LITERAL("{} \v"), LITERAL("\f{}"), LITERAL("{}\xc2\xa0"),
    LITERAL("\xef\xbb\xbf{}"), LITERAL("{\"a\":1}\xef\xbb\xbf"),
    LITERAL("{\0}"), LITERAL("[1,\0]"), LITERAL("\xfe\xff\0{\0}"),
    /* structure */
    LITERAL("[1,]"), LITERAL("[,1]"), LITERAL("[1 2]"), LITERAL("{,}"),
    LITERAL("{\"a\":1,}"), LITERAL("{\"a\"}"), LITERAL("{\"a\":}"),
    LITERAL("{\"a\" 1}"), LITERAL("{\"a\"::1}"), LITERAL("{1:2}"),
    LITERAL("{a:1}"), LITERAL("{'a':1}"), LITERAL("[}"), LITERAL("{]"),
    LITERAL("[1}"), LITERAL("{\"a\":1]"), LITERAL("]"), LITERAL("}"),
    LITERAL(","), LITERAL(":"), LITERAL("[:]"), LITERAL("{null:1}"),
    LITERAL("/**/{}"), LITERAL("{}//"), LITERAL("[1,,2]"),
    LITERAL("{\"a\":1 \"b\":2}"), LITERAL("{\"a\",\"b\"}"),
    /* words */
    LITERAL("tru"), LITERAL("truE"), LITERAL("TRUE"), LITERAL("truee"),
    LITERAL("nul"), LITERAL("nulll"), LITERAL("NaN"), LITERAL("Infinity"),
    LITERAL("-Infinity"), LITERAL("undefined"), LITERAL("[t]"),
    LITERAL("falsetrue"), LITERAL("fals\0"),
    /* numbers */
    LITERAL("01"), LITERAL("-01"), LITERAL("-"), LITERAL("+1"),
    LITERAL(".5"), LITERAL("5."), LITERAL("5.e1"), LITERAL("1e"),
    LITERAL("1e+"), LITERAL("1e-"), LITERAL("0x10"), LITERAL("1_0"),
    LITERAL("--1"), LITERAL("-a"), LITERAL("1.2.3"), LITERAL("1e5.5"),
    LITERAL("1e5e5"), LITERAL("00"), LITERAL("1a"), LITERAL("[1-]"),
    LITERAL("\xd9\xa1"),
    /* strings */
    LITERAL("\"\\x41\""), LITERAL("\"\\u12\""), LITERAL("\"\\u12g4\""),
    LITERAL("\"\\U0041\""), LITERAL("\"\\\""), LITERAL("\"\\0\""),
    LITERAL("\"\\'\""), LITERAL("\"\n\""), LITERAL("\"\t\""),
    LITERAL("\"\x1f\""), LITERAL("\"a\0b\""), LITERAL("\"\\u0000\""),
    LITERAL("{\"\\u0000\":1}"), LITERAL("{\"a\\u0000\":1,\"a\":2}"),
    LITERAL("[\"x\\u0000\"]"), LITERAL("\"\\\0\""), LITERAL("\"\\u\0000\""),
    /* surrogates */
    LITERAL("\"\\ud800\""), LITERAL("\"\\udc00\""), LITERAL("\"\\ud800x\""),
    LITERAL("\"\\ud800\\n\""), LITERAL("\"\\ud800\\ud800\\udc00\""),
    LITERAL("\"\\udc00\\ud800\""), LITERAL("\"\\ud800\\u0041\""),
    LITERAL("\"\\ud83d\\ude00\\ude00\""), LITERAL("\"\\ud800\xc3\xa9\""),
    LITERAL("{\"\\udfff\":1}"), LITERAL("\"\\uDBFF\\uE000\""),
    /* UTF-8 */
    LITERAL("\"\x80\""), LITERAL("\"\xc0\x80\""), LITERAL("\"\xc1\xbf\""),
    LITERAL("\"\xe0\x80\x80\""), LITERAL("\"\xe0\x9f\xbf\""),
    LITERAL("\"\xf0\x80\x80\x80\""), LITERAL("\"\xf0\x8f\xbf\xbf\""),
    LITERAL("\"\xed\xa0\x80\""), LITERAL("\"\xed\xbf\xbf\""),
    LITERAL("\"\xf4\x90\x80\x80\""), LITERAL("\"\xf5\x80\x80\x80\""),
    LITERAL("\"\xff\""), LITERAL("\"\xc3\""), LITERAL("\"\xe2\x82\""),
    LITERAL("\"\xc3(\""), LITERAL("\"\xc3\xc3\xa9\""), LITERAL("{\"\xff\":1}"),
    LITERAL("\"\xc3\\n\""),
    /* duplicate keys */
    LITERAL("{\"a\":1,\"a\":1}"), LITERAL("{\"a\":1,\"\\u0061\":2}"),
    LITERAL("{\"\":1,\"\":2}"),
    LITERAL("[[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]]"),
    LITERAL("{\"/\":1,\"\\/\":2}"), LITERAL("{\"\\n\":1,\"\\u000a\":2}"),
    LITERAL("{\"\xc3\xa9\":1,\"\\u00e9\":2}"),
    LITERAL("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}"),
    LITERAL("{\"a\":{},\"b\":[{\"q\":1,\"q\":{}}]}"),
    LITERAL("{\"a\":[1,{\"z\":0}],\"b\":0,\"a\":0}"),
};


static void
test_literals(void)
{
    size_t      i;
    unit_all_t  yes = { 0 }, no = { 0 };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        unit_each(&yes, parses(good[i].text, good[i].len), "%s",
                  good[i].text);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unit_each(&no, !parses(bad[i].text, bad[i].len), "%zu: %s", i,
                  bad[i].text);
    }

    UNIT_ALL(&yes, "good texts are read");
    UNIT_ALL(&no, "bad texts are refused");
}


/* open, n times over, then inner, then close. */
static int
nested(const char *open, const char *inner, const char *close, size_t n)
{
    int     rc;
    char   *text;
    size_t  i;

    text = calloc(1, n * (strlen(open) + strlen(close)) + strlen(inner) + 1);

    for (i = 0; i < n; i++) {
        memcpy(text + i * strlen(open), open, strlen(open));
    }

    memcpy(text + n * strlen(open), inner, strlen(inner));

    for (i = 0; i < n && *close; i++) {
        text[n * strlen(open) + strlen(inner) + i] = *close;
    }

    rc = parses(text, strlen(text));
    free(text);

    return rc;
}


static void
test_depth(void)
{
    size_t      n;
    unit_all_t  all = { 0 };

    for (n = 1; n < 70; n++) {
        unit_each(&all, nested("[", "", "]", n) == (n <= IOA_JSON_DEPTH_MAX),
                  "arrays, %zu", n);
        unit_each(&all, nested("{\"a\":", "1", "}", n)
                        == (n <= IOA_JSON_DEPTH_MAX), "objects, %zu", n);
        unit_each(&all, nested("[{\"a\":", "1", "", n) == 0,
                  "left open, %zu", n);
        unit_each(&all, !nested("[", "{\"a\":1,\"a\":2}", "]", n),
                  "duplicates at %zu", n + 1);
    }

    UNIT_ALL(&all, "depth");
    UNIT_OK(!nested("[", "", "", MEGABYTE), "1 MB of [");
    UNIT_OK(!nested("{\"a\":", "", "", MEGABYTE / 5), "1 MB of {\"a\":");
    UNIT_OK(!nested("[", "", "]", MEGABYTE / 2), "1 MB of [ and ]");
}


/* An array or object of n members, each written by format with its index. */
static char *
repeat(const char *open, const char *format, const char *close, size_t n)
{
    char    *text, *at;
    size_t   i;

    text = malloc(n * 64 + 64);
    at = text + sprintf(text, "%s", open);

    for (i = 0; i < n; i++) {
        at += sprintf(at, "%s", i ? "," : "");
        at += sprintf(at, format, i);
    }

    sprintf(at, "%s", close);

    return text;
}


static int
repeated(const char *open, const char *format, const char *close, size_t n)
{
    int    rc;
    char  *text;

    text = repeat(open, format, close, n);
    rc = parses(text, strlen(text));
    free(text);

    return rc;
}


static void
test_sizes(void)
{
    char     *digits;
    clock_t   start;

    start = clock();

    UNIT_OK(repeated("[", "%zu", "]", IOA_JSON_VALUES_MAX - 1),
            "as many values as may be");
    UNIT_OK(!repeated("[", "%zu", "]", IOA_JSON_VALUES_MAX),
            "one value too many");
    UNIT_OK(repeated("{", "\"%zu\":1", "}", 80000), "80,000 keys");
    UNIT_OK(repeated("{", "\"k%020zu\":1", "}", 30000),
            "30,000 keys that begin alike");
    UNIT_OK(!repeated("{", "\"%zu\":1", ",\"0\":1}", 80000),
            "80,000 keys and the first again");
    UNIT_OK(!repeated("{", "\"x\":%zu", "}", 80000), "one key 80,000 times");
    UNIT_OK(repeated("[", "{\"a\":%zu}", "]", 60000), "60,000 objects");

    digits = malloc(MEGABYTE);
    memset(digits, '9', MEGABYTE);
    (void) parses(digits, MEGABYTE);
    UNIT_OK(1, "1 MB of digits ends");

    memset(digits, 'x', MEGABYTE);
    digits[0] = '"';
    digits[MEGABYTE - 1] = '"';
    UNIT_OK(parses(digits, MEGABYTE), "1 MB of string");
    UNIT_OK(!parses(digits, MEGABYTE - 1), "1 MB of string, not ended");
    free(digits);

    /* seconds would be quadratic; sanitizers are given room */

    UNIT_OK(clock() - start < 20 * CLOCKS_PER_SEC, "none of it takes long");
}


static const char  sample[] =
    "{\"nonce\":\"00ff\",\"cpu\":{\"quote\":\"Error: \\u00e9\"},"
    "\"list\":[1,-2.5e3,true,false,null,\"\xc3\xa9\\ud83d\\ude00\"],"
    "\"empty\":{}}";


static void
test_prefixes(void)
{
    size_t      n;
    unit_all_t  all = { 0 };

    UNIT_OK(parses(sample, sizeof(sample) - 1), "the sample is read");

    for (n = 0; n < sizeof(sample) - 1; n++) {
        unit_each(&all, !parses(sample, n), "%zu bytes", n);
    }

    UNIT_ALL(&all, "every prefix is refused");
}


/* A print of the tree in which everything but numbers shows. */
static size_t
show(char *out, const ioa_json_t *value)
{
    size_t             n, at;
    const uint8_t     *text;
    const ioa_json_t  *item;

    if (ioa_json_string(&text, &n, value)) {
        out[0] = 's';
        memcpy(out + 1, text, n);
        return n + 1;
    }

    out[0] = ioa_json_is_object(value) ? '{' : ioa_json_is_array(value) ? '['
             : ioa_json_is_true(value) ? 't' : ioa_json_is_null(value) ? 'n'
             : 'x';
    at = 1;

    for (item = ioa_json_first(value); item; item = ioa_json_next(item)) {
        at += show(out + at, item);
    }

    out[at++] = '.';

    return at;
}


static void
test_flips(void)
{
    char         before[512], after[512];
    size_t       i, bit, n, m;
    uint8_t      text[sizeof(sample)];
    unit_all_t   all = { 0 };
    ioa_json_t  *root;

    static const char *const  names[] = { "nonce", "cpu", "list", "empty" };

    memcpy(text, sample, sizeof(sample));

    if (!ioa_json_parse(&root, text, sizeof(sample) - 1)) {
        abort();
    }

    n = show(before, root);
    ioa_json_free(root);

    for (i = 0; i < sizeof(sample) - 1; i++) {
        for (bit = 0; bit < 8; bit++) {
            text[i] ^= (uint8_t) (1 << bit);

            if (ioa_json_parse(&root, text, sizeof(sample) - 1)) {
                m = show(after, root);

                /* a number's digits, a key, or an escape's digits' case */

                unit_each(&all, n != m || memcmp(before, after, n) != 0
                                || strchr("0123456789-.e", sample[i])
                                || (bit == 5 && (sample[i] | 0x20) >= 'a'
                                    && (sample[i] | 0x20) <= 'f')
                                || !ioa_json_member(root, names[0])
                                || !ioa_json_member(root, names[1])
                                || !ioa_json_member(root, names[2])
                                || !ioa_json_member(root, names[3])
                                || !ioa_json_member(ioa_json_member(root,
                                                        "cpu"), "quote"),
                          "byte %zu, bit %zu", i, bit);
                ioa_json_free(root);
            }

            text[i] ^= (uint8_t) (1 << bit);
        }
    }

    UNIT_ALL(&all, "a flipped bit is refused or shows");
}


static void
test_tree(void)
{
    size_t             n;
    ioa_json_t        *root;
    const uint8_t     *text;
    const ioa_json_t  *list;

    UNIT_OK(ioa_json_parse(&root, UNIT_BYTES(sample)), "sample");
    list = ioa_json_member(root, "list");

    UNIT_OK(ioa_json_is_object(root) && !ioa_json_is_array(root), "object");
    UNIT_OK(ioa_json_is_array(list) && !ioa_json_is_object(list), "array");
    UNIT_OK(ioa_json_member(root, "Nonce") == NULL, "case matters");
    UNIT_OK(ioa_json_member(list, "nonce") == NULL, "an array has no member");
    UNIT_OK(ioa_json_member(NULL, "nonce") == NULL, "nothing has no member");
    UNIT_OK(ioa_json_string(&text, &n, ioa_json_member(root, "nonce"))
            && n == 4 && memcmp(text, "00ff", 4) == 0, "string");
    UNIT_OK(!ioa_json_string(&text, &n, list), "an array is no string");
    UNIT_OK(!ioa_json_string(&text, &n, NULL), "nothing is no string");
    UNIT_OK(ioa_json_first(ioa_json_member(root, "nonce")) == NULL,
            "a string has no first item");
    UNIT_OK(ioa_json_first(ioa_json_member(root, "empty")) == NULL,
            "nor has an empty object");
    UNIT_OK(!ioa_json_is_null(NULL) && !ioa_json_is_true(NULL),
            "nothing is not null");

    ioa_json_free(root);
    ioa_json_free(NULL);
}


int
main(void)
{
    test_literals();
    test_depth();
    test_sizes();
    test_prefixes();
    test_flips();
    test_tree();

    return UNIT_DONE();
}
