/*
 * check: the list of checks, and the steps that a verifier runs.
 */

#include "base/ioa_check.h"
#include "unit.h"

static ioa_checks_t  checks;

/* What each step is to do, and how many have run. */
typedef struct {
    ioa_status_t  status[4];
    int           made[4];
    size_t        ran;
} plan_t;


static void
test_list(void)
{
    size_t  i;
    char    longest[400];

    ioa_checks_init(&checks);
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';

    ioa_check_add(&checks, longest, IOA_CHECK_NOT_MADE, "%s", longest);
    UNIT_OK(strlen(checks.list[0].name) == IOA_CHECK_NAME_MAX - 1
            && strlen(checks.list[0].detail) == IOA_CHECK_DETAIL_MAX - 1
            && strcmp(checks.list[0].detail + IOA_CHECK_DETAIL_MAX - 5,
                      "x...") == 0, "long texts are cut, details with a sign");
    longest[IOA_CHECK_DETAIL_MAX - 1] = '\0';
    ioa_check_add(&checks, "n", IOA_CHECK_PASSED, "%s", longest);
    UNIT_OK(strcmp(checks.list[1].detail, longest) == 0,
            "a text that just fits is not");

    ioa_checks_init(&checks);
    UNIT_OK(ioa_checks_failed(&checks) == NULL
            && ioa_checks_failed(NULL) == NULL, "nothing has failed");
    UNIT_OK(ioa_check_that(&checks, 7, "a\n", "b%c\xc3\xa4", 27) == 1
            && ioa_check_that(&checks, 0, "c", "d") == 0
            && ioa_check_that(&checks, 0, "e", "f") == 0, "said back");
    UNIT_OK(strcmp(checks.list[0].name, "a?") == 0
            && strcmp(checks.list[0].detail, "b???") == 0, "printable");
    UNIT_OK(checks.list[0].verdict == IOA_CHECK_PASSED
            && checks.list[1].verdict == IOA_CHECK_FAILED, "verdicts");
    UNIT_OK(ioa_checks_failed(&checks) == &checks.list[1],
            "the first that failed");

    for (i = 3; i < IOA_CHECKS_MAX + 5; i++) {
        ioa_check_add(&checks, "n", IOA_CHECK_PASSED, "%zu", i);
    }

    UNIT_OK(checks.n == IOA_CHECKS_MAX && checks.dropped == 5,
            "a full list counts what it drops");
    ioa_check_add(NULL, "n", IOA_CHECK_PASSED, "x");
    UNIT_OK(ioa_check_that(NULL, 1, "n", "x") == 1, "no list");
    UNIT_OK(strcmp(ioa_check_verdict_name(IOA_CHECK_NOT_MADE), "not made")
            == 0, "not made");
}


static void
test_names(void)
{
    char    name[IOA_CHECK_NAME_MAX];
    size_t  i;

    static const struct {
        const char  *pattern, *subject, *name;
    } cases[] = {
        { "gpu.#.chain", "11", "gpu.11.chain" },
        { "tdx.layout", "11", "tdx.layout" },
        { "#", "a#b", "a#b" },
        { "a.#", "", "a." },
        { "", "x", "" },
        { "a#b#c", "x", "axb#c" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ioa_check_name(name, cases[i].pattern, cases[i].subject);
        UNIT_OK(strcmp(name, cases[i].name) == 0, "name \"%s\"",
                cases[i].name);
    }

    memset(name, 'y', sizeof(name));
    ioa_check_name(name, "#.#.#.#", "0123456789012345678901234567890123456789"
                                    "01234567890123456789");
    UNIT_OK(name[IOA_CHECK_NAME_MAX - 1] == '\0'
            && strlen(name) == IOA_CHECK_NAME_MAX - 1, "a long one is cut");
}


static ioa_status_t
step(ioa_note_t *note, void *ctx)
{
    plan_t  *plan = ctx;
    size_t   i = plan->ran++;

    note->made = plan->made[i];
    ioa_note(note, "step %zu", i);

    return plan->status[i];
}


/* Leaves its note alone. */
static ioa_status_t
silent(ioa_note_t *note, void *ctx)
{
    (void) note;
    (void) ctx;

    return IOA_OK;
}


static int
listed(size_t i, ioa_check_verdict_t verdict, const char *name,
    const char *detail)
{
    return i < checks.n && checks.list[i].verdict == verdict
           && strcmp(checks.list[i].name, name) == 0
           && strcmp(checks.list[i].detail, detail) == 0;
}


static void
test_steps(void)
{
    size_t  failing;
    plan_t  plan;

    static const ioa_step_t  steps[] = {
        { "a.#", step }, { "b", step }, { "c.#.d", step }, { "e", step }
    };
    static const ioa_step_t  quiet[] = { { "a", step }, { "b", silent } };

    ioa_checks_init(&checks);
    plan = (plan_t) { .made = { 1, 0, 1, 1 } };
    UNIT_OK(ioa_steps_run(&checks, "0", steps, 4, &plan) == IOA_OK
            && plan.ran == 4 && checks.n == 4, "all run, none fails");
    UNIT_OK(listed(0, IOA_CHECK_PASSED, "a.0", "step 0")
            && listed(1, IOA_CHECK_NOT_MADE, "b", "step 1")
            && listed(2, IOA_CHECK_PASSED, "c.0.d", "step 2")
            && listed(3, IOA_CHECK_PASSED, "e", "step 3"),
            "each is listed, and what was left out is said");

    for (failing = 0; failing < 4; failing++) {
        ioa_checks_init(&checks);
        plan = (plan_t) { .made = { 1, 1, 1, 1 } };
        plan.status[failing] = IOA_REVOKED;
        plan.made[failing] = failing != 1;
        UNIT_OK(ioa_steps_run(&checks, "0", steps, 4, &plan) == IOA_REVOKED
                && plan.ran == failing + 1 && checks.n == 4
                && checks.list[failing].verdict == IOA_CHECK_FAILED
                && ioa_checks_failed(&checks) == &checks.list[failing],
                "step %zu fails and is the last that runs", failing);
        UNIT_OK(failing == 3
                || (listed(3, IOA_CHECK_NOT_MADE, "e",
                           "an earlier check failed")
                    && checks.list[failing + 1].verdict
                       == IOA_CHECK_NOT_MADE),
                "step %zu: those behind it are not made", failing);
        plan.ran = 0;
        UNIT_OK(ioa_steps_run(NULL, "0", steps, 4, &plan) == IOA_REVOKED,
                "step %zu without a list", failing);
    }

    UNIT_OK(ioa_steps_run(&checks, "", steps, 0, &plan) != IOA_OK,
            "no steps prove nothing");

    ioa_checks_init(&checks);
    plan = (plan_t) { .made = { 0 } };
    UNIT_OK(ioa_steps_run(&checks, "", quiet, 2, &plan) == IOA_OK
            && listed(1, IOA_CHECK_PASSED, "b", ""),
            "nothing of one step's note is left for the next");
}


int
main(void)
{
    test_list();
    test_names();
    test_steps();

    return UNIT_DONE();
}
