/*
 * ioa_policy_value: the strings that a policy file may hold, see
 * ioa_policy_fields.h.
 */

#include <string.h>

#include "base/ioa_codec.h"
#include "base/ioa_reader.h"
#include "policy/ioa_policy_fields.h"

#define IOA_POLICY_DIGEST_HEX    64
#define IOA_POLICY_VERSION_MAX   31
#define IOA_POLICY_TIME_DIGITS   10


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
    ioa_reader_t  r;

    ioa_reader_init(&r, text, n);

    return ioa_reader_match(&r, "sha256:", sizeof("sha256:") - 1)
           && ioa_hex_lower(r.pos, r.left, IOA_POLICY_DIGEST_HEX);
}


static int
ioa_policy_is_arch(const uint8_t *text, size_t n)
{
    return (n == sizeof("HOPPER") - 1 && memcmp(text, "HOPPER", n) == 0)
           || (n == sizeof("BLACKWELL") - 1
               && memcmp(text, "BLACKWELL", n) == 0);
}


/* What an entry of n bytes must be. */
static const char *
ioa_policy_hex(int64_t n)
{
    switch (n) {
    case IOA_POLICY_FMSPC_LEN:
        return "be 12 hex digits";
    case IOA_POLICY_PPID_LEN:
        return "be 32 hex digits";
    case IOA_POLICY_HOST_LEN:
        return "be 64 hex digits";
    default: /* IOA_POLICY_REG_LEN */
        return "be 96 hex digits";
    }
}


const char *
ioa_policy_word(char word[IOA_POLICY_WORD_MAX + 1],
    const ioa_policy_field_t *field, const uint8_t *text, size_t n)
{
    uint8_t           bytes[IOA_POLICY_REG_LEN];
    ioa_tcb_status_t  status;

    switch (field->kind) {

    case IOA_POLICY_HEX:
        if (!ioa_hex_decode(bytes, (size_t) field->limit, text, n)) {
            return ioa_policy_hex(field->limit);
        }

        ioa_hex_encode((uint8_t *) word, bytes, (size_t) field->limit);
        word[n] = '\0';
        return NULL;

    case IOA_POLICY_DIGEST:
        if (!ioa_policy_is_digest(text, n)) {
            return "be sha256: and 64 lower-case hex digits";
        }

        break;

    case IOA_POLICY_STATUS:
        if (!ioa_tcb_parse(&status, text, n)) {
            return "be the name of a TCB status";
        }

        if (status == IOA_TCB_REVOKED) {
            return "not be Revoked, which is never accepted";
        }

        break;

    case IOA_POLICY_ADVISORY:
        if (!ioa_policy_is_word(text, n, IOA_TCB_ADVISORY_MAX)) {
            return "be the name of an advisory, as INTEL-SA-00837";
        }

        break;

    case IOA_POLICY_ARCH:
        if (!ioa_policy_is_arch(text, n)) {
            return "be HOPPER or BLACKWELL";
        }

        break;

    default:
        if (!ioa_policy_is_word(text, n, IOA_POLICY_VERSION_MAX)) {
            return "be a version, of at most 31 characters";
        }
    }

    memcpy(word, text, n);
    word[n] = '\0';

    return NULL;
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
