/*
 * ioa_policy_fields: the members of a policy file, one row each.  Reading
 * and printing go by this table, so that neither knows of a member that the
 * other does not.
 *
 * For ioa_policy*.c alone.
 */

#ifndef IOA_POLICY_FIELDS_H
#define IOA_POLICY_FIELDS_H

#include <stddef.h>

#include "policy/ioa_policy.h"

typedef enum {
    IOA_POLICY_IN_FILE = 0,
    IOA_POLICY_IN_TDX,
    IOA_POLICY_IN_SNP,
    IOA_POLICY_IN_MIN_TCB,
    IOA_POLICY_IN_MILAN,
    IOA_POLICY_IN_GENOA,
    IOA_POLICY_IN_TURIN,
    IOA_POLICY_IN_PLATFORM,
    IOA_POLICY_IN_GUEST,
    IOA_POLICY_IN_GPU,
    IOA_POLICY_SECTIONS
} ioa_policy_section_t;

/* Up to IOA_POLICY_VERSION lists; numbers from there on. */
typedef enum {
    IOA_POLICY_HEX = 0,         /* limit: bytes */
    IOA_POLICY_DIGEST,
    IOA_POLICY_STATUS,
    IOA_POLICY_ADVISORY,
    IOA_POLICY_ARCH,
    IOA_POLICY_MODE,
    IOA_POLICY_PRODUCT,
    IOA_POLICY_PLATFORM_BIT,
    IOA_POLICY_GUEST_BIT,
    IOA_POLICY_UEID,
    IOA_POLICY_VERSION,
    IOA_POLICY_NUMBER,          /* from least to limit */
    IOA_POLICY_BOOL,
    IOA_POLICY_TIME
} ioa_policy_kind_t;

typedef struct {
    ioa_policy_section_t  section;
    const char           *name;
    ioa_policy_kind_t     kind;
    size_t                offset;   /* within ioa_policy_file_t */
    int64_t               least;    /* a list: most entries, 0: as usual */
    int64_t               limit;
    int64_t               normal;   /* default; -1: none */
} ioa_policy_field_t;

typedef struct {
    ioa_policy_section_t  parent;
    const char           *name;
    const char           *prefix;   /* of its members' paths */
    const char           *instead;  /* to say of what is not known, or NULL */
} ioa_policy_place_t;

extern const ioa_policy_place_t  ioa_policy_places[IOA_POLICY_SECTIONS];

/* The i-th member.  Returns: NULL behind the last. */
const ioa_policy_field_t *ioa_policy_field(size_t i);

/* In: field of a list. */
const ioa_policy_list_t *ioa_policy_field_list(
    const ioa_policy_file_t *policy, const ioa_policy_field_t *field);

/* In: field of a number.  Returns: what holds, or -1 where nothing does. */
int64_t ioa_policy_field_value(const ioa_policy_file_t *policy,
    const ioa_policy_field_t *field);

/*
 * An entry of a list.
 * Returns: NULL, or what it must be: "be 96 hex digits".
 * Out: word, terminated, hex in lower case.
 */
const char *ioa_policy_word(char word[IOA_POLICY_WORD_MAX + 1],
    const ioa_policy_field_t *field, const uint8_t *text, size_t n)
    IOA_MUST_CHECK;

/* The bit of a word of such a kind.  Returns: 0 where it is none. */
uint64_t ioa_policy_bit(ioa_policy_kind_t kind, const uint8_t *text,
    size_t n);

/* Digits, then nothing (seconds) or one of s, m, h, d, w. */
int ioa_policy_time(int64_t *seconds, const uint8_t *text, size_t n)
    IOA_MUST_CHECK;

#endif
