/*
 * ioa_policy: reads a policy file, see ioa_policy.h.  Goes by the tables of
 * ioa_policy_fields.c: each section is looked up and its members are looked
 * at one by one, whatever is not in the table is an error.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/ioa_policy.h"
#include "base/ioa_codec.h"
#include "json/ioa_json.h"
#include "policy/ioa_policy_fields.h"

#define IOA_POLICY_PATH_MAX  128

typedef struct {
    ioa_policy_file_t  *policy;
    char               *error;
    ioa_json_t         *root;
    const uint8_t      *text;
    size_t              text_len;
} ioa_policy_ctx_t;


/* The error's sentence, once: printable whatever the file says.  Returns 0. */
static int
ioa_policy_error(ioa_policy_ctx_t *ctx, const ioa_json_t *value,
    const char *format, ...)
    __attribute__((format(printf, 3, 4)));


static int
ioa_policy_error(ioa_policy_ctx_t *ctx, const ioa_json_t *value,
    const char *format, ...)
{
    int      n;
    size_t   line;
    va_list  args;

    line = ioa_json_line(ctx->root, value, ctx->text, ctx->text_len);
    n = snprintf(ctx->error, IOA_POLICY_ERROR_MAX, "line %zu: ", line);

    va_start(args, format);
    vsnprintf(ctx->error + n, IOA_POLICY_ERROR_MAX - (size_t) n, format,
              args);
    va_end(args);

    ioa_printable(ctx->error);

    return 0;
}


static int
ioa_policy_compare(const void *one, const void *two)
{
    return strcmp(one, two);
}


/* 1 where the list's last word stands there before. */
static int
ioa_policy_is_repeated(const ioa_policy_list_t *list)
{
    size_t  i;

    for (i = 0; i + 1 < list->n; i++) {
        if (strcmp(list->words[i], list->words[list->n - 1]) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Memory for the entries that value has, max at most. */
IOA_MUST_CHECK static int
ioa_policy_room(ioa_policy_list_t *list, const ioa_json_t *value, size_t max)
{
    size_t             n = 0;
    const ioa_json_t  *item;

    for (item = ioa_json_first(value); item != NULL && n < max;
         item = ioa_json_next(item))
    {
        n++;
    }

    if (n == 0) {
        return 1;
    }

    list->words = malloc(n * sizeof(list->words[0]));

    return list->words != NULL;
}


static int
ioa_policy_list(ioa_policy_ctx_t *ctx, const ioa_policy_field_t *field,
    const char *path, const ioa_json_t *value)
{
    size_t              n, max;
    const char         *must;
    const uint8_t      *text;
    const ioa_json_t   *item;
    ioa_policy_list_t  *list;

    list = (ioa_policy_list_t *) (void *)
               ((char *) ctx->policy + field->offset);

    if (!ioa_json_is_array(value)) {
        return ioa_policy_error(ctx, value, "%s must be a list of strings",
                                path);
    }

    max = field->least != 0 ? (size_t) field->least : IOA_POLICY_LIST_MAX;

    if (!ioa_policy_room(list, value, max)) {
        return ioa_policy_error(ctx, value, "%s: no memory", path);
    }

    for (item = ioa_json_first(value); item != NULL;
         item = ioa_json_next(item))
    {
        if (list->n == max) {
            return ioa_policy_error(ctx, item, "%s has more than %zu entries",
                                    path, max);
        }

        must = "be a string";

        if (ioa_json_string(&text, &n, item)) {
            must = ioa_policy_word(list->words[list->n], field, text, n);
        }

        if (must != NULL) {
            return ioa_policy_error(ctx, item, "%s[%zu] must %s", path,
                                    list->n, must);
        }

        list->n++;

        if (ioa_policy_is_repeated(list)) {
            return ioa_policy_error(ctx, item, "%s[%zu] is duplicate", path,
                                    list->n - 1);
        }
    }

    if (list->n != 0) {
        qsort(list->words, list->n, sizeof(list->words[0]),
              ioa_policy_compare);
    }

    return 1;
}


static int
ioa_policy_number(ioa_policy_ctx_t *ctx, const ioa_policy_field_t *field,
    const char *path, const ioa_json_t *value)
{
    size_t                n;
    int64_t               v;
    uint64_t              u;
    const uint8_t        *text;
    ioa_policy_number_t  *number;

    number = (ioa_policy_number_t *) (void *)
                 ((char *) ctx->policy + field->offset);
    v = -1;

    if (field->kind == IOA_POLICY_BOOL) {

        if (!ioa_json_is_true(value) && !ioa_json_is_false(value)) {
            return ioa_policy_error(ctx, value, "%s must be true or false",
                                    path);
        }

        v = ioa_json_is_true(value);

    } else if (field->kind == IOA_POLICY_TIME) {

        if (!ioa_json_string(&text, &n, value)
            || !ioa_policy_time(&v, text, n) || v > field->limit)
        {
            return ioa_policy_error(ctx, value, "%s must be a string with "
                       "a time of at most ten years, as \"15d\" (s, m, h, "
                       "d, w)", path);
        }

    } else if (!ioa_json_uint(&u, value) || u > (uint64_t) field->limit
               || (v = (int64_t) u) < field->least)
    {
        return ioa_policy_error(ctx, value, "%s must be a whole number from "
                   "%d to %d", path, (int) field->least, (int) field->limit);
    }

    number->given = 1;
    number->value = v;

    return 1;
}


/* One member of a section. */
static int
ioa_policy_member(ioa_policy_ctx_t *ctx, ioa_policy_section_t section,
    const ioa_json_t *value)
{
    char                       path[IOA_POLICY_PATH_MAX];
    size_t                     i, len;
    const char                *name;
    const uint8_t             *text;
    const ioa_policy_field_t  *field;

    name = ioa_json_name(value);
    snprintf(path, sizeof(path), "%s%s", ioa_policy_places[section].prefix,
             name);

    if (strcmp(name, "comment") == 0) {
        return ioa_json_string(&text, &len, value)
               || ioa_policy_error(ctx, value, "%s must be a string", path);
    }

    for (i = IOA_POLICY_IN_FILE + 1; i < IOA_POLICY_SECTIONS; i++) {

        if (ioa_policy_places[i].parent == section
            && strcmp(ioa_policy_places[i].name, name) == 0)
        {
            return ioa_json_is_object(value)
                   || ioa_policy_error(ctx, value, "%s must be an object",
                                       path);
        }
    }

    for (i = 0; (field = ioa_policy_field(i)) != NULL; i++) {

        if (field->section != section || strcmp(field->name, name) != 0) {
            continue;
        }

        return field->kind < IOA_POLICY_NUMBER
               ? ioa_policy_list(ctx, field, path, value)
               : ioa_policy_number(ctx, field, path, value);
    }

    if (ioa_policy_places[section].instead != NULL) {
        return ioa_policy_error(ctx, value, "%s is not known: %s", path,
                                ioa_policy_places[section].instead);
    }

    return ioa_policy_error(ctx, value, "%s is not known", path);
}


static int
ioa_policy_members(ioa_policy_ctx_t *ctx)
{
    size_t             i;
    const ioa_json_t  *object[IOA_POLICY_SECTIONS], *value;

    if (!ioa_json_is_object(ctx->root)) {
        return ioa_policy_error(ctx, ctx->root,
                                "a policy must be a JSON object");
    }

    object[IOA_POLICY_IN_FILE] = ctx->root;

    for (i = 0; i < IOA_POLICY_SECTIONS; i++) {

        if (i != IOA_POLICY_IN_FILE) {
            object[i] = ioa_json_member(object[ioa_policy_places[i].parent],
                                        ioa_policy_places[i].name);
        }

        for (value = ioa_json_first(object[i]); value != NULL;
             value = ioa_json_next(value))
        {
            if (!ioa_policy_member(ctx, (ioa_policy_section_t) i, value)) {
                return 0;
            }
        }
    }

    return 1;
}


/* The text of a file that is no JSON at all. */
static int
ioa_policy_read(ioa_policy_ctx_t *ctx)
{
    char    key[IOA_JSON_KEY_MAX];
    size_t  line;

    if (ctx->text_len > IOA_POLICY_SIZE_MAX) {
        snprintf(ctx->error, IOA_POLICY_ERROR_MAX,
                 "a policy has at most %d bytes", IOA_POLICY_SIZE_MAX);
        return 0;
    }

    if (ioa_json_parse_file(&ctx->root, &line, key, ctx->text,
                            ctx->text_len))
    {
        return 1;
    }

    ioa_json_file_error(ctx->error, IOA_POLICY_ERROR_MAX, line, key);

    return 0;
}


void
ioa_policy_init(ioa_policy_file_t *policy)
{
    memset(policy, 0, sizeof(ioa_policy_file_t));
}


int
ioa_policy_parse(ioa_policy_file_t **policy,
    char error[IOA_POLICY_ERROR_MAX], const uint8_t *text, size_t text_len)
{
    int               rc;
    ioa_policy_ctx_t  ctx;

    *policy = NULL;
    error[0] = '\0';

    ctx.error = error;
    ctx.root = NULL;
    ctx.text = text;
    ctx.text_len = text_len;
    ctx.policy = malloc(sizeof(ioa_policy_file_t));

    if (ctx.policy == NULL) {
        snprintf(error, IOA_POLICY_ERROR_MAX, "no memory");
        return 0;
    }

    ioa_policy_init(ctx.policy);

    rc = ioa_policy_read(&ctx) && ioa_policy_members(&ctx);

    ioa_json_free(ctx.root);

    if (!rc) {
        ioa_policy_free(ctx.policy);
        return 0;
    }

    *policy = ctx.policy;

    return 1;
}


void
ioa_policy_free(ioa_policy_file_t *policy)
{
    size_t                     i;
    const ioa_policy_field_t  *field;

    if (policy == NULL) {
        return;
    }

    for (i = 0; (field = ioa_policy_field(i)) != NULL; i++) {
        if (field->kind < IOA_POLICY_NUMBER) {
            free(ioa_policy_field_list(policy, field)->words);
        }
    }

    free(policy);
}
