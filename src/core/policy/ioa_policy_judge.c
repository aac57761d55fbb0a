/*
 * ioa_policy_judge: what a policy says of verified evidence, see
 * ioa_policy.h.  Each function goes through its rules, one line each in the
 * list of checks, whatever the first of them says.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ioa_codec.h"
#include "policy/ioa_policy.h"
#include "policy/ioa_policy_rules.h"

#define IOA_POLICY_DAY  86400

static const char *const  ioa_policy_reg_names[IOA_POLICY_TDX_REGS] = {
    "tdx.mr_td", "tdx.mr_seam", "tdx.mr_config_id", "tdx.rtmr0",
    "tdx.rtmr1", "tdx.rtmr2", "tdx.rtmr3"
};


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


int
ioa_policy_all_listed(ioa_checks_t *checks, const char *name,
    const ioa_policy_list_t *list, const char *const *words, size_t n)
{
    size_t  i;

    if (list->n == 0) {
        ioa_check_add(checks, name, IOA_CHECK_NOT_MADE, "not pinned");
        return 1;
    }

    for (i = 0; i < n; i++) {
        if (!ioa_policy_has(list, words[i], strlen(words[i]))) {
            ioa_check_add(checks, name, IOA_CHECK_FAILED,
                          "%s%s is not one of %zu listed", words[i],
                          ioa_tcb_advisory_means(words[i]), list->n);
            return 0;
        }
    }

    return ioa_check_that(checks, n != 0, name, "%s%s, %zu listed", words[0],
                          n > 1 ? " and others" : "", list->n);
}


int
ioa_policy_bytes(ioa_checks_t *checks, const char *name,
    const ioa_policy_list_t *list, const uint8_t *bytes, size_t n)
{
    char         hex[2 * IOA_POLICY_CHIP_LEN + 1];
    const char  *word = hex;

    ioa_hex_encode((uint8_t *) hex, bytes, n);
    hex[2 * n] = '\0';

    return ioa_policy_all_listed(checks, name, list, &word, 1);
}


/* One rule: what is asked for holds; where it is not, nothing is checked. */
static int
ioa_policy_asked(ioa_checks_t *checks, const char *name, int asked, int good,
    const char *detail)
{
    if (!asked) {
        ioa_check_add(checks, name, IOA_CHECK_NOT_MADE, "%s, not asked for",
                      detail);
        return 1;
    }

    return ioa_check_that(checks, good, name, "%s", detail);
}


ioa_status_t
ioa_policy_td_attributes(ioa_checks_t *checks,
    const ioa_policy_file_t *policy, const ioa_policy_tdx_t *tdx)
{
    return ioa_policy_asked(checks, "tdx.sept_ve_disable",
                            !policy->sept_ve_disable.given
                            || policy->sept_ve_disable.value != 0,
                            tdx->sept_ve_disable,
                            tdx->sept_ve_disable ? "set" : "clear")
           ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
}


ioa_status_t
ioa_policy_tdx(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_policy_tdx_t *tdx)
{
    int       good;
    unsigned  i;

    good = ioa_policy_bytes(checks, "tdx.ppid", &policy->ppid, tdx->ppid16,
                            IOA_POLICY_PPID_LEN);
    good &= ioa_policy_bytes(checks, "tdx.fmspc", &policy->fmspc,
                             tdx->fmspc6, IOA_POLICY_FMSPC_LEN);

    for (i = 0; i < IOA_POLICY_TDX_REGS; i++) {
        good &= ioa_policy_bytes(checks, ioa_policy_reg_names[i],
                                 &policy->tdx_regs[i], tdx->regs48[i],
                                 IOA_POLICY_REG_LEN);
    }

    return good ? IOA_OK : IOA_MEASUREMENT_MISMATCH;
}


/* Returns: IOA_OK, or what is wrong with their number. */
static ioa_status_t
ioa_policy_gpu_count(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    size_t n)
{
    size_t  wanted;

    if (n == 0 || n > IOA_POLICY_GPUS_MAX) {
        ioa_check_add(checks, "gpu.count", IOA_CHECK_FAILED,
                      "%zu, 1 to %d can be judged", n, IOA_POLICY_GPUS_MAX);
        return n == 0 ? IOA_GPU_EVIDENCE_MISSING : IOA_MEASUREMENT_MISMATCH;
    }

    if (!policy->count.given) {
        ioa_check_add(checks, "gpu.count", IOA_CHECK_NOT_MADE, "not pinned");
        return IOA_OK;
    }

    wanted = (size_t) policy->count.value;

    if (ioa_check_that(checks, n == wanted, "gpu.count", "%zu, must be %zu",
                       n, wanted))
    {
        return IOA_OK;
    }

    return n < wanted ? IOA_GPU_EVIDENCE_MISSING : IOA_MEASUREMENT_MISMATCH;
}


/* 1 where all GPUs have the same text, or none has any (NULL). */
static int
ioa_policy_same(const char *const *words, size_t n)
{
    size_t  i;

    for (i = 1; i < n; i++) {
        if ((words[i] == NULL) != (words[0] == NULL)
            || (words[i] != NULL && strcmp(words[i], words[0]) != 0))
        {
            return 0;
        }
    }

    return 1;
}


/* A line that names what differs between GPUs. */
static int
ioa_policy_alike(ioa_checks_t *checks, const char *const *modes,
    const char *const *drivers, const char *const *vbioses, size_t n)
{
    const char  *differs = NULL;

    if (!ioa_policy_same(vbioses, n)) {
        differs = "VBIOS versions";
    }

    if (!ioa_policy_same(drivers, n)) {
        differs = "driver versions";
    }

    if (!ioa_policy_same(modes, n)) {
        differs = "modes";
    }

    return ioa_check_that(checks, differs == NULL, "gpu.alike",
                          differs == NULL ? "%s of %zu"
                                          : "the %s of %zu differ",
                          differs == NULL ? "mode, driver and VBIOS"
                                          : differs, n);
}


/* Eight GPUs, and the same four switches between all of them. */
static int
ioa_policy_switches(ioa_checks_t *checks, const ioa_policy_gpu_t *gpus,
    size_t n)
{
    int     good;
    size_t  i;

    for (i = 0; n == IOA_POLICY_SWITCHED && i < n; i++) {
        if (gpus[i].switches32 == NULL
            || gpus[i].switches_n != IOA_POLICY_SWITCHES
            || memcmp(gpus[i].switches32, gpus[0].switches32,
                      IOA_POLICY_SWITCHES_LEN) != 0)
        {
            break;
        }
    }

    ioa_check_add(checks, "gpu.switch_evidence", IOA_CHECK_NOT_MADE,
                  "NVSwitches not attested");

    good = n == IOA_POLICY_SWITCHED && i == n;

    return ioa_check_that(checks, good, "gpu.switches",
                          "%zu GPUs, %zu switches of the first%s", n,
                          gpus[0].switches_n,
                          good ? ", the same of all"
                          : "; 8 that name the same 4 are needed");
}


static int
ioa_policy_modes(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_policy_gpu_t *gpus, const char *const *modes, size_t n)
{
    size_t  i;

    static const char  ppcie[] = "protected-pcie";

    if (policy->modes.n != 0) {
        if (!ioa_policy_all_listed(checks, "gpu.modes", &policy->modes, modes,
                                   n))
        {
            return 0;
        }

    } else {
        for (i = 0; i < n && (strcmp(modes[i], "single") == 0
                              || strcmp(modes[i], "multi") == 0); i++)
        {
            /* the modes whose NVLinks, if any, are encrypted */
        }

        if (!ioa_check_that(checks, i == n, "gpu.modes", "%s%s",
                            modes[i == n ? 0 : i],
                            i == n ? "" : ": NVLink in clear to NVSwitches "
                            "not attested, see gpu.modes"))
        {
            return 0;
        }
    }

    for (i = 0; i < n; i++) {
        if (strcmp(modes[i], ppcie) == 0) {
            return ioa_policy_switches(checks, gpus, n);
        }
    }

    return 1;
}


ioa_status_t
ioa_policy_gpus(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_policy_gpu_t *gpus, size_t n)
{
    int           good;
    size_t        i;
    const char   *arch[IOA_POLICY_GPUS_MAX], *driver[IOA_POLICY_GPUS_MAX],
                 *vbios[IOA_POLICY_GPUS_MAX], *mode[IOA_POLICY_GPUS_MAX],
                 *ueid[IOA_POLICY_GPUS_MAX];
    ioa_status_t  count;

    count = ioa_policy_gpu_count(checks, policy, n);

    if (n == 0 || n > IOA_POLICY_GPUS_MAX) {
        return count;
    }

    for (i = 0; i < n; i++) {
        arch[i] = gpus[i].arch;
        driver[i] = gpus[i].driver_version;
        vbios[i] = gpus[i].vbios_version;
        mode[i] = gpus[i].mode;
        ueid[i] = gpus[i].ueid;
    }

    good = ioa_policy_all_listed(checks, "gpu.arch", &policy->arch, arch, n);
    good &= ioa_policy_all_listed(checks, "gpu.driver_versions",
                                  &policy->driver_versions, driver, n);
    good &= ioa_policy_all_listed(checks, "gpu.vbios_versions",
                                  &policy->vbios_versions, vbios, n);
    good &= ioa_policy_alike(checks, mode, driver, vbios, n);
    good &= ioa_policy_modes(checks, policy, gpus, mode, n);
    good &= ioa_policy_all_listed(checks, "gpu.ueid", &policy->ueid, ueid, n);

    if (count == IOA_GPU_EVIDENCE_MISSING) {
        return count;
    }

    return good ? count : IOA_MEASUREMENT_MISMATCH;
}


int64_t
ioa_policy_reference_expired(const ioa_policy_file_t *policy)
{
    return policy->reference_expired.given ? policy->reference_expired.value
                                           : IOA_POLICY_EXPIRED;
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


/* All in one line, cut where there is no room. */
static void
ioa_policy_advisories_text(char text[IOA_CHECK_DETAIL_MAX],
    const ioa_tcb_t *tcb)
{
    size_t  i, n;

    text[0] = '\0';

    for (i = 0, n = 0; i < tcb->advisories_n && n < IOA_CHECK_DETAIL_MAX;
         i++)
    {
        n += (size_t) snprintf(text + n, IOA_CHECK_DETAIL_MAX - n, ", %s%s",
                               tcb->advisories[i],
                               ioa_tcb_advisory_means(tcb->advisories[i]));
    }
}


static int
ioa_policy_advisories(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_tcb_t *tcb)
{
    char         text[IOA_CHECK_DETAIL_MAX];
    size_t       i;
    const char  *words[IOA_TCB_ADVISORIES_MAX];

    if (tcb->advisories_n == 0 || policy->advisories_allowed.n == 0) {
        ioa_policy_advisories_text(text, tcb);
        ioa_check_add(checks, "tdx.advisories_allowed", IOA_CHECK_NOT_MADE,
                      "%s%s", tcb->status == IOA_TCB_UNKNOWN ? "no collateral"
                      : tcb->advisories_n == 0 ? "no advisories"
                      : "not pinned", text);
        return 1;
    }

    for (i = 0; i < tcb->advisories_n; i++) {
        words[i] = tcb->advisories[i];
    }

    return ioa_policy_all_listed(checks, "tdx.advisories_allowed",
                                 &policy->advisories_allowed, words,
                                 tcb->advisories_n);
}


/* Intel's evaluation that the collateral is of, the older of both. */
static int
ioa_policy_evaluation(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_tcb_t *tcb)
{
    int64_t  least;

    if (!policy->min_evaluation.given) {
        ioa_check_add(checks, "tdx.min_evaluation", IOA_CHECK_NOT_MADE,
                      "no minimum");
        return 1;
    }

    least = policy->min_evaluation.value;

    if (tcb->status == IOA_TCB_UNKNOWN) {
        ioa_check_add(checks, "tdx.min_evaluation", IOA_CHECK_FAILED,
                      "no collateral, at least %" PRId64, least);
        return 0;
    }

    return ioa_check_that(checks, tcb->evaluation >= (uint64_t) least,
                          "tdx.min_evaluation",
                          "%" PRIu64 ", at least %" PRId64, tcb->evaluation,
                          least);
}


/* How far out of date it is, and what lifts it; else nothing. */
static void
ioa_policy_tcb_age(char text[IOA_CHECK_DETAIL_MAX],
    const ioa_tcb_t *tcb, int grace, int64_t now)
{
    text[0] = '\0';

    if (!ioa_tcb_is_out_of_date(tcb->status) || tcb->out_since <= 0) {
        return;
    }

    snprintf(text, IOA_CHECK_DETAIL_MAX,
             ", fixed %" PRId64 " days ago%s%s%s",
             (now - tcb->out_since) / IOA_POLICY_DAY,
             grace ? ", within tcb_grace" : "",
             tcb->lacks[0] != '\0' ? ": " : "", tcb->lacks);
}


static ioa_status_t
ioa_policy_tcb_status(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_tcb_t *tcb, int collateral, int64_t now)
{
    int          good, grace;
    char         age[IOA_CHECK_DETAIL_MAX];
    const char  *name;

    name = ioa_tcb_name(tcb->status);

    if ((unsigned) tcb->status >= IOA_TCB_REVOKED) {
        ioa_check_add(checks, "tdx.tcb_status", IOA_CHECK_FAILED, "%s",
                      name);
        return IOA_REVOKED;
    }

    if (policy->tcb_status.n == 0 && !collateral
        && tcb->status == IOA_TCB_UNKNOWN)
    {
        ioa_check_add(checks, "tdx.tcb_status", IOA_CHECK_NOT_MADE,
                      "no collateral is asked for");
        return IOA_OK;
    }

    good = ioa_policy_tcb_listed(policy, tcb->status, collateral);
    grace = !good && ioa_policy_tcb_in_grace(policy, tcb, collateral, now);
    ioa_policy_tcb_age(age, tcb, grace, now);

    return ioa_check_that(checks, good || grace, "tdx.tcb_status", "%s%s",
                          name, age)
           ? IOA_OK : IOA_TCB_REJECTED;
}


ioa_status_t
ioa_policy_tcb(ioa_checks_t *checks, const ioa_policy_file_t *policy,
    const ioa_tcb_t *tcb, int collateral, int64_t now)
{
    int           good;
    ioa_status_t  st;

    st = ioa_policy_tcb_status(checks, policy, tcb, collateral, now);
    good = ioa_policy_advisories(checks, policy, tcb);
    good &= ioa_policy_evaluation(checks, policy, tcb);

    return st == IOA_OK && !good ? IOA_TCB_REJECTED : st;
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
