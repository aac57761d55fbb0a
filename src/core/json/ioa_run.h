/*
 * ioa_run: plain text within a JSON string, taken in one step.
 */

#ifndef IOA_RUN_H
#define IOA_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"

/*
 * Takes all bytes that stand for themselves in a JSON string: 0x20..0x7f
 * save '"' and '\\'.  Eight at a time: this is where a prompt goes by.
 *
 * Out: *bytes borrows the run.  Returns: its length, which may be 0.
 */
size_t ioa_text_run(ioa_reader_t *r, const uint8_t **bytes);

#endif
