/*
 * inspect_find: see inspect_find.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/ioattest.h"
#include "inspect_find.h"
#include "inspect_sgx.h"
#include "inspect_text.h"

#define IOATTEST_TEE_TDX  0x81
#define IOATTEST_TEE_SGX  0

/* The beginning of SPDM evidence: the request that NVIDIA's driver sends. */
static const uint8_t  ioattest_spdm_head[] = { 0x11, 0xe0, 0x01, 0xff };


/*
 * Adds a piece to list, or counts it as left out.
 * Returns: the piece, all zero but from; NULL if there is no room.
 */
static ioattest_piece_t *
ioattest_pieces_add(ioattest_pieces_t *list, const char *from)
{
    ioattest_piece_t  *piece;

    if (list->n == IOATTEST_PIECES_MAX) {
        list->left_out++;
        return NULL;
    }

    piece = &list->pieces[list->n++];
    (void) snprintf(piece->from, IOATTEST_FROM_MAX, "%s", from);

    return piece;
}


void
ioattest_pieces_free(ioattest_pieces_t *list)
{
    size_t  i;

    for (i = 0; i < list->owned_n; i++) {
        free(list->owned[i]);
    }

    for (i = 0; i < list->trees_n; i++) {
        ioa_json_free(list->trees[i]);
    }
}


/* The kind of evidence that its first bytes suggest. */
static ioattest_kind_t
ioattest_find_looks(ioa_reader_t r)
{
    uint32_t  version, tee;

    if (ioa_reader_match(&r, ioattest_spdm_head,
                         sizeof(ioattest_spdm_head)))
    {
        return IOATTEST_KIND_GPU;
    }

    if (!ioa_reader_u32le(&r, &version) || !ioa_reader_u32le(&r, &tee)) {
        return IOATTEST_KIND_NONE;
    }

    if (version >> 16 == 0) {
        return version >= IOA_SNP_VERSION_MIN
               && version <= IOA_SNP_VERSION_MAX ? IOATTEST_KIND_SNP
                                                 : IOATTEST_KIND_NONE;
    }

    version &= UINT16_MAX;

    if (version < 3 || version > 5) {
        return IOATTEST_KIND_NONE;
    }

    return tee == IOATTEST_TEE_TDX && version != 3 ? IOATTEST_KIND_TDX
           : tee == IOATTEST_TEE_SGX ? IOATTEST_KIND_SGX
           : IOATTEST_KIND_NONE;
}


/* Returns: the length of the report with its table, 0 if it is none. */
static size_t
ioattest_find_snp(const uint8_t *data, size_t n)
{
    ioa_snp_view_t  snp;

    static const ioa_snp_certs_t  none;

    if (ioa_snp_parse(&snp, data, n) == IOA_OK
        && memcmp(&snp.certs, &none, sizeof(none)) != 0)
    {
        return n;
    }

    return n >= IOA_SNP_REPORT_LEN
           && ioa_snp_parse(&snp, data, IOA_SNP_REPORT_LEN) == IOA_OK
           ? IOA_SNP_REPORT_LEN : 0;
}


/* Returns: the length of the evidence at r, 0 if there is none. */
static size_t
ioattest_find_at(ioattest_kind_t *kind, ioa_reader_t r)
{
    size_t            n;
    ioattest_sgx_t    sgx;
    const uint8_t    *data;
    ioa_tdx_quote_t   tdx;
    ioa_spdm_view_t   spdm;

    *kind = ioattest_find_looks(r);
    n = ioa_reader_left(&r);

    if (*kind == IOATTEST_KIND_SGX) {
        return ioattest_sgx_parse(&sgx, r) ? sgx.len : 0;
    }

    if (*kind == IOATTEST_KIND_SNP) {
        return ioa_reader_take(&r, &data, n) ? ioattest_find_snp(data, n) : 0;
    }

    /* bytes after the evidence are ignored, but may be many */

    n = n < IOA_TDX_QUOTE_LEN_MAX ? n : IOA_TDX_QUOTE_LEN_MAX;

    if (!ioa_reader_take(&r, &data, n)) {
        return 0;
    }

    switch (*kind) {
    case IOATTEST_KIND_TDX:
        return ioa_tdx_parse(&tdx, data, n) == IOA_TDX_OK ? n - tdx.trailing
                                                          : 0;
    case IOATTEST_KIND_GPU:
        return ioa_spdm_parse(&spdm, data, n) == IOA_OK ? n - spdm.trailing
                                                        : 0;
    default:
        return 0;
    }
}


/* Says why nothing was found in bytes. */
static void
ioattest_find_why(ioattest_piece_t *piece, ioa_bytes_t bytes)
{
    size_t            n;
    const char       *why;
    ioa_reader_t      r;
    ioa_tdx_quote_t   tdx;

    ioa_reader_init(&r, bytes.data, bytes.len);

    switch (ioattest_find_looks(r)) {

    case IOATTEST_KIND_TDX:
        n = bytes.len < IOA_TDX_QUOTE_LEN_MAX ? bytes.len
                                              : IOA_TDX_QUOTE_LEN_MAX;
        (void) snprintf(piece->why, IOATTEST_WHY_MAX,
                        "begins like a TDX quote, but: %s",
                        ioa_tdx_rc_name(ioa_tdx_parse(&tdx, bytes.data, n)));
        return;

    case IOATTEST_KIND_SGX:
        why = "begins like an SGX quote, but is not complete";
        break;

    case IOATTEST_KIND_SNP:
        why = bytes.len < IOA_SNP_REPORT_LEN
              ? "begins like an SEV-SNP report, but is shorter than 1184"
              " bytes"
              : "begins like an SEV-SNP report, but has bits set that are"
              " reserved";
        break;

    case IOATTEST_KIND_GPU:
        why = "begins like GPU evidence, but is incomplete or malformed";
        break;

    default:
        why = "neither a TDX or SGX quote, an SEV-SNP report, GPU evidence"
              " nor certificates, and does not contain any";
    }

    (void) snprintf(piece->why, IOATTEST_WHY_MAX, "%s", why);
}


/* Adds certificates, PEM or DER.  Returns: the piece; NULL if none. */
static ioattest_piece_t *
ioattest_find_certs(ioattest_pieces_t *list, const char *from,
    const char *encoding, ioa_bytes_t bytes)
{
    ioa_chain_t       *chain;
    ioa_chain_rc_t     rc = IOA_CHAIN_NO_MEMORY;
    ioattest_piece_t  *piece;

    chain = ioa_chain_new(NULL);

    if (chain != NULL) {
        rc = ioattest_text_first(bytes) == '-'
             ? ioa_chain_add_pem(chain, bytes.data, bytes.len)
             : ioa_chain_add_der(chain, bytes.data, bytes.len);
    }

    ioa_chain_free(chain);

    if (rc != IOA_CHAIN_OK) {
        return NULL;
    }

    piece = ioattest_pieces_add(list, from);

    if (piece != NULL) {
        piece->kind = IOATTEST_KIND_CERTS;
        piece->encoding = encoding;
        piece->bytes = bytes;
    }

    return piece;
}


/* Adds the evidence at one place.  Returns: its length, 0 if none. */
static size_t
ioattest_find_one(ioattest_pieces_t *list, const char *from,
    const char *encoding, ioa_reader_t at, size_t offset)
{
    size_t             n;
    ioa_reader_t       bytes;
    ioattest_kind_t    kind;
    ioattest_piece_t  *piece;

    n = ioattest_find_at(&kind, at);

    if (n == 0 || !ioa_reader_sub(&at, &bytes, n)) {
        return 0;
    }

    piece = ioattest_pieces_add(list, from);

    if (piece != NULL) {
        piece->kind = kind;
        piece->encoding = encoding;
        piece->offset = offset;
        piece->bytes.data = bytes.pos;
        piece->bytes.len = n;
        piece->trailing = ioa_reader_left(&at);
    }

    return n;
}


ioattest_piece_t *
ioattest_find_bytes(ioattest_pieces_t *list, const char *from,
    const char *encoding, ioa_bytes_t bytes, int must)
{
    size_t             n, first;
    ioa_reader_t       r;
    ioattest_piece_t  *piece;

    first = list->n;
    ioa_reader_init(&r, bytes.data, bytes.len);

    if (ioattest_find_one(list, from, encoding, r, 0) == 0
        && ioattest_find_certs(list, from, encoding, bytes) == NULL)
    {
        /* inside another format: every place with complete evidence */

        while (ioa_reader_left(&r) != 0) {
            n = ioattest_find_one(list, from, encoding, r,
                                  bytes.len - ioa_reader_left(&r));

            if (!ioa_reader_skip(&r, n == 0 ? 1 : n)) {
                break;
            }
        }
    }

    if (list->n != first) {
        return &list->pieces[first];
    }

    piece = must ? ioattest_pieces_add(list, from) : NULL;

    if (piece != NULL) {
        piece->encoding = encoding;
        ioattest_find_why(piece, bytes);
    }

    return piece;
}


int
ioattest_pieces_own(ioattest_pieces_t *list, ioa_bytes_t *bytes,
    uint8_t *data, size_t n)
{
    if (data == NULL) {
        return 0;
    }

    list->owned[list->owned_n++] = data;
    bytes->data = data;
    bytes->len = n;

    return 1;
}


int
ioattest_find_decode(ioa_bytes_t *bytes, const char **encoding,
    ioattest_pieces_t *list, ioa_bytes_t text)
{
    size_t    n = 0;
    uint8_t  *data;

    if (list->owned_n == IOATTEST_OWNED_MAX) {
        return 0;
    }

    data = ioattest_text_hex(&n, text);
    *encoding = "hex";

    if (data == NULL) {
        data = ioattest_text_base64(&n, text);
        *encoding = "base64";
    }

    return ioattest_pieces_own(list, bytes, data, n);
}


/* Says why a text could not be read. */
static const char *
ioattest_find_why_text(ioa_bytes_t text)
{
    switch (ioattest_text_first(text)) {
    case '{':
    case '[':
        return "begins like JSON, but is malformed";
    case '-':
        return "begins like PEM, but is not a chain of certificates";
    case -1:
        return "empty";
    default:
        return "neither hex, base64, JSON nor PEM certificates";
    }
}


ioattest_piece_t *
ioattest_find_text(ioattest_pieces_t *list, const char *from,
    ioa_bytes_t text, int must)
{
    const char        *encoding;
    ioa_bytes_t        bytes;
    ioattest_piece_t  *piece;

    if (list->n == IOATTEST_PIECES_MAX) {
        list->left_out++;
        return NULL;
    }

    piece = ioattest_text_first(text) == '-'
            ? ioattest_find_certs(list, from, "PEM", text) : NULL;

    if (piece != NULL) {
        return piece;
    }

    if (ioattest_find_decode(&bytes, &encoding, list, text)) {
        piece = ioattest_find_bytes(list, from, encoding, bytes, must);

        if (piece == NULL) {
            free(list->owned[--list->owned_n]);
        }

        return piece;
    }

    piece = must ? ioattest_pieces_add(list, from) : NULL;

    if (piece != NULL) {
        piece->encoding = "text";
        piece->text = text;
        (void) snprintf(piece->why, IOATTEST_WHY_MAX, "%s",
                        ioattest_find_why_text(text));
    }

    return piece;
}


void
ioattest_find(ioattest_pieces_t *list, ioa_bytes_t input)
{
    int                first;
    ioattest_piece_t  *piece;

    memset(list, 0, sizeof(ioattest_pieces_t));

    if (!ioattest_text_is(input)) {
        list->format = "binary";

        if (ioa_json_parse(&list->root, input.data, input.len)) {
            list->format = "JSON";      /* not only ASCII */
        }

    } else {
        first = ioattest_text_first(input);
        list->format = "text";

        if ((first == '{' || first == '[' || first == '"')
            && ioa_json_parse(&list->root, input.data, input.len))
        {
            list->format = "JSON";
        }
    }

    if (list->root != NULL) {
        list->trees[list->trees_n++] = list->root;
        ioattest_find_json(list);
        return;
    }

    piece = list->format[0] == 'b'
            ? ioattest_find_bytes(list, "", "binary", input, 1)
            : ioattest_find_text(list, "", input, 1);

    if (piece != NULL) {
        list->format = piece->encoding;
    }
}
