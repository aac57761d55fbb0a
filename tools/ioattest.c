/*
 * ioattest: the command line of the verification library.
 */

#include <stdio.h>
#include <string.h>

#define IOATTEST_VERSION     "0.1.0"
#define IOATTEST_EXIT_USAGE  2

static const char  ioattest_usage[] =
    "usage: ioattest --help | --version\n"
    "\n"
    "Exit status: 0 verified, 1 refused, 2 usage or unreadable input.\n";


int
main(int argc, char **argv)
{
    if (argc < 2) {
        fputs(ioattest_usage, stderr);
        return IOATTEST_EXIT_USAGE;
    }

    if (strcmp(argv[1], "--help") == 0) {
        fputs(ioattest_usage, stdout);
        return 0;
    }

    if (strcmp(argv[1], "--version") == 0) {
        puts("ioattest " IOATTEST_VERSION);
        return 0;
    }

    fprintf(stderr, "ioattest: unknown command \"%s\"\n", argv[1]);

    return IOATTEST_EXIT_USAGE;
}
