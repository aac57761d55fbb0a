/*
 * reader: every getter at every length, and runs of text beside a plain loop.
 */

#include "base/ioa_reader.h"
#include "unit.h"

#define SOURCE_LEN  24
#define GETTERS     8

static uint8_t  source[SOURCE_LEN];


/* Returns: what the getter said.  Out: value, where it is an integer. */
static int
get(ioa_reader_t *r, uint64_t *value, int getter)
{
    int             rc;
    uint8_t         u8, copied[5];
    uint16_t        u16;
    uint32_t        u32;
    ioa_reader_t    sub;
    const uint8_t  *p;

    switch (getter) {
    case 0:
        rc = ioa_reader_u8(r, &u8);
        *value = rc ? u8 : 0;
        return rc;
    case 1:
        rc = ioa_reader_u16le(r, &u16);
        *value = rc ? u16 : 0;
        return rc;
    case 2:
        rc = ioa_reader_u24le(r, &u32);
        *value = rc ? u32 : 0;
        return rc;
    case 3:
        rc = ioa_reader_u32le(r, &u32);
        *value = rc ? u32 : 0;
        return rc;
    case 4:
        return ioa_reader_u64le(r, value);
    case 5:
        rc = ioa_reader_copy(r, copied, sizeof(copied));
        *value = rc ? copied[4] : 0;
        return rc;
    case 6:
        rc = ioa_reader_sub(r, &sub, 6);
        *value = rc ? sub.pos[5] : 0;
        return rc && ioa_reader_left(&sub) == 6;
    default:
        rc = ioa_reader_take(r, &p, 7);
        *value = rc ? p[6] : 0;
        return rc;
    }
}


static void
test_getters(void)
{
    int           getter, rc;
    size_t        n;
    uint64_t      value;
    uint8_t      *data;
    unit_all_t    all = { 0 };
    ioa_reader_t  r, before;

    static const size_t    sizes[GETTERS] = { 1, 2, 3, 4, 8, 5, 6, 7 };
    static const uint64_t  values[GETTERS] = {
        1, 0x0201, 0x030201, 0x04030201, 0x0807060504030201, 5, 6, 7
    };

    for (n = 0; n <= SOURCE_LEN; n++) {
        data = unit_exact(source, n);

        for (getter = 0; getter < GETTERS; getter++) {
            ioa_reader_init(&r, data, n);
            before = r;
            value = 0;
            rc = get(&r, &value, getter);

            unit_each(&all, rc == (n >= sizes[getter]),
                      "getter %d at %zu", getter, n);
            unit_each(&all, value == (rc ? values[getter] : 0),
                      "getter %d at %zu: value", getter, n);
            unit_each(&all, rc ? r.left == n - sizes[getter]
                                 && r.pos == data + sizes[getter]
                               : r.left == before.left && r.pos == before.pos,
                      "getter %d at %zu: position", getter, n);
        }

        free(data);
    }

    UNIT_ALL(&all, "getters");
}


static void
test_bounds(void)
{
    uint8_t         c, *exact;
    ioa_reader_t    r;
    const uint8_t  *p;

    ioa_reader_init(&r, source, 4);

    UNIT_OK(!ioa_reader_take(&r, &p, SIZE_MAX), "no wrap at SIZE_MAX");
    UNIT_OK(!ioa_reader_skip(&r, 5), "skip past the end");
    UNIT_OK(ioa_reader_peek(&r, &c) && c == 1 && r.left == 4, "peek");
    UNIT_OK(!ioa_reader_match(&r, "\1\2\4", 3) && r.left == 4,
            "no match takes nothing");
    UNIT_OK(!ioa_reader_match(&r, "\1\2\3\4\5", 5), "match past the end");
    UNIT_OK(ioa_reader_match(&r, "\1\2\3", 3) && r.left == 1, "match");
    UNIT_OK(ioa_reader_skip(&r, 1) && ioa_reader_left(&r) == 0, "to the end");
    UNIT_OK(!ioa_reader_peek(&r, &c), "no peek at the end");
    UNIT_OK(ioa_reader_skip(&r, 0), "nothing can be taken at the end");

    /* for sanitizers: what is there is what ought to be */

    exact = unit_exact("ab", 2);
    ioa_reader_init(&r, exact, 2);
    UNIT_OK(!ioa_reader_match(&r, "abc", 3) && r.left == 2,
            "a match that begins and is cut");
    free(exact);

    ioa_reader_init(&r, NULL, 0);

    UNIT_OK(ioa_reader_take(&r, &p, 0) && !ioa_reader_u8(&r, &c),
            "nothing at all");
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < SOURCE_LEN; i++) {
        source[i] = (uint8_t) (i + 1);
    }

    test_getters();
    test_bounds();

    return UNIT_DONE();
}
