/*
 * inspect_text: bytes that are encoded as text.
 */

#ifndef IOATTEST_INSPECT_TEXT_H
#define IOATTEST_INSPECT_TEXT_H

#include "attest/ioattest.h"

/* 1 if all bytes are printable ASCII or white space. */
int ioattest_text_is(ioa_bytes_t bytes);

/* The first byte that is not white space; -1 if there is none. */
int ioattest_text_first(ioa_bytes_t text);

/*
 * Decodes hex of any case, with or without 0x, or base64 of either alphabet,
 * with or without padding; white space is skipped.
 *
 * Returns: memory to be freed; NULL if the text has another form, is empty,
 * or there is no memory.
 */
uint8_t *ioattest_text_hex(size_t *n, ioa_bytes_t text) IOA_MUST_CHECK;
uint8_t *ioattest_text_base64(size_t *n, ioa_bytes_t text) IOA_MUST_CHECK;

#endif
