/*
 * ioattest: the command line of the verification library; what its commands
 * have in common.
 */

#ifndef IOATTEST_COMMAND_H
#define IOATTEST_COMMAND_H

#define IOATTEST_VERSION  "0.2.0"

/* How a command ends. */
#define IOATTEST_VERIFIED  0
#define IOATTEST_REFUSED   1
#define IOATTEST_USAGE     2    /* or input that could not be read */

/*
 * Each command is a function of its own file.
 *
 * Returns: how the program is to end; the verdict is on standard output
 * then, or with IOATTEST_USAGE one sentence on standard error.
 * In: argv[0] is the command's name, argv[argc] NULL.
 */
int ioattest_inspect(int argc, char **argv);
int ioattest_report(int argc, char **argv);
int ioattest_response(int argc, char **argv);
int ioattest_rim(int argc, char **argv);

/* Writes one sentence to standard error, with the program's name before it. */
void ioattest_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
