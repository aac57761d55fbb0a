/*
 * codec: hex and base64, and UTF-8 beside a decoder of another make.
 */

#include "base/ioa_codec.h"
#include "base/ioa_utf8.h"
#include "unit.h"


static void
test_hex(void)
{
    int         c, digit;
    uint8_t     out[4], text[8];
    unit_all_t  all = { 0 };

    UNIT_OK(ioa_hex_decode(out, 4, UNIT_BYTES("00fFA19c"))
            && memcmp(out, "\x00\xff\xa1\x9c", 4) == 0, "hex of any case");
    UNIT_OK(ioa_hex_decode(out, 0, NULL, 0), "hex of nothing");
    UNIT_OK(!ioa_hex_decode(out, 4, UNIT_BYTES("00ffa19")), "odd");
    UNIT_OK(!ioa_hex_decode(out, 3, UNIT_BYTES("00ffa19")),
            "odd, a digit too many");
    UNIT_OK(!ioa_hex_decode(out, 4, UNIT_BYTES("00ffa1")), "short");
    UNIT_OK(!ioa_hex_decode(out, 4, UNIT_BYTES("00ffa19c00")), "long");
    UNIT_OK(!ioa_hex_decode(out, 4, UNIT_BYTES("0x00ffa1")), "prefix");

    memset(out, 0x55, sizeof(out));
    UNIT_OK(!ioa_hex_decode(out, 4, UNIT_BYTES("00ffa19g"))
            && memcmp(out, "\x55\x55\x55\x55", 4) == 0,
            "output untouched on failure");

    ioa_hex_encode(text, (const uint8_t *) "\x00\xff\xa1\x9c", 4);
    UNIT_OK(memcmp(text, "00ffa19c", 8) == 0, "hex encode");

    for (c = 0; c < 256; c++) {
        text[0] = '0';
        text[1] = (uint8_t) c;
        digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
                || (c >= 'A' && c <= 'F');

        unit_each(&all, ioa_hex_decode(out, 1, text, 2) == digit,
                  "digit %d", c);
        unit_each(&all, ioa_hex_lower(text, 2, 2)
                        == (digit && !(c >= 'A' && c <= 'F')),
                  "lower-case digit %d", c);
    }

    UNIT_ALL(&all, "every byte as a hex digit");
    UNIT_OK(!ioa_hex_lower(text, 2, 3), "lower-case hex of another length");
}


/* A wrong digit must be seen wherever it stands: blocks are looked at. */
static void
test_hex_long(void)
{
    int         c, digit;
    size_t      n, at;
    uint8_t     out[64], back[128], text[128];
    uint64_t    seed = 5;
    unit_all_t  all = { 0 };

    for (n = 2; n <= sizeof(text); n += 2) {
        for (at = 0; at < n; at++) {
            text[at] = (uint8_t) "0123456789abcdef"[unit_random(&seed) % 16];
        }

        unit_each(&all, ioa_hex_lower(text, n, n)
                        && ioa_hex_decode(out, n / 2, text, n),
                  "%zu digits", n);
        ioa_hex_encode(back, out, n / 2);
        unit_each(&all, memcmp(text, back, n) == 0, "value of %zu", n);

        for (at = 0; at < n; at++) {
            for (c = 0; c < 256; c++) {
                digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                text[at] = (uint8_t) c;
                unit_each(&all, ioa_hex_lower(text, n, n) == digit,
                          "lower, %d at %zu of %zu", c, at, n);
                digit |= c >= 'A' && c <= 'F';
                unit_each(&all, ioa_hex_decode(out, n / 2, text, n) == digit,
                          "%d at %zu of %zu", c, at, n);

                if (!digit) {
                    continue;
                }

                ioa_hex_encode(back + at / 2 * 2, out + at / 2, 1);
                unit_each(&all, back[at] == (c | (c > '9' ? 0x20 : 0)),
                          "value of %d at %zu of %zu", c, at, n);
            }

            ioa_hex_encode(back, out, n / 2);
            text[at] = back[at];
        }
    }

    UNIT_ALL(&all, "every byte at every place among hex digits");
}


/* Writes base64 the plain way. */
static size_t
base64(uint8_t *text, const uint8_t *data, size_t n)
{
    size_t    i, k, len;
    uint32_t  bits;

    static const char  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        "abcdefghijklmnopqrstuvwxyz0123456789+/";

    len = 0;

    for (i = 0; i < n; i += 3) {
        bits = (uint32_t) data[i] << 16;
        bits |= i + 1 < n ? (uint32_t) data[i + 1] << 8 : 0;
        bits |= i + 2 < n ? data[i + 2] : 0;

        for (k = 0; k < 4; k++) {
            text[len++] = k > n - i ? '='
                          : (uint8_t) digits[bits >> (18 - 6 * k) & 63];
        }
    }

    return len;
}


static void
test_base64_round(void)
{
    size_t      i, n, got, len;
    uint8_t     data[64], text[100], out[64], *exact;
    uint64_t    seed;
    unit_all_t  all = { 0 };

    seed = 7;

    for (n = 0; n <= sizeof(data); n++) {
        for (i = 0; i < n; i++) {
            data[i] = (uint8_t) unit_random(&seed);
        }

        len = base64(text, data, n);
        exact = unit_exact(text, len);

        unit_each(&all, ioa_base64_decode(out, &got, n, exact, len)
                        && got == n && memcmp(out, data, n) == 0,
                  "%zu bytes", n);
        unit_each(&all, n == 0
                        || !ioa_base64_decode(out, &got, n - 1, exact, len),
                  "%zu bytes into one less", n);

        for (i = 1; i < len; i++) {
            unit_each(&all, i % 4 == 0
                            || !ioa_base64_decode(out, &got, 64, exact, i),
                      "%zu digits of %zu", i, len);
        }

        free(exact);
    }

    UNIT_ALL(&all, "base64 and back, and its prefixes");
}


/* The same bytes in the other alphabet, which no text is in beside. */
static void
test_base64url(void)
{
    size_t      i, n, got, len;
    uint8_t     data[64], text[100], out[64], *exact;
    uint64_t    seed;
    unit_all_t  all = { 0 }, bad = { 0 };

    static const char *const  refused[] = {
        "A", "AAAAA", "AA==", "AAA=", "AA+_", "AA/-", "AB", "AAB", "A_\n",
        " AAA", "AA-\xff"
    };

    seed = 9;

    for (n = 0; n <= sizeof(data); n++) {
        for (i = 0; i < n; i++) {
            data[i] = (uint8_t) unit_random(&seed);
        }

        len = base64(text, data, n);

        for (i = 0; i < len; i++) {
            text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
        }

        while (len > 0 && text[len - 1] == '=') {
            len--;
        }

        exact = unit_exact(text, len);
        unit_each(&all, ioa_base64url_decode(out, &got, n, exact, len)
                        && got == n && memcmp(out, data, n) == 0,
                  "%zu bytes", n);
        unit_each(&all, n == 0
                        || !ioa_base64url_decode(out, &got, n - 1, exact,
                                                 len),
                  "%zu bytes into one less", n);
        free(exact);
    }

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        unit_each(&bad, !ioa_base64url_decode(out, &got, sizeof(out),
                                              (const uint8_t *) refused[i],
                                              strlen(refused[i])),
                  "case %zu", i);
    }

    UNIT_ALL(&all, "base64url and back");
    UNIT_ALL(&bad, "what is no base64url is refused");
}


static void
test_base64_bad(void)
{
    size_t      i, got;
    uint8_t     out[16];

    static const char *const  bad[] = {
        "A", "AA", "AAA", "AAAAA", "====", "A===", "AA=A", "AA==AAAA",
        "AAA=AAAA", "AB==", "AAB=", "A AA", "AAA\n", "AA-_", "AAA=====",
        "AAAA====", "\xc3\xa9" "AA", "=AAA"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        UNIT_OK(!ioa_base64_decode(out, &got, sizeof(out),
                                   (const uint8_t *) bad[i], strlen(bad[i])),
                "base64 case %zu is refused", i);
    }
}


static void
test_base64_flips(void)
{
    size_t      i, bit, got;
    uint8_t     out[8], text[8];
    unit_all_t  all = { 0 };

    memcpy(text, "aW9hdGE=", 8);

    for (i = 0; i < 8; i++) {
        for (bit = 0; bit < 8; bit++) {
            text[i] ^= (uint8_t) (1 << bit);
            unit_each(&all, !ioa_base64_decode(out, &got, 8, text, 8)
                            || got != 5 || memcmp(out, "ioata", 5) != 0,
                      "byte %zu, bit %zu", i, bit);
            text[i] ^= (uint8_t) (1 << bit);
        }
    }

    UNIT_ALL(&all, "a flipped bit of base64 shows");
}


/* UTF-8 by decoding first and judging the code point then. */
static int
utf8_valid(const uint8_t *s, size_t n)
{
    size_t    i, more;
    uint32_t  c, least;

    while (n > 0) {
        c = *s++;
        n--;

        if (c < 0x80) {
            continue;
        }

        if ((c & 0xe0) == 0xc0) {
            more = 1, least = 0x80, c &= 0x1f;
        } else if ((c & 0xf0) == 0xe0) {
            more = 2, least = 0x800, c &= 0x0f;
        } else if ((c & 0xf8) == 0xf0) {
            more = 3, least = 0x10000, c &= 0x07;
        } else {
            return 0;
        }

        if (n < more) {
            return 0;
        }

        for (i = 0; i < more; i++, s++, n--) {
            if ((*s & 0xc0) != 0x80) {
                return 0;
            }

            c = c << 6 | (*s & 0x3f);
        }

        if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
            return 0;
        }
    }

    return 1;
}


static int
utf8_ours(const uint8_t *s, size_t n)
{
    size_t      i;
    ioa_utf8_t  u = { 0, 0, 0 };

    for (i = 0; i < n; i++) {
        if (!ioa_utf8_byte(&u, s[i])) {
            return 0;
        }
    }

    return u.need == 0;
}


static void
test_utf8(void)
{
    size_t      n;
    uint32_t    v;
    uint8_t     s[4];
    unit_all_t  all = { 0 };

    for (v = 0; v < 0x1000000; v++) {
        s[0] = (uint8_t) (v >> 16);
        s[1] = (uint8_t) (v >> 8);
        s[2] = (uint8_t) v;
        s[3] = 0xbf;

        /* the first two bytes decide about the third: not every one twice */

        if (s[1] != 0x41 && s[0] < 0xc0) {
            continue;
        }

        for (n = s[2] == 0x80 ? 1 : 3; n <= 4; n++) {
            unit_each(&all, utf8_ours(s, n) == utf8_valid(s, n),
                      "%02x %02x %02x, %zu bytes", s[0], s[1], s[2], n);
        }
    }

    UNIT_ALL(&all, "UTF-8, all three bytes");
}


int
main(void)
{
    test_hex();
    test_hex_long();
    test_base64_round();
    test_base64url();
    test_base64_bad();
    test_base64_flips();
    test_utf8();

    return UNIT_DONE();
}
