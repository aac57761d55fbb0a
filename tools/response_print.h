/*
 * response_print: a verdict over a response, as it is written.
 */

#ifndef IOATTEST_RESPONSE_PRINT_H
#define IOATTEST_RESPONSE_PRINT_H

#include "judge.h"

#define IOATTEST_TEXTS  3

/* The forms of a text by their names, in the order of ioa_text_form_e. */
extern const char *const  ioattest_text_names[IOATTEST_TEXTS];

/*
 * Writes the verdict to standard output: its first line is "verified" or the
 * reason's name alone, what was found follows.
 */
void ioattest_response_print(const ioattest_verdict_t *verdict);

/* The same as a JSON object on one line. */
void ioattest_response_print_json(const ioattest_verdict_t *verdict,
    ioa_text_form_e form);

#endif
