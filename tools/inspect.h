/*
 * inspect: evidence that was found in an input; shared by the files of
 * ioattest inspect.  Nothing is verified.
 */

#ifndef IOATTEST_INSPECT_H
#define IOATTEST_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#include "attest/ioattest.h"

#define IOATTEST_PIECES_MAX  64
#define IOATTEST_TREES_MAX   (IOATTEST_PIECES_MAX + 1)
#define IOATTEST_OWNED_MAX   (2 * IOATTEST_PIECES_MAX)
#define IOATTEST_FROM_MAX    96
#define IOATTEST_WHY_MAX     128

typedef enum {
    IOATTEST_KIND_NONE = 0,         /* not readable, see why */
    IOATTEST_KIND_TDX,
    IOATTEST_KIND_SGX,
    IOATTEST_KIND_SNP,
    IOATTEST_KIND_GPU,
    IOATTEST_KIND_CERTS
} ioattest_kind_t;

/* One piece of evidence; borrows from the input and from its list. */
typedef struct {
    ioattest_kind_t    kind;
    char               from[IOATTEST_FROM_MAX];     /* "" outside of JSON */
    const char        *encoding;
    size_t             offset;
    ioa_bytes_t        bytes;           /* exactly the evidence */
    size_t             trailing;        /* bytes after it */
    ioa_bytes_t        certificates;    /* of GPU evidence; data NULL: none */
    const ioa_json_t  *reply;           /* with the nonce and the address */
    ioa_bytes_t        text;            /* not readable: the input */
    char               why[IOATTEST_WHY_MAX];
} ioattest_piece_t;

typedef struct {
    const char        *format;          /* of the input */
    size_t             n;
    size_t             left_out;        /* if there was no room */
    ioattest_piece_t   pieces[IOATTEST_PIECES_MAX];
    ioa_json_t        *root;            /* if the input is JSON */
    size_t             trees_n;
    ioa_json_t        *trees[IOATTEST_TREES_MAX];
    size_t             owned_n;
    void              *owned[IOATTEST_OWNED_MAX];
} ioattest_pieces_t;

#endif
