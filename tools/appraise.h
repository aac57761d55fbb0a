/*
 * appraise: what "report" and "pin" judge saved replies by: their options,
 * the policy that these make, and the verdict, which is the gateway's.
 */

#ifndef IOATTEST_APPRAISE_H
#define IOATTEST_APPRAISE_H

#include "attest/ioattest.h"
#include "option.h"
#include "report_files.h"
#include "report_print.h"

/* A command's own options follow these. */
enum {
    IOATTEST_OPT_POLICY = 0,
    IOATTEST_OPT_CPU_ROOTS,
    IOATTEST_OPT_GPU_ROOTS,
    IOATTEST_OPT_GPU_REFERENCE,
    IOATTEST_OPT_CPU,
    IOATTEST_OPT_GPU,
    IOATTEST_OPT_COLLATERAL,
    IOATTEST_OPT_REPORT_DATA,
    IOATTEST_OPT_AT,
    IOATTEST_OPT_GPU_OCSP,
    IOATTEST_OPT_HELP,
    IOATTEST_OPT_VERSION,
    IOATTEST_OPT_SHARED
};

#define IOATTEST_APPRAISE_OPTIONS                                             \
    [IOATTEST_OPT_POLICY] = { .name = "--policy", .max = 1 },                 \
    [IOATTEST_OPT_CPU_ROOTS] = { .name = "--cpu-roots", .max = 1 },           \
    [IOATTEST_OPT_GPU_ROOTS] = { .name = "--gpu-roots", .max = 1 },           \
    [IOATTEST_OPT_GPU_REFERENCE] = { .name = "--gpu-reference", .max = 1 },   \
    [IOATTEST_OPT_CPU] = { .name = "--cpu", .max = 1 },                       \
    [IOATTEST_OPT_GPU] = { .name = "--gpu", .max = 1 },                       \
    [IOATTEST_OPT_COLLATERAL] = { .name = "--collateral", .max = 1 },         \
    [IOATTEST_OPT_REPORT_DATA] = { .name = "--report-data", .max = 1 },       \
    [IOATTEST_OPT_AT] = { .name = "--at", .max = 1 },                         \
    [IOATTEST_OPT_GPU_OCSP] = { .name = "--gpu-ocsp", .max = 1 },             \
    [IOATTEST_OPT_HELP] = { .name = "--help" },                               \
    [IOATTEST_OPT_VERSION] = { .name = "--version" }

/* policy borrows from the rest. */
typedef struct {
    ioattest_option_t  *options;
    const char         *command;            /* for its --help */
    int64_t             now;
    ioa_policy_t        policy;
    ioa_policy_file_t  *file;
    ioa_roots_t        *cpu_roots;
    ioa_roots_t        *gpu_roots;
    ioa_reference_t    *reference;
    ioa_chain_cache_t  *cache;              /* GPUs share certificates */
    ioa_bytes_t         digests[IOA_POLICY_LIST_MAX];
    ioattest_files_t    files;
} ioattest_appraise_t;

/*
 * Checks the options, before any file is opened; then reads the files.
 * Both return 0 after a complaint.
 * In: by, zero but for options and command; to be given to
 * ioattest_appraise_free whatever is returned.
 */
int ioattest_appraise_check(ioattest_appraise_t *by) IOA_MUST_CHECK;
int ioattest_appraise_read(ioattest_appraise_t *by) IOA_MUST_CHECK;
void ioattest_appraise_free(ioattest_appraise_t *by);

/* Returns: the value of an option, NULL if it was not given. */
const char *ioattest_appraise_value(const ioattest_appraise_t *by,
    int option);

/*
 * Puts another policy file in the place of the one that was read.
 * Returns: 0 with a sentence in error, and by is as it was.
 */
int ioattest_appraise_policy(ioattest_appraise_t *by,
    char error[IOA_POLICY_ERROR_MAX], ioa_bytes_t text) IOA_MUST_CHECK;

/*
 * A nonce: 64 hex digits; from a file, white space at its end is left out.
 * Returns: 0 after a complaint.  In: name, what is said to be wrong.
 */
int ioattest_appraise_nonce(uint8_t nonce32[IOA_NONCE_LEN], const char *name,
    ioa_bytes_t text) IOA_MUST_CHECK;
int ioattest_appraise_nonce_file(uint8_t nonce32[IOA_NONCE_LEN],
    const char *path) IOA_MUST_CHECK;

/* Out: verdict; verified where its reason is IOA_OK. */
void ioattest_appraise(ioattest_report_verdict_t *verdict,
    const ioattest_appraise_t *by, ioa_bytes_t reply,
    const uint8_t nonce32[IOA_NONCE_LEN]);

#endif
