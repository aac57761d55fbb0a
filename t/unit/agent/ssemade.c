/*
 * ssemade: what leaves of event streams, made anew.  Random streams beside a
 * plain statement of the rules are in differ_sse.py.
 */

#include "agent/ioa_sse.h"
#include "unit.h"

#define EVENT                                                                 \
    "event: signature\ndata: {\"text\": \"t:u\", \"signature\": \"0a\", "     \
    "\"signing_address\": \"0xb\", \"signing_algo\": \"ecdsa\"}\n\n"
#define DONE  "data: [DONE]\n\n"

static ioa_sse_t            sse;
static ioa_sse_signature_t  sig;
static uint8_t              digest[IOA_SHA256_LEN];


/* Goes on with what was begun. */
static ioa_status_t
feed_on(const char *stream, size_t piece)
{
    size_t        m, n = strlen(stream);
    uint8_t      *copy;
    ioa_status_t  st = IOA_OK;

    for ( ; n != 0 && st == IOA_OK; stream += m, n -= m) {
        m = piece < n ? piece : n;
        copy = unit_exact(stream, m);
        st = ioa_sse_update(&sse, copy, m);
        free(copy);
    }

    return st;
}


static ioa_status_t
judge_on(const char *stream, size_t piece)
{
    (void) feed_on(stream, piece);

    return ioa_sse_final(digest, &sig, &sse);
}


/* What was put out: what may be shown, and what waits for the verdict. */
static char    out[2][4 * IOA_SSE_LINE_MAX];
static size_t  out_n[2];
static size_t  out_room;        /* how much the sink takes of what is held */


static int
sink(void *ctx, const ioa_sse_piece_t *piece)
{
    char    *to = out[piece->held != 0];
    size_t  *n = &out_n[piece->held != 0];

    (void) ctx;

    if (piece->len == 0 || *n + piece->len >= sizeof(out[0])
        || (piece->held && *n + piece->len > out_room))
    {
        return 0;
    }

    memcpy(to + *n, piece->data, piece->len);
    *n += piece->len;
    to[*n] = '\0';

    return 1;
}


static void
out_init(int all)
{
    out_n[0] = out_n[1] = 0;
    out[0][0] = out[1][0] = '\0';
    out_room = sizeof(out[0]);
    ioa_sse_init(&sse);
    ioa_sse_output(&sse, sink, NULL, all);
}


typedef struct {
    const char  *name;
    const char  *stream;
    const char  *shown;
    const char  *held;
} made_t;

#define A     "data: {\"a\":1}\n\n"
#define STOP  "data: {\"c\":[{\"finish_reason\":\"stop\"}]}\n\n"

static const made_t  made[] = {
    { "an event is shown, the end is held", A A EVENT DONE, A A, DONE },
    { "all after the event is held", A EVENT A DONE, A, A DONE },
    { "all after [DONE] is held", A DONE EVENT, A, DONE },
    { "[DONE] without its space", A "data:[DONE]\n\n" EVENT, A, DONE },
    { "no [DONE], no [DONE]", A EVENT, A, "" },
    { "lines are parted", "data: {\"a\":1}\ndata: {\"a\":1}\n" EVENT DONE, A A,
      DONE },
    { "CR LF becomes LF", "data: {\"a\":1}\r\n\r\n" EVENT DONE, A, DONE },
    { "the last line needs no end", A EVENT "data: [DONE]", A, DONE },
    { "nor does one in the held end", A EVENT "data: {\"a\":1}", A, A },
    { "a comment becomes a colon", ": ping \xe2\x80\xa8 data: {}\n\n" A EVENT,
      ":\n" A, "" },
    { "in the held end too, and at once", A EVENT ": x\n\n" A DONE, A ":\n",
      A DONE },
    { "nothing else is put out",
      "id: 1\nretry: 2\nevent: message\nx: y\n\n\n" A EVENT "id: 2\n" DONE, A,
      DONE },
    { "an event within a line", A "data: {\"a\"" EVENT ":1}\n\n" DONE, A,
      A DONE },
    { "an event within the name", A "da" EVENT "ta: {\"a\":1}\n\n" DONE, A,
      A DONE },
    { "text that ends as an event begins",
      "data: {\"a\":1}event: signature\nid: x\n" EVENT, "",
      "data: {\"a\":1}event: signature\n\n" },
    { "from a finish on all is held", A STOP A EVENT DONE, A, STOP A DONE },
    { "from a value that is no object on", A "data: x\n\n" A EVENT DONE, A,
      "data: x\n\n" A DONE },
    { "from [done] on", A "data: [done]\n\n" EVENT, A, "data: [done]\n\n" },
    { "spaces are the value's", "data:  {} \n\n" EVENT, "data:  {} \n\n", "" },
    { "an empty value", A "data: \n\n" EVENT, A, "data: \n\n" }
};


static void
test_made(void)
{
    char        both[512];
    size_t      i, piece, n;
    unit_all_t  all = { 0, 0, "" }, whole = { 0, 0, "" };

    for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        for (piece = 1; piece < 200; piece++) {
            out_init(0);

            unit_each(&all, judge_on(made[i].stream, piece) == IOA_OK
                            && ioa_sse_close(&sse, 0, 0) == IOA_OK
                            && strcmp(out[0], made[i].shown) == 0
                            && strcmp(out[1], made[i].held) == 0,
                      "%s, in pieces of %zu", made[i].name, piece);

            out_init(1);
            n = (size_t) snprintf(both, sizeof(both), "%s%s", made[i].shown,
                                  made[i].held);

            /* all is held, and heartbeats stand where they stood */
            unit_each(&whole, judge_on(made[i].stream, piece) == IOA_OK
                              && ioa_sse_close(&sse, 0, 0) == IOA_OK
                              && out_n[0] == 0 && out_n[1] == n
                              && (strchr(made[i].shown, ':') == NULL
                                  || strstr(made[i].shown, "\n:\n") != NULL
                                  || strcmp(out[1], both) == 0),
                      "%s, in pieces of %zu", made[i].name, piece);
        }
    }

    UNIT_ALL(&all, "what is shown of streams, and what is held");
    UNIT_ALL(&whole, "the same where all is held");
}


static void
test_refused(void)
{
    size_t              i, piece;
    unit_all_t          all = { 0, 0, "" };
    static const char  *bad[] = {
        A "data:b\n\n" A, A "data: ab\rc\n\n", A "data: ab\xe4\xb8g\n\n",
        A "data: {\"a\":\"\xe4\"}\n\n", A "event: x\n\n" A,
        A "data: [DONE]x\n\n", A DONE DONE, A DONE A, A EVENT EVENT
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (piece = 1; piece < 100; piece++) {
            out_init(0);
            unit_each(&all, judge_on(bad[i], piece) == IOA_STREAM_AMBIGUOUS
                            && strcmp(out[0], A) == 0,
                      "%s in pieces of %zu", bad[i], piece);
        }
    }

    UNIT_ALL(&all, "of what is refused only what stood before is shown");
}


static void
test_passed_event(void)
{
    const char  *event = "event: signature\ndata: {\"text\": \"t:u\", "
                         "\"signature\": \"0a\", \"signing_address\": "
                         "\"0xb\", \"signing_algo\": \"ecdsa\"";
    char         stream[512], want[512];

    snprintf(stream, sizeof(stream), A "%s, \"image_digest\": \"sha256:x\", "
             "\"vllm\": {\"model_id\": \"m\"}}\n\n" DONE, event);

    snprintf(want, sizeof(want), "%s}\n\n" DONE, event);
    out_init(0);
    UNIT_OK(judge_on(stream, 7) == IOA_OK
            && ioa_sse_close(&sse, 1, 0) == IOA_OK
            && strcmp(out[1], want) == 0, "the event is written anew");

    snprintf(want, sizeof(want),
             "%s, \"image_digest\": \"sha256:x\"}\n\n" DONE, event);
    out_init(0);
    UNIT_OK(judge_on(stream, 1000) == IOA_OK
            && ioa_sse_close(&sse, 1, 1) == IOA_OK
            && strcmp(out[1], want) == 0, "with its image digest");

    snprintf(want, sizeof(want), EVENT DONE);
    out_init(0);
    UNIT_OK(judge_on(DONE EVENT, 1) == IOA_OK
            && ioa_sse_close(&sse, 1, 1) == IOA_OK
            && strcmp(out[1], want) == 0, "before [DONE], wherever it stood");
}


/* A line of n bytes before its end. */
static char *
long_line(size_t n, const char *end)
{
    char  *line = malloc(n + strlen(end) + 1);

    if (line == NULL) {
        abort();
    }

    memset(line, 'x', n);
    memcpy(line, "data: {\"a\":\"", 12);
    memcpy(line + n - 2, "\"}", 2);
    strcpy(line + n, end);

    return line;
}


static void
test_long(void)
{
    size_t       n, piece;
    char        *line;
    unit_all_t   all = { 0, 0, "" };

    for (n = IOA_SSE_LINE_MAX - 1; n < IOA_SSE_LINE_MAX + 5; n++) {
        for (piece = 1; piece < 3 * IOA_SSE_LINE_MAX; piece = piece * 3 + 1) {
            int  fits = n <= IOA_SSE_LINE_MAX;

            line = long_line(n, piece % 2 ? "\n\n" : "\r\n\r\n");
            out_init(0);
            unit_each(&all, feed_on(line, piece) == IOA_OK
                            && out_n[fits ? 0 : 1] == n + 2
                            && out_n[fits ? 1 : 0] == 0
                            && memcmp(out[fits ? 0 : 1], line, n) == 0,
                      "%zu bytes in pieces of %zu", n, piece);
            free(line);
        }
    }

    UNIT_ALL(&all, "a line that is too long begins the held end");

    line = long_line(3 * IOA_SSE_LINE_MAX, "\n\n");
    out_init(0);
    UNIT_OK(feed_on(line, 1000) == IOA_OK
            && out_n[1] == 3 * IOA_SSE_LINE_MAX + 2, "and flows into it");
    out_init(0);
    out_room = 2 * IOA_SSE_LINE_MAX;
    UNIT_OK(feed_on(line, 1000) == IOA_BODY_TOO_LARGE
            && ioa_sse_final(digest, &sig, &sse) == IOA_BODY_TOO_LARGE
            && out_n[1] <= out_room, "as far as there is room");
    free(line);

    out_init(0);
    out_room = 4;
    (void) feed_on(A EVENT, 1000);
    UNIT_OK(ioa_sse_final(digest, &sig, &sse) == IOA_OK
            && ioa_sse_close(&sse, 1, 1) == IOA_BODY_TOO_LARGE,
            "the end needs room as well");

    out_init(0);
    (void) feed_on("data: {\"a\":1}\n", 1000);
    UNIT_OK(strcmp(out[0], A) == 0, "a line is shown when it is whole");
    (void) feed_on("data: {\"a\":1}", 1000);
    UNIT_OK(strcmp(out[0], A) == 0, "and no part of one");
}


typedef struct {
    const char  *value;
    int          plain;
} chunk_t;

/* In this order: what was read before spares reading again. */
static const chunk_t  chunks[] = {
    { "{\"finish_reason\":null}", 1 }, { "{\"finish_reason\":\"\"}", 1 },
    { "{\"tool_calls\":[ ]}", 1 }, { "{\"function_call\":{\t}}", 1 },
    { "{\"finish_reason\":\"stop\"}", 0 }, { "{\"finish_reason\":0}", 0 },
    { "{\"finish_reason\":false}", 0 }, { "{\"tool_calls\":[{}]}", 0 },
    { "{\"tool_calls\":[null]}", 0 }, { "{\"function_call\":{\"a\":1}}", 0 },
    { "{\"finish_reason\":null,\"finish_reason\":\"x\"}", 0 },
    { "{\"finish_reason\":\"x\",\"finish_reason\":null}", 0 },
    { "{\"a\":[{\"b\":{\"tool_calls\":1}}]}", 0 },
    { "{\"finish\\u005freason\":1}", 0 }, { "{\"\\u0074ool_calls\":1}", 0 },
    { "{\"Finish_Reason\":1}", 0 }, { "{\"TOOL_CALLS\":1}", 0 },
    { "{\"fini\xc5\xbfh_reason\":1}", 0 },
    { "{\"tool_call\\u017f\":1}", 0 }, { "{\"finish_reasons\":1}", 1 },
    { "{\"tool_call\xc5\xb3\":1}", 1 }, { "{\"finish_reaso\":1}", 1 },
    { "{\"a\":\"finish_reason\"}", 1 }, { "{\"a\":[\"tool_calls\",1]}", 1 },
    { "{}", 1 }, { " {} ", 1 }, { "\t{\"a\" : [ 1 , 2 ] }\t", 1 },
    { "{} {}", 0 }, { "{}x", 0 }, { "[]", 0 }, { "\"a\"", 0 }, { "", 0 },
    { " ", 0 }, { "{", 0 }, { "{\"a\"", 0 }, { "{\"a\":", 0 },
    { "{\"a\":1", 0 }, { "{\"a\":1,", 0 }, { "{\"a\":1,}", 0 },
    { "{\"a\":[1}", 0 }, { "{\"a\":{]}", 0 }, { "{\"a\":01}", 0 },
    { "{\"a\":-}", 0 }, { "{\"a\":1.}", 0 }, { "{\"a\":1e+}", 0 },
    { "{\"a\":-0.5e-10}", 1 }, { "{\"a\":NaN}", 0 }, { "{\"a\":tru}", 0 },
    { "{\"a\":true,\"b\":false}", 1 }, { "{\"a\":\"\\x\"}", 0 },
    { "{\"a\":\"\\u12g4\"}", 0 }, { "{\"a\":\"\x01\"}", 0 },
    { "{a:1}", 0 }, { "{'a':1}", 0 }, { "{\"a\" 1}", 0 },
    { "{\"a\":1 \"b\":2}", 0 }, { "{\"a\":\"b", 0 }, { "{\"a\":\"\\\"}", 0 },

    /* kept: each is the last one but for a string */
    { "{\"i\":\"1\",\"c\":\"a\",\"finish_reason\":null}", 1 },
    { "{\"i\":\"1\",\"c\":\"bc\",\"finish_reason\":null}", 1 },
    { "{\"i\":\"1\",\"c\":\"\",\"finish_reason\":null}", 1 },
    { "{\"i\":\"1\",\"c\":\"\\\"\\n\",\"finish_reason\":null}", 1 },
    { "{\"i\":\"2\",\"c\":\"a\",\"finish_reason\":null}", 1 },
    { "{\"i\":\"2\",\"c\":\"a\\\",\"finish_reason\":null}", 0 },
    { "{\"i\":\"2\",\"c\":\"a\",\"finish_reason\":\"x\"}", 0 },
    { "{\"i\":\"2\",\"c\":\"a\",\"finish_reason\":nul}", 0 },
    { "{\"i\":\"2\",\"c\":\"\x02\",\"finish_reason\":null}", 0 },
    { "{\"i\":\"2\",\"c\":\"a\",\"tool_calls\":1,\"finish_reason\":null}", 0 },
    { "{\"i\":\"2\",\"c\":\"a\",\"finish_reason\":null}}", 0 },
    { "{\"i\":\"2\",\"c\":\"a\",\"finish_reason\":null} ", 1 },
    { "{\"i\":\"2\",\"c\":\"", 0 }, { "{\"i\":\"", 0 },

    /* as long as the last one, and as that from some string on, or up to it */
    { "{\"c\":\"a\",\"finish_reason\":null}", 1 },
    { "{\"c\":\"b\",\"finish_reason\":true}", 0 },
    { "{\"finish_reasox\":1,\"c\":\"a\"}", 1 },
    { "{\"finish_reason\":1,\"c\":\"b\"}", 0 },
    { "{\"c\":\"a\",\"tool_calls\":1}", 0 },
    { "{\"c\":\"b\",\"tool_calls\":1}", 0 },
    { "{\"finish_reason\":\"\",\"c\":\"a\"}", 1 },
    { "{\"finish_reason\":\"x\",\"c\":\"a\"}", 0 },
    { "{\"finish_reason\":\"\",\"c\":\"x\"}", 1 },
    { "{\"a\":\"finish_reason\",\"b\":\"\"}", 1 },
    { "{\"a\":\"\",\"finish_reason\":\"\"}", 1 },
    { "{\"a\":\"\",\"finish_reason\":\"x\"}", 0 }
};


static void
test_chunks(void)
{
    size_t          i, depth;
    char            line[512];
    unit_all_t      all = { 0, 0, "" };
    ioa_ssechunk_t  fresh, kept;

    ioa_ssechunk_init(&kept);

    for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        size_t          n = (size_t) sprintf(line, "%s\n", chunks[i].value);
        const uint8_t  *exact = unit_exact(line, n);

        ioa_ssechunk_init(&fresh);
        unit_each(&all, ioa_ssechunk_plain(&fresh, exact, n)
                        == chunks[i].plain
                        && ioa_ssechunk_plain(&kept, exact, n)
                           == chunks[i].plain,
                  "%s", chunks[i].value);
        free((void *) exact);
    }

    UNIT_ALL(&all, "values that may be shown, and others");

    for (depth = 63; depth < 67; depth++) {
        size_t  n = (size_t) sprintf(line, "{\"a\":");

        memset(line + n, '[', depth - 1);
        memset(line + n + depth - 1, ']', depth - 1);
        strcpy(line + n + 2 * (depth - 1), "}\n");
        ioa_ssechunk_init(&fresh);
        UNIT_OK(ioa_ssechunk_plain(&fresh, (const uint8_t *) line,
                                   strlen(line))
                == (depth <= IOA_SSECHUNK_DEPTH_MAX), "%zu levels", depth);
    }
}


int
main(void)
{
    test_made();
    test_refused();
    test_passed_event();
    test_long();
    test_chunks();

    return UNIT_DONE();
}
