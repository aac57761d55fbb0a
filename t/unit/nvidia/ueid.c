/*
 * ueid: serial numbers as decimal text, and back.
 */

#include "nvidia/ioa_ueid.h"
#include "unit.h"

/* 2^160 - 1, and one more */
#define LAST  "1461501637330902918203684832716283019655932542975"
#define OVER  "1461501637330902918203684832716283019655932542976"


static int
parsed(uint8_t ueid20[IOA_UEID_LEN], const char *text)
{
    int       good;
    size_t    n = strlen(text);
    uint8_t  *exact;

    exact = unit_exact((const uint8_t *) text, n);
    good = ioa_ueid_parse(ueid20, exact, n);
    free(exact);

    return good;
}


static void
test_both_ways(void)
{
    char     text[IOA_UEID_TEXT_MAX + 1];
    size_t   i;
    uint8_t  ueid20[IOA_UEID_LEN];

    static const char *const  good[] = {
        "0", "1", "9", "10", "255", "256", "65535", "65536", "1000000",
        "18446744073709551615", "18446744073709551616",
        "655245131867405026133104226236363693205108889522", LAST
    };
    static const char *const  bad[] = {
        "", "00", "01", "-1", "+1", " 1", "1 ", "1a", "0x1", "1.0", OVER,
        "9999999999999999999999999999999999999999999999999",
        "10000000000000000000000000000000000000000000000000"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        memset(text, 'x', sizeof(text));

        if (parsed(ueid20, good[i])) {
            ioa_ueid_print(text, ueid20);
        }

        UNIT_OK(strcmp(text, good[i]) == 0, "%s", good[i]);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        UNIT_OK(!parsed(ueid20, bad[i]), "not \"%s\"", bad[i]);
    }

    UNIT_OK(parsed(ueid20, "66051") && ueid20[16] == 0 && ueid20[17] == 1
            && ueid20[18] == 2 && ueid20[19] == 3, "big-endian");
}


/* An INTEGER's content: a byte may stand before it for the sign. */
static void
test_serial(void)
{
    char          text[IOA_UEID_TEXT_MAX + 1];
    size_t        n;
    uint8_t       bytes[IOA_UEID_LEN + 3], ueid20[IOA_UEID_LEN];
    unit_all_t    all = { 0 };
    ioa_reader_t  r;

    for (n = 0; n < sizeof(bytes); n++) {
        memset(bytes, 0xff, sizeof(bytes));
        bytes[0] = 0;
        ioa_reader_init(&r, bytes, n);
        unit_each(&all, ioa_ueid_serial(ueid20, r) == (n >= 1 && n <= 21),
                  "%zu", n);
    }

    UNIT_ALL(&all, "lengths");

    memset(bytes, 0xff, sizeof(bytes));
    bytes[0] = 0;
    ioa_reader_init(&r, bytes, 21);
    UNIT_OK(ioa_ueid_serial(ueid20, r), "160 bits");
    ioa_ueid_print(text, ueid20);
    UNIT_OK(strcmp(text, LAST) == 0, "as text");

    bytes[0] = 1;
    UNIT_OK(!ioa_ueid_serial(ueid20, r), "more than 160 bits");

    bytes[0] = 0x7f;
    bytes[1] = 1;
    ioa_reader_init(&r, bytes, 2);
    UNIT_OK(ioa_ueid_serial(ueid20, r), "two bytes");
    ioa_ueid_print(text, ueid20);
    UNIT_OK(strcmp(text, "32513") == 0, "as text");
}


int
main(void)
{
    test_both_ways();
    test_serial();

    return UNIT_DONE();
}
