/*
 * ioattest: the command line of the verification library; shared by its
 * commands.
 */

#ifndef IOATTEST_COMMAND_H
#define IOATTEST_COMMAND_H

#include "attest/ioattest.h"

#define IOATTEST_VERSION  IOA_VERSION

/* The exit status of a command. */
#define IOATTEST_VERIFIED  0
#define IOATTEST_REFUSED   1
#define IOATTEST_USAGE     2    /* also if input could not be read */

/*
 * Each command is a function in a file of its own.
 *
 * Returns: the exit status; the verdict has been written to standard output,
 * or with IOATTEST_USAGE one sentence to standard error.
 * In: argv[0] is the command's name, argv[argc] NULL.
 */
int ioattest_audit(int argc, char **argv);
int ioattest_attest(int argc, char **argv);
int ioattest_inspect(int argc, char **argv);
int ioattest_pin(int argc, char **argv);
int ioattest_report(int argc, char **argv);
int ioattest_response(int argc, char **argv);
int ioattest_rim(int argc, char **argv);

/* Writes the program's name and one sentence to standard error. */
void ioattest_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
