/*
 * fuzz_canon: ioa_pyjson and ioa_canon.  However the text is cut into pieces,
 * the result is the same; the result is itself canonical; strict mode accepts
 * nothing that the other mode refuses.
 */

#include "fuzz.h"
#include "fuzz_text.h"
#include "agent/ioa_canon.h"


/* In: seed, which decides how the text is cut; 0: not at all. */
static int
rewrite(fuzz_text_t *text, const uint8_t *data, size_t n, uint32_t seed,
    int flags)
{
    int                  ok = 1;
    size_t               m, cap = 64 + n * 8;
    uint8_t             *copy;
    ioa_out_t            out;
    static ioa_pyjson_t  json;

    text->len = 0;
    text->cap = cap;
    text->data = malloc(cap);
    fuzz_assert(text->data != NULL);

    ioa_out_init(&out, fuzz_take, text);
    ioa_pyjson_init(&json, &out, 64, flags);

    while (n != 0 && ok) {
        seed = seed * 1664525 + 1013904223 * (seed != 0);
        m = seed == 0 ? n : seed % 7 + 1;
        m = m < n ? m : n;
        copy = fuzz_exact(data, m);
        ok = ioa_pyjson_update(&json, copy, m);
        free(copy);
        data += m;
        n -= m;
    }

    return ioa_pyjson_final(&json) && ok;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int                 ok;
    fuzz_text_t         whole, cut, again;
    uint8_t             digest[IOA_SHA256_LEN], want[IOA_SHA256_LEN];
    ioa_sha256_t        sha;
    static ioa_canon_t  canon;

    ok = rewrite(&whole, data, n, 0, 0);
    fuzz_assert(rewrite(&cut, data, n, (uint32_t) n + 1, 0) == ok);

    if (ok) {
        fuzz_assert(cut.len == whole.len
                    && memcmp(cut.data, whole.data, cut.len) == 0);
        fuzz_assert(rewrite(&again, whole.data, whole.len, 0, 0));
        fuzz_assert(again.len == whole.len
                    && memcmp(again.data, whole.data, again.len) == 0);
        free(again.data);

        ioa_sha256_init(&sha);
        ioa_sha256_update(&sha, whole.data, whole.len);
        ioa_sha256_final(want, &sha);

        ioa_canon_init(&canon);
        fuzz_assert(ioa_canon_update(&canon, data, n) == IOA_OK
                    && ioa_canon_final(digest, &canon) == IOA_OK
                    && memcmp(digest, want, sizeof(want)) == 0);
    }

    free(cut.data);

    if (rewrite(&cut, data, n, 7, IOA_PYJSON_STRICT)) {
        fuzz_assert(ok && cut.len == whole.len
                    && memcmp(cut.data, whole.data, cut.len) == 0);
    }

    free(cut.data);
    free(whole.data);

    return 0;
}
