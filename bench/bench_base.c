/*
 * bench_base: what nobody who verifies a response can spare, as a process
 * that is asked for it between other measurements.
 *
 * Reads lines:  recover N          N times secp256k1_ecdsa_recover
 *               sha256 N BYTES     N times SHA-256 of so many bytes
 * and answers each with the CPU time of one in nanoseconds.
 */

#define _POSIX_C_SOURCE  199309L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

/* so many signatures, in turn, as a worker does not meet the same twice */
#define BASE_SIGNATURES  64

static secp256k1_context                      *base_context;
static secp256k1_ecdsa_recoverable_signature   base_sigs[BASE_SIGNATURES];
static unsigned char                           base_text[BASE_SIGNATURES][32];


static void
base_die(const char *what)
{
    fprintf(stderr, "bench_base: %s\n", what);
    exit(1);
}


static void
base_setup(void)
{
    int            i;
    unsigned char  key32[32];

    base_context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN
                                            | SECP256K1_CONTEXT_VERIFY);

    for (i = 0; i < BASE_SIGNATURES; i++) {
        memset(key32, 0x42, sizeof(key32));
        memset(base_text[i], 0x11, 32);
        key32[31] = base_text[i][0] = (unsigned char) i;

        if (base_context == NULL
            || !secp256k1_ecdsa_sign_recoverable(base_context, &base_sigs[i],
                                                 base_text[i], key32, NULL,
                                                 NULL))
        {
            base_die("cannot sign");
        }
    }
}


static double
base_now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}


static double
base_recover(long n)
{
    long              i;
    double            start;
    secp256k1_pubkey  key;

    start = base_now();

    for (i = 0; i < n; i++) {
        if (!secp256k1_ecdsa_recover(base_context, &key,
                                     &base_sigs[i % BASE_SIGNATURES],
                                     base_text[i % BASE_SIGNATURES]))
        {
            base_die("recover failed");
        }
    }

    return (base_now() - start) / (double) n;
}


static double
base_sha256(long n, size_t len)
{
    long            i;
    double          start;
    EVP_MD         *md;
    EVP_MD_CTX     *ctx;
    unsigned char  *bytes, digest32[32];

    md = EVP_MD_fetch(NULL, "SHA256", NULL);
    ctx = EVP_MD_CTX_new();
    bytes = malloc(len);

    if (md == NULL || ctx == NULL || bytes == NULL) {
        base_die("no memory");
    }

    memset(bytes, 'a', len);
    start = base_now();

    for (i = 0; i < n; i++) {
        if (EVP_DigestInit_ex(ctx, md, NULL) != 1
            || EVP_DigestUpdate(ctx, bytes, len) != 1
            || EVP_DigestFinal_ex(ctx, digest32, NULL) != 1)
        {
            base_die("SHA-256 failed");
        }
    }

    start = base_now() - start;
    free(bytes);
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(md);

    return start / (double) n;
}


int
main(void)
{
    char    line[128];
    long    n;
    size_t  len;

    base_setup();

    while (fgets(line, sizeof(line), stdin) != NULL) {

        if (sscanf(line, "sha256 %ld %zu", &n, &len) == 2) {
            printf("%.1f\n", base_sha256(n, len));

        } else if (sscanf(line, "recover %ld", &n) == 1) {
            printf("%.1f\n", base_recover(n));

        } else {
            base_die(line);
        }

        fflush(stdout);
    }

    return 0;
}
