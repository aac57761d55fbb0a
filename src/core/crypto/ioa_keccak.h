/*
 * ioa_keccak: Keccak-256 as Ethereum uses it, with the original padding
 * (0x01), which is not SHA3-256 (0x06).
 */

#ifndef IOA_KECCAK_H
#define IOA_KECCAK_H

#include <stddef.h>
#include <stdint.h>

#define IOA_KECCAK256_LEN   32
#define IOA_KECCAK256_RATE  136
#define IOA_KECCAK_LANES    25

typedef struct {
    uint64_t  lanes[IOA_KECCAK_LANES];
    size_t    fill;             /* bytes in the block, < IOA_KECCAK256_RATE */
} ioa_keccak_t;

/* Out: k, of the empty message. */
void ioa_keccak256_init(ioa_keccak_t *k);

/* Adds n bytes. */
void ioa_keccak256_update(ioa_keccak_t *k, const uint8_t *data, size_t n);

/* Out: digest32.  Call init before k is used for another message. */
void ioa_keccak256_final(uint8_t digest32[IOA_KECCAK256_LEN],
    ioa_keccak_t *k);

/* All three in one call. */
void ioa_keccak256(uint8_t digest32[IOA_KECCAK256_LEN], const uint8_t *data,
    size_t n);

#endif
