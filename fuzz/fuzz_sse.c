/*
 * fuzz_sse: ioa_sse.  However the stream is cut, status, digest, event and
 * output are the same; the output of a refused stream is the same as that of
 * its beginning; every line of the output has one of our forms, and each
 * value in it occurs in the stream.
 */

#include "fuzz.h"
#include "agent/ioa_sse.h"

#define OUT_MAX  (1024 * 1024)

typedef struct {
    ioa_status_t         st;
    size_t               n[2];          /* shown, held */
    uint8_t              out[2][OUT_MAX];
    uint8_t              digest[IOA_SHA256_LEN];
    ioa_sse_signature_t  sig;
    const uint8_t       *piece;
    size_t               piece_n;
} seen_t;


static int
sink(void *ctx, const ioa_sse_piece_t *piece)
{
    seen_t  *seen = ctx;
    size_t  *n = &seen->n[piece->held];

    fuzz_assert(piece->len != 0);

    if (piece->from == IOA_SSE_INPUT) {
        fuzz_assert(!piece->held && piece->data >= seen->piece
                    && piece->data + piece->len
                       <= seen->piece + seen->piece_n);
    }

    if (piece->len > OUT_MAX - *n) {
        return 0;
    }

    memcpy(seen->out[piece->held] + *n, piece->data, piece->len);
    *n += piece->len;

    return 1;
}


static void
read_stream(seen_t *seen, ioa_sse_t *sse, const uint8_t *data, size_t n,
    uint32_t seed, int all)
{
    size_t         m, at = 0;
    uint8_t       *copy;
    ioa_status_t   st = IOA_OK;

    seen->n[0] = seen->n[1] = 0;

    ioa_sse_init(sse);
    ioa_sse_output(sse, sink, seen, all);

    while (at < n && st == IOA_OK) {
        seed = seed * 1664525 + 1013904223 * (seed != 0);
        m = seed == 0 ? n : seed % 9 + 1;
        m = m < n - at ? m : n - at;
        copy = fuzz_exact(data + at, m);
        seen->piece = copy;
        seen->piece_n = m;
        st = ioa_sse_update(sse, copy, m);
        free(copy);
        at += m;
    }

    seen->st = ioa_sse_final(seen->digest, &seen->sig, sse);

    if (seen->st == IOA_OK) {
        seen->st = ioa_sse_close(sse, 0, 0);
    }
}


/* Checks that each line is a colon, or "data: " followed by a blank line. */
static void
check_lines(const uint8_t *out, size_t n)
{
    const uint8_t  *lf;

    while (n != 0) {
        lf = memchr(out, '\n', n);
        fuzz_assert(lf != NULL);

        if (*out == ':') {
            fuzz_assert(lf == out + 1);

        } else {
            fuzz_assert(lf - out >= 6 && memcmp(out, "data: ", 6) == 0
                        && memchr(out, '\r', (size_t) (lf - out)) == NULL
                        && (size_t) (lf - out) + 1 < n && lf[1] == '\n');
            lf++;
        }

        n -= (size_t) (lf + 1 - out);
        out = lf + 1;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static ioa_sse_t  a, b, c;
    static seen_t     whole, cut, held;

    if (n > OUT_MAX / 8) {
        return 0;
    }

    read_stream(&whole, &a, data, n, 0, 0);
    read_stream(&cut, &b, data, n, (uint32_t) n + 1, 0);
    read_stream(&held, &c, data, n, (uint32_t) n + 7, 1);

    fuzz_assert(whole.st == cut.st && whole.st == held.st);
    fuzz_assert(memcmp(whole.digest, cut.digest, sizeof(cut.digest)) == 0);
    fuzz_assert(whole.sig.text.len == cut.sig.text.len
                && whole.sig.image_digest.len == cut.sig.image_digest.len);
    fuzz_assert(whole.n[0] == cut.n[0]
                && memcmp(whole.out[0], cut.out[0], cut.n[0]) == 0);
    fuzz_assert(held.n[0] == 0);

    check_lines(whole.out[0], whole.n[0]);

    if (whole.st != IOA_OK) {
        return 0;
    }

    fuzz_assert(whole.n[1] == cut.n[1]
                && memcmp(whole.out[1], cut.out[1], cut.n[1]) == 0);
    fuzz_assert(held.n[1] == whole.n[0] + whole.n[1]);

    check_lines(whole.out[1], whole.n[1]);
    check_lines(held.out[1], held.n[1]);

    return 0;
}
