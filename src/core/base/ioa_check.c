/*
 * ioa_check: see ioa_check.h.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ioa_check.h"
#include "base/ioa_codec.h"


void
ioa_checks_init(ioa_checks_t *checks)
{
    memset(checks, 0, sizeof(*checks));
}


/* Writes a text, and "..." at its end where it was too long. */
static void
ioa_check_text(char text[IOA_CHECK_DETAIL_MAX], const char *format,
    va_list args)
{
    int  n;

    n = vsnprintf(text, IOA_CHECK_DETAIL_MAX, format, args);

    if (n < 0) {
        text[0] = '\0';

    } else if (n >= IOA_CHECK_DETAIL_MAX) {
        memcpy(text + IOA_CHECK_DETAIL_MAX - sizeof("..."), "...",
               sizeof("..."));
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

    ioa_check_text(check->detail, format, args);

    ioa_printable(check->name);
    ioa_printable(check->detail);
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


void
ioa_check_name(char name[IOA_CHECK_NAME_MAX], const char *pattern,
    const char *subject)
{
    size_t  n;

    n = strcspn(pattern, "#");

    (void) snprintf(name, IOA_CHECK_NAME_MAX, "%.*s%s%s", (int) n, pattern,
                    pattern[n] == '#' ? subject : "",
                    pattern[n] == '#' ? pattern + n + 1 : "");
}


const ioa_check_t *
ioa_checks_failed(const ioa_checks_t *checks)
{
    size_t  i;

    for (i = 0; checks != NULL && i < checks->n; i++) {
        if (checks->list[i].verdict == IOA_CHECK_FAILED) {
            return &checks->list[i];
        }
    }

    return NULL;
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


void
ioa_note(ioa_note_t *note, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    ioa_check_text(note->detail, format, args);
    va_end(args);
}


ioa_status_t
ioa_steps_run(ioa_checks_t *checks, const char *subject,
    const ioa_step_t *steps, size_t n, void *ctx)
{
    int           failed;
    char          name[IOA_CHECK_NAME_MAX];
    size_t        i;
    ioa_note_t    note;
    ioa_status_t  st;

    st = IOA_ATTESTATION_MALFORMED;
    failed = 0;

    for (i = 0; i < n; i++) {
        ioa_check_name(name, steps[i].name, subject);

        if (failed) {
            ioa_check_add(checks, name, IOA_CHECK_NOT_MADE,
                          "an earlier check failed");
            continue;
        }

        note.made = 1;
        note.detail[0] = '\0';

        st = steps[i].run(&note, ctx);
        failed = st != IOA_OK;

        ioa_check_add(checks, name,
                      failed ? IOA_CHECK_FAILED
                      : note.made ? IOA_CHECK_PASSED : IOA_CHECK_NOT_MADE,
                      "%s", note.detail);
    }

    return st;
}
