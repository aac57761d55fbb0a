/*
 * ioattest: the command line of the verification library.
 */

#include <stdio.h>
#include <string.h>

#include "command.h"

typedef struct {
    const char  *name;
    int        (*run)(int argc, char **argv);
    const char  *summary;
} ioattest_command_t;

static const ioattest_command_t  ioattest_commands[] = {
    { "attest", ioattest_attest,
      "ask the API for an attestation, and save it" },
    { "audit", ioattest_audit,
      "check that an audit log is whole" },
    { "inspect", ioattest_inspect,
      "decode saved evidence, without verifying it" },
    { "pin", ioattest_pin,
      "write a policy from saved replies that verify" },
    { "report", ioattest_report,
      "verify a saved attestation reply" },
    { "response", ioattest_response,
      "verify a saved response, and the request that it answers" },
    { "rim", ioattest_rim,
      "verify NVIDIA's reference manifests, for ioattest_gpu_reference" }
};

#define IOATTEST_COMMANDS                                                     \
    (sizeof(ioattest_commands) / sizeof(ioattest_commands[0]))


static void
ioattest_usage(FILE *out)
{
    size_t  i;

    fputs("usage: ioattest COMMAND [OPTION ...]\n"
          "       ioattest --help | --version\n"
          "\n"
          "Verifies saved responses and attestations, and gets them.\n"
          "\n"
          "Commands:\n", out);

    for (i = 0; i < IOATTEST_COMMANDS; i++) {
        fprintf(out, "  %-10s %s\n", ioattest_commands[i].name,
                ioattest_commands[i].summary);
    }

    fputs("\n"
          "Use ioattest COMMAND --help for a command's options.\n"
          "\n"
          "Exit status: 0 verified, or shown, written or saved; 1 refused;\n"
          "2 usage or unreadable input.\n",
          out);
}


static int
ioattest_run(int argc, char **argv)
{
    size_t  i;

    if (argc < 2) {
        ioattest_usage(stderr);
        return IOATTEST_USAGE;
    }

    if (strcmp(argv[1], "--help") == 0) {
        ioattest_usage(stdout);
        return 0;
    }

    if (strcmp(argv[1], "--version") == 0) {
        puts("ioattest " IOATTEST_VERSION);
        return 0;
    }

    for (i = 0; i < IOATTEST_COMMANDS; i++) {
        if (strcmp(argv[1], ioattest_commands[i].name) == 0) {
            return ioattest_commands[i].run(argc - 1, argv + 1);
        }
    }

    ioattest_complain("unknown command \"%s\": see ioattest --help", argv[1]);

    return IOATTEST_USAGE;
}


int
main(int argc, char **argv)
{
    int  status;

    status = ioattest_run(argc, argv);

    /* a verdict that was not written is not a success */

    if (fflush(stdout) != 0 || ferror(stdout)) {
        ioattest_complain("standard output could not be written");
        return IOATTEST_USAGE;
    }

    return status;
}
