/*
 * ioa_policy_rules: rules that policies for all kinds of evidence have.
 *
 * For ioa_policy_judge*.c alone.
 */

#ifndef IOA_POLICY_RULES_H
#define IOA_POLICY_RULES_H

#include "policy/ioa_policy.h"

/*
 * One rule: every word is in the list, or the list is empty.
 * Returns: 1 or 0.
 * In: words, terminated; n is at least 1.
 */
int ioa_policy_all_listed(ioa_checks_t *checks, const char *name,
    const ioa_policy_list_t *list, const char *const *words, size_t n)
    IOA_MUST_CHECK;

/* The same of bytes, IOA_POLICY_CHIP_LEN at most, that the list has in hex. */
int ioa_policy_bytes(ioa_checks_t *checks, const char *name,
    const ioa_policy_list_t *list, const uint8_t *bytes, size_t n)
    IOA_MUST_CHECK;

#endif
