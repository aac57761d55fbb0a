/*
 * ioa_verdict: the door.  See ioa_verdict.h.
 */

#include <string.h>

#include <openssl/crypto.h>

#include "ioa_codec.h"
#include "ioa_eip191.h"
#include "ioa_reader.h"
#include "ioa_report.h"
#include "ioa_verdict.h"

#define IOA_SHA256_HEX_LEN  64

#if IOA_ADDRESS_LEN != IOA_EIP191_ADDRESS_LEN                                 \
    || IOA_IMAGE_DIGEST_MAX != IOA_REPORT_DIGEST_MAX
#error "the door and the floors below it disagree on a length"
#endif


static int
ioa_bytes_equal(ioa_bytes_t one, ioa_bytes_t two)
{
    return one.len == two.len
           && (one.len == 0 || memcmp(one.data, two.data, one.len) == 0);
}


int
ioa_address_parse(uint8_t address20[IOA_ADDRESS_LEN], ioa_bytes_t text)
{
    size_t          n;
    ioa_reader_t    r;
    const uint8_t  *digits;

    ioa_reader_init(&r, text.data, text.len);

    if (!ioa_reader_match(&r, "0x", sizeof("0x") - 1)) {
        return 0;
    }

    n = ioa_reader_left(&r);

    return ioa_reader_take(&r, &digits, n)
           && ioa_hex_decode(address20, IOA_ADDRESS_LEN, digits, n);
}


void
ioa_address_print(uint8_t text42[IOA_ADDRESS_TEXT_LEN],
    const uint8_t address20[IOA_ADDRESS_LEN])
{
    text42[0] = '0';
    text42[1] = 'x';
    ioa_hex_encode(text42 + 2, address20, IOA_ADDRESS_LEN);
}


/* 1 where the reader goes on with a SHA-256 in lower-case hex. */
static int
ioa_take_sha256_hex(ioa_reader_t *r)
{
    const uint8_t  *digits;

    return ioa_reader_take(r, &digits, IOA_SHA256_HEX_LEN)
           && ioa_hex_lower(digits, IOA_SHA256_HEX_LEN, IOA_SHA256_HEX_LEN);
}


int
ioa_image_digest_valid(ioa_bytes_t text)
{
    ioa_reader_t  r;

    ioa_reader_init(&r, text.data, text.len);

    return ioa_reader_match(&r, "sha256:", sizeof("sha256:") - 1)
           && ioa_take_sha256_hex(&r)
           && ioa_reader_left(&r) == 0;
}


/* 1 where the policy lists no digest, or this one. */
static int
ioa_image_digest_accepted(ioa_bytes_t digest, const ioa_policy_t *policy)
{
    size_t  i;

    for (i = 0; i < policy->image_digests_n; i++) {
        if (ioa_bytes_equal(digest, policy->image_digests[i])) {
            return 1;
        }
    }

    return policy->image_digests_n == 0;
}


ioa_status_t
ioa_image_digest_check(ioa_bytes_t digest, const ioa_machine_t *machine,
    const ioa_policy_t *policy)
{
    ioa_bytes_t  attested;

    if (machine != NULL) {
        attested.data = machine->image_digest;
        attested.len = machine->image_digest_len;

        if ((digest.data == NULL) != (attested.len == 0)
            || !ioa_bytes_equal(digest, attested))
        {
            return IOA_IMAGE_DIGEST_MISMATCH;
        }
    }

    if (!ioa_image_digest_accepted(digest, policy)) {
        return IOA_IMAGE_DIGEST_MISMATCH;
    }

    return IOA_OK;
}


int
ioa_signature_absent(const ioa_signature_t *sig)
{
    return sig->text.data == NULL && sig->signature.data == NULL
           && sig->signing_address.data == NULL
           && sig->signing_algo.data == NULL;
}


/* Reads what the headers say, before any cryptography. */
static ioa_status_t
ioa_signature_parse(uint8_t sig65[IOA_EIP191_SIG_LEN],
    uint8_t claimed20[IOA_ADDRESS_LEN], const ioa_signature_t *sig)
{
    ioa_bytes_t   algo;
    ioa_reader_t  r;

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

    ioa_reader_init(&r, sig->text.data, sig->text.len);

    if (!ioa_take_sha256_hex(&r) || !ioa_reader_match(&r, ":", 1)
        || !ioa_take_sha256_hex(&r) || ioa_reader_left(&r) != 0)
    {
        return IOA_MALFORMED_TEXT;
    }

    return IOA_OK;
}


ioa_status_t
ioa_signature_verify(uint8_t address20[IOA_ADDRESS_LEN],
    const ioa_signature_t *sig)
{
    uint8_t       sig65[IOA_EIP191_SIG_LEN], digest32[IOA_EIP191_DIGEST_LEN];
    uint8_t       claimed20[IOA_ADDRESS_LEN], signer20[IOA_ADDRESS_LEN];
    ioa_status_t  st;

    memset(address20, 0, IOA_ADDRESS_LEN);

    st = ioa_signature_parse(sig65, claimed20, sig);

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


/* The nonce in full, and in constant time: it is a secret until it is told. */
static int
ioa_attest_nonce_equal(const ioa_report_t *report,
    const uint8_t nonce32[IOA_NONCE_LEN])
{
    uint8_t  told32[IOA_NONCE_LEN];

    return ioa_hex_decode(told32, IOA_NONCE_LEN, report->nonce,
                          report->nonce_len)
           && CRYPTO_memcmp(told32, nonce32, IOA_NONCE_LEN) == 0;
}


/* Out: machine, whatever is returned. */
static ioa_status_t
ioa_attest_judge(ioa_machine_t *machine, const ioa_report_t *report,
    const uint8_t nonce32[IOA_NONCE_LEN], const ioa_policy_t *policy)
{
    ioa_bytes_t  address, digest;

    address.data = report->signing_address;
    address.len = report->signing_address_len;

    if (!ioa_address_parse(machine->address20, address)) {
        return IOA_ATTESTATION_MALFORMED;
    }

    if (!ioa_attest_nonce_equal(report, nonce32)) {
        return IOA_NONCE_MISMATCH;
    }

    digest.data = report->image_digest;
    digest.len = report->image_digest_len;

    if (!ioa_image_digest_accepted(digest, policy)) {
        return IOA_IMAGE_DIGEST_MISMATCH;
    }

    if (digest.len != 0) {
        memcpy(machine->image_digest, digest.data, digest.len);
        machine->image_digest_len = digest.len;
    }

    return IOA_OK;
}


ioa_status_t
ioa_attest_verify(ioa_machine_t *machine, ioa_bytes_t report,
    const uint8_t nonce32[IOA_NONCE_LEN], const ioa_policy_t *policy)
{
    ioa_report_t  view;
    ioa_status_t  st;

    memset(machine, 0, sizeof(ioa_machine_t));

    if (report.len > IOA_REPORT_SIZE_MAX) {
        return IOA_ATTESTATION_MALFORMED;
    }

    st = ioa_report_parse(&view, report.data, report.len);

    if (st != IOA_OK) {
        return st;
    }

    st = ioa_attest_judge(machine, &view, nonce32, policy);

    ioa_report_cleanup(&view);

    if (st != IOA_OK) {
        memset(machine, 0, sizeof(ioa_machine_t));
    }

    return st;
}
