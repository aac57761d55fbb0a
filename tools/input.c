/*
 * input: see input.h.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "input.h"

#define IOATTEST_INPUT_FIRST  65536


/* Resizes data.  Returns: NULL after a complaint, with data freed. */
static uint8_t *
ioattest_input_grow(uint8_t *data, size_t size)
{
    uint8_t  *p;

    p = realloc(data, size);

    if (p == NULL) {
        ioattest_complain("out of memory");
        free(data);
    }

    return p;
}


/*
 * Returns: what was read, in memory of exactly that size, so that sanitizers
 * notice a read beyond it; NULL after a complaint.
 */
static uint8_t *
ioattest_input_slurp(size_t *len, FILE *file, const char *path, size_t max)
{
    size_t    n, cap;
    uint8_t  *data;

    n = 0;
    cap = IOATTEST_INPUT_FIRST;
    data = ioattest_input_grow(NULL, cap);

    while (data != NULL) {
        n += fread(data + n, 1, cap - n, file);

        if (ferror(file)) {
            ioattest_complain("cannot read %s: %s", path, strerror(errno));
            free(data);
            return NULL;
        }

        if (n > max) {
            ioattest_complain("%s has more than %zu bytes", path, max);
            free(data);
            return NULL;
        }

        if (n < cap) {
            *len = n;
            return ioattest_input_grow(data, n == 0 ? 1 : n);
        }

        cap *= 2;
        data = ioattest_input_grow(data, cap);
    }

    return NULL;
}


int
ioattest_input_read(ioa_bytes_t *bytes, const char *path, size_t max)
{
    FILE        *file;
    static int   used;

    bytes->data = NULL;
    bytes->len = 0;

    if (strcmp(path, "-") == 0) {

        if (used) {
            ioattest_complain("standard input (-) can be read once");
            return 0;
        }

        used = 1;
        bytes->data = ioattest_input_slurp(&bytes->len, stdin,
                                           "standard input", max);
        return bytes->data != NULL;
    }

    file = fopen(path, "rb");

    if (file == NULL) {
        ioattest_complain("cannot open %s: %s", path, strerror(errno));
        return 0;
    }

    bytes->data = ioattest_input_slurp(&bytes->len, file, path, max);
    fclose(file);

    return bytes->data != NULL;
}


void
ioattest_input_free(ioa_bytes_t *bytes)
{
    free((void *) bytes->data);
    bytes->data = NULL;
    bytes->len = 0;
}
