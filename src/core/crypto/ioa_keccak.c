/*
 * ioa_keccak: Keccak-f[1600] and the sponge around it.  See ioa_keccak.h.
 *
 * The lane at x, y has the index x + 5 * y.  The steps theta, rho, pi, chi,
 * iota of a round are written as five rows of the result: each row gathers
 * its five lanes along pi, rotated by rho, and mixes them by chi.  A round
 * reads one array and writes another, so that nothing is overwritten too
 * early.
 *
 * The rounds are compiled twice where that pays: processors with BMI have an
 * instruction for ~a & b and one that rotates into another register, which
 * saves a quarter of all.
 */

#include <string.h>

#include "crypto/ioa_keccak.h"

#define IOA_KECCAK_ROUNDS  24
#define IOA_KECCAK_LANE    8    /* bytes */
#define IOA_KECCAK_PAD     0x01
#define IOA_KECCAK_LAST    0x80

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__BMI__)
#define IOA_KECCAK_BMI     1
#else
#define IOA_KECCAK_BMI     0
#endif

#define IOA_KECCAK_INLINE  static inline __attribute__((always_inline))

static const uint64_t  ioa_keccak_iota[IOA_KECCAK_ROUNDS] = {
    UINT64_C(0x0000000000000001), UINT64_C(0x0000000000008082),
    UINT64_C(0x800000000000808a), UINT64_C(0x8000000080008000),
    UINT64_C(0x000000000000808b), UINT64_C(0x0000000080000001),
    UINT64_C(0x8000000080008081), UINT64_C(0x8000000000008009),
    UINT64_C(0x000000000000008a), UINT64_C(0x0000000000000088),
    UINT64_C(0x0000000080008009), UINT64_C(0x000000008000000a),
    UINT64_C(0x000000008000808b), UINT64_C(0x800000000000008b),
    UINT64_C(0x8000000000008089), UINT64_C(0x8000000000008003),
    UINT64_C(0x8000000000008002), UINT64_C(0x8000000000000080),
    UINT64_C(0x000000000000800a), UINT64_C(0x800000008000000a),
    UINT64_C(0x8000000080008081), UINT64_C(0x8000000000008080),
    UINT64_C(0x0000000080000001), UINT64_C(0x8000000080008008)
};


/* n is 1..63. */
IOA_KECCAK_INLINE uint64_t
ioa_keccak_rotate(uint64_t lane, unsigned n)
{
    return lane << n | lane >> (64 - n);
}


IOA_KECCAK_INLINE uint64_t
ioa_keccak_column(const uint64_t *a, unsigned x)
{
    return a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
}


IOA_KECCAK_INLINE void
ioa_keccak_chi(uint64_t *row, uint64_t b0, uint64_t b1, uint64_t b2,
    uint64_t b3, uint64_t b4)
{
    row[0] = b0 ^ (~b1 & b2);
    row[1] = b1 ^ (~b2 & b3);
    row[2] = b2 ^ (~b3 & b4);
    row[3] = b3 ^ (~b4 & b0);
    row[4] = b4 ^ (~b0 & b1);
}


IOA_KECCAK_INLINE void
ioa_keccak_round(uint64_t *e, const uint64_t *a, uint64_t iota)
{
    uint64_t  c0, c1, c2, c3, c4, d0, d1, d2, d3, d4;

    c0 = ioa_keccak_column(a, 0);
    c1 = ioa_keccak_column(a, 1);
    c2 = ioa_keccak_column(a, 2);
    c3 = ioa_keccak_column(a, 3);
    c4 = ioa_keccak_column(a, 4);

    d0 = c4 ^ ioa_keccak_rotate(c1, 1);
    d1 = c0 ^ ioa_keccak_rotate(c2, 1);
    d2 = c1 ^ ioa_keccak_rotate(c3, 1);
    d3 = c2 ^ ioa_keccak_rotate(c4, 1);
    d4 = c3 ^ ioa_keccak_rotate(c0, 1);

    ioa_keccak_chi(e, a[0] ^ d0,
                   ioa_keccak_rotate(a[6] ^ d1, 44),
                   ioa_keccak_rotate(a[12] ^ d2, 43),
                   ioa_keccak_rotate(a[18] ^ d3, 21),
                   ioa_keccak_rotate(a[24] ^ d4, 14));

    ioa_keccak_chi(e + 5, ioa_keccak_rotate(a[3] ^ d3, 28),
                   ioa_keccak_rotate(a[9] ^ d4, 20),
                   ioa_keccak_rotate(a[10] ^ d0, 3),
                   ioa_keccak_rotate(a[16] ^ d1, 45),
                   ioa_keccak_rotate(a[22] ^ d2, 61));

    ioa_keccak_chi(e + 10, ioa_keccak_rotate(a[1] ^ d1, 1),
                   ioa_keccak_rotate(a[7] ^ d2, 6),
                   ioa_keccak_rotate(a[13] ^ d3, 25),
                   ioa_keccak_rotate(a[19] ^ d4, 8),
                   ioa_keccak_rotate(a[20] ^ d0, 18));

    ioa_keccak_chi(e + 15, ioa_keccak_rotate(a[4] ^ d4, 27),
                   ioa_keccak_rotate(a[5] ^ d0, 36),
                   ioa_keccak_rotate(a[11] ^ d1, 10),
                   ioa_keccak_rotate(a[17] ^ d2, 15),
                   ioa_keccak_rotate(a[23] ^ d3, 56));

    ioa_keccak_chi(e + 20, ioa_keccak_rotate(a[2] ^ d2, 62),
                   ioa_keccak_rotate(a[8] ^ d3, 55),
                   ioa_keccak_rotate(a[14] ^ d4, 39),
                   ioa_keccak_rotate(a[15] ^ d0, 41),
                   ioa_keccak_rotate(a[21] ^ d1, 2));

    e[0] ^= iota;
}


IOA_KECCAK_INLINE void
ioa_keccak_rounds(uint64_t *a)
{
    unsigned  i;
    uint64_t  e[IOA_KECCAK_LANES];

    for (i = 0; i < IOA_KECCAK_ROUNDS; i += 2) {
        ioa_keccak_round(e, a, ioa_keccak_iota[i]);
        ioa_keccak_round(a, e, ioa_keccak_iota[i + 1]);
    }
}


#if (IOA_KECCAK_BMI)

__attribute__((target("bmi,bmi2"))) static void
ioa_keccak_permute_bmi(uint64_t *a)
{
    ioa_keccak_rounds(a);
}

#endif


static void
ioa_keccak_permute(uint64_t *a)
{
#if (IOA_KECCAK_BMI)

    if (__builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
        ioa_keccak_permute_bmi(a);
        return;
    }

#endif

    ioa_keccak_rounds(a);
}


static inline void
ioa_keccak_add(ioa_keccak_t *k, size_t at, uint8_t byte)
{
    k->lanes[at / IOA_KECCAK_LANE] ^=
        (uint64_t) byte << (8 * (at % IOA_KECCAK_LANE));
}


/* Little-endian; compilers make one load, one store of these two. */
static inline uint64_t
ioa_keccak_lane(const uint8_t *data)
{
    return (uint64_t) data[0] | (uint64_t) data[1] << 8
           | (uint64_t) data[2] << 16 | (uint64_t) data[3] << 24
           | (uint64_t) data[4] << 32 | (uint64_t) data[5] << 40
           | (uint64_t) data[6] << 48 | (uint64_t) data[7] << 56;
}


static inline void
ioa_keccak_put(uint8_t *data, uint64_t lane)
{
    data[0] = (uint8_t) lane;
    data[1] = (uint8_t) (lane >> 8);
    data[2] = (uint8_t) (lane >> 16);
    data[3] = (uint8_t) (lane >> 24);
    data[4] = (uint8_t) (lane >> 32);
    data[5] = (uint8_t) (lane >> 40);
    data[6] = (uint8_t) (lane >> 48);
    data[7] = (uint8_t) (lane >> 56);
}


void
ioa_keccak256_init(ioa_keccak_t *k)
{
    memset(k, 0, sizeof(ioa_keccak_t));
}


void
ioa_keccak256_update(ioa_keccak_t *k, const uint8_t *data, size_t n)
{
    size_t  m;

    for ( ; n != 0; data += m, n -= m) {

        if (k->fill % IOA_KECCAK_LANE == 0 && n >= IOA_KECCAK_LANE) {
            k->lanes[k->fill / IOA_KECCAK_LANE] ^= ioa_keccak_lane(data);
            m = IOA_KECCAK_LANE;

        } else {
            ioa_keccak_add(k, k->fill, data[0]);
            m = 1;
        }

        k->fill += m;

        if (k->fill == IOA_KECCAK256_RATE) {
            ioa_keccak_permute(k->lanes);
            k->fill = 0;
        }
    }
}


void
ioa_keccak256_final(uint8_t digest32[IOA_KECCAK256_LEN], ioa_keccak_t *k)
{
    size_t  i;

    ioa_keccak_add(k, k->fill, IOA_KECCAK_PAD);
    ioa_keccak_add(k, IOA_KECCAK256_RATE - 1, IOA_KECCAK_LAST);
    ioa_keccak_permute(k->lanes);

    for (i = 0; i < IOA_KECCAK256_LEN; i += IOA_KECCAK_LANE) {
        ioa_keccak_put(digest32 + i, k->lanes[i / IOA_KECCAK_LANE]);
    }
}


void
ioa_keccak256(uint8_t digest32[IOA_KECCAK256_LEN], const uint8_t *data,
    size_t n)
{
    ioa_keccak_t  k;

    ioa_keccak256_init(&k);
    ioa_keccak256_update(&k, data, n);
    ioa_keccak256_final(digest32, &k);
}
