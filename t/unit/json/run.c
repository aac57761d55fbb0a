/*
 * ioa_run: plain text within a JSON string.
 */

#include "json/ioa_run.h"
#include "unit.h"


static size_t
plain_run(const uint8_t *data, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (data[i] < 0x20 || data[i] > 0x7f || data[i] == '"'
            || data[i] == '\\')
        {
            break;
        }
    }

    return i;
}


/* Each byte value at each place of buffers of some lengths. */
static void
test_text_run(void)
{
    int             c;
    size_t          at, n, got;
    uint8_t        *data;
    unit_all_t      all = { 0 };
    ioa_reader_t    r;
    const uint8_t  *run;

    for (n = 1; n <= 27; n++) {
        data = unit_exact("abcdefghijklmnopqrstuvwxyz~", n);

        for (at = 0; at < n; at++) {
            for (c = 0; c < 256; c++) {
                data[at] = (uint8_t) c;
                ioa_reader_init(&r, data, n);
                got = ioa_text_run(&r, &run);

                unit_each(&all, got == plain_run(data, n) && run == data
                                && r.left == n - got,
                          "byte %d at %zu of %zu", c, at, n);
            }

            data[at] = 'x';
        }

        free(data);
    }

    UNIT_ALL(&all, "text runs");
}


static void
test_nothing(void)
{
    ioa_reader_t    r;
    const uint8_t  *run;

    ioa_reader_init(&r, NULL, 0);

    UNIT_OK(ioa_text_run(&r, &run) == 0, "no text in nothing at all");
}


int
main(void)
{
    test_text_run();
    test_nothing();

    return UNIT_DONE();
}
