/*
 * keccak: beside a plain Keccak written from the specification alone, which
 * in turn stands beside OpenSSL's SHA3-256 (same permutation and rate,
 * another padding).
 */

#include <openssl/evp.h>

#include "base/ioa_codec.h"
#include "crypto/ioa_keccak.c"
#include "unit.h"

#define MESSAGE_MAX  700
#define RATE         136
#define PAD_KECCAK   0x01
#define PAD_SHA3     0x06


static uint64_t
rotate(uint64_t v, unsigned n)
{
    return n == 0 ? v : v << n | v >> (64 - n);
}


/* One bit of the round constants, FIPS 202, algorithm 5. */
static int
lfsr_bit(unsigned t)
{
    unsigned  r;

    for (r = 1, t %= 255; t > 0; t--) {
        r <<= 1;
        r ^= r & 0x100 ? 0x171 : 0;
    }

    return r & 1;
}


/* The five steps one by one, FIPS 202, section 3.2. */
static void
plain_round(uint64_t a[5][5], unsigned round)
{
    unsigned  x, y, t, j, next;
    uint64_t  c[5], b[5][5];

    for (x = 0; x < 5; x++) {
        c[x] = a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4];
    }

    for (x = 0; x < 5; x++) {
        for (y = 0; y < 5; y++) {
            a[x][y] ^= c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
        }
    }

    for (t = 0, x = 1, y = 0; t < 24; t++) {
        a[x][y] = rotate(a[x][y], (t + 1) * (t + 2) / 2 % 64);
        next = (2 * x + 3 * y) % 5;
        x = y;
        y = next;
    }

    for (x = 0; x < 5; x++) {
        for (y = 0; y < 5; y++) {
            b[x][y] = a[(x + 3 * y) % 5][x];
        }
    }

    for (x = 0; x < 5; x++) {
        for (y = 0; y < 5; y++) {
            a[x][y] = b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y]);
        }
    }

    for (j = 0; j <= 6; j++) {
        if (lfsr_bit(j + 7 * round)) {
            a[0][0] ^= UINT64_C(1) << ((1u << j) - 1);
        }
    }
}


static void
plain_block(uint64_t a[5][5], const uint8_t *block)
{
    unsigned  i, lane;

    for (i = 0; i < RATE; i++) {
        lane = i / 8;
        a[lane % 5][lane / 5] ^= (uint64_t) block[i] << 8 * (i % 8);
    }

    for (i = 0; i < 24; i++) {
        plain_round(a, i);
    }
}


static void
plain_keccak(uint8_t *digest32, const uint8_t *data, size_t n, uint8_t pad)
{
    size_t    i;
    uint8_t   block[RATE];
    uint64_t  a[5][5];

    memset(a, 0, sizeof(a));

    for ( ; n >= RATE; n -= RATE, data += RATE) {
        plain_block(a, data);
    }

    memset(block, 0, sizeof(block));
    memcpy(block, data, n);
    block[n] ^= pad;
    block[RATE - 1] ^= 0x80;
    plain_block(a, block);

    for (i = 0; i < 32; i++) {
        digest32[i] = (uint8_t) (a[i / 8 % 5][i / 8 / 5] >> 8 * (i % 8));
    }
}


static void
test_known(void)
{
    size_t   i;
    uint8_t  digest32[32], text[64];

    static const struct {
        const char  *message;
        const char  *digest;
    } known[] = {
        { "", "c5d2460186f7233c927e7db2dcc703c0"
              "e500b653ca82273b7bfad8045d85a470" },
        { "abc", "4e03657aea45a94fc7d47ba826c8d667"
                 "c0d1e6e33a64a036ec44f58fa12d6c45" },
        { "testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12"
                     "df9d1b02" }
    };

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        ioa_keccak256(digest32, (const uint8_t *) known[i].message,
                      strlen(known[i].message));
        ioa_hex_encode(text, digest32, 32);
        UNIT_OK(memcmp(text, known[i].digest, 64) == 0,
                "keccak-256 of \"%s\"", known[i].message);
    }
}


static void
test_lengths(const uint8_t *message)
{
    size_t      n;
    uint8_t     ours[32], plain[32], sha3[32], *exact;
    unit_all_t  all = { 0 }, reference = { 0 };

    for (n = 0; n <= MESSAGE_MAX; n++) {
        exact = unit_exact(message, n);

        plain_keccak(plain, exact, n, PAD_SHA3);
        unit_each(&reference,
                  EVP_Digest(exact, n, sha3, NULL, EVP_sha3_256(), NULL)
                  && memcmp(plain, sha3, 32) == 0, "%zu bytes", n);

        plain_keccak(plain, exact, n, PAD_KECCAK);
        ioa_keccak256(ours, exact, n);
        unit_each(&all, memcmp(plain, ours, 32) == 0, "%zu bytes", n);
        unit_each(&all, memcmp(sha3, ours, 32) != 0, "%zu is SHA-3", n);

        free(exact);
    }

    UNIT_ALL(&reference, "the plain Keccak is SHA3-256 with its padding");
    UNIT_ALL(&all, "keccak-256 of every length");
}


/* However a message is cut, its digest is the same. */
static void
test_pieces(const uint8_t *message)
{
    size_t        n, cut;
    uint8_t       whole[32], pieces[32];
    unit_all_t    all = { 0 };
    ioa_keccak_t  k;

    for (n = 130; n <= 280; n += 5) {
        ioa_keccak256(whole, message, n);

        for (cut = 0; cut <= n; cut++) {
            ioa_keccak256_init(&k);
            ioa_keccak256_update(&k, message, cut);
            ioa_keccak256_update(&k, message + cut, n - cut);
            ioa_keccak256_final(pieces, &k);
            unit_each(&all, memcmp(whole, pieces, 32) == 0,
                      "%zu cut at %zu", n, cut);
        }
    }

    UNIT_ALL(&all, "keccak-256 in two pieces");
}


/* What this processor runs, beside what others do. */
static void
test_permutation(void)
{
    unsigned    i;
    uint64_t    seed = 9, one[IOA_KECCAK_LANES], two[IOA_KECCAK_LANES];
    unit_all_t  all = { 0 };

    for (i = 0; i < IOA_KECCAK_LANES; i++) {
        one[i] = unit_random(&seed);
    }

    for (i = 0; i < 500; i++) {
        memcpy(two, one, sizeof(two));
        ioa_keccak_permute(one);
        ioa_keccak_rounds(two);
        unit_each(&all, memcmp(one, two, sizeof(two)) == 0, "no. %u", i);
    }

    UNIT_ALL(&all, "the same with and without BMI");
}


int
main(void)
{
    size_t    i;
    uint8_t   message[MESSAGE_MAX];
    uint64_t  seed;

    seed = 3;

    for (i = 0; i < sizeof(message); i++) {
        message[i] = (uint8_t) unit_random(&seed);
    }

    test_known();
    test_lengths(message);
    test_pieces(message);
    test_permutation();

    return UNIT_DONE();
}
