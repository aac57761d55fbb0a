/*
 * inspect_print: what evidence says, as names and values.
 */

#ifndef IOATTEST_INSPECT_PRINT_H
#define IOATTEST_INSPECT_PRINT_H

#include "inspect.h"
#include "inspect_out.h"

/* Writes all of list to standard output. */
void ioattest_inspect_print(const ioattest_pieces_t *list, int as_json);

/* What one piece says; it was found, so that it can be read. */
void ioattest_inspect_tdx(ioattest_out_t *out, const ioattest_piece_t *piece);
void ioattest_inspect_sgx(ioattest_out_t *out, const ioattest_piece_t *piece);
void ioattest_inspect_snp(ioattest_out_t *out, const ioattest_piece_t *piece);
void ioattest_inspect_gpu(ioattest_out_t *out, const ioattest_piece_t *piece);

/* PLATFORM_INFO and the guest's policy, in hex and bit by bit. */
void ioattest_inspect_snp_settings(ioattest_out_t *out,
    const ioa_snp_view_t *snp);

/*
 * Certificates, PEM or DER, leaf first, as a list of that name, then what the
 * leaf says in extensions of Intel, AMD or NVIDIA.
 */
void ioattest_inspect_certs(ioattest_out_t *out, const char *name,
    ioa_bytes_t bytes);

/* 1 where the evidence is of a switch, by its records or its leaf. */
int ioattest_inspect_is_switch(const ioattest_piece_t *piece);

/* Whether report data is the nonce and address of piece's reply. */
void ioattest_inspect_layout(ioattest_out_t *out,
    const ioattest_piece_t *piece, const uint8_t data64[64]);

/* The nonce that a reply names.  Returns: 0 where it names none. */
int ioattest_inspect_nonce(uint8_t nonce32[32], const ioa_json_t *reply)
    IOA_MUST_CHECK;

#endif
