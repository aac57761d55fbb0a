/*
 * ioa_defaults: see ioa_defaults.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ioa_defaults.h"
#include "agent/ioa_reqmodel.h"
#include "base/ioa_codec.h"
#include "json/ioa_json.h"
#include "json/ioa_members.h"
#include "json/ioa_pyjson.h"

/* The canonical text has at most six bytes per byte (\u007f), and a ".0". */
#define IOA_DEFAULTS_PER_BYTE  6

struct ioa_defaults_s {
    size_t   len;
    uint8_t  text[];        /* canonical */
};

/* a text that grows, up to a size that is known before */
typedef struct {
    uint8_t  *data;
    size_t    len;
    size_t    cap;
} ioa_defaults_text_t;

/* a file that is being read */
typedef struct {
    char           *error;
    ioa_json_t     *root;
    const uint8_t  *text;
    size_t          text_len;
} ioa_defaults_file_t;

static ioa_status_t ioa_defaults_object(ioa_defaults_text_t *out,
    ioa_bytes_t sent, ioa_bytes_t added, size_t depth);


static int
ioa_defaults_sink(void *ctx, const uint8_t *data, size_t n)
{
    ioa_defaults_text_t  *out = ctx;

    if (n > out->cap - out->len) {
        return 0;
    }

    memcpy(out->data + out->len, data, n);
    out->len += n;

    return 1;
}


/* Returns: 0, for the caller to return. */
static int
ioa_defaults_error(const ioa_defaults_file_t *file, const ioa_json_t *value,
    const char *name, const char *what)
{
    snprintf(file->error, IOA_DEFAULTS_ERROR_MAX, "line %zu: %.*s%s%s",
             ioa_json_line(file->root, value, file->text, file->text_len),
             IOA_JSON_KEY_MAX, name, *name != '\0' ? ": " : "", what);

    ioa_printable(file->error);

    return 0;
}


static int
ioa_defaults_read(ioa_defaults_file_t *file)
{
    char    key[IOA_JSON_KEY_MAX];
    size_t  line;

    if (file->text_len > IOA_DEFAULTS_SIZE_MAX) {
        snprintf(file->error, IOA_DEFAULTS_ERROR_MAX,
                 "it has more than %d bytes", IOA_DEFAULTS_SIZE_MAX);
        return 0;
    }

    if (ioa_json_parse_file(&file->root, &line, key, file->text,
                            file->text_len))
    {
        return ioa_json_is_object(file->root)
               || ioa_defaults_error(file, file->root, "",
                                     "this is not a JSON object");
    }

    ioa_json_file_error(file->error, IOA_DEFAULTS_ERROR_MAX, line, key);

    return 0;
}


/* Counts levels and members, which bound the work on each request. */
static int
ioa_defaults_few(const ioa_defaults_file_t *file, const ioa_json_t *object,
    size_t depth)
{
    size_t             n = 0;
    const ioa_json_t  *value;

    if (depth > IOA_DEFAULTS_DEPTH_MAX) {
        return ioa_defaults_error(file, object, "",
                                  "this is nested deeper than 8 levels");
    }

    for (value = ioa_json_first(object); value != NULL;
         value = ioa_json_next(value))
    {
        if (++n > IOA_DEFAULTS_MEMBERS_MAX && ioa_json_is_object(object)) {
            return ioa_defaults_error(file, object, "",
                                 "this object has more than 64 members");
        }

        if ((ioa_json_is_object(value) || ioa_json_is_array(value))
            && !ioa_defaults_few(file, value, depth + 1))
        {
            return 0;
        }
    }

    return 1;
}


/* What the gateway reads of a request, the front may not add. */
static int
ioa_defaults_ours(const ioa_defaults_file_t *file)
{
    size_t             i;
    const ioa_json_t  *value;

    static const char *const  ours[] = { "messages", "model", "stream" };

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        value = ioa_json_member(file->root, ours[i]);

        if (value != NULL) {
            return ioa_defaults_error(file, value, ours[i],
                            "cannot be a default: the gateway goes by what "
                            "the client says there");
        }
    }

    return 1;
}


/* Whether the agent takes the values, by the reader of requests itself. */
static int
ioa_defaults_taken(const ioa_defaults_file_t *file)
{
    int                     ok;
    const char             *member;
    ioa_status_t            st;
    ioa_cause_t             cause;
    ioa_reqmodel_t         *rm;
    ioa_reqmodel_result_t   res;

    rm = ioa_reqmodel_new(IOA_DEFAULTS_PER_BYTE * IOA_DEFAULTS_SIZE_MAX);

    if (rm == NULL) {
        snprintf(file->error, IOA_DEFAULTS_ERROR_MAX, "no memory");
        return 0;
    }

    st = ioa_reqmodel_update(rm, file->text, file->text_len);

    if (st == IOA_OK) {
        st = ioa_reqmodel_final(&res, rm);
    }

    cause = ioa_reqmodel_cause(rm, &member);
    ok = st == IOA_OK;

    if (!ok) {
        (void) ioa_defaults_error(file,
                   member != NULL ? ioa_json_member(file->root, member)
                                  : file->root,
                   member != NULL ? member : "",
                   st == IOA_REQUEST_AMBIGUOUS ? ioa_cause_text(cause)
                                               : "no memory");
    }

    ioa_reqmodel_free(rm);

    return ok;
}


static ioa_defaults_t *
ioa_defaults_make(const ioa_defaults_file_t *file)
{
    ioa_out_t            *out;
    ioa_pyjson_t         *json;
    ioa_defaults_t       *defaults;
    ioa_defaults_text_t   text;

    text.len = 0;
    text.cap = IOA_DEFAULTS_PER_BYTE * file->text_len;

    defaults = malloc(sizeof(ioa_defaults_t) + text.cap);
    out = malloc(sizeof(ioa_out_t));
    json = malloc(sizeof(ioa_pyjson_t));

    if (defaults != NULL && out != NULL && json != NULL) {
        text.data = defaults->text;

        ioa_out_init(out, ioa_defaults_sink, &text);
        ioa_pyjson_init(json, out, IOA_DEFAULTS_DEPTH_MAX,
                        IOA_PYJSON_STRICT);

        if (ioa_pyjson_update(json, file->text, file->text_len)
            && ioa_pyjson_final(json))
        {
            defaults->len = text.len;
            free(out);
            free(json);
            return defaults;
        }
    }

    free(defaults);
    free(out);
    free(json);
    snprintf(file->error, IOA_DEFAULTS_ERROR_MAX, "no memory");

    return NULL;
}


int
ioa_defaults_parse(ioa_defaults_t **defaults,
    char error[IOA_DEFAULTS_ERROR_MAX], const uint8_t *text, size_t text_len)
{
    ioa_defaults_file_t  file = { error, NULL, text, text_len };

    *defaults = NULL;
    error[0] = '\0';

    if (ioa_defaults_read(&file) && ioa_defaults_few(&file, file.root, 1)
        && ioa_defaults_ours(&file) && ioa_defaults_taken(&file))
    {
        *defaults = ioa_defaults_make(&file);
    }

    ioa_json_free(file.root);

    return *defaults != NULL;
}


void
ioa_defaults_free(ioa_defaults_t *defaults)
{
    free(defaults);
}


/* Returns: the value of the member of that name; of no length where none. */
static ioa_bytes_t
ioa_defaults_find(const ioa_members_t *members, ioa_bytes_t key)
{
    size_t       i;
    ioa_bytes_t  have, none = { NULL, 0 };

    for (i = 0; i < members->n; i++) {
        have = ioa_members_bytes(members, members->list[i].key);

        if (ioa_bytes_equal(have, key)) {
            return ioa_members_bytes(members, members->list[i].value);
        }
    }

    return none;
}


/* Puts what stands before a member's value. */
static int
ioa_defaults_key(ioa_defaults_text_t *out, ioa_bytes_t key, int first)
{
    return ioa_defaults_sink(out, (const uint8_t *) (first ? "\"" : ",\""),
                             first ? 1 : 2)
           && ioa_defaults_sink(out, key.data, key.len)
           && ioa_defaults_sink(out, (const uint8_t *) "\":", 2);
}


/* The members that were sent, each with what is to be added inside of it. */
static ioa_status_t
ioa_defaults_sent(ioa_defaults_text_t *out, const ioa_members_t *sent,
    const ioa_members_t *added, size_t depth)
{
    size_t        i;
    ioa_bytes_t   key, value, more;
    ioa_status_t  st;

    for (i = 0; i < sent->n; i++) {
        key = ioa_members_bytes(sent, sent->list[i].key);
        value = ioa_members_bytes(sent, sent->list[i].value);
        more = ioa_defaults_find(added, key);

        if (!ioa_defaults_key(out, key, i == 0)) {
            return IOA_BODY_TOO_LARGE;
        }

        if (more.len != 0 && more.data[0] == '{' && value.data[0] == '{') {
            st = ioa_defaults_object(out, value, more, depth + 1);

        } else {
            st = ioa_defaults_sink(out, value.data, value.len)
                 ? IOA_OK : IOA_BODY_TOO_LARGE;
        }

        if (st != IOA_OK) {
            return st;
        }
    }

    return IOA_OK;
}


/* The members that were not sent, in the file's order. */
static ioa_status_t
ioa_defaults_missing(ioa_defaults_text_t *out, const ioa_members_t *sent,
    const ioa_members_t *added)
{
    int          first = sent->n == 0;
    size_t       i;
    ioa_bytes_t  key, value;

    for (i = 0; i < added->n; i++) {
        key = ioa_members_bytes(added, added->list[i].key);
        value = ioa_members_bytes(added, added->list[i].value);

        if (ioa_defaults_find(sent, key).len != 0) {
            continue;
        }

        if (!ioa_defaults_key(out, key, first)
            || !ioa_defaults_sink(out, value.data, value.len))
        {
            return IOA_BODY_TOO_LARGE;
        }

        first = 0;
    }

    return IOA_OK;
}


static ioa_status_t
ioa_defaults_status(ioa_members_status_t st)
{
    switch (st) {

    case IOA_MEMBERS_OK:
        return IOA_OK;

    case IOA_MEMBERS_NO_MEMORY:
        return IOA_BODY_TOO_LARGE;

    default: /* IOA_MEMBERS_BAD */
        return IOA_REQUEST_AMBIGUOUS;
    }
}


/* One object and its defaults; the depth is that of the defaults' file. */
static ioa_status_t
ioa_defaults_object(ioa_defaults_text_t *out, ioa_bytes_t sent,
    ioa_bytes_t added, size_t depth)
{
    ioa_status_t   st;
    ioa_members_t  have, want;

    if (depth > IOA_DEFAULTS_DEPTH_MAX) {
        return IOA_REQUEST_AMBIGUOUS;
    }

    st = ioa_defaults_status(ioa_members_read(&have, sent.data, sent.len));

    if (st != IOA_OK) {
        ioa_members_cleanup(&have);
        return st;
    }

    st = ioa_defaults_status(ioa_members_read(&want, added.data, added.len));

    if (st == IOA_OK && !ioa_defaults_sink(out, (const uint8_t *) "{", 1)) {
        st = IOA_BODY_TOO_LARGE;
    }

    if (st == IOA_OK) {
        st = ioa_defaults_sent(out, &have, &want, depth);
    }

    if (st == IOA_OK) {
        st = ioa_defaults_missing(out, &have, &want);
    }

    if (st == IOA_OK && !ioa_defaults_sink(out, (const uint8_t *) "}", 1)) {
        st = IOA_BODY_TOO_LARGE;
    }

    ioa_members_cleanup(&have);
    ioa_members_cleanup(&want);

    return st;
}


ioa_status_t
ioa_defaults_add(uint8_t **out, size_t *out_len,
    const ioa_defaults_t *defaults, const uint8_t *text, size_t text_len)
{
    ioa_bytes_t          sent = { text, text_len };
    ioa_bytes_t          added = { defaults->text, defaults->len };
    ioa_status_t         st;
    ioa_defaults_text_t  merged;

    *out = NULL;
    *out_len = 0;

    /* each default is added once at most, with a comma for its brace */

    merged.len = 0;
    merged.cap = text_len + defaults->len;
    merged.data = malloc(merged.cap);

    if (merged.data == NULL) {
        return IOA_BODY_TOO_LARGE;
    }

    st = ioa_defaults_object(&merged, sent, added, 1);

    if (st != IOA_OK) {
        free(merged.data);
        return st;
    }

    *out = merged.data;
    *out_len = merged.len;

    return IOA_OK;
}
