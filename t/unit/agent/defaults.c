/*
 * defaults: files of default members that are read or refused, what they add
 * to a request, and memory that runs out on the way.
 */

#include "fixtures/failing.h"

#include "agent/ioa_defaults.h"
#include "agent/ioa_reqmodel.h"

static char  error[IOA_DEFAULTS_ERROR_MAX];


static ioa_defaults_t *
parse(const char *text, size_t len)
{
    uint8_t         *exact;
    ioa_defaults_t  *defaults;

    exact = unit_exact(text, len);
    memset(error, 'x', sizeof(error));

    if (!ioa_defaults_parse(&defaults, error, exact, len)) {
        UNIT_OK(defaults == NULL && memchr(error, '\0', sizeof(error)) != NULL,
                "refused: nothing to free, and a sentence");
    }

    free(exact);

    return defaults;
}


static void
refused(const char *text, const char *what, const char *name)
{
    ioa_defaults_t  *defaults;

    defaults = parse(text, strlen(text));

    if (!UNIT_OK(defaults == NULL && strcmp(error, what) == 0, "%s", name)) {
        printf("# %s\n", defaults ? "taken" : error);
    }

    ioa_defaults_free(defaults);
}


/* A text that a loop has put together. */
static char *
append(char *at, const char *piece)
{
    size_t  n = strlen(piece);

    memcpy(at, piece, n + 1);

    return at + n;
}


static void
test_refused(void)
{
    char            *p;
    size_t           i;
    ioa_defaults_t  *defaults;

    static char  text[IOA_DEFAULTS_SIZE_MAX + 2];

    refused("", "line 1: this is not JSON", "nothing");
    refused("{\"top_p\":", "line 1: this is not JSON", "half a file");
    refused("[1]", "line 1: this is not a JSON object", "an array");
    refused("\n\n7", "line 3: this is not a JSON object", "a number");
    refused("{\"n\":1,\n\"n\":1}", "line 2: member \"n\" is duplicate",
            "a member twice");
    refused("{\"\\u00e4\\t\":1,\"\\u00e4\\t\":1}",
            "line 1: member \"???\" is duplicate",
            "a name of other characters");
    refused("{\"messages\":[]}",
            "line 1: messages: cannot be a default: the gateway goes by what "
            "the client says there", "messages");
    refused("{\"n\":1,\n\"model\":\"m\"}",
            "line 2: model: cannot be a default: the gateway goes by what "
            "the client says there", "model");
    refused("{\"stream\":false}",
            "line 1: stream: cannot be a default: the gateway goes by what "
            "the client says there", "stream");

    /* the deepest, and one deeper */

    for (p = append(text, "{\"a\":"), i = 2; i < IOA_DEFAULTS_DEPTH_MAX; i++)
    {
        p = append(p, i % 2 ? "[" : "{\"b\":");
    }

    p = append(p, "[]");

    while (i-- > 2) {
        p = append(p, i % 2 ? "]" : "}");
    }

    (void) append(p, "}");
    defaults = parse(text, strlen(text));
    UNIT_OK(defaults != NULL, "eight levels: %s", error);
    ioa_defaults_free(defaults);

    p = strstr(text, "[]");
    memmove(p + 4, p + 2, strlen(p + 2) + 1);
    memcpy(p, "[[]]", 4);
    refused(text, "line 1: this is nested deeper than 8 levels",
            "nine levels");

    /* as many members as may be, and one more */

    for (p = append(text, "{"), i = 0; i < IOA_DEFAULTS_MEMBERS_MAX; i++) {
        p += snprintf(p, 32, "%s\"m%zu\":0", i ? "," : "", i);
    }

    (void) append(p, "}");
    defaults = parse(text, strlen(text));
    UNIT_OK(defaults != NULL, "64 members: %s", error);
    ioa_defaults_free(defaults);

    (void) append(p, ",\"z\":0}");
    refused(text, "line 1: this object has more than 64 members",
            "65 members");

    /* an array may have more */

    for (p = append(text, "{\"stop\":["), i = 0; i < 100; i++) {
        p = append(p, i ? ",\"s\"" : "\"s\"");
    }

    (void) append(p, "]}");
    defaults = parse(text, strlen(text));
    UNIT_OK(defaults != NULL, "an array of 100: %s", error);
    ioa_defaults_free(defaults);

    /* the longest, and one byte more */

    memset(text, ' ', sizeof(text));
    memcpy(text, "{\"n\":1}", 7);
    defaults = parse(text, IOA_DEFAULTS_SIZE_MAX);
    UNIT_OK(defaults != NULL, "64 KB: %s", error);
    ioa_defaults_free(defaults);
    UNIT_OK(parse(text, IOA_DEFAULTS_SIZE_MAX + 1) == NULL
            && strcmp(error, "it has more than 65536 bytes") == 0,
            "a byte more");
}


/* What the agent does not take is no default either. */
static void
test_taken(void)
{
    refused("{\n\"temperature\":\"hot\"}",
            "line 2: temperature: a string for a number",
            "a string for a number");
}


static void
adds(const char *file, const char *sent, const char *merged)
{
    size_t           len;
    uint8_t         *out, *exact;
    ioa_status_t     st;
    ioa_defaults_t  *defaults;

    defaults = parse(file, strlen(file));
    exact = unit_exact(sent, strlen(sent));
    out = NULL;

    if (!UNIT_OK(defaults != NULL, "%s is a file", file)) {
        printf("# %s\n", error);

    } else {
        st = ioa_defaults_add(&out, &len, defaults, exact, strlen(sent));

        if (merged == NULL) {
            UNIT_OK(st == IOA_REQUEST_AMBIGUOUS && out == NULL && len == 0,
                    "nothing is added to %s", sent);

        } else if (!UNIT_OK(st == IOA_OK && len == strlen(merged)
                            && memcmp(out, merged, len) == 0,
                            "%s and %s", sent, file))
        {
            printf("# status %d: %.*s\n", (int) st, (int) len,
                   out ? (char *) out : "");
        }
    }

    free(out);
    free(exact);
    ioa_defaults_free(defaults);
}


static void
test_adds(void)
{
    adds("{}", "{}", "{}");
    adds("{\"n\": 1}", "{}", "{\"n\":1}");
    adds("{\"n\":1,\"top_p\":1}", "{\"top_p\":null}",
         "{\"top_p\":null,\"n\":1}");
    adds("{\"n\":1}", "{\"n\":2}", "{\"n\":2}");
    adds("{\"n\":1}", "{\"m\":2}", "{\"m\":2,\"n\":1}");
    adds("{\"stream_options\":{\"include_usage\":true}}",
         "{\"stream_options\":{\"a\":{}},\"b\":[]}",
         "{\"stream_options\":{\"a\":{},\"include_usage\":true},\"b\":[]}");
    adds("{\"stream_options\":{\"include_usage\":true}}",
         "{\"stream_options\":null}", "{\"stream_options\":null}");
    adds("{\"stop\":[1]}", "{\"stop\":{}}", "{\"stop\":{}}");
    adds("{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{}}}",
         "{\"a\":{\"b\":{\"c\":1}}}");
    adds("{\"n\":1}", "[]", NULL);
    adds("{\"n\":1}", "{\"a\":1,\"a\":2}", NULL);
    adds("{\"a\":{\"b\":1}}", "{\"a\":{\"c\":1,\"c\":2}}", NULL);
}


/* Every allocation fails in its turn: nothing is said, and nothing kept. */
static void
test_memory(void)
{
    size_t           at, len, times;
    uint8_t         *out;
    ioa_status_t     st;
    unit_all_t       all;
    ioa_defaults_t  *defaults;

    static const char  file[] = "{\"a\":{\"b\":[1,{\"c\":2}]},\"n\":1}";
    static const char  sent[] = "{\"a\":{},\"m\":\"text\"}";

    memset(&all, 0, sizeof(all));

    for (at = 0; at < 1000; at++) {
        const long  held = failing_held;
        int         ok;

        failing_from(at, FAILING_NEVER);
        ok = ioa_defaults_parse(&defaults, error, (const uint8_t *) file,
                                sizeof(file) - 1);
        times = failing_stop();

        if (times == 0) {
            break;
        }

        unit_each(&all, !ok && defaults == NULL && failing_held == held
                        && error[0] != '\0', "allocation %zu: %s", at,
                  error);
        ioa_defaults_free(defaults);
    }

    UNIT_ALL(&all, "a file, and memory runs out");

    if (!UNIT_OK(defaults != NULL, "then there is enough")) {
        return;
    }

    memset(&all, 0, sizeof(all));

    for (at = 0; at < 1000; at++) {
        const long  held = failing_held;

        failing_from(at, FAILING_NEVER);
        st = ioa_defaults_add(&out, &len, defaults, (const uint8_t *) sent,
                              sizeof(sent) - 1);
        times = failing_stop();

        if (times == 0) {
            break;
        }

        unit_each(&all, st == IOA_BODY_TOO_LARGE && out == NULL && len == 0
                        && failing_held == held, "allocation %zu: %d", at,
                  (int) st);
        free(out);
    }

    UNIT_ALL(&all, "a request, and memory runs out");
    UNIT_OK(st == IOA_OK && out != NULL, "then there is enough");
    free(out);
    ioa_defaults_free(defaults);
}


/* A request whose defaults are added: its hash, or a reason. */
static ioa_status_t
hashed(uint8_t digest32[IOA_SHA256_LEN], const ioa_defaults_t *defaults,
    const char *sent)
{
    ioa_status_t            st;
    ioa_reqmodel_t         *rm;
    ioa_reqmodel_result_t   res;

    memset(&res, 0, sizeof(res));
    rm = ioa_reqmodel_new(4096);

    if (rm == NULL) {
        return IOA_BODY_TOO_LARGE;
    }

    ioa_reqmodel_defaults(rm, defaults);
    st = ioa_reqmodel_update(rm, (const uint8_t *) sent, strlen(sent));

    if (st == IOA_OK) {
        st = ioa_reqmodel_final(&res, rm);
    }

    memcpy(digest32, res.digest32, IOA_SHA256_LEN);
    ioa_reqmodel_free(rm);

    return st;
}


#define ASKED  "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"        \
               "\"model\":\"m\""


static void
test_request(void)
{
    size_t           at;
    uint8_t          with[IOA_SHA256_LEN], without[IOA_SHA256_LEN];
    uint8_t          again[IOA_SHA256_LEN];
    unit_all_t       all;
    ioa_status_t     st;
    ioa_defaults_t  *defaults;
    ioa_reqmodel_t  *rm;

    ioa_reqmodel_result_t  res;

    static const char     sent[] = ASKED "}";
    static const uint8_t  none[IOA_SHA256_LEN];

    defaults = parse("{\"n\":1}", 7);

    UNIT_OK(hashed(with, defaults, sent) == IOA_OK
            && hashed(without, NULL, sent) == IOA_OK
            && memcmp(with, without, sizeof(with)) != 0,
            "a default changes the hash");
    UNIT_OK(hashed(again, NULL, ASKED ",\"n\":1}") == IOA_OK
            && memcmp(again, with, sizeof(with)) == 0,
            "as if the client had sent it");

    memset(&all, 0, sizeof(all));

    for (at = 0; at < 1000; at++) {
        const long  held = failing_held;

        failing_from(at, FAILING_NEVER);
        st = hashed(again, defaults, sent);

        if (failing_stop() == 0) {
            break;
        }

        unit_each(&all, st == IOA_BODY_TOO_LARGE && failing_held == held,
                  "allocation %zu: %d", at, (int) st);
    }

    UNIT_ALL(&all, "a request with defaults, and memory runs out");
    UNIT_OK(st == IOA_OK && memcmp(again, with, sizeof(with)) == 0,
            "then there is enough");

    /* the same text once more, with defaults */

    rm = ioa_reqmodel_new(4096);
    st = ioa_reqmodel_update(rm, (const uint8_t *) sent, strlen(sent));
    UNIT_OK(st == IOA_OK && ioa_reqmodel_final(&res, rm) == IOA_OK
            && ioa_reqmodel_again(again, rm, defaults, 4096) == IOA_OK
            && memcmp(again, with, sizeof(with)) == 0, "hashed again");
    UNIT_OK(ioa_reqmodel_again(again, rm, NULL, 4096) == IOA_OK
            && memcmp(again, without, sizeof(with)) == 0,
            "and without defaults");
    UNIT_OK(ioa_reqmodel_again(again, rm, defaults, 8) == IOA_BODY_TOO_LARGE
            && memcmp(again, none, sizeof(none)) == 0,
            "a text that is too long to be hashed again");
    failing_from(0, FAILING_NEVER);
    st = ioa_reqmodel_again(again, rm, defaults, 4096);
    UNIT_OK(failing_stop() != 0 && st == IOA_BODY_TOO_LARGE
            && memcmp(again, none, sizeof(none)) == 0, "nor without memory");
    ioa_reqmodel_free(rm);

    rm = ioa_reqmodel_new(4096);
    st = ioa_reqmodel_update(rm, (const uint8_t *) "]", 1);
    UNIT_OK(st == IOA_REQUEST_AMBIGUOUS
            && ioa_reqmodel_update(rm, (const uint8_t *) "{}", 2) == st
            && ioa_reqmodel_again(again, rm, defaults, 4096) == st
            && memcmp(again, none, sizeof(none)) == 0,
            "nor what could not be read");
    ioa_reqmodel_free(rm);

    ioa_defaults_free(defaults);
    defaults = parse("{\"stream_options\":{\"include_usage\":true}}", 41);
    UNIT_OK(hashed(again, defaults, ASKED ",\"stream_options\":{\"a\":1,"
                   "\"a\":2}}") == IOA_REQUEST_AMBIGUOUS,
            "a name twice in an object that is added to");
    ioa_defaults_free(defaults);
}


int
main(void)
{
    failing_init();

    test_refused();
    test_taken();
    test_adds();
    test_memory();
    test_request();

    return UNIT_DONE();
}
