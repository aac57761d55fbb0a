/*
 * inspect: decodes saved evidence, and verifies nothing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/ioattest.h"
#include "command.h"
#include "input.h"
#include "inspect_find.h"
#include "inspect_print.h"
#include "option.h"

enum {
    IOATTEST_OPT_FILE = 0,
    IOATTEST_OPT_JSON,
    IOATTEST_OPT_HELP,
    IOATTEST_OPT_VERSION,
    IOATTEST_OPTS
};

static const ioattest_option_t  ioattest_inspect_options[IOATTEST_OPTS] = {
    [IOATTEST_OPT_FILE] = { .name = "FILE", .max = 1 },
    [IOATTEST_OPT_JSON] = { .name = "--json" },
    [IOATTEST_OPT_HELP] = { .name = "--help" },
    [IOATTEST_OPT_VERSION] = { .name = "--version" }
};


static void
ioattest_inspect_usage(void)
{
    fputs(
"usage: ioattest inspect FILE [--json]\n"
"\n"
"Decodes evidence for people to read. Nothing is verified: all of it may be\n"
"forged. Use ioattest report for a verdict.\n"
"\n"
"  FILE               a TDX or SGX quote, an SEV-SNP report, evidence of an\n"
"                     NVIDIA GPU, or certificates: binary, hex, base64 or\n"
"                     PEM; or JSON with these: an attestation reply, a\n"
"                     payload for NVIDIA's service, a list of evidence with\n"
"                     certificates, a quote as written by dstack\n"
"  --json             one JSON object on one line\n"
"  --help, --version\n"
"\n"
"FILE may be - for standard input, and has at most 1 MB. If it begins with\n"
"something else it is searched for complete evidence; the offset is shown.\n"
"Registers have the names and the form that they have in a policy file.\n"
"\n"
"Exit status: 0 all was decoded, 2 usage, or something could not be read.\n",
          stdout);
}


/* 1 if it is a reply of the agent, with evidence or without. */
static int
ioattest_inspect_reply(const ioa_json_t *root)
{
    return ioa_json_member(root, "signing_address") != NULL
           && ioa_json_member(root, "nonce") != NULL;
}


/* Complains about what could not be read.  Returns: 1 if there is none. */
static int
ioattest_inspect_complete(const ioattest_pieces_t *list, const char *path)
{
    size_t                   i;
    const ioattest_piece_t  *piece;

    for (i = 0; i < list->n; i++) {
        piece = &list->pieces[i];

        if (piece->kind == IOATTEST_KIND_NONE) {
            ioattest_complain("%s: %s%s%s", path, piece->from,
                              piece->from[0] == '\0' ? "" : " is ",
                              piece->why);
            return 0;
        }
    }

    if (list->n == 0 && !ioattest_inspect_reply(list->root)) {
        ioattest_complain("%s: JSON without a quote, report or GPU evidence "
                          "under a name that is known", path);
        return 0;
    }

    if (list->left_out != 0) {
        ioattest_complain("%s: more than %d pieces of evidence", path,
                          IOATTEST_PIECES_MAX);
        return 0;
    }

    return 1;
}


/* 1 if there is something to show. */
static int
ioattest_inspect_any(const ioattest_pieces_t *list)
{
    size_t  i;

    for (i = 0; i < list->n; i++) {
        if (list->pieces[i].kind != IOATTEST_KIND_NONE) {
            return 1;
        }
    }

    return ioattest_inspect_reply(list->root);
}


static int
ioattest_inspect_run(const ioattest_option_t *options)
{
    int                 status = IOATTEST_USAGE;
    const char         *path;
    ioa_bytes_t         input;
    ioattest_pieces_t  *list;

    path = options[IOATTEST_OPT_FILE].values[0];

    if (path == NULL) {
        ioattest_complain("FILE, the evidence, is missing");
        return IOATTEST_USAGE;
    }

    if (!ioattest_input_read(&input, path, IOA_REPORT_SIZE_MAX)) {
        return IOATTEST_USAGE;
    }

    list = malloc(sizeof(ioattest_pieces_t));

    if (list == NULL) {
        ioattest_complain("out of memory");

    } else {
        ioattest_find(list, input);

        if (ioattest_inspect_any(list)) {
            ioattest_inspect_print(list,
                                   options[IOATTEST_OPT_JSON].given != 0);
        }

        status = ioattest_inspect_complete(list, path) ? 0 : IOATTEST_USAGE;
        ioattest_pieces_free(list);
    }

    free(list);
    ioattest_input_free(&input);

    return status;
}


int
ioattest_inspect(int argc, char **argv)
{
    ioattest_option_t  options[IOATTEST_OPTS];

    memcpy(options, ioattest_inspect_options, sizeof(options));

    if (!ioattest_options_read(options, IOATTEST_OPTS, argc, argv)) {
        return IOATTEST_USAGE;
    }

    if (options[IOATTEST_OPT_HELP].given) {
        ioattest_inspect_usage();
        return 0;
    }

    if (options[IOATTEST_OPT_VERSION].given) {
        puts("ioattest " IOATTEST_VERSION);
        return 0;
    }

    return ioattest_inspect_run(options);
}
