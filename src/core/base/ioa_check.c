/*
 * ioa_check: see ioa_check.h.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ioa_check.h"


void
ioa_checks_init(ioa_checks_t *checks)
{
    memset(checks, 0, sizeof(*checks));
}


static void
ioa_check_printable(char *text)
{
    for ( ; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~') {
            *text = '?';
        }
    }
}


static void
ioa_check_append(ioa_checks_t *checks, const char *name,
    ioa_check_verdict_t verdict, const char *format, va_list args)
{
    ioa_check_t  *check;

    if (checks == NULL) {
        return;
    }

    if (checks->n >= IOA_CHECKS_MAX) {
        checks->dropped++;
        return;
    }

    check = &checks->list[checks->n++];
    check->verdict = verdict;

    (void) snprintf(check->name, sizeof(check->name), "%s", name);

    if (vsnprintf(check->detail, sizeof(check->detail), format, args) < 0) {
        check->detail[0] = '\0';
    }

    ioa_check_printable(check->name);
    ioa_check_printable(check->detail);
}


void
ioa_check_add(ioa_checks_t *checks, const char *name,
    ioa_check_verdict_t verdict, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    ioa_check_append(checks, name, verdict, format, args);
    va_end(args);
}


int
ioa_check_that(ioa_checks_t *checks, int good, const char *name,
    const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    ioa_check_append(checks, name,
                     good ? IOA_CHECK_PASSED : IOA_CHECK_FAILED, format,
                     args);
    va_end(args);

    return good != 0;
}


const char *
ioa_check_verdict_name(ioa_check_verdict_t verdict)
{
    switch (verdict) {

    case IOA_CHECK_PASSED:
        return "passed";

    case IOA_CHECK_FAILED:
        return "failed";

    default:
        return "not made";
    }
}
