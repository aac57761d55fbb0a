/*
 * bench_verify: what verifying a response costs, beside the one
 * secp256k1_ecdsa_recover in it that nobody can spare.
 *
 * Both run in turns, a round of each at a time, so that whatever else the
 * machine does falls on both; the ratio of a pair of rounds is taken, and
 * the median of all pairs is printed.
 *
 *   bench_verify [--max RATIO]     exit status 1 where the ratio is above
 */

#define _POSIX_C_SOURCE  199309L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "base/ioa_codec.h"
#include "crypto/ioa_eip191.h"
#include "attest/ioattest.h"

#define BENCH_ROUNDS  201
#define BENCH_CALLS   100
#define BENCH_TEXT    129

typedef struct {
    secp256k1_context                      *context;
    secp256k1_ecdsa_recoverable_signature   parsed;
    uint8_t                                 digest32[32];
    uint8_t                                 text[BENCH_TEXT];
    uint8_t                                 signature[130];
    uint8_t                                 address[IOA_ADDRESS_TEXT_LEN];
    ioa_signature_t                         headers;
} bench_t;


static void
bench_die(const char *what)
{
    fprintf(stderr, "bench_verify: %s\n", what);
    exit(2);
}


/* Signs a text of the agent's form with a key of no worth. */
static void
bench_setup(bench_t *b)
{
    int      recid;
    uint8_t  key32[32], sig65[65], address20[20];

    static const uint8_t  ecdsa[] = "ecdsa";

    memset(key32, 0x42, sizeof(key32));
    memset(b->text, 'a', sizeof(b->text));
    b->text[64] = ':';

    ioa_eip191_digest(b->digest32, b->text, sizeof(b->text));

    b->context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN
                                          | SECP256K1_CONTEXT_VERIFY);

    if (b->context == NULL
        || !secp256k1_ecdsa_sign_recoverable(b->context, &b->parsed,
                                             b->digest32, key32, NULL, NULL)
        || !secp256k1_ecdsa_recoverable_signature_serialize_compact(
                b->context, sig65, &recid, &b->parsed))
    {
        bench_die("cannot sign");
    }

    sig65[64] = (uint8_t) (27 + recid);

    if (ioa_eip191_recover(address20, sig65, b->digest32) != IOA_OK) {
        bench_die("cannot recover");
    }

    ioa_hex_encode(b->signature, sig65, sizeof(sig65));
    ioa_address_print(b->address, address20);

    memset(&b->headers, 0, sizeof(b->headers));
    b->headers.text.data = b->text;
    b->headers.text.len = sizeof(b->text);
    b->headers.signature.data = b->signature;
    b->headers.signature.len = sizeof(b->signature);
    b->headers.signing_address.data = b->address;
    b->headers.signing_address.len = sizeof(b->address);
    b->headers.signing_algo.data = ecdsa;
    b->headers.signing_algo.len = sizeof(ecdsa) - 1;
}


static double
bench_now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}


static double
bench_round_recover(bench_t *b)
{
    int               i;
    double            start;
    secp256k1_pubkey  key;

    start = bench_now();

    for (i = 0; i < BENCH_CALLS; i++) {
        if (!secp256k1_ecdsa_recover(b->context, &key, &b->parsed,
                                     b->digest32))
        {
            bench_die("recover failed");
        }
    }

    return (bench_now() - start) / BENCH_CALLS;
}


static double
bench_round_verify(bench_t *b)
{
    int      i;
    double   start;
    uint8_t  address20[20];

    start = bench_now();

    for (i = 0; i < BENCH_CALLS; i++) {
        if (ioa_signature_verify(address20, &b->headers, IOA_TEXT_AGENT)
            != IOA_OK) {
            bench_die("verify failed");
        }
    }

    return (bench_now() - start) / BENCH_CALLS;
}


static int
bench_compare(const void *one, const void *two)
{
    double  a, b;

    a = *(const double *) one;
    b = *(const double *) two;

    return (a > b) - (a < b);
}


static double
bench_median(double *values)
{
    qsort(values, BENCH_ROUNDS, sizeof(double), bench_compare);

    return values[BENCH_ROUNDS / 2];
}


int
main(int argc, char **argv)
{
    int      i;
    double   max, ratio;
    bench_t  b;

    static double  recover[BENCH_ROUNDS], verify[BENCH_ROUNDS];
    static double  ratios[BENCH_ROUNDS];

    max = argc == 3 && strcmp(argv[1], "--max") == 0 ? atof(argv[2]) : 0;

    bench_setup(&b);
    (void) bench_round_recover(&b);

    for (i = 0; i < BENCH_ROUNDS; i++) {
        recover[i] = bench_round_recover(&b);
        verify[i] = bench_round_verify(&b);
        ratios[i] = verify[i] / recover[i];
    }

    ratio = bench_median(ratios);

    printf("secp256k1_ecdsa_recover %.2f us, ioa_signature_verify %.2f us, "
           "ratio %.3f\n", bench_median(recover), bench_median(verify),
           ratio);

    secp256k1_context_destroy(b.context);

    return max > 0 && ratio > max;
}
