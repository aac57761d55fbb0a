/*
 * policy: files that are read, files that are refused and in which words,
 * the canonical form, what changed.
 */

#include "fixtures/policyfile.h"

#define MUST_UEID                                                             \
    "line 1: gpu.ueid[0] must be a string of 1 to 49 decimal digits, as "     \
    "NVIDIA's tools print a UEID"


/* 1 where text is refused with exactly this sentence. */
static int
refused(const char *text, const char *sentence)
{
    char                error[IOA_POLICY_ERROR_MAX];
    ioa_policy_file_t  *policy;

    policy = read_bytes(error, text, strlen(text));

    if (policy != NULL || strcmp(error, sentence) != 0) {
        printf("# %s: %s\n", text, error);
        ioa_policy_free(policy);
        return 0;
    }

    return 1;
}


static void
test_errors(void)
{
    size_t  i;

    static const char *const  bad[][2] = {
        { "", "line 1: this is not JSON" },
        { "{\n\n x}", "line 3: this is not JSON" },
        { "{\"gpu\":{},\n\"gpu\":{}}",
          "line 2: member \"gpu\" is duplicate" },
        { "{\"gpu\":{\"count\":1,\n\n\"co\\u0075nt\":1}}",
          "line 3: member \"count\" is duplicate" },
        { "[]", "line 1: a policy must be a JSON object" },
        { "{\"tdxx\":{}}", "line 1: tdxx is not known" },
        { "{\"comment\":1}", "line 1: comment must be a string" },
        { "{\"tdx\":{\"comment\":[]}}",
          "line 1: tdx.comment must be a string" },
        { "{\"comments\":\"\"}", "line 1: comments is not known" },
        { "{\"a\\u000ab\\u00e9\":{}}", "line 1: a?b?? is not known" },
        { "{\"min_tcb\":{}}", "line 1: min_tcb is not known" },
        { "{\"mr_td\":[]}", "line 1: mr_td is not known" },
        { "{\"tdx\":{\n\"rtmr4\":[]}}", "line 2: tdx.rtmr4 is not known" },
        { "{\"TDX\":{}}", "line 1: TDX is not known" },
        { "{\"tdx\":[]}", "line 1: tdx must be an object" },
        { "{\"gpu\":null}", "line 1: gpu must be an object" },
        { "{\"sev_snp\":{\"min_tcb\":1}}",
          "line 1: sev_snp.min_tcb must be an object" },
        { "{\"sev_snp\":{\"min_tcb\":{\"fmc\":1}}}",
          "line 1: sev_snp.min_tcb.fmc is not known: each product has versions "
          "of its own, write \"min_tcb\": {\"Genoa\": {\"snp\": 22}}, and so "
          "for Milan and Turin" },
        { "{\"sev_snp\":{\"min_tcb\":{\"tee\":1}}}",
          "line 1: sev_snp.min_tcb.tee is not known: each product has versions "
          "of its own, write \"min_tcb\": {\"Genoa\": {\"snp\": 22}}, and so "
          "for Milan and Turin" },
        { "{\"sev_snp\":{\"min_tcb\":{\"Genoa\":1}}}",
          "line 1: sev_snp.min_tcb.Genoa must be an object" },
        { "{\"sev_snp\":{\"min_tcb\":{\"Genoa\":{\"fmc\":1}}}}",
          "line 1: sev_snp.min_tcb.Genoa.fmc is not known" },
        { "{\"sev_snp\":{\"min_tcb\":{\"Milan\":{\"fmc\":1}}}}",
          "line 1: sev_snp.min_tcb.Milan.fmc is not known" },
        { "{\"sev_snp\":{\"min_tcb\":{\"Turin\":{\"fmc\":256}}}}",
          "line 1: sev_snp.min_tcb.Turin.fmc must be a whole number from 0 "
          "to 255" },
        { "{\"sev_snp\":{\"min_tcb\":{\"Turin\":{\"fmc\":-1}}}}",
          "line 1: sev_snp.min_tcb.Turin.fmc must be a whole number from 0 "
          "to 255" },
        { "{\"sev_snp\":{\"min_tcb\":{\"Turin\":{\"fmc\":\"1\"}}}}",
          "line 1: sev_snp.min_tcb.Turin.fmc must be a whole number from 0 "
          "to 255" },
        { "{\"sev_snp\":{\"products\":[\"milan\"]}}",
          "line 1: sev_snp.products[0] must be Milan, Genoa or Turin" },
        { "{\"sev_snp\":{\"products\":\"Milan\"}}",
          "line 1: sev_snp.products must be a list of strings" },
        { "{\"sev_snp\":{\"chip_id\":[\"" HEX48 "\"]}}",
          "line 1: sev_snp.chip_id[0] must be 128 hex digits" },
        { "{\"sev_snp\":{\"chip_id\":[\"" CHIP "00\"]}}",
          "line 1: sev_snp.chip_id[0] must be 128 hex digits" },
        { "{\"sev_snp\":{\"platform_info\":[\"smt\"]}}",
          "line 1: sev_snp.platform_info must be an object" },
        { "{\"sev_snp\":{\"platform_info\":{\"require\":[\"cxl\"]}}}",
          "line 1: sev_snp.platform_info.require[0] must be one of smt, "
          "tsme, ecc, rapl_dis, ciphertext_hiding, alias_check, tio" },
        { "{\"sev_snp\":{\"platform_info\":{\"smt\":true}}}",
          "line 1: sev_snp.platform_info.smt is not known" },
        { "{\"sev_snp\":{\"policy\":{\"refuse\":[\"smt\",\"debug\"]}}}",
          "line 1: sev_snp.policy.refuse[1] must be one of smt, "
          "single_socket, cxl, mem_aes_256_xts, rapl_dis, "
          "ciphertext_hiding, page_swap_disable; debug and migrate_ma are "
          "always refused" },
        { "{\"sev_snp\":{\"policy\":{\"require\":[\"tsme\"]}}}",
          "line 1: sev_snp.policy.require[0] must be one of smt, "
          "single_socket, cxl, mem_aes_256_xts, rapl_dis, "
          "ciphertext_hiding, page_swap_disable; debug and migrate_ma are "
          "always refused" },
        { "{\"sev_snp\":{\"vmpl\":4}}",
          "line 1: sev_snp.vmpl must be a whole number from 0 to 3" },
        { "{\"sev_snp\":{\"vmpl\":0.5}}",
          "line 1: sev_snp.vmpl must be a whole number from 0 to 3" },
        { "{\"gpu\":{\"count\":0}}",
          "line 1: gpu.count must be a whole number from 1 to 64" },
        { "{\"gpu\":{\"count\":65}}",
          "line 1: gpu.count must be a whole number from 1 to 64" },
        { "{\"gpu\":{\"count\":1e300}}",
          "line 1: gpu.count must be a whole number from 1 to 64" },
        { "{\"gpu\":{\"count\":null}}",
          "line 1: gpu.count must be a whole number from 1 to 64" },
        { "{\"image_digests\":\"" DIGEST "\"}",
          "line 1: image_digests must be a list of strings" },
        { "{\"image_digests\":[\"" DIGEST "\",\n7]}",
          "line 2: image_digests[1] must be a string" },
        { "{\"image_digests\":[\"sha256:" UP48 "\"]}",
          "line 1: image_digests[0] must be sha256: and 64 lower-case hex "
          "digits" },
        { "{\"image_digests\":[\"sha256:" HEX48 "\"]}",
          "line 1: image_digests[0] must be sha256: and 64 lower-case hex "
          "digits" },
        { "{\"tdx\":{\"rtmr0\":[\"" HEX48 "\",\n\"" HEX32 "\"]}}",
          "line 2: tdx.rtmr0[1] must be 96 hex digits" },
        { "{\"tdx\":{\"mr_td\":[\"0x" HEX48 "\"]}}",
          "line 1: tdx.mr_td[0] must be 96 hex digits" },
        { "{\"tdx\":{\"mr_td\":[\"" HEX48 "\",\"" UP48 "\"]}}",
          "line 1: tdx.mr_td[1] is duplicate" },
        { "{\"sev_snp\":{\"host_data\":[\"" HEX48 "\"]}}",
          "line 1: sev_snp.host_data[0] must be 64 hex digits" },
        { "{\"sev_snp\":{\"measurement\":[\"" HEX32 "\"]}}",
          "line 1: sev_snp.measurement[0] must be 96 hex digits" },
        { "{\"tdx\":{\"tcb_status\":[\"UpToDate\",\"Revoked\"]}}",
          "line 1: tdx.tcb_status[1] must not be Revoked, which is never "
          "accepted" },
        { "{\"tdx\":{\"tcb_status\":[\"uptodate\"]}}",
          "line 1: tdx.tcb_status[0] must be the name of a TCB status" },
        { "{\"tdx\":{\"tcb_status\":[\"UpToDate\",\"UpToDate\"]}}",
          "line 1: tdx.tcb_status[1] is duplicate" },
        { "{\"tdx\":{\"advisories_allowed\":[\"\"]}}",
          "line 1: tdx.advisories_allowed[0] must be the name of an "
          "advisory, as INTEL-SA-00837" },
        { "{\"tdx\":{\"sept_ve_disable\":1}}",
          "line 1: tdx.sept_ve_disable must be true or false" },
        { "{\"tdx\":{\"ppid\":[\"" HEX48 "\"]}}",
          "line 1: tdx.ppid[0] must be 32 hex digits" },
        { "{\"tdx\":{\"fmspc\":[\"" HEX6 "\",\"" HEX16 "\"]}}",
          "line 1: tdx.fmspc[1] must be 12 hex digits" },
        { "{\"tdx\":{\"fmspc\":[\"" HEX6 "\",\"B0C06F000000\"]}}",
          "line 1: tdx.fmspc[1] is duplicate" },
        { "{\"tdx\":{\"min_evaluation\":0}}",
          "line 1: tdx.min_evaluation must be a whole number from 1 to "
          "65535" },
        { "{\"tdx\":{\"min_evaluation\":\"18\"}}",
          "line 1: tdx.min_evaluation must be a whole number from 1 to "
          "65535" },
        { "{\"tdx\":{\"min_evaluation\":65536}}",
          "line 1: tdx.min_evaluation must be a whole number from 1 to "
          "65535" },
        { "{\"gpu\":{\"arch\":[\"hopper\"]}}",
          "line 1: gpu.arch[0] must be HOPPER or BLACKWELL" },
        { "{\"gpu\":{\"modes\":[\"ppcie\"]}}",
          "line 1: gpu.modes[0] must be single, multi or protected-pcie" },
        { "{\"gpu\":{\"driver_versions\":[\"5 5\"]}}",
          "line 1: gpu.driver_versions[0] must be a version, of at most 31 "
          "characters" },
        { "{\"gpu\":{\"vbios_versions\":[\"01234567890123456789012345678901\"]"
          "}}",
          "line 1: gpu.vbios_versions[0] must be a version, of at most 31 "
          "characters" },
        { "{\"gpu\":{\"ueid\":[7]}}", "line 1: gpu.ueid[0] must be a string" },
        { "{\"gpu\":{\"ueid\":[\"\"]}}", MUST_UEID },
        { "{\"gpu\":{\"ueid\":[\"07\"]}}", MUST_UEID },
        { "{\"gpu\":{\"ueid\":[\"7a\"]}}", MUST_UEID },
        { "{\"gpu\":{\"ueid\":[\"" UEID UEID "\"]}}", MUST_UEID },
        { "{\"gpu\":{\"ueid\":[\"7\",\"7\"]}}",
          "line 1: gpu.ueid[1] is duplicate" },
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        UNIT_OK(refused(bad[i][0], bad[i][1]), "%s", bad[i][1]);
    }
}


static void
test_times(void)
{
    char                text[80];
    size_t              i;
    ioa_policy_file_t  *policy;
    unit_all_t          yes = { 0 }, no = { 0 };

    static const struct {
        const char  *text;
        int64_t      seconds;
    } good[] = {
        { "0", 0 }, { "90", 90 }, { "1s", 1 }, { "2m", 120 },
        { "3h", 10800 }, { "15d", 15 * 86400 }, { "2w", 14 * 86400 },
        { "3650d", 3650 * 86400 }
    };

    static const char *const  bad[] = {
        "", "d", "-1d", "+1d", " 1d", "1d ", "1dd", "1x", "1D", "1.5d",
        "3651d", "99999999999s", "9999999999w", "1d12h", "0x10"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        sprintf(text, "{\"tdx\":{\"tcb_grace\":\"%s\"}}", good[i].text);
        policy = read_policy(text);
        unit_each(&yes, policy != NULL && policy->tcb_grace.given
                        && policy->tcb_grace.value == good[i].seconds, "%s",
                  good[i].text);
        ioa_policy_free(policy);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sprintf(text, "{\"tdx\":{\"tcb_grace\":\"%s\"}}", bad[i]);
        policy = read_policy(text);
        unit_each(&no, policy == NULL, "%s", bad[i]);
        ioa_policy_free(policy);
    }

    UNIT_OK(read_policy("{\"tdx\":{\"tcb_grace\":15}}") == NULL,
            "a number is no time");
    UNIT_ALL(&yes, "times");
    UNIT_ALL(&no, "what is no time");
}


static void
test_bounds(void)
{
    char               *text, *at, error[IOA_POLICY_ERROR_MAX];
    size_t              i, n;
    ioa_policy_file_t  *policy;

    for (n = IOA_POLICY_LIST_MAX; n <= IOA_POLICY_LIST_MAX + 1; n++) {
        text = malloc(200 + 20 * n);
        at = text + sprintf(text, "{\"gpu\":{\"driver_versions\":[");

        for (i = 0; i < n; i++) {
            at += sprintf(at, "%s\"1.%03zu\"", i > 0 ? "," : "", n - i);
        }

        sprintf(at, "]}}");
        policy = read_bytes(error, text, strlen(text));
        UNIT_OK((policy != NULL) == (n <= IOA_POLICY_LIST_MAX)
                && (policy == NULL || policy->driver_versions.n == n),
                "%zu entries", n);
        ioa_policy_free(policy);
        free(text);
    }

    UNIT_OK(strcmp(error, "line 1: gpu.driver_versions has more than 64 "
                   "entries") == 0, "and which list it was");

    for (n = IOA_POLICY_UEIDS_MAX; n <= IOA_POLICY_UEIDS_MAX + 1; n++) {
        text = malloc(200 + 20 * n);
        at = text + sprintf(text, "{\"gpu\":{\"ueid\":[");

        for (i = 0; i < n; i++) {
            at += sprintf(at, "%s\"%zu\"", i > 0 ? "," : "", n - i);
        }

        sprintf(at, "]}}");
        policy = read_bytes(error, text, strlen(text));
        UNIT_OK((policy != NULL) == (n <= IOA_POLICY_UEIDS_MAX)
                && (policy == NULL || (policy->ueid.n == n
                    && strcmp(policy->ueid.words[0], "1") == 0
                    && strcmp(policy->ueid.words[1], "10") == 0)),
                "GPUs of a fleet: %zu", n);
        ioa_policy_free(policy);
        free(text);
    }

    for (n = IOA_POLICY_SIZE_MAX; n <= IOA_POLICY_SIZE_MAX + 1; n++) {
        text = malloc(n);
        memset(text, ' ', n);
        memcpy(text, "{}", 2);
        policy = read_bytes(error, text, n);
        UNIT_OK((policy != NULL) == (n <= IOA_POLICY_SIZE_MAX), "%zu bytes",
                n);
        ioa_policy_free(policy);
        free(text);
    }
}


static void
test_damage(void)
{
    char                error[IOA_POLICY_ERROR_MAX];
    size_t              i, bit, n;
    uint8_t             text[sizeof(FULL)], digest32[32], full32[32];
    unit_all_t          prefixes = { 0 }, flips = { 0 };
    ioa_policy_file_t  *policy;

    n = sizeof(FULL) - 1;
    memcpy(text, FULL, sizeof(FULL));
    policy = good_policy(FULL);
    ioa_policy_digest(full32, policy);
    ioa_policy_free(policy);

    for (i = 0; i + 1 < n; i++) {
        policy = read_bytes(error, text, i);
        unit_each(&prefixes, policy == NULL, "%zu bytes", i);
        ioa_policy_free(policy);
    }

    for (i = 0; i < n; i++) {
        for (bit = 0; bit < 8; bit++) {
            text[i] ^= (uint8_t) (1 << bit);
            policy = read_bytes(error, text, n);

            if (policy != NULL) {
                ioa_policy_digest(digest32, policy);
            }

            /* hex digits have two cases, white space has several forms */

            unit_each(&flips, policy == NULL
                              || memcmp(digest32, full32, 32) != 0
                              || (bit == 5 && (text[i] | 0x20) >= 'a'
                                  && (text[i] | 0x20) <= 'f')
                              || text[i] <= ' ',
                      "byte %zu, bit %zu", i, bit);
            ioa_policy_free(policy);
            text[i] ^= (uint8_t) (1 << bit);
        }
    }

    UNIT_ALL(&prefixes, "every prefix is refused");
    UNIT_ALL(&flips, "a flipped bit is refused or changes the digest");
}


/* 1 where both files have one digest. */
static int
same(const char *one, const char *two)
{
    size_t              diff;
    uint8_t             a32[32], b32[32];
    ioa_policy_file_t  *a, *b;

    a = good_policy(one);
    b = good_policy(two);
    ioa_policy_digest(a32, a);
    ioa_policy_digest(b32, b);
    diff = ioa_policy_diff(a, b, NULL, NULL);
    ioa_policy_free(a);
    ioa_policy_free(b);

    if ((diff == 0) != (memcmp(a32, b32, 32) == 0)) {
        printf("Bail out! digest and difference disagree\n");
        exit(1);
    }

    return diff == 0;
}


static void
test_canonical(void)
{
    size_t  i;

    static const char *const  equal[][2] = {
        { "{}", " {\n}\n" },
        { "{}", "{\"tdx\":{},\"gpu\":{},\"sev_snp\":{\"min_tcb\":{}}}" },
        { "{}", "{\"tdx\":{\"sept_ve_disable\":true,\"tcb_grace\":\"0\"}}" },
        { "{}", "{\"comment\":\"why\",\"tdx\":{\"comment\":\"\"},\"gpu\":{"
                "\"comment\":\"z\"},\"sev_snp\":{\"comment\":\"x\","
                "\"min_tcb\":{\"comment\":\"y\"}}}" },
        { "{}", "{\"tdx\":{\"tcb_status\":[],\"rtmr0\":[]}}" },
        { "{}", "{\"sev_snp\":{\"min_tcb\":{\"Turin\":{\"snp\":0}}}}" },
        { "{\"tdx\":{\"tcb_grace\":\"1d\"}}",
          "{\"tdx\":{\"tcb_grace\":\"24h\"}}" },
        { "{\"tdx\":{\"mr_td\":[\"" HEX48 "\",\"" OTHER "\"]}}",
          "{\"tdx\":{\"mr_td\":[\"" OTHER "\",\"" UP48 "\"]}}" },
        { "{\"gpu\":{\"count\":8},\"tdx\":{\"tcb_grace\":\"1d\"}}",
          "{\"tdx\":{\"tcb_grace\":\"1d\"},\"gpu\":{\"count\":8.0}}" },
    };

    static const char *const  differ[][2] = {
        { "{}", FULL },
        { "{}", "{\"sev_snp\":{\"vmpl\":0}}" },
        { "{}", "{\"gpu\":{\"count\":1}}" },
        { "{}", "{\"tdx\":{\"sept_ve_disable\":false}}" },
        { "{}", "{\"tdx\":{\"tcb_status\":[\"UpToDate\","
                "\"SWHardeningNeeded\"]}}" },
        { "{\"tdx\":{\"rtmr0\":[\"" HEX48 "\"]}}",
          "{\"tdx\":{\"rtmr1\":[\"" HEX48 "\"]}}" },
        { "{\"tdx\":{\"rtmr0\":[\"" HEX48 "\"]}}",
          "{\"tdx\":{\"rtmr0\":[\"" HEX48 "\",\"" OTHER "\"]}}" },
        { "{\"gpu\":{\"driver_versions\":[\"1\"]}}",
          "{\"gpu\":{\"vbios_versions\":[\"1\"]}}" },
        { "{\"sev_snp\":{\"min_tcb\":{\"Milan\":{\"snp\":1}}}}",
          "{\"sev_snp\":{\"min_tcb\":{\"Milan\":{\"tee\":1}}}}" },
        { "{\"sev_snp\":{\"min_tcb\":{\"Milan\":{\"snp\":1}}}}",
          "{\"sev_snp\":{\"min_tcb\":{\"Genoa\":{\"snp\":1}}}}" },
        { "{}", "{\"sev_snp\":{\"min_tcb\":{\"Turin\":{\"fmc\":1}}}}" },
        { "{}", "{\"sev_snp\":{\"products\":[\"Turin\"]}}" },
        { "{}", "{\"sev_snp\":{\"chip_id\":[\"" CHIP "\"]}}" },
        { "{}", "{\"gpu\":{\"ueid\":[\"7\"]}}" },
        { "{\"sev_snp\":{\"platform_info\":{\"require\":[\"smt\"]}}}",
          "{\"sev_snp\":{\"platform_info\":{\"refuse\":[\"smt\"]}}}" },
        { "{\"sev_snp\":{\"platform_info\":{\"require\":[\"smt\"]}}}",
          "{\"sev_snp\":{\"policy\":{\"require\":[\"smt\"]}}}" },
        { "{}", "{\"sev_snp\":{\"policy\":{\"refuse\":[\"cxl\"]}}}" },
    };

    for (i = 0; i < sizeof(equal) / sizeof(equal[0]); i++) {
        UNIT_OK(same(equal[i][0], equal[i][1]), "one digest %zu", i);
    }

    for (i = 0; i < sizeof(differ) / sizeof(differ[0]); i++) {
        UNIT_OK(!same(differ[i][0], differ[i][1]), "two digests %zu", i);
    }
}


static void
append(void *ctx, const char *line)
{
    strcat(strcat(ctx, line), "\n");
}


static void
test_lines(void)
{
    char                text[8192] = "";
    ioa_policy_file_t  *older, *newer;

    older = good_policy("{}");
    UNIT_OK(ioa_policy_diff(NULL, older, append, text) == 18
            && strcmp(text, "+ tdx.tcb_status = default\n"
                      "+ tdx.tcb_grace = 0s\n"
                      "+ tdx.sept_ve_disable = true\n"
                      "+ sev_snp.provisional = true\n"
                      "+ sev_snp.min_tcb.Milan.bootloader = 0\n"
                      "+ sev_snp.min_tcb.Milan.tee = 0\n"
                      "+ sev_snp.min_tcb.Milan.snp = 0\n"
                      "+ sev_snp.min_tcb.Milan.microcode = 0\n"
                      "+ sev_snp.min_tcb.Genoa.bootloader = 0\n"
                      "+ sev_snp.min_tcb.Genoa.tee = 0\n"
                      "+ sev_snp.min_tcb.Genoa.snp = 0\n"
                      "+ sev_snp.min_tcb.Genoa.microcode = 0\n"
                      "+ sev_snp.min_tcb.Turin.fmc = 0\n"
                      "+ sev_snp.min_tcb.Turin.bootloader = 0\n"
                      "+ sev_snp.min_tcb.Turin.tee = 0\n"
                      "+ sev_snp.min_tcb.Turin.snp = 0\n"
                      "+ sev_snp.min_tcb.Turin.microcode = 0\n"
                      "+ gpu.reference_expired = 2592000s\n") == 0,
            "lines of an empty file");

    newer = good_policy("{\"tdx\":{\"tcb_grace\":\"1d\",\"sept_ve_disable\":"
                        "false,\"tcb_status\":[\"unknown\"]},"
                        "\"gpu\":{\"count\":2,\"arch\":[\"HOPPER\"]}}");
    text[0] = '\0';
    UNIT_OK(ioa_policy_diff(older, newer, append, text) == 8
            && strcmp(text, "- tdx.tcb_status = default\n"
                      "+ tdx.tcb_status = unknown\n- tdx.tcb_grace = 0s\n"
                      "+ tdx.tcb_grace = 86400s\n"
                      "+ tdx.sept_ve_disable = false\n"
                      "- tdx.sept_ve_disable = true\n"
                      "+ gpu.arch = HOPPER\n+ gpu.count = 2\n") == 0,
            "what changed");
    ioa_policy_free(newer);

    newer = good_policy("{\"tdx\":{\"rtmr0\":[\"" HEX48 "\",\"" OTHER
                        "\"]}}");
    ioa_policy_free(older);
    older = good_policy("{\"tdx\":{\"rtmr0\":[\"" OTHER "\"]}}");
    text[0] = '\0';
    UNIT_OK(ioa_policy_diff(older, newer, append, text) == 1
            && strcmp(text, "+ tdx.rtmr0 = " HEX48 "\n") == 0,
            "one entry more");
    text[0] = '\0';
    UNIT_OK(ioa_policy_diff(newer, older, append, text) == 1
            && strcmp(text, "- tdx.rtmr0 = " HEX48 "\n") == 0,
            "one entry less");
    UNIT_OK(ioa_policy_diff(NULL, older, NULL, NULL) == 19
            && ioa_policy_diff(older, NULL, NULL, NULL) == 19
            && ioa_policy_diff(NULL, NULL, NULL, NULL) == 0
            && ioa_policy_diff(older, older, NULL, NULL) == 0,
            "against nothing and itself");
    ioa_policy_free(older);
    ioa_policy_free(newer);
}


static void
test_pins(void)
{
    size_t              i;
    ioa_policy_file_t  *policy;

    static const struct {
        const char  *text;
        unsigned     pins;
    } cases[] = {
        { "{}", 0 },
        { "{\"tdx\":{\"mr_seam\":[\"" HEX48 "\"]}}", 0 },
        { "{\"gpu\":{\"count\":1},\"sev_snp\":{\"vmpl\":0}}", 0 },
        { "{\"image_digests\":[\"" DIGEST "\"]}", IOA_POLICY_PINS_IMAGE },
        { "{\"tdx\":{\"mr_td\":[\"" HEX48 "\"]}}", IOA_POLICY_PINS_TDX },
        { "{\"tdx\":{\"rtmr3\":[\"" HEX48 "\"]}}", IOA_POLICY_PINS_TDX },
        { "{\"sev_snp\":{\"host_data\":[\"" HEX32 "\"]}}",
          IOA_POLICY_PINS_SNP },
        { FULL, IOA_POLICY_PINS_IMAGE|IOA_POLICY_PINS_TDX
                |IOA_POLICY_PINS_SNP }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        policy = good_policy(cases[i].text);
        UNIT_OK(ioa_policy_pins(policy) == cases[i].pins, "pins %zu", i);
        ioa_policy_free(policy);
    }
}


int
main(void)
{
    test_errors();
    test_times();
    test_bounds();
    test_damage();
    test_canonical();
    test_lines();
    test_pins();

    return UNIT_DONE();
}
