/*
 * ioa_pem: certificates and CRLs as text (RFC 7468), one after the other.
 *
 * Strict: the two lines stand as they should, between them is base64 in
 * lines of any length and nothing else.
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
 * Takes the next block.  White space and NUL before it are skipped, and,
 * where loose is nonzero, any other text up to a line that begins a block of
 * this label.  Text that the label stands in as the beginning of a block, but
 * not at the start of its line or not alone ("TRUSTED CERTIFICATE"), is not
 * skipped: somebody means it to be read.
 *
 * Out: der, what the block holds, in work; text, behind the block.
 * In: work, at least as long as what is left of the text.
 */
ioa_pem_rc_t ioa_pem_next(ioa_reader_t *text, ioa_reader_t *der,
    uint8_t *work, const char *label, int loose) IOA_MUST_CHECK;

#endif
