/*
 * ioa_nras_request: see ioa_nras_request.h.
 */

#include <stdlib.h>
#include <string.h>

#include "nvidia/ioa_nras_request.h"
#include "base/ioa_codec.h"
#include "x509/ioa_chain.h"

typedef struct {
    uint8_t  *data;
    size_t    len;
    size_t    cap;
    int       full;
} ioa_nras_out_t;


/* Returns: what the certificates say the device is; NONE where nothing. */
static ioa_gpu_arch_t
ioa_nras_arch(const uint8_t *pem, size_t n)
{
    char             chip[IOA_GPU_CHIP_MAX + 1];
    ioa_chain_t     *chain = ioa_chain_new(NULL);
    ioa_gpu_arch_t   arch = IOA_GPU_ARCH_NONE;

    if (chain != NULL
        && (ioa_chain_add_pem(chain, pem, n) != IOA_CHAIN_OK
            || !ioa_gpu_cert_arch(&arch, chip, chain)))
    {
        arch = IOA_GPU_ARCH_NONE;
    }

    ioa_chain_free(chain);

    return arch;
}


/*
 * Strict base64 has no character that JSON would escape.
 * Returns: 1 where both texts of a device can be sent.
 */
static int
ioa_nras_device_good(ioa_gpu_arch_t *arch, const ioa_gpu_evidence_t *text)
{
    size_t    n;
    uint8_t  *bytes;

    *arch = IOA_GPU_ARCH_NONE;
    bytes = ioa_gpu_base64(&n, text->evidence, IOA_SPDM_EVIDENCE_MAX);

    if (bytes == NULL) {
        return 0;
    }

    free(bytes);
    bytes = ioa_gpu_base64(&n, text->certificates, IOA_CHAIN_TEXT_LEN_MAX);

    if (bytes == NULL) {
        return 0;
    }

    *arch = ioa_nras_arch(bytes, n);
    free(bytes);

    return 1;
}


/* Out: *arch, of all devices; NONE unless 1 is returned. */
static int
ioa_nras_all_good(ioa_gpu_arch_t *arch, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *texts, size_t n)
{
    int             good = n != 0;
    size_t          i;
    ioa_gpu_arch_t  one, all = IOA_GPU_ARCH_NONE;

    *arch = IOA_GPU_ARCH_NONE;

    for (i = 0; i < n; i++) {
        if (!ioa_nras_device_good(&one, &texts[i])) {
            ioa_check_add(checks, "nras.evidence", IOA_CHECK_FAILED,
                          "device %zu: missing, too long, or no base64", i);
            return 0;
        }

        all = i == 0 ? one : all;
        good &= one != IOA_GPU_ARCH_NONE && one == all;
    }

    ioa_check_add(checks, "nras.evidence", IOA_CHECK_PASSED, "%zu devices",
                  n);

    if (!ioa_check_that(checks, good, "nras.arch", "%s",
                        good ? ioa_gpu_arch_name(all)
                             : "no chip that is known, or several"))
    {
        return 0;
    }

    *arch = all;

    return 1;
}


int
ioa_nras_request_good(ioa_checks_t *checks, const ioa_gpu_evidence_t *texts,
    size_t n)
{
    ioa_gpu_arch_t  arch;

    return ioa_nras_all_good(&arch, checks, texts, n);
}


static void
ioa_nras_put(ioa_nras_out_t *out, const uint8_t *data, size_t n)
{
    if (out->full || n > out->cap - out->len) {
        out->full = 1;
        return;
    }

    memcpy(out->data + out->len, data, n);
    out->len += n;
}


static void
ioa_nras_text(ioa_nras_out_t *out, const char *text)
{
    ioa_nras_put(out, (const uint8_t *) text, strlen(text));
}


size_t
ioa_nras_request_write(uint8_t *out, size_t cap,
    const uint8_t nonce32[IOA_NRAS_NONCE_LEN],
    const ioa_gpu_evidence_t *texts, size_t n)
{
    size_t          i;
    uint8_t         hex[2 * IOA_NRAS_NONCE_LEN];
    ioa_nras_out_t  body = { out, 0, cap, 0 };
    ioa_gpu_arch_t  arch;

    if (!ioa_nras_all_good(&arch, NULL, texts, n)) {
        return 0;
    }

    ioa_hex_encode(hex, nonce32, IOA_NRAS_NONCE_LEN);

    ioa_nras_text(&body, "{\"nonce\":\"");
    ioa_nras_put(&body, hex, sizeof(hex));
    ioa_nras_text(&body, "\",\"arch\":\"");
    ioa_nras_text(&body, ioa_gpu_arch_name(arch));
    ioa_nras_text(&body, "\",\"evidence_list\":[");

    for (i = 0; i < n; i++) {
        ioa_nras_text(&body, i == 0 ? "{\"certificate\":\""
                                    : ",{\"certificate\":\"");
        ioa_nras_put(&body, texts[i].certificates.pos,
                     ioa_reader_left(&texts[i].certificates));
        ioa_nras_text(&body, "\",\"evidence\":\"");
        ioa_nras_put(&body, texts[i].evidence.pos,
                     ioa_reader_left(&texts[i].evidence));
        ioa_nras_text(&body, "\"}");
    }

    ioa_nras_text(&body, "],\"claims_version\":\"3.0\"}");

    return body.full ? 0 : body.len;
}
