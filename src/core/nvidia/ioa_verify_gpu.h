/*
 * ioa_verify_gpu: is this evidence that of genuine NVIDIA GPUs, made for our
 * nonce?  Which GPUs are wanted, and how many, is the policy's to judge.
 *
 * doc/formats.md 10.1 and 10.2.  What is proved: the chip's own key,
 * certified up to NVIDIA's pinned root, signed the nonce together with the
 * measurements and the versions.  Whether the measurements are those that
 * NVIDIA published for the versions is ioa_reference's to say, and whether
 * its certificates were revoked ioa_gpu_ocsp's.
 */

#ifndef IOA_VERIFY_GPU_H
#define IOA_VERIFY_GPU_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_check.h"
#include "base/ioa_reader.h"
#include "base/ioa_status.h"
#include "nvidia/ioa_gpu_cert.h"
#include "nvidia/ioa_spdm.h"
#include "x509/ioa_chain.h"

#define IOA_GPUS_MAX          16
#define IOA_GPU_IDENTITY_LEN  32
#define IOA_GPU_NOT_SAID      (-1)
#define IOA_GPU_SWITCHES      4
#define IOA_GPU_PDI_LEN       8

/* Modes, by the numbers of record 36. */
typedef enum {
    IOA_GPU_SINGLE = 0,                 /* one GPU passed through */
    IOA_GPU_MULTI = 1,
    IOA_GPU_PROTECTED_PCIE = 2,
    IOA_GPU_MODES
} ioa_gpu_mode_t;

typedef struct ioa_gpu_ocsp_s ioa_gpu_ocsp_t;

/* Inputs of a verification. */
typedef struct {
    const ioa_roots_t  *roots;          /* NVIDIA's device root, pinned */
    ioa_chain_cache_t  *cache;          /* or NULL */
    int64_t             now;
    const uint8_t      *nonce32;
    ioa_gpu_ocsp_t     *ocsp;           /* NULL: revocation is not asked */
} ioa_gpu_trust_t;

/*
 * What a device measures, numbered as NVIDIA's manifests do, from 0, and the
 * ids of the manifests of its driver and its VBIOS: "" where the evidence
 * lacks a part of one.
 */
#define IOA_GPU_MEASURED_MAX  64
#define IOA_GPU_MEASURED_LEN  48        /* SHA-384 */
#define IOA_GPU_ID_MAX        127

typedef struct {
    uint64_t  present;          /* a bit for each that is there */
    uint8_t   values[IOA_GPU_MEASURED_MAX][IOA_GPU_MEASURED_LEN];
    char      chip[IOA_GPU_CHIP_MAX + 1];       /* as manifests name it */
    char      driver_id[IOA_GPU_ID_MAX + 1];
    char      vbios_id[IOA_GPU_ID_MAX + 1];
} ioa_gpu_measured_t;

/* What one device's evidence proves. */
typedef struct {
    ioa_gpu_arch_t  arch;
    char            chip[IOA_GPU_CHIP_MAX + 1];
    char            driver[IOA_SPDM_DRIVER_MAX + 1];    /* "": not said */
    char            vbios[IOA_SPDM_VBIOS_TEXT_LEN + 1];
    /*
     * SHA-256 of the public key in the second certificate: the chip keeps it
     * for life, while the leaf's key changes with its firmware.
     */
    uint8_t         identity[IOA_GPU_IDENTITY_LEN];
    char            ueid[IOA_UEID_TEXT_MAX + 1];        /* of the leaf */
    ioa_gpu_mode_t  mode;
    int             nvdec0;             /* 1 on, 0 off */
    /*
     * In protected PCIe mode the switches that its NVLinks lead to, sorted,
     * each once; more than there is room for count, but are not all there.
     */
    size_t          switches_n;
    uint8_t         switches[IOA_GPU_SWITCHES][IOA_GPU_PDI_LEN];

    ioa_gpu_measured_t  measured;
} ioa_gpu_t;

typedef struct {
    size_t     n;
    ioa_gpu_t  gpus[IOA_GPUS_MAX];
} ioa_gpu_list_t;

/* One device's evidence: SPDM bytes, and its chain as PEM text. */
typedef struct {
    ioa_reader_t  evidence;
    ioa_reader_t  certificates;
} ioa_gpu_evidence_t;

/*
 * Verifies one device's evidence.
 *
 * In order: form (ioa_spdm_parse); the nonce, in constant time; exactly
 * five certificates; their chain to a pinned root (never to their own last
 * one); it is a GPU, and of which architecture; the signature by the leaf's
 * key; the firmware's hash is the one the leaf was certified for (not made
 * where the evidence has none, as of old drivers); the measurements are 64 of
 * 48 bytes; the versions of driver and VBIOS; NVDEC0 and mode.  Behind the
 * chain: that its certificates were not revoked, see ioa_gpu_ocsp.h; reported
 * as not made where that is not asked.
 *
 * Returns: IOA_OK or IOA_GPU_EVIDENCE_INVALID; where revocation is asked also
 * IOA_REVOKED, and IOA_ATTESTATION_UNAVAILABLE where an answer is not there
 * or does not count.
 * Out: gpu, all zero unless IOA_OK; checks, a line for each of the above,
 * named "gpu.", index and the check; may be NULL.
 */
ioa_status_t ioa_gpu_verify(ioa_gpu_t *gpu, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t index,
    const ioa_gpu_trust_t *trust) IOA_MUST_CHECK;

/*
 * Reads what a device says of itself whose evidence NVIDIA's service has
 * verified.  Of the steps above it takes form, nonce, number of certificates,
 * architecture, signature by the leaf's key, identity and mode, and neither
 * chain nor revocation: by itself this proves nothing.  What vouches for the
 * leaf is a token of the service whose ueid is gpu->ueid, in an answer to the
 * very same evidence.
 *
 * Returns: IOA_OK or IOA_GPU_EVIDENCE_INVALID.
 * Out, In: as above; of trust nonce32 and cache are used.
 */
ioa_status_t ioa_gpu_read(ioa_gpu_t *gpu, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t index,
    const ioa_gpu_trust_t *trust) IOA_MUST_CHECK;

/* Out: gpu->measured.  In: the rest of gpu, and its evidence. */
void ioa_gpu_measured(ioa_gpu_t *gpu, const ioa_spdm_view_t *view);

/* "single", "multi" or "protected-pcie", as a policy has it. */
const char *ioa_gpu_mode_name(ioa_gpu_mode_t mode);

/*
 * Decodes a text of the attestation reply.
 * Returns: its *n bytes, to be freed; NULL where it is not strict base64 of 1
 * to max bytes, or there is no memory.
 */
uint8_t *ioa_gpu_base64(size_t *n, ioa_reader_t text, size_t max)
    IOA_MUST_CHECK;

/*
 * Verifies each of n devices as above, and that no device is there twice.  A
 * device that lacks an answer does not end this, so that all answers that are
 * wanted are known at once.
 * In: texts, as the attestation reply has them: "evidence" and "certificate",
 * both in base64 (of the bytes, and of the PEM text).
 *
 * Returns: IOA_OK; IOA_GPU_EVIDENCE_MISSING where n is 0;
 * IOA_GPU_EVIDENCE_INVALID, also for more than IOA_GPUS_MAX, a device that is
 * there twice, a text that is not strict base64 (ioa_base64_decode) or is
 * longer than its content may be, and want of memory; IOA_REVOKED;
 * IOA_ATTESTATION_UNAVAILABLE where nothing else is wrong.
 * Out: list, all zero unless IOA_OK; checks, may be NULL.
 */
ioa_status_t ioa_gpu_list_verify_base64(ioa_gpu_list_t *list,
    ioa_checks_t *checks, const ioa_gpu_evidence_t *texts, size_t n,
    const ioa_gpu_trust_t *trust) IOA_MUST_CHECK;

/* The same with ioa_gpu_read: neither chains nor revocation are looked at. */
ioa_status_t ioa_gpu_list_read_base64(ioa_gpu_list_t *list,
    ioa_checks_t *checks, const ioa_gpu_evidence_t *texts, size_t n,
    const ioa_gpu_trust_t *trust) IOA_MUST_CHECK;

#endif
