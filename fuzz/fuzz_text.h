/*
 * fuzz_text: an output of a target that is kept whole, with room made before.
 */

#ifndef FUZZ_TEXT_H
#define FUZZ_TEXT_H

#include "fuzz.h"

typedef struct {
    size_t    len;
    size_t    cap;
    uint8_t  *data;
} fuzz_text_t;


/* For ioa_out_init(); ctx is a fuzz_text_t. */
static inline int
fuzz_take(void *ctx, const uint8_t *data, size_t n)
{
    fuzz_text_t  *text = ctx;

    fuzz_assert(n <= text->cap - text->len);
    memcpy(text->data + text->len, data, n);
    text->len += n;

    return 1;
}

#endif
