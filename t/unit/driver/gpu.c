/*
 * driver gpu: what the verifier makes of GPU evidence.
 *
 * Standard input: records.  A record is: now (8 bytes), nonce (32), how the
 * devices are given (1: 'r' bytes and PEM, 'b' base64 of both, 'f' bytes and
 * PEM of one device, of whose bytes every bit from..to is flipped, 'c' the
 * same of its PEM; 'e' and 'd' as these two, bit n % 8 of byte n alone),
 * number of devices (4), then blobs, each a length (4) and as many bytes:
 * roots; "from-to" and NUL ("" unless flipped); then of each device evidence
 * and certificates.  All little-endian.
 *
 * Standard output: a line for each, tabs between: the reason's name or "ok",
 * the devices as chip/arch/driver/vbios/identity/mode/nvdec0/
 * number of switches/switches
 * with commas, and the checks as name=verdict.  With bits to flip: how many
 * were accepted, and the first and last byte of those.
 */

#include <openssl/evp.h>

#include "nvidia/ioa_verify_gpu.h"
#include "feed.h"

#define GPU_DEVICES_MAX  20

static ioa_chain_cache_t  *cache;
static ioa_checks_t        checks;


/* Its pos is to be freed. */
static ioa_reader_t
gpu_blob(void)
{
    size_t         n;
    uint8_t       *data;
    ioa_reader_t   r;

    data = feed_blob(&n);
    ioa_reader_init(&r, data, n);

    return r;
}


/* In base64; its pos is to be freed. */
static ioa_reader_t
gpu_base64(ioa_reader_t data)
{
    uint8_t       *text;
    ioa_reader_t   r;

    text = feed_alloc(data.left / 3 * 4 + 5);
    ioa_reader_init(&r, text, (size_t) EVP_EncodeBlock(text, data.pos,
                                                       (int) data.left));

    return r;
}


/* What comes out is zero unless verified. */
static ioa_status_t
gpu_verify(ioa_gpu_list_t *list, const ioa_gpu_evidence_t *texts, size_t n,
    const ioa_gpu_trust_t *trust)
{
    size_t        i;
    uint8_t       any;
    ioa_status_t  st;

    memset(list, 0xff, sizeof(*list));
    ioa_checks_init(&checks);
    st = ioa_gpu_list_verify_base64(list, &checks, texts, n, trust);

    for (any = 0, i = 0; i < sizeof(*list); i++) {
        any |= ((const uint8_t *) list)[i];
    }

    if ((st == IOA_OK) != (any != 0)) {
        abort();
    }

    return st;
}


/* The same of bytes and PEM. */
static ioa_status_t
gpu_verify_raw(ioa_gpu_list_t *list, const ioa_gpu_evidence_t *evidence,
    size_t n, const ioa_gpu_trust_t *trust)
{
    size_t              i, given;
    ioa_status_t        st;
    ioa_gpu_evidence_t  texts[GPU_DEVICES_MAX];

    memset(texts, 0, sizeof(texts));
    given = n < GPU_DEVICES_MAX ? n : GPU_DEVICES_MAX;

    for (i = 0; i < given; i++) {
        texts[i].evidence = gpu_base64(evidence[i].evidence);
        texts[i].certificates = gpu_base64(evidence[i].certificates);
    }

    st = gpu_verify(list, texts, n, trust);

    for (i = 0; i < given; i++) {
        free((void *) texts[i].evidence.pos);
        free((void *) texts[i].certificates.pos);
    }

    return st;
}


static void
gpu_print(ioa_status_t st, const ioa_gpu_list_t *list)
{
    size_t            i, k;
    const ioa_gpu_t  *gpu;

    printf("%s\t", st == IOA_OK ? "ok" : ioa_status_name(st));

    for (i = 0; i < list->n; i++) {
        gpu = &list->gpus[i];
        printf("%s%s/%s/%s/%s/", i ? "," : "", gpu->chip,
               ioa_gpu_arch_name(gpu->arch), gpu->driver, gpu->vbios);

        for (k = 0; k < IOA_GPU_IDENTITY_LEN; k++) {
            printf("%02x", gpu->identity[k]);
        }

        printf("/%s/%d/%zu/", ioa_gpu_mode_name(gpu->mode), gpu->nvdec0,
               gpu->switches_n);

        for (k = 0; k < sizeof(gpu->switches); k++) {
            printf("%02x", gpu->switches[k / IOA_GPU_PDI_LEN]
                                        [k % IOA_GPU_PDI_LEN]);
        }
    }

    putchar('\t');

    for (i = 0; i < checks.n; i++) {
        printf("%s%s=%s", i ? "," : "", checks.list[i].name,
               ioa_check_verdict_name(checks.list[i].verdict));
    }

    putchar('\n');
}


static void
gpu_flips(const ioa_gpu_evidence_t *evidence, int how, const char *range,
    const ioa_gpu_trust_t *trust)
{
    size_t          from, to, i, bit, first, last, accepted;
    uint8_t        *data;
    ioa_gpu_list_t  list;

    if (sscanf(range, "%zu-%zu", &from, &to) != 2) {
        exit(1);
    }

    accepted = 0;
    first = 0;
    last = 0;
    data = (uint8_t *) (how == 'f' || how == 'e'
                        ? evidence->evidence.pos
                        : evidence->certificates.pos);

    for (i = from; i < to; i++) {
        for (bit = 0; bit < 8; bit++) {
            if ((how == 'd' || how == 'e') && bit != i % 8) {
                continue;
            }

            data[i] ^= (uint8_t) (1 << bit);

            if (gpu_verify_raw(&list, evidence, 1, trust) == IOA_OK) {
                first = accepted++ ? first : i;
                last = i;
            }

            data[i] ^= (uint8_t) (1 << bit);
        }
    }

    printf("%zu\t%zu\t%zu\n", accepted, first, last);
}


/* Returns: 0 at the end of input. */
static int
gpu_record(void)
{
    int                 how;
    size_t              i, n;
    uint8_t             nonce[IOA_SPDM_NONCE_LEN];
    ioa_roots_t        *pinned;
    ioa_reader_t        roots, range;
    ioa_gpu_list_t      list;
    ioa_gpu_trust_t     trust = { 0 };
    ioa_gpu_evidence_t  evidence[GPU_DEVICES_MAX];

    if (!feed_more()) {
        return 0;
    }

    trust.now = (int64_t) feed_number(8);
    feed_bytes(nonce, sizeof(nonce));
    how = (int) feed_number(1);
    n = feed_number(4);

    roots = gpu_blob();
    range = gpu_blob();

    for (i = 0; i < n && i < GPU_DEVICES_MAX; i++) {
        evidence[i].evidence = gpu_blob();
        evidence[i].certificates = gpu_blob();
    }

    if (ioa_roots_parse(&pinned, roots.pos, roots.left) != IOA_CHAIN_OK) {
        exit(1);
    }

    trust.roots = pinned;
    trust.cache = cache;
    trust.nonce32 = nonce;

    if (how >= 'c' && how <= 'f') {
        gpu_flips(evidence, how, (const char *) range.pos, &trust);
    } else {
        gpu_print(how == 'b' ? gpu_verify(&list, evidence, n, &trust)
                             : gpu_verify_raw(&list, evidence, n, &trust),
                  &list);
    }

    for (i = 0; i < n; i++) {
        free((void *) evidence[i].evidence.pos);
        free((void *) evidence[i].certificates.pos);
    }

    free((void *) roots.pos);
    free((void *) range.pos);
    ioa_roots_free(pinned);

    return 1;
}


int
feed_gpu(int argc, char **argv)
{
    (void) argc;
    (void) argv;

    cache = ioa_chain_cache_new(256);

    while (gpu_record()) {
        /* one line each */
    }

    ioa_chain_cache_free(cache);

    return 0;
}
