/*
 * ioa_time: see ioa_time.h.
 */

#include <stdio.h>

#include "base/ioa_time.h"
#include "base/ioa_reader.h"

#define IOA_TIME_DAY         86400
#define IOA_TIME_YEAR_LAST   9999
#define IOA_TIME_YEAR_FIRST  1970    /* of RFC 3339 text */
#define IOA_TIME_PARTS       6


/* Days from 1970-01-01 to a date, from year 0 on. */
static int64_t
ioa_time_days(unsigned year, unsigned month, unsigned day)
{
    unsigned  m, y;

    /*
     * Years are counted from March, so that a leap day is the last day.  400
     * years, which have 146,097 days, are added to keep dates before March of
     * year 0 positive; 719,468 days lie between March of year 0 and 1970.
     */

    y = 400 + (month <= 2 ? year - 1 : year);
    m = month <= 2 ? month + 9 : month - 3;

    return (int64_t) y * 365 + y / 4 - y / 100 + y / 400
           + (153 * m + 2) / 5 + day - 1 - 146097 - 719468;
}


int
ioa_time_seconds(int64_t *seconds, const ioa_date_t *date)
{
    int64_t   days;
    unsigned  year, month;

    year = date->year;
    month = date->month;

    if (year > IOA_TIME_YEAR_LAST || month < 1 || month > 12
        || date->day < 1 || date->hour > 23 || date->minute > 59
        || date->second > 59)
    {
        return 0;
    }

    days = ioa_time_days(year, month, date->day);

    /* a day that the month does not have would fall in the next month */

    if (date->day > 31
        || days >= ioa_time_days(month == 12 ? year + 1 : year,
                                 month % 12 + 1, 1))
    {
        return 0;
    }

    *seconds = days * IOA_TIME_DAY + date->hour * 3600 + date->minute * 60
               + date->second;

    return 1;
}


/* Reads n decimal digits and the byte that must follow them. */
static int
ioa_time_digits(unsigned *value, ioa_reader_t *r, size_t n, char behind)
{
    uint8_t  c;

    for (*value = 0; n > 0; n--) {

        if (!ioa_reader_u8(r, &c) || c < '0' || c > '9') {
            return 0;
        }

        *value = *value * 10 + (unsigned) (c - '0');
    }

    return ioa_reader_u8(r, &c) && c == (uint8_t) behind;
}


int
ioa_time_rfc3339(int64_t *seconds, const uint8_t *text, size_t text_len)
{
    size_t        i;
    unsigned      v[IOA_TIME_PARTS];
    ioa_date_t    date;
    ioa_reader_t  r;

    static const uint8_t  widths[IOA_TIME_PARTS] = { 4, 2, 2, 2, 2, 2 };

    ioa_reader_init(&r, text, text_len);

    for (i = 0; i < IOA_TIME_PARTS; i++) {
        if (!ioa_time_digits(&v[i], &r, widths[i], "--T::Z"[i])) {
            return 0;
        }
    }

    if (ioa_reader_left(&r) != 0 || v[0] < IOA_TIME_YEAR_FIRST) {
        return 0;
    }

    date.year = v[0];
    date.month = v[1];
    date.day = v[2];
    date.hour = v[3];
    date.minute = v[4];
    date.second = v[5];

    return ioa_time_seconds(seconds, &date);
}


void
ioa_time_text(char text[IOA_TIME_TEXT_MAX], int64_t seconds)
{
    int64_t   days, rest;
    unsigned  year, month, day;

    days = seconds / IOA_TIME_DAY - (seconds % IOA_TIME_DAY < 0);
    rest = seconds - days * IOA_TIME_DAY;

    if (days < ioa_time_days(0, 1, 1)
        || days >= ioa_time_days(IOA_TIME_YEAR_LAST + 1, 1, 1))
    {
        (void) snprintf(text, IOA_TIME_TEXT_MAX, "a time out of range");
        return;
    }

    /* no year is shorter than 365 days, so this begins at or behind it */

    year = (unsigned) ((days - ioa_time_days(0, 1, 1)) / 365);

    while (ioa_time_days(year, 1, 1) > days) {
        year--;
    }

    month = 12;

    while (ioa_time_days(year, month, 1) > days) {
        month--;
    }

    day = (unsigned) (days - ioa_time_days(year, month, 1)) + 1;

    (void) snprintf(text, IOA_TIME_TEXT_MAX,
                    "%04u-%02u-%02uT%02d:%02d:%02dZ", year % 10000, month,
                    day, (int) (rest / 3600), (int) (rest / 60 % 60),
                    (int) (rest % 60));
}
