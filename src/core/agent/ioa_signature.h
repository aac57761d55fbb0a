/*
 * ioa_signature: what a response brings to prove who wrote it, and what the
 * signed text says.
 */

#ifndef IOA_SIGNATURE_H
#define IOA_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_bytes.h"
#include "base/ioa_sha256.h"
#include "base/ioa_status.h"
#include "crypto/ioa_address.h"

/*
 * The signature of a response as its headers, or its stream's signature
 * event, brought it.  data == NULL: it was absent; len == 0 with data:
 * present and empty.
 */
typedef struct {
    ioa_bytes_t  text;
    ioa_bytes_t  signature;
    ioa_bytes_t  signing_address;
    ioa_bytes_t  signing_algo;
    ioa_bytes_t  image_digest;
    int          duplicate;     /* one of the five stood there twice */
} ioa_signature_t;

/* What the signed text is made of (doc/formats.md 2). */
typedef enum {
    IOA_TEXT_AGENT = 0,     /* request:response, of canonical JSON */
    IOA_TEXT_RAW,           /* [model:]request:response, of the bytes */
    IOA_TEXT_BODY           /* it is the response body itself */
} ioa_text_form_e;

/* The parts of a text. */
typedef struct {
    ioa_bytes_t  model;     /* data NULL where the text names none */
    uint8_t      request32[IOA_SHA256_LEN];
    uint8_t      response32[IOA_SHA256_LEN];
} ioa_text_t;

/* 1 where none of text, signature, address and algorithm is there. */
int ioa_signature_absent(const ioa_signature_t *sig);

/*
 * Takes a text apart.  The form IOA_TEXT_BODY has no parts.
 *
 * Returns: IOA_OK; IOA_MALFORMED_TEXT where it is not two SHA-256 in
 * lower-case hex with a colon between, which a model's name and a colon may
 * precede with IOA_TEXT_RAW.
 * Out: text, its model borrowed; all zero unless IOA_OK.
 */
ioa_status_t ioa_text_parse(ioa_text_t *text, ioa_bytes_t bytes,
    ioa_text_form_e form) IOA_MUST_CHECK;

/*
 * Verifies that the text was signed by the address that the response names:
 * EIP-191 version 0x45, keccak-256, secp256k1 recovery.  Says nothing about
 * whether that address is trusted: the caller asks its store with address20.
 *
 * Returns: IOA_OK; IOA_NO_SIGNATURE where one of the four is missing,
 * IOA_UNSUPPORTED_ALGORITHM where signing_algo is not "ecdsa",
 * IOA_MALFORMED_SIGNATURE (header twice, not 65 bytes of hex, v not 0, 1, 27
 * or 28, r or s out of range, high s, address not 0x and 40 hex digits),
 * IOA_MALFORMED_TEXT as ioa_text_parse, IOA_SIGNATURE_MISMATCH.
 * Out: address20, all zero unless IOA_OK.
 * In: sig; with IOA_TEXT_BODY its text is the response body.
 */
ioa_status_t ioa_signature_verify(uint8_t address20[IOA_ADDRESS_LEN],
    const ioa_signature_t *sig, ioa_text_form_e form) IOA_MUST_CHECK;

#endif
