/*
 * ioa_check: the list of checks, one line each, for a person to read, and the
 * steps that a verifier runs.
 *
 * A verifier writes down every check that it makes and every check that it
 * leaves out.  The list decides nothing: a verdict never depends on it, a full
 * list drops lines and counts them, and each function takes NULL for "no
 * list".  doc/checks.md names every check.
 */

#ifndef IOA_CHECK_H
#define IOA_CHECK_H

#include <stddef.h>

#include "base/ioa_status.h"

#define IOA_CHECKS_MAX        400
#define IOA_CHECK_NAME_MAX    48
#define IOA_CHECK_DETAIL_MAX  256

typedef enum {
    IOA_CHECK_NOT_MADE = 0,
    IOA_CHECK_PASSED,
    IOA_CHECK_FAILED
} ioa_check_verdict_t;

/*
 * Both texts are terminated and printable ASCII.  A detail that is too long
 * is cut and ends in "...".
 */
typedef struct {
    ioa_check_verdict_t  verdict;
    char                 name[IOA_CHECK_NAME_MAX];
    char                 detail[IOA_CHECK_DETAIL_MAX];
} ioa_check_t;

typedef struct {
    size_t       n;
    size_t       dropped;           /* lines for which there was no room */
    ioa_check_t  list[IOA_CHECKS_MAX];
} ioa_checks_t;

/* Out: checks, empty. */
void ioa_checks_init(ioa_checks_t *checks);

/*
 * Appends a line.  In: name; detail as printf takes it.  Bytes that are not
 * printable ASCII become '?'.
 */
void ioa_check_add(ioa_checks_t *checks, const char *name,
    ioa_check_verdict_t verdict, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Appends a line that says passed where good is nonzero, else failed.
 * Returns: 1 or 0, as good.
 */
int ioa_check_that(ioa_checks_t *checks, int good, const char *name,
    const char *format, ...) IOA_MUST_CHECK
    __attribute__((format(printf, 4, 5)));

/* Out: name, pattern with subject in the place of its '#'. */
void ioa_check_name(char name[IOA_CHECK_NAME_MAX], const char *pattern,
    const char *subject);

/* The first line that says failed, or NULL; checks may be NULL. */
const ioa_check_t *ioa_checks_failed(const ioa_checks_t *checks);

/* "passed", "failed" or "not made".  Never NULL. */
const char *ioa_check_verdict_name(ioa_check_verdict_t verdict);


/* What a step says of itself, besides its verdict. */
typedef struct {
    int   made;                 /* a step that has nothing to check sets 0 */
    char  detail[IOA_CHECK_DETAIL_MAX];
} ioa_note_t;

/* One step.  run returns IOA_OK where the check passed or was left out. */
typedef struct {
    const char    *name;        /* a '#' in it stands for the subject */
    ioa_status_t (*run)(ioa_note_t *note, void *ctx);
} ioa_step_t;

void ioa_note(ioa_note_t *note, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Runs steps in order, up to the first that fails: each may rely on all
 * before it.  The steps behind a failed one are listed as not made.
 *
 * Returns: IOA_OK where all have run and none failed; else the status of the
 * one that failed, or IOA_ATTESTATION_MALFORMED where there are no steps.
 * In: subject, for names with a '#', or ""; ctx, handed to each step.
 */
ioa_status_t ioa_steps_run(ioa_checks_t *checks, const char *subject,
    const ioa_step_t *steps, size_t n, void *ctx) IOA_MUST_CHECK;

#endif
