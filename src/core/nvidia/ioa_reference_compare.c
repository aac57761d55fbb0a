/*
 * ioa_reference_compare: a GPU beside the references.  See ioa_reference.h.
 */

#include <stdio.h>
#include <string.h>

#include "nvidia/ioa_reference_rims.h"

#define IOA_REFERENCE_NVDEC0  35        /* its measurement */
#define IOA_REFERENCE_NUMBER  24

typedef struct {
    const ioa_reference_t  *reference;
    const ioa_gpu_t        *gpu;
    int64_t                 grace;
    int64_t                 now;
    int64_t                 until;
} ioa_reference_look_t;


void
ioa_reference_digest(uint8_t digest32[IOA_SHA256_LEN],
    const ioa_reference_t *reference)
{
    memcpy(digest32, reference->digest32, IOA_SHA256_LEN);
}


/* When the last manifest of the i-th one's id ends. */
static int64_t
ioa_reference_latest(const ioa_reference_t *reference, size_t i)
{
    size_t   k;
    int64_t  latest = reference->rims[i].not_after;

    for (k = 0; k < reference->rims_n; k++) {
        if (reference->rims[k].not_after > latest
            && strcmp(reference->rims[k].id, reference->rims[i].id) == 0)
        {
            latest = reference->rims[k].not_after;
        }
    }

    return latest;
}


const char *
ioa_reference_ends(int64_t *not_after, const ioa_reference_t *reference)
{
    size_t       i;
    int64_t      latest;
    const char  *id = NULL;

    for (i = 0; i < reference->rims_n; i++) {
        latest = ioa_reference_latest(reference, i);

        if (id == NULL || latest < *not_after) {
            *not_after = latest;
            id = reference->rims[i].id;
        }
    }

    return id;
}


/* 1 where the manifest is one of that id, whether it still counts or not. */
static int
ioa_reference_is(const ioa_reference_look_t *look,
    const ioa_reference_rim_t *rim, int is_vbios)
{
    const ioa_gpu_measured_t  *measured = &look->gpu->measured;

    return rim->is_vbios == is_vbios
           && strcmp(rim->chip, measured->chip) == 0
           && strcmp(rim->id, is_vbios ? measured->vbios_id
                                       : measured->driver_id) == 0;
}


static int
ioa_reference_counts(const ioa_reference_look_t *look,
    const ioa_reference_rim_t *rim, int is_vbios)
{
    return ioa_reference_is(look, rim, is_vbios)
           && look->now - look->grace <= rim->not_after;
}


/* Whether driver or VBIOS has a manifest that counts. */
static int
ioa_reference_found(ioa_reference_look_t *look, ioa_checks_t *checks,
    const char *name, int is_vbios)
{
    size_t                      i, n = 0, ended = 0;
    int64_t                     until;
    const char                 *id;
    const ioa_reference_rim_t  *rim;

    id = is_vbios ? look->gpu->measured.vbios_id
                  : look->gpu->measured.driver_id;

    for (i = 0; id[0] != '\0' && i < look->reference->rims_n; i++) {
        rim = &look->reference->rims[i];

        if (!ioa_reference_counts(look, rim, is_vbios)) {
            ended += ioa_reference_is(look, rim, is_vbios) != 0;
            continue;
        }

        n++;
        until = rim->not_after + look->grace;
        look->until = look->until == 0 || until < look->until ? until
                                                              : look->until;
    }

    return ioa_check_that(checks, n != 0, name, "%s%s",
                          id[0] != '\0' ? id : "the evidence lacks a part of "
                                               "the id",
                          id[0] == '\0' || n != 0 ? ""
                          : ended != 0 ? " has expired"
                          : " is not in the reference file");
}


/* What is asked of one index. */
typedef struct {
    int  asked;
    int  good;
} ioa_reference_verdict_t;


static ioa_reference_verdict_t
ioa_reference_one(const ioa_reference_look_t *look, unsigned index)
{
    size_t                        i, k;
    const ioa_gpu_measured_t     *measured = &look->gpu->measured;
    const ioa_reference_rim_t    *rim;
    ioa_reference_verdict_t       verdict = { 0, 0 };
    const ioa_reference_value_t  *value;

    for (i = 0; i < look->reference->rims_n; i++) {
        rim = &look->reference->rims[i];

        if ((rim->indices >> index & 1) == 0
            || !ioa_reference_counts(look, rim, rim->is_vbios))
        {
            continue;
        }

        verdict.asked = 1;

        for (k = 0; k < rim->n; k++) {
            value = &look->reference->values[rim->first + k];

            if (value->index == index
                && (measured->present >> index & 1) != 0
                && memcmp(value->value, measured->values[index],
                          IOA_GPU_MEASURED_LEN) == 0)
            {
                verdict.good = 1;
            }
        }
    }

    return verdict;
}


/* Every measurement that either manifest has; all that differ are named. */
static int
ioa_reference_measured(const ioa_reference_look_t *look,
    ioa_checks_t *checks, const char *name)
{
    char                     bad[IOA_CHECK_DETAIL_MAX] = "";
    size_t                   at = 0;
    unsigned                 index, n = 0, failed = 0;
    ioa_reference_verdict_t  verdict;

    if (look->gpu->nvdec0 == IOA_GPU_NOT_SAID) {
        return ioa_check_that(checks, 0, name, "whether NVDEC0 is on is not "
                              "said");
    }

    for (index = 0; index < IOA_GPU_MEASURED_MAX; index++) {

        if (index == IOA_REFERENCE_NVDEC0 && !look->gpu->nvdec0) {
            continue;
        }

        verdict = ioa_reference_one(look, index);
        n += verdict.asked != 0;

        if (verdict.asked && !verdict.good) {
            failed++;

            if (at < sizeof(bad)) {
                at += (size_t) snprintf(bad + at, sizeof(bad) - at, " %u",
                                        index);
            }
        }
    }

    return ioa_check_that(checks, n != 0 && failed == 0, name,
                          failed != 0 ? "%u compared, differ:%s"
                                      : "%u compared%s", n, bad);
}


ioa_status_t
ioa_reference_compare(int64_t *until, ioa_checks_t *checks,
    const ioa_reference_t *reference, const ioa_gpu_t *gpu, size_t i,
    int64_t grace, int64_t now)
{
    int                   driver, vbios;
    char                  name[IOA_CHECK_NAME_MAX];
    char                  number[IOA_REFERENCE_NUMBER];
    ioa_reference_look_t  look = { reference, gpu, grace, now, 0 };

    snprintf(number, sizeof(number), "%zu", i);

    ioa_check_name(name, "gpu.#.driver_reference", number);
    driver = ioa_reference_found(&look, checks, name, 0);

    ioa_check_name(name, "gpu.#.vbios_reference", number);
    vbios = ioa_reference_found(&look, checks, name, 1);

    ioa_check_name(name, "gpu.#.measurements", number);

    if (!driver || !vbios) {
        ioa_check_add(checks, name, IOA_CHECK_NOT_MADE, "a reference is "
                      "missing");
        return IOA_MEASUREMENT_MISMATCH;
    }

    if (!ioa_reference_measured(&look, checks, name)) {
        return IOA_MEASUREMENT_MISMATCH;
    }

    *until = look.until;

    return IOA_OK;
}
