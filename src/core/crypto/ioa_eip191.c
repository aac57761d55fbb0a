/*
 * ioa_eip191: see ioa_eip191.h.  The only file that includes secp256k1.h.
 *
 * Only public values are used, so there is nothing to hide from a side
 * channel and no context to randomise: the library's static context is used,
 * by any number of threads at a time.  The recovered address is compared with
 * a claimed one, so a wrong computation leads to a refusal.
 */

#include <string.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "crypto/ioa_eip191.h"
#include "base/ioa_codec.h"
#include "base/ioa_reader.h"
#include "crypto/ioa_keccak.h"

#define IOA_EIP191_S_OFF        32
#define IOA_EIP191_V_OFF        64
#define IOA_EIP191_SCALAR_LEN   32
#define IOA_EIP191_V_BASE       27
#define IOA_EIP191_DECIMAL_MAX  20      /* digits of a 64-bit length */
#define IOA_EIP191_SIG_HEX_LEN  (2 * IOA_EIP191_SIG_LEN)
#define IOA_PUBKEY_LEN          65      /* 0x04, x, y */
#define IOA_PUBKEY_TAG_LEN      1

/* (n - 1) / 2, n the order of secp256k1's group */
static const uint8_t  ioa_eip191_half_order[IOA_EIP191_SCALAR_LEN] = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d,
    0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0
};


int
ioa_eip191_sig_parse(uint8_t sig65[IOA_EIP191_SIG_LEN], const uint8_t *text,
    size_t text_len)
{
    size_t          n;
    ioa_reader_t    r;
    const uint8_t  *digits;

    ioa_reader_init(&r, text, text_len);

    if (ioa_reader_left(&r) > IOA_EIP191_SIG_HEX_LEN
        && !ioa_reader_match(&r, "0x", sizeof("0x") - 1))
    {
        return 0;
    }

    n = ioa_reader_left(&r);

    return ioa_reader_take(&r, &digits, n)
           && ioa_hex_decode(sig65, IOA_EIP191_SIG_LEN, digits, n);
}


void
ioa_eip191_digest(uint8_t digest32[IOA_EIP191_DIGEST_LEN],
    const uint8_t *text, size_t text_len)
{
    size_t        n, at;
    uint8_t       decimal[IOA_EIP191_DECIMAL_MAX];
    ioa_keccak_t  k;

    static const uint8_t  prefix[] = "\x19" "Ethereum Signed Message:\n";

    at = sizeof(decimal);
    n = text_len;

    do {
        decimal[--at] = (uint8_t) ('0' + n % 10);
        n /= 10;
    } while (n != 0);

    ioa_keccak256_init(&k);
    ioa_keccak256_update(&k, prefix, sizeof(prefix) - 1);
    ioa_keccak256_update(&k, decimal + at, sizeof(decimal) - at);
    ioa_keccak256_update(&k, text, text_len);
    ioa_keccak256_final(digest32, &k);
}


/* Returns: the recovery id, 0 or 1; or -1. */
static int
ioa_eip191_recid(uint8_t v)
{
    if (v >= IOA_EIP191_V_BASE) {
        v -= IOA_EIP191_V_BASE;
    }

    return v <= 1 ? v : -1;
}


/* Returns: 1 if r and s are not zero and s is not in the upper half. */
static int
ioa_eip191_in_range(const uint8_t sig65[IOA_EIP191_SIG_LEN])
{
    static const uint8_t  zero[IOA_EIP191_SCALAR_LEN];

    return memcmp(sig65, zero, sizeof(zero)) != 0
           && memcmp(sig65 + IOA_EIP191_S_OFF, zero, sizeof(zero)) != 0
           && memcmp(sig65 + IOA_EIP191_S_OFF, ioa_eip191_half_order,
                     sizeof(ioa_eip191_half_order)) <= 0;
}


/* The address is the end of the keccak-256 of the key's two coordinates. */
static int
ioa_eip191_address(uint8_t address20[IOA_ADDRESS_LEN],
    const secp256k1_pubkey *key)
{
    size_t   n;
    uint8_t  bytes[IOA_PUBKEY_LEN], digest32[IOA_KECCAK256_LEN];

    n = sizeof(bytes);

    if (!secp256k1_ec_pubkey_serialize(secp256k1_context_static, bytes, &n,
                                       key, SECP256K1_EC_UNCOMPRESSED)
        || n != sizeof(bytes))
    {
        return 0;
    }

    ioa_keccak256(digest32, bytes + IOA_PUBKEY_TAG_LEN,
                  sizeof(bytes) - IOA_PUBKEY_TAG_LEN);

    memcpy(address20,
           digest32 + IOA_KECCAK256_LEN - IOA_ADDRESS_LEN,
           IOA_ADDRESS_LEN);

    return 1;
}


ioa_status_t
ioa_eip191_recover(uint8_t address20[IOA_ADDRESS_LEN],
    const uint8_t sig65[IOA_EIP191_SIG_LEN],
    const uint8_t digest32[IOA_EIP191_DIGEST_LEN])
{
    int                                   recid;
    secp256k1_pubkey                      key;
    secp256k1_ecdsa_recoverable_signature sig;

    memset(address20, 0, IOA_ADDRESS_LEN);

    recid = ioa_eip191_recid(sig65[IOA_EIP191_V_OFF]);

    if (recid < 0 || !ioa_eip191_in_range(sig65)) {
        return IOA_MALFORMED_SIGNATURE;
    }

    /* refuses r if it is not below the order */

    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(
            secp256k1_context_static, &sig, sig65, recid))
    {
        return IOA_MALFORMED_SIGNATURE;
    }

    if (!secp256k1_ecdsa_recover(secp256k1_context_static, &key, &sig,
                                 digest32)
        || !ioa_eip191_address(address20, &key))
    {
        return IOA_SIGNATURE_MISMATCH;
    }

    return IOA_OK;
}
