/*
 * ioa_reference_rims: what a file of references holds, for ioa_reference*.c
 * alone.
 */

#ifndef IOA_REFERENCE_RIMS_H
#define IOA_REFERENCE_RIMS_H

#include "nvidia/ioa_reference.h"

#define IOA_REFERENCE_VERSION_MAX  31

typedef struct {
    uint8_t  index;
    uint8_t  value[IOA_GPU_MEASURED_LEN];
} ioa_reference_value_t;

/* One manifest; its values stand one after another. */
typedef struct {
    int       is_vbios;                 /* else a driver's */
    char      chip[IOA_GPU_CHIP_MAX + 1];
    char      version[IOA_REFERENCE_VERSION_MAX + 1];
    char      id[IOA_GPU_ID_MAX + 1];
    uint8_t   sha256[IOA_SHA256_LEN];
    int64_t   not_after;
    uint64_t  indices;                  /* a bit for each that it has */
    size_t    first;                    /* of its values */
    size_t    n;
} ioa_reference_rim_t;

struct ioa_reference_s {
    uint8_t                 digest32[IOA_SHA256_LEN];
    size_t                  rims_n;
    size_t                  values_n;
    ioa_reference_rim_t    *rims;
    ioa_reference_value_t  *values;
};

#endif
