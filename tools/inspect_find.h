/*
 * inspect_find: the format of an input, and the evidence in it.
 */

#ifndef IOATTEST_INSPECT_FIND_H
#define IOATTEST_INSPECT_FIND_H

#include "inspect.h"

/*
 * Adds the evidence in bytes: at their beginning; if there is none, all
 * complete evidence anywhere in them; if there is none either, and must is
 * nonzero, one piece of kind NONE.
 *
 * Returns: the first piece that was added; NULL if none was.
 * In: bytes, which must live as long as list; encoding, of the input.
 */
ioattest_piece_t *ioattest_find_bytes(ioattest_pieces_t *list,
    const char *from, const char *encoding, ioa_bytes_t bytes, int must);

/* The same for text: hex, base64, or PEM certificates. */
ioattest_piece_t *ioattest_find_text(ioattest_pieces_t *list,
    const char *from, ioa_bytes_t text, int must);

/*
 * Gives n bytes of malloc() to list, which has room for another.
 * Returns: 1 and *bytes, these; 0 if data is NULL.
 */
int ioattest_pieces_own(ioattest_pieces_t *list, ioa_bytes_t *bytes,
    uint8_t *data, size_t n) IOA_MUST_CHECK;

/*
 * Decodes text as hex or base64.
 * Returns: 1; 0 if it is neither.  Out: bytes, owned by list; encoding.
 */
int ioattest_find_decode(ioa_bytes_t *bytes, const char **encoding,
    ioattest_pieces_t *list, ioa_bytes_t text) IOA_MUST_CHECK;

/* Adds the evidence in the JSON of list->root (inspect_json.c). */
void ioattest_find_json(ioattest_pieces_t *list);

/*
 * Adds all evidence in an input.
 * Out: list, to be given to ioattest_pieces_free; list->format.
 */
void ioattest_find(ioattest_pieces_t *list, ioa_bytes_t input);
void ioattest_pieces_free(ioattest_pieces_t *list);

#endif
