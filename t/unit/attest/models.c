/*
 * models: the models list.
 */

#include "attest/ioattest.h"
#include "unit.h"

#define ITEM(name, id, yes) \
    "{\"name\":\"" name "\",\"model_id\":\"" id "\"," \
    "\"supports_attestation\":" yes "}"
#define LIST(items)  "{\"object\":\"list\",\"data\":[" items "]}"


static ioa_status_t
read_list(ioa_models_t **models, const void *text, size_t n)
{
    uint8_t       *exact;
    ioa_bytes_t    body;
    ioa_status_t   st;

    exact = unit_exact(text, n);
    body.data = exact;
    body.len = n;
    st = ioa_models_parse(models, body);
    free(exact);

    if ((st == IOA_OK) != (*models != NULL)) {
        abort();
    }

    return st;
}


/* Out: text, name=id[+] of every entry, or the reason. */
static const char *
list(const char *json)
{
    size_t         i, at;
    ioa_model_t    m;
    ioa_models_t  *models;
    ioa_status_t   st;

    static char  text[4096];

    st = read_list(&models, json, strlen(json));

    if (st != IOA_OK) {
        return ioa_status_name(st);
    }

    text[0] = 0;

    for (at = 0, i = 0; i < ioa_models_count(models); i++) {
        m = ioa_models_get(models, i);
        at += (size_t) sprintf(text + at, "%.*s=%.*s%s ", (int) m.name.len,
                               (const char *) m.name.data, (int) m.id.len,
                               (const char *) m.id.data,
                               m.attestable ? "+" : "");
    }

    ioa_models_free(models);

    return text;
}


static void
check(const char *json, const char *want)
{
    const char  *got;

    got = list(json);

    if (!UNIT_OK(strcmp(got, want) == 0, "%.60s", json)) {
        printf("# want %s, got %s\n", want, got);
    }
}


static void
test_entries(void)
{
    check(LIST(""), "");
    check(LIST(ITEM("a", "1", "true")), "a=1+ ");
    check(LIST(ITEM("a", "1", "false")), "a=1 ");
    check(LIST(ITEM("a", "1", "null")), "a=1 ");
    check(LIST(ITEM("a", "1", "\"true\"")), "a=1 ");
    check(LIST(ITEM("a", "1", "1")), "a=1 ");
    check(LIST("{\"name\":\"a\",\"model_id\":\"1\"}"), "a=1 ");
    check(LIST(ITEM("b", "2", "true") "," ITEM("a", "1", "true")),
          "a=1+ b=2+ ");
    check(LIST(ITEM("a", "1", "true") "," ITEM("b", "1", "true")),
          "a=1+ b=1+ ");
    check(LIST(ITEM("a", "1", "true") "," ITEM("A", "2", "true")),
          "A=2+ a=1+ ");
    check("{\"data\":[" ITEM("a", "1", "true") "],\"next\":null}", "a=1+ ");
    check(LIST("{\"id\":\"x/y\",\"model_id\":\"1\"}"), "x/y=1 ");
    check(LIST("{\"id\":\"x\",\"name\":\"y\",\"model_id\":\"1\"}"), "y=1 ");
    check(LIST("{\"name\":\"\\u00e9\",\"model_id\":\"\xc3\xa9\"}"),
          "\xc3\xa9=\xc3\xa9 ");
    check(LIST("{\"Name\":\"a\",\"model_id\":\"1\"}"), "");
}


static void
test_left_out(void)
{
    check(LIST("1," ITEM("a", "1", "true") ",null,[],\"x\",{}"), "a=1+ ");
    check(LIST("{\"name\":\"a\"},{\"model_id\":\"1\"},{\"id\":\"a\"}"), "");
    check(LIST("{\"name\":1,\"id\":\"x\",\"model_id\":\"1\"}"), "");
    check(LIST("{\"name\":null,\"id\":\"x\",\"model_id\":\"1\"}"), "");
    check(LIST("{\"name\":\"a\",\"model_id\":1}"), "");
    check(LIST(ITEM("", "1", "true") "," ITEM("a", "", "true")), "");
    check(LIST(ITEM("a\\n", "1", "true") "," ITEM("a", "\\t", "true")), "");
    check(LIST(ITEM("a\x7f", "1", "true") "," ITEM("b", "1\\r\\nX: y",
                                                   "true")), "");
}


static void
test_twice(void)
{
    check(LIST(ITEM("a", "1", "true") "," ITEM("a", "2", "true")), "");
    check(LIST(ITEM("a", "1", "true") "," ITEM("b", "3", "true") ","
               ITEM("\\u0061", "2", "true")), "b=3+ ");
    check(LIST(ITEM("a", "1", "true") "," ITEM("a", "2", "true") ","
               ITEM("a", "1", "true")), "");
    check(LIST(ITEM("a", "1", "true") "," ITEM("a", "1", "true")), "a=1+ ");
    check(LIST(ITEM("a", "1", "true") "," ITEM("a", "1", "false")), "a=1 ");
    check(LIST(ITEM("a", "1", "true") "," ITEM("ab", "2", "true") ","
               ITEM("b", "3", "true")), "a=1+ ab=2+ b=3+ ");
}


static void
test_malformed(void)
{
    static const char  bad[] = "attestation_malformed";

    check("", bad);
    check("[]", bad);
    check("{}", bad);
    check("null", bad);
    check("{\"data\":{}}", bad);
    check("{\"data\":null}", bad);
    check("{\"Data\":[]}", bad);
    check("{\"data\":[],\"data\":[]}", bad);
    check("{\"data\":[]}x", bad);
    check("{\"data\":[{\"name\":\"a\",\"name\":\"a\"}]}", bad);
    check("{\"data\":[\"\\u0000\"]}", bad);
}


/* Names and ids at their limits. */
static void
test_lengths(void)
{
    size_t         name, id;
    char           text[1024], a[256], b[256];
    unit_all_t     all = { 0 };
    ioa_models_t  *models;

    for (name = IOA_MODEL_NAME_MAX - 1; name <= IOA_MODEL_NAME_MAX + 1;
         name++)
    {
        for (id = IOA_MODEL_ID_MAX - 1; id <= IOA_MODEL_ID_MAX + 1; id++) {
            memset(a, 'a', name);
            memset(b, 'b', id);
            a[name] = b[id] = 0;
            sprintf(text, LIST("{\"name\":\"%s\",\"model_id\":\"%s\"}"), a,
                    b);

            unit_each(&all, read_list(&models, text, strlen(text)) == IOA_OK
                            && ioa_models_count(models)
                               == (name <= IOA_MODEL_NAME_MAX
                                   && id <= IOA_MODEL_ID_MAX),
                      "%zu, %zu", name, id);
            ioa_models_free(models);
        }
    }

    UNIT_ALL(&all, "names and ids at their limits");
}


/* n entries, then white space up to size bytes. */
static ioa_status_t
many(size_t *count, size_t n, size_t size)
{
    char          *text, *at;
    size_t         i;
    ioa_models_t  *models;
    ioa_status_t   st;

    text = malloc(size + 64);
    memset(text, ' ', size + 64);
    at = text + sprintf(text, "{\"data\":[");

    for (i = 0; i < n; i++) {
        at += sprintf(at, "%s{\"name\":\"m%zu\",\"model_id\":\"%zu\"}",
                      i ? "," : "", i, i);
    }

    at += sprintf(at, "]}");
    *at = ' ';
    st = read_list(&models, text, size);
    *count = st == IOA_OK ? ioa_models_count(models) : 0;
    ioa_models_free(models);
    free(text);

    return st;
}


static void
test_sizes(void)
{
    size_t  count;

    UNIT_OK(many(&count, IOA_MODELS_MAX, 400000) == IOA_OK
            && count == IOA_MODELS_MAX, "as many entries as may be");
    UNIT_OK(many(&count, IOA_MODELS_MAX + 1, 400000)
            == IOA_ATTESTATION_MALFORMED, "one entry too many");
    UNIT_OK(many(&count, 1, IOA_MODELS_SIZE_MAX) == IOA_OK && count == 1,
            "as large as may be");
    UNIT_OK(many(&count, 1, IOA_MODELS_SIZE_MAX + 1)
            == IOA_ATTESTATION_MALFORMED, "one byte too large");
}


static void
test_damage(void)
{
    size_t         i, bit, n;
    char           before[256], text[256];
    unit_all_t     prefixes = { 0 }, flips = { 0 };
    ioa_models_t  *models;

    static const char  sample[] =
        LIST(ITEM("ab", "12", "true") "," ITEM("cd", "34", "true"));

    n = sizeof(sample) - 1;
    strcpy(before, list(sample));
    memcpy(text, sample, sizeof(sample));

    for (i = 0; i < n; i++) {
        unit_each(&prefixes, read_list(&models, text, i)
                             == IOA_ATTESTATION_MALFORMED, "%zu bytes", i);
    }

    for (i = 0; i < n; i++) {
        for (bit = 0; bit < 8; bit++) {
            text[i] ^= (char) (1 << bit);

            /* "object" is not looked at */

            unit_each(&flips, strcmp(list(text), before) != 0 || i < 16,
                      "byte %zu, bit %zu", i, bit);
            text[i] ^= (char) (1 << bit);
        }
    }

    UNIT_ALL(&prefixes, "every prefix is malformed");
    UNIT_ALL(&flips, "a flipped bit is refused or shows");
}


int
main(void)
{
    test_entries();
    test_left_out();
    test_twice();
    test_malformed();
    test_lengths();
    test_sizes();
    test_damage();
    ioa_models_free(NULL);

    return UNIT_DONE();
}
