/*
 * fuzz: shared by the targets.
 *
 * Inputs are passed on in memory of their exact size, so that a sanitizer
 * notices a read beyond their end.  Signatures are always verified: parsers
 * have targets of their own.
 */

#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


/* Aborts unless the condition holds. */
static inline void
fuzz_assert(int good)
{
    if (!good) {
        abort();
    }
}


static inline uint8_t *
fuzz_exact(const uint8_t *data, size_t n)
{
    uint8_t  *p;

    p = malloc(n ? n : 1);
    fuzz_assert(p != NULL);

    if (n != 0) {
        memcpy(p, data, n);
    }

    return p;
}

#endif
