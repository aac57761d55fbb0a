/*
 * ioa_pem: certificates and CRLs as text (RFC 7468), one after the other.
 *
 * Strict: the BEGIN and END lines are exact, and between them there is only
 * base64, in lines of any length.
 */

#ifndef IOA_PEM_H
#define IOA_PEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"

#define IOA_PEM_CERTIFICATE  "CERTIFICATE"
#define IOA_PEM_CRL          "X509 CRL"
#define IOA_PEM_LABEL_MAX    16

typedef enum {
    IOA_PEM_OK = 0,
    IOA_PEM_END,                /* white space and NUL to the end */
    IOA_PEM_MALFORMED,
    IOA_PEM_STRAY               /* text that looks like a block is no block */
} ioa_pem_rc_t;

/*
 * Takes the next block.  White space and NUL before it are skipped, and with
 * loose also any other text before a line that begins a block with this
 * label.  A line that looks like the beginning of such a block, but has text
 * before it or a longer label ("TRUSTED CERTIFICATE"), is not skipped: the
 * operator expects that it is read.
 *
 * Out: der, the decoded block, in work; text, after the block.
 * In: work, at least as long as the rest of the text.
 */
ioa_pem_rc_t ioa_pem_next(ioa_reader_t *text, ioa_reader_t *der,
    uint8_t *work, const char *label, int loose) IOA_MUST_CHECK;

#endif
