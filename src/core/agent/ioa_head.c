/*
 * ioa_head: see ioa_head.h.
 */

#include <string.h>
#include <strings.h>

#include "agent/ioa_head.h"

typedef struct {
    const char  *name;
    size_t       len;
    size_t       offset;
} ioa_signature_name_t;

#define IOA_MEMBER(name)                                                      \
    { #name, sizeof(#name) - 1, offsetof(ioa_signature_t, name) }

static const ioa_signature_name_t
    ioa_signature_names[IOA_SIGNATURE_MEMBERS] = {
    IOA_MEMBER(text),
    IOA_MEMBER(signature),
    IOA_MEMBER(signing_address),
    IOA_MEMBER(signing_algo),
    IOA_MEMBER(image_digest)
};


static int
ioa_head_is(ioa_bytes_t bytes, const char *word, size_t len)
{
    return bytes.len == len
           && strncasecmp((const char *) bytes.data, word, len) == 0;
}


ioa_bytes_t *
ioa_signature_member(ioa_signature_t *sig, const char **name, size_t i)
{
    *name = ioa_signature_names[i].name;

    return (ioa_bytes_t *) ((uint8_t *) sig + ioa_signature_names[i].offset);
}


void
ioa_signature_header(ioa_signature_t *sig, ioa_bytes_t name,
    ioa_bytes_t value)
{
    size_t        i;
    const char   *word;
    ioa_bytes_t  *slot;

    for (i = 0; i < IOA_SIGNATURE_MEMBERS; i++) {

        if (!ioa_head_is(name, ioa_signature_names[i].name,
                         ioa_signature_names[i].len))
        {
            continue;
        }

        slot = ioa_signature_member(sig, &word, i);

        if (slot->data != NULL) {
            sig->duplicate = 1;
        } else {
            *slot = value;
        }

        return;
    }
}


int
ioa_head_coded(ioa_bytes_t name, ioa_bytes_t value)
{
    return ioa_head_is(name, "Content-Encoding",
                       sizeof("Content-Encoding") - 1)
           && !ioa_head_is(value, "identity", sizeof("identity") - 1);
}


int
ioa_head_events(ioa_bytes_t type)
{
    size_t  len;

    static const char  stream[] = "text/event-stream";

    len = sizeof(stream) - 1;

    return type.len >= len
           && strncasecmp((const char *) type.data, stream, len) == 0
           && (type.len == len || type.data[len] == ';'
               || type.data[len] == ' ' || type.data[len] == '\t');
}
