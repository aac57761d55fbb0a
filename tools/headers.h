/*
 * headers: the headers of a response as written by curl -D, and a signature
 * in a JSON object instead.
 *
 * Such a file has a block for each response that curl received: a proxy's to
 * CONNECT, 100 Continue, redirects.  The last one belongs to the body.  Lines
 * after its end without a status line are trailers, which are ignored, as by
 * the gateway.
 */

#ifndef IOATTEST_HEADERS_H
#define IOATTEST_HEADERS_H

#include "attest/ioattest.h"

/*
 * Parses the file.  Lines end with LF or CRLF; names may have any case.
 *
 * Returns: 1; 0 if the file has another form.
 * Out: head, which borrows from bytes; on 0 *line, from 1, and *what is wrong
 * with it, as part of a sentence.
 */
int ioattest_headers_parse(ioa_head_t *head, size_t *line,
    const char **what, ioa_bytes_t bytes) IOA_MUST_CHECK;

/*
 * Parses a signature from {"text", "signature", "signing_address",
 * "signing_algo", "image_digest"}, the form of NEAR's /v1/signature; other
 * members are skipped, and each of these may be missing.
 *
 * Returns: IOA_OK; IOA_MALFORMED_SIGNATURE if it is not a strict JSON object,
 * has a key twice, or one of the five is not a string: as for a stream's
 * signature event of that form.
 * Out: sig, which borrows from *root; *root, to be given to ioa_json_free
 * whatever is returned.
 */
ioa_status_t ioattest_signature_parse(ioa_signature_t *sig,
    ioa_json_t **root, ioa_bytes_t bytes) IOA_MUST_CHECK;

#endif
