/*
 * bench_hash: the hashing part of core against plain SHA-256 of the same
 * bytes, in turns, so that the ratio says more than the times.
 *
 * usage: bench_hash [-p | -o NAME] [FILE ...]
 *
 *   FILE      a body as it is received; a name that ends in .sse is read as an
 *             event stream
 *   -p        also prints the ratio of each pair
 *   -o NAME   only what is called NAME, only ours, a few hundred times: for a
 *             profiler
 */

#define _POSIX_C_SOURCE 199309L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/ioa_canon.h"
#include "agent/ioa_reqmodel.h"
#include "agent/ioa_sse.h"

#define BENCH_SIZE    (1024 * 1024)
#define BENCH_ROUNDS  41
#define BENCH_ALONE   400
#define BENCH_PIECE   16384

typedef void (*bench_pt)(const uint8_t *data, size_t n);

static volatile uint8_t  bench_sum;
static int               bench_pairs;
static const char       *bench_only;


static double
bench_now(void)
{
    struct timespec  t;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}


static void
bench_sha(const uint8_t *data, size_t n)
{
    size_t        m;
    uint8_t       digest[32];
    ioa_sha256_t  sha;

    ioa_sha256_init(&sha);

    for ( ; n != 0; data += m, n -= m) {
        m = n < BENCH_PIECE ? n : BENCH_PIECE;
        ioa_sha256_update(&sha, data, m);
    }

    ioa_sha256_final(digest, &sha);
    bench_sum ^= digest[0];
}


static void
bench_canon(const uint8_t *data, size_t n)
{
    size_t              m;
    uint8_t             digest[32];
    static ioa_canon_t  canon;

    ioa_canon_init(&canon);

    for ( ; n != 0; data += m, n -= m) {
        m = n < BENCH_PIECE ? n : BENCH_PIECE;

        if (ioa_canon_update(&canon, data, m) != IOA_OK) {
            abort();
        }
    }

    if (ioa_canon_final(digest, &canon) != IOA_OK) {
        abort();
    }

    bench_sum ^= digest[0];
}


/* What leaves of it is counted, as a server that passes it on would. */
static int
bench_sink(void *ctx, const ioa_sse_piece_t *piece)
{
    *(size_t *) ctx += piece->len;

    return 1;
}


static void
bench_sse(const uint8_t *data, size_t n)
{
    size_t               m, out;
    uint8_t              digest[32];
    static ioa_sse_t     sse;
    ioa_sse_signature_t  sig;

    out = 0;
    ioa_sse_init(&sse);
    ioa_sse_output(&sse, bench_sink, &out, 0);

    for ( ; n != 0; data += m, n -= m) {
        m = n < BENCH_PIECE ? n : BENCH_PIECE;

        if (ioa_sse_update(&sse, data, m) != IOA_OK) {
            abort();
        }
    }

    if (ioa_sse_final(digest, &sig, &sse) != IOA_OK) {
        abort();
    }

    bench_sum ^= digest[0];
}


static void
bench_request(const uint8_t *data, size_t n)
{
    size_t                 m;
    ioa_reqmodel_t        *rm = ioa_reqmodel_new(64 * 1024 * 1024);
    ioa_reqmodel_result_t  res;

    if (rm == NULL) {
        abort();
    }

    for ( ; n != 0; data += m, n -= m) {
        m = n < BENCH_PIECE ? n : BENCH_PIECE;

        if (ioa_reqmodel_update(rm, data, m) != IOA_OK) {
            abort();
        }
    }

    if (ioa_reqmodel_final(&res, rm) != IOA_OK) {
        abort();
    }

    bench_sum ^= res.digest32[0];
    ioa_reqmodel_free(rm);
}


static int
bench_less(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


static double
bench_took(bench_pt what, const uint8_t *data, size_t n)
{
    double  t = bench_now();

    what(data, n);

    return bench_now() - t;
}


/*
 * CPU time, turn and turn about, and a ratio of each pair: others slow down the
 * processor too, for longer than a pair takes.  Medians.
 */
static void
bench(const char *name, bench_pt what, const uint8_t *data, size_t n)
{
    int     i;
    double  plain[BENCH_ROUNDS], ours[BENCH_ROUNDS], ratio[BENCH_ROUNDS];

    if (bench_only != NULL) {
        for (i = 0; strcmp(name, bench_only) == 0 && i < BENCH_ALONE; i++) {
            what(data, n);
        }

        return;
    }

    for (i = 0; i < BENCH_ROUNDS; i++) {
        if (i % 2) {
            plain[i] = bench_took(bench_sha, data, n);
            ours[i] = bench_took(what, data, n);

        } else {
            ours[i] = bench_took(what, data, n);
            plain[i] = bench_took(bench_sha, data, n);
        }

        ratio[i] = ours[i] / plain[i];
    }

    qsort(plain, BENCH_ROUNDS, sizeof(double), bench_less);
    qsort(ours, BENCH_ROUNDS, sizeof(double), bench_less);
    qsort(ratio, BENCH_ROUNDS, sizeof(double), bench_less);

    i = BENCH_ROUNDS / 2;
    printf("%-30s %8zu bytes  sha256 %.3f ns/byte  ours %.3f  ratio %.2f "
           "(%.2f to %.2f)\n", name, n, plain[i] / (double) n,
           ours[i] / (double) n, ratio[i], ratio[BENCH_ROUNDS / 4],
           ratio[BENCH_ROUNDS - 1 - BENCH_ROUNDS / 4]);

    if (bench_pairs) {
        printf("ratios");

        for (i = 0; i < BENCH_ROUNDS; i++) {
            printf(" %.4f", ratio[i]);
        }

        printf("\n");
    }
}


static uint8_t  bench_buf[BENCH_SIZE + 65536];


/*
 * Fills the buffer: head, unit as often as it fits (%d counts, to 999), tail.
 */
static size_t
bench_fill(const char *head, const char *unit, const char *tail)
{
    int     i = 0;
    char   *p = (char *) bench_buf;
    size_t  n;

    n = (size_t) snprintf(p, 4096, "%s", head);

    while (n < BENCH_SIZE) {
        n += (size_t) snprintf(p + n, 4096, unit, i % 1000, i * 7 % 1000);
        i++;
    }

    return n + (size_t) snprintf(p + n, 4096, "%s", tail);
}


/*
 * Log probabilities as Python prints them: as many digits as the double needs.
 */
static size_t
bench_logprobs(const char *space)
{
    int     i, digits;
    char    number[32], *p = (char *) bench_buf;
    double  value;
    size_t  n;

    n = (size_t) sprintf(p, "{\"id\":%s\"x\",%s\"content\":%s[", space, space,
                         space);

    for (i = 1; n < BENCH_SIZE; i++) {
        value = -(double) (i * 7919 % 100003) / 100003;

        for (digits = 15; digits <= 17; digits++) {
            (void) snprintf(number, sizeof(number), "%.*g", digits, value);

            if (strtod(number, NULL) == value) {
                break;
            }
        }

        n += (size_t) sprintf(p + n, "{\"token\":%s\" word\",%s\"logprob\":%s%s,"
                              "%s\"bytes\":%s[32,%s119,%s111],%s"
                              "\"top_logprobs\":%s[]},%s", space, space, space,
                              number, space, space, space, space, space,
                              space, space);
    }

    return n + (size_t) sprintf(p + n, "null]}");
}


static void
bench_made(void)
{
    size_t  n;

    n = bench_fill("{\"id\": \"x\", \"content\": \"",
                   "The answer no. %d is %d, as the question had it. ", "\"}");
    bench("response, one long text", bench_canon, bench_buf, n);

    n = bench_fill("{\"id\": \"x\", \"content\": \"",
                   "line %d:\\n    \\\"quoted %d\\\"\\n", "\"}");
    bench("response, code with escapes", bench_canon, bench_buf, n);

    n = bench_fill("{\"id\": \"x\", \"content\": \"",
                   "\\u4e2d\\u6587\\u7684\\u6587\\u672c%d%d", "\"}");
    bench("response, \\u escapes", bench_canon, bench_buf, n);

    n = bench_logprobs("");
    bench("response, logprobs", bench_canon, bench_buf, n);

    n = bench_logprobs(" ");
    bench("response, logprobs, spaces", bench_canon, bench_buf, n);

    n = bench_fill("{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                   "\"content\":\"",
                   "The question no. %d is %d, as the client has it. ",
                   "\"}],\"stream\":true}");
    bench("request, one long text", bench_request, bench_buf, n);

    n = bench_fill("",
                   "data: {\"id\":\"chatcmpl-a\",\"object\":\"chat.completion."
                   "chunk\",\"created\":1760000000,\"model\":\"meta-llama/"
                   "Llama-3.3-70B-Instruct\",\"choices\":[{\"index\":0,"
                   "\"delta\":{\"content\":\"%d word %d\"},\"logprobs\":null,"
                   "\"finish_reason\":null}]}\n\n",
                   "event: signature\ndata: {\"text\": \"t\"}\n\n"
                   "data: [DONE]\n\n");
    bench("stream of small events", bench_sse, bench_buf, n);
}


static int
bench_file(const char *name)
{
    FILE     *f = fopen(name, "rb");
    size_t    n, len = strlen(name);
    uint8_t  *data = malloc(64 * 1024 * 1024);

    if (f == NULL || data == NULL) {
        free(data);
        return 1;
    }

    n = fread(data, 1, 64 * 1024 * 1024, f);
    (void) fclose(f);

    bench(name, len > 4 && strcmp(name + len - 4, ".sse") == 0
                ? bench_sse : bench_canon, data, n);
    free(data);

    return 0;
}


int
main(int argc, char **argv)
{
    int  i = 1;

    if (argc > 1 && strcmp(argv[1], "-p") == 0) {
        bench_pairs = 1;
        i = 2;

    } else if (argc > 2 && strcmp(argv[1], "-o") == 0) {
        bench_only = argv[2];
        i = 3;
    }

    bench_made();

    for ( ; i < argc; i++) {
        if (bench_file(argv[i]) != 0) {
            return 2;
        }
    }

    return 0;
}
