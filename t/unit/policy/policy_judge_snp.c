/*
 * policy_judge_snp: what a policy says of SEV-SNP reports, each judgement
 * with its control.
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


#define CHIP_BITS  0x22             /* alias_check, tsme */
#define GUEST_BITS (1 << 20)        /* single_socket */

static uint8_t           snp_host32[32], snp_chip64[64];
static ioa_policy_snp_t  snp_good;      /* that FULL takes */


static void
snp_made(ioa_policy_product_t product)
{
    unsigned  i;

    memcpy(snp_host32, reg48, 32);
    memcpy(snp_chip64, reg48, 32);
    memcpy(snp_chip64 + 32, reg48, 32);

    memset(&snp_good, 0, sizeof(snp_good));
    snp_good.measurement48 = reg48;
    snp_good.host_data32 = snp_host32;
    snp_good.product = product;
    snp_good.chip_id64 = snp_chip64;
    snp_good.platform_info = CHIP_BITS;
    snp_good.policy = GUEST_BITS;

    for (i = 0; i < IOA_POLICY_SNP_SVNS; i++) {
        snp_good.reported_tcb[i] = (uint8_t) (10 * product + i + 1);
    }

    if (product != IOA_POLICY_TURIN) {
        snp_good.reported_tcb[IOA_POLICY_FMC] = 0;
    }
}


/* Refused for this check alone, and for this reason. */
static void
snp_bad(const ioa_policy_file_t *policy, const ioa_policy_snp_t *snp,
    ioa_status_t reason, const char *name)
{
    size_t    i;
    unsigned  failed;

    failed = 0;
    UNIT_OK(ioa_policy_snp(fresh(), policy, snp) == reason
            && strcmp(first(), name) == 0, "%s, got %s", name, first());

    for (i = 0; i < checks.n; i++) {
        failed += checks.list[i].verdict == IOA_CHECK_FAILED;
    }

    UNIT_OK(failed == 1, "%s alone", name);
}


static void
test_snp(void)
{
    ioa_policy_snp_t    snp;
    ioa_policy_file_t  *policy;

    policy = good_policy(FULL);
    snp_made(IOA_POLICY_GENOA);

    UNIT_OK(ioa_policy_snp(fresh(), policy, &snp_good) == IOA_OK
            && *first() == '\0' && checks.n == 15, "snp fits");
    snp = snp_good;
    snp.measurement48 = other48;
    snp_bad(policy, &snp, IOA_MEASUREMENT_MISMATCH, "sev_snp.measurement");
    snp.reported_tcb[0] = 0;
    UNIT_OK(ioa_policy_snp(fresh(), policy, &snp)
            == IOA_MEASUREMENT_MISMATCH
            && strcmp(first(), "sev_snp.measurement") == 0,
            "measurement before TCB");

    snp = snp_good;
    snp_host32[31] ^= 1;
    snp_bad(policy, &snp, IOA_MEASUREMENT_MISMATCH, "sev_snp.host_data");
    snp_host32[31] ^= 1;
    snp.vmpl = 1;
    snp_bad(policy, &snp, IOA_MEASUREMENT_MISMATCH, "sev_snp.vmpl");

    snp = snp_good;
    snp.provisional = 1;
    snp_bad(policy, &snp, IOA_TCB_REJECTED, "sev_snp.provisional");

    /* a Milan that is new enough for a Genoa */

    snp = snp_good;
    snp.product = IOA_POLICY_MILAN;
    snp_bad(policy, &snp, IOA_MEASUREMENT_MISMATCH, "sev_snp.products");
    snp.product = IOA_POLICY_PRODUCTS;
    snp_bad(policy, &snp, IOA_MEASUREMENT_MISMATCH, "sev_snp.products");

    snp = snp_good;
    snp_chip64[63] ^= 1;
    snp_bad(policy, &snp, IOA_MEASUREMENT_MISMATCH, "sev_snp.chip_id");
    snp_chip64[63] ^= 1;
    snp.chip_id64 = NULL;
    snp_bad(policy, &snp, IOA_MEASUREMENT_MISMATCH, "sev_snp.chip_id");
    ioa_policy_free(policy);
}


/* Of several bits each counts, and not the first alone. */
static void
test_snp_some_bits(void)
{
    size_t              i;
    ioa_policy_snp_t    snp;
    ioa_policy_file_t  *policy;

    static const struct {
        uint64_t     bits;
        const char  *fails;
    } cases[] = {
        { 0x84, NULL },                         /* ecc, tio */
        { 0x04, "sev_snp.platform_info.require" },
        { 0x80, "sev_snp.platform_info.require" },
        { 0x85, "sev_snp.platform_info.refuse" },
        { 0x86, "sev_snp.platform_info.refuse" }
    };

    policy = good_policy("{\"sev_snp\":{\"platform_info\":{\"require\":"
                         "[\"ecc\",\"tio\"],\"refuse\":[\"smt\","
                         "\"tsme\"]}}}");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snp_made(IOA_POLICY_GENOA);
        snp = snp_good;
        snp.platform_info = cases[i].bits;

        if (cases[i].fails == NULL) {
            UNIT_OK(ioa_policy_snp(fresh(), policy, &snp) == IOA_OK,
                    "two bits that are required, two that are refused");
        } else {
            snp_bad(policy, &snp, IOA_MEASUREMENT_MISMATCH, cases[i].fails);
        }
    }

    ioa_policy_free(policy);
}


/* Each bit that has a name, required and refused, set and not. */
static void
test_snp_bits(void)
{
    static const struct {
        const char  *member;
        const char  *word;
        uint64_t     bit;
    } bits[] = {
        { "platform_info", "smt", 0x01 }, { "platform_info", "tsme", 0x02 },
        { "platform_info", "ecc", 0x04 },
        { "platform_info", "rapl_dis", 0x08 },
        { "platform_info", "ciphertext_hiding", 0x10 },
        { "platform_info", "alias_check", 0x20 },
        { "platform_info", "tio", 0x80 },
        { "policy", "smt", 1 << 16 }, { "policy", "single_socket", 1 << 20 },
        { "policy", "cxl", 1 << 21 },
        { "policy", "mem_aes_256_xts", 1 << 22 },
        { "policy", "rapl_dis", 1 << 23 },
        { "policy", "ciphertext_hiding", 1 << 24 },
        { "policy", "page_swap_disable", 1 << 25 }
    };

    int                 set, refuse, platform;
    char                text[128], name[64];
    size_t              i;
    ioa_policy_snp_t    snp;
    ioa_policy_file_t  *policy;

    for (i = 0; i < 4 * sizeof(bits) / sizeof(bits[0]); i++) {
        set = i & 1;
        refuse = i >> 1 & 1;
        platform = strcmp(bits[i / 4].member, "platform_info") == 0;

        snprintf(name, sizeof(name), "sev_snp.%s.%s", bits[i / 4].member,
                 refuse ? "refuse" : "require");
        snprintf(text, sizeof(text), "{\"sev_snp\":{\"%s\":{\"%s\":[\"%s\"]}}}",
                 bits[i / 4].member, refuse ? "refuse" : "require",
                 bits[i / 4].word);
        policy = good_policy(text);

        /* all others say the opposite */

        snp_made(IOA_POLICY_GENOA);
        snp = snp_good;
        snp.platform_info = set ? 0 : UINT64_MAX;
        snp.policy = snp.platform_info;

        if (platform) {
            snp.platform_info ^= bits[i / 4].bit;
        } else {
            snp.policy ^= bits[i / 4].bit;
        }

        if (set != refuse) {
            UNIT_OK(ioa_policy_snp(fresh(), policy, &snp) == IOA_OK
                    && check_of(name) == IOA_CHECK_PASSED, "%s fits", text);
        } else {
            snp_bad(policy, &snp, IOA_MEASUREMENT_MISMATCH, name);
        }

        ioa_policy_free(policy);
    }
}


/* Each product has a floor of its own. */
static void
test_snp_min_tcb(void)
{
    static const char *const  names[IOA_POLICY_SNP_SVNS] = {
        "sev_snp.min_tcb.bootloader", "sev_snp.min_tcb.tee",
        "sev_snp.min_tcb.snp", "sev_snp.min_tcb.microcode",
        "sev_snp.min_tcb.fmc"
    };

    size_t              i;
    unsigned            product;
    ioa_policy_snp_t    snp;
    ioa_policy_file_t  *policy;

    policy = good_policy(FULL);
    policy->products.n = 0;

    for (product = 0; product < IOA_POLICY_PRODUCTS; product++) {
        snp_made((ioa_policy_product_t) product);
        UNIT_OK(ioa_policy_snp(fresh(), policy, &snp_good) == IOA_OK,
                "product %u: what is asked of it", product);

        for (i = 0; i < IOA_POLICY_SNP_SVNS; i++) {
            snp = snp_good;

            if (snp.reported_tcb[i] == 0) {
                UNIT_OK(check_of(names[i]) == IOA_CHECK_NOT_MADE,
                        "product %u has no %s", product, names[i]);
                continue;
            }

            snp.reported_tcb[i]--;
            snp_bad(policy, &snp, IOA_TCB_REJECTED, names[i]);
            snp.reported_tcb[i] = 255;
            UNIT_OK(ioa_policy_snp(fresh(), policy, &snp) == IOA_OK,
                    "more than the minimum");
        }
    }

    ioa_policy_free(policy);
}


static void
test_snp_nothing(void)
{
    size_t              i;
    ioa_policy_snp_t    snp;
    ioa_policy_file_t  *policy;

    static const struct {
        const char  *text;
        int          any;
    } milan[] = {
        { "{}", 1 }, { "{\"sev_snp\":{\"products\":[]}}", 1 },
        { "{\"sev_snp\":{\"products\":[\"Turin\",\"Milan\"]}}", 1 },
        { "{\"sev_snp\":{\"products\":[\"Turin\",\"Genoa\"]}}", 0 },
        { "{\"sev_snp\":{\"chip_id\":[\"" CHIP "\"]}}", 0 },
        { "{\"sev_snp\":{\"chip_id\":[\"" CHIP "\"],"
          "\"products\":[\"Milan\"]}}", 0 },
        { "{\"sev_snp\":{\"measurement\":[\"" HEX48 "\"]}}", 1 }
    };

    for (i = 0; i < sizeof(milan) / sizeof(milan[0]); i++) {
        policy = good_policy(milan[i].text);
        UNIT_OK(ioa_policy_any_milan(policy) == milan[i].any,
                "any Milan: %s", milan[i].text);
        ioa_policy_free(policy);
    }

    snp_made(IOA_POLICY_MILAN);
    snp = snp_good;
    snp.chip_id64 = NULL;
    policy = good_policy("{}");
    snp.vmpl = 3;
    UNIT_OK(ioa_policy_snp(fresh(), policy, &snp) == IOA_OK
            && check_of("sev_snp.vmpl") == IOA_CHECK_NOT_MADE
            && check_of("sev_snp.measurement") == IOA_CHECK_NOT_MADE
            && check_of("sev_snp.products") == IOA_CHECK_NOT_MADE
            && check_of("sev_snp.chip_id") == IOA_CHECK_NOT_MADE
            && check_of("sev_snp.policy.refuse") == IOA_CHECK_NOT_MADE
            && check_of("sev_snp.min_tcb.tee") == IOA_CHECK_NOT_MADE,
            "nothing asked, nothing made");
    ioa_policy_free(policy);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < sizeof(reg48); i++) {
        reg48[i] = (uint8_t) i;
        other48[i] = (uint8_t) (i ^ 0x80);
    }

    test_snp();
    test_snp_bits();
    test_snp_some_bits();
    test_snp_min_tcb();
    test_snp_nothing();

    return UNIT_DONE();
}
