/*
 * tcb: names, and parts that become one.
 */

#include "tdx/ioa_tcb.h"
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


/* The status of two parts. */
static ioa_tcb_status_t
together(ioa_tcb_status_t one, ioa_tcb_status_t two)
{
    ioa_tcb_t  tcb, part;

    memset(&tcb, 0, sizeof(tcb));
    memset(&part, 0, sizeof(part));
    tcb.status = one;
    part.status = two;

    return ioa_tcb_merge(&tcb, &part) ? tcb.status : IOA_TCB_STATUS_MAX;
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
        unit_each(&all, together(table[i][0], table[i][1]) == table[i][2]
                        && together(table[i][1], table[i][0])
                           == table[i][2], "%zu", i);
    }

    for (a = 0; a < IOA_TCB_STATUS_MAX; a++) {
        for (b = 0; b < IOA_TCB_STATUS_MAX; b++) {
            i = together((ioa_tcb_status_t) a, (ioa_tcb_status_t) b);
            unit_each(&all, i < IOA_TCB_STATUS_MAX
                            && (a != b || i == a)
                            && i == (size_t) together((ioa_tcb_status_t) i,
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
    UNIT_OK(ioa_tcb_add_advisory(&b, UNIT_BYTES("X"))
            && ioa_tcb_add_advisory(&b, UNIT_BYTES("X"))
            && b.advisories_n == 1, "an advisory counts once");
    UNIT_OK(ioa_tcb_merge(&a, &b) && a.status == IOA_TCB_OUT_OF_DATE
            && a.out_since == 900 && a.advisories_n == 1,
            "the first part that is out of date");
    b.out_since = 800;
    UNIT_OK(ioa_tcb_merge(&a, &b) && a.out_since == 800
            && a.advisories_n == 1, "the earlier date");
    b.out_since = 850;
    UNIT_OK(ioa_tcb_merge(&a, &b) && a.out_since == 800,
            "a later one changes nothing");

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


static void
test_documents(void)
{
    UNIT_OK(strstr(ioa_tcb_advisory_means("INTEL-DOC-10000"), "Updates)"),
            "end of updates");
    UNIT_OK(strstr(ioa_tcb_advisory_means("INTEL-DOC-10001"), "Lifetime)"),
            "end of life");
    UNIT_OK(*ioa_tcb_advisory_means("INTEL-DOC-1000") == '\0'
            && *ioa_tcb_advisory_means("INTEL-SA-00837") == '\0',
            "nothing of others");
}


int
main(void)
{
    test_documents();
    test_names();
    test_worst();
    test_merge();

    return UNIT_DONE();
}
