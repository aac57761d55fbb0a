/*
 * bench_report: what verifying a whole attestation report costs, beside the
 * bare OpenSSL verifications of the signatures in it.
 *
 *   bench_report REPLY CPU_ROOTS GPU_ROOTS REFERENCES [--max RATIO]
 *
 * REPLY is an answer to the nonce 00 01 .. 1f, whose GPUs measure what is in
 * REFERENCES (report.py makes both).  Bare are X509_verify for every link of
 * its chains, once where several GPUs have it in common, with keys that are decoded already, and
 * EVP_DigestVerify for the quote's two signatures and each GPU's; for the
 * latter with keys made here, of the same curve, over messages of the same
 * length.  A warm cache spares the links: it stands beside the signatures that
 * are left.  All run in turns; printed are medians.  Exit status 1 where a
 * ratio is above the given one.
 */

#define _POSIX_C_SOURCE  199309L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/ioa_codec.h"
#include "nvidia/ioa_reference.h"
#include "nvidia/ioa_spdm.h"
#include "tdx/ioa_tdx.h"
#include "attest/ioattest.h"
#include "unit.h"

#define BENCH_ROUNDS  41
#define BENCH_LINKS   128
#define BENCH_SIGNED  32

typedef struct {
    X509      *cert;
    EVP_PKEY  *issuer;
} bench_link_t;

typedef struct {
    EVP_PKEY      *key;
    const EVP_MD  *md;
    uint8_t       *message;
    size_t         len;
    uint8_t        sig[160];
    size_t         sig_len;
} bench_signed_t;

typedef struct {
    ioa_bytes_t     reply;
    ioa_policy_t    policy;
    uint8_t         nonce32[IOA_NONCE_LEN];
    int64_t         now;
    size_t          links_n;
    bench_link_t    links[BENCH_LINKS];
    size_t          signed_n;
    bench_signed_t  signeds[BENCH_SIGNED];
} bench_t;

typedef double (*bench_run_pt)(bench_t *b);


static void
bench_die(const char *what)
{
    fprintf(stderr, "bench_report: %s\n", what);
    exit(2);
}


static double
bench_now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}


/* A link that another chain had already counts once. */
static void
bench_link(bench_t *b, X509 *cert, EVP_PKEY *issuer)
{
    size_t  i;

    if (issuer == NULL || b->links_n == BENCH_LINKS
        || X509_verify(cert, issuer) != 1)
    {
        bench_die("a link that does not hold");
    }

    for (i = 0; i < b->links_n; i++) {
        if (X509_cmp(b->links[i].cert, cert) == 0) {
            return;
        }
    }

    b->links[b->links_n].cert = cert;
    b->links[b->links_n++].issuer = issuer;
}


/* The links of one chain, leaf first. */
static void
bench_chain(bench_t *b, const uint8_t *pem, size_t len)
{
    BIO   *bio;
    X509  *cert, *last = NULL;

    bio = BIO_new_mem_buf(pem, (int) len);

    while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        if (last != NULL) {
            bench_link(b, last, X509_get0_pubkey(cert));
        }

        last = cert;
    }

    BIO_free(bio);
}


/* A signature of that curve, over that many bytes. */
static void
bench_sign(bench_t *b, const char *curve, const EVP_MD *md, size_t len)
{
    EVP_MD_CTX      *ctx;
    bench_signed_t  *s;

    if (b->signed_n == BENCH_SIGNED) {
        bench_die("too many signatures");
    }

    s = &b->signeds[b->signed_n++];
    s->key = EVP_EC_gen(curve);
    s->md = md;
    s->len = len;
    s->message = calloc(1, len);
    s->sig_len = sizeof(s->sig);
    ctx = EVP_MD_CTX_new();

    if (s->key == NULL || s->message == NULL || ctx == NULL
        || EVP_DigestSignInit(ctx, NULL, md, NULL, s->key) != 1
        || EVP_DigestSign(ctx, s->sig, &s->sig_len, s->message, len) != 1)
    {
        bench_die("cannot sign");
    }

    EVP_MD_CTX_free(ctx);
}


static void
bench_quote(bench_t *b, const ioa_report_t *report)
{
    size_t            len;
    uint8_t          *bytes;
    const uint8_t    *text;
    ioa_tdx_quote_t   view;

    if (!ioa_json_string(&text, &len, ioa_json_member(report->cpu, "quote"))) {
        bench_die("no quote");
    }

    bytes = malloc(len / 2 + 1);

    if (bytes == NULL || !ioa_hex_decode(bytes, len / 2, text, len)
        || ioa_tdx_parse(&view, bytes, len / 2) != IOA_TDX_OK)
    {
        bench_die("no quote that can be read");
    }

    bench_chain(b, view.certs.pos, ioa_reader_left(&view.certs));
    bench_sign(b, "P-256", EVP_sha256(), ioa_reader_left(&view.signed_part));
    bench_sign(b, "P-256", EVP_sha256(), IOA_TDX_QE_REPORT_LEN);
    free(bytes);
}


static uint8_t *
bench_base64(size_t *n, const ioa_json_t *device, const char *name)
{
    size_t          len;
    uint8_t        *out;
    const uint8_t  *text;

    if (!ioa_json_string(&text, &len, ioa_json_member(device, name))) {
        bench_die("no text of a GPU");
    }

    out = malloc(len + 1);

    if (out == NULL || !ioa_base64_decode(out, n, len, text, len)) {
        bench_die("no base64");
    }

    return out;
}


static void
bench_gpus(bench_t *b, const ioa_report_t *report)
{
    size_t             n;
    uint8_t           *pem, *spdm;
    ioa_spdm_view_t    view;
    const ioa_json_t  *device;

    device = ioa_json_first(ioa_json_member(report->gpu, "evidence_list"));

    for ( /* void */ ; device != NULL; device = ioa_json_next(device)) {
        pem = bench_base64(&n, device, "certificate");
        bench_chain(b, pem, n);
        free(pem);

        spdm = bench_base64(&n, device, "evidence");

        if (ioa_spdm_parse(&view, spdm, n) != IOA_OK) {
            bench_die("no evidence of a GPU");
        }

        bench_sign(b, "P-384", EVP_sha384(),
                   ioa_reader_left(&view.signed_bytes));
        free(spdm);
    }
}


static double
bench_verify(bench_t *b)
{
    double                start;
    static ioa_machine_t  machine;

    start = bench_now();

    if (ioa_attest_verify(&machine, NULL, NULL, b->reply, b->nonce32,
                          &b->policy, NULL, 0, b->now)
        != IOA_OK)
    {
        bench_die("the report is refused");
    }

    return bench_now() - start;
}


/* As the first report after a start. */
static double
bench_cold(bench_t *b)
{
    double              took;
    ioa_chain_cache_t  *warm = b->policy.cache;

    b->policy.cache = ioa_chain_cache_new(256);
    took = bench_verify(b);
    ioa_chain_cache_free(b->policy.cache);
    b->policy.cache = warm;

    return took;
}


static double
bench_bare_signed(bench_t *b)
{
    double           start;
    size_t           i;
    EVP_MD_CTX      *ctx;
    bench_signed_t  *s;

    start = bench_now();

    for (i = 0; i < b->signed_n; i++) {
        s = &b->signeds[i];
        ctx = EVP_MD_CTX_new();

        if (EVP_DigestVerifyInit(ctx, NULL, s->md, NULL, s->key) != 1
            || EVP_DigestVerify(ctx, s->sig, s->sig_len, s->message, s->len)
               != 1)
        {
            bench_die("a signature that does not hold");
        }

        EVP_MD_CTX_free(ctx);
    }

    return bench_now() - start;
}


static double
bench_bare_all(bench_t *b)
{
    double  start;
    size_t  i;

    start = bench_now();

    for (i = 0; i < b->links_n; i++) {
        if (X509_verify(b->links[i].cert, b->links[i].issuer) != 1) {
            bench_die("a link that does not hold");
        }
    }

    (void) bench_bare_signed(b);

    return bench_now() - start;
}


static void
bench_setup(bench_t *b, char **argv)
{
    size_t              i, n;
    uint8_t            *text;
    char                error[IOA_REFERENCE_ERROR_MAX];
    ioa_roots_t        *roots[2];
    ioa_report_t        report;
    ioa_reference_t    *reference;

    static ioa_policy_file_t  file;

    memset(b, 0, sizeof(bench_t));
    b->reply.data = unit_file(&b->reply.len, argv[1]);
    b->now = (int64_t) time(NULL);

    for (i = 0; i < IOA_NONCE_LEN; i++) {
        b->nonce32[i] = (uint8_t) i;
    }

    for (i = 0; i < 2; i++) {
        text = unit_file(&n, argv[2 + i]);

        if (ioa_roots_parse(&roots[i], text, n) != IOA_CHAIN_OK) {
            bench_die("roots cannot be read");
        }

        free(text);
    }

    ioa_policy_init(&file);
    b->policy.file = &file;
    b->policy.cpu = IOA_CPU_TDX;
    b->policy.gpu = IOA_GPU_LOCAL;
    b->policy.cpu_roots = roots[0];
    b->policy.gpu_roots = roots[1];
    b->policy.cache = ioa_chain_cache_new(256);

    text = unit_file(&n, argv[4]);

    if (!ioa_reference_parse(&reference, error, text, n)) {
        bench_die(error);
    }

    free(text);
    b->policy.reference = reference;

    if (b->policy.cache == NULL
        || ioa_report_parse(&report, b->reply.data, b->reply.len) != IOA_OK)
    {
        bench_die("no report");
    }

    bench_quote(b, &report);
    bench_gpus(b, &report);
    ioa_report_cleanup(&report);
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


/* Returns: how many times the bare ones' time the report's is. */
static double
bench_pair(bench_t *b, const char *name, bench_run_pt run, bench_run_pt bare)
{
    int     i;
    double  ratio;

    static double  runs[BENCH_ROUNDS], bares[BENCH_ROUNDS];
    static double  ratios[BENCH_ROUNDS];

    (void) run(b);

    for (i = 0; i < BENCH_ROUNDS; i++) {
        bares[i] = bare(b);
        runs[i] = run(b);
        ratios[i] = runs[i] / bares[i];
    }

    ratio = bench_median(ratios);

    printf("%s: report %.2f ms, bare signatures %.2f ms, ratio %.3f\n", name,
           bench_median(runs) / 1e3, bench_median(bares) / 1e3, ratio);

    return ratio;
}


int
main(int argc, char **argv)
{
    double  max, cold, warm;

    static bench_t  b;

    if (argc < 5) {
        bench_die("REPLY CPU_ROOTS GPU_ROOTS REFERENCES [--max RATIO]");
    }

    max = argc == 7 && strcmp(argv[5], "--max") == 0 ? atof(argv[6]) : 0;

    bench_setup(&b, argv);

    printf("report of %zu bytes: %zu links of chains, %zu signatures\n",
           b.reply.len, b.links_n, b.signed_n);

    cold = bench_pair(&b, "cold cache", bench_cold, bench_bare_all);
    warm = bench_pair(&b, "warm cache", bench_verify, bench_bare_signed);

    return max > 0 && (cold > max || warm > max);
}
