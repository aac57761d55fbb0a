/*
 * complain: error messages of the command line tool.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "attest/ioattest.h"
#include "command.h"

#define IOATTEST_COMPLAINT_MAX  8192


void
ioattest_complain(const char *format, ...)
{
    char            text[IOATTEST_COMPLAINT_MAX];
    size_t          len, n;
    va_list         args;
    const uint8_t  *p;

    va_start(args, format);
    text[0] = '\0';
    (void) vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    fputs("ioattest: ", stderr);

    /* names of files and words of others may stand in it */

    for (p = (uint8_t *) text, len = strlen(text); len > 0; p += n, len -= n) {
        n = ioa_utf8_char(p, len);

        if (n == 0 || ioa_utf8_hidden(ioa_utf8_code(p, n))) {
            n = n == 0 ? 1 : n;
            fputc('?', stderr);

        } else {
            fwrite(p, 1, n, stderr);
        }
    }

    fputc('\n', stderr);
}
