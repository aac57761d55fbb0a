/*
 * fuzz_sse: ioa_sse.  However the stream is cut, status, digest and event are
 * the same; what may be passed never falls and never reaches into the event,
 * a line that is [DONE], or what is ambiguous; what may not be decided yet is
 * short.
 */

#include "fuzz.h"
#include "ioa_sse.h"

typedef struct {
    ioa_status_t         st;
    uint64_t             passable;
    uint8_t              digest[IOA_SHA256_LEN];
    ioa_sse_signature_t  sig;
} seen_t;


static void
read_stream(seen_t *seen, ioa_sse_t *sse, const uint8_t *data, size_t n,
    uint32_t seed)
{
    size_t         m, at = 0;
    uint8_t       *copy;
    uint64_t       last = 0;
    ioa_status_t   st = IOA_OK;

    ioa_sse_init(sse);

    while (at < n && st == IOA_OK) {
        seed = seed * 1664525 + 1013904223 * (seed != 0);
        m = seed == 0 ? n : seed % 9 + 1;
        m = m < n - at ? m : n - at;
        copy = fuzz_exact(data + at, m);
        st = ioa_sse_update(sse, copy, m);
        free(copy);
        at += m;

        fuzz_assert(ioa_sse_passable(sse) >= last
                    && ioa_sse_passable(sse) <= at);
        last = ioa_sse_passable(sse);
        fuzz_assert(st != IOA_OK || ioa_sse_holding(sse)
                    || at - last <= IOA_SSE_UNDECIDED_MAX);
    }

    if (ioa_sse_event_len(sse) != 0) {
        fuzz_assert(last <= ioa_sse_event_offset(sse));
        fuzz_assert(memcmp(data + ioa_sse_event_offset(sse), "event: s", 8)
                    == 0);
    }

    seen->passable = last;
    seen->st = ioa_sse_final(seen->digest, &seen->sig, sse);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t            i;
    seen_t            whole, cut;
    static ioa_sse_t  a, b;

    read_stream(&whole, &a, data, n, 0);
    read_stream(&cut, &b, data, n, (uint32_t) n + 1);

    fuzz_assert(whole.st == cut.st && whole.passable == cut.passable);
    fuzz_assert(memcmp(whole.digest, cut.digest, sizeof(cut.digest)) == 0);
    fuzz_assert(whole.sig.text.len == cut.sig.text.len
                && whole.sig.image_digest.len == cut.sig.image_digest.len);

    if (whole.st != IOA_OK) {
        return 0;
    }

    fuzz_assert(ioa_sse_holding(&a));

    /* nothing that was shown is a line without its space */
    for (i = 0; i + 6 < whole.passable; i++) {
        fuzz_assert(!((i == 0 || data[i - 1] == '\n')
                      && memcmp(data + i, "data:", 5) == 0
                      && data[i + 5] != ' '));
    }

    return 0;
}
