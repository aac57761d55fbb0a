/*
 * policy: which changes let through what was refused.
 */

#include "fixtures/policyfile.h"


/* What is told of two files: their lines, "!" before those that loosen. */
typedef struct {
    char                said[2048];
    ioa_policy_file_t  *older;
    ioa_policy_file_t  *newer;
} told_t;


static void
tell(void *ctx, const char *line)
{
    told_t  *told = ctx;
    size_t   n;

    n = strlen(told->said);

    snprintf(told->said + n, sizeof(told->said) - n, "%s%s\n",
             ioa_policy_loosens(told->older, told->newer, line) ? "!" : "",
             line);
}


static void
test_loosens(void)
{
    size_t  i;
    told_t  told;

    static const char *const  cases[][3] = {

        /* lists of which one word must fit: empty takes anything */

        { "{}", "{\"tdx\":{\"rtmr0\":[\"" HEX48 "\"]}}",
          "+ tdx.rtmr0 = " HEX48 "\n" },
        { "{\"tdx\":{\"rtmr0\":[\"" HEX48 "\"]}}", "{}",
          "!- tdx.rtmr0 = " HEX48 "\n" },
        { "{\"gpu\":{\"arch\":[\"HOPPER\"]}}",
          "{\"gpu\":{\"arch\":[\"HOPPER\",\"BLACKWELL\"]}}",
          "!+ gpu.arch = BLACKWELL\n" },
        { "{\"gpu\":{\"arch\":[\"HOPPER\",\"BLACKWELL\"]}}",
          "{\"gpu\":{\"arch\":[\"HOPPER\"]}}",
          "- gpu.arch = BLACKWELL\n" },
        { "{\"gpu\":{\"arch\":[\"HOPPER\"]}}",
          "{\"gpu\":{\"arch\":[\"BLACKWELL\"]}}",
          "!+ gpu.arch = BLACKWELL\n- gpu.arch = HOPPER\n" },

        /* the one with a default */

        { "{}", "{\"tdx\":{\"tcb_status\":[\"UpToDate\"]}}",
          "+ tdx.tcb_status = UpToDate\n- tdx.tcb_status = default\n" },
        { "{}", "{\"tdx\":{\"tcb_status\":[\"OutOfDate\"]}}",
          "!+ tdx.tcb_status = OutOfDate\n- tdx.tcb_status = default\n" },
        { "{\"tdx\":{\"tcb_status\":[\"UpToDate\"]}}", "{}",
          "- tdx.tcb_status = UpToDate\n!+ tdx.tcb_status = default\n" },

        /* lists of which each word is asked for */

        { "{}",
          "{\"sev_snp\":{\"platform_info\":{\"require\":[\"tsme\"]}}}",
          "+ sev_snp.platform_info.require = tsme\n" },
        { "{\"sev_snp\":{\"platform_info\":{\"refuse\":[\"tsme\"]}}}", "{}",
          "!- sev_snp.platform_info.refuse = tsme\n" },

        /* numbers: at least, at most, exactly */

        { "{\"tdx\":{\"min_evaluation\":18}}",
          "{\"tdx\":{\"min_evaluation\":17}}",
          "!+ tdx.min_evaluation = 17\n!- tdx.min_evaluation = 18\n" },
        { "{\"tdx\":{\"min_evaluation\":17}}",
          "{\"tdx\":{\"min_evaluation\":18}}",
          "- tdx.min_evaluation = 17\n+ tdx.min_evaluation = 18\n" },
        { "{\"tdx\":{\"min_evaluation\":17}}", "{}",
          "!- tdx.min_evaluation = 17\n" },
        { "{}", "{\"sev_snp\":{\"min_tcb\":{\"Genoa\":{\"snp\":9}}}}",
          "- sev_snp.min_tcb.Genoa.snp = 0\n"
          "+ sev_snp.min_tcb.Genoa.snp = 9\n" },
        { "{\"sev_snp\":{\"min_tcb\":{\"Genoa\":{\"snp\":9}}}}",
          "{\"sev_snp\":{\"min_tcb\":{\"Genoa\":{\"snp\":8}}}}",
          "!+ sev_snp.min_tcb.Genoa.snp = 8\n"
          "!- sev_snp.min_tcb.Genoa.snp = 9\n" },
        { "{}", "{\"tdx\":{\"tcb_grace\":\"1d\"}}",
          "!- tdx.tcb_grace = 0s\n!+ tdx.tcb_grace = 86400s\n" },
        { "{\"tdx\":{\"tcb_grace\":\"1d\"}}", "{}",
          "+ tdx.tcb_grace = 0s\n- tdx.tcb_grace = 86400s\n" },
        { "{}", "{\"tdx\":{\"sept_ve_disable\":false}}",
          "!+ tdx.sept_ve_disable = false\n"
          "!- tdx.sept_ve_disable = true\n" },
        { "{}", "{\"sev_snp\":{\"provisional\":false}}",
          "+ sev_snp.provisional = false\n"
          "- sev_snp.provisional = true\n" },
        { "{\"sev_snp\":{\"provisional\":false}}", "{}",
          "!- sev_snp.provisional = false\n"
          "!+ sev_snp.provisional = true\n" },
        { "{\"gpu\":{\"count\":8}}", "{\"gpu\":{\"count\":4}}",
          "!+ gpu.count = 4\n!- gpu.count = 8\n" },
        { "{}", "{\"gpu\":{\"count\":4}}", "+ gpu.count = 4\n" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        told.said[0] = '\0';
        told.older = good_policy(cases[i][0]);
        told.newer = good_policy(cases[i][1]);

        (void) ioa_policy_diff(told.older, told.newer, tell, &told);

        UNIT_OK(strcmp(told.said, cases[i][2]) == 0, "change %zu", i);

        ioa_policy_free(told.older);
        ioa_policy_free(told.newer);
    }
}


/* Each member can loosen: the full file against an empty one. */
static void
test_members(void)
{
    char    *line, *next;
    size_t   loosens;
    told_t   told;

    told.said[0] = '\0';
    told.older = good_policy(FULL);
    told.newer = good_policy("{}");

    UNIT_OK(ioa_policy_loosens(told.older, told.newer, "+ no.such = 1") == 1,
            "what is not known deserves a look");
    UNIT_OK(ioa_policy_loosens(told.older, told.newer,
                               "- tdx.mr_tdx = 1") == 1,
            "nor is the beginning of a name a name");

    (void) ioa_policy_diff(told.older, told.newer, tell, &told);

    loosens = 0;

    for (line = told.said; *line; line = next + 1) {
        next = strchr(line, '\n');

        if (next == NULL) {
            break;
        }

        loosens += (*line == '!');
    }

    UNIT_OK(loosens > 8, "%zu lines of the full file loosen", loosens);

    ioa_policy_free(told.older);
    ioa_policy_free(told.newer);
}


int
main(void)
{
    test_loosens();
    test_members();

    return UNIT_DONE();
}
