/*
 * inspect_print: the contents of evidence, as names and values.
 */

#ifndef IOATTEST_INSPECT_PRINT_H
#define IOATTEST_INSPECT_PRINT_H

#include "inspect.h"
#include "inspect_out.h"

/* Writes list to standard output. */
void ioattest_inspect_print(const ioattest_pieces_t *list, int as_json);

/* Writes one piece, which was found and so can be read. */
void ioattest_inspect_tdx(ioattest_out_t *out, const ioattest_piece_t *piece);
void ioattest_inspect_sgx(ioattest_out_t *out, const ioattest_piece_t *piece);
void ioattest_inspect_snp(ioattest_out_t *out, const ioattest_piece_t *piece);
void ioattest_inspect_gpu(ioattest_out_t *out, const ioattest_piece_t *piece);

/*
 * Writes certificates, PEM or DER, leaf first, as a list, then the vendor
 * extensions of Intel, AMD or NVIDIA in the leaf.
 */
void ioattest_inspect_certs(ioattest_out_t *out, ioa_bytes_t bytes);

/* 1 if the evidence is that of a switch, by its records or its leaf. */
int ioattest_inspect_is_switch(const ioattest_piece_t *piece);

/* Writes whether report data has the nonce and address of piece's reply. */
void ioattest_inspect_layout(ioattest_out_t *out,
    const ioattest_piece_t *piece, const uint8_t data64[64]);

/* The nonce in a reply.  Returns: 0 if it has none. */
int ioattest_inspect_nonce(uint8_t nonce32[32], const ioa_json_t *reply)
    IOA_MUST_CHECK;

#endif
