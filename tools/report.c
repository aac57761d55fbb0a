/*
 * report: verifies a saved attestation reply.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraise.h"
#include "command.h"
#include "input.h"
#include "print.h"

enum {
    IOATTEST_OPT_FILE = IOATTEST_OPT_SHARED,
    IOATTEST_OPT_NONCE,
    IOATTEST_OPT_NONCE_FILE,
    IOATTEST_OPT_JSON,
    IOATTEST_OPTS
};

static const ioattest_option_t  ioattest_report_options[IOATTEST_OPTS] = {
    IOATTEST_APPRAISE_OPTIONS,
    [IOATTEST_OPT_FILE] = { .name = "FILE", .max = 1 },
    [IOATTEST_OPT_NONCE] = { .name = "--nonce", .max = 1 },
    [IOATTEST_OPT_NONCE_FILE] = { .name = "--nonce-file", .max = 1 },
    [IOATTEST_OPT_JSON] = { .name = "--json" }
};

/* The state of a run; by borrows from options. */
typedef struct {
    ioattest_option_t    options[IOATTEST_OPTS];
    ioa_bytes_t          reply;
    uint8_t              nonce32[IOA_NONCE_LEN];
    ioattest_appraise_t  by;
} ioattest_report_t;


static void
ioattest_report_usage(void)
{
    fputs(
"usage: ioattest report FILE --nonce HEX | --nonce-file FILE\n"
"           [--policy FILE]\n"
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
"  --nonce-file FILE  a file with them, as ioattest attest writes it\n"
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
"                     itself (tcb_info, tcb_info_signature, pck_crl, ...).\n"
"                     With tcb_info_early.json, qe_identity_early.json and\n"
"                     their chains, what the service says with update=early,\n"
"                     tcb_early says how the machine will be judged by what\n"
"                     Intel asks for next; the verdict is today's\n"
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
"The checks follow in their order, up to the first that refuses; of the kind\n"
"of evidence that failed, also those that were not made.\n"
"\n"
"Exit status: 0 verified, 1 refused, 2 usage or unreadable input.\n",
          stdout);
}


/* Checks the options before any file is opened. */
static int
ioattest_report_check(ioattest_report_t *report)
{
    const char         *nonce;
    ioattest_option_t  *options = report->options;

    if (!options[IOATTEST_OPT_FILE].given) {
        ioattest_complain("FILE, the reply, is missing");
        return 0;
    }

    if (options[IOATTEST_OPT_NONCE].given
        + options[IOATTEST_OPT_NONCE_FILE].given != 1)
    {
        ioattest_complain("--nonce %s", options[IOATTEST_OPT_NONCE].given
                          ? "and --nonce-file are two nonces"
                          : "is missing, or --nonce-file");
        return 0;
    }

    nonce = options[IOATTEST_OPT_NONCE].values[0];

    return (nonce == NULL
            || ioattest_appraise_nonce(report->nonce32, "--nonce",
                                       ioattest_print_bytes(nonce)))
           && ioattest_appraise_check(&report->by);
}


static int
ioattest_report_read(ioattest_report_t *report)
{
    const char  *nonce;

    nonce = report->options[IOATTEST_OPT_NONCE_FILE].values[0];

    return (nonce == NULL
            || ioattest_appraise_nonce_file(report->nonce32, nonce))
           && ioattest_appraise_read(&report->by)
           && ioattest_input_read(&report->reply,
                              report->options[IOATTEST_OPT_FILE].values[0],
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

    ioattest_appraise(verdict, &report->by, report->reply, report->nonce32);

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

    report->by.options = report->options;
    report->by.command = "report";

    if (ioattest_report_check(report) && ioattest_report_read(report)) {
        status = ioattest_report_judge(report);
    }

    ioattest_input_free(&report->reply);
    ioattest_appraise_free(&report->by);

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
