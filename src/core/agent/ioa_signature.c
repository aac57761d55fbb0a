/*
 * ioa_signature: see ioa_signature.h.
 */

#include <string.h>

#include "agent/ioa_signature.h"
#include "base/ioa_codec.h"
#include "base/ioa_reader.h"
#include "crypto/ioa_eip191.h"

#define IOA_TEXT_HASH_LEN   64      /* hex digits */
#define IOA_TEXT_PAIR_LEN   (2 * IOA_TEXT_HASH_LEN + 1)


int
ioa_signature_absent(const ioa_signature_t *sig)
{
    return sig->text.data == NULL && sig->signature.data == NULL
           && sig->signing_address.data == NULL
           && sig->signing_algo.data == NULL;
}


/* A SHA-256 in lower-case hex. */
static int
ioa_text_hash(uint8_t digest32[IOA_SHA256_LEN], ioa_reader_t *r)
{
    const uint8_t  *digits;

    return ioa_reader_take(r, &digits, IOA_TEXT_HASH_LEN)
           && ioa_hex_lower(digits, IOA_TEXT_HASH_LEN, IOA_TEXT_HASH_LEN)
           && ioa_hex_decode(digest32, IOA_SHA256_LEN, digits,
                             IOA_TEXT_HASH_LEN);
}


/* The model's name is what precedes the last two fields: it may hold ":". */
static int
ioa_text_model(ioa_bytes_t *model, ioa_reader_t *r)
{
    size_t  n;

    n = ioa_reader_left(r);

    if (n <= IOA_TEXT_PAIR_LEN) {
        return 1;
    }

    model->len = n - IOA_TEXT_PAIR_LEN - 1;

    return model->len != 0
           && ioa_reader_take(r, &model->data, model->len)
           && ioa_reader_match(r, ":", 1);
}


ioa_status_t
ioa_text_parse(ioa_text_t *text, ioa_bytes_t bytes, ioa_text_form_e form)
{
    ioa_reader_t  r;

    memset(text, 0, sizeof(ioa_text_t));
    ioa_reader_init(&r, bytes.data, bytes.len);

    if ((form == IOA_TEXT_RAW && !ioa_text_model(&text->model, &r))
        || !ioa_text_hash(text->request32, &r)
        || !ioa_reader_match(&r, ":", 1)
        || !ioa_text_hash(text->response32, &r)
        || ioa_reader_left(&r) != 0)
    {
        memset(text, 0, sizeof(ioa_text_t));
        return IOA_MALFORMED_TEXT;
    }

    return IOA_OK;
}


/* Reads what is said, before any cryptography. */
static ioa_status_t
ioa_signature_parse(uint8_t sig65[IOA_EIP191_SIG_LEN],
    uint8_t claimed20[IOA_ADDRESS_LEN], const ioa_signature_t *sig,
    ioa_text_form_e form)
{
    ioa_text_t   text;
    ioa_bytes_t  algo;

    static const uint8_t  ecdsa[] = "ecdsa";

    if (sig->duplicate) {
        return IOA_MALFORMED_SIGNATURE;
    }

    if (sig->text.data == NULL || sig->signature.data == NULL
        || sig->signing_address.data == NULL
        || sig->signing_algo.data == NULL)
    {
        return IOA_NO_SIGNATURE;
    }

    algo.data = ecdsa;
    algo.len = sizeof(ecdsa) - 1;

    if (!ioa_bytes_equal(sig->signing_algo, algo)) {
        return IOA_UNSUPPORTED_ALGORITHM;
    }

    if (!ioa_eip191_sig_parse(sig65, sig->signature.data, sig->signature.len)
        || !ioa_address_parse(claimed20, sig->signing_address))
    {
        return IOA_MALFORMED_SIGNATURE;
    }

    if (form == IOA_TEXT_BODY) {
        return IOA_OK;
    }

    return ioa_text_parse(&text, sig->text, form);
}


ioa_status_t
ioa_signature_verify(uint8_t address20[IOA_ADDRESS_LEN],
    const ioa_signature_t *sig, ioa_text_form_e form)
{
    uint8_t       sig65[IOA_EIP191_SIG_LEN], digest32[IOA_EIP191_DIGEST_LEN];
    uint8_t       claimed20[IOA_ADDRESS_LEN], signer20[IOA_ADDRESS_LEN];
    ioa_status_t  st;

    memset(address20, 0, IOA_ADDRESS_LEN);

    st = ioa_signature_parse(sig65, claimed20, sig, form);

    if (st != IOA_OK) {
        return st;
    }

    ioa_eip191_digest(digest32, sig->text.data, sig->text.len);

    st = ioa_eip191_recover(signer20, sig65, digest32);

    if (st != IOA_OK) {
        return st;
    }

    if (memcmp(signer20, claimed20, IOA_ADDRESS_LEN) != 0) {
        return IOA_SIGNATURE_MISMATCH;
    }

    memcpy(address20, signer20, IOA_ADDRESS_LEN);

    return IOA_OK;
}
