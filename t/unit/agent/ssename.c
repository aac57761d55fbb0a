/*
 * ssename: names of members that a client acts on, however they are written.
 */

#include "agent/ioa_ssename.h"
#include "unit.h"


static void
acts(const char *name, int want)
{
    size_t    n = strlen(name);
    uint8_t  *exact = unit_exact(name, n);

    UNIT_OK(ioa_ssename_acts(exact, n) == want, "%s: %s", name,
            want ? "acts" : "does not");
    free(exact);
}


int
main(void)
{
    acts("finish_reason", 1);
    acts("tool_calls", 1);
    acts("function_call", 1);

    /* readers that do not tell case, and Go's two letters more */
    acts("Finish_Reason", 1);
    acts("TOOL_CALLS", 1);
    acts("tool_call\xc5\xbf", 1);
    acts("tool_call\\u017F", 1);
    acts("function_call\xe2\x84\xaa", 0);
    acts("fini\xc5\xbfh_rea\\u017fon", 1);

    /* escapes */
    acts("\\u0066inish_reason", 1);
    acts("\\u0074ool\\u005fcalls", 1);
    acts("\\u0046unction_call", 1);
    acts("tool\\u005Fcalls", 1);

    /* others, and what is no text at all */
    acts("", 0);
    acts("content", 0);
    acts("tool_call", 0);
    acts("tool_callz", 0);
    acts("tool_calls_", 0);
    acts("finish_reaso", 0);
    acts("finish_reasonx", 0);
    acts("finish_reasons_of_all", 0);
    acts("function_cal\xff", 0);
    acts("finish_reaso\xc3", 0);
    acts("finish_reaso\\", 0);
    acts("finish_reaso\\u12", 0);
    acts("tool_call\\ud800", 0);
    acts("tool_call\\x", 0);
    acts("tool_call\xe4\xba\x8c", 0);
    acts("tool_calls\xff", 0);

    return UNIT_DONE();
}
