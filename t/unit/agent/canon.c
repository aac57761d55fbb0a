/*
 * canon: the agent's form of JSON and its hash.  Each text is fed whole and
 * byte by byte.  Random texts beside Python are in differ_canon.py, the
 * recordings of the agent in recordings.py.
 */

#include "agent/ioa_canon.h"
#include "unit.h"

typedef struct {
    size_t   len;
    uint8_t  data[16384];
} text_t;

typedef struct {
    const char  *in;
    const char  *out;       /* NULL: refused */
} pair_t;

static const pair_t  pairs[] = {
    { "{\"a\": 1, \"b\": [true, false, null]}",
      "{\"a\":1,\"b\":[true,false,null]}" },
    { " \r\n\t[ ] ", "[]" },
    { "{ }", "{}" },
    { "\"a, b: c\"", "\"a, b: c\"" },
    { "[NaN, Infinity, -Infinity]", "[NaN,Infinity,-Infinity]" },
    { "\"\\ud800 \\udc00\"", "\"\\ud800 \\udc00\"" },
    { "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}" },

    { "\"\\/ \\u00E9 \\u0041 \\u000A \\u007F\"",
      "\"/ \\u00e9 A \\n \\u007f\"" },
    { "\"\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80 \x7f\"",
      "\"\\u00e9 \\u4e2d \\ud83d\\ude00 \\u007f\"" },
    { "\"\\\\ \\\" \\b\\f\\n\\r\\t \\u001f\"",
      "\"\\\\ \\\" \\b\\f\\n\\r\\t \\u001f\"" },

    { "-0", "0" }, { "-0.0", "-0.0" }, { "1E2", "100.0" },
    { "1.50", "1.5" }, { "1e400", "Infinity" }, { "-1e400", "-Infinity" },
    { "1e-400", "0.0" }, { "1e16", "1e+16" }, { "1e15",
                                                "1000000000000000.0" },
    { "0.0001", "0.0001" }, { "0.00001", "1e-05" }, { "5e-324", "5e-324" },
    { "1e22", "1e+22" }, { "1e23", "1e+23" },
    { "0.1000000000000000055511151231257827", "0.1" },
    { "9007199254740993.0", "9007199254740992.0" },
    { "18446744073709551616", "18446744073709551616" },
    { "5.684341886080801486968994140625e-14", "5.684341886080802e-14" },
    { "2.2250738585072011e-308", "2.225073858507201e-308" },
    { "-0.31377520368165457", "-0.31377520368165457" },
    { "0.31377520368165455", "0.31377520368165457" },
    { "1e99999999999999999999", "Infinity" },

    { "", NULL }, { " ", NULL }, { "{", NULL }, { "[1,]", NULL },
    { "{\"a\":1,}", NULL }, { "{\"a\"}", NULL }, { "{1:2}", NULL },
    { "[1 2]", NULL }, { "[1}", NULL }, { "1 1", NULL }, { "{} x", NULL },
    { "01", NULL }, { "1.", NULL }, { ".5", NULL }, { "+1", NULL },
    { "1e", NULL }, { "-", NULL }, { "--1", NULL }, { "-NaN", NULL },
    { "tru", NULL }, { "truer", NULL }, { "nan", NULL },
    { "\"", NULL }, { "\"\\", NULL }, { "\"\\u12\"", NULL },
    { "\"\\x41\"", NULL }, { "\"\n\"", NULL }, { "\"\x01\"", NULL },
    { "\"\xff\"", NULL }, { "\"\xc0\xaf\"", NULL },
    { "\"\xed\xa0\x80\"", NULL }, { "\"\xf4\x90\x80\x80\"", NULL },
    { "\"\xe4\xb8\"", NULL }, { "\xef\xbb\xbf{}", NULL }
};


static int
take(void *ctx, const uint8_t *data, size_t n)
{
    text_t  *text = ctx;

    if (n > sizeof(text->data) - text->len) {
        return 0;
    }

    memcpy(text->data + text->len, data, n);
    text->len += n;

    return 1;
}


static int
rewrite(text_t *text, const uint8_t *in, size_t n, size_t piece, size_t depth,
    int flags)
{
    int                  ok = 1;
    size_t               m;
    uint8_t             *copy;
    ioa_out_t            out;
    static ioa_pyjson_t  json;

    text->len = 0;
    ioa_out_init(&out, take, text);
    ioa_pyjson_init(&json, &out, depth, flags);

    for ( ; n != 0 && ok; in += m, n -= m) {
        m = piece < n ? piece : n;
        copy = unit_exact(in, m);
        ok = ioa_pyjson_update(&json, copy, m);
        free(copy);
    }

    return ioa_pyjson_final(&json) && ok;
}


static int
gives(const char *in, size_t n, const char *want, size_t piece)
{
    int            ok;
    static text_t  text;

    ok = rewrite(&text, (const uint8_t *) in, n, piece, IOA_PYJSON_DEPTH_MAX,
                 0);

    if (want == NULL) {
        return !ok;
    }

    return ok && text.len == strlen(want)
           && memcmp(text.data, want, text.len) == 0;
}


static void
test_pairs(void)
{
    size_t      i, piece;
    unit_all_t  all = { 0, 0, "" };

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        for (piece = 1; piece <= 64; piece += piece < 4 ? 1 : 60) {
            unit_each(&all, gives(pairs[i].in, strlen(pairs[i].in),
                                  pairs[i].out, piece),
                      "%s in pieces of %zu", pairs[i].in, piece);
        }
    }

    UNIT_ALL(&all, "texts and what Python makes of them");
}


static void
test_limits(void)
{
    size_t         n;
    char          *buf = malloc(2 * IOA_PYJSON_DEPTH_MAX + 8);
    static text_t  text;

    if (buf == NULL) {
        abort();
    }

    memset(buf, '1', IOA_NUMBER_INT_DIGITS_MAX + 1);

    UNIT_OK(rewrite(&text, (uint8_t *) buf, IOA_NUMBER_INT_DIGITS_MAX, 999,
                    8, 0) && text.len == IOA_NUMBER_INT_DIGITS_MAX,
            "an integer of 4,300 digits");
    UNIT_OK(!rewrite(&text, (uint8_t *) buf, IOA_NUMBER_INT_DIGITS_MAX + 1,
                     999, 8, 0), "not one of 4,301");

    for (n = 63; n <= 65; n++) {
        memset(buf, '[', n);
        memset(buf + n, ']', n);
        UNIT_OK(rewrite(&text, (uint8_t *) buf, 2 * n, 7, 64, 0)
                == (n <= 64), "%zu levels where 64 are allowed", n);
    }

    n = IOA_PYJSON_DEPTH_MAX;
    memset(buf, '[', n + 1);
    UNIT_OK(!gives(buf, n + 1, "", 4096), "too many levels");

    free(buf);
}


/* A fraction has no limit in Python: ours is the room for one that is cut. */
static void
test_long_number(void)
{
    size_t         i;
    uint8_t        buf[IOA_PYJSON_NUMBER_MAX + 1];
    static text_t  text;

    static const size_t  pieces[] = { 1, 7, IOA_PYJSON_NUMBER_MAX,
                                      IOA_PYJSON_NUMBER_MAX + 1 };

    memset(buf, '3', sizeof(buf));
    memcpy(buf, "0.", 2);

    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        UNIT_OK(rewrite(&text, buf, IOA_PYJSON_NUMBER_MAX, pieces[i], 8, 0),
                "a number as long as may be, in pieces of %zu", pieces[i]);
        UNIT_OK(!rewrite(&text, buf, IOA_PYJSON_NUMBER_MAX + 1, pieces[i], 8,
                         0), "none longer, in pieces of %zu", pieces[i]);
    }
}


static void
test_strict(void)
{
    size_t              i, piece;
    unit_all_t          all = { 0, 0, "" };
    static text_t       text;
    static const char  *refused[] = {
        "NaN", "-Infinity", "Infinity", "1e400", "\"\\ud800\"",
        "\"\\udc00\"", "\"\\ud800x\\udc00\"", "\"\\ud800\\n\"",
        "\"\\ud800\\ud800\\udc00\"", "\"\\udc00\\ud800\"",
        "\"\\ud800\xc3\xa9\""
    };

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        for (piece = 1; piece < 16; piece++) {
            unit_each(&all, !rewrite(&text, (const uint8_t *) refused[i],
                                     strlen(refused[i]), piece, 64,
                                     IOA_PYJSON_STRICT),
                      "%s in pieces of %zu", refused[i], piece);
        }
    }

    UNIT_ALL(&all, "what cannot be sent on is refused");
    UNIT_OK(rewrite(&text, UNIT_BYTES("\"\\ud83d\\uDE00\""), 3, 64,
                    IOA_PYJSON_STRICT)
            && text.len == 14
            && memcmp(text.data, "\"\\ud83d\\ude00\"", 14) == 0,
            "a pair is not");
}


static void
test_slow(void)
{
    size_t         i, n = 0;
    char          *buf = malloc(16 * (IOA_PYJSON_SLOW_MAX + 2));
    uint8_t        digest[IOA_SHA256_LEN];
    ioa_canon_t   *canon = malloc(sizeof(ioa_canon_t));
    ioa_status_t   st;

    if (buf == NULL || canon == NULL) {
        abort();
    }

    buf[n++] = '[';

    for (i = 0; i <= IOA_PYJSON_SLOW_MAX; i++) {
        n += (size_t) sprintf(buf + n, "1e-305,");
    }

    ioa_canon_init(canon);
    st = ioa_canon_update(canon, (uint8_t *) buf, n);
    UNIT_OK(st == IOA_RESPONSE_HASH_MISMATCH, "a body of odd numbers ends");
    UNIT_OK(ioa_canon_final(digest, canon) == st, "and stays so");

    free(canon);
    free(buf);
}


static void
test_digest(void)
{
    size_t              i;
    uint8_t             digest[IOA_SHA256_LEN], want[IOA_SHA256_LEN];
    ioa_sha256_t        sha;
    static ioa_canon_t  canon;

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, UNIT_BYTES("{\"a\":[1,\"\\u00e9\"]}"));
    ioa_sha256_final(want, &sha);

    ioa_canon_init(&canon);
    UNIT_OK(ioa_canon_update(&canon, UNIT_BYTES("{ \"a\" : [1, \"\xc3"))
            == IOA_OK
            && ioa_canon_update(&canon, UNIT_BYTES("\xa9\" ] }\n")) == IOA_OK
            && ioa_canon_final(digest, &canon) == IOA_OK
            && memcmp(digest, want, sizeof(want)) == 0, "the hash");

    ioa_canon_init(&canon);
    UNIT_OK(ioa_canon_final(digest, &canon) == IOA_RESPONSE_HASH_MISMATCH,
            "an empty body has none");

    for (i = 0; i < sizeof(digest) && digest[i] == 0; i++) { /* void */ }

    UNIT_OK(i == sizeof(digest), "and the digest is zero");
}


int
main(void)
{
    test_pairs();
    test_limits();
    test_long_number();
    test_strict();
    test_slow();
    test_digest();

    return UNIT_DONE();
}
