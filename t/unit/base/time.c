/*
 * ioa_time: dates against the C library's calendar.
 */

#include <time.h>

#include "base/ioa_time.h"
#include "unit.h"


static void
test_dates(void)
{
    char        text[32];
    int64_t     got;
    size_t      i;
    time_t      t, day;
    unit_all_t  yes = { 0 }, no = { 0 };

    static const char *const  bad[] = {
        "", "2025", "2025-06-19T10:16:03", "2025-06-19T10:16:03z",
        "2025-06-19t10:16:03Z", "2025-06-19 10:16:03Z",
        "2025-06-19T10:16:03.0Z", "2025-06-19T10:16:03Z ",
        " 2025-06-19T10:16:03Z", "2025-06-19T10:16:03+00:00",
        "2025-00-19T10:16:03Z", "2025-13-19T10:16:03Z",
        "2025-06-00T10:16:03Z", "2025-06-31T10:16:03Z",
        "2025-02-29T10:16:03Z", "2100-02-29T10:16:03Z",
        "2025-12-32T10:16:03Z", "2025-06-19T24:16:03Z",
        "2025-06-19T10:60:03Z", "2025-06-19T10:16:60Z",
        "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
        "2025-6-19T10:16:003Z", "2025-06-1aT10:16:03Z",
        "-025-06-19T10:16:03Z", "2025/06/19T10:16:03Z"
    };

    /* a prime number of seconds: every day, and all times of the day */

    for (t = 0; t < 253402300799; t += 999999937 / 13) {
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&t));
        unit_each(&yes, ioa_time_rfc3339(&got, (const uint8_t *) text,
                                         strlen(text)) && got == t, "%s", text);
    }

    for (t = 0; t < 60000; t++) {
        day = t * 86400 + t;
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&day));
        unit_each(&yes, ioa_time_rfc3339(&got, (const uint8_t *) text,
                                         strlen(text)) && got == day, "%s",
                  text);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        got = 77;
        unit_each(&no, !ioa_time_rfc3339(&got, (const uint8_t *) bad[i],
                                     strlen(bad[i])) && got == 77, "%s",
                  bad[i]);
    }

    UNIT_OK(ioa_time_rfc3339(&got, UNIT_BYTES("2024-02-29T23:59:59Z"))
            && got == 1709251199, "a leap day");
    UNIT_ALL(&yes, "dates");
    UNIT_ALL(&no, "what is no date");
}


/* Years before 1970, from 0 on, and parts that are out of range. */
static void
test_parts(void)
{
    size_t      i;
    time_t      t;
    int64_t     got;
    struct tm   tm;
    ioa_date_t  date;
    unit_all_t  yes = { 0 }, no = { 0 };

    static const ioa_date_t  bad[] = {
        { 10000, 1, 1, 0, 0, 0 }, { 2025, 0, 1, 0, 0, 0 },
        { 2025, 13, 1, 0, 0, 0 }, { 2025, 1, 0, 0, 0, 0 },
        { 2025, 1, 32, 0, 0, 0 }, { 2025, 4, 31, 0, 0, 0 },
        { 2023, 2, 29, 0, 0, 0 }, { 2025, 1, 1, 24, 0, 0 },
        { 2025, 1, 1, 0, 60, 0 }, { 2025, 1, 1, 0, 0, 60 },
        { 2025, 1, 4294967295u, 0, 0, 0 }
    };

    /* 0000-01-01T00:00:00Z */

    for (t = INT64_C(-62167219200); t < 0; t += 999999937 / 7) {
        tm = *gmtime(&t);
        date.year = (unsigned) (tm.tm_year + 1900);
        date.month = (unsigned) tm.tm_mon + 1;
        date.day = (unsigned) tm.tm_mday;
        date.hour = (unsigned) tm.tm_hour;
        date.minute = (unsigned) tm.tm_min;
        date.second = (unsigned) tm.tm_sec;
        unit_each(&yes, ioa_time_seconds(&got, &date) && got == t,
                  "%lld", (long long) t);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        got = 77;
        unit_each(&no, !ioa_time_seconds(&got, &bad[i]) && got == 77, "%zu",
                  i);
    }

    UNIT_ALL(&yes, "dates before 1970");
    UNIT_ALL(&no, "parts out of range");
}


/* Each time reads back as itself. */
static void
test_text(void)
{
    char        text[IOA_TIME_TEXT_MAX];
    int64_t     t, got;
    unit_all_t  all = { 0 };

    for (t = 0; t < INT64_C(253402300800); t += 999937) {
        ioa_time_text(text, t);
        unit_each(&all, ioa_time_rfc3339(&got, (const uint8_t *) text,
                                         strlen(text))
                        && got == t, "%lld %s", (long long) t, text);
    }

    UNIT_ALL(&all, "times as text");

    ioa_time_text(text, -1);
    UNIT_OK(strcmp(text, "1969-12-31T23:59:59Z") == 0, "before 1970: %s",
            text);
    ioa_time_text(text, INT64_C(253402300799));
    UNIT_OK(strcmp(text, "9999-12-31T23:59:59Z") == 0, "the last: %s", text);
    ioa_time_text(text, INT64_C(-62167219200));
    UNIT_OK(strcmp(text, "0000-01-01T00:00:00Z") == 0, "the first: %s", text);
    ioa_time_text(text, INT64_C(253402300800));
    UNIT_OK(strcmp(text, "a time out of range") == 0, "behind the last");
    ioa_time_text(text, INT64_MIN);
    UNIT_OK(strcmp(text, "a time out of range") == 0, "before the first");
}


int
main(void)
{
    test_dates();
    test_parts();
    test_text();

    return UNIT_DONE();
}
