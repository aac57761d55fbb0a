/*
 * ioa_attest_request: see ioa_attest_request.h.
 */

#include <string.h>

#include "attest/ioa_attest_request.h"
#include "base/ioa_codec.h"
#include "base/ioa_utf8.h"

#define IOA_ATTEST_ESCAPE_MAX  6    /* \u0000 */

typedef struct {
    uint8_t  *data;
    size_t    cap;
    size_t    len;
    int       full;
} ioa_attest_out_t;


static void
ioa_attest_put(ioa_attest_out_t *out, const void *bytes, size_t n)
{
    if (out->full || n > out->cap - out->len) {
        out->full = 1;
        return;
    }

    memcpy(out->data + out->len, bytes, n);
    out->len += n;
}


/* Writes one byte of a string, escaped where JSON asks for it. */
static void
ioa_attest_put_char(ioa_attest_out_t *out, uint8_t c)
{
    uint8_t  escape[IOA_ATTEST_ESCAPE_MAX] = { '\\', 'u', '0', '0' };

    if (c < 0x20) {
        ioa_hex_encode(escape + 4, &c, 1);
        ioa_attest_put(out, escape, sizeof(escape));
        return;
    }

    if (c == '"' || c == '\\') {
        ioa_attest_put(out, "\\", 1);
    }

    ioa_attest_put(out, &c, 1);
}


size_t
ioa_attest_request(uint8_t *out, size_t cap, ioa_bytes_t model_id,
    const uint8_t nonce32[IOA_NONCE_LEN])
{
    size_t            i;
    uint8_t           nonce[2 * IOA_NONCE_LEN];
    ioa_utf8_t        utf8 = { 0, 0, 0 };
    ioa_attest_out_t  o = { out, cap, 0, 0 };

    if (model_id.len > IOA_MODEL_ID_MAX) {
        return 0;
    }

    ioa_attest_put(&o, "{\"model_id\":\"", sizeof("{\"model_id\":\"") - 1);

    for (i = 0; i < model_id.len; i++) {
        if (!ioa_utf8_byte(&utf8, model_id.data[i])) {
            return 0;
        }

        ioa_attest_put_char(&o, model_id.data[i]);
    }

    ioa_hex_encode(nonce, nonce32, IOA_NONCE_LEN);

    ioa_attest_put(&o, "\",\"nonce\":\"", sizeof("\",\"nonce\":\"") - 1);
    ioa_attest_put(&o, nonce, sizeof(nonce));
    ioa_attest_put(&o, "\"}", sizeof("\"}") - 1);

    return utf8.need != 0 || o.full ? 0 : o.len;
}
