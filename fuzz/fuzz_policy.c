/*
 * fuzz_policy: a policy file.  An accepted one has canonical lines, a digest
 * and no difference to itself; a refused one has an error message of
 * printable ASCII.
 */

#include "fuzz.h"
#include "policy/ioa_policy.h"


static void
fuzz_line(void *ctx, const char *line)
{
    size_t  i;

    for (i = 0; line[i] != '\0'; i++) {
        fuzz_assert(line[i] >= ' ' && line[i] <= '~');
    }

    ++*(size_t *) ctx;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int                 rc;
    char                error[IOA_POLICY_ERROR_MAX];
    size_t              n_lines, lines, errors;
    uint8_t            *text, digest32[IOA_POLICY_DIGEST_LEN];
    ioa_policy_file_t  *policy;

    text = fuzz_exact(data, n);
    rc = ioa_policy_parse(&policy, error, text, n);
    lines = 0;
    errors = 0;

    fuzz_assert(rc == (policy != NULL));
    fuzz_assert(rc == (error[0] == '\0'));
    fuzz_line(&errors, error);

    if (rc) {
        ioa_policy_digest(digest32, policy);
        fuzz_assert(ioa_policy_diff(policy, policy, NULL, NULL) == 0);
        n_lines = ioa_policy_diff(NULL, policy, fuzz_line, &lines);
        fuzz_assert(n_lines == lines);
        fuzz_assert(ioa_policy_diff(policy, NULL, NULL, NULL) == lines);
        (void) ioa_policy_pins(policy);
    }

    ioa_policy_free(policy);
    free(text);

    return 0;
}
