/*
 * fuzz_root: a pinned root for targets that verify, and a check of the
 * pointers in a view.
 */

#ifndef FUZZ_ROOT_H
#define FUZZ_ROOT_H

#include "fuzz.h"
#include "base/ioa_reader.h"

/* A self-signed CA on P-384, whose private key nobody has. */
static const char  fuzz_root[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB0DCCAVWgAwIBAgIBATAKBggqhkjOPQQDAzAgMQ0wCwYDVQQKDARUZXN0MQ8w\n"
    "DQYDVQQDDAZOb2JvZHkwHhcNMjAwOTEzMTIyNjQwWhcNNDkwMzIyMDQyNjQwWjAg\n"
    "MQ0wCwYDVQQKDARUZXN0MQ8wDQYDVQQDDAZOb2JvZHkwdjAQBgcqhkjOPQIBBgUr\n"
    "gQQAIgNiAASM05naXkh8BS6dCrYd5uuiV0ViYCz2A4IJqzr5PztK9ad/iqJwUWYy\n"
    "NDrrmWtDikNv5+eii8kgkBHU2Lm/r8WY4ssFeKnNlEs3RP3g6kpBjuO1Bo4nz3ux\n"
    "jN4dvtSl+cejYzBhMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0G\n"
    "A1UdDgQWBBTsDGUCM9wPOE4dEyg9hF4L/AY8ejAfBgNVHSMEGDAWgBTsDGUCM9wP\n"
    "OE4dEyg9hF4L/AY8ejAKBggqhkjOPQQDAwNpADBmAjEAyo0vZAVFMlLlbA3XSqK4\n"
    "hUyW1Y9xTNGrmMxXIJJ4DXb6xRxLclzq9kEtg7LdUEU4AjEA+nR84cCx7NAUN9cR\n"
    "sKd0ytM5xJg4HsdaXJIB8rSspkG+ueauQYU9SjLtNeawqzO/\n"
    "-----END CERTIFICATE-----\n";


/* Checks that a view points into the input. */
static inline void
fuzz_inside(ioa_reader_t r, const uint8_t *data, size_t n)
{
    if (r.left != 0) {
        fuzz_assert(r.pos >= data && r.left <= n
                    && (size_t) (r.pos - data) <= n - r.left);
    }
}

#endif
