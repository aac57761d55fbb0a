/*
 * ioa_sseevent: see ioa_sseevent.h.
 */

#include <stdlib.h>
#include <string.h>

#include "agent/ioa_sseevent.h"
#include "json/ioa_members.h"
#include "json/ioa_pyjson.h"

/* A buffer of the size of the event's. */
typedef struct {
    size_t   len;
    uint8_t  data[IOA_SSE_EVENT_MAX];
} ioa_sseevent_copy_t;


static int
ioa_sseevent_sink(void *ctx, const uint8_t *data, size_t n)
{
    ioa_sseevent_copy_t  *copy = ctx;

    if (n > sizeof(copy->data) - copy->len) {
        return 0;
    }

    memcpy(copy->data + copy->len, data, n);
    copy->len += n;

    return 1;
}


/* Brings the JSON into the one form that ioa_members reads, in its place. */
static int
ioa_sseevent_canon(uint8_t *text, size_t *n)
{
    int                   ok = 0;
    ioa_out_t             out;
    ioa_pyjson_t         *json = malloc(sizeof(ioa_pyjson_t));
    ioa_sseevent_copy_t  *copy = malloc(sizeof(ioa_sseevent_copy_t));

    if (json != NULL && copy != NULL) {
        copy->len = 0;
        ioa_out_init(&out, ioa_sseevent_sink, copy);
        ioa_pyjson_init(json, &out, IOA_MEMBERS_DEPTH_MAX,
                        IOA_PYJSON_STRICT);

        ok = ioa_pyjson_update(json, text, *n) && ioa_pyjson_final(json);

        if (ok) {
            memcpy(text, copy->data, copy->len);
            *n = copy->len;
        }
    }

    free(copy);
    free(json);

    return ok;
}


/* Returns: 1 where value is a string without a single escape. */
static int
ioa_sseevent_string(ioa_bytes_t *string, ioa_bytes_t value)
{
    if (value.len < 2 || value.data[0] != '"'
        || memchr(value.data, '\\', value.len) != NULL)
    {
        return 0;
    }

    string->data = value.data + 1;
    string->len = value.len - 2;

    return 1;
}


static int
ioa_sseevent_is(ioa_bytes_t key, const char *name)
{
    return key.len == strlen(name) && memcmp(key.data, name, key.len) == 0;
}


/*
 * What the agent knows of vLLM: in no signature and of no use here, but it
 * must be what the agent writes.
 */
static int
ioa_sseevent_vllm(ioa_bytes_t value)
{
    int            ok;
    size_t         i;
    ioa_bytes_t    key;
    ioa_members_t  members;

    ok = ioa_members_read(&members, value.data, value.len) == IOA_MEMBERS_OK;

    for (i = 0; ok && i < members.n; i++) {
        key = ioa_members_bytes(&members, members.list[i].key);

        ok = ioa_sseevent_is(key, "image_digest")
             || ioa_sseevent_is(key, "model_id")
             || ioa_sseevent_is(key, "model_owned_by");
    }

    ioa_members_cleanup(&members);

    return ok;
}


static int
ioa_sseevent_member(ioa_sse_signature_t *sig, ioa_bytes_t key,
    ioa_bytes_t value)
{
    size_t  i;

    struct {
        const char   *name;
        ioa_bytes_t  *string;
    } names[] = {
        { "text", &sig->text },
        { "signature", &sig->signature },
        { "signing_address", &sig->signing_address },
        { "signing_algo", &sig->signing_algo },
        { "image_digest", &sig->image_digest }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ioa_sseevent_is(key, names[i].name)) {
            return ioa_sseevent_string(names[i].string, value);
        }
    }

    return ioa_sseevent_is(key, "vllm") && ioa_sseevent_vllm(value);
}


int
ioa_sseevent_read(ioa_sse_signature_t *sig, uint8_t *json, size_t *n)
{
    int            ok;
    size_t         i;
    ioa_members_t  members;

    if (!ioa_sseevent_canon(json, n)) {
        return 0;
    }

    ok = ioa_members_read(&members, json, *n) == IOA_MEMBERS_OK;

    for (i = 0; ok && i < members.n; i++) {
        ok = ioa_sseevent_member(sig,
                                 ioa_members_bytes(&members,
                                                   members.list[i].key),
                                 ioa_members_bytes(&members,
                                                   members.list[i].value));
    }

    ioa_members_cleanup(&members);

    return ok;
}
