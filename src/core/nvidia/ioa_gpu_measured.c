/*
 * ioa_gpu_measured: what a GPU measures, and by which ids NVIDIA's manifests
 * of its driver and its VBIOS go.  See ioa_verify_gpu.h.
 */

#include <stdio.h>
#include <string.h>

#include "nvidia/ioa_verify_gpu.h"

#define IOA_GPU_WORD_MAX  15

#if IOA_GPU_WORD_MAX != IOA_GPU_CHIP_MAX
#error "a chip's name is read into room for another length"
#endif

/* What NVIDIA's verifiers take where a Blackwell GPU does not say its own. */
#define IOA_GPU_BLACKWELL_CHIP  "GB100"


/*
 * A record that is text: its letters, in upper case, and digits; NULs are
 * left out.  Returns: 0 where it is absent or something else.
 */
IOA_MUST_CHECK static int
ioa_gpu_word(char word[IOA_GPU_WORD_MAX + 1], const ioa_spdm_view_t *view,
    ioa_spdm_type_t type)
{
    size_t        n = 0;
    uint8_t       c;
    ioa_reader_t  r = view->records[type];

    while (ioa_reader_u8(&r, &c)) {

        if (c == '\0') {
            continue;
        }

        if (c >= 'a' && c <= 'z') {
            c = (uint8_t) (c - 'a' + 'A');
        }

        if (n == IOA_GPU_WORD_MAX
            || !((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
        {
            return 0;
        }

        word[n++] = (char) c;
    }

    word[n] = '\0';

    return n != 0;
}


static void
ioa_gpu_driver_id(ioa_gpu_measured_t *measured, const ioa_gpu_t *gpu)
{
    if (gpu->driver[0] != '\0' && measured->chip[0] != '\0') {
        snprintf(measured->driver_id, sizeof(measured->driver_id), "%s%s_%s",
                 gpu->arch == IOA_GPU_HOPPER ? "NV_GPU_DRIVER_"
                                             : "NV_GPU_CC_DRIVER_",
                 measured->chip, gpu->driver);
    }
}


static void
ioa_gpu_vbios_id(ioa_gpu_measured_t *measured, const ioa_gpu_t *gpu,
    const ioa_spdm_view_t *view)
{
    char         project[IOA_GPU_WORD_MAX + 1], sku[IOA_GPU_WORD_MAX + 1],
                 chip_sku[IOA_GPU_WORD_MAX + 1],
                 version[IOA_SPDM_VBIOS_TEXT_LEN + 1];
    size_t       n = 0;
    const char  *p;

    for (p = gpu->vbios; *p != '\0'; p++) {
        if (*p != '.') {
            version[n++] = *p;
        }
    }

    version[n] = '\0';

    if (n != 0
        && ioa_gpu_word(project, view, IOA_SPDM_PROJECT)
        && ioa_gpu_word(sku, view, IOA_SPDM_PROJECT_SKU)
        && ioa_gpu_word(chip_sku, view, IOA_SPDM_CHIP_SKU))
    {
        snprintf(measured->vbios_id, sizeof(measured->vbios_id),
                 "NV_GPU_VBIOS_%s_%s_%s_%s", project, sku, chip_sku,
                 version);
    }
}


void
ioa_gpu_measured(ioa_gpu_t *gpu, const ioa_spdm_view_t *view)
{
    size_t               i;
    unsigned             index;
    ioa_reader_t         value;
    ioa_gpu_measured_t  *measured = &gpu->measured;

    memset(measured, 0, sizeof(ioa_gpu_measured_t));

    /* manifests count from 0, SPDM from 1 */

    for (i = 0; i < view->blocks_n; i++) {
        index = view->blocks[i].index - 1u;
        value = view->blocks[i].value;

        if (index < IOA_GPU_MEASURED_MAX
            && ioa_reader_left(&value) == IOA_GPU_MEASURED_LEN
            && ioa_reader_copy(&value, measured->values[index],
                               IOA_GPU_MEASURED_LEN))
        {
            measured->present |= (uint64_t) 1 << index;
        }
    }

    if (gpu->arch == IOA_GPU_HOPPER) {
        memcpy(measured->chip, gpu->chip, sizeof(measured->chip));

    } else if (!ioa_spdm_has(view, IOA_SPDM_CHIP_INFO)) {
        memcpy(measured->chip, IOA_GPU_BLACKWELL_CHIP,
               sizeof(IOA_GPU_BLACKWELL_CHIP));

    } else if (!ioa_gpu_word(measured->chip, view, IOA_SPDM_CHIP_INFO)) {
        measured->chip[0] = '\0';
    }

    ioa_gpu_driver_id(measured, gpu);
    ioa_gpu_vbios_id(measured, gpu, view);
}
