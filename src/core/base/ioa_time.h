/*
 * ioa_time: dates of the Gregorian calendar as seconds since 1970-01-01, in
 * UTC.  Every day has 86,400 seconds: there are no leap seconds.
 */

#ifndef IOA_TIME_H
#define IOA_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

typedef struct {
    unsigned  year;         /* 0..9999 */
    unsigned  month;        /* 1..12 */
    unsigned  day;          /* 1..31 */
    unsigned  hour;         /* 0..23 */
    unsigned  minute;       /* 0..59 */
    unsigned  second;       /* 0..59 */
} ioa_date_t;

/*
 * Returns: 1, and *seconds, negative before 1970; 0, untouched, if a part is
 * out of its range or the month does not have that day.
 */
int ioa_time_seconds(int64_t *seconds, const ioa_date_t *date)
    IOA_MUST_CHECK;

/*
 * Reads "2025-06-19T10:16:03Z", exactly of this form (RFC 3339 in UTC, year
 * 1970 or later, no leap second).
 *
 * Returns: 1, and *seconds since 1970; 0, untouched.
 */
int ioa_time_rfc3339(int64_t *seconds, const uint8_t *text, size_t text_len)
    IOA_MUST_CHECK;

/* Out: text in that form; "a time out of range" beyond the years 0 to 9999. */
#define IOA_TIME_TEXT_MAX  24

void ioa_time_text(char text[IOA_TIME_TEXT_MAX], int64_t seconds);

#endif
