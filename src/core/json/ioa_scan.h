/*
 * ioa_scan: checks JSON as it goes by (RFC 8259, strict UTF-8), in pieces of
 * any size, in the memory of one struct and without recursion, and shows the
 * members of the outermost object.
 *
 * It does not find duplicate keys: that needs memory that grows.
 *
 * Bytes in, events out.
 */

#ifndef IOA_SCAN_H
#define IOA_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_cause.h"
#include "base/ioa_reader.h"
#include "base/ioa_status.h"
#include "json/ioa_string.h"

#define IOA_SCAN_DEPTH_MAX  10240

typedef enum {
    IOA_SCAN_MORE = 0,      /* the piece is used up */
    IOA_SCAN_BAD,           /* not such JSON, now and for good */
    IOA_SCAN_KEY,           /* a member's key has ended: string */
    IOA_SCAN_STRING,        /* a member's value, a string, has ended: string */
    IOA_SCAN_OTHER          /* a member's value that is no string begins */
} ioa_scan_event_t;

/* What the caller accepts. */
typedef struct {
    size_t  depth_max;      /* nested arrays and objects */
    size_t  values_max;
    int     object_only;    /* the outermost value must be an object */
    int     flaws_refused;  /* flaws of ioa_string.h, in any string */
} ioa_scan_rules_t;

typedef struct {
    ioa_scan_rules_t  rules;
    const char       *literal;      /* rest of true, false or null */
    size_t            depth;
    size_t            values;
    uint8_t           state;
    uint8_t           cause;        /* ioa_cause_t, of IOA_SCAN_BAD */
    uint8_t           in_key;       /* the string is a key */
    uint8_t           first;        /* IOA_SCAN_OTHER: the value's first byte */
    ioa_string_t      string;       /* the current key or string */

    /* one bit a level: 1 object, 0 array */
    uint8_t           stack[IOA_SCAN_DEPTH_MAX / 8];
} ioa_scan_t;

/*
 * Out: s, ready for the first byte.
 * In: rules, copied; depth_max is at most IOA_SCAN_DEPTH_MAX.
 */
void ioa_scan_init(ioa_scan_t *s, const ioa_scan_rules_t *rules);

/*
 * Scans on until there is something to tell.  Call it again with the same
 * reader after every event but IOA_SCAN_MORE and IOA_SCAN_BAD.  Text is kept
 * of the outermost object's keys and strings alone.
 */
ioa_scan_event_t ioa_scan_next(ioa_scan_t *s, ioa_reader_t *r)
    IOA_MUST_CHECK;

/*
 * Ends the input.
 * Returns: 1 where exactly one value went by, with white space around it at
 * most.
 */
int ioa_scan_done(ioa_scan_t *s) IOA_MUST_CHECK;

#endif
