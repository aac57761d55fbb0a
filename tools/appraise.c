/*
 * appraise: see appraise.h.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "appraise.h"
#include "command.h"
#include "input.h"

#define IOATTEST_APPRAISE_CERTS  64
#define IOATTEST_NONCE_FILE_MAX  1024
#define IOATTEST_OCSP_HOLD       2
#define IOATTEST_NONCE_NAME_MAX  4200

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


const char *
ioattest_appraise_value(const ioattest_appraise_t *by, int option)
{
    return by->options[option].values[0];
}


/* Out: *value, unchanged if the option was not given. */
static int
ioattest_appraise_word(unsigned *value, const ioattest_appraise_t *by,
    int option, const ioattest_word_t *words)
{
    const char  *given;

    given = ioattest_appraise_value(by, option);

    if (given == NULL) {
        return 1;
    }

    for ( ; words->word != NULL; words++) {
        if (strcmp(words->word, given) == 0) {
            *value = words->value;
            return 1;
        }
    }

    ioattest_complain("%s cannot be \"%s\": see ioattest %s --help",
                      by->options[option].name, given, by->command);

    return 0;
}


static int
ioattest_appraise_kinds(ioattest_appraise_t *by)
{
    unsigned           cpu, gpu, ocsp = 0, layout = IOA_REPORT_DATA_AUTO;
    ioattest_option_t *options = by->options;

    cpu = options[IOATTEST_OPT_CPU_ROOTS].given
          ? IOA_CPU_TDX | IOA_CPU_SEV_SNP : 0;
    gpu = options[IOATTEST_OPT_GPU_ROOTS].given ? IOA_GPU_LOCAL
                                                : IOA_GPU_OFF;

    if (!ioattest_appraise_word(&cpu, by, IOATTEST_OPT_CPU, ioattest_cpus)
        || !ioattest_appraise_word(&gpu, by, IOATTEST_OPT_GPU,
                                   ioattest_gpus)
        || !ioattest_appraise_word(&layout, by, IOATTEST_OPT_REPORT_DATA,
                                   ioattest_layouts)
        || !ioattest_appraise_word(&ocsp, by, IOATTEST_OPT_GPU_OCSP,
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

    /* verification of each kind is only switched off by its own option */

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

    by->policy.gpu_ocsp = ocsp != 0;
    by->policy.gpu_hold = ocsp == IOATTEST_OCSP_HOLD;
    by->policy.gpu_saved = 1;
    by->policy.cpu = cpu;
    by->policy.gpu = (ioa_gpu_mode_e) gpu;
    by->policy.report_data = (ioa_report_data_e) layout;
    by->policy.collateral = options[IOATTEST_OPT_COLLATERAL].given != 0;
    by->policy.kds = by->policy.collateral;

    return 1;
}


int
ioattest_appraise_check(ioattest_appraise_t *by)
{
    const char  *at;

    at = ioattest_appraise_value(by, IOATTEST_OPT_AT);
    by->now = (int64_t) time(NULL);

    if (at != NULL
        && !ioa_time_rfc3339(&by->now, (const uint8_t *) at, strlen(at)))
    {
        ioattest_complain("--at is a time as 2026-06-10T01:47:30Z, not "
                          "\"%s\"", at);
        return 0;
    }

    return ioattest_appraise_kinds(by);
}


static int
ioattest_appraise_roots(ioa_roots_t **roots, const ioattest_appraise_t *by,
    int option)
{
    char             why[IOA_CHAIN_TEXT_MAX];
    const char      *path;
    ioa_bytes_t      bytes;
    ioa_chain_rc_t   rc;

    path = ioattest_appraise_value(by, option);

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

    ioa_roots_text(why, rc, bytes.data, bytes.len);
    ioattest_input_free(&bytes);

    if (rc != IOA_CHAIN_OK) {
        ioattest_complain("%s %s holds no roots: %s",
                          by->options[option].name, path, why);
        return 0;
    }

    return 1;
}


/* The file's image digests are added to ioa_policy_t. */
int
ioattest_appraise_policy(ioattest_appraise_t *by,
    char error[IOA_POLICY_ERROR_MAX], ioa_bytes_t text)
{
    size_t              i;
    ioa_policy_file_t  *file;

    if (!ioa_policy_parse(&file, error, text.data, text.len)) {
        return 0;
    }

    ioa_policy_free(by->file);
    by->file = file;

    for (i = 0; i < file->image_digests.n; i++) {
        by->digests[i].data = (uint8_t *) file->image_digests.words[i];
        by->digests[i].len = strlen(file->image_digests.words[i]);
    }

    by->policy.image_digests = by->digests;
    by->policy.image_digests_n = file->image_digests.n;
    by->policy.file = file;

    return 1;
}


static int
ioattest_appraise_policy_read(ioattest_appraise_t *by)
{
    int           ok;
    char          error[IOA_POLICY_ERROR_MAX];
    const char   *path;
    ioa_bytes_t   bytes, none = { (const uint8_t *) "{}", 2 };

    path = ioattest_appraise_value(by, IOATTEST_OPT_POLICY);
    bytes = none;

    if (path != NULL
        && !ioattest_input_read(&bytes, path, IOA_POLICY_SIZE_MAX))
    {
        return 0;
    }

    ok = ioattest_appraise_policy(by, error, bytes);

    if (path != NULL) {
        ioattest_input_free(&bytes);
    }

    if (!ok) {
        ioattest_complain("--policy %s: %s", path, error);
    }

    return ok;
}


static int
ioattest_appraise_reference(ioattest_appraise_t *by)
{
    int           ok;
    char          error[IOA_REFERENCE_ERROR_MAX];
    const char   *path;
    ioa_bytes_t   bytes;

    path = ioattest_appraise_value(by, IOATTEST_OPT_GPU_REFERENCE);

    if (path == NULL) {
        return 1;
    }

    if (by->policy.gpu != IOA_GPU_LOCAL) {
        ioattest_complain("--gpu-reference is of use with --gpu local alone");
        return 0;
    }

    if (!ioattest_input_read(&bytes, path, IOA_REFERENCE_SIZE_MAX)) {
        return 0;
    }

    ok = ioa_reference_parse(&by->reference, error, bytes.data,
                             bytes.len);

    ioattest_input_free(&bytes);

    if (!ok) {
        ioattest_complain("--gpu-reference %s: %s", path, error);
    }

    by->policy.reference = by->reference;

    return ok;
}


int
ioattest_appraise_read(ioattest_appraise_t *by)
{
    const char  *dir;

    dir = ioattest_appraise_value(by, IOATTEST_OPT_COLLATERAL);

    if (!ioattest_appraise_policy_read(by)
        || !ioattest_appraise_roots(&by->cpu_roots, by,
                                    IOATTEST_OPT_CPU_ROOTS)
        || !ioattest_appraise_roots(&by->gpu_roots, by,
                                    IOATTEST_OPT_GPU_ROOTS)
        || !ioattest_appraise_reference(by)
        || !ioattest_files_read(&by->files, dir))
    {
        return 0;
    }

    by->cache = ioa_chain_cache_new(IOATTEST_APPRAISE_CERTS);
    by->policy.cache = by->cache;
    by->policy.cpu_roots = by->cpu_roots;
    by->policy.gpu_roots = by->gpu_roots;

    return 1;
}


void
ioattest_appraise_free(ioattest_appraise_t *by)
{
    ioattest_files_free(&by->files);
    ioa_roots_free(by->cpu_roots);
    ioa_roots_free(by->gpu_roots);
    ioa_reference_free(by->reference);
    ioa_chain_cache_free(by->cache);
    ioa_policy_free(by->file);
}


int
ioattest_appraise_nonce(uint8_t nonce32[IOA_NONCE_LEN], const char *name,
    ioa_bytes_t text)
{
    if (!ioa_hex_decode(nonce32, IOA_NONCE_LEN, text.data, text.len)) {
        ioattest_complain("%s is 64 hex digits", name);
        return 0;
    }

    return 1;
}


int
ioattest_appraise_nonce_file(uint8_t nonce32[IOA_NONCE_LEN],
    const char *path)
{
    int          ok;
    char         name[IOATTEST_NONCE_NAME_MAX];
    ioa_bytes_t  file, text;

    if (!ioattest_input_read(&file, path, IOATTEST_NONCE_FILE_MAX)) {
        return 0;
    }

    text = file;

    while (text.len != 0 && text.data[text.len - 1] <= ' ') {
        text.len--;
    }

    (void) snprintf(name, sizeof(name), "the nonce in %s", path);
    ok = ioattest_appraise_nonce(nonce32, name, text);
    ioattest_input_free(&file);

    return ok;
}


/* Changes no verdict: the machine is verified by today's TCB. */
static void
ioattest_appraise_early(ioattest_report_verdict_t *verdict,
    const ioattest_appraise_t *by)
{
    ioa_wants_t           wants;
    const ioa_fetched_t  *fetched = by->files.fetched;

    verdict->early_given = verdict->reason == IOA_OK
        && verdict->machine.proved.cpu == IOA_CPU_TDX
        && (fetched[IOA_FETCH_EARLY_TCB_INFO].body.data != NULL
            || fetched[IOA_FETCH_EARLY_QE_IDENTITY].body.data != NULL);

    if (!verdict->early_given) {
        return;
    }

    memset(&wants, 0, sizeof(wants));
    verdict->early_reason = ioa_evidence_early(&verdict->early, &wants,
                                               &verdict->early_checks,
                                               &verdict->machine.proved,
                                               &by->policy, fetched,
                                               by->now);
}


void
ioattest_appraise(ioattest_report_verdict_t *verdict,
    const ioattest_appraise_t *by, ioa_bytes_t reply,
    const uint8_t nonce32[IOA_NONCE_LEN])
{
    verdict->reason = ioa_attest_verify(&verdict->machine, &verdict->wants,
                                        &verdict->checks, reply, nonce32,
                                        &by->policy, by->files.fetched, 0,
                                        by->now);
    ioattest_appraise_early(verdict, by);
}
