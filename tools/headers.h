/*
 * headers: a response's headers as curl -D writes them, and a signature that
 * came in a JSON object instead.
 *
 * Such a file has a block for each answer that curl met on its way: a proxy's
 * to CONNECT, 100 Continue, redirects.  The last one belongs to the body.
 * Lines behind its end without a status line are trailers, which count for
 * nothing, here as in the gateway.
 */

#ifndef IOATTEST_HEADERS_H
#define IOATTEST_HEADERS_H

#include "attest/ioattest.h"

/*
 * Reads the file.  Lines end with LF or CRLF; names are read in any case.
 *
 * Returns: 1; 0 if it is no such file.
 * Out: head, which borrows from bytes; on 0 *line, from 1, and *what is
 * wrong with it, a part of a sentence.
 */
int ioattest_headers_parse(ioa_head_t *head, size_t *line,
    const char **what, ioa_bytes_t bytes) IOA_MUST_CHECK;

/*
 * Reads a signature from {"text", "signature", "signing_address",
 * "signing_algo", "image_digest"}, as NEAR's /v1/signature answers it; other
 * members are skipped, and each of these may be missing.
 *
 * Returns: IOA_OK; IOA_MALFORMED_SIGNATURE where it is no strict JSON object,
 * a key stands in it twice, or one of the five is no string: what a stream's
 * signature event of that form would be.
 * Out: sig, which borrows from *root; *root, to be given to ioa_json_free
 * whatever is returned.
 */
ioa_status_t ioattest_signature_parse(ioa_signature_t *sig,
    ioa_json_t **root, ioa_bytes_t bytes) IOA_MUST_CHECK;

#endif
