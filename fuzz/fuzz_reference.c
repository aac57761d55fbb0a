/*
 * fuzz_reference: a file of reference values, and a GPU beside what was read.
 * What is refused has a sentence of printable ASCII.
 */

#include "fuzz.h"
#include "nvidia/ioa_reference.h"


static void
fuzz_compare(const ioa_reference_t *reference)
{
    int64_t              ends, until = 0;
    const char          *id;
    ioa_status_t         st;
    static ioa_gpu_t     gpu;
    static ioa_checks_t  checks;

    id = ioa_reference_ends(&ends, reference);
    fuzz_assert(id != NULL && strlen(id) <= IOA_GPU_ID_MAX);

    memset(&gpu, 0, sizeof(gpu));
    gpu.measured.present = UINT64_MAX;
    memcpy(gpu.measured.chip, "GH100", sizeof("GH100"));
    memcpy(gpu.measured.driver_id, "NV_GPU_DRIVER_GH100_570.124",
           sizeof("NV_GPU_DRIVER_GH100_570.124"));
    memcpy(gpu.measured.vbios_id, "NV_GPU_VBIOS_1_2_3_9600740001",
           sizeof("NV_GPU_VBIOS_1_2_3_9600740001"));

    ioa_checks_init(&checks);
    st = ioa_reference_compare(&until, &checks, reference, &gpu, 0, 0, 0);

    fuzz_assert(st == IOA_OK || st == IOA_MEASUREMENT_MISMATCH);
    fuzz_assert((st == IOA_OK) == (ioa_checks_failed(&checks) == NULL));
    fuzz_assert(checks.n == 3);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int               rc;
    char              error[IOA_REFERENCE_ERROR_MAX];
    size_t            i;
    uint8_t          *text;
    ioa_reference_t  *reference;

    text = fuzz_exact(data, n);
    rc = ioa_reference_parse(&reference, error, text, n);

    fuzz_assert(rc == (reference != NULL) && rc == (error[0] == '\0'));

    for (i = 0; error[i] != '\0'; i++) {
        fuzz_assert(error[i] >= ' ' && error[i] <= '~');
    }

    if (rc) {
        fuzz_compare(reference);
    }

    ioa_reference_free(reference);
    free(text);

    return 0;
}
