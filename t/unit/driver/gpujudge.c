/*
 * gpujudge: what the verifier makes of GPU evidence, for tests in other
 * languages.
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

#include "nvidia/ioa_verify_gpu.h"
#include "unit.h"

#define GPU_DEVICES_MAX  20

static ioa_chain_cache_t  *cache;
static ioa_checks_t        checks;


static void
gpu_bytes(void *out, size_t n)
{
    if (fread(out, 1, n, stdin) != n) {
        exit(1);
    }
}


static uint64_t
gpu_number(size_t n)
{
    size_t    i;
    uint8_t   bytes[8];
    uint64_t  value;

    gpu_bytes(bytes, n);

    for (value = 0, i = n; i-- > 0; ) {
        value = value << 8 | bytes[i];
    }

    return value;
}


/* Memory of the exact size; its pos is to be freed. */
static ioa_reader_t
gpu_blob(void)
{
    size_t        n;
    uint8_t      *data, *exact;
    ioa_reader_t  r;

    n = gpu_number(4);
    data = malloc(n + 1);

    if (data == NULL) {
        exit(1);
    }

    gpu_bytes(data, n);
    exact = unit_exact(data, n);
    free(data);
    ioa_reader_init(&r, exact, n);

    return r;
}


/* What comes out is zero unless verified. */
static ioa_status_t
gpu_verify(ioa_gpu_list_t *list, const ioa_gpu_evidence_t *evidence, size_t n,
    int base64, const ioa_gpu_trust_t *trust)
{
    size_t        i;
    uint8_t       any;
    ioa_status_t  st;

    memset(list, 0xff, sizeof(*list));
    ioa_checks_init(&checks);

    if (base64) {
        st = ioa_gpu_list_verify_base64(list, &checks, evidence, n, trust);
    } else {
        st = ioa_gpu_list_verify(list, &checks, evidence, n, trust);
    }

    for (any = 0, i = 0; i < sizeof(*list); i++) {
        any |= ((const uint8_t *) list)[i];
    }

    if ((st == IOA_OK) != (any != 0)) {
        abort();
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

            if (gpu_verify(&list, evidence, 1, 0, trust) == IOA_OK) {
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
    int                 c, how;
    size_t              i, n;
    uint8_t             nonce[IOA_SPDM_NONCE_LEN];
    ioa_roots_t        *pinned;
    ioa_reader_t        roots, range;
    ioa_gpu_list_t      list;
    ioa_gpu_trust_t     trust = { 0 };
    ioa_gpu_evidence_t  evidence[GPU_DEVICES_MAX];

    c = getchar();

    if (c == EOF) {
        return 0;
    }

    ungetc(c, stdin);
    trust.now = (int64_t) gpu_number(8);
    gpu_bytes(nonce, sizeof(nonce));
    how = (int) gpu_number(1);
    n = gpu_number(4);

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
        gpu_print(gpu_verify(&list, evidence, n, how == 'b', &trust), &list);
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
main(void)
{
    cache = ioa_chain_cache_new(256);

    while (gpu_record()) {
        /* one line each */
    }

    ioa_chain_cache_free(cache);

    return 0;
}
