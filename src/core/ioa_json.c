/*
 * ioa_json: see ioa_json.h.  The only file that includes cJSON.h.
 */

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "ioa_json.h"
#include "ioa_scan.h"


/* The grammar and all limits; keys are compared later, in the tree. */
static int
ioa_json_check(const uint8_t *text, size_t text_len)
{
    ioa_scan_t        scan;
    ioa_reader_t      r;
    ioa_scan_event_t  event;

    static const ioa_scan_rules_t  rules = {
        .depth_max = IOA_JSON_DEPTH_MAX,
        .values_max = IOA_JSON_VALUES_MAX,
        .object_only = 0,
        .flaws_refused = 1
    };

    ioa_scan_init(&scan, &rules);
    ioa_reader_init(&r, text, text_len);

    do {
        event = ioa_scan_next(&scan, &r);

        if (event == IOA_SCAN_BAD) {
            return 0;
        }

    } while (event != IOA_SCAN_MORE);

    return ioa_scan_done(&scan);
}


static int
ioa_json_compare_keys(const void *one, const void *two)
{
    return strcmp(*(const char *const *) one, *(const char *const *) two);
}


/*
 * Sorts an object's keys and looks at neighbours: keys are many where
 * somebody wants this to be slow.
 *
 * In: keys, room for IOA_JSON_VALUES_MAX.
 */
static int
ioa_json_keys_differ(const char **keys, const cJSON *object)
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
            return 0;
        }
    }

    return 1;
}


/* Looks at every object of the tree; its depth was limited before. */
static int
ioa_json_all_keys_differ(const char **keys, const cJSON *root)
{
    size_t        depth;
    const cJSON  *value, *path[IOA_JSON_DEPTH_MAX];

    depth = 0;
    value = root;

    while (value != NULL) {

        if (cJSON_IsObject(value) && !ioa_json_keys_differ(keys, value)) {
            return 0;
        }

        if (value->child != NULL) {

            if (depth == IOA_JSON_DEPTH_MAX) {
                return 0;
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

    return 1;
}


int
ioa_json_parse(ioa_json_t **root, const uint8_t *text, size_t text_len)
{
    int           differ;
    cJSON        *tree;
    const char  **keys;

    *root = NULL;

    if (!ioa_json_check(text, text_len)) {
        return 0;
    }

    tree = cJSON_ParseWithLength((const char *) text, text_len);

    if (tree == NULL) {
        return 0;
    }

    keys = malloc(IOA_JSON_VALUES_MAX * sizeof(char *));

    differ = keys != NULL && ioa_json_all_keys_differ(keys, tree);

    free(keys);

    if (!differ) {
        cJSON_Delete(tree);
        return 0;
    }

    *root = tree;

    return 1;
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
