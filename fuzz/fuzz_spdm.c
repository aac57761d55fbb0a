/*
 * fuzz_spdm: evidence of a GPU, and its verification under a root that has
 * signed none of it: in base64, and as if it were base64.  The first
 * two bytes are the length of the evidence, the rest is the chain.
 */

#include <openssl/evp.h>

#include "fuzz_root.h"
#include "nvidia/ioa_verify_gpu.h"


static void
fuzz_view(const uint8_t *data, size_t n)
{
    char                         driver[IOA_SPDM_DRIVER_MAX + 1];
    char                         vbios[IOA_SPDM_VBIOS_TEXT_LEN + 1];
    size_t                       i;
    ioa_spdm_view_t              view;
    ioa_spdm_record_t            record;
    static const ioa_spdm_view_t  zero;

    memset(&view, 0xff, sizeof(view));

    if (ioa_spdm_parse(&view, data, n) != IOA_OK) {
        fuzz_assert(memcmp(&view, &zero, sizeof(view)) == 0);
        return;
    }

    for (i = 0; i < view.blocks_n; i++) {
        fuzz_inside(view.blocks[i].value, data, n);
    }

    for (i = 0; i < IOA_SPDM_TYPES; i++) {
        fuzz_inside(view.records[i], data, n);
        fuzz_assert(!view.form.newer || view.records[i].pos == NULL);
    }

    fuzz_inside(view.opaque, data, n);
    fuzz_assert(view.form.versioned || !view.form.newer);

    while (!view.form.newer && ioa_reader_left(&view.opaque) != 0) {
        fuzz_assert(ioa_spdm_record(&record, &view.opaque, &view.form));
        fuzz_inside(record.value, data, n);
        fuzz_assert(view.form.versioned || record.value_type == 0);
    }

    fuzz_assert(view.signed_bytes.pos == data);
    fuzz_assert(view.sig96 == data + view.signed_bytes.left);
    fuzz_assert(view.signed_bytes.left + IOA_SPDM_SIG_LEN + view.trailing
                == n);

    if (ioa_spdm_driver(driver, &view)) {
        fuzz_assert(driver[0] != '\0');
    }

    if (ioa_spdm_vbios(vbios, &view)) {
        fuzz_assert(strlen(vbios) == IOA_SPDM_VBIOS_TEXT_LEN);
    }
}


/* In base64; its pos is to be freed. */
static ioa_reader_t
fuzz_base64(const uint8_t *data, size_t n)
{
    uint8_t       *text;
    ioa_reader_t   r;

    text = malloc(n / 3 * 4 + 5);
    fuzz_assert(text != NULL);
    ioa_reader_init(&r, text, (size_t) EVP_EncodeBlock(text, data, (int) n));

    return r;
}


static void
fuzz_verify(ioa_reader_t evidence, ioa_reader_t certificates,
    const ioa_gpu_trust_t *trust)
{
    ioa_gpu_evidence_t     texts;
    static ioa_checks_t    checks;
    static ioa_gpu_list_t  list, zero;

    texts.evidence = evidence;
    texts.certificates = certificates;

    ioa_checks_init(&checks);
    memset(&list, 0xff, sizeof(list));
    fuzz_assert(ioa_gpu_list_verify_base64(&list, &checks, &texts, 1, trust)
                == IOA_GPU_EVIDENCE_INVALID);
    fuzz_assert(memcmp(&list, &zero, sizeof(list)) == 0);
    fuzz_assert(checks.n != 0 && checks.dropped == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t                 len;
    uint8_t               *evidence, *chain;
    ioa_reader_t           text[2], raw[2];
    ioa_gpu_trust_t        trust;
    static uint8_t         nonce32[IOA_SPDM_NONCE_LEN];
    static ioa_roots_t    *roots;

    if (roots == NULL) {
        fuzz_assert(ioa_roots_parse(&roots, (const uint8_t *) fuzz_root,
                                    sizeof(fuzz_root) - 1) == IOA_CHAIN_OK);
    }

    if (n < 2) {
        return 0;
    }

    len = data[0] | (size_t) data[1] << 8;
    len = len < n - 2 ? len : n - 2;
    evidence = fuzz_exact(data + 2, len);
    chain = fuzz_exact(data + 2 + len, n - 2 - len);
    fuzz_view(evidence, len);

    memset(&trust, 0, sizeof(trust));
    trust.roots = roots;
    trust.now = 1750000000;
    trust.nonce32 = nonce32;

    /* after the nonce, if there is more */
    if (len >= 4 + IOA_SPDM_NONCE_LEN) {
        trust.nonce32 = evidence + 4;
    }

    text[0] = fuzz_base64(evidence, len);
    text[1] = fuzz_base64(chain, n - 2 - len);
    fuzz_verify(text[0], text[1], &trust);

    ioa_reader_init(&raw[0], evidence, len);
    ioa_reader_init(&raw[1], chain, n - 2 - len);
    fuzz_verify(raw[0], raw[1], &trust);

    free((void *) text[0].pos);
    free((void *) text[1].pos);
    free(evidence);
    free(chain);

    return 0;
}
