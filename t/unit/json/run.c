/*
 * ioa_plain_run: plain text within a JSON string.
 */

#include "json/ioa_escape.h"
#include "unit.h"

#define TEXT_MAX  230


static size_t
plain_run(const uint8_t *data, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (data[i] < 0x20 || data[i] > 0x7e || data[i] == '"'
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
    int          c;
    size_t       at, n;
    char         text[TEXT_MAX];
    uint8_t     *data;
    unit_all_t   all = { 0 };

    /* long enough for what is read many bytes at a time */

    for (at = 0; at < TEXT_MAX; at++) {
        text[at] = (char) (' ' + at % ('~' - ' ' + 1));

        if (text[at] == '"' || text[at] == '\\') {
            text[at] = 'x';
        }
    }

    for (n = 1; n <= TEXT_MAX; n += n < 48 ? 1 : 13) {
        data = unit_exact(text, n);

        for (at = 0; at < n; at++) {
            for (c = 0; c < 256; c++) {
                data[at] = (uint8_t) c;

                unit_each(&all, ioa_plain_run(data, n) == plain_run(data, n),
                          "byte %d at %zu of %zu", c, at, n);
            }

            data[at] = 'x';
        }

        free(data);
    }

    UNIT_ALL(&all, "text runs");
}


int
main(void)
{
    test_text_run();

    UNIT_OK(ioa_plain_run(NULL, 0) == 0, "no text in nothing at all");

    return UNIT_DONE();
}
