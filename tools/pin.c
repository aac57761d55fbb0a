/*
 * pin: a policy from saved replies, all of which verify.
 */

#define _POSIX_C_SOURCE  200809L    /* open_memstream() */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraise.h"
#include "command.h"
#include "input.h"
#include "pin.h"
#include "print.h"

#define IOATTEST_PIN_PATH_MAX  4096

enum {
    IOATTEST_OPT_REPLY = IOATTEST_OPT_SHARED,
    IOATTEST_OPT_NONCE,
    IOATTEST_OPT_MACHINES,
    IOATTEST_OPTS
};

static const ioattest_option_t  ioattest_pin_options[IOATTEST_OPTS] = {
    IOATTEST_APPRAISE_OPTIONS,
    [IOATTEST_OPT_REPLY] = { .name = "REPLY", .max = IOATTEST_PIN_REPLIES },
    [IOATTEST_OPT_NONCE] = { .name = "--nonce", .max = IOATTEST_PIN_REPLIES },
    [IOATTEST_OPT_MACHINES] = { .name = "--machines" }
};

typedef struct {
    ioa_bytes_t  reply;
    uint8_t      nonce32[IOA_NONCE_LEN];
} ioattest_pin_input_t;

/* The state of a run. */
typedef struct {
    ioattest_option_t          options[IOATTEST_OPTS];
    ioattest_appraise_t        by;
    ioattest_pin_input_t       inputs[IOATTEST_PIN_REPLIES];
    ioattest_report_verdict_t  verdict;
    ioattest_pin_t             pin;
} ioattest_pinning_t;

/* For ioattest_pinning_lost. */
typedef struct {
    const ioattest_pin_t  *pin;
    int                    lost;
} ioattest_pin_diff_t;


static void
ioattest_pin_usage(void)
{
    fputs(
"usage: ioattest pin REPLY ... [--nonce HEX ...] [--machines]\n"
"           [--policy FILE] --cpu-roots FILE [--cpu tdx|sev-snp]\n"
"           [--gpu-roots FILE] [--gpu local|nras|off]\n"
"           [--gpu-reference FILE] [--collateral PATH]\n"
"           [--report-data auto|nonce|address-nonce] [--at TIME]\n"
"\n"
"Writes a policy file, for ioattest_policy, that accepts the machines of saved\n"
"replies and those that are like them. Each reply is verified first, as by\n"
"ioattest report; if one is refused there is no policy. What the replies say\n"
"differently becomes a list, of which any will do, and comments say which file\n"
"said what.\n"
"\n"
"This is trust on first use: what the machines run now is what is accepted\n"
"from now on, and nobody has said that it is good.\n"
"\n"
"  REPLY              replies, unchanged, as ioattest attest saves them; 64 at\n"
"                     most. The nonce of each is read from REPLY.nonce\n"
"  --nonce HEX        the nonce instead: one for each REPLY, in their order\n"
"  --machines         pin also which machines they are: the processor (PPID)\n"
"                     of TDX, the chip's id of SEV-SNP, and the UEIDs of their\n"
"                     GPUs, without which GPUs of elsewhere may answer\n"
"  --policy FILE      what the replies must fit; its rules (TCB statuses,\n"
"                     grace, minimums, bits) go over into the new file\n"
"  --help, --version\n"
"\n"
"The other options are those of ioattest report: see its --help.\n"
"\n"
"Exit status: 0 written, 1 a reply was refused (and which, on standard error),\n"
"2 usage or unreadable input.\n",
          stdout);
}


static int
ioattest_pinning_check(ioattest_pinning_t *run)
{
    size_t              i;
    ioattest_option_t  *nonces = &run->options[IOATTEST_OPT_NONCE];
    ioattest_option_t  *replies = &run->options[IOATTEST_OPT_REPLY];

    if (replies->given == 0) {
        ioattest_complain("REPLY, a saved reply, is missing");
        return 0;
    }

    if (nonces->given != 0 && nonces->given != replies->given) {
        ioattest_complain("--nonce is needed for each REPLY, or for none");
        return 0;
    }

    for (i = 0; i < nonces->given; i++) {
        if (!ioattest_appraise_nonce(run->inputs[i].nonce32, "--nonce",
                                 ioattest_print_bytes(nonces->values[i])))
        {
            return 0;
        }
    }

    if (!ioattest_appraise_check(&run->by)) {
        return 0;
    }

    if (run->by.policy.cpu == 0) {
        ioattest_complain("--cpu off: a policy would pin nothing that was "
                          "verified");
        return 0;
    }

    return 1;
}


static int
ioattest_pinning_read(ioattest_pinning_t *run)
{
    int                    n;
    char                   path[IOATTEST_PIN_PATH_MAX];
    size_t                 i;
    const char            *name;
    ioattest_pin_input_t  *input;

    if (!ioattest_appraise_read(&run->by)) {
        return 0;
    }

    for (i = 0; i < run->options[IOATTEST_OPT_REPLY].given; i++) {
        input = &run->inputs[i];
        name = run->options[IOATTEST_OPT_REPLY].values[i];

        if (!ioattest_input_read(&input->reply, name, IOA_REPORT_SIZE_MAX)) {
            return 0;
        }

        if (run->options[IOATTEST_OPT_NONCE].given != 0) {
            continue;
        }

        n = snprintf(path, sizeof(path), "%s.nonce", name);

        if (n < 0 || (size_t) n >= sizeof(path)) {
            ioattest_complain("the name of a REPLY is too long");
            return 0;
        }

        if (!ioattest_appraise_nonce_file(input->nonce32, path)) {
            return 0;
        }
    }

    return 1;
}


/* Judges one reply.  Returns: 0 after a complaint that says why not. */
static int
ioattest_pinning_judge(ioattest_pinning_t *run, size_t i)
{
    size_t                      k;
    const char                 *path, *name = "", *detail = "";
    const ioa_checks_t         *checks = &run->verdict.checks;
    ioattest_report_verdict_t  *verdict = &run->verdict;

    memset(verdict, 0, sizeof(ioattest_report_verdict_t));
    ioattest_appraise(verdict, &run->by, run->inputs[i].reply,
                      run->inputs[i].nonce32);

    if (verdict->reason == IOA_OK) {
        return 1;
    }

    for (k = 0; k < checks->n; k++) {
        if (checks->list[k].verdict == IOA_CHECK_FAILED) {
            name = checks->list[k].name;
            detail = checks->list[k].detail;
            break;
        }
    }

    path = run->options[IOATTEST_OPT_REPLY].values[i];
    ioattest_complain("%s: %s%s%s%s%s", path,
                      ioa_status_name(verdict->reason),
                      name[0] != '\0' ? ": " : "", name,
                      detail[0] != '\0' ? ": " : "", detail);

    return 0;
}


/* Judges all, so that each that is refused is named. */
static int
ioattest_pinning_judge_all(ioattest_pinning_t *run)
{
    int     good = 1;
    size_t  i;

    for (i = 0; i < run->options[IOATTEST_OPT_REPLY].given; i++) {

        if (!ioattest_pinning_judge(run, i)) {
            good = 0;
            continue;
        }

        ioattest_pin_take(&run->pin.replies[i], &run->verdict.machine,
                          run->inputs[i].reply);
        run->pin.replies[i].path = run->options[IOATTEST_OPT_REPLY].values[i];
    }

    return good;
}


static void
ioattest_pinning_lost(void *ctx, const char *line)
{
    ioattest_pin_diff_t  *diff = ctx;

    if (!diff->lost && ioattest_pin_lost(diff->pin, line)) {
        diff->lost = 1;
        ioattest_complain("--policy says %s, and no reply says what would "
                          "take its place: see --machines, or leave it out",
                          line + 2);
    }
}


/*
 * Checks that what was written has all rules of --policy and accepts every
 * reply that it was made from.
 */
static int
ioattest_pinning_tried(ioattest_pinning_t *run, ioa_bytes_t text)
{
    char                  error[IOA_POLICY_ERROR_MAX];
    ioa_policy_file_t    *made;
    ioattest_pin_diff_t   diff = { &run->pin, 0 };

    if (!ioa_policy_parse(&made, error, text.data, text.len)) {
        ioattest_complain("the policy cannot be read: %s", error);
        return 0;
    }

    (void) ioa_policy_diff(run->by.file, made, ioattest_pinning_lost, &diff);
    ioa_policy_free(made);

    return !diff.lost && ioattest_appraise_policy(&run->by, error, text)
           && ioattest_pinning_judge_all(run);
}


/* Returns: the exit status. */
static int
ioattest_pinning_write(ioattest_pinning_t *run)
{
    int          failed, status;
    char        *text = NULL;
    FILE        *out;
    size_t       len = 0;
    ioa_bytes_t  bytes;

    out = open_memstream(&text, &len);

    failed = out == NULL;

    if (!failed) {
        ioattest_pin_write(out, &run->pin);
        failed = ferror(out);
        failed |= fclose(out) != 0;
    }

    if (failed) {
        ioattest_complain("out of memory");
        free(text);
        return IOATTEST_USAGE;
    }

    bytes.data = (uint8_t *) text;
    bytes.len = len;

    status = ioattest_pinning_tried(run, bytes) ? IOATTEST_VERIFIED
                                                : IOATTEST_REFUSED;

    if (status == IOATTEST_VERIFIED) {
        (void) fwrite(text, 1, len, stdout);    /* main() looks */
        ioattest_complain("trust on first use: the policy accepts what "
                          "these replies run, good or not");
    }

    free(text);

    return status;
}


static int
ioattest_pinning_run(ioattest_pinning_t *run)
{
    int          status = IOATTEST_USAGE;
    size_t       i;
    const char  *unnamed;

    run->by.options = run->options;
    run->by.command = "pin";

    if (ioattest_pinning_check(run) && ioattest_pinning_read(run)) {
        status = IOATTEST_REFUSED;

        if (ioattest_pinning_judge_all(run)) {
            run->pin.n = run->options[IOATTEST_OPT_REPLY].given;
            run->pin.machines = run->options[IOATTEST_OPT_MACHINES].given
                                != 0;
            run->pin.gpus = run->by.policy.gpu != IOA_GPU_OFF;
            run->pin.rules = run->by.file;
            unnamed = run->pin.machines ? ioattest_pin_unnamed(&run->pin)
                                        : NULL;

            if (unnamed != NULL) {
                ioattest_complain("%s does not name its machine, as "
                                  "--machines asks", unnamed);

            } else {
                status = ioattest_pinning_write(run);
            }
        }
    }

    for (i = 0; i < IOATTEST_PIN_REPLIES; i++) {
        ioattest_input_free(&run->inputs[i].reply);
    }

    ioattest_appraise_free(&run->by);

    return status;
}


int
ioattest_pin(int argc, char **argv)
{
    int                  status;
    ioattest_pinning_t  *run;

    run = calloc(1, sizeof(ioattest_pinning_t));

    if (run == NULL) {
        ioattest_complain("out of memory");
        return IOATTEST_USAGE;
    }

    memcpy(run->options, ioattest_pin_options, sizeof(ioattest_pin_options));

    if (!ioattest_options_read(run->options, IOATTEST_OPTS, argc, argv)) {
        status = IOATTEST_USAGE;

    } else if (run->options[IOATTEST_OPT_HELP].given) {
        ioattest_pin_usage();
        status = 0;

    } else if (run->options[IOATTEST_OPT_VERSION].given) {
        puts("ioattest " IOATTEST_VERSION);
        status = 0;

    } else {
        status = ioattest_pinning_run(run);
    }

    free(run);

    return status;
}
