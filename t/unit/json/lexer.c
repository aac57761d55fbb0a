/*
 * lexer: which tokens ioa_lexer shows, and where they stand.
 */

#include "json/ioa_lexer.h"
#include "unit.h"

#define ALL  (IOA_LEXER_OPEN | IOA_LEXER_TEXT | IOA_LEXER_KEY \
              | IOA_LEXER_VALUE)

static const ioa_lexer_rules_t  all = { ALL, 0, 8, 100, SIZE_MAX };


/*
 * Tokens as they are shown here: plain text as it stands, <code> for another
 * part of a string, and a letter behind what has ended: k for a key, s for a
 * string, n for a number, w for a word.  { and } are brackets of either kind.
 */
static char *
show(char *at, ioa_lexer_t *lx, ioa_token_t token)
{
    static const char  letters[] = "   {}  ksnw";

    switch (token) {

    case IOA_TOKEN_TEXT:
        return at + sprintf(at, "%.*s", (int) (lx->p - lx->from),
                            lx->from);

    case IOA_TOKEN_UNIT:
        return at + sprintf(at, "<%x>", (unsigned) lx->code);

    case IOA_TOKEN_NUMBER:
        return lx->part == IOA_LEXER_WHOLE ? at + sprintf(at, "n") : at;

    default:
        return at + sprintf(at, "%c", letters[token]);
    }
}


/* Out: shown, all tokens, and how it ended. */
static void
lex(char *shown, const ioa_lexer_rules_t *rules, const char *json, size_t n,
    size_t piece)
{
    size_t        at, m;
    uint8_t      *copy;
    ioa_lexer_t   lx;
    ioa_token_t   token = IOA_TOKEN_MORE;

    *shown = '\0';
    ioa_lexer_init(&lx, rules, NULL);

    for (at = 0; at < n && token != IOA_TOKEN_BAD; at += m) {
        m = piece < n - at ? piece : n - at;
        copy = unit_exact(json + at, m);
        ioa_lexer_feed(&lx, copy, m);

        for (token = ioa_lexer_next(&lx); token > IOA_TOKEN_BAD;
             token = ioa_lexer_next(&lx))
        {
            shown = show(shown, &lx, token);
        }

        free(copy);
    }

    sprintf(shown, token == IOA_TOKEN_BAD ? " bad"
                   : ioa_lexer_done(&lx) ? " done" : " open");

    if (token == IOA_TOKEN_BAD) {
        ioa_lexer_feed(&lx, UNIT_BYTES(" "));
        UNIT_OK(ioa_lexer_next(&lx) == IOA_TOKEN_BAD && !ioa_lexer_done(&lx),
                "bad for good");
    }
}


static void
check_rules(const ioa_lexer_rules_t *rules, const char *json,
    const char *want)
{
    char    shown[512];
    size_t  piece;

    for (piece = 1; piece <= 64; piece = piece < 8 ? piece + 1 : piece * 8) {
        lex(shown, rules, json, strlen(json), piece);

        if (!UNIT_OK(strcmp(shown, want) == 0, "%s in pieces of %zu",
                     json, piece))
        {
            printf("# want %s, got %s\n", want, shown);
        }
    }
}


static void
check(const char *json, const char *want)
{
    check_rules(&all, json, want);
}


static void
test_tokens(void)
{
    check("{\"a\":\"b\",\"c\":1,\"d\":{\"e\":\"f\"},\"g\":[\"h\"]}",
          "{akbsckndk{ekfs}gk{hs}} done");
    check("[\"a\",{\"b\":\"c\"},1]", "{as{bkcs}n} done");
    check("[true,false , null]", "{www} done");
    check(" [ ] ", "{} done");
    check("{}", "{} done");
    check("\"a\"", "as done");
    check("\"\"", "s done");
    check("12", " done");
    check("-1.50E+07 ", "n done");
    check("{\"a\":\"\\ud800\\u0000x\\/\\n\xc3\xa9\xf0\x9f\x98\x80\x7f\"}",
          "{ak<d800><0>x<2f><a><e9><1f600><7f>s} done");
}


static void
test_open(void)
{
    check("", " open");
    check(" ", " open");
    check("-", " open");
    check("1.", " open");
    check("1e", " open");
    check("tru", " open");
    check("{\"a\":\"b\",", "{akbs open");
    check("\"\\u00", " open");
    check("\"\xe4\xb8", " open");
}


static void
test_bad(void)
{
    check("{\"a\":\"b\"]", "{akbs bad");
    check("[1}", "{n bad");
    check("[1,]", "{n bad");
    check("{\"a\":1,}", "{akn bad");
    check("{1:2}", "{ bad");
    check("{\"a\",1}", "{ak bad");
    check("[1 2]", "{n bad");
    check("1 2", "n bad");
    check("tru3", " bad");
    check("NaN", " bad");
    check("-Infinity", " bad");
    check("[01]", "{ bad");
    check("[1.e2]", "{ bad");
    check("[1e+]", "{ bad");
    check("[--1]", "{ bad");
    check("[+1]", "{ bad");
    check("[.5]", "{ bad");
    check("\"\\x\"", " bad");
    check("\"\\u00g0\"", " bad");
    check("\"\t\"", " bad");
    check("\"\x80\"", " bad");
    check("\"\xc0\xaf\"", " bad");
    check("\"\xed\xa0\x80\"", " bad");
    check("\x80", " bad");
}


static void
test_rules(void)
{
    ioa_lexer_rules_t  rules = all;

    check("[[[[[[[[]]]]]]]]", "{{{{{{{{}}}}}}}} done");
    check("[[[[[[[[[", "{{{{{{{{ bad");

    rules.values_max = 3;
    check_rules(&rules, "[1,2]", "{nn} done");
    check_rules(&rules, "[1,2,3]", "{nn bad");

    rules = all;
    rules.show_depth = 1;
    check_rules(&rules, "{\"a\":[\"x\",{\"y\":\"\\/\"}, 1],\"b\":\"c\"}",
                "{ak{}bkcs} done");

    rules = all;
    rules.flags = IOA_LEXER_OBJECT;
    check_rules(&rules, "{}", "{} done");
    check_rules(&rules, " []", " bad");
    check_rules(&rules, "\"a\"", " bad");

    rules.flags = IOA_LEXER_NO_LONE;
    check_rules(&rules, "\"\\ud83d\\ude00\"", "<d83d><de00>s done");
    check_rules(&rules, "\"\\ud83d\"", "<d83d> bad");
    check_rules(&rules, "\"\\ud83dx\"", "<d83d> bad");
    check_rules(&rules, "\"\\ude00\"", " bad");
    check_rules(&rules, "\"\\u0000\"", "<0>s done");

    rules.flags = IOA_LEXER_NO_NUL;
    check_rules(&rules, "\"\\u0000\"", " bad");
    check_rules(&rules, "\"\\ud83d\"", "<d83d>s done");

    rules.wants = 0;
    rules.flags = IOA_LEXER_NO_LONE | IOA_LEXER_NO_NUL;
    check_rules(&rules, "[\"\\ud83d\\ude00\\u0001\", 1e5, {}]", " done");
    check_rules(&rules, "[\"a\\u0000\"]", " bad");
    check_rules(&rules, "[\"a\\ud83d\"]", " bad");
    check_rules(&rules, "[\"a\\ud83d\xc3\xa9\"]", " bad");
    check_rules(&rules, "[\"a\xff\"]", " bad");
    check_rules(&rules, "[1e]", " bad");

    rules.wants = IOA_LEXER_FIGURES;
    rules.flags = IOA_LEXER_PYTHON;
    check_rules(&rules, "[NaN,Infinity,1.5]", "n done");
    check_rules(&rules, "[-Infinity]", " done");
    check_rules(&rules, "[1.5Infinity]", "n bad");
}


int
main(void)
{
    test_tokens();
    test_open();
    test_bad();
    test_rules();

    return UNIT_DONE();
}
