/*
 * response_print: writes the verdict on a response.
 */

#ifndef IOATTEST_RESPONSE_PRINT_H
#define IOATTEST_RESPONSE_PRINT_H

#include "judge.h"

#define IOATTEST_TEXTS  3

/* The names of the text forms, in the order of ioa_text_form_e. */
extern const char *const  ioattest_text_names[IOATTEST_TEXTS];

/*
 * Writes the verdict to standard output.  As text, the first line is
 * "verified" or only the reason's name, and further results follow; else it
 * is a JSON object on one line.
 */
void ioattest_response_print(const ioattest_verdict_t *verdict,
    ioa_text_form_e form, int as_json);

#endif
