/*
 * number: numbers that stand by themselves, and characters of strings.
 */

#include "json/ioa_escape.h"
#include "json/ioa_number.h"
#include "unit.h"


/* want: NULL where text is no number. */
static void
as_float(const char *text, const char *want)
{
    size_t        n, len = strlen(text);
    uint8_t       out[IOA_NUMBER_PRINT_MAX];
    uint8_t      *exact = unit_exact(text, len);
    unsigned      slow = 0;
    ioa_number_t  kind;

    kind = ioa_number_print_float(out, &n, &slow, exact, len);
    UNIT_OK(want == NULL ? kind == IOA_NUMBER_BAD
            : kind != IOA_NUMBER_BAD && n == strlen(want)
              && memcmp(out, want, n) == 0, "\"%.20s\" as a float", text);
    free(exact);
}


static void
character(const char *text, size_t n, int want, uint32_t code)
{
    int        same;
    uint8_t   *exact = unit_exact(text, n);
    uint32_t   got = 0;

    UNIT_OK(ioa_unit_read(&got, &same, exact, n) == want
            && (!want || got == code), "%.*s as a character", (int) n, text);
    free(exact);
}


int
main(void)
{
    char  digits[5000];

    as_float("0", "0.0");
    as_float("-0", "0.0");
    as_float("-0.0", "-0.0");
    as_float("1", "1.0");
    as_float("1e5", "100000.0");
    as_float("", NULL);
    as_float("-", NULL);
    as_float("1e", NULL);
    as_float("x", NULL);

    memset(digits, '7', sizeof(digits) - 1);
    digits[sizeof(digits) - 1] = '\0';
    as_float(digits, NULL);

    character("a", 1, 1, 'a');
    character("\xc3\xa4", 2, 1, 0xe4);
    character("\\n", 2, 1, '\n');
    character("\\u00e4", 6, 1, 0xe4);
    character("\\", 1, 0, 0);
    character("\\x", 2, 0, 0);
    character("\\u12", 4, 0, 0);
    character("\xff", 1, 0, 0);
    character("\xc3", 1, 0, 0);
    character("\xc3\xa4z", 3, 0, 0);
    character("\xed\xa0\x80", 3, 0, 0);

    return UNIT_DONE();
}
