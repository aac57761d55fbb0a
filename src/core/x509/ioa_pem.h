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
#define IOA_PEM_LABEL_MAX    32

typedef enum {
    IOA_PEM_OK = 0,
    IOA_PEM_END,                /* white space and NUL to the end */
    IOA_PEM_MALFORMED,
    IOA_PEM_STRAY               /* a line that ioa_pem_odd() tells */
} ioa_pem_rc_t;

typedef enum {
    IOA_PEM_PLAIN = 0,
    IOA_PEM_BLOCK,              /* "-----BEGIN TRUSTED CERTIFICATE-----" */
    IOA_PEM_BYTES               /* no text: DER, UTF-16 */
} ioa_pem_odd_t;

/*
 * Takes the next block.  White space and NUL before it are skipped, and with
 * loose also any other text before a line that begins a block with this
 * label.  A line that ioa_pem_odd() tells is not skipped: the operator
 * expects that it is read.
 *
 * Out: der, the decoded block, in work; text, after the block.
 * In: work, at least as long as the rest of the text.
 */
ioa_pem_rc_t ioa_pem_next(ioa_reader_t *text, ioa_reader_t *der,
    uint8_t *work, const char *label, int loose) IOA_MUST_CHECK;

/*
 * What a line outside of blocks may be besides a comment: the beginning of a
 * certificate, or of what holds some, with a label of another kind or case,
 * with other dashes, or behind something else on its line; or bytes that no
 * text has.
 */
ioa_pem_odd_t ioa_pem_odd(ioa_reader_t line);

/* Takes the next line with its line feed.  Returns: 0 at the end. */
int ioa_pem_line(ioa_reader_t *text, ioa_reader_t *line) IOA_MUST_CHECK;

#endif
