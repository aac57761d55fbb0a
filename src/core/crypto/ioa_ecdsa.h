/*
 * ioa_ecdsa: ECDSA over P-256 with SHA-256 and over P-384 with SHA-384, with
 * keys and signatures as raw big-endian numbers of fixed size, the form in
 * TDX quotes, Intel's collateral, SPDM and JWS (ES384).
 */

#ifndef IOA_ECDSA_H
#define IOA_ECDSA_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"

#define IOA_P256_POINT_LEN   64     /* X || Y */
#define IOA_P256_SIG_LEN     64     /* r || s */
#define IOA_P384_POINT_LEN   96
#define IOA_P384_SIG_LEN     96
#define IOA_POINT_LEN_MAX    96

/*
 * Verifies a signature over bytes.  The length of the point (64 or 96) says
 * which curve and hash; the signature has the same length.
 *
 * Returns: 1; 0 if a length is another, the point is not on its curve, r or s
 * is out of range, or the signature does not verify.
 */
int ioa_ecdsa_verify(const uint8_t *point, size_t point_len,
    const uint8_t *sig, size_t sig_len, ioa_reader_t bytes) IOA_MUST_CHECK;

/*
 * The same with a key that OpenSSL has already parsed.
 * In: key, on the curve of points of point_len bytes; NULL: returns 0.
 */
struct evp_pkey_st;

int ioa_ecdsa_verify_key(struct evp_pkey_st *key, size_t point_len,
    const uint8_t *sig, size_t sig_len, ioa_reader_t bytes) IOA_MUST_CHECK;

#endif
