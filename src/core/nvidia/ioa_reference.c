/*
 * ioa_reference: reads a file of references.  See ioa_reference.h.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ioa_codec.h"
#include "base/ioa_time.h"
#include "json/ioa_json.h"
#include "nvidia/ioa_reference_rims.h"

#define IOA_REFERENCE_VERSION  1
#define IOA_REFERENCE_VBIOS    "NV_GPU_VBIOS_"
#define IOA_REFERENCE_HOPPER   "NV_GPU_DRIVER_"
#define IOA_REFERENCE_OTHERS   "NV_GPU_CC_DRIVER_"

typedef struct {
    ioa_reference_t  *reference;
    char             *error;
    ioa_json_t       *root;
    const uint8_t    *text;
    size_t            text_len;
} ioa_reference_ctx_t;

typedef struct {
    const char  *name;
    int        (*read)(ioa_reference_ctx_t *ctx, ioa_reference_rim_t *rim,
                       const ioa_json_t *value);
} ioa_reference_member_t;


/* The error's sentence.  Returns: 0. */
static int
ioa_reference_error(ioa_reference_ctx_t *ctx, const ioa_json_t *value,
    const char *format, ...)
    __attribute__((format(printf, 3, 4)));


static int
ioa_reference_error(ioa_reference_ctx_t *ctx, const ioa_json_t *value,
    const char *format, ...)
{
    int      n;
    size_t   line;
    va_list  args;

    line = ioa_json_line(ctx->root, value, ctx->text, ctx->text_len);
    n = snprintf(ctx->error, IOA_REFERENCE_ERROR_MAX, "line %zu: ", line);

    va_start(args, format);
    vsnprintf(ctx->error + n, IOA_REFERENCE_ERROR_MAX - (size_t) n, format,
              args);
    va_end(args);

    ioa_printable(ctx->error);

    return 0;
}


/* A string of 1 to max bytes of letters, digits, '.', '-' and '_'. */
static int
ioa_reference_word(char *word, size_t max, const ioa_json_t *value)
{
    size_t          i, n;
    const uint8_t  *text;

    if (!ioa_json_string(&text, &n, value) || n == 0 || n > max) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (!((text[i] >= '0' && text[i] <= '9')
              || (text[i] >= 'A' && text[i] <= 'Z')
              || (text[i] >= 'a' && text[i] <= 'z')
              || text[i] == '.' || text[i] == '-' || text[i] == '_'))
        {
            return 0;
        }
    }

    memcpy(word, text, n);
    word[n] = '\0';

    return 1;
}


static int
ioa_reference_kind(ioa_reference_ctx_t *ctx, ioa_reference_rim_t *rim,
    const ioa_json_t *value)
{
    char  word[sizeof("driver")];

    if (ioa_reference_word(word, sizeof(word) - 1, value)
        && (strcmp(word, "driver") == 0 || strcmp(word, "vbios") == 0))
    {
        rim->is_vbios = word[0] == 'v';
        return 1;
    }

    return ioa_reference_error(ctx, value,
                               "kind must be \"driver\" or \"vbios\"");
}


static int
ioa_reference_chip(ioa_reference_ctx_t *ctx, ioa_reference_rim_t *rim,
    const ioa_json_t *value)
{
    return ioa_reference_word(rim->chip, IOA_GPU_CHIP_MAX, value)
           || ioa_reference_error(ctx, value, "chip must be one, as "
                                  "\"GH100\"");
}


static int
ioa_reference_version(ioa_reference_ctx_t *ctx, ioa_reference_rim_t *rim,
    const ioa_json_t *value)
{
    return ioa_reference_word(rim->version, IOA_REFERENCE_VERSION_MAX, value)
           || ioa_reference_error(ctx, value, "rim must be a version, of at "
                                  "most %d letters, digits, '.', '-' and "
                                  "'_'", IOA_REFERENCE_VERSION_MAX);
}


static int
ioa_reference_id(ioa_reference_ctx_t *ctx, ioa_reference_rim_t *rim,
    const ioa_json_t *value)
{
    return ioa_reference_word(rim->id, IOA_GPU_ID_MAX, value)
           || ioa_reference_error(ctx, value, "id must be one, of at most %d "
                                  "letters, digits, '.', '-' and '_'",
                                  IOA_GPU_ID_MAX);
}


static int
ioa_reference_sha256(ioa_reference_ctx_t *ctx, ioa_reference_rim_t *rim,
    const ioa_json_t *value)
{
    size_t          n;
    const uint8_t  *text;

    return (ioa_json_string(&text, &n, value)
            && ioa_hex_decode(rim->sha256, IOA_SHA256_LEN, text, n))
           || ioa_reference_error(ctx, value,
                                  "sha256 must be 64 hex digits");
}


static int
ioa_reference_not_after(ioa_reference_ctx_t *ctx, ioa_reference_rim_t *rim,
    const ioa_json_t *value)
{
    size_t          n;
    const uint8_t  *text;

    return (ioa_json_string(&text, &n, value)
            && ioa_time_rfc3339(&rim->not_after, text, n))
           || ioa_reference_error(ctx, value, "not_after must be a time as "
                                  "\"2026-06-10T01:47:30Z\"");
}


/* A member's name, as an index.  Returns: 0 where it is none. */
static int
ioa_reference_index(unsigned *index, const char *name)
{
    size_t  n = strlen(name);

    if (n == 0 || n > 2 || strspn(name, "0123456789") != n
        || (n == 2 && name[0] == '0'))
    {
        return 0;
    }

    *index = (unsigned) atoi(name);

    return *index < IOA_GPU_MEASURED_MAX;
}


/* The values of one measurement. */
static int
ioa_reference_values(ioa_reference_ctx_t *ctx, ioa_reference_rim_t *rim,
    unsigned index, const ioa_json_t *list)
{
    size_t                  n, len;
    const uint8_t          *text;
    const ioa_json_t       *item;
    ioa_reference_t        *reference = ctx->reference;
    ioa_reference_value_t  *value;

    for (n = 0, item = ioa_json_first(list); item != NULL;
         n++, item = ioa_json_next(item))
    {
        value = &reference->values[reference->values_n];

        if (n == IOA_REFERENCE_VALUES_MAX || !ioa_json_string(&text, &len,
                                                              item)
            || !ioa_hex_decode(value->value, IOA_GPU_MEASURED_LEN, text, len))
        {
            break;
        }

        value->index = (uint8_t) index;
        reference->values_n++;
        rim->n++;
    }

    if (!ioa_json_is_array(list) || n == 0 || item != NULL) {
        return ioa_reference_error(ctx, item != NULL ? item : list,
                                   "measurement %u must have 1 to %d values "
                                   "of %d hex digits", index,
                                   IOA_REFERENCE_VALUES_MAX,
                                   2 * IOA_GPU_MEASURED_LEN);
    }

    rim->indices |= (uint64_t) 1 << index;

    return 1;
}


static int
ioa_reference_measurements(ioa_reference_ctx_t *ctx,
    ioa_reference_rim_t *rim, const ioa_json_t *object)
{
    unsigned           index;
    const ioa_json_t  *list;

    rim->first = ctx->reference->values_n;

    for (list = ioa_json_is_object(object) ? ioa_json_first(object) : NULL;
         list != NULL; list = ioa_json_next(list))
    {
        if (!ioa_reference_index(&index, ioa_json_name(list))) {
            return ioa_reference_error(ctx, list, "a measurement must be a "
                                       "number from 0 to %d, and is %.32s",
                                       IOA_GPU_MEASURED_MAX - 1,
                                       ioa_json_name(list));
        }

        if (!ioa_reference_values(ctx, rim, index, list)) {
            return 0;
        }
    }

    return rim->n != 0
           || ioa_reference_error(ctx, object, "measurements must be an "
                                  "object with at least one");
}


static int
ioa_reference_min_svn(ioa_reference_ctx_t *ctx, ioa_reference_rim_t *rim,
    const ioa_json_t *value)
{
    (void) rim;

    return (ioa_json_is_object(value) && ioa_json_first(value) == NULL)
           || ioa_reference_error(ctx, value, "min_svn is not empty: "
                                  IOA_NEWER_FORMAT);
}


static const ioa_reference_member_t  ioa_reference_members[] = {
    { "kind", ioa_reference_kind },
    { "chip", ioa_reference_chip },
    { "rim", ioa_reference_version },
    { "id", ioa_reference_id },
    { "sha256", ioa_reference_sha256 },
    { "not_after", ioa_reference_not_after },
    { "measurements", ioa_reference_measurements },
    { "min_svn", ioa_reference_min_svn }
};

#define IOA_REFERENCE_MEMBERS                                                 \
    (sizeof(ioa_reference_members) / sizeof(ioa_reference_members[0]))


/* 1 where the id is that of the kind, chip and version that are said. */
static int
ioa_reference_id_fits(const ioa_reference_rim_t *rim)
{
    int          n;
    char         tail[IOA_GPU_ID_MAX + 1], *to;
    size_t       len, id_len;
    const char  *from, *prefix;

    prefix = rim->is_vbios ? IOA_REFERENCE_VBIOS
             : strncmp(rim->chip, "GH", 2) == 0 ? IOA_REFERENCE_HOPPER
             : IOA_REFERENCE_OTHERS;

    if (!rim->is_vbios) {
        n = snprintf(tail, sizeof(tail), "%s%s_%s", prefix, rim->chip,
                     rim->version);
        return n > 0 && (size_t) n < sizeof(tail)
               && strcmp(tail, rim->id) == 0;
    }

    to = tail;
    *to++ = '_';

    for (from = rim->version; *from != '\0'; from++) {
        if (*from != '.') {
            *to++ = *from;
        }
    }

    *to = '\0';
    len = strlen(tail);
    id_len = strlen(rim->id);

    return strncmp(rim->id, prefix, strlen(prefix)) == 0
           && id_len > strlen(prefix) + len
           && strcmp(rim->id + id_len - len, tail) == 0;
}


/* One manifest beside those before it. */
static int
ioa_reference_beside(ioa_reference_ctx_t *ctx,
    const ioa_reference_rim_t *rim, const ioa_json_t *value)
{
    size_t                      i;
    unsigned                    index;
    uint64_t                    both;
    const ioa_reference_rim_t  *other;

    for (i = 0; i < ctx->reference->rims_n; i++) {
        other = &ctx->reference->rims[i];

        if (strcmp(other->id, rim->id) == 0
            && memcmp(other->sha256, rim->sha256, IOA_SHA256_LEN) == 0)
        {
            return ioa_reference_error(ctx, value, "%s is duplicate, with "
                                       "the same sha256", rim->id);
        }

        both = other->indices & rim->indices;

        if (other->is_vbios != rim->is_vbios && both != 0
            && strcmp(other->chip, rim->chip) == 0)
        {
            for (index = 0; (both >> index & 1) == 0; index++) { /* void */ }

            return ioa_reference_error(ctx, value, "measurement %u is in %s "
                                       "and in %s", index, other->id,
                                       rim->id);
        }
    }

    return 1;
}


static int
ioa_reference_rim(ioa_reference_ctx_t *ctx, const ioa_json_t *object)
{
    size_t                i;
    const ioa_json_t     *value;
    ioa_reference_rim_t  *rim;

    rim = &ctx->reference->rims[ctx->reference->rims_n];

    if (!ioa_json_is_object(object)) {
        return ioa_reference_error(ctx, object, "a manifest must be an "
                                   "object");
    }

    for (value = ioa_json_first(object); value != NULL;
         value = ioa_json_next(value))
    {
        for (i = 0; i < IOA_REFERENCE_MEMBERS; i++) {
            if (strcmp(ioa_json_name(value), ioa_reference_members[i].name)
                == 0)
            {
                break;
            }
        }

        if (i == IOA_REFERENCE_MEMBERS) {
            return ioa_reference_error(ctx, value, "%.64s is not known",
                                       ioa_json_name(value));
        }

        if (!ioa_reference_members[i].read(ctx, rim, value)) {
            return 0;
        }
    }

    for (i = 0; i < IOA_REFERENCE_MEMBERS; i++) {
        if (ioa_json_member(object, ioa_reference_members[i].name) == NULL) {
            return ioa_reference_error(ctx, object, "%s is missing",
                                       ioa_reference_members[i].name);
        }
    }

    if (!ioa_reference_id_fits(rim)) {
        return ioa_reference_error(ctx, object, "the id %s is not that of "
                                   "its kind, chip and version", rim->id);
    }

    if (!ioa_reference_beside(ctx, rim, object)) {
        return 0;
    }

    ctx->reference->rims_n++;

    return 1;
}


/* Room for all manifests and their values: no more than there are strings. */
static int
ioa_reference_room(ioa_reference_ctx_t *ctx, const ioa_json_t *rims)
{
    size_t             n = 0, values = 0;
    const ioa_json_t  *rim, *list, *item;

    for (rim = ioa_json_first(rims); rim != NULL; rim = ioa_json_next(rim)) {
        n++;

        for (list = ioa_json_first(ioa_json_member(rim, "measurements"));
             list != NULL; list = ioa_json_next(list))
        {
            for (item = ioa_json_first(list); item != NULL;
                 item = ioa_json_next(item))
            {
                values++;
            }
        }
    }

    if (n == 0 || n > IOA_REFERENCE_RIMS_MAX) {
        return ioa_reference_error(ctx, rims, "there must be 1 to %d "
                                   "manifests", IOA_REFERENCE_RIMS_MAX);
    }

    ctx->reference->rims = calloc(n, sizeof(ioa_reference_rim_t));
    ctx->reference->values = calloc(values + 1,
                                    sizeof(ioa_reference_value_t));

    if (ctx->reference->rims == NULL || ctx->reference->values == NULL) {
        snprintf(ctx->error, IOA_REFERENCE_ERROR_MAX, "no memory");
        return 0;
    }

    return 1;
}


static int
ioa_reference_file(ioa_reference_ctx_t *ctx)
{
    uint64_t           version;
    const ioa_json_t  *value, *rims;

    if (!ioa_json_is_object(ctx->root)) {
        return ioa_reference_error(ctx, ctx->root, "references must be a "
                                   "JSON object");
    }

    for (value = ioa_json_first(ctx->root); value != NULL;
         value = ioa_json_next(value))
    {
        if (strcmp(ioa_json_name(value), "version") != 0
            && strcmp(ioa_json_name(value), "rims") != 0)
        {
            return ioa_reference_error(ctx, value, "%.64s is not known",
                                       ioa_json_name(value));
        }
    }

    value = ioa_json_member(ctx->root, "version");

    if (!ioa_json_uint(&version, value)
        || version != IOA_REFERENCE_VERSION)
    {
        return ioa_reference_error(ctx, value != NULL ? value : ctx->root,
                                   "version must be %d",
                                   IOA_REFERENCE_VERSION);
    }

    rims = ioa_json_member(ctx->root, "rims");

    if (!ioa_json_is_array(rims)) {
        return ioa_reference_error(ctx, rims != NULL ? rims : ctx->root,
                                   "rims must be a list of manifests");
    }

    if (!ioa_reference_room(ctx, rims)) {
        return 0;
    }

    for (value = ioa_json_first(rims); value != NULL;
         value = ioa_json_next(value))
    {
        if (!ioa_reference_rim(ctx, value)) {
            return 0;
        }
    }

    return 1;
}


/* The text of a file that is no JSON at all. */
static int
ioa_reference_read(ioa_reference_ctx_t *ctx)
{
    char    key[IOA_JSON_KEY_MAX];
    size_t  line;

    if (ctx->text_len > IOA_REFERENCE_SIZE_MAX) {
        snprintf(ctx->error, IOA_REFERENCE_ERROR_MAX,
                 "references have at most %d bytes", IOA_REFERENCE_SIZE_MAX);
        return 0;
    }

    if (ioa_json_parse_file(&ctx->root, &line, key, ctx->text,
                            ctx->text_len))
    {
        return 1;
    }

    ioa_json_file_error(ctx->error, IOA_REFERENCE_ERROR_MAX, line, key);

    return 0;
}


int
ioa_reference_parse(ioa_reference_t **reference,
    char error[IOA_REFERENCE_ERROR_MAX], const uint8_t *text,
    size_t text_len)
{
    int                  rc;
    ioa_reference_ctx_t  ctx;

    *reference = NULL;
    error[0] = '\0';

    ctx.error = error;
    ctx.root = NULL;
    ctx.text = text;
    ctx.text_len = text_len;
    ctx.reference = calloc(1, sizeof(ioa_reference_t));

    if (ctx.reference == NULL) {
        snprintf(error, IOA_REFERENCE_ERROR_MAX, "no memory");
        return 0;
    }

    rc = ioa_reference_read(&ctx) && ioa_reference_file(&ctx);

    ioa_json_free(ctx.root);

    if (!rc) {
        ioa_reference_free(ctx.reference);
        return 0;
    }

    ioa_sha256(ctx.reference->digest32, text, text_len);
    *reference = ctx.reference;

    return 1;
}


void
ioa_reference_free(ioa_reference_t *reference)
{
    if (reference != NULL) {
        free(reference->rims);
        free(reference->values);
        free(reference);
    }
}
