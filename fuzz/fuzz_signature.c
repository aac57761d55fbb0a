/*
 * fuzz_signature: the headers of a signature.  The input is the header
 * values, separated by line feeds: text, signature, address, algorithm.
 */

#include "fuzz.h"
#include "base/ioa_codec.h"
#include "attest/ioattest.h"

#define HEADERS  4


/* Takes one line; a missing line is a missing header. */
static const uint8_t *
take_line(ioa_bytes_t *line, const uint8_t *at, const uint8_t *end)
{
    const uint8_t  *stop;

    if (at == NULL) {
        return NULL;
    }

    stop = at == end ? NULL : memchr(at, '\n', (size_t) (end - at));
    line->len = (size_t) ((stop ? stop : end) - at);
    line->data = fuzz_exact(at, line->len);

    return stop ? stop + 1 : NULL;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t            i, got;
    uint8_t           address20[20], claimed20[20], bytes[64];
    ioa_status_t      st;
    ioa_signature_t   sig;
    const uint8_t    *at;

    ioa_bytes_t *const  lines[HEADERS] = {
        &sig.text, &sig.signature, &sig.signing_address, &sig.signing_algo
    };

    static const uint8_t  zero20[20];

    memset(&sig, 0, sizeof(sig));
    at = data;

    for (i = 0; i < HEADERS; i++) {
        at = take_line(lines[i], at, data + n);
    }

    st = ioa_signature_verify(address20, &sig, IOA_TEXT_AGENT);

    if (st == IOA_OK) {
        fuzz_assert(ioa_address_parse(claimed20, sig.signing_address)
                    && memcmp(address20, claimed20, 20) == 0);
    } else {
        fuzz_assert(memcmp(address20, zero20, 20) == 0);
    }

    (void) ioa_signature_absent(&sig);
    (void) ioa_image_digest_valid(sig.text);

    if (sig.text.data != NULL
        && ioa_base64_decode(bytes, &got, sizeof(bytes), sig.text.data,
                             sig.text.len))
    {
        fuzz_assert(got <= sizeof(bytes));
    }

    for (i = 0; i < HEADERS; i++) {
        free((void *) lines[i]->data);
    }

    return 0;
}
