/*
 * ioa_reqmodel: see ioa_reqmodel.h.
 */

#include <stdlib.h>
#include <string.h>

#include "agent/ioa_reqmodel.h"
#include "agent/ioa_reqmodel_type.h"
#include "base/ioa_utf8.h"
#include "json/ioa_members.h"
#include "json/ioa_pyjson.h"
#include "json/ioa_string.h"

#define IOA_REQMODEL_FIRST  4096    /* bytes of text to begin with */

struct ioa_reqmodel_s {
    uint8_t       *text;
    size_t         len;
    size_t         cap;
    size_t         max;
    int            too_large;
    ioa_status_t   status;
    ioa_cause_t    cause;
    const char    *member;          /* declared, that the cause is about */
    const ioa_defaults_t
                  *defaults;        /* NULL: none */
    uint8_t        mark;            /* of ioa_utf8_bom */
    ioa_sha256_t   sha;
    ioa_out_t      out;
    ioa_pyjson_t   json;
    ioa_string_t   model;
};

/* the request while it is put together */
typedef struct {
    ioa_members_t   members;
    ioa_bytes_t     fields[IOA_REQMODEL_FIELDS];
    uint8_t        *merged;         /* the text with defaults, or NULL */
    int             begun;
    unsigned        slow;
} ioa_reqmodel_build_t;


static int
ioa_reqmodel_sink(void *ctx, const uint8_t *data, size_t n)
{
    size_t           cap;
    uint8_t         *p;
    ioa_reqmodel_t  *rm = ctx;

    if (n > rm->max - rm->len) {
        rm->too_large = 1;
        return 0;
    }

    if (n > rm->cap - rm->len) {
        cap = rm->cap < IOA_REQMODEL_FIRST ? IOA_REQMODEL_FIRST : rm->cap;

        while (cap - rm->len < n) {
            cap = cap > rm->max / 2 ? rm->max : cap * 2;
        }

        p = realloc(rm->text, cap);

        if (p == NULL) {
            rm->too_large = 1;
            return 0;
        }

        rm->text = p;
        rm->cap = cap;
    }

    memcpy(rm->text + rm->len, data, n);
    rm->len += n;

    return 1;
}


ioa_reqmodel_t *
ioa_reqmodel_new(size_t text_max)
{
    ioa_reqmodel_t  *rm = malloc(sizeof(ioa_reqmodel_t));

    if (rm == NULL) {
        return NULL;
    }

    rm->text = NULL;
    rm->len = 0;
    rm->cap = 0;
    rm->max = text_max < IOA_MEMBERS_TEXT_MAX ? text_max
                                              : IOA_MEMBERS_TEXT_MAX;
    rm->too_large = 0;
    rm->status = IOA_OK;
    rm->cause = IOA_CAUSE_NONE;
    rm->member = NULL;
    rm->defaults = NULL;
    rm->mark = 0;

    ioa_out_init(&rm->out, ioa_reqmodel_sink, rm);
    ioa_pyjson_init(&rm->json, &rm->out, IOA_REQMODEL_DEPTH_MAX,
                    IOA_PYJSON_STRICT);

    return rm;
}


void
ioa_reqmodel_free(ioa_reqmodel_t *rm)
{
    if (rm != NULL) {
        free(rm->text);
        free(rm);
    }
}


void
ioa_reqmodel_defaults(ioa_reqmodel_t *rm, const ioa_defaults_t *defaults)
{
    rm->defaults = defaults;
}


static ioa_status_t
ioa_reqmodel_ambiguous(ioa_reqmodel_t *rm, ioa_cause_t cause)
{
    rm->cause = cause;

    return IOA_REQUEST_AMBIGUOUS;
}


/* The text has been refused by the reader or by the sink. */
static ioa_status_t
ioa_reqmodel_unread(ioa_reqmodel_t *rm)
{
    return rm->too_large
           ? IOA_BODY_TOO_LARGE
           : ioa_reqmodel_ambiguous(rm, (ioa_cause_t) rm->json.cause);
}


ioa_status_t
ioa_reqmodel_update(ioa_reqmodel_t *rm, const uint8_t *data, size_t n)
{
    size_t  skip;

    if (rm->status != IOA_OK) {
        return rm->status;
    }

    if (!ioa_utf8_bom(&rm->mark, &skip, data, n)) {
        rm->status = ioa_reqmodel_ambiguous(rm, IOA_CAUSE_NOT_JSON);

    } else if (!ioa_pyjson_update(&rm->json, data + skip, n - skip)) {
        rm->status = ioa_reqmodel_unread(rm);
    }

    return rm->status;
}


ioa_cause_t
ioa_reqmodel_cause(const ioa_reqmodel_t *rm, const char **member)
{
    *member = rm->member;

    return rm->cause;
}


static void
ioa_reqmodel_put(ioa_reqmodel_t *rm, const char *text)
{
    ioa_sha256_update(&rm->sha, (const uint8_t *) text, strlen(text));
}


/* Hashes what stands before a member's value. */
static void
ioa_reqmodel_key(ioa_reqmodel_t *rm, ioa_reqmodel_build_t *b, ioa_bytes_t key)
{
    ioa_reqmodel_put(rm, b->begun ? ",\"" : "{\"");
    ioa_sha256_update(&rm->sha, key.data, key.len);
    ioa_reqmodel_put(rm, "\":");
    b->begun = 1;
}


static ioa_cause_t
ioa_reqmodel_float(ioa_reqmodel_t *rm, ioa_reqmodel_build_t *b,
    ioa_bytes_t value)
{
    size_t        len = 0;
    uint8_t       out[IOA_NUMBER_PRINT_MAX];
    ioa_number_t  kind;

    if (!ioa_reqmodel_is_int(value)) {
        ioa_sha256_update(&rm->sha, value.data, value.len);
        return IOA_CAUSE_NONE;
    }

    kind = ioa_number_print_float(out, &len, &b->slow, value.data,
                                  value.len);

    if (kind != IOA_NUMBER_OTHER) {
        return IOA_CAUSE_NUMBER;
    }

    ioa_sha256_update(&rm->sha, out, len);

    return IOA_CAUSE_NONE;
}


static ioa_cause_t
ioa_reqmodel_declared(ioa_reqmodel_t *rm, ioa_reqmodel_build_t *b, size_t i)
{
    ioa_bytes_t                  key, value = b->fields[i];
    ioa_cause_t                  cause;
    const ioa_reqmodel_field_t  *field = &ioa_reqmodel_fields[i];

    key.data = (const uint8_t *) field->name;
    key.len = strlen(field->name);

    if (value.data == NULL) {
        if (i == IOA_REQMODEL_STREAM) {
            ioa_reqmodel_key(rm, b, key);
            ioa_reqmodel_put(rm, "false");
        }

        return IOA_CAUSE_NONE;
    }

    if (ioa_reqmodel_is(value, "null")) {
        return IOA_CAUSE_NONE;
    }

    cause = ioa_reqmodel_type_misfit(field->type, &value);

    if (cause != IOA_CAUSE_NONE) {
        return cause;
    }

    ioa_reqmodel_key(rm, b, key);

    if (field->type == IOA_REQMODEL_FLOAT) {
        return ioa_reqmodel_float(rm, b, value);
    }

    ioa_sha256_update(&rm->sha, value.data, value.len);

    return IOA_CAUSE_NONE;
}


/* Hashes all that is no declared member, in its order. */
static void
ioa_reqmodel_extras(ioa_reqmodel_t *rm, ioa_reqmodel_build_t *b)
{
    size_t       i;
    ioa_bytes_t  key, value;

    for (i = 0; i < b->members.n; i++) {
        key = ioa_members_bytes(&b->members, b->members.list[i].key);
        value = ioa_members_bytes(&b->members, b->members.list[i].value);

        if (ioa_reqmodel_field(key) == IOA_REQMODEL_FIELDS
            && !ioa_reqmodel_is(value, "null"))
        {
            ioa_reqmodel_key(rm, b, key);
            ioa_sha256_update(&rm->sha, value.data, value.len);
        }
    }
}


/* Reads the canonical text of the model's name. */
static ioa_status_t
ioa_reqmodel_name(ioa_bytes_t *name, ioa_reqmodel_t *rm, ioa_bytes_t value)
{
    ioa_string_t  *text = &rm->model;
    ioa_token_t    token;
    ioa_lexer_t   *lx = &rm->json.lexer;

    static const ioa_lexer_rules_t  rules = {
        .wants = IOA_LEXER_TEXT,
        .values_max = 1
    };

    if (value.data == NULL || value.data[0] != '"' || value.len == 2) {
        return IOA_MODEL_UNKNOWN;
    }

    ioa_string_begin(text);
    ioa_lexer_init(lx, &rules, NULL);
    ioa_lexer_feed(lx, value.data, value.len);

    for (token = ioa_lexer_next(lx); token > IOA_TOKEN_BAD;
         token = ioa_lexer_next(lx))
    {
        ioa_string_add(text, lx, token);
    }

    ioa_string_end(text);

    if (!ioa_lexer_done(lx) || text->flaws) {
        return ioa_reqmodel_ambiguous(rm, IOA_CAUSE_NUL);
    }

    if (text->over || text->len > IOA_MODEL_NAME_MAX) {
        return IOA_MODEL_UNKNOWN;
    }

    name->data = text->bytes;
    name->len = text->len;

    return IOA_OK;
}


/* The members of the text, and of what the API's front makes of it. */
static ioa_status_t
ioa_reqmodel_members(ioa_reqmodel_t *rm, ioa_reqmodel_build_t *b)
{
    size_t                len;
    ioa_status_t          added;
    ioa_members_status_t  st;

    st = ioa_members_read(&b->members, rm->text, rm->len);

    if (st == IOA_MEMBERS_OK && rm->defaults != NULL) {
        added = ioa_defaults_add(&b->merged, &len, rm->defaults, rm->text,
                                 rm->len);

        if (added != IOA_OK) {
            return added;
        }

        ioa_members_cleanup(&b->members);
        st = ioa_members_read(&b->members, b->merged, len);
    }

    if (st == IOA_MEMBERS_NO_MEMORY) {
        return IOA_BODY_TOO_LARGE;
    }

    if (st != IOA_MEMBERS_OK) {
        return ioa_reqmodel_ambiguous(rm, rm->len != 0 && rm->text[0] == '{'
                                          ? IOA_CAUSE_DUPLICATE
                                          : IOA_CAUSE_NOT_OBJECT);
    }

    return IOA_OK;
}


static ioa_status_t
ioa_reqmodel_build(ioa_reqmodel_result_t *res, ioa_reqmodel_t *rm,
    ioa_reqmodel_build_t *b)
{
    size_t        i, at;
    ioa_cause_t   cause;
    ioa_status_t  st;

    st = ioa_reqmodel_members(rm, b);

    if (st != IOA_OK) {
        return st;
    }

    for (i = 0; i < b->members.n; i++) {
        at = ioa_reqmodel_field(
                 ioa_members_bytes(&b->members, b->members.list[i].key));

        if (at < IOA_REQMODEL_FIELDS) {
            b->fields[at] = ioa_members_bytes(&b->members,
                                              b->members.list[i].value);
        }
    }

    ioa_sha256_init(&rm->sha);

    for (i = 0; i < IOA_REQMODEL_FIELDS; i++) {
        cause = ioa_reqmodel_declared(rm, b, i);

        if (cause != IOA_CAUSE_NONE) {
            rm->member = ioa_reqmodel_fields[i].name;
            return ioa_reqmodel_ambiguous(rm, cause);
        }
    }

    ioa_reqmodel_extras(rm, b);
    ioa_reqmodel_put(rm, b->begun ? "}" : "{}");
    ioa_sha256_final(res->digest32, &rm->sha);

    if (b->fields[IOA_REQMODEL_STREAM].data != NULL) {
        res->stream = ioa_reqmodel_is(b->fields[IOA_REQMODEL_STREAM],
                                      "true");
    }

    res->model_status = ioa_reqmodel_name(&res->model, rm,
                                          b->fields[IOA_REQMODEL_MODEL]);
    return IOA_OK;
}


static ioa_status_t
ioa_reqmodel_made(ioa_reqmodel_result_t *res, ioa_reqmodel_t *rm)
{
    ioa_status_t          st;
    ioa_reqmodel_build_t  b;

    memset(&b, 0, sizeof(ioa_reqmodel_build_t));

    st = ioa_reqmodel_build(res, rm, &b);

    ioa_members_cleanup(&b.members);
    free(b.merged);

    return st;
}


ioa_status_t
ioa_reqmodel_final(ioa_reqmodel_result_t *res, ioa_reqmodel_t *rm)
{
    ioa_status_t  st = rm->status;

    memset(res, 0, sizeof(ioa_reqmodel_result_t));
    res->model_status = IOA_REQUEST_AMBIGUOUS;

    if (st == IOA_OK && !ioa_pyjson_final(&rm->json)) {
        st = ioa_reqmodel_unread(rm);
    }

    if (st == IOA_OK) {
        st = ioa_reqmodel_made(res, rm);
    }

    rm->status = st;

    return st;
}


ioa_status_t
ioa_reqmodel_again(uint8_t digest32[IOA_SHA256_LEN], ioa_reqmodel_t *rm,
    const ioa_defaults_t *defaults, size_t text_max)
{
    ioa_status_t            st;
    ioa_reqmodel_result_t   res;
    const ioa_defaults_t   *given = rm->defaults;

    memset(digest32, 0, IOA_SHA256_LEN);

    if (rm->status != IOA_OK || rm->len > text_max) {
        return rm->status != IOA_OK ? rm->status : IOA_BODY_TOO_LARGE;
    }

    memset(&res, 0, sizeof(ioa_reqmodel_result_t));

    rm->defaults = defaults;
    st = ioa_reqmodel_made(&res, rm);
    rm->defaults = given;

    if (st == IOA_OK) {
        memcpy(digest32, res.digest32, IOA_SHA256_LEN);
    }

    return st;
}
