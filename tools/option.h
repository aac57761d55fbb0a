/*
 * option: the options of a command.
 */

#ifndef IOATTEST_OPTION_H
#define IOATTEST_OPTION_H

#include <stddef.h>

#include "attest/ioattest.h"

#define IOATTEST_OPTION_VALUES_MAX  64

typedef struct {
    const char  *name;      /* with its dashes; none: what is no option */
    size_t       max;       /* values, one for each time; 0: a flag */
    size_t       given;     /* how often it stood there */
    const char  *values[IOATTEST_OPTION_VALUES_MAX];
} ioattest_option_t;

/*
 * Reads a command's arguments: --name VALUE, --name=VALUE, --flag,
 * and what has no dash before it, or is "-", for the option whose name has
 * none: a file.
 *
 * Returns: 1; 0 after a complaint, where an argument is no option of the
 * list, one lacks its value or is given more often than it may be.
 * Out: options, given and values; a value that was not given is NULL.
 * In: options, n of them, name and max set and all else zero.
 */
int ioattest_options_read(ioattest_option_t *options, size_t n, int argc,
    char **argv) IOA_MUST_CHECK;

#endif
