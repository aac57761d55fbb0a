/*
 * ioa_json: a whole JSON text, read into a tree.
 *
 * What comes in is checked before cJSON sees it, for cJSON takes more than
 * RFC 8259 allows and forgets what two keys of one name said: strict grammar
 * and UTF-8, nesting and number of values limited, no \u0000 (its strings
 * end at NUL), no lone surrogate, nothing behind the value but white space.
 * Duplicate keys, compared as they read after unescaping, are errors in any
 * object.  A number of more than 63 characters may be refused: cJSON reads
 * no longer ones.
 *
 * Floor F1.
 */

#ifndef IOA_JSON_H
#define IOA_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "ioa_status.h"

#define IOA_JSON_DEPTH_MAX   32
#define IOA_JSON_VALUES_MAX  131072     /* some 10 MB of tree */

typedef struct cJSON  ioa_json_t;

/*
 * Returns: 1, and *root, to be given to ioa_json_free; 0 where the text is
 * not such JSON or memory ran out, *root is NULL then.
 */
int ioa_json_parse(ioa_json_t **root, const uint8_t *text, size_t text_len)
    IOA_MUST_CHECK;
void ioa_json_free(ioa_json_t *root);

/* Types.  value may be NULL, which has none. */
int ioa_json_is_object(const ioa_json_t *value);
int ioa_json_is_array(const ioa_json_t *value);
int ioa_json_is_null(const ioa_json_t *value);
int ioa_json_is_true(const ioa_json_t *value);

/*
 * A string's bytes: UTF-8, unescaped, without NUL; they borrow from value.
 * Returns: 1; 0 where value is NULL or no string, outputs untouched.
 */
int ioa_json_string(const uint8_t **text, size_t *text_len,
    const ioa_json_t *value) IOA_MUST_CHECK;

/*
 * The member of that name, in exactly this case.
 * Returns: NULL where object is none, or has no such member.
 */
const ioa_json_t *ioa_json_member(const ioa_json_t *object,
    const char *name);

/* Goes through an array or an object.  Returns: NULL behind the last. */
const ioa_json_t *ioa_json_first(const ioa_json_t *container);
const ioa_json_t *ioa_json_next(const ioa_json_t *value);

#endif
