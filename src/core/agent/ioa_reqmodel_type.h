/*
 * ioa_reqmodel_type: the members that the agent declares, and what it takes
 * for a value of each (doc/formats.md 3.5).
 *
 * Used by ioa_reqmodel alone.
 */

#ifndef IOA_REQMODEL_TYPE_H
#define IOA_REQMODEL_TYPE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ioa_bytes.h"
#include "base/ioa_cause.h"

#define IOA_REQMODEL_FIELDS  11
#define IOA_REQMODEL_MODEL   1
#define IOA_REQMODEL_STREAM  4

typedef enum {
    IOA_REQMODEL_ANY = 0,
    IOA_REQMODEL_STRING,
    IOA_REQMODEL_ARRAY,
    IOA_REQMODEL_FLOAT,
    IOA_REQMODEL_INT,
    IOA_REQMODEL_BOOL
} ioa_reqmodel_type_t;

typedef struct {
    const char           *name;
    ioa_reqmodel_type_t   type;
} ioa_reqmodel_field_t;

extern const ioa_reqmodel_field_t  ioa_reqmodel_fields[IOA_REQMODEL_FIELDS];


static inline int
ioa_reqmodel_is(ioa_bytes_t bytes, const char *text)
{
    return bytes.len == strlen(text)
           && memcmp(bytes.data, text, bytes.len) == 0;
}


/* 1 where a canonical number has nothing but digits. */
int ioa_reqmodel_is_int(ioa_bytes_t value);

/* Returns: the declared member's place, or IOA_REQMODEL_FIELDS. */
size_t ioa_reqmodel_field(ioa_bytes_t key);

/*
 * Returns: why the agent would refuse or coerce the canonical text of a
 * value; IOA_CAUSE_NONE where it takes it.
 * In/out: *value, which is cut to what the agent prints.
 */
ioa_cause_t ioa_reqmodel_type_misfit(ioa_reqmodel_type_t type,
    ioa_bytes_t *value);

#endif
