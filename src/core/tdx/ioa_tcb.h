/*
 * ioa_tcb: the status of a trusted computing base in Intel's words (PCS v4,
 * "tcbStatus"), how the statuses of its parts become one, and since when it
 * has been out of date.
 */

#ifndef IOA_TCB_H
#define IOA_TCB_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

#define IOA_TCB_ADVISORIES_MAX  128
#define IOA_TCB_ADVISORY_MAX    31      /* "INTEL-SA-00837" has 14 bytes */
#define IOA_TCB_LACKS_MAX       191

typedef enum {
    IOA_TCB_UNKNOWN = 0,        /* no collateral was asked */
    IOA_TCB_UP_TO_DATE,
    IOA_TCB_SW_HARDENING_NEEDED,
    IOA_TCB_CONFIGURATION_NEEDED,
    IOA_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    IOA_TCB_OUT_OF_DATE,
    IOA_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    IOA_TCB_REVOKED,

    IOA_TCB_STATUS_MAX
} ioa_tcb_status_t;

typedef struct {
    ioa_tcb_status_t  status;

    /*
     * Where the status is one of the two that are out of date: since when,
     * seconds since 1970; else 0.  For one part: the earliest tcbDate, of a
     * level that stands before the matched one, that is later than the
     * matched one's own; where there is none, the matched one's own.  That
     * is the day of the fix, not the day on which Intel began to report it,
     * which comes later.  For several parts: the earliest.
     */
    int64_t           out_since;

    /* tcbEvaluationDataNumber, the lower of both documents'; 0 for unknown */
    uint64_t          evaluation;

    /* which SVNs are short where it is out of date, in words, or "" */
    char              lacks[IOA_TCB_LACKS_MAX + 1];

    /* each once, in the order of the collateral */
    size_t            advisories_n;
    char              advisories[IOA_TCB_ADVISORIES_MAX]
                                [IOA_TCB_ADVISORY_MAX + 1];
} ioa_tcb_t;

/* Intel's name; "unknown" for that and for a value out of range. */
const char *ioa_tcb_name(ioa_tcb_status_t status);

/*
 * Returns: 1; 0 where it is no name of a status.
 * In: text, "unknown" included.
 */
int ioa_tcb_parse(ioa_tcb_status_t *status, const uint8_t *text,
    size_t text_len) IOA_MUST_CHECK;

/* 1 for the two that are out of date. */
int ioa_tcb_is_out_of_date(ioa_tcb_status_t status);

/* What an out of date status would be without being so; others: the same. */
ioa_tcb_status_t ioa_tcb_without_date(ioa_tcb_status_t status);

/*
 * Adds an advisory's name unless it is there.
 * Returns: 1; 0 where it is empty, too long, not printable ASCII, or there
 * is no room.
 */
int ioa_tcb_add_advisory(ioa_tcb_t *tcb, const uint8_t *text,
    size_t text_len) IOA_MUST_CHECK;

/*
 * What a name of Intel's that is no security advisory says of the machine,
 * in brackets and with a space before; "" for others.  Never NULL.
 */
const char *ioa_tcb_advisory_means(const char *name);

/*
 * Merges another part into tcb.  The status then names every shortcoming of
 * both; unknown where either is.
 * Words for which there is no room end in "...".
 * Returns: 1; 0 where there is no room for the advisories.
 */
int ioa_tcb_merge(ioa_tcb_t *tcb, const ioa_tcb_t *part) IOA_MUST_CHECK;

#endif
