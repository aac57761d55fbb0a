/*
 * report_print: writes the verdict on an attestation reply.
 */

#ifndef IOATTEST_REPORT_PRINT_H
#define IOATTEST_REPORT_PRINT_H

#include "attest/ioattest.h"

typedef struct {
    ioa_status_t   reason;
    ioa_machine_t  machine;
    ioa_wants_t    wants;
    ioa_checks_t   checks;

    /* by what Intel will ask for next: where documents of it were given */
    int            early_given;
    ioa_status_t   early_reason;
    ioa_early_t    early;
    ioa_checks_t   early_checks;
} ioattest_report_verdict_t;

/*
 * Writes to standard output.  As text, the first line is "verified" or only
 * the reason's name; else it is a JSON object on one line.
 */
void ioattest_report_print(const ioattest_report_verdict_t *verdict,
    ioa_bytes_t reply, int as_json);

/*
 * The CPU evidence of a reply, decoded.
 * Returns: 0 if there is none, or no memory.
 * Out: quote, to be given to ioattest_input_free whatever is returned.
 */
int ioattest_report_quote(ioa_bytes_t *quote, ioa_bytes_t reply)
    IOA_MUST_CHECK;

#endif
