/*
 * scan: which members ioa_scan shows.
 */

#include "json/ioa_scan.h"
#include "unit.h"

static const ioa_scan_rules_t  rules = { 8, 100, 0, 0 };


/* Out: shown, a letter and the text of each event. */
static void
scan_all(char *shown, const char *json)
{
    ioa_scan_t        s;
    ioa_reader_t      r;
    ioa_scan_event_t  event;

    ioa_scan_init(&s, &rules);
    ioa_reader_init(&r, (const uint8_t *) json, strlen(json));

    do {
        event = ioa_scan_next(&s, &r);

        if (event == IOA_SCAN_KEY || event == IOA_SCAN_STRING) {
            shown += sprintf(shown, "%c%.*s ",
                             event == IOA_SCAN_KEY ? 'k' : 's',
                             (int) s.string.text_len, s.string.text);

        } else if (event == IOA_SCAN_OTHER) {
            shown += sprintf(shown, "o ");
        }

    } while (event != IOA_SCAN_MORE && event != IOA_SCAN_BAD);

    sprintf(shown, "%s", event == IOA_SCAN_BAD ? "bad"
                         : ioa_scan_done(&s) ? "done" : "open");

    /* bad stays bad */

    if (event == IOA_SCAN_BAD) {
        ioa_reader_init(&r, UNIT_BYTES(" "));
        UNIT_OK(ioa_scan_next(&s, &r) == IOA_SCAN_BAD && !ioa_scan_done(&s),
                "bad for good");
    }
}


static void
check(const char *json, const char *want)
{
    char  shown[512];

    scan_all(shown, json);

    if (!UNIT_OK(strcmp(shown, want) == 0, "%s", json)) {
        printf("# want %s, got %s\n", want, shown);
    }
}


int
main(void)
{
    check("{\"a\":\"b\",\"c\":1,\"d\":{\"e\":\"f\"},\"g\":[\"h\"]}",
          "ka sb kc o kd o kg o done");
    check("[\"a\",{\"b\":\"c\"},1]", "done");
    check("\"a\"", "done");
    check("12", "done");
    check("{\"a\":\"\\ud800\\u0000\"}",
          "ka s\xef\xbf\xbd\xef\xbf\xbd done");
    check("{\"a\":\"b\",", "ka sb open");
    check("-", "open");
    check("{\"a\":\"b\"]", "ka sb bad");
    check("[[[[[[[[]]]]]]]]", "done");
    check("[[[[[[[[[", "bad");

    return UNIT_DONE();
}
