/*
 * sse: event streams.  Random streams beside a plain statement of the rules
 * are in differ_sse.py, the recordings of the agent in recordings.py.
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


static ioa_status_t
judge(const char *stream, size_t piece)
{
    size_t        m, n = strlen(stream);
    uint8_t      *copy;
    ioa_status_t  st = IOA_OK;

    ioa_sse_init(&sse);

    for ( ; n != 0 && st == IOA_OK; stream += m, n -= m) {
        m = piece < n ? piece : n;
        copy = unit_exact(stream, m);
        st = ioa_sse_update(&sse, copy, m);
        free(copy);
    }

    return ioa_sse_final(digest, &sig, &sse);
}


static int
hashed(const char *canonical)
{
    uint8_t       want[IOA_SHA256_LEN];
    ioa_sha256_t  sha;

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, (const uint8_t *) canonical, strlen(canonical));
    ioa_sha256_final(want, &sha);

    return memcmp(want, digest, sizeof(want)) == 0;
}


typedef struct {
    const char  *stream;
    const char  *canonical;
} good_t;

static const good_t  good[] = {
    { "data: a\n\ndata: b\n\n" EVENT DONE, "{\"chunks\":[\"a\",\"b\"]}" },
    { EVENT "data: a\n\n" DONE, "{\"chunks\":[\"a\"]}" },
    { "data: a\n\n" DONE EVENT, "{\"chunks\":[\"a\"]}" },
    { "data: a\n\n" EVENT, "{\"chunks\":[\"a\"]}" },
    { "data: ab" EVENT "cd\n\n" DONE, "{\"chunks\":[\"abcd\"]}" },
    { "da" EVENT "ta: ab\n\n" DONE, "{\"chunks\":[\"ab\"]}" },
    { "data: a" EVENT, "{\"chunks\":[\"a\"]}" },
    { EVENT, "{\"chunks\":[]}" },
    { "data: \n\n" EVENT, "{\"chunks\":[\"\"]}" },
    { "data:  a \n\n" EVENT, "{\"chunks\":[\" a \"]}" },
    { "data: a\r\n\r\n" EVENT "data: [DONE]\r\n\r\n",
      "{\"chunks\":[\"a\\r\"]}" },
    { "data: [done]\n\n" EVENT, "{\"chunks\":[\"[done]\"]}" },
    { "data: [DON\n\n" EVENT, "{\"chunks\":[\"[DON\"]}" },
    { "data:[DONE]\n\n" EVENT, "{\"chunks\":[]}" },
    { "data: a\n\n" EVENT "data: [DONE]", "{\"chunks\":[\"a\"]}" },
    { "event: message\nid: 1\n: x\nretry: 2\ndata: a\n\n" EVENT,
      "{\"chunks\":[\"a\"]}" },
    { "Data: x\n data: y\ndatax: z\n\n" EVENT, "{\"chunks\":[]}" },
    { "data: \xc3\xa9\xf0\x9f\x98\x80\x7f\"\\\x01\n\n" EVENT,
      "{\"chunks\":[\"\\u00e9\\ud83d\\ude00\\u007f\\\"\\\\\\u0001\"]}" },
    { "data: eveevent: signature\nx: y\n" EVENT,
      "{\"chunks\":[\"eveevent: signature\"]}" }
};

static const char  *ambiguous[] = {
    "data:a\n\n" EVENT DONE,
    "data:\n\n" EVENT DONE,
    "data\n\n" EVENT DONE,
    "data: a\rb\n\n" EVENT DONE,
    ": a\rdata: b\n\n" EVENT DONE,
    "data: a\n\n" EVENT "data: [DONE]\r",
    "\xef\xbb\xbf" "data: a\n\n" EVENT DONE,
    EVENT "\xef\xbb\xbf" "data: a\n\n" DONE,
    "event: error\ndata: a\n\n" EVENT DONE,
    "event:\ndata: a\n\n" EVENT DONE,
    "event: massage\ndata: a\n\n" EVENT DONE,
    "event: message \ndata: a\n\n" EVENT DONE,
    "event: signature\nid: 1\ndata: a\n\n" EVENT DONE,
    "event:signature\ndata: {}\n\n" EVENT DONE,
    "data: [DONE] x\n\n" EVENT,
    "data:[DONE]x\n\n" EVENT,
    DONE "data: a\n\n" EVENT,
    DONE DONE EVENT,
    EVENT DONE "data: a",
    EVENT DONE EVENT,
    EVENT EVENT DONE,
    "data: \xff\n\n" EVENT DONE,
    "data: \xc3\n\n" EVENT DONE,
    "data: \xe4\n\n" EVENT DONE,
    "data: \xf0\x9f\n\n" EVENT DONE
};


static void
test_good(void)
{
    size_t      i, piece;
    unit_all_t  all = { 0, 0, "" };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        for (piece = 1; piece < 200; piece++) {
            unit_each(&all, judge(good[i].stream, piece) == IOA_OK
                            && hashed(good[i].canonical),
                      "%s in pieces of %zu", good[i].stream, piece);
        }
    }

    UNIT_ALL(&all, "streams and their hash");
}


static void
test_ambiguous(void)
{
    size_t      i, piece;
    unit_all_t  all = { 0, 0, "" };

    for (i = 0; i < sizeof(ambiguous) / sizeof(ambiguous[0]); i++) {
        for (piece = 1; piece < 200; piece++) {
            unit_each(&all, judge(ambiguous[i], piece)
                            == IOA_STREAM_AMBIGUOUS,
                      "%s in pieces of %zu", ambiguous[i], piece);
        }
    }

    UNIT_ALL(&all, "streams that a reader sees otherwise");
}


static void
test_ends(void)
{
    UNIT_OK(judge("", 1) == IOA_STREAM_TRUNCATED, "nothing at all");
    UNIT_OK(judge("data: a\n\n", 3) == IOA_STREAM_TRUNCATED,
            "no event, no [DONE]");
    UNIT_OK(judge("data: a\n\n" DONE, 3) == IOA_STREAM_UNSIGNED,
            "[DONE] and no event");
    UNIT_OK(judge("data: a\n\nevent: signature\nda", 3)
            == IOA_STREAM_TRUNCATED, "cut within the event's mark");
    UNIT_OK(judge("event: signature\ndata: {\"text\":", 3)
            == IOA_MALFORMED_SIGNATURE, "cut within the event's JSON");
    UNIT_OK(judge("event: signature\ndata: {}\n", 3)
            == IOA_MALFORMED_SIGNATURE, "cut before the event's end");
    UNIT_OK(sig.text.data == NULL && digest[0] == 0 && digest[31] == 0,
            "nothing is told of it");
}


static void
test_event(void)
{
    size_t              i;
    char               *big;
    unit_all_t          all = { 0, 0, "" };
    static const char  *bad[] = {
        "", "x", "[]", "\"t\"", "{", "{\"text\":1}", "{\"text\":null}",
        "{\"text\":\"a\",\"text\":\"a\"}",
        "{\"t\\u0065xt\":\"a\",\"text\":\"a\"}",
        "{\"signature\":[]}", "{\"text\":\"\\n\"}", "{\"text\":\"\xff\"}",
        "{\"vllm\":{\"model_id\":NaN}}", "{}x",
        "{\"vllm\":{\"model_id\":1,\"model_id\":2}}",
        "{\"vllm\":1}", "{\"vllm\":{\"x\":1}}", "{\"vllm\":[]}",
        "{\"choices\":[]}", "{\"text\":\"a\",\"tool_calls\":1}",
        "{\"error\":{}}", "{\"object\":\"x\"}", "{\"type\":\"x\"}",
        "{\"\":1}", "{\"Text\":\"a\"}"
    };

    (void) judge(EVENT, 7);
    UNIT_OK(sig.text.len == 3 && memcmp(sig.text.data, "t:u", 3) == 0
            && sig.signature.len == 2 && sig.signing_address.len == 3
            && sig.signing_algo.len == 5 && sig.image_digest.data == NULL,
            "the event's members");
    UNIT_OK(judge("event: signature\ndata: {\"vllm\":{\"model_id\":\"\\u4e2d\"},"
                  "\"image_digest\":\"\"}\n\n", 9) == IOA_OK
            && sig.text.data == NULL && sig.image_digest.data != NULL
            && sig.image_digest.len == 0, "absent and empty differ");

    big = malloc(sizeof(sse) + 2 * IOA_SSE_EVENT_MAX);

    if (big == NULL) {
        abort();
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sprintf(big, "data: a\n\nevent: signature\ndata: %s\n\n" DONE,
                bad[i]);
        unit_each(&all, judge(big, 5) == IOA_MALFORMED_SIGNATURE, "%s",
                  bad[i]);
    }

    UNIT_ALL(&all, "bad JSON in the event");

    i = (size_t) sprintf(big, "event: signature\ndata: {\"x\":\"");
    memset(big + i, 'x', IOA_SSE_EVENT_MAX);
    strcpy(big + i + IOA_SSE_EVENT_MAX, "\"}\n\n");
    UNIT_OK(judge(big, 1000) == IOA_MALFORMED_SIGNATURE, "a long event");

    /* for sanitizers: it would be written behind all that there is */

    memset(big + i, 'x', sizeof(sse) + IOA_SSE_EVENT_MAX);
    strcpy(big + i + sizeof(sse) + IOA_SSE_EVENT_MAX, "\"}\n\n");
    UNIT_OK(judge(big, 1000) == IOA_MALFORMED_SIGNATURE, "a longer one");

    free(big);
}


int
main(void)
{
    test_good();
    test_ambiguous();
    test_ends();
    test_event();

    return UNIT_DONE();
}
