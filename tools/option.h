/*
 * option: the options of a command.
 */

#ifndef IOATTEST_OPTION_H
#define IOATTEST_OPTION_H

#include <stddef.h>

#include "attest/ioattest.h"

#define IOATTEST_OPTION_VALUES_MAX  64

typedef struct {
    const char  *name;      /* with dashes; "": other arguments */
    size_t       max;       /* how often it may be given; 0: a flag */
    size_t       given;     /* how often it was given */
    const char  *values[IOATTEST_OPTION_VALUES_MAX];
} ioattest_option_t;

/*
 * Reads a command's arguments: --name VALUE, --name=VALUE, --flag, and other
 * arguments (or "-"), which are files, as the option whose name is empty.
 *
 * Returns: 1; 0 after a complaint, if an argument is not an option of the
 * list, lacks its value or is given too often.
 * Out: options, given and values; a value that was not given is NULL.
 * In: options, n of them, name and max set and all else zero.
 */
int ioattest_options_read(ioattest_option_t *options, size_t n, int argc,
    char **argv) IOA_MUST_CHECK;

#endif
