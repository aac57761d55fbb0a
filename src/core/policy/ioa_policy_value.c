/*
 * ioa_policy_value: the strings that a policy file may hold, see
 * ioa_policy_fields.h.
 */

#include <string.h>

#include "base/ioa_codec.h"
#include "base/ioa_image_digest.h"
#include "base/ioa_reader.h"
#include "policy/ioa_policy_fields.h"

#define IOA_POLICY_VERSION_MAX   31
#define IOA_POLICY_TIME_DIGITS   10
#define IOA_POLICY_UEID_MAX      49         /* digits */


typedef struct {
    ioa_policy_kind_t  kind;
    const char        *word;
    unsigned           bit;
} ioa_policy_bit_t;

/*
 * PLATFORM_INFO and the guest's policy (doc/formats.md 9).  DEBUG and
 * MIGRATE_MA are refused whatever a policy says, and have no names here.
 */
static const ioa_policy_bit_t  ioa_policy_bit_words[] = {
    { IOA_POLICY_PLATFORM_BIT, "smt", 0 },
    { IOA_POLICY_PLATFORM_BIT, "tsme", 1 },
    { IOA_POLICY_PLATFORM_BIT, "ecc", 2 },
    { IOA_POLICY_PLATFORM_BIT, "rapl_dis", 3 },
    { IOA_POLICY_PLATFORM_BIT, "ciphertext_hiding", 4 },
    { IOA_POLICY_PLATFORM_BIT, "alias_check", 5 },
    { IOA_POLICY_PLATFORM_BIT, "tio", 7 },
    { IOA_POLICY_GUEST_BIT, "smt", 16 },
    { IOA_POLICY_GUEST_BIT, "single_socket", 20 },
    { IOA_POLICY_GUEST_BIT, "cxl", 21 },
    { IOA_POLICY_GUEST_BIT, "mem_aes_256_xts", 22 },
    { IOA_POLICY_GUEST_BIT, "rapl_dis", 23 },
    { IOA_POLICY_GUEST_BIT, "ciphertext_hiding", 24 },
    { IOA_POLICY_GUEST_BIT, "page_swap_disable", 25 }
};

#define IOA_POLICY_BIT_WORDS                                                  \
    (sizeof(ioa_policy_bit_words) / sizeof(ioa_policy_bit_words[0]))


uint64_t
ioa_policy_bit(ioa_policy_kind_t kind, const uint8_t *text, size_t n)
{
    size_t                   i;
    const ioa_policy_bit_t  *one;

    for (i = 0; i < IOA_POLICY_BIT_WORDS; i++) {
        one = &ioa_policy_bit_words[i];

        if (one->kind == kind && strlen(one->word) == n
            && memcmp(one->word, text, n) == 0)
        {
            return UINT64_C(1) << one->bit;
        }
    }

    return 0;
}


/* 1 where all bytes are printable ASCII without space, 1 to max of them. */
static int
ioa_policy_is_word(const uint8_t *text, size_t n, size_t max)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return 0;
        }
    }

    return n >= 1 && n <= max;
}


static int
ioa_policy_is_digest(const uint8_t *text, size_t n)
{
    ioa_bytes_t  digest = { text, n };

    return ioa_image_digest_valid(digest);
}


static int
ioa_policy_is_arch(const uint8_t *text, size_t n)
{
    return (n == sizeof("HOPPER") - 1 && memcmp(text, "HOPPER", n) == 0)
           || (n == sizeof("BLACKWELL") - 1
               && memcmp(text, "BLACKWELL", n) == 0);
}


static int
ioa_policy_is_mode(const uint8_t *text, size_t n)
{
    size_t  i;

    static const char *const  modes[] = { "single", "multi", "protected-pcie" };

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (n == strlen(modes[i]) && memcmp(text, modes[i], n) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Decimal, without leading zeros. */
static int
ioa_policy_is_ueid(const uint8_t *text, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
    }

    return n >= 1 && n <= IOA_POLICY_UEID_MAX && (text[0] != '0' || n == 1);
}


static int
ioa_policy_is_product(const uint8_t *text, size_t n)
{
    return n == sizeof("Milan") - 1
           && (memcmp(text, "Milan", n) == 0 || memcmp(text, "Genoa", n) == 0
               || memcmp(text, "Turin", n) == 0);
}


/* Bytes in hex.  As ioa_policy_word. */
static const char *
ioa_policy_hex(char word[IOA_POLICY_WORD_MAX + 1], size_t len,
    const uint8_t *text, size_t n)
{
    uint8_t  bytes[IOA_POLICY_CHIP_LEN];

    if (ioa_hex_decode(bytes, len, text, n)) {
        ioa_hex_encode((uint8_t *) word, bytes, len);
        word[2 * len] = '\0';
        return NULL;
    }

    switch (len) {
    case IOA_POLICY_FMSPC_LEN:
        return "be 12 hex digits";
    case IOA_POLICY_PPID_LEN:
        return "be 32 hex digits";
    case IOA_POLICY_HOST_LEN:
        return "be 64 hex digits";
    case IOA_POLICY_CHIP_LEN:
        return "be 128 hex digits";
    default: /* IOA_POLICY_REG_LEN */
        return "be 96 hex digits";
    }
}


/* A status that a platform may be let pass with. */
static int
ioa_policy_is_status(const uint8_t *text, size_t n)
{
    ioa_tcb_status_t  status;

    return ioa_tcb_parse(&status, text, n) && status != IOA_TCB_REVOKED;
}


static int
ioa_policy_is_advisory(const uint8_t *text, size_t n)
{
    return ioa_policy_is_word(text, n, IOA_TCB_ADVISORY_MAX);
}


static int
ioa_policy_is_version(const uint8_t *text, size_t n)
{
    return ioa_policy_is_word(text, n, IOA_POLICY_VERSION_MAX);
}


static int
ioa_policy_is_platform_bit(const uint8_t *text, size_t n)
{
    return ioa_policy_bit(IOA_POLICY_PLATFORM_BIT, text, n) != 0;
}


static int
ioa_policy_is_guest_bit(const uint8_t *text, size_t n)
{
    return ioa_policy_bit(IOA_POLICY_GUEST_BIT, text, n) != 0;
}


/* What a string of a kind must be, as a test and in words. */
typedef struct {
    ioa_policy_kind_t   kind;
    int               (*is)(const uint8_t *text, size_t n);
    const char         *must;
} ioa_policy_word_t;

static const ioa_policy_word_t  ioa_policy_words[] = {
    { IOA_POLICY_DIGEST, ioa_policy_is_digest,
      "be sha256: and 64 lower-case hex digits" },
    { IOA_POLICY_STATUS, ioa_policy_is_status,
      "be the name of a TCB status" },
    { IOA_POLICY_ADVISORY, ioa_policy_is_advisory,
      "be the name of an advisory, as INTEL-SA-00837" },
    { IOA_POLICY_ARCH, ioa_policy_is_arch, "be HOPPER or BLACKWELL" },
    { IOA_POLICY_MODE, ioa_policy_is_mode,
      "be single, multi or protected-pcie" },
    { IOA_POLICY_PRODUCT, ioa_policy_is_product,
      "be Milan, Genoa or Turin" },
    { IOA_POLICY_UEID, ioa_policy_is_ueid,
      "be a string of 1 to 49 decimal digits, as NVIDIA's tools print a "
      "UEID" },
    { IOA_POLICY_PLATFORM_BIT, ioa_policy_is_platform_bit,
      "be one of smt, tsme, ecc, rapl_dis, ciphertext_hiding, alias_check, "
      "tio" },
    { IOA_POLICY_GUEST_BIT, ioa_policy_is_guest_bit,
      "be one of smt, single_socket, cxl, mem_aes_256_xts, rapl_dis, "
      "ciphertext_hiding, page_swap_disable; debug and migrate_ma are always "
      "refused" },
    { IOA_POLICY_VERSION, ioa_policy_is_version,
      "be a version, of at most 31 characters" }
};

#define IOA_POLICY_WORDS                                                      \
    (sizeof(ioa_policy_words) / sizeof(ioa_policy_words[0]))


const char *
ioa_policy_word(char word[IOA_POLICY_WORD_MAX + 1],
    const ioa_policy_field_t *field, const uint8_t *text, size_t n)
{
    size_t            i;
    ioa_tcb_status_t  status;

    if (field->kind == IOA_POLICY_HEX) {
        return ioa_policy_hex(word, (size_t) field->limit, text, n);
    }

    if (field->kind == IOA_POLICY_STATUS && ioa_tcb_parse(&status, text, n)
        && status == IOA_TCB_REVOKED)
    {
        return "not be Revoked, which is never accepted";
    }

    for (i = 0; i < IOA_POLICY_WORDS; i++) {
        if (ioa_policy_words[i].kind != field->kind) {
            continue;
        }

        if (!ioa_policy_words[i].is(text, n)) {
            return ioa_policy_words[i].must;
        }

        memcpy(word, text, n);
        word[n] = '\0';

        return NULL;
    }

    return "not be a string";
}


/* The seconds of a unit of time.  Returns: 0 where c is none. */
static int64_t
ioa_policy_unit(uint8_t c)
{
    switch (c) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    case 'w':
        return 7 * 86400;
    }

    return 0;
}


int
ioa_policy_time(int64_t *seconds, const uint8_t *text, size_t n)
{
    size_t        digits;
    uint8_t       c;
    int64_t       number, unit;
    ioa_reader_t  r;

    number = 0;
    ioa_reader_init(&r, text, n);

    for (digits = 0; ioa_reader_peek(&r, &c) && c >= '0' && c <= '9';
         digits++)
    {
        if (digits == IOA_POLICY_TIME_DIGITS || !ioa_reader_u8(&r, &c)) {
            return 0;
        }

        number = number * 10 + (c - '0');
    }

    unit = 1;

    if (ioa_reader_u8(&r, &c)) {
        unit = ioa_policy_unit(c);
    }

    *seconds = number * unit;

    return digits > 0 && unit != 0 && ioa_reader_left(&r) == 0;
}
