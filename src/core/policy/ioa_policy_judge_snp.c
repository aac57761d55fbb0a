/*
 * ioa_policy_judge_snp: what a policy says of a verified SEV-SNP report, see
 * ioa_policy.h.
 */

#include <inttypes.h>
#include <string.h>

#include "policy/ioa_policy.h"
#include "policy/ioa_policy_fields.h"
#include "policy/ioa_policy_rules.h"

static const char *const  ioa_policy_svn_names[IOA_POLICY_SNP_SVNS] = {
    "sev_snp.min_tcb.bootloader", "sev_snp.min_tcb.tee",
    "sev_snp.min_tcb.snp", "sev_snp.min_tcb.microcode",
    "sev_snp.min_tcb.fmc"
};

static const char *const  ioa_policy_products[IOA_POLICY_PRODUCTS] = {
    "Milan", "Genoa", "Turin"
};


/* The reported TCB is at least the policy's for its product, in each part. */
static int
ioa_policy_min_tcb(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_policy_snp_t *snp)
{
    int                         good;
    int64_t                     least;
    unsigned                    i;
    const char                 *product;
    const ioa_policy_number_t  *min;

    good = 1;
    product = ioa_policy_products[snp->product];
    min = policy->min_tcb[snp->product];

    for (i = 0; i < IOA_POLICY_SNP_SVNS; i++) {
        least = min[i].given ? min[i].value : 0;

        if (least == 0) {
            ioa_check_add(checks, ioa_policy_svn_names[i],
                          IOA_CHECK_NOT_MADE, "no minimum for a %s",
                          product);
            continue;
        }

        good &= ioa_check_that(checks, snp->reported_tcb[i] >= least,
                               ioa_policy_svn_names[i],
                               "%u, at least %u for a %s",
                               snp->reported_tcb[i], (unsigned) least,
                               product);
    }

    return good;
}


/* Which machine: only where the certificate of the key names it. */
static int
ioa_policy_chip(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_policy_snp_t *snp)
{
    static const char  name[] = "sev_snp.chip_id";

    if (policy->chip_id.n == 0) {
        ioa_check_add(checks, name, IOA_CHECK_NOT_MADE, "not pinned");
        return 1;
    }

    if (snp->chip_id64 == NULL) {
        ioa_check_add(checks, name, IOA_CHECK_FAILED,
                      "masked, or the key is a VLEK: no chip is proved");
        return 0;
    }

    return ioa_policy_bytes(checks, name, &policy->chip_id, snp->chip_id64,
                            IOA_POLICY_CHIP_LEN);
}


/* One rule: each bit of the list is set, or none of them is. */
static int
ioa_policy_bits_are(ioa_checks_t *checks, const char *name,
    const ioa_policy_list_t *list, ioa_policy_kind_t kind, uint64_t bits,
    int set)
{
    size_t      i;
    uint64_t    bit;
    const char *word;

    if (list->n == 0) {
        ioa_check_add(checks, name, IOA_CHECK_NOT_MADE,
                      "0x%" PRIx64 ", not pinned", bits);
        return 1;
    }

    for (i = 0; i < list->n; i++) {
        word = list->words[i];
        bit = ioa_policy_bit(kind, (const uint8_t *) word, strlen(word));

        if (bit == 0 || ((bits & bit) != 0) != set) {
            ioa_check_add(checks, name, IOA_CHECK_FAILED,
                          "0x%" PRIx64 ": %s is %s", bits, word,
                          set ? "not set" : "set");
            return 0;
        }
    }

    return ioa_check_that(checks, list->n != 0, name,
                          "0x%" PRIx64 ", %zu %s", bits, list->n,
                          set ? "set" : "not set");
}


/*
 * Firmware that runs and is not committed can be replaced by an older one
 * without a reset.
 */
static int
ioa_policy_provisional(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_policy_snp_t *snp)
{
    static const char  name[] = "sev_snp.provisional";

    if (!policy->provisional.given || policy->provisional.value != 0) {
        ioa_check_add(checks, name, IOA_CHECK_NOT_MADE, "%s, accepted",
                      snp->provisional ? "not committed" : "committed");
        return 1;
    }

    return ioa_check_that(checks, !snp->provisional, name,
                          snp->provisional
                          ? "what runs is not committed"
                          : "what runs is committed");
}


static int
ioa_policy_platform(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_policy_snp_t *snp)
{
    int  good;

    good = ioa_policy_bits_are(checks, "sev_snp.platform_info.require",
                               &policy->platform_info.require,
                               IOA_POLICY_PLATFORM_BIT, snp->platform_info,
                               1);
    good &= ioa_policy_bits_are(checks, "sev_snp.platform_info.refuse",
                                &policy->platform_info.refuse,
                                IOA_POLICY_PLATFORM_BIT, snp->platform_info,
                                0);
    good &= ioa_policy_bits_are(checks, "sev_snp.policy.require",
                                &policy->guest_policy.require,
                                IOA_POLICY_GUEST_BIT, snp->policy, 1);
    good &= ioa_policy_bits_are(checks, "sev_snp.policy.refuse",
                                &policy->guest_policy.refuse,
                                IOA_POLICY_GUEST_BIT, snp->policy, 0);

    return good;
}


ioa_status_t
ioa_policy_snp(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_policy_snp_t *snp)
{
    int          good, new_enough;
    const char  *product;

    if ((unsigned) snp->product >= IOA_POLICY_PRODUCTS) {
        ioa_check_add(checks, "sev_snp.products", IOA_CHECK_FAILED,
                      "not known");
        return IOA_MEASUREMENT_MISMATCH;
    }

    product = ioa_policy_products[snp->product];

    good = ioa_policy_bytes(checks, "sev_snp.measurement",
                            &policy->measurement, snp->measurement48,
                            IOA_POLICY_REG_LEN);
    good &= ioa_policy_bytes(checks, "sev_snp.host_data", &policy->host_data,
                             snp->host_data32, IOA_POLICY_HOST_LEN);

    if (!policy->vmpl.given) {
        ioa_check_add(checks, "sev_snp.vmpl", IOA_CHECK_NOT_MADE,
                      "not pinned");

    } else {
        good &= ioa_check_that(checks, snp->vmpl == policy->vmpl.value,
                               "sev_snp.vmpl", "%u, must be %u",
                               (unsigned) snp->vmpl,
                               (unsigned) policy->vmpl.value);
    }

    good &= ioa_policy_all_listed(checks, "sev_snp.products",
                                  &policy->products, &product, 1);
    good &= ioa_policy_chip(checks, policy, snp);
    good &= ioa_policy_platform(checks, policy, snp);
    new_enough = ioa_policy_provisional(checks, policy, snp);
    new_enough &= ioa_policy_min_tcb(checks, policy, snp);

    if (!good) {
        return IOA_MEASUREMENT_MISMATCH;
    }

    return new_enough ? IOA_OK : IOA_TCB_REJECTED;
}


int
ioa_policy_any_milan(const ioa_policy_file_t *policy)
{
    size_t  i;

    if (policy->chip_id.n != 0) {
        return 0;
    }

    for (i = 0; i < policy->products.n; i++) {
        if (strcmp(policy->products.words[i],
                   ioa_policy_products[IOA_POLICY_MILAN])
            == 0)
        {
            return 1;
        }
    }

    return policy->products.n == 0;
}
