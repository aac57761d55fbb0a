/*
 * policy_judge: what a policy says of evidence, each judgement with its
 * control.
 */

#include "fixtures/policyfile.h"

static uint8_t       reg48[48], other48[48];
static ioa_checks_t  checks;


/* Looks a check up.  Returns: its verdict, or -1. */
static int
check_of(const char *name)
{
    size_t  i;

    for (i = 0; i < checks.n; i++) {
        if (strcmp(checks.list[i].name, name) == 0) {
            return (int) checks.list[i].verdict;
        }
    }

    return -1;
}


/* The list of checks, empty again. */
static ioa_checks_t *
fresh(void)
{
    ioa_checks_init(&checks);

    return &checks;
}


/* The first check that failed, or "". */
static const char *
first(void)
{
    const ioa_check_t  *check;

    check = ioa_checks_failed(&checks);

    return check != NULL ? check->name : "";
}


static void
test_tdx(void)
{
    char                text[256];
    size_t              i, pinned;
    unit_all_t          fit = { 0 }, misfit = { 0 };
    ioa_policy_tdx_t    tdx;
    ioa_policy_file_t  *policy;

    static const char *const  names[IOA_POLICY_TDX_REGS] = {
        "mr_td", "mr_seam", "mr_config_id", "rtmr0", "rtmr1", "rtmr2", "rtmr3"
    };

    tdx.ppid16 = other48;
    tdx.fmspc6 = other48;

    for (pinned = 0; pinned < IOA_POLICY_TDX_REGS; pinned++) {
        sprintf(text, "{\"tdx\":{\"%s\":[\"" HEX48 "\"]}}", names[pinned]);
        policy = good_policy(text);
        sprintf(text, "tdx.%s", names[pinned]);

        for (i = 0; i < IOA_POLICY_TDX_REGS; i++) {
            tdx.regs48[i] = other48;
        }

        unit_each(&misfit, ioa_policy_tdx(fresh(), policy, &tdx)
                           == IOA_MEASUREMENT_MISMATCH
                           && strcmp(first(), text) == 0, "%s", text);
        unit_each(&misfit, ioa_policy_tdx(NULL, policy, &tdx)
                           == IOA_MEASUREMENT_MISMATCH,
                  "%s without checks", text);
        tdx.regs48[pinned] = reg48;
        unit_each(&fit, ioa_policy_tdx(fresh(), policy, &tdx) == IOA_OK
                        && *first() == '\0'
                        && check_of(text) == IOA_CHECK_PASSED
                        && check_of(pinned == 0 ? "tdx.rtmr3" : "tdx.mr_td")
                           == IOA_CHECK_NOT_MADE, "%s", text);
        unit_each(&fit, ioa_policy_tdx(NULL, policy, &tdx) == IOA_OK,
                  "%s without checks", text);
        ioa_policy_free(policy);
    }

    UNIT_ALL(&fit, "registers that fit");
    UNIT_ALL(&misfit, "registers that do not");
}


/* PPID and FMSPC: one of those listed. */
static void
test_platform(void)
{
    size_t              i;
    ioa_policy_tdx_t    tdx;
    ioa_policy_file_t  *policy;

    static const struct {
        const char  *text;
        const char  *failed;
    } cases[] = {
        { "{}", "" },
        { "{\"tdx\":{\"ppid\":[\"" HEX16 "\"]}}", "" },
        { "{\"tdx\":{\"ppid\":[\"ff0102030405060708090a0b0c0d0e0f\",\""
          HEX16 "\"],\"fmspc\":[\"000102030405\"]}}", "" },
        { "{\"tdx\":{\"ppid\":[\"ff0102030405060708090a0b0c0d0e0f\"]}}",
          "tdx.ppid" },
        { "{\"tdx\":{\"ppid\":[\"000102030405060708090a0b0c0d0eff\"]}}",
          "tdx.ppid" },
        { "{\"tdx\":{\"fmspc\":[\"" HEX6 "\"]}}", "tdx.fmspc" },
        { "{\"tdx\":{\"fmspc\":[\"0001020304ff\"]}}", "tdx.fmspc" },
        { "{\"tdx\":{\"fmspc\":[\"" HEX6 "\"],\"ppid\":[\"" HEX16 "\"]}}",
          "tdx.fmspc" },
    };

    memset(&tdx, 0, sizeof(tdx));

    for (i = 0; i < IOA_POLICY_TDX_REGS; i++) {
        tdx.regs48[i] = other48;
    }

    tdx.ppid16 = reg48;
    tdx.fmspc6 = reg48;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        policy = good_policy(cases[i].text);
        UNIT_OK(ioa_policy_tdx(fresh(), policy, &tdx)
                == (cases[i].failed[0] == '\0' ? IOA_OK
                                               : IOA_MEASUREMENT_MISMATCH)
                && strcmp(first(), cases[i].failed) == 0
                && check_of("tdx.rtmr3") == IOA_CHECK_NOT_MADE,
                "platform: %s", cases[i].text);
        ioa_policy_free(policy);
    }
}


/* The least evaluation of Intel's that the collateral may be of. */
static void
test_evaluation(void)
{
    ioa_tcb_t           tcb;
    ioa_policy_file_t  *policy;

    memset(&tcb, 0, sizeof(tcb));
    tcb.status = IOA_TCB_UP_TO_DATE;
    tcb.evaluation = 17;

    policy = good_policy("{}");
    UNIT_OK(ioa_policy_tcb(fresh(), policy, &tcb, 1, 1000) == IOA_OK
            && check_of("tdx.min_evaluation") == IOA_CHECK_NOT_MADE,
            "no evaluation is asked for");
    ioa_policy_free(policy);

    policy = good_policy("{\"tdx\":{\"min_evaluation\":18}}");
    UNIT_OK(ioa_policy_tcb(fresh(), policy, &tcb, 1, 1000)
            == IOA_TCB_REJECTED
            && strcmp(first(), "tdx.min_evaluation") == 0
            && check_of("tdx.tcb_status") == IOA_CHECK_PASSED,
            "an older evaluation");
    UNIT_OK(ioa_policy_tcb(NULL, policy, &tcb, 1, 1000) == IOA_TCB_REJECTED,
            "an older evaluation without checks");
    tcb.evaluation = 18;
    UNIT_OK(ioa_policy_tcb(fresh(), policy, &tcb, 1, 1000) == IOA_OK
            && check_of("tdx.min_evaluation") == IOA_CHECK_PASSED,
            "this evaluation");
    tcb.evaluation = UINT64_MAX;
    UNIT_OK(ioa_policy_tcb(fresh(), policy, &tcb, 1, 1000) == IOA_OK,
            "a later evaluation");
    tcb.status = IOA_TCB_UNKNOWN;
    UNIT_OK(ioa_policy_tcb(fresh(), policy, &tcb, 0, 1000)
            == IOA_TCB_REJECTED
            && strcmp(first(), "tdx.min_evaluation") == 0,
            "without collateral");
    ioa_policy_free(policy);

    policy = good_policy("{\"tdx\":{\"min_evaluation\":18,"
                         "\"tcb_status\":[\"unknown\"]}}");
    UNIT_OK(ioa_policy_tcb(fresh(), policy, &tcb, 0, 1000)
            == IOA_TCB_REJECTED
            && strcmp(first(), "tdx.min_evaluation") == 0,
            "without collateral, status unknown listed");
    ioa_policy_free(policy);
}


/* SEPT_VE_DISABLE is asked for unless a policy says that it is not. */
static void
test_td_attributes(void)
{
    size_t              i;
    ioa_policy_tdx_t    set = { .sept_ve_disable = 1 };
    ioa_policy_tdx_t    clear = { .sept_ve_disable = 0 };
    ioa_policy_file_t  *policy;

    static const char *const  asking[] = {
        "{}", "{\"tdx\":{\"sept_ve_disable\":true}}"
    };

    for (i = 0; i < 2; i++) {
        policy = good_policy(asking[i]);
        UNIT_OK(ioa_policy_td_attributes(fresh(), policy, &set) == IOA_OK
                && check_of("tdx.sept_ve_disable") == IOA_CHECK_PASSED,
                "%s, set", asking[i]);
        UNIT_OK(ioa_policy_td_attributes(fresh(), policy, &clear)
                == IOA_CPU_EVIDENCE_INVALID
                && check_of("tdx.sept_ve_disable") == IOA_CHECK_FAILED,
                "%s, clear", asking[i]);
        ioa_policy_free(policy);
    }

    policy = good_policy("{\"tdx\":{\"sept_ve_disable\":false}}");
    UNIT_OK(ioa_policy_td_attributes(fresh(), policy, &clear) == IOA_OK
            && check_of("tdx.sept_ve_disable") == IOA_CHECK_NOT_MADE,
            "SEPT_VE_DISABLE not asked for");
    ioa_policy_free(policy);
}


static void
test_gpus(void)
{
    ioa_policy_gpu_t    gpus[3];
    ioa_policy_file_t  *policy;

    gpus[0].arch = "HOPPER";
    gpus[0].driver_version = "550.90.07";
    gpus[0].vbios_version = "96.00.9F.00.01";
    gpus[0].mode = "single";
    gpus[0].switches32 = NULL;
    gpus[0].switches_n = 0;
    gpus[0].ueid = "7";
    gpus[1] = gpus[0];
    gpus[2] = gpus[0];
    gpus[1].arch = "BLACKWELL";

    policy = good_policy(FULL);
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 2) == IOA_OK
            && *first() == '\0'
            && check_of("gpu.vbios_versions") == IOA_CHECK_NOT_MADE
            && check_of("gpu.arch") == IOA_CHECK_PASSED, "gpus fit");
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 1)
            == IOA_GPU_EVIDENCE_MISSING && strcmp(first(), "gpu.count") == 0,
            "too few");
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 0)
            == IOA_GPU_EVIDENCE_MISSING, "none");
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 3)
            == IOA_MEASUREMENT_MISMATCH && strcmp(first(), "gpu.count") == 0,
            "too many");
    gpus[1].arch = "ADA";
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 2)
            == IOA_MEASUREMENT_MISMATCH && strcmp(first(), "gpu.arch") == 0,
            "another arch");
    gpus[1].arch = "HOPPER";
    gpus[1].driver_version = "550.90.0";
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 2)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.driver_versions") == 0, "another driver");
    gpus[1].driver_version = "";
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 2)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.driver_versions") == 0,
            "a driver that is not said");
    gpus[1].driver_version = gpus[0].driver_version;
    ioa_policy_free(policy);

    policy = good_policy("{\"gpu\":{\"vbios_versions\":"
                         "[\"96.00.9F.00.01\"]}}");
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 3) == IOA_OK,
            "any driver, any number");
    gpus[2].vbios_version = "96.00.9F.00.02";
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 3)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.vbios_versions") == 0, "another VBIOS");
    ioa_policy_free(policy);
}


/* Every GPU is one of those listed, in whatever order. */
static void
test_ueid(void)
{
    ioa_policy_gpu_t    gpus[2];
    ioa_policy_file_t  *policy;

    memset(gpus, 0, sizeof(gpus));
    gpus[0].arch = gpus[1].arch = "HOPPER";
    gpus[0].driver_version = gpus[1].driver_version = "550.90.07";
    gpus[0].vbios_version = gpus[1].vbios_version = "96.00.9F.00.01";
    gpus[0].mode = gpus[1].mode = "single";
    gpus[0].ueid = UEID;
    gpus[1].ueid = "7";

    policy = good_policy("{}");
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 2) == IOA_OK
            && check_of("gpu.ueid") == IOA_CHECK_NOT_MADE, "any GPU");
    ioa_policy_free(policy);

    policy = good_policy("{\"gpu\":{\"ueid\":[\"7\",\"8\",\"" UEID "\"]}}");
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 2) == IOA_OK
            && check_of("gpu.ueid") == IOA_CHECK_PASSED, "those listed");
    gpus[1].ueid = "77";
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 2)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.ueid") == 0, "the second is not");
    gpus[1].ueid = "8";
    gpus[0].ueid = "655245131867405026133104226236363693205108889523";
    UNIT_OK(ioa_policy_gpus(NULL, policy, gpus, 2)
            == IOA_MEASUREMENT_MISMATCH, "the first is not");
    gpus[0].ueid = "";
    UNIT_OK(ioa_policy_gpus(fresh(), policy, gpus, 2)
            == IOA_MEASUREMENT_MISMATCH, "one that does not say it");
    ioa_policy_free(policy);
}


static void
test_reference_expired(void)
{
    ioa_policy_file_t  *policy;

    policy = good_policy("{}");
    UNIT_OK(ioa_policy_reference_expired(policy) == 30 * 86400,
            "a manifest counts a month longer");
    ioa_policy_free(policy);

    policy = good_policy("{\"gpu\":{\"reference_expired\":\"0\"}}");
    UNIT_OK(ioa_policy_reference_expired(policy) == 0, "or to its end");
    ioa_policy_free(policy);
}


/* Modes: what is not listed, and who must agree with whom. */
static void
test_modes(void)
{
    size_t              i;
    uint8_t             switches[2][IOA_POLICY_SWITCHES_LEN];
    ioa_policy_gpu_t    gpus[9], good;
    ioa_policy_file_t  *none, *pcie, *multi;

    none = good_policy("{}");
    pcie = good_policy("{\"gpu\":{\"modes\":[\"protected-pcie\"]}}");
    multi = good_policy("{\"gpu\":{\"modes\":[\"multi\"]}}");
    memset(switches, 7, sizeof(switches));
    switches[1][31] = 8;
    memset(&good, 0, sizeof(good));
    good.arch = "HOPPER";
    good.driver_version = "590.12";
    good.vbios_version = "96.00.A5.00.01";
    good.mode = "single";

    for (i = 0; i < 9; i++) {
        gpus[i] = good;
    }

    UNIT_OK(ioa_policy_gpus(fresh(), none, gpus, 8) == IOA_OK
            && check_of("gpu.modes") == IOA_CHECK_PASSED
            && check_of("gpu.switches") == -1, "single passes");
    UNIT_OK(ioa_policy_gpus(fresh(), multi, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.modes") == 0, "where multi is not asked");
    gpus[7].mode = "multi";
    UNIT_OK(ioa_policy_gpus(fresh(), none, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.alike") == 0, "modes that differ");
    gpus[7] = good;
    gpus[7].driver_version = "590.13";
    UNIT_OK(ioa_policy_gpus(fresh(), none, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.alike") == 0, "drivers that differ");
    gpus[7] = good;
    gpus[1].vbios_version = "96.00.A5.00.02";
    UNIT_OK(ioa_policy_gpus(fresh(), none, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.alike") == 0, "VBIOSes that differ");

    good.mode = "protected-pcie";
    good.switches32 = switches[0];
    good.switches_n = IOA_POLICY_SWITCHES;

    for (i = 0; i < 9; i++) {
        gpus[i] = good;
    }

    UNIT_OK(ioa_policy_gpus(fresh(), none, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.modes") == 0,
            "protected PCIe is refused unless listed");
    UNIT_OK(ioa_policy_gpus(fresh(), pcie, gpus, 8) == IOA_OK
            && check_of("gpu.switches") == IOA_CHECK_PASSED
            && check_of("gpu.switch_evidence") == IOA_CHECK_NOT_MADE,
            "passes where it is, and the switches are named");
    UNIT_OK(ioa_policy_gpus(fresh(), pcie, gpus, 7)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.switches") == 0, "seven GPUs");
    UNIT_OK(ioa_policy_gpus(fresh(), pcie, gpus, 9)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.switches") == 0, "nine GPUs");
    gpus[7].switches32 = switches[1];
    UNIT_OK(ioa_policy_gpus(fresh(), pcie, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.switches") == 0, "another switch");
    gpus[7] = good;
    gpus[7].switches_n = 3;
    UNIT_OK(ioa_policy_gpus(fresh(), pcie, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.switches") == 0, "three switches");
    gpus[7].switches_n = 5;
    UNIT_OK(ioa_policy_gpus(fresh(), pcie, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH, "five switches");
    gpus[7].switches32 = NULL;
    UNIT_OK(ioa_policy_gpus(fresh(), pcie, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH, "no switches");

    for (i = 0; i < 9; i++) {
        gpus[i].mode = "unknown";
    }

    UNIT_OK(ioa_policy_gpus(fresh(), none, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.modes") == 0, "a mode that is not known");
    gpus[0].mode = "single";
    UNIT_OK(ioa_policy_gpus(fresh(), none, gpus, 8)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "gpu.alike") == 0, "one alone says it");

    ioa_policy_free(none);
    ioa_policy_free(pcie);
    ioa_policy_free(multi);
}


/* The verdict on a status under tcb_status and tcb_grace. */
static ioa_status_t
judge_tcb(const char *tdx, ioa_tcb_status_t status, int collateral,
    int64_t since, int64_t now)
{
    char                text[512];
    ioa_tcb_t           tcb;
    ioa_status_t        st;
    ioa_policy_file_t  *policy;

    memset(&tcb, 0, sizeof(tcb));
    tcb.status = status;
    tcb.out_since = since;
    sprintf(text, "{\"tdx\":{%s}}", tdx);
    policy = good_policy(text);
    st = ioa_policy_tcb(NULL, policy, &tcb, collateral, now);
    ioa_policy_free(policy);

    return st;
}


/* The details on a TCB that is out of date since then, one after another. */
static const char *
said_tcb(const char *tdx, int64_t since)
{
    char                text[300];
    size_t              i, n;
    ioa_tcb_t           tcb;
    ioa_policy_file_t  *policy;

    static char  said[512];

    snprintf(text, sizeof(text), "{\"tdx\":{%s}}", tdx);
    policy = good_policy(text);
    memset(&tcb, 0, sizeof(tcb));
    tcb.status = IOA_TCB_OUT_OF_DATE;
    tcb.out_since = since;
    said[0] = '\0';

    if (ioa_tcb_add_advisory(&tcb, UNIT_BYTES("SA-1"))
        && ioa_tcb_add_advisory(&tcb, UNIT_BYTES("SA-22")))
    {
        ioa_checks_init(&checks);
        (void) !ioa_policy_tcb(&checks, policy, &tcb, 1, 1000000);
    }

    for (i = 0, n = 0; i < checks.n; i++) {
        n += (size_t) snprintf(said + n, sizeof(said) - n, "%s%s",
                               i != 0 ? ", " : "", checks.list[i].detail);
    }

    ioa_policy_free(policy);

    return said;
}


/* The detail of the status that is short of something. */
static const char *
said_lacks(ioa_tcb_status_t status)
{
    ioa_tcb_t           tcb;
    ioa_policy_file_t  *policy;

    policy = good_policy("{}");
    memset(&tcb, 0, sizeof(tcb));
    tcb.status = status;
    tcb.out_since = 1000000 - 3 * 86400;
    strcpy(tcb.lacks, "PCESVN is 9, 11 is needed");
    (void) !ioa_policy_tcb(fresh(), policy, &tcb, 1, 1000000);
    ioa_policy_free(policy);

    return checks.list[0].detail;
}


/* Until when a status passes that does now. */
static int64_t
until_tcb(const char *tdx, ioa_tcb_status_t status, int64_t since,
    int64_t now)
{
    char                text[512];
    int64_t             until;
    ioa_tcb_t           tcb;
    ioa_policy_file_t  *policy;

    memset(&tcb, 0, sizeof(tcb));
    tcb.status = status;
    tcb.out_since = since;
    sprintf(text, "{\"tdx\":{%s}}", tdx);
    policy = good_policy(text);
    until = ioa_policy_tcb_until(policy, &tcb, 1, now);
    ioa_policy_free(policy);

    return until;
}


static void
test_tcb(void)
{
    unsigned    status;
    unit_all_t  all = { 0 };

#define GRACE  "\"tcb_grace\":\"10s\""

    for (status = 0; status < IOA_TCB_STATUS_MAX; status++) {
        unit_each(&all, judge_tcb("", (ioa_tcb_status_t) status, 1, 0, 1000)
                  == (status == IOA_TCB_UP_TO_DATE
                      || status == IOA_TCB_SW_HARDENING_NEEDED ? IOA_OK
                      : status == IOA_TCB_REVOKED ? IOA_REVOKED
                      : IOA_TCB_REJECTED), "default, %u", status);
        unit_each(&all, judge_tcb("\"tcb_status\":[\"OutOfDate\"]",
                                  (ioa_tcb_status_t) status, 0, 0, 1000)
                  == (status == IOA_TCB_OUT_OF_DATE ? IOA_OK
                      : status == IOA_TCB_REVOKED ? IOA_REVOKED
                      : IOA_TCB_REJECTED), "one listed, %u", status);
    }

    UNIT_ALL(&all, "each status");
    UNIT_OK(judge_tcb("", IOA_TCB_UNKNOWN, 0, 0, 1000) == IOA_OK,
            "unknown without collateral");
    UNIT_OK(judge_tcb("\"tcb_status\":[\"UpToDate\"]", IOA_TCB_UNKNOWN, 0, 0,
                      1000) == IOA_TCB_REJECTED,
            "unknown must be listed in a list");
    UNIT_OK(judge_tcb("\"tcb_status\":[\"unknown\"]", IOA_TCB_UNKNOWN, 1, 0,
                      1000) == IOA_OK, "unknown listed");
    UNIT_OK(judge_tcb("", (ioa_tcb_status_t) 99, 1, 0, 1000) == IOA_REVOKED,
            "no status at all");

    UNIT_OK(judge_tcb(GRACE, IOA_TCB_OUT_OF_DATE, 1, 991, 1000) == IOA_OK,
            "within grace");
    UNIT_OK(judge_tcb(GRACE, IOA_TCB_OUT_OF_DATE, 1, 990, 1000)
            == IOA_TCB_REJECTED, "grace is over");
    UNIT_OK(judge_tcb(GRACE, IOA_TCB_OUT_OF_DATE, 1, 0, 1)
            == IOA_TCB_REJECTED, "no date, no grace");
    UNIT_OK(judge_tcb("", IOA_TCB_OUT_OF_DATE, 1, 1000, 1000)
            == IOA_TCB_REJECTED, "no grace by default");
    UNIT_OK(judge_tcb("\"tcb_grace\":\"0\"", IOA_TCB_OUT_OF_DATE, 1, 1000,
                      1000) == IOA_TCB_REJECTED, "grace of zero");
    UNIT_OK(judge_tcb(GRACE, IOA_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, 1,
                      999, 1000) == IOA_TCB_REJECTED,
            "grace mends the date alone");
    UNIT_OK(judge_tcb(GRACE ",\"tcb_status\":[\"ConfigurationNeeded\"]",
                      IOA_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, 1, 999, 1000)
            == IOA_OK, "where configuration may be needed");
    UNIT_OK(judge_tcb(GRACE ",\"tcb_status\":[\"ConfigurationNeeded\"]",
                      IOA_TCB_OUT_OF_DATE, 1, 999, 1000) == IOA_TCB_REJECTED,
            "what it would be without is not listed");
    UNIT_OK(judge_tcb(GRACE, IOA_TCB_CONFIGURATION_NEEDED, 1, 999, 1000)
            == IOA_TCB_REJECTED, "no grace for configuration");
    UNIT_OK(strcmp(said_tcb(GRACE, 999991), "OutOfDate, fixed 0 days ago, "
                   "within tcb_grace, not pinned, SA-1, SA-22, no minimum")
            == 0,
            "what is said within: %s", said_tcb(GRACE, 999991));
    UNIT_OK(strcmp(said_tcb(GRACE, 740800), "OutOfDate, fixed 3 "
                   "days ago, not pinned, SA-1, SA-22, no minimum") == 0,
            "what is said beyond: %s", said_tcb(GRACE, 740800));
    UNIT_OK(strcmp(said_lacks(IOA_TCB_OUT_OF_DATE), "OutOfDate, fixed 3 days "
                   "ago: PCESVN is 9, 11 is needed") == 0,
            "what is short is said: %s", said_lacks(IOA_TCB_OUT_OF_DATE));
    UNIT_OK(strcmp(said_lacks(IOA_TCB_CONFIGURATION_NEEDED),
                   "ConfigurationNeeded") == 0,
            "nothing is short of what is not out of date");
    UNIT_OK(judge_tcb(GRACE, IOA_TCB_REVOKED, 1, 999, 1000) == IOA_REVOKED,
            "no grace for Revoked");

    UNIT_OK(until_tcb(GRACE, IOA_TCB_OUT_OF_DATE, 991, 1000) == 1001,
            "what passes by its grace does until that is over");
    UNIT_OK(until_tcb(GRACE ",\"tcb_status\":[\"OutOfDate\",\"UpToDate\"]",
                      IOA_TCB_OUT_OF_DATE, 991, 1000) == 0,
            "what is listed passes for ever");
    UNIT_OK(until_tcb(GRACE, IOA_TCB_UP_TO_DATE, 0, 1000) == 0
            && until_tcb(GRACE, IOA_TCB_OUT_OF_DATE, 990, 1000) == 0
            && until_tcb("", IOA_TCB_OUT_OF_DATE, 1000, 1000) == 0,
            "no grace, no end of it");
}


static void
test_advisories(void)
{
    ioa_tcb_t           tcb;
    ioa_status_t        st;
    const ioa_check_t  *failed;
    ioa_policy_file_t  *policy;

    memset(&tcb, 0, sizeof(tcb));
    tcb.status = IOA_TCB_SW_HARDENING_NEEDED;
    policy = good_policy("{\"tdx\":{\"advisories_allowed\":[\"SA-1\","
                         "\"SA-2\"],\"tcb_grace\":\"1d\"}}");
    ioa_checks_init(&checks);
    UNIT_OK(ioa_policy_tcb(&checks, policy, &tcb, 1, 1000) == IOA_OK
            && check_of("tdx.advisories_allowed") == IOA_CHECK_NOT_MADE,
            "no advisory");
    UNIT_OK(ioa_tcb_add_advisory(&tcb, UNIT_BYTES("SA-2"))
            && ioa_policy_tcb(NULL, policy, &tcb, 1, 1000) == IOA_OK,
            "advisory listed");
    UNIT_OK(ioa_tcb_add_advisory(&tcb, UNIT_BYTES("SA-22"))
            && ioa_policy_tcb(NULL, policy, &tcb, 1, 1000)
               == IOA_TCB_REJECTED, "advisory not listed");
    UNIT_OK(ioa_tcb_add_advisory(&tcb, UNIT_BYTES("INTEL-DOC-10001"))
            && ioa_tcb_add_advisory(&tcb, UNIT_BYTES("SA-1")), "end of life");
    tcb.advisories_n = 3;
    memcpy(tcb.advisories[1], "SA-1", sizeof("SA-1"));
    ioa_checks_init(&checks);
    st = ioa_policy_tcb(&checks, policy, &tcb, 1, 1000);
    failed = ioa_checks_failed(&checks);
    UNIT_OK(st == IOA_TCB_REJECTED && failed != NULL
            && strstr(failed->detail,
                      "INTEL-DOC-10001 (the processor is past its End of "
                      "Servicing Lifetime) is not one of 2"),
            "what the name means: %s", failed ? failed->detail : "");
    tcb.status = IOA_TCB_OUT_OF_DATE;
    tcb.out_since = 1000;
    UNIT_OK(ioa_policy_tcb(NULL, policy, &tcb, 1, 1000) == IOA_TCB_REJECTED,
            "nor within grace");
    tcb.advisories_n = 1;
    UNIT_OK(ioa_policy_tcb(NULL, policy, &tcb, 1, 1000) == IOA_OK,
            "within grace, and listed");
    ioa_policy_free(policy);
}


/* A line for each rule, also after one has failed or was not made. */
static void
test_lines(void)
{
    ioa_tcb_t           tcb;
    ioa_policy_file_t  *policy;

    memset(&tcb, 0, sizeof(tcb));
    policy = good_policy("{\"tdx\":{\"advisories_allowed\":[\"SA-1\"],"
                         "\"min_evaluation\":5}}");

    ioa_checks_init(&checks);
    UNIT_OK(ioa_policy_tcb(&checks, policy, &tcb, 0, 1000)
            == IOA_TCB_REJECTED
            && checks.n == 3
            && check_of("tdx.tcb_status") == IOA_CHECK_NOT_MADE
            && check_of("tdx.advisories_allowed") == IOA_CHECK_NOT_MADE
            && check_of("tdx.min_evaluation") == IOA_CHECK_FAILED,
            "three lines without collateral");

    tcb.status = IOA_TCB_REVOKED;
    tcb.evaluation = 5;
    ioa_checks_init(&checks);
    UNIT_OK(ioa_tcb_add_advisory(&tcb, UNIT_BYTES("SA-2"))
            && ioa_policy_tcb(&checks, policy, &tcb, 1, 1000) == IOA_REVOKED
            && checks.n == 3
            && check_of("tdx.tcb_status") == IOA_CHECK_FAILED
            && check_of("tdx.advisories_allowed") == IOA_CHECK_FAILED
            && check_of("tdx.min_evaluation") == IOA_CHECK_PASSED,
            "three lines of a platform that is revoked");

    ioa_checks_init(&checks);
    UNIT_OK(ioa_policy_gpus(&checks, policy, NULL, 0)
            == IOA_GPU_EVIDENCE_MISSING
            && check_of("gpu.count") == IOA_CHECK_FAILED, "no GPU");
    ioa_checks_init(&checks);
    UNIT_OK(ioa_policy_gpus(&checks, policy, NULL, IOA_POLICY_GPUS_MAX + 1)
            == IOA_MEASUREMENT_MISMATCH
            && check_of("gpu.count") == IOA_CHECK_FAILED, "too many GPUs");

    ioa_policy_free(policy);
}


int
main(void)
{
    test_reference_expired();
    size_t  i;

    for (i = 0; i < sizeof(reg48); i++) {
        reg48[i] = (uint8_t) i;
        other48[i] = (uint8_t) (i ^ 0x80);
    }

    test_tdx();
    test_platform();
    test_td_attributes();
    test_gpus();
    test_ueid();
    test_modes();
    test_tcb();
    test_advisories();
    test_lines();
    test_evaluation();

    return UNIT_DONE();
}
