/*
 * ioa_check: what was looked at, one line each, for a person to read.
 *
 * A verifier writes down every check it makes and every check that it left
 * out.  The list decides nothing: a verdict never depends on it, a full list
 * drops lines and counts them, and each function takes NULL for "no list".
 */

#ifndef IOA_CHECK_H
#define IOA_CHECK_H

#include <stddef.h>

#include "base/ioa_status.h"

#define IOA_CHECKS_MAX        192
#define IOA_CHECK_NAME_MAX    48
#define IOA_CHECK_DETAIL_MAX  128

typedef enum {
    IOA_CHECK_NOT_MADE = 0,
    IOA_CHECK_PASSED,
    IOA_CHECK_FAILED
} ioa_check_verdict_t;

/* Both texts are terminated, printable ASCII, and cut where too long. */
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

/* "passed", "failed" or "not made".  Never NULL. */
const char *ioa_check_verdict_name(ioa_check_verdict_t verdict);

#endif
