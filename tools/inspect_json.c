/*
 * inspect_json: evidence in JSON: a reply of io.net's agent, NVIDIA's
 * payload, a list in the form of NVIDIA's SDK, a quote in dstack's form, and
 * replies that have both under other names.  See inspect_find.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/ioattest.h"
#include "inspect_find.h"

#define IOATTEST_OCTET_MAX  255

/* Members that are quotes if they are present, and that may be quotes. */
static const char *const  ioattest_quotes[] = {
    "quote", "intel_quote", NULL
};
static const char *const  ioattest_perhaps[] = {
    "report", "attestation", "cpu_quote", "attestation_report", NULL
};

/* Replies inside a reply. */
static const char *const  ioattest_replies[] = {
    "gateway_attestation", "model_attestations", "all_attestations", NULL
};


/* An array of bytes, as Rust writes them.  Out: bytes, owned by list. */
IOA_MUST_CHECK static int
ioattest_json_octets(ioa_bytes_t *bytes, ioattest_pieces_t *list,
    const ioa_json_t *array)
{
    size_t             n = 0;
    uint8_t           *data;
    uint64_t           octet;
    const ioa_json_t  *item;

    if (!ioa_json_is_array(array) || ioa_json_first(array) == NULL
        || list->n == IOATTEST_PIECES_MAX
        || list->owned_n == IOATTEST_OWNED_MAX)
    {
        return 0;
    }

    data = malloc(IOA_TDX_QUOTE_LEN_MAX);

    for (item = ioa_json_first(array); data != NULL && item != NULL;
         item = ioa_json_next(item))
    {
        if (n == IOA_TDX_QUOTE_LEN_MAX || !ioa_json_uint(&octet, item)
            || octet > IOATTEST_OCTET_MAX)
        {
            free(data);
            return 0;
        }

        data[n++] = (uint8_t) octet;
    }

    return ioattest_pieces_own(list, bytes, data, n);
}


/* Adds one member of an object that may be a quote or report. */
static void
ioattest_json_quote(ioattest_pieces_t *list, const char *from,
    const ioa_json_t *value, const ioa_json_t *reply, int must)
{
    size_t       first;
    ioa_bytes_t  bytes;

    first = list->n;

    if (ioa_json_string(&bytes.data, &bytes.len, value)) {
        (void) ioattest_find_text(list, from, bytes, must);

    } else if (ioattest_json_octets(&bytes, list, value)) {
        if (ioattest_find_bytes(list, from, "octets", bytes, must) == NULL) {
            free(list->owned[--list->owned_n]);
        }
    }

    for ( ; first < list->n; first++) {
        list->pieces[first].reply = reply;
    }
}


static void
ioattest_json_quotes(ioattest_pieces_t *list, const char *prefix,
    const ioa_json_t *object, const ioa_json_t *reply)
{
    char    from[IOATTEST_FROM_MAX];
    size_t  i;

    for (i = 0; ioattest_quotes[i] != NULL; i++) {
        (void) snprintf(from, sizeof(from), "%s%s", prefix,
                        ioattest_quotes[i]);
        ioattest_json_quote(list, from,
                            ioa_json_member(object, ioattest_quotes[i]),
                            reply, 1);
    }

    for (i = 0; ioattest_perhaps[i] != NULL; i++) {
        (void) snprintf(from, sizeof(from), "%s%s", prefix,
                        ioattest_perhaps[i]);
        ioattest_json_quote(list, from,
                            ioa_json_member(object, ioattest_perhaps[i]),
                            reply, 0);
    }
}


/* Adds an object with evidence and certificate.  In: said has the nonce. */
static void
ioattest_json_device(ioattest_pieces_t *list, const char *from,
    const ioa_json_t *device, const ioa_json_t *said)
{
    const char        *encoding;
    ioa_bytes_t        text, certs;
    ioattest_piece_t  *piece;

    if (!ioa_json_string(&text.data, &text.len,
                         ioa_json_member(device, "evidence")))
    {
        return;
    }

    piece = ioattest_find_text(list, from, text, 1);

    if (piece == NULL) {
        return;
    }

    piece->reply = said;

    if (!ioa_json_string(&text.data, &text.len,
                         ioa_json_member(device, "certificate")))
    {
        return;
    }

    /* PEM in base64, or plain PEM */

    if (ioattest_find_decode(&certs, &encoding, list, text)) {
        piece->certificates = certs;
    } else {
        piece->certificates = text;
    }
}


/* Adds NVIDIA's payload, or one device of it; prefers the reply's nonce. */
static void
ioattest_json_gpu(ioattest_pieces_t *list, const char *prefix,
    const ioa_json_t *payload, const ioa_json_t *reply)
{
    char               from[IOATTEST_FROM_MAX];
    size_t             i = 0;
    const ioa_json_t  *device, *said;

    said = ioa_json_member(reply, "nonce") == NULL
           && ioa_json_member(reply, "request_nonce") == NULL ? payload
                                                               : reply;

    (void) snprintf(from, sizeof(from), "%sevidence", prefix);
    ioattest_json_device(list, from, payload, said);

    device = ioa_json_member(payload, "evidence_list");

    if (!ioa_json_is_array(device)) {
        return;
    }

    for (device = ioa_json_first(device); device != NULL;
         device = ioa_json_next(device))
    {
        (void) snprintf(from, sizeof(from), "%sevidence_list[%zu]", prefix,
                        i++);
        ioattest_json_device(list, from, device, said);
    }
}


/* A payload may be JSON in a string, but not in a string within that. */
static void
ioattest_json_payload(ioattest_pieces_t *list, const char *prefix,
    const ioa_json_t *value, const ioa_json_t *reply)
{
    char          from[IOATTEST_FROM_MAX];
    ioa_json_t   *tree;
    ioa_bytes_t   text;

    (void) snprintf(from, sizeof(from), "%snvidia_payload.", prefix);

    if (!ioa_json_string(&text.data, &text.len, value)) {
        ioattest_json_gpu(list, from, value, reply);
        return;
    }

    if (list->trees_n == IOATTEST_TREES_MAX) {
        list->left_out++;
        return;
    }

    if (ioa_json_parse(&tree, text.data, text.len)) {
        list->trees[list->trees_n++] = tree;
        ioattest_json_gpu(list, from, tree, reply);
    }
}


static void
ioattest_json_reply(ioattest_pieces_t *list, const char *prefix,
    const ioa_json_t *reply)
{
    char  from[IOATTEST_FROM_MAX];

    ioattest_json_quotes(list, prefix, reply, reply);

    (void) snprintf(from, sizeof(from), "%scpu.", prefix);
    ioattest_json_quotes(list, from, ioa_json_member(reply, "cpu"), reply);

    ioattest_json_gpu(list, prefix, reply, reply);
    (void) snprintf(from, sizeof(from), "%sgpu.", prefix);
    ioattest_json_gpu(list, from, ioa_json_member(reply, "gpu"), reply);
    ioattest_json_payload(list, prefix,
                          ioa_json_member(reply, "nvidia_payload"), reply);
}


static void
ioattest_json_array(ioattest_pieces_t *list, const char *name,
    const ioa_json_t *array)
{
    char               prefix[IOATTEST_FROM_MAX];
    size_t             i = 0;
    const ioa_json_t  *item;

    for (item = ioa_json_first(array); item != NULL;
         item = ioa_json_next(item))
    {
        (void) snprintf(prefix, sizeof(prefix), "%s[%zu].", name, i++);
        ioattest_json_reply(list, prefix, item);
    }
}


void
ioattest_find_json(ioattest_pieces_t *list)
{
    char               prefix[IOATTEST_FROM_MAX];
    size_t             i;
    ioa_bytes_t        text;
    const ioa_json_t  *inner;

    if (ioa_json_string(&text.data, &text.len, list->root)) {
        (void) ioattest_find_text(list, "", text, 1);
        return;
    }

    if (ioa_json_is_array(list->root)) {
        ioattest_json_array(list, "", list->root);
        return;
    }

    ioattest_json_reply(list, "", list->root);

    for (i = 0; ioattest_replies[i] != NULL; i++) {
        inner = ioa_json_member(list->root, ioattest_replies[i]);

        if (ioa_json_is_array(inner)) {
            ioattest_json_array(list, ioattest_replies[i], inner);

        } else if (inner != NULL) {
            (void) snprintf(prefix, sizeof(prefix), "%s.",
                            ioattest_replies[i]);
            ioattest_json_reply(list, prefix, inner);
        }
    }
}
