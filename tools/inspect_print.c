/*
 * inspect_print: see inspect_print.h.  This file: the evidence found, and
 * what a reply says besides it.
 */

#include <stdio.h>
#include <string.h>

#include "attest/ioattest.h"
#include "inspect_print.h"

#define IOATTEST_SAID_MAX  512          /* of a member's text */
#define IOATTEST_NONCE     32

/* Members of a reply that are shown unchanged. */
static const char *const  ioattest_said[] = {
    "nonce", "request_nonce", "signing_address", "signing_algo",
    "image_digest", "model_id", "model", "arch", "report_data", NULL
};


int
ioattest_inspect_nonce(uint8_t nonce32[32], const ioa_json_t *reply)
{
    ioa_bytes_t  text = { NULL, 0 };

    return (ioa_json_string(&text.data, &text.len,
                            ioa_json_member(reply, "nonce"))
            || ioa_json_string(&text.data, &text.len,
                               ioa_json_member(reply, "request_nonce")))
           && ioa_hex_decode(nonce32, IOATTEST_NONCE, text.data, text.len);
}


void
ioattest_inspect_layout(ioattest_out_t *out, const ioattest_piece_t *piece,
    const uint8_t data64[64])
{
    int          bound;
    uint8_t      nonce[2 * IOATTEST_NONCE], both[2 * IOATTEST_NONCE];
    ioa_bytes_t  text;

    memset(nonce, 0, sizeof(nonce));
    memset(both, 0, sizeof(both));

    if (!ioattest_inspect_nonce(nonce, piece->reply)) {
        return;
    }

    memcpy(both + IOATTEST_NONCE, nonce, IOATTEST_NONCE);

    bound = ioa_json_string(&text.data, &text.len,
                            ioa_json_member(piece->reply, "signing_address"))
            && ioa_address_parse(both, text)
            && memcmp(both, data64, sizeof(both)) == 0;

    ioattest_out_string(out, "report_data_holds", bound ? "address-nonce"
                        : memcmp(nonce, data64, sizeof(nonce)) == 0 ? "nonce"
                        : "neither");
}


/* Opens "said" if it is not open yet, and writes a string member. */
static void
ioattest_inspect_member(ioattest_out_t *out, int *open, const char *name,
    const ioa_json_t *value)
{
    ioa_bytes_t  text;

    if (!ioa_json_string(&text.data, &text.len, value)) {
        return;
    }

    if (!*open) {
        ioattest_out_open(out, "said");
        *open = 1;
    }

    text.len = text.len < IOATTEST_SAID_MAX ? text.len : IOATTEST_SAID_MAX;
    ioattest_out_bytes(out, name, text);
}


/* Writes what a reply says besides its evidence. */
static void
ioattest_inspect_said(ioattest_out_t *out, const ioa_json_t *reply)
{
    int                open = 0;
    size_t             i;
    const ioa_json_t  *gpu;

    for (i = 0; ioattest_said[i] != NULL; i++) {
        ioattest_inspect_member(out, &open, ioattest_said[i],
                                ioa_json_member(reply, ioattest_said[i]));
    }

    gpu = ioa_json_member(reply, "gpu");
    ioattest_inspect_member(out, &open, "gpu_nonce",
                            ioa_json_member(gpu, "nonce"));
    ioattest_inspect_member(out, &open, "gpu_arch",
                            ioa_json_member(gpu, "arch"));

    if (open) {
        ioattest_out_close(out);
    }
}


static const char *
ioattest_inspect_kind(const ioattest_piece_t *piece)
{
    switch (piece->kind) {
    case IOATTEST_KIND_TDX:
        return "TDX quote";
    case IOATTEST_KIND_SGX:
        return "SGX quote";
    case IOATTEST_KIND_SNP:
        return "SEV-SNP report";
    case IOATTEST_KIND_GPU:
        return ioattest_inspect_is_switch(piece) ? "NVSwitch evidence"
                                                 : "GPU evidence";
    case IOATTEST_KIND_CERTS:
        return "certificates";
    default:
        return "not readable";
    }
}


static void
ioattest_inspect_notes(ioattest_out_t *out, const ioattest_piece_t *piece)
{
    if (piece->kind == IOATTEST_KIND_SGX
        || ioattest_inspect_is_switch(piece))
    {
        ioattest_out_string(out, "note", "the gateway does not accept it");

    } else if (piece->kind == IOATTEST_KIND_CERTS) {
        ioattest_out_string(out, "note", "not evidence");
    }

    if (piece->offset != 0) {
        ioattest_out_string(out, "found", "by search, after bytes of another "
                            "format");
    }
}


/* Writes a piece of kind NONE. */
static void
ioattest_inspect_unread(ioattest_out_t *out, const ioattest_piece_t *piece)
{
    ioa_bytes_t  text = piece->text;

    ioattest_out_string(out, "error", piece->why);

    if (text.data != NULL) {
        text.len = text.len < IOATTEST_SAID_MAX ? text.len
                                                : IOATTEST_SAID_MAX;
        ioattest_out_bytes(out, "text", text);
    }
}


static void
ioattest_inspect_piece(ioattest_out_t *out, const ioattest_piece_t *piece)
{
    if (piece->from[0] != '\0') {
        ioattest_out_string(out, "from", piece->from);
        ioattest_out_string(out, "encoding", piece->encoding);
    }

    ioattest_out_string(out, "kind", ioattest_inspect_kind(piece));

    if (piece->kind == IOATTEST_KIND_NONE) {
        ioattest_inspect_unread(out, piece);
        return;
    }

    ioattest_inspect_notes(out, piece);
    ioattest_out_number(out, "offset", piece->offset);
    ioattest_out_number(out, "length", piece->bytes.len);
    ioattest_out_number(out, "trailing", piece->trailing);

    switch (piece->kind) {
    case IOATTEST_KIND_TDX:
        ioattest_inspect_tdx(out, piece);
        break;
    case IOATTEST_KIND_SGX:
        ioattest_inspect_sgx(out, piece);
        break;
    case IOATTEST_KIND_SNP:
        ioattest_inspect_snp(out, piece);
        break;
    case IOATTEST_KIND_GPU:
        ioattest_inspect_gpu(out, piece);
        break;
    default:
        ioattest_inspect_certs(out, piece->bytes);
    }
}


static void
ioattest_inspect_pieces(ioattest_out_t *out, const ioattest_pieces_t *list)
{
    size_t                   i;
    const ioa_json_t        *last = list->root;
    const ioattest_piece_t  *piece;

    ioattest_out_list(out, "evidence");

    for (i = 0; i < list->n; i++) {
        piece = &list->pieces[i];
        ioattest_out_item(out, "evidence", i);

        /* what a reply inside the reply says, once */

        if (piece->reply != last) {
            ioattest_inspect_said(out, piece->reply);
            last = piece->reply;
        }

        ioattest_inspect_piece(out, piece);
        ioattest_out_close(out);
    }

    ioattest_out_list_end(out);
}


void
ioattest_inspect_print(const ioattest_pieces_t *list, int as_json)
{
    ioattest_out_t  out;

    ioattest_out_begin(&out, as_json);

    if (as_json) {
        ioattest_out_bool(&out, "verified", 0);

    } else {
        puts("Nothing is verified here: this is what the input says, true or "
             "not.");
    }

    ioattest_out_string(&out, "format", list->format);
    ioattest_inspect_said(&out, list->root);
    ioattest_inspect_pieces(&out, list);

    if (list->n == 0 && !as_json) {
        puts("no evidence");
    }

    if (list->left_out != 0) {
        ioattest_out_number(&out, "left_out", list->left_out);
    }

    ioattest_out_end(&out);
}
