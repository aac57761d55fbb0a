/*
 * utf8: characters, their codes, and those that a display obeys.
 */

#include "base/ioa_utf8.h"
#include "unit.h"


static void
test_codes(void)
{
    size_t  i, n;

    static const struct {
        const char  *text;
        uint32_t     code;
        int          hidden;
    } cases[] = {
        { "a", 'a', 0 }, { " ", ' ', 0 }, { "~", '~', 0 }, { "\n", '\n', 1 },
        { "\x1f", 0x1f, 1 }, { "\x7f", 0x7f, 1 }, { "\xc2\x80", 0x80, 1 },
        { "\xc2\x9f", 0x9f, 1 }, { "\xc2\xa0", 0xa0, 0 },
        { "\xc3\xa4", 0xe4, 0 }, { "\xd8\x9c", 0x61c, 1 },
        { "\xd8\x9b", 0x61b, 0 }, { "\xe2\x80\x8a", 0x200a, 0 },
        { "\xe2\x80\x8b", 0x200b, 1 }, { "\xe2\x80\x8f", 0x200f, 1 },
        { "\xe2\x80\x90", 0x2010, 0 }, { "\xe2\x80\xa7", 0x2027, 0 },
        { "\xe2\x80\xa8", 0x2028, 1 }, { "\xe2\x80\xae", 0x202e, 1 },
        { "\xe2\x80\xaf", 0x202f, 0 }, { "\xe2\x81\x9f", 0x205f, 0 },
        { "\xe2\x81\xa6", 0x2066, 1 }, { "\xe2\x81\xaf", 0x206f, 1 },
        { "\xe2\x81\xb0", 0x2070, 0 }, { "\xef\xbb\xbf", 0xfeff, 1 },
        { "\xf0\x9f\x98\x80", 0x1f600, 0 }, { "\xf3\xa0\x81\xbf", 0xe007f, 1 },
        { "\xf3\xa0\x82\x80", 0xe0080, 0 }, { "\xf4\x8f\xbf\xbf", 0x10ffff, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        n = strlen(cases[i].text);
        UNIT_OK(ioa_utf8_char((const uint8_t *) cases[i].text, n) == n
                && ioa_utf8_code((const uint8_t *) cases[i].text, n)
                   == cases[i].code
                && ioa_utf8_hidden(cases[i].code) == cases[i].hidden,
                "U+%04X", (unsigned) cases[i].code);
    }
}


int
main(void)
{
    test_codes();

    return UNIT_DONE();
}
