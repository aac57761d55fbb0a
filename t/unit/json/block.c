/*
 * ioa_block: many bytes at a time, beside the same byte by byte.
 */

#include "json/ioa_block.h"
#include "unit.h"

#define WIDTH  16               /* what is looked at as one */
#define SIZE   (4 * WIDTH)


/* What ioa_block_quote() is to do. */
static size_t
quote(uint8_t *out, size_t *len, const uint8_t *data, size_t n)
{
    size_t  i;

    *len = 0;

    for (i = 0; i < n && data[i] >= 0x20 && data[i] <= 0x7e; i++) {
        if (data[i] == '"' || data[i] == '\\') {
            out[(*len)++] = '\\';
        }

        out[(*len)++] = data[i];
    }

    return i;
}


static int
same(const uint8_t *data, size_t n)
{
    int       good;
    size_t    got, got_len, want, want_len;
    uint8_t  *out = malloc(2 * n), wanted[2 * SIZE];

    if (out == NULL) {
        abort();
    }

    want = quote(wanted, &want_len, data, n);
    got = ioa_block_quote(out, &got_len, data, n);
    good = got == want && got_len == want_len
           && memcmp(out, wanted, want_len) == 0;

    free(out);

    return good;
}


/* Every set of quotes among 16 bytes, each with backslashes among them. */
static void
test_sets(void)
{
    size_t       i, n;
    uint8_t      data[SIZE];
    unsigned     set;
    unit_all_t   all = { 0 };

    for (set = 0; set < 1 << WIDTH; set++) {

        for (i = 0; i < SIZE; i++) {
            data[i] = !(set >> i % WIDTH & 1) ? (uint8_t) ('a' + i % 26)
                      : (i + set) % 3 ? '"' : '\\';
        }

        n = WIDTH + set % (SIZE - WIDTH + 1);

        unit_each(&all, same(data, n), "set %x, %zu bytes", set, n);
    }

    UNIT_ALL(&all, "quotes and backslashes");
}


/* Each byte value at each place, with quotes before and behind it. */
static void
test_ends(void)
{
    int          c;
    size_t       at, n, i;
    uint8_t     *data, text[SIZE];
    unit_all_t   all = { 0 };

    for (i = 0; i < SIZE; i++) {
        text[i] = i % 5 ? 'x' : '"';
    }

    for (n = 1; n <= SIZE; n++) {
        data = unit_exact(text, n);

        for (at = 0; at < n; at++) {
            for (c = 0; c < 256; c++) {
                data[at] = (uint8_t) c;
                unit_each(&all, same(data, n), "byte %d at %zu of %zu", c, at,
                          n);
            }

            data[at] = text[at];
        }

        free(data);
    }

    UNIT_ALL(&all, "where it ends");
}


/* Whether long runs are read by instructions that are here. */
static int
quick(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    return __builtin_cpu_supports("avx2") != 0;
#else
    return 0;
#endif
}


/* What is not plain is never counted as such, and little else is left. */
static void
test_plain(void)
{
    int          c, left = quick() ? SIZE : 4 * SIZE + 1;
    size_t       at, n;
    uint8_t      data[4 * SIZE];
    unit_all_t   all = { 0 };

    memset(data, 'x', sizeof(data));

    for (at = 0; at < sizeof(data); at++) {
        for (c = 0; c < 256; c++) {
            data[at] = (uint8_t) c;
            n = ioa_block_plain(data, sizeof(data));

            unit_each(&all, n <= sizeof(data) && n + (size_t) left > at
                            && (n <= at || (c >= 0x20 && c <= 0x7e
                                            && c != '"' && c != '\\')),
                      "byte %d at %zu: %zu", c, at, n);
        }

        data[at] = 'x';
    }

    UNIT_ALL(&all, "plain bytes");
}


int
main(void)
{
    size_t   len = 1;
    uint8_t  out;

    test_sets();
    test_ends();
    test_plain();

    UNIT_OK(ioa_block_plain(NULL, 0) == 0, "nothing at all");
    UNIT_OK(ioa_block_quote(&out, &len, &out, 0) == 0 && len == 0,
            "nothing to write");

    return UNIT_DONE();
}
