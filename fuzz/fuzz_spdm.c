/*
 * fuzz_spdm: evidence of a GPU, what its certificates say, whoever issued
 * them, and its verification: under a root that has signed none of it, in
 * base64 and as if it were base64; and under the chain's own last certificate,
 * where the evidence is signed here if the leaf's key is that of fuzz_key.h.
 * The first two bytes are the length of the evidence, the rest is the chain.
 */

#include "fuzz_key.h"
#include "fuzz_root.h"
#include "nvidia/ioa_gpu_cert.h"
#include "nvidia/ioa_verify_gpu.h"

#define NOW  1750000000


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


/* What certificates say, before anybody has asked who issued them. */
static void
fuzz_certs(const ioa_chain_t *chain)
{
    int               known;
    char              chip[IOA_GPU_CHIP_MAX + 1];
    char              ueid[IOA_UEID_TEXT_MAX + 1];
    char              again[IOA_UEID_TEXT_MAX + 1];
    uint8_t           ueid20[IOA_UEID_LEN];
    ioa_reader_t      fwid;
    ioa_gpu_arch_t    arch, other;
    const ioa_cert_t *leaf = &chain->links[IOA_GPU_CERT_LEAF]->cert;

    known = ioa_gpu_cert_arch(&arch, chip, chain);
    fuzz_assert(known == (arch != IOA_GPU_ARCH_NONE));
    fuzz_assert(!known || ioa_chain_count(chain) > IOA_GPU_CERT_IDENTITY);

    for (other = IOA_GPU_ARCH_NONE; other <= IOA_GPU_BLACKWELL; other++) {
        if (ioa_gpu_cert_fwid(&fwid, chain, other)) {
            fuzz_inside(fwid, leaf->der.pos, leaf->der.left);
            fuzz_assert(ioa_reader_left(&fwid) == IOA_SPDM_FWID_LEN);
            fuzz_assert(other != IOA_GPU_ARCH_NONE);
        }
    }

    if (ioa_gpu_cert_ueid(ueid, chain)) {
        fuzz_assert(ioa_ueid_parse(ueid20, (const uint8_t *) ueid,
                                   strlen(ueid)));
        ioa_ueid_print(again, ueid20);
        fuzz_assert(strcmp(ueid, again) == 0);

    } else {
        fuzz_assert(ueid[0] == '\0');
    }
}


/* Under the chain's own root; chain is text of n bytes. */
static void
fuzz_own(uint8_t *evidence, size_t len, const uint8_t *text, size_t n,
    const ioa_gpu_trust_t *stranger)
{
    ioa_chain_t             *chain;
    ioa_roots_t             *roots;
    ioa_status_t             st;
    ioa_spdm_view_t          view;
    ioa_gpu_trust_t          trust = *stranger;
    ioa_gpu_evidence_t       both;
    static ioa_gpu_t         gpu;
    static const ioa_gpu_t   zero;
    static ioa_checks_t      checks;

    chain = ioa_chain_new(NULL);
    fuzz_assert(chain != NULL);
    roots = NULL;

    if (ioa_chain_add_pem(chain, text, n) == IOA_CHAIN_OK) {
        fuzz_certs(chain);
        roots = fuzz_pin(chain);
    }

    if (roots != NULL && ioa_spdm_parse(&view, evidence, len) == IOA_OK
        && fuzz_key_is(chain))
    {
        fuzz_sign(evidence + view.signed_bytes.left, evidence,
                  view.signed_bytes.left);
    }

    ioa_chain_free(chain);

    if (roots == NULL) {
        return;
    }

    trust.roots = roots;
    ioa_reader_init(&both.evidence, evidence, len);
    ioa_reader_init(&both.certificates, text, n);

    ioa_checks_init(&checks);
    memset(&gpu, 0xff, sizeof(gpu));
    st = ioa_gpu_verify(&gpu, &checks, &both, 0, &trust);
    ioa_roots_free(roots);

    fuzz_assert(st == IOA_OK || st == IOA_GPU_EVIDENCE_INVALID);
    fuzz_assert((st == IOA_OK) == (ioa_checks_failed(&checks) == NULL));
    fuzz_assert(st == IOA_OK || memcmp(&gpu, &zero, sizeof(gpu)) == 0);

    if (st == IOA_OK) {
        fuzz_assert(gpu.arch != IOA_GPU_ARCH_NONE && gpu.chip[0] != '\0');
        fuzz_assert(gpu.driver[0] != '\0' && gpu.ueid[0] != '\0');
        fuzz_assert(strlen(gpu.vbios) == IOA_SPDM_VBIOS_TEXT_LEN);
        fuzz_assert(gpu.mode < IOA_GPU_MODES);
    }

    /* what the service vouches for is read of less, never refused for more */

    memset(&gpu, 0xff, sizeof(gpu));

    if (ioa_gpu_read(&gpu, NULL, &both, 0, &trust) != IOA_OK) {
        fuzz_assert(st != IOA_OK);
        fuzz_assert(memcmp(&gpu, &zero, sizeof(gpu)) == 0);
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
    trust.now = NOW;
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
    fuzz_own(evidence, len, chain, n - 2 - len, &trust);

    free((void *) text[0].pos);
    free((void *) text[1].pos);
    free(evidence);
    free(chain);

    return 0;
}
