/*
 * der: DER element by element, dates, OIDs, and the list of checks.
 */

#define _DEFAULT_SOURCE     /* gmtime_r */

#include <time.h>

#include "x509/ioa_der.h"
#include "unit.h"


static ioa_reader_t
reader(const void *data, size_t n)
{
    ioa_reader_t  r;

    ioa_reader_init(&r, data, n);

    return r;
}

#define READER(literal)  reader(UNIT_BYTES(literal))


static void
test_elements(void)
{
    size_t        i;
    uint8_t       tag;
    uint8_t      *data;
    unit_all_t    all = { 0 };
    ioa_reader_t  r, content;

    static const struct {
        const char  *bytes;
        size_t       n;
        int          good;
    } cases[] = {
        { "\x30\x00", 2, 1 },
        { "\x04\x01" "a", 3, 1 },
        { "\x30", 1, 0 },
        { "", 0, 0 },
        { "\x04\x02" "a", 3, 0 },
        { "\x04\x81\x01" "a", 4, 0 },               /* longer than it takes */
        { "\x04\x82\x00\x01" "a", 5, 0 },
        { "\x30\x80\x00\x00", 4, 0 },               /* indefinite */
        { "\x1f\x01\x00", 3, 0 },                   /* long tag */
        { "\x04\x84\xff\xff\xff\xff" "a", 7, 0 },
        { "\x04\x85\x00\x00\x00\x00\x01" "a", 8, 0 },
        { "\x04\xff", 2, 0 },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        data = unit_exact(cases[i].bytes, cases[i].n);
        r = reader(data, cases[i].n);
        unit_each(&all, ioa_der_any(&r, &tag, &content) == cases[i].good,
                  "%zu", i);
        unit_each(&all, r.left == (cases[i].good ? 0 : cases[i].n),
                  "%zu: taken", i);
        free(data);
    }

    UNIT_ALL(&all, "elements");

    data = calloc(1, 3 + 200);
    memcpy(data, "\x04\x81\xc8", 3);
    r = reader(data, 203);
    UNIT_OK(ioa_der_take(&r, IOA_DER_OCTET_STRING, &content)
            && content.left == 200 && r.left == 0, "200 bytes");
    r = reader(data, 203);
    UNIT_OK(!ioa_der_take(&r, IOA_DER_SEQUENCE, &content) && r.left == 203,
            "another tag");
    r = reader(data, 202);
    UNIT_OK(!ioa_der_take(&r, IOA_DER_OCTET_STRING, &content),
            "a byte is missing");
    free(data);

    data = calloc(1, 4 + 200);
    memcpy(data, "\x04\x82\x00\xc8", 4);
    r = reader(data, 204);
    UNIT_OK(!ioa_der_take(&r, IOA_DER_OCTET_STRING, &content),
            "200 in two bytes");
    free(data);

    /* the first of nine bytes does not fit into 64 bits */

    data = calloc(1, 11 + 200);
    memcpy(data, "\x04\x89\x01\x00\x00\x00\x00\x00\x00\x00\xc8", 11);
    r = reader(data, 211);
    UNIT_OK(!ioa_der_take(&r, IOA_DER_OCTET_STRING, &content),
            "200 and 2^64 in nine bytes");
    free(data);
}


static void
test_numbers(void)
{
    int           flag;
    size_t        i;
    uint64_t      v;
    unit_all_t    all = { 0 };
    ioa_reader_t  r;

    static const struct {
        const char  *bytes;
        size_t       n;
        int          good;
        uint64_t     value;
    } cases[] = {
        { "\x02\x01\x00", 3, 1, 0 },
        { "\x02\x01\x7f", 3, 1, 127 },
        { "\x02\x02\x00\x80", 4, 1, 128 },
        { "\x02\x02\x00\xd9", 4, 1, 217 },
        { "\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff", 11, 1, UINT64_MAX },
        { "\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00", 11, 0, 0 },
        { "\x02\x01\x80", 3, 0, 0 },                /* negative */
        { "\x02\x02\x00\x7f", 4, 0, 0 },            /* a byte too many */
        { "\x02\x00", 2, 0, 0 },
        { "\x04\x01\x01", 3, 0, 0 },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        v = 5;
        r = reader(cases[i].bytes, cases[i].n);
        unit_each(&all, ioa_der_uint(&r, &v) == cases[i].good
                        && v == (cases[i].good ? cases[i].value : 5),
                  "%zu", i);
    }

    UNIT_ALL(&all, "INTEGER");

    r = READER("\x01\x01\xff");
    UNIT_OK(ioa_der_bool(&r, &flag) && flag == 1, "TRUE");
    r = READER("\x01\x01\x00");
    UNIT_OK(ioa_der_bool(&r, &flag) && flag == 0, "FALSE");
    r = READER("\x01\x01\x01");
    UNIT_OK(!ioa_der_bool(&r, &flag), "neither");
}


static void
test_times(void)
{
    char           text[80];
    time_t         t;
    int64_t        seconds;
    struct tm      tm;
    unit_all_t     all = { 0 };
    ioa_reader_t   r;

    static const char  *const bad[] = {
        "\x17\x0d" "250230000000Z", "\x17\x0d" "250132000000Z",
        "\x17\x0d" "251301000000Z", "\x17\x0d" "250001000000Z",
        "\x17\x0d" "250100000000Z", "\x17\x0d" "250101240000Z",
        "\x17\x0d" "250101006000Z", "\x17\x0d" "250101000060Z",
        "\x17\x0d" "250101000000z", "\x17\x0d" "2501010000 0Z",
        "\x17\x0b" "2501010000Z", "\x17\x0f" "20250101000000Z",
        "\x18\x0d" "250101000000Z", "\x18\x0f" "21000229000000Z",
        "\x18\x0f" "20250101000000+", "\x16\x0d" "250101000000Z",
        "\x17\x11" "250101000000+0100", "\x17\x0d" "250229000000Z",
    };
    static const struct {
        const char  *text;
        int64_t      seconds;
    } good[] = {
        { "\x17\x0d" "700101000000Z", 0 },
        { "\x17\x0d" "500101000000Z", INT64_C(-631152000) },
        { "\x17\x0d" "491231235959Z", INT64_C(2524607999) },
        { "\x17\x0d" "240229000000Z", INT64_C(1709164800) },
        { "\x18\x0f" "20000229123456Z", INT64_C(951827696) },
        { "\x18\x0f" "99991231235959Z", INT64_C(253402300799) },
        { "\x18\x0f" "00000101000000Z", INT64_C(-62167219200) },
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        r = reader(bad[i], strlen(bad[i]));
        unit_each(&all, !ioa_der_time(&r, &seconds), "%s", bad[i]);
    }

    UNIT_ALL(&all, "no dates");

    memset(&all, 0, sizeof(all));

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        r = reader(good[i].text, strlen(good[i].text));
        unit_each(&all, ioa_der_time(&r, &seconds)
                        && seconds == good[i].seconds, "%s", good[i].text);
    }

    UNIT_ALL(&all, "dates");

    memset(&all, 0, sizeof(all));

    for (t = -62167219200; t < 253402300799; t += 86400 * 11 + 12345) {
        gmtime_r(&t, &tm);
        snprintf(text, sizeof(text), "\x18\x0f%04d%02d%02d%02d%02d%02dZ",
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                 tm.tm_min, tm.tm_sec);
        r = reader(text, strlen(text));
        unit_each(&all, ioa_der_time(&r, &seconds) && seconds == t, "%s",
                  text + 2);
    }

    UNIT_ALL(&all, "dates as the library has them");
}


static void
test_oids(void)
{
    size_t      i, n;
    uint8_t     oid[IOA_DER_OID_LEN_MAX];
    unit_all_t  all = { 0 };

    static const struct {
        const char  *text;
        const char  *bytes;
        size_t       n;
    } cases[] = {
        { "1.2.840.113741.1.13.1",
          "\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01", 9 },
        { "2.5.29.19", "\x55\x1d\x13", 3 },
        { "2.23.133.5.4.1", "\x67\x81\x05\x05\x04\x01", 6 },
        { "1.3.6.1.4.1.3704.1.3.8",
          "\x2b\x06\x01\x04\x01\x9c\x78\x01\x03\x08", 10 },
        { "2.999.4294967295", "\x88\x37\x8f\xff\xff\xff\x7f", 7 },
        { "1", "", 0 }, { "", "", 0 }, { "1.", "", 0 }, { "1..2", "", 0 },
        { "a.b", "", 0 }, { "1.2.x", "", 0 }, { "1.2.4294967296", "", 0 },
        { "1.2 ", "", 0 },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        n = ioa_der_oid(oid, cases[i].text);
        unit_each(&all, n == cases[i].n
                        && memcmp(oid, cases[i].bytes, n) == 0, "%s",
                  cases[i].text);
    }

    UNIT_ALL(&all, "OIDs");
}


static void
test_valid(void)
{
    size_t      i, n;
    uint8_t     deep[2 * IOA_DER_DEPTH_MAX + 4];
    unit_all_t  all = { 0 };

    static const struct {
        const char  *bytes;
        size_t       n;
        int          good;
    } cases[] = {
        { "\x30\x00", 2, 1 },
        { "\x30\x03\x02\x01\x05", 5, 1 },
        { "\x30\x03\x02\x01\x05" "x", 6, 0 },       /* a byte behind */
        { "\x30\x03\x02\x02\x05", 5, 0 },           /* over its end */
        { "\x30\x04\x02\x02\x00\x05", 6, 0 },
        { "\x30\x04\x02\x02\xff\x85", 6, 0 },
        { "\x30\x02\x05\x00", 4, 1 },
        { "\x30\x03\x05\x01\x00", 5, 0 },
        { "\x30\x03\x01\x01\xff", 5, 1 },
        { "\x30\x03\x01\x01\x02", 5, 0 },
        { "\x30\x04\x03\x02\x01\xfe", 6, 1 },
        { "\x30\x04\x03\x02\x01\xff", 6, 0 },       /* an unused bit set */
        { "\x30\x04\x03\x02\x08\x00", 6, 0 },
        { "\x30\x03\x03\x01\x01", 5, 0 },
        { "\x30\x03\x03\x01\x00", 5, 1 },
        { "\x30\x04\x06\x02\x80\x01", 6, 0 },
        { "\x30\x03\x06\x01\x80", 5, 0 },
        { "\x30\x02\x06\x00", 4, 0 },
        { "\x30\x02\x10\x00", 4, 0 },
        { "\x30\x02\x00\x00", 4, 0 },
        { "\x04\x01\x00", 3, 1 },
        { "\x30\x04\x04\x02\x30\x05", 6, 1 },       /* not opened */
        { "", 0, 0 },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unit_each(&all, ioa_der_valid(reader(cases[i].bytes, cases[i].n))
                        == cases[i].good, "%zu", i);
    }

    UNIT_ALL(&all, "valid");

    for (n = 1; n <= IOA_DER_DEPTH_MAX + 2; n++) {
        for (i = 0; i < n; i++) {
            deep[2 * i] = IOA_DER_SEQUENCE;
            deep[2 * i + 1] = (uint8_t) (2 * (n - i - 1));
        }

        UNIT_OK(ioa_der_valid(reader(deep, 2 * n))
                == (n <= IOA_DER_DEPTH_MAX), "%zu deep", n);
    }
}


int
main(void)
{
    test_elements();
    test_numbers();
    test_times();
    test_oids();
    test_valid();

    return UNIT_DONE();
}
