/*
 * report: verifies a saved attestation reply.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attest/ioattest.h"
#include "command.h"
#include "input.h"
#include "option.h"
#include "report_files.h"
#include "report_print.h"

#define IOATTEST_REPORT_CERTS  64
#define IOATTEST_OCSP_HOLD     2

enum {
    IOATTEST_OPT_FILE = 0,
    IOATTEST_OPT_NONCE,
    IOATTEST_OPT_POLICY,
    IOATTEST_OPT_CPU_ROOTS,
    IOATTEST_OPT_GPU_ROOTS,
    IOATTEST_OPT_GPU_REFERENCE,
    IOATTEST_OPT_CPU,
    IOATTEST_OPT_GPU,
    IOATTEST_OPT_COLLATERAL,
    IOATTEST_OPT_REPORT_DATA,
    IOATTEST_OPT_AT,
    IOATTEST_OPT_JSON,
    IOATTEST_OPT_GPU_OCSP,
    IOATTEST_OPT_HELP,
    IOATTEST_OPT_VERSION,
    IOATTEST_OPTS
};

static const ioattest_option_t  ioattest_report_options[IOATTEST_OPTS] = {
    [IOATTEST_OPT_FILE] = { .name = "FILE", .max = 1 },
    [IOATTEST_OPT_NONCE] = { .name = "--nonce", .max = 1 },
    [IOATTEST_OPT_POLICY] = { .name = "--policy", .max = 1 },
    [IOATTEST_OPT_CPU_ROOTS] = { .name = "--cpu-roots", .max = 1 },
    [IOATTEST_OPT_GPU_ROOTS] = { .name = "--gpu-roots", .max = 1 },
    [IOATTEST_OPT_GPU_REFERENCE] = { .name = "--gpu-reference", .max = 1 },
    [IOATTEST_OPT_CPU] = { .name = "--cpu", .max = 1 },
    [IOATTEST_OPT_GPU] = { .name = "--gpu", .max = 1 },
    [IOATTEST_OPT_COLLATERAL] = { .name = "--collateral", .max = 1 },
    [IOATTEST_OPT_REPORT_DATA] = { .name = "--report-data", .max = 1 },
    [IOATTEST_OPT_AT] = { .name = "--at", .max = 1 },
    [IOATTEST_OPT_JSON] = { .name = "--json" },
    [IOATTEST_OPT_GPU_OCSP] = { .name = "--gpu-ocsp", .max = 1 },
    [IOATTEST_OPT_HELP] = { .name = "--help" },
    [IOATTEST_OPT_VERSION] = { .name = "--version" }
};

/* The state of a run; policy borrows from it. */
typedef struct {
    ioattest_option_t   options[IOATTEST_OPTS];
    ioa_bytes_t         reply;
    uint8_t             nonce32[IOA_NONCE_LEN];
    int64_t             now;
    ioa_policy_t        policy;
    ioa_policy_file_t  *file;
    ioa_roots_t        *cpu_roots;
    ioa_roots_t        *gpu_roots;
    ioa_reference_t    *reference;
    ioa_chain_cache_t  *cache;              /* GPUs share certificates */
    ioa_bytes_t         digests[IOA_POLICY_LIST_MAX];
    ioattest_files_t    files;
} ioattest_report_t;

typedef struct {
    const char  *word;
    unsigned     value;
} ioattest_word_t;

static const ioattest_word_t  ioattest_cpus[] = {
    { "tdx", IOA_CPU_TDX },
    { "sev-snp", IOA_CPU_SEV_SNP },
    { "off", 0 },
    { NULL, 0 }
};

static const ioattest_word_t  ioattest_gpus[] = {
    { "local", IOA_GPU_LOCAL },
    { "nras", IOA_GPU_NRAS },
    { "off", IOA_GPU_OFF },
    { NULL, 0 }
};

static const ioattest_word_t  ioattest_ocsp[] = {
    { "on", 1 },
    { "accept_hold", IOATTEST_OCSP_HOLD },
    { "off", 0 },
    { NULL, 0 }
};

static const ioattest_word_t  ioattest_layouts[] = {
    { "auto", IOA_REPORT_DATA_AUTO },
    { "nonce", IOA_REPORT_DATA_NONCE },
    { "address-nonce", IOA_REPORT_DATA_ADDRESS },
    { NULL, 0 }
};


static void
ioattest_report_usage(void)
{
    fputs(
"usage: ioattest report FILE --nonce HEX [--policy FILE]\n"
"           [--cpu-roots FILE] [--cpu tdx|sev-snp|off]\n"
"           [--gpu-roots FILE] [--gpu local|nras|off]\n"
"           [--gpu-reference FILE] [--gpu-ocsp on|accept_hold|off]\n"
"           [--collateral PATH]\n"
"           [--report-data auto|nonce|address-nonce] [--at TIME] [--json]\n"
"\n"
"Verifies an attestation reply, the JSON of the agent, as the gateway does.\n"
"\n"
"  FILE               the reply, unchanged\n"
"  --nonce HEX        64 hex digits: the nonce that was sent\n"
"  --policy FILE      a policy file, as for ioattest_policy\n"
"  --cpu-roots FILE   the vendors' roots, PEM or DER\n"
"  --gpu-roots FILE   NVIDIA's root, likewise\n"
"  --gpu-reference FILE\n"
"                     what GPUs must measure, as ioattest rim writes it;\n"
"                     without it a line says that nothing is compared\n"
"  --cpu KIND         tdx, sev-snp or off: the only kind accepted; default:\n"
"                     either; without --cpu-roots \"off\" is required\n"
"  --gpu HOW          local, nras or off; default: local; without\n"
"                     --gpu-roots \"nras\" or \"off\" is required\n"
"  --collateral PATH  endorsements of the vendors' services, which are then\n"
"                     required: a directory with tcb_info.json,\n"
"                     tcb_info_chain.pem, qe_identity.json,\n"
"                     qe_identity_chain.pem, pck_crl.der, root_crl.der\n"
"                     (Intel; chains as PEM or as in the reply's header),\n"
"                     vcek.der, amd_crl.der (AMD; .pem for any .der), and\n"
"                     for --gpu nras nras.json, jwks.json. Missing files\n"
"                     are named. Intel's may be one file as from DCAP\n"
"                     tools: collateral.json in the directory, or PATH\n"
"                     itself (tcb_info, tcb_info_signature, pck_crl, ...)\n"
"  --gpu-ocsp HOW     on: of the certificates of each GPU the answers of\n"
"                     NVIDIA's OCSP responder are required, in the directory\n"
"                     of --collateral: ocsp_G_C.der is about certificate C,\n"
"                     1 to 3, of GPU G, from 0, as \"openssl ocsp -respout\"\n"
"                     writes it; accept_hold: boards on certificateHold\n"
"                     pass; default: off, a line says so. That an answer was\n"
"                     made for a nonce cannot be told of a saved one\n"
"  --report-data LAYOUT\n"
"                     what the CPU evidence contains; default: auto\n"
"  --at TIME          as 2026-06-10T01:47:30Z; default: now\n"
"  --json             the verdict as one JSON object on one line\n"
"  --help, --version\n"
"\n"
"FILE may be - for standard input, once. A reply has at most 1 MB.\n"
"\n"
"The first line is \"verified\", or the name of the reason of the refusal.\n"
"All checks follow, including those that were not made.\n"
"\n"
"Exit status: 0 verified, 1 refused, 2 usage or unreadable input.\n",
          stdout);
}


/* Returns: the value of an option, NULL if it was not given. */
static const char *
ioattest_report_value(const ioattest_report_t *report, int option)
{
    return report->options[option].values[0];
}


/* Out: *value, unchanged if the option was not given. */
static int
ioattest_report_word(unsigned *value, const ioattest_report_t *report,
    int option, const ioattest_word_t *words)
{
    const char  *given;

    given = ioattest_report_value(report, option);

    if (given == NULL) {
        return 1;
    }

    for ( ; words->word != NULL; words++) {
        if (strcmp(words->word, given) == 0) {
            *value = words->value;
            return 1;
        }
    }

    ioattest_complain("%s cannot be \"%s\": see ioattest report --help",
                      report->options[option].name, given);

    return 0;
}


static int
ioattest_report_kinds(ioattest_report_t *report)
{
    unsigned           cpu, gpu, ocsp = 0, layout = IOA_REPORT_DATA_AUTO;
    ioattest_option_t *options = report->options;

    cpu = options[IOATTEST_OPT_CPU_ROOTS].given
          ? IOA_CPU_TDX | IOA_CPU_SEV_SNP : 0;
    gpu = options[IOATTEST_OPT_GPU_ROOTS].given ? IOA_GPU_LOCAL
                                                : IOA_GPU_OFF;

    if (!ioattest_report_word(&cpu, report, IOATTEST_OPT_CPU, ioattest_cpus)
        || !ioattest_report_word(&gpu, report, IOATTEST_OPT_GPU,
                                 ioattest_gpus)
        || !ioattest_report_word(&layout, report, IOATTEST_OPT_REPORT_DATA,
                                 ioattest_layouts)
        || !ioattest_report_word(&ocsp, report, IOATTEST_OPT_GPU_OCSP,
                                 ioattest_ocsp))
    {
        return 0;
    }

    if (cpu != 0 && !options[IOATTEST_OPT_CPU_ROOTS].given) {
        ioattest_complain("--cpu needs --cpu-roots");
        return 0;
    }

    if (gpu == IOA_GPU_LOCAL && !options[IOATTEST_OPT_GPU_ROOTS].given) {
        ioattest_complain("--gpu local needs --gpu-roots");
        return 0;
    }

    if (gpu == IOA_GPU_NRAS && !options[IOATTEST_OPT_COLLATERAL].given) {
        ioattest_complain("--gpu nras needs --collateral");
        return 0;
    }

    /* what is not verified was said by who asks, each kind for itself */

    if (cpu == 0 && !options[IOATTEST_OPT_CPU].given) {
        ioattest_complain("CPU evidence would not be verified: give "
                          "--cpu-roots, or say --cpu off");
        return 0;
    }

    if (gpu == IOA_GPU_OFF && !options[IOATTEST_OPT_GPU].given) {
        ioattest_complain("GPU evidence would not be verified: give "
                          "--gpu-roots, or say --gpu off");
        return 0;
    }

    if (ocsp != 0 && (gpu != IOA_GPU_LOCAL
                      || !options[IOATTEST_OPT_COLLATERAL].given))
    {
        ioattest_complain("--gpu-ocsp needs --gpu local and --collateral");
        return 0;
    }

    report->policy.gpu_ocsp = ocsp != 0;
    report->policy.gpu_hold = ocsp == IOATTEST_OCSP_HOLD;
    report->policy.gpu_saved = 1;
    report->policy.cpu = cpu;
    report->policy.gpu = (ioa_gpu_mode_e) gpu;
    report->policy.report_data = (ioa_report_data_e) layout;
    report->policy.collateral = options[IOATTEST_OPT_COLLATERAL].given != 0;
    report->policy.kds = report->policy.collateral;

    return 1;
}


/* Checks the options before any file is opened. */
static int
ioattest_report_check(ioattest_report_t *report)
{
    const char  *nonce, *at;

    if (ioattest_report_value(report, IOATTEST_OPT_FILE) == NULL) {
        ioattest_complain("FILE, the reply, is missing");
        return 0;
    }

    nonce = ioattest_report_value(report, IOATTEST_OPT_NONCE);

    if (nonce == NULL
        || !ioa_hex_decode(report->nonce32, IOA_NONCE_LEN,
                           (const uint8_t *) nonce, strlen(nonce)))
    {
        ioattest_complain("--nonce %s", nonce == NULL ? "is missing"
                          : "is 64 hex digits");
        return 0;
    }

    at = ioattest_report_value(report, IOATTEST_OPT_AT);
    report->now = (int64_t) time(NULL);

    if (at != NULL
        && !ioa_time_rfc3339(&report->now, (const uint8_t *) at, strlen(at)))
    {
        ioattest_complain("--at is a time as 2026-06-10T01:47:30Z, not "
                          "\"%s\"", at);
        return 0;
    }

    return ioattest_report_kinds(report);
}


static int
ioattest_report_roots(ioa_roots_t **roots, const ioattest_report_t *report,
    int option)
{
    const char      *path;
    ioa_bytes_t      bytes;
    ioa_chain_rc_t   rc;

    path = ioattest_report_value(report, option);

    if (path == NULL) {
        return 1;
    }

    if (!ioattest_input_read(&bytes, path, IOA_ROOTS_LEN_MAX)) {
        return 0;
    }

    /* the file may contain VCEKs, as the gateway's may */

    rc = option == IOATTEST_OPT_CPU_ROOTS
         ? ioa_roots_parse_leaves(roots, bytes.data, bytes.len)
         : ioa_roots_parse(roots, bytes.data, bytes.len);

    ioattest_input_free(&bytes);

    if (rc != IOA_CHAIN_OK) {
        ioattest_complain("%s %s holds no roots: %s",
                          report->options[option].name, path,
                          ioa_chain_rc_name(rc));
        return 0;
    }

    return 1;
}


/* The policy file's image digests are added to ioa_policy_t. */
static int
ioattest_report_policy(ioattest_report_t *report)
{
    int           ok;
    char          error[IOA_POLICY_ERROR_MAX];
    size_t        i;
    const char   *path;
    ioa_bytes_t   bytes, none = { (const uint8_t *) "{}", 2 };

    path = ioattest_report_value(report, IOATTEST_OPT_POLICY);
    bytes = none;

    if (path != NULL
        && !ioattest_input_read(&bytes, path, IOA_POLICY_SIZE_MAX))
    {
        return 0;
    }

    ok = ioa_policy_parse(&report->file, error, bytes.data, bytes.len);

    if (path != NULL) {
        ioattest_input_free(&bytes);
    }

    if (!ok) {
        ioattest_complain("--policy %s: %s", path, error);
        return 0;
    }

    for (i = 0; i < report->file->image_digests.n; i++) {
        report->digests[i].data
                        = (uint8_t *) report->file->image_digests.words[i];
        report->digests[i].len = strlen(report->file->image_digests.words[i]);
    }

    report->policy.image_digests = report->digests;
    report->policy.image_digests_n = report->file->image_digests.n;
    report->policy.file = report->file;

    return 1;
}


static int
ioattest_report_reference(ioattest_report_t *report)
{
    int           ok;
    char          error[IOA_REFERENCE_ERROR_MAX];
    const char   *path;
    ioa_bytes_t   bytes;

    path = ioattest_report_value(report, IOATTEST_OPT_GPU_REFERENCE);

    if (path == NULL) {
        return 1;
    }

    if (report->policy.gpu != IOA_GPU_LOCAL) {
        ioattest_complain("--gpu-reference is of use with --gpu local alone");
        return 0;
    }

    if (!ioattest_input_read(&bytes, path, IOA_REFERENCE_SIZE_MAX)) {
        return 0;
    }

    ok = ioa_reference_parse(&report->reference, error, bytes.data,
                             bytes.len);

    ioattest_input_free(&bytes);

    if (!ok) {
        ioattest_complain("--gpu-reference %s: %s", path, error);
    }

    report->policy.reference = report->reference;

    return ok;
}


static int
ioattest_report_read(ioattest_report_t *report)
{
    const char  *dir;

    dir = ioattest_report_value(report, IOATTEST_OPT_COLLATERAL);

    if (!ioattest_report_policy(report)
        || !ioattest_report_roots(&report->cpu_roots, report,
                                  IOATTEST_OPT_CPU_ROOTS)
        || !ioattest_report_roots(&report->gpu_roots, report,
                                  IOATTEST_OPT_GPU_ROOTS)
        || !ioattest_report_reference(report)
        || !ioattest_files_read(&report->files, dir))
    {
        return 0;
    }

    report->cache = ioa_chain_cache_new(IOATTEST_REPORT_CERTS);
    report->policy.cache = report->cache;
    report->policy.cpu_roots = report->cpu_roots;
    report->policy.gpu_roots = report->gpu_roots;

    return ioattest_input_read(&report->reply,
                        ioattest_report_value(report, IOATTEST_OPT_FILE),
                        IOA_REPORT_SIZE_MAX);
}


static int
ioattest_report_judge(const ioattest_report_t *report)
{
    int                         status;
    ioattest_report_verdict_t  *verdict;

    verdict = calloc(1, sizeof(ioattest_report_verdict_t));

    if (verdict == NULL) {
        ioattest_complain("out of memory");
        return IOATTEST_USAGE;
    }

    verdict->reason = ioa_attest_verify(&verdict->machine, &verdict->wants,
                                        &verdict->checks, report->reply,
                                        report->nonce32, &report->policy,
                                        report->files.fetched, 0,
                                        report->now);

    ioattest_report_print(verdict, report->reply,
                          report->options[IOATTEST_OPT_JSON].given != 0);

    status = verdict->reason == IOA_OK ? IOATTEST_VERIFIED
                                       : IOATTEST_REFUSED;
    free(verdict);

    return status;
}


static int
ioattest_report_run(ioattest_report_t *report)
{
    int  status = IOATTEST_USAGE;

    if (ioattest_report_check(report) && ioattest_report_read(report)) {
        status = ioattest_report_judge(report);
    }

    ioattest_input_free(&report->reply);
    ioattest_files_free(&report->files);
    ioa_roots_free(report->cpu_roots);
    ioa_roots_free(report->gpu_roots);
    ioa_reference_free(report->reference);
    ioa_chain_cache_free(report->cache);
    ioa_policy_free(report->file);

    return status;
}


int
ioattest_report(int argc, char **argv)
{
    int                 status;
    ioattest_report_t  *report;

    report = calloc(1, sizeof(ioattest_report_t));

    if (report == NULL) {
        ioattest_complain("out of memory");
        return IOATTEST_USAGE;
    }

    memcpy(report->options, ioattest_report_options,
           sizeof(ioattest_report_options));

    if (!ioattest_options_read(report->options, IOATTEST_OPTS, argc, argv)) {
        status = IOATTEST_USAGE;

    } else if (report->options[IOATTEST_OPT_HELP].given) {
        ioattest_report_usage();
        status = 0;

    } else if (report->options[IOATTEST_OPT_VERSION].given) {
        puts("ioattest " IOATTEST_VERSION);
        status = 0;

    } else {
        status = ioattest_report_run(report);
    }

    free(report);

    return status;
}
