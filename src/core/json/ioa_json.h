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
 */

#ifndef IOA_JSON_H
#define IOA_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_status.h"

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

/*
 * The same for a text that a person wrote and will mend.
 *
 * Out: *line, on failure: the line (from 1) at which the text stops being
 * such JSON, or of the second of two members of one name; 0 where memory ran
 * out.  key, on failure: the start of that name, NUL-terminated; "" where no
 * name stands there twice.
 */
#define IOA_JSON_KEY_MAX  64

int ioa_json_parse_file(ioa_json_t **root, size_t *line,
    char key[IOA_JSON_KEY_MAX], const uint8_t *text, size_t text_len)
    IOA_MUST_CHECK;

/* Out: error, of size bytes: what line and key say, in one printable line. */
void ioa_json_file_error(char *error, size_t size, size_t line,
    const char *key);

/*
 * Where a value stands in the text: its first byte to its last, quotes and
 * brackets included, a member's name not.
 *
 * Returns: 1; 0 where value is not of root's tree.
 * Out: *bytes, *len; they borrow from text.
 * In: root, as it was read from text, and value, root itself or below it.
 */
int ioa_json_span(const uint8_t **bytes, size_t *len, const ioa_json_t *root,
    const ioa_json_t *value, const uint8_t *text, size_t text_len)
    IOA_MUST_CHECK;

/* The line, from 1, at which value begins; 0 where ioa_json_span fails. */
size_t ioa_json_line(const ioa_json_t *root, const ioa_json_t *value,
    const uint8_t *text, size_t text_len);

/* Types.  value may be NULL, which has none. */
int ioa_json_is_object(const ioa_json_t *value);
int ioa_json_is_array(const ioa_json_t *value);
int ioa_json_is_null(const ioa_json_t *value);
int ioa_json_is_true(const ioa_json_t *value);
int ioa_json_is_false(const ioa_json_t *value);

/*
 * A number that is a whole one, from 0 to 2^53 - 1; 1.0 and 10e-1 are 1.
 * Returns: 1; 0 where value is NULL or no such number, *number untouched.
 */
int ioa_json_uint(uint64_t *number, const ioa_json_t *value) IOA_MUST_CHECK;

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

/* A member's name, NUL-terminated.  Returns: NULL where value has none. */
const char *ioa_json_name(const ioa_json_t *value);

#endif
