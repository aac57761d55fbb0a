/*
 * input: reads a saved file.
 */

#ifndef IOATTEST_INPUT_H
#define IOATTEST_INPUT_H

#include "attest/ioattest.h"

/*
 * Reads a file, or standard input if path is "-", which is possible once.
 *
 * Returns: 1; 0 after a complaint, if it cannot be read, has more than max
 * bytes, or is standard input for the second time.
 * Out: bytes, to be given to ioattest_input_free; its data is never NULL on
 * 1, and NULL on 0.
 */
int ioattest_input_read(ioa_bytes_t *bytes, const char *path, size_t max)
    IOA_MUST_CHECK;
void ioattest_input_free(ioa_bytes_t *bytes);

#endif
