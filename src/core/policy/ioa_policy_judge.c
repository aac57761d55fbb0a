/*
 * ioa_policy_judge: what a policy says of verified evidence, see
 * ioa_policy.h.  Each function goes through all it can judge, so that the
 * list of checks is whole, and answers with the first that did not fit.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ioa_codec.h"
#include "policy/ioa_policy.h"

#define IOA_POLICY_DAY  86400

static const char *const  ioa_policy_reg_names[IOA_POLICY_TDX_REGS] = {
    "tdx.mr_td", "tdx.mr_seam", "tdx.mr_config_id", "tdx.rtmr0",
    "tdx.rtmr1", "tdx.rtmr2", "tdx.rtmr3"
};

static const char *const  ioa_policy_svn_names[IOA_POLICY_SNP_SVNS] = {
    "sev_snp.min_tcb.bootloader", "sev_snp.min_tcb.tee",
    "sev_snp.min_tcb.snp", "sev_snp.min_tcb.microcode"
};


const char *
ioa_policy_reg_name(ioa_policy_reg_t reg)
{
    if ((unsigned) reg >= IOA_POLICY_TDX_REGS) {
        return "";
    }

    return ioa_policy_reg_names[reg] + sizeof("tdx.") - 1;
}


static int
ioa_policy_has(const ioa_policy_list_t *list, const char *word, size_t n)
{
    size_t  i;

    for (i = 0; i < list->n; i++) {
        if (strlen(list->words[i]) == n
            && memcmp(list->words[i], word, n) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * One list.  Returns: 1 where it is empty or has the word; else 0, and *what
 * unless it says something already.
 */
static int
ioa_policy_any_of(const char **what, ioa_checks_t *checks, const char *name,
    const ioa_policy_list_t *list, const char *word, size_t n)
{
    if (list->n == 0) {
        ioa_check_add(checks, name, IOA_CHECK_NOT_MADE, "not pinned");
        return 1;
    }

    if (ioa_check_that(checks, ioa_policy_has(list, word, n), name,
                       "%.*s, %zu listed", (int) n, word, list->n))
    {
        return 1;
    }

    if (*what == NULL) {
        *what = name;
    }

    return 0;
}


static int
ioa_policy_bytes(const char **what, ioa_checks_t *checks, const char *name,
    const ioa_policy_list_t *list, const uint8_t *bytes, size_t n)
{
    char  word[2 * IOA_POLICY_REG_LEN];

    ioa_hex_encode((uint8_t *) word, bytes, n);

    return ioa_policy_any_of(what, checks, name, list, word, 2 * n);
}


ioa_status_t
ioa_policy_tdx(const char **what, ioa_checks_t *checks,
    const ioa_policy_file_t *policy, const ioa_policy_tdx_t *tdx)
{
    int       good;
    unsigned  i;

    *what = NULL;
    good = 1;

    for (i = 0; i < IOA_POLICY_TDX_REGS; i++) {
        good &= ioa_policy_bytes(what, checks, ioa_policy_reg_names[i],
                                 &policy->tdx_regs[i], tdx->regs48[i],
                                 IOA_POLICY_REG_LEN);
    }

    if (policy->sept_ve_disable.given && !policy->sept_ve_disable.value) {
        ioa_check_add(checks, "tdx.sept_ve_disable", IOA_CHECK_NOT_MADE,
                      "not asked for");

    } else if (!ioa_check_that(checks, tdx->sept_ve_disable,
                               "tdx.sept_ve_disable", "asked for"))
    {
        good = 0;
        *what = *what != NULL ? *what : "tdx.sept_ve_disable";
    }

    return good ? IOA_OK : IOA_MEASUREMENT_MISMATCH;
}


/* The reported TCB is at least the policy's, in each part. */
static int
ioa_policy_min_tcb(const char **what, ioa_checks_t *checks,
    const ioa_policy_file_t *policy, const ioa_policy_snp_t *snp)
{
    int       good;
    int64_t   least;
    unsigned  i;

    good = 1;

    for (i = 0; i < IOA_POLICY_SNP_SVNS; i++) {
        least = policy->min_tcb[i].given ? policy->min_tcb[i].value : 0;

        if (least == 0) {
            ioa_check_add(checks, ioa_policy_svn_names[i],
                          IOA_CHECK_NOT_MADE, "no minimum");

        } else if (!ioa_check_that(checks, snp->reported_tcb[i] >= least,
                                   ioa_policy_svn_names[i],
                                   "%u, at least %u", snp->reported_tcb[i],
                                   (unsigned) least))
        {
            good = 0;
            *what = *what != NULL ? *what : ioa_policy_svn_names[i];
        }
    }

    return good;
}


ioa_status_t
ioa_policy_snp(const char **what, ioa_checks_t *checks,
    const ioa_policy_file_t *policy, const ioa_policy_snp_t *snp)
{
    int  good, new_enough;

    *what = NULL;

    good = ioa_policy_bytes(what, checks, "sev_snp.measurement",
                            &policy->measurement, snp->measurement48,
                            IOA_POLICY_REG_LEN);
    good &= ioa_policy_bytes(what, checks, "sev_snp.host_data",
                             &policy->host_data, snp->host_data32,
                             IOA_POLICY_HOST_LEN);

    if (!policy->vmpl.given) {
        ioa_check_add(checks, "sev_snp.vmpl", IOA_CHECK_NOT_MADE,
                      "not pinned");

    } else if (!ioa_check_that(checks, snp->vmpl == policy->vmpl.value,
                               "sev_snp.vmpl", "%u, must be %u",
                               (unsigned) snp->vmpl,
                               (unsigned) policy->vmpl.value))
    {
        good = 0;
        *what = *what != NULL ? *what : "sev_snp.vmpl";
    }

    new_enough = ioa_policy_min_tcb(what, checks, policy, snp);

    if (!good) {
        return IOA_MEASUREMENT_MISMATCH;
    }

    return new_enough ? IOA_OK : IOA_TCB_REJECTED;
}


/* *what stays what it is where it says something. */
static int
ioa_policy_string(const char **what, ioa_checks_t *checks, const char *name,
    const ioa_policy_list_t *list, const char *word)
{
    return ioa_policy_any_of(what, checks, name, list, word, strlen(word));
}


ioa_status_t
ioa_policy_gpus(const char **what, ioa_checks_t *checks,
    const ioa_policy_file_t *policy, const ioa_policy_gpu_t *gpus, size_t n)
{
    int     good, enough;
    size_t  i, wanted;

    *what = NULL;
    good = 1;
    enough = 1;

    if (!policy->count.given) {
        ioa_check_add(checks, "gpu.count", IOA_CHECK_NOT_MADE, "not pinned");

    } else {
        wanted = (size_t) policy->count.value;

        if (!ioa_check_that(checks, n == wanted, "gpu.count",
                            "%zu, must be %zu", n, wanted))
        {
            *what = "gpu.count";
            good = n < wanted;
            enough = n > wanted;
        }
    }

    for (i = 0; i < n; i++) {
        good &= ioa_policy_string(what, checks, "gpu.arch", &policy->arch,
                                  gpus[i].arch);
        good &= ioa_policy_string(what, checks, "gpu.driver_versions",
                                  &policy->driver_versions,
                                  gpus[i].driver_version);
        good &= ioa_policy_string(what, checks, "gpu.vbios_versions",
                                  &policy->vbios_versions,
                                  gpus[i].vbios_version);
    }

    if (!enough) {
        return IOA_GPU_EVIDENCE_MISSING;
    }

    return good ? IOA_OK : IOA_MEASUREMENT_MISMATCH;
}


ioa_status_t
ioa_policy_image(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const uint8_t *digest, size_t digest_len)
{
    const char  *what;

    what = NULL;

    return ioa_policy_any_of(&what, checks, "image_digests",
                             &policy->image_digests,
                             digest != NULL ? (const char *) digest : "",
                             digest != NULL ? digest_len : 0)
           ? IOA_OK : IOA_IMAGE_DIGEST_MISMATCH;
}


static int
ioa_policy_tcb_listed(const ioa_policy_file_t *policy,
    ioa_tcb_status_t status, int collateral)
{
    const char  *name;

    if (policy->tcb_status.n == 0) {
        return status == IOA_TCB_UP_TO_DATE
               || status == IOA_TCB_SW_HARDENING_NEEDED
               || (status == IOA_TCB_UNKNOWN && !collateral);
    }

    name = ioa_tcb_name(status);

    return ioa_policy_has(&policy->tcb_status, name, strlen(name));
}


/* 1 within the time for which an out of date TCB passes. */
static int
ioa_policy_tcb_in_grace(const ioa_policy_file_t *policy,
    const ioa_tcb_t *tcb, int collateral, int64_t now)
{
    return ioa_tcb_is_out_of_date(tcb->status)
           && policy->tcb_grace.given && tcb->out_since > 0
           && now - policy->tcb_grace.value < tcb->out_since
           && ioa_policy_tcb_listed(policy,
                                    ioa_tcb_without_date(tcb->status),
                                    collateral);
}


/* One line of all of them, cut where it is too long. */
static void
ioa_policy_advisories_line(ioa_checks_t *checks, const ioa_tcb_t *tcb)
{
    char    text[IOA_CHECK_DETAIL_MAX];
    size_t  i, n;

    for (i = 0, n = 0; i < tcb->advisories_n && n < sizeof(text); i++) {
        n += (size_t) snprintf(text + n, sizeof(text) - n, ", %s",
                               tcb->advisories[i]);
    }

    ioa_check_add(checks, "tdx.advisories_allowed", IOA_CHECK_NOT_MADE,
                  "not pinned%s", text);
}


static int
ioa_policy_advisories(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_tcb_t *tcb)
{
    int          good;
    size_t       i;
    const char  *what;

    what = NULL;
    good = 1;

    if (tcb->advisories_n == 0) {
        ioa_check_add(checks, "tdx.advisories_allowed", IOA_CHECK_NOT_MADE,
                      "none to judge");

    } else if (policy->advisories_allowed.n == 0) {
        ioa_policy_advisories_line(checks, tcb);
        return 1;
    }

    for (i = 0; i < tcb->advisories_n; i++) {
        good &= ioa_policy_string(&what, checks, "tdx.advisories_allowed",
                                  &policy->advisories_allowed,
                                  tcb->advisories[i]);
    }

    return good;
}


/* How far out of date it is; else nothing. */
static void
ioa_policy_tcb_age(char text[IOA_CHECK_DETAIL_MAX],
    const ioa_tcb_t *tcb, int grace, int64_t now)
{
    int  n;

    text[0] = '\0';

    if (!ioa_tcb_is_out_of_date(tcb->status) || tcb->out_since <= 0) {
        return;
    }

    n = snprintf(text, IOA_CHECK_DETAIL_MAX, ", fixed %" PRId64 " days ago",
                 (now - tcb->out_since) / IOA_POLICY_DAY);

    if (n > 0 && grace) {
        snprintf(text + n, IOA_CHECK_DETAIL_MAX - (size_t) n,
                 ", within tcb_grace");
    }
}


ioa_status_t
ioa_policy_tcb(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_tcb_t *tcb, int collateral, int64_t now)
{
    int          good, grace, advisories;
    char         age[IOA_CHECK_DETAIL_MAX];
    const char  *name;

    name = ioa_tcb_name(tcb->status);

    if ((unsigned) tcb->status >= IOA_TCB_REVOKED) {
        ioa_check_add(checks, "tdx.tcb_status", IOA_CHECK_FAILED, "%s",
                      name);
        return IOA_REVOKED;
    }

    good = ioa_policy_tcb_listed(policy, tcb->status, collateral);
    grace = !good && ioa_policy_tcb_in_grace(policy, tcb, collateral, now);
    ioa_policy_tcb_age(age, tcb, grace, now);

    good = ioa_check_that(checks, good || grace, "tdx.tcb_status", "%s%s",
                          name, age);
    advisories = ioa_policy_advisories(checks, policy, tcb);

    return good && advisories ? IOA_OK : IOA_TCB_REJECTED;
}


int64_t
ioa_policy_tcb_until(const ioa_policy_file_t *policy, const ioa_tcb_t *tcb,
    int collateral, int64_t now)
{
    if (ioa_policy_tcb_listed(policy, tcb->status, collateral)
        || !ioa_policy_tcb_in_grace(policy, tcb, collateral, now))
    {
        return 0;
    }

    return tcb->out_since + policy->tcb_grace.value;
}


unsigned
ioa_policy_pins(const ioa_policy_file_t *policy)
{
    unsigned  i, pins;

    pins = policy->image_digests.n != 0 ? IOA_POLICY_PINS_IMAGE : 0;

    for (i = 0; i < IOA_POLICY_TDX_REGS; i++) {
        if (i != IOA_POLICY_MR_SEAM && policy->tdx_regs[i].n != 0) {
            pins |= IOA_POLICY_PINS_TDX;
        }
    }

    if (policy->measurement.n != 0 || policy->host_data.n != 0) {
        pins |= IOA_POLICY_PINS_SNP;
    }

    return pins;
}
