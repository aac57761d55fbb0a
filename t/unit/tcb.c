/*
 * tcb: names, dates against the C library's calendar, parts that become one.
 */

#include <time.h>

#include "ioa_tcb.h"
#include "unit.h"


static void
test_names(void)
{
    unsigned          i;
    unit_all_t        all = { 0 };
    const char       *name;
    ioa_tcb_status_t  status;

    for (i = 0; i < IOA_TCB_STATUS_MAX; i++) {
        name = ioa_tcb_name((ioa_tcb_status_t) i);
        unit_each(&all, ioa_tcb_parse(&status, (const uint8_t *) name,
                                      strlen(name))
                        && status == (ioa_tcb_status_t) i, "%s", name);
        unit_each(&all, !ioa_tcb_parse(&status, (const uint8_t *) name,
                                       strlen(name) - 1), "%s cut", name);
    }

    UNIT_ALL(&all, "names");
    UNIT_OK(strcmp(ioa_tcb_name((ioa_tcb_status_t) 99), "unknown") == 0,
            "a value out of range");
    UNIT_OK(!ioa_tcb_parse(&status, UNIT_BYTES("uptodate")), "another case");
}


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
        unit_each(&yes, ioa_tcb_date(&got, (const uint8_t *) text,
                                     strlen(text)) && got == t, "%s", text);
    }

    for (t = 0; t < 60000; t++) {
        day = t * 86400 + t;
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&day));
        unit_each(&yes, ioa_tcb_date(&got, (const uint8_t *) text,
                                     strlen(text)) && got == day, "%s",
                  text);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        got = 77;
        unit_each(&no, !ioa_tcb_date(&got, (const uint8_t *) bad[i],
                                     strlen(bad[i])) && got == 77, "%s",
                  bad[i]);
    }

    UNIT_OK(ioa_tcb_date(&got, UNIT_BYTES("2024-02-29T23:59:59Z"))
            && got == 1709251199, "a leap day");
    UNIT_ALL(&yes, "dates");
    UNIT_ALL(&no, "what is no date");
}


static void
test_worst(void)
{
    size_t      i;
    unsigned    a, b;
    unit_all_t  all = { 0 };

    static const ioa_tcb_status_t  table[][3] = {
        { IOA_TCB_UP_TO_DATE, IOA_TCB_UP_TO_DATE, IOA_TCB_UP_TO_DATE },
        { IOA_TCB_UP_TO_DATE, IOA_TCB_SW_HARDENING_NEEDED,
          IOA_TCB_SW_HARDENING_NEEDED },
        { IOA_TCB_CONFIGURATION_NEEDED, IOA_TCB_SW_HARDENING_NEEDED,
          IOA_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED },
        { IOA_TCB_OUT_OF_DATE, IOA_TCB_SW_HARDENING_NEEDED,
          IOA_TCB_OUT_OF_DATE },
        { IOA_TCB_OUT_OF_DATE, IOA_TCB_CONFIGURATION_NEEDED,
          IOA_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED },
        { IOA_TCB_OUT_OF_DATE, IOA_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
          IOA_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED },
        { IOA_TCB_UNKNOWN, IOA_TCB_UP_TO_DATE, IOA_TCB_UNKNOWN },
        { IOA_TCB_UNKNOWN, IOA_TCB_REVOKED, IOA_TCB_REVOKED },
        { (ioa_tcb_status_t) 99, IOA_TCB_UP_TO_DATE, IOA_TCB_REVOKED },
    };

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        unit_each(&all, ioa_tcb_worst(table[i][0], table[i][1])
                        == table[i][2]
                        && ioa_tcb_worst(table[i][1], table[i][0])
                           == table[i][2], "%zu", i);
    }

    for (a = 0; a < IOA_TCB_STATUS_MAX; a++) {
        for (b = 0; b < IOA_TCB_STATUS_MAX; b++) {
            i = ioa_tcb_worst((ioa_tcb_status_t) a, (ioa_tcb_status_t) b);
            unit_each(&all, i < IOA_TCB_STATUS_MAX
                            && (a != b || i == a)
                            && i == (size_t) ioa_tcb_worst(
                                   (ioa_tcb_status_t) i,
                                   (ioa_tcb_status_t) a),
                      "%u and %u", a, b);
        }
    }

    UNIT_ALL(&all, "two parts together");
    UNIT_OK(ioa_tcb_without_date(IOA_TCB_OUT_OF_DATE) == IOA_TCB_UP_TO_DATE
            && ioa_tcb_without_date(IOA_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED)
               == IOA_TCB_CONFIGURATION_NEEDED
            && ioa_tcb_without_date(IOA_TCB_REVOKED) == IOA_TCB_REVOKED,
            "without being out of date");
}


static void
test_merge(void)
{
    char              name[16];
    size_t            i, n;
    static ioa_tcb_t  a, b;

    a.status = IOA_TCB_UP_TO_DATE;
    b.status = IOA_TCB_OUT_OF_DATE;
    b.out_since = 900;
    b.date = 500;
    UNIT_OK(ioa_tcb_add_advisory(&b, UNIT_BYTES("X"))
            && ioa_tcb_add_advisory(&b, UNIT_BYTES("X"))
            && b.advisories_n == 1, "an advisory counts once");
    UNIT_OK(ioa_tcb_merge(&a, &b) && a.status == IOA_TCB_OUT_OF_DATE
            && a.out_since == 900 && a.date == 500 && a.advisories_n == 1,
            "the first part that is out of date");
    b.out_since = 800;
    b.date = 600;
    UNIT_OK(ioa_tcb_merge(&a, &b) && a.out_since == 800 && a.date == 500
            && a.advisories_n == 1, "the earlier dates");

    for (i = 1; i < IOA_TCB_ADVISORIES_MAX; i++) {
        n = (size_t) sprintf(name, "A-%zu", i);

        if (!ioa_tcb_add_advisory(&a, (const uint8_t *) name, n)) {
            break;
        }
    }

    UNIT_OK(i == IOA_TCB_ADVISORIES_MAX
            && !ioa_tcb_add_advisory(&a, UNIT_BYTES("more"))
            && ioa_tcb_add_advisory(&a, UNIT_BYTES("A-7")),
            "no room for one more");
    UNIT_OK(ioa_tcb_add_advisory(&b, UNIT_BYTES("more"))
            && !ioa_tcb_merge(&a, &b), "nor for another part's");
    UNIT_OK(!ioa_tcb_add_advisory(&b, UNIT_BYTES(""))
            && !ioa_tcb_add_advisory(&b, UNIT_BYTES("a b"))
            && !ioa_tcb_add_advisory(&b, UNIT_BYTES("a\n"))
            && !ioa_tcb_add_advisory(&b, UNIT_BYTES("\xc3\xa9"))
            && !ioa_tcb_add_advisory(&b, UNIT_BYTES(
                    "01234567890123456789012345678901"))
            && ioa_tcb_add_advisory(&b, UNIT_BYTES(
                    "0123456789012345678901234567890")),
            "what is no advisory's name");
}


int
main(void)
{
    test_names();
    test_dates();
    test_worst();
    test_merge();

    return UNIT_DONE();
}
