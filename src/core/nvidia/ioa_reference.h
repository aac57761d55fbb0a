/*
 * ioa_reference: what drivers and VBIOSes of NVIDIA measure, as "ioattest
 * rim" wrote it of NVIDIA's signed manifests, and whether a GPU measures
 * that.  doc/formats.md 10.6.
 *
 * The file is the operator's, as roots are: its signatures were verified when
 * it was made.
 */

#ifndef IOA_REFERENCE_H
#define IOA_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_check.h"
#include "base/ioa_sha256.h"
#include "base/ioa_status.h"
#include "nvidia/ioa_verify_gpu.h"

#define IOA_REFERENCE_SIZE_MAX    (4 * 1024 * 1024)
#define IOA_REFERENCE_RIMS_MAX    1024
#define IOA_REFERENCE_VALUES_MAX  8         /* of one measurement */
#define IOA_REFERENCE_ERROR_MAX   256

/* Read-only once made, for any number of threads. */
typedef struct ioa_reference_s ioa_reference_t;

/*
 * Reads a file of references.
 *
 * Refused are: members that are not known or are there twice, a manifest that
 * is there twice, one whose id is not that of its kind and version, least
 * versions, which a newer ioattest compares, and a measurement that manifests
 * of a driver and of a VBIOS of one chip both have.  Several manifests of one
 * id are not: NVIDIA issues some anew.
 *
 * Returns: 1; 0 with a sentence that names the line.
 * Out: *reference, to be given to ioa_reference_free, NULL on 0; error, ""
 * on 1.
 */
int ioa_reference_parse(ioa_reference_t **reference,
    char error[IOA_REFERENCE_ERROR_MAX], const uint8_t *text,
    size_t text_len) IOA_MUST_CHECK;
void ioa_reference_free(ioa_reference_t *reference);

/* Out: SHA-256 of the file. */
void ioa_reference_digest(uint8_t digest32[IOA_SHA256_LEN],
    const ioa_reference_t *reference);

/*
 * The id that ends first, by the latest of its manifests.
 * Returns: the id, which borrows from reference; NULL where there is none.
 * Out: *not_after.
 */
const char *ioa_reference_ends(int64_t *not_after,
    const ioa_reference_t *reference);

/*
 * Compares what a verified GPU measures.  Its driver and its VBIOS must each
 * have a manifest, and each measurement of either must be there and have one
 * of the values that a manifest of that id gives it.  A manifest counts up to
 * grace seconds after its not_after.
 *
 * Returns: IOA_OK or IOA_MEASUREMENT_MISMATCH.
 * Out: *until, when the first manifest that counted now does not any more;
 * checks, may be NULL.
 * In: i, the GPU's number.
 */
ioa_status_t ioa_reference_compare(int64_t *until, ioa_checks_t *checks,
    const ioa_reference_t *reference, const ioa_gpu_t *gpu, size_t i,
    int64_t grace, int64_t now) IOA_MUST_CHECK;

#endif
