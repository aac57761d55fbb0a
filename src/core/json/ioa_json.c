/*
 * ioa_json: see ioa_json.h.  The only file that includes cJSON.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/ioa_codec.h"
#include "json/ioa_json.h"
#include "json/ioa_lexer.h"


/* The largest whole number behind which doubles have no gaps. */
#define IOA_JSON_UINT_MAX  9007199254740991.0


/*
 * The grammar and all limits; keys are compared later, in the tree.
 * Out: *at, on failure: where the text stops being such JSON.
 */
static int
ioa_json_check(size_t *at, const uint8_t *text, size_t text_len)
{
    ioa_lexer_t  lx;

    static const ioa_lexer_rules_t  rules = {
        .flags = IOA_LEXER_NO_LONE | IOA_LEXER_NO_NUL,
        .depth_max = IOA_JSON_DEPTH_MAX,
        .values_max = IOA_JSON_VALUES_MAX
    };

    ioa_lexer_init(&lx, &rules, NULL);
    ioa_lexer_feed(&lx, text, text_len);

    if (ioa_lexer_next(&lx) == IOA_TOKEN_MORE && ioa_lexer_done(&lx)) {
        return 1;
    }

    *at = text_len - ioa_lexer_left(&lx);

    return 0;
}


static int
ioa_json_compare_keys(const void *one, const void *two)
{
    return strcmp(*(const char *const *) one, *(const char *const *) two);
}


/* The later one of the two members that share a key. */
static const cJSON *
ioa_json_later(const cJSON *object, const char *key)
{
    const cJSON  *member, *later;

    later = NULL;

    for (member = object->child; member != NULL; member = member->next) {
        if (strcmp(member->string, key) == 0) {
            later = member;
        }
    }

    return later;
}


/*
 * Sorts an object's keys and looks at neighbours: keys are many where
 * somebody wants this to be slow.
 *
 * Returns: a member whose key stands there twice, or NULL.
 * In: keys, room for IOA_JSON_VALUES_MAX.
 */
static const cJSON *
ioa_json_twice(const char **keys, const cJSON *object)
{
    size_t        i, n;
    const cJSON  *member;

    n = 0;

    for (member = object->child; member != NULL; member = member->next) {
        keys[n++] = member->string;
    }

    qsort(keys, n, sizeof(char *), ioa_json_compare_keys);

    for (i = 1; i < n; i++) {
        if (strcmp(keys[i - 1], keys[i]) == 0) {
            return ioa_json_later(object, keys[i]);
        }
    }

    return NULL;
}


/*
 * Looks at every object of the tree; its depth was limited before.
 * Returns: a member whose key stands there twice, or NULL.
 */
static const cJSON *
ioa_json_any_twice(const char **keys, const cJSON *root)
{
    size_t        depth;
    const cJSON  *value, *twice, *path[IOA_JSON_DEPTH_MAX];

    depth = 0;
    value = root;

    while (value != NULL) {

        if (cJSON_IsObject(value)) {
            twice = ioa_json_twice(keys, value);

            if (twice != NULL) {
                return twice;
            }
        }

        if (value->child != NULL) {

            if (depth == IOA_JSON_DEPTH_MAX) {
                return value;
            }

            path[depth++] = value;
            value = value->child;
            continue;
        }

        while (value->next == NULL && depth > 0) {
            value = path[--depth];
        }

        value = value->next;
    }

    return NULL;
}


/*
 * Out: *twice, NULL unless a key stands there twice, *tree then holds it;
 * *at, where the text is no JSON: where it stops being that.
 */
static int
ioa_json_read(cJSON **tree, const cJSON **twice, size_t *at,
    const uint8_t *text, size_t text_len)
{
    const char  **keys;

    *tree = NULL;
    *twice = NULL;
    *at = 0;

    if (!ioa_json_check(at, text, text_len)) {
        return 0;
    }

    *tree = cJSON_ParseWithLength((const char *) text, text_len);

    if (*tree == NULL) {
        return 0;
    }

    keys = malloc(IOA_JSON_VALUES_MAX * sizeof(char *));

    if (keys == NULL) {
        cJSON_Delete(*tree);
        *tree = NULL;
        return 0;
    }

    *twice = ioa_json_any_twice(keys, *tree);

    free(keys);

    return *twice == NULL;
}


int
ioa_json_parse(ioa_json_t **root, const uint8_t *text, size_t text_len)
{
    cJSON        *tree;
    size_t        at;
    const cJSON  *twice;

    *root = NULL;

    if (!ioa_json_read(&tree, &twice, &at, text, text_len)) {
        cJSON_Delete(tree);
        return 0;
    }

    *root = tree;

    return 1;
}


/* The line of the byte at text[at], or of the last one. */
static size_t
ioa_json_line_at(const uint8_t *text, size_t text_len, size_t at)
{
    size_t  i, line = 1;

    for (i = 0; i < at && i + 1 < text_len; i++) {
        line += text[i] == '\n';
    }

    return line;
}


size_t
ioa_json_line(const ioa_json_t *root, const ioa_json_t *value,
    const uint8_t *text, size_t text_len)
{
    size_t          len;
    const uint8_t  *bytes;

    if (!ioa_json_span(&bytes, &len, root, value, text, text_len)) {
        return 0;
    }

    return ioa_json_line_at(text, text_len, (size_t) (bytes - text));
}


int
ioa_json_parse_file(ioa_json_t **root, size_t *line,
    char key[IOA_JSON_KEY_MAX], const uint8_t *text, size_t text_len)
{
    cJSON        *tree;
    size_t        at, n;
    const cJSON  *twice;

    *root = NULL;
    key[0] = '\0';

    if (ioa_json_read(&tree, &twice, &at, text, text_len)) {
        *root = tree;
        return 1;
    }

    if (twice == NULL) {
        *line = ioa_json_line_at(text, text_len, at);
        return 0;
    }

    *line = ioa_json_line(tree, twice, text, text_len);

    if (twice->string != NULL) {
        n = strlen(twice->string);
        n = n < IOA_JSON_KEY_MAX ? n : IOA_JSON_KEY_MAX - 1;
        memcpy(key, twice->string, n);
        key[n] = '\0';
    }

    cJSON_Delete(tree);

    return 0;
}


void
ioa_json_file_error(char *error, size_t size, size_t line, const char *key)
{
    snprintf(error, size,
             key[0] != '\0' ? "line %zu: member \"%s\" is duplicate"
                            : "line %zu: this is not JSON%s", line, key);
    ioa_printable(error);
}


void
ioa_json_free(ioa_json_t *root)
{
    cJSON_Delete(root);
}


int
ioa_json_is_object(const ioa_json_t *value)
{
    return cJSON_IsObject(value);
}


int
ioa_json_is_array(const ioa_json_t *value)
{
    return cJSON_IsArray(value);
}


int
ioa_json_is_null(const ioa_json_t *value)
{
    return cJSON_IsNull(value);
}


int
ioa_json_is_true(const ioa_json_t *value)
{
    return cJSON_IsTrue(value);
}


int
ioa_json_is_false(const ioa_json_t *value)
{
    return cJSON_IsFalse(value);
}


int
ioa_json_uint(uint64_t *number, const ioa_json_t *value)
{
    double  d;

    if (!cJSON_IsNumber(value)) {
        return 0;
    }

    d = value->valuedouble;

    if (!(d >= 0.0 && d <= IOA_JSON_UINT_MAX) || d != (double) (uint64_t) d) {
        return 0;
    }

    *number = (uint64_t) d;

    return 1;
}


int
ioa_json_string(const uint8_t **text, size_t *text_len,
    const ioa_json_t *value)
{
    if (!cJSON_IsString(value)) {
        return 0;
    }

    *text = (const uint8_t *) value->valuestring;
    *text_len = strlen(value->valuestring);

    return 1;
}


const ioa_json_t *
ioa_json_member(const ioa_json_t *object, const char *name)
{
    if (!cJSON_IsObject(object)) {
        return NULL;
    }

    return cJSON_GetObjectItemCaseSensitive(object, name);
}


const ioa_json_t *
ioa_json_first(const ioa_json_t *container)
{
    if (!cJSON_IsObject(container) && !cJSON_IsArray(container)) {
        return NULL;
    }

    return container->child;
}


const ioa_json_t *
ioa_json_next(const ioa_json_t *value)
{
    return value->next;
}


const char *
ioa_json_name(const ioa_json_t *value)
{
    return value->string;
}
