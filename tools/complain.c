/*
 * complain: error messages of the command line tool.
 */

#include <stdarg.h>
#include <stdio.h>

#include "command.h"


void
ioattest_complain(const char *format, ...)
{
    va_list  args;

    fputs("ioattest: ", stderr);

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);

    fputc('\n', stderr);
}
