/*
 * json_span: where values stand in their text, lines of errors, numbers.
 */

#include "json/ioa_json.h"
#include "unit.h"

static const char  sample[] =
    " {\"a\" : [1, -2.5e+3 ,true,false,null, \"x\\\"]}\",[],{ }\n],\n"
    "\"b\":{\"a\":{\"a\":\"a\"}}, \"\":\"\",\"1\":\"\xc3\xa9\\\\\" ,\n"
    "\"k\":[{\"x\":[[[7]]]}, [ ] ]}\n ";


/* 1 where value's span is read as a value that prints the same. */
static int
span_is(const ioa_json_t *root, const ioa_json_t *value, const char *want)
{
    size_t          n;
    const uint8_t  *bytes;

    return ioa_json_span(&bytes, &n, root, value, (const uint8_t *) sample,
                         sizeof(sample) - 1)
           && n == strlen(want) && memcmp(bytes, want, n) == 0;
}


static void
test_spans(void)
{
    size_t             i;
    ioa_json_t        *root;
    unit_all_t         all = { 0 };
    const ioa_json_t  *list, *item, *b, *k;

    static const char *const  items[] = {
        "1", "-2.5e+3", "true", "false", "null", "\"x\\\"]}\"", "[]", "{ }"
    };

    UNIT_OK(ioa_json_parse(&root, UNIT_BYTES(sample)), "sample");
    list = ioa_json_member(root, "a");
    item = ioa_json_first(list);

    for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        unit_each(&all, span_is(root, item, items[i]), "%s", items[i]);
        item = ioa_json_next(item);
    }

    b = ioa_json_member(root, "b");
    k = ioa_json_member(root, "k");
    unit_each(&all, span_is(root, list, "[1, -2.5e+3 ,true,false,null, "
                            "\"x\\\"]}\",[],{ }\n]"), "list");
    unit_each(&all, span_is(root, b, "{\"a\":{\"a\":\"a\"}}"), "b");
    b = ioa_json_member(b, "a");
    unit_each(&all, span_is(root, b, "{\"a\":\"a\"}"), "b.a");
    b = ioa_json_member(b, "a");
    unit_each(&all, span_is(root, b, "\"a\""), "b.a.a");
    unit_each(&all, span_is(root, ioa_json_member(root, ""), "\"\""),
              "empty name");
    unit_each(&all, span_is(root, ioa_json_member(root, "1"),
                            "\"\xc3\xa9\\\\\""), "backslash at the end");
    unit_each(&all, span_is(root, k, "[{\"x\":[[[7]]]}, [ ] ]"), "k");
    item = ioa_json_member(ioa_json_first(k), "x");
    unit_each(&all, span_is(root, item, "[[[7]]]"), "x");
    unit_each(&all, span_is(root, ioa_json_next(ioa_json_first(k)), "[ ]"),
              "last");
    unit_each(&all, ioa_json_line(root, root, UNIT_BYTES(sample)) == 1
                    && ioa_json_line(root, list, UNIT_BYTES(sample)) == 1
                    && ioa_json_line(root, b, UNIT_BYTES(sample)) == 3
                    && ioa_json_line(root, k, UNIT_BYTES(sample)) == 4
                    && ioa_json_line(root, item, UNIT_BYTES(sample)) == 4,
              "lines");
    UNIT_ALL(&all, "spans and lines");
    UNIT_OK(strcmp(ioa_json_name(k), "k") == 0 && ioa_json_name(root) == NULL,
            "names");
    ioa_json_free(root);
}


static void
test_foreign(void)
{
    size_t             n;
    ioa_json_t        *root, *other, *bare;
    const uint8_t     *bytes;

    UNIT_OK(ioa_json_parse(&root, UNIT_BYTES(sample))
            && ioa_json_parse(&other, UNIT_BYTES("[1]"))
            && ioa_json_parse(&bare, UNIT_BYTES(" 12 ")), "texts");
    UNIT_OK(!ioa_json_span(&bytes, &n, root, ioa_json_first(other),
                           UNIT_BYTES(sample)), "a value of another tree");
    UNIT_OK(!ioa_json_span(&bytes, &n, root, ioa_json_first(root),
                           UNIT_BYTES("{"))
            && !ioa_json_span(&bytes, &n, root, root, UNIT_BYTES("{\"a\":")),
            "a text that is cut");
    UNIT_OK(!ioa_json_span(&bytes, &n, bare, root, UNIT_BYTES(" 12 "))
            && ioa_json_line(bare, root, UNIT_BYTES(" 12 ")) == 0,
            "another tree under a bare number");
    UNIT_OK(ioa_json_span(&bytes, &n, bare, bare, UNIT_BYTES(" 12 "))
            && n == 2 && memcmp(bytes, "12", 2) == 0, "a bare number");
    ioa_json_free(root);
    ioa_json_free(other);
    ioa_json_free(bare);
}


static void
test_deep(void)
{
    char               text[200];
    size_t             i, n, depth;
    ioa_json_t        *root;
    unit_all_t         all = { 0 };
    const uint8_t     *bytes;
    const ioa_json_t  *value;

    depth = IOA_JSON_DEPTH_MAX;
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    UNIT_OK(ioa_json_parse(&root, (const uint8_t *) text, 2 * depth),
            "as deep as may be");

    for (i = 0, value = root; value != NULL; i++) {
        unit_each(&all, ioa_json_span(&bytes, &n, root, value,
                                      (const uint8_t *) text, 2 * depth)
                        && bytes == (const uint8_t *) text + i
                        && n == 2 * (depth - i), "level %zu", i);
        value = ioa_json_first(value);
    }

    UNIT_ALL(&all, "each level");
    UNIT_OK(i == depth, "all of them");
    ioa_json_free(root);
}


/* 1 where text is refused at that line, for that key. */
static int
fails_at(const char *text, size_t want_line, const char *want_key)
{
    int          rc;
    char         key[IOA_JSON_KEY_MAX];
    size_t       line;
    uint8_t     *exact;
    ioa_json_t  *root;

    exact = unit_exact(text, strlen(text));
    rc = ioa_json_parse_file(&root, &line, key, exact, strlen(text));
    free(exact);

    return !rc && root == NULL && line == want_line
           && strcmp(key, want_key) == 0;
}


static void
test_lines(void)
{
    size_t       line;
    char         key[IOA_JSON_KEY_MAX], text[300], want[IOA_JSON_KEY_MAX];
    ioa_json_t  *root;

    UNIT_OK(fails_at("", 1, "") && fails_at("\n", 2 - 1, ""), "nothing");
    UNIT_OK(fails_at("{\n\"a\":1,\n}", 3, ""), "a comma too many");
    UNIT_OK(fails_at("{}\n\nx", 3, ""), "more behind");
    UNIT_OK(fails_at("{\"a\":1,\n\"b\":[{\"c\":1,\n\"c\":2}]}", 3, "c"),
            "a name twice");
    UNIT_OK(fails_at("{\"a\":{\"z\":1},\"a\":\n2}", 2, "a"),
            "the later of two");
    memset(want, 'n', sizeof(want) - 1);
    want[sizeof(want) - 1] = '\0';
    sprintf(text, "{\"%snn\":1,\"%snn\":2}", want, want);
    UNIT_OK(fails_at(text, 1, want), "a long name is cut");
    UNIT_OK(ioa_json_parse_file(&root, &line, key, UNIT_BYTES("{}"))
            && root != NULL && key[0] == '\0', "a good text");
    ioa_json_free(root);
}


static void
test_file_error(void)
{
    char  error[64];

    ioa_json_file_error(error, sizeof(error), 2, "");
    UNIT_OK(strcmp(error, "line 2: this is not JSON") == 0,
            "no JSON, in words");

    ioa_json_file_error(error, sizeof(error), 3, "a\n\xc3\xa9");
    UNIT_OK(strcmp(error, "line 3: member \"a???\" is duplicate") == 0,
            "a name twice, in words, printable");

    ioa_json_file_error(error, 20, 3, "abc");
    UNIT_OK(strcmp(error, "line 3: member \"abc") == 0,
            "cut to what there is room for");
}


static void
test_numbers(void)
{
    char         text[64];
    size_t       i;
    uint64_t     n;
    ioa_json_t  *root;
    unit_all_t   all = { 0 };

    static const struct {
        const char  *text;
        uint64_t     value;
    } good[] = {
        { "0", 0 }, { "-0", 0 }, { "1", 1 }, { "65536", 65536 },
        { "1.0", 1 }, { "1e2", 100 }, { "1749605458", 1749605458 },
        { "9007199254740991", 9007199254740991 }
    };

    static const char *const  bad[] = {
        "-1", "0.5", "1e-1", "9007199254740992", "1e300", "1e400", "\"1\"",
        "true", "null", "[1]", "{}"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        sprintf(text, "[%s]", good[i].text);
        n = 77;
        unit_each(&all, ioa_json_parse(&root, (const uint8_t *) text,
                                       strlen(text))
                        && ioa_json_uint(&n, ioa_json_first(root))
                        && n == good[i].value, "%s", text);
        ioa_json_free(root);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sprintf(text, "[%s]", bad[i]);
        n = 77;
        unit_each(&all, ioa_json_parse(&root, (const uint8_t *) text,
                                       strlen(text))
                        && !ioa_json_uint(&n, ioa_json_first(root))
                        && n == 77, "%s", text);
        ioa_json_free(root);
    }

    UNIT_ALL(&all, "whole numbers");
    UNIT_OK(!ioa_json_uint(&n, NULL) && !ioa_json_is_false(NULL),
            "nothing is no number");
}


int
main(void)
{
    test_spans();
    test_foreign();
    test_deep();
    test_lines();
    test_file_error();
    test_numbers();

    return UNIT_DONE();
}
