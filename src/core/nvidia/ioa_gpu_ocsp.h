/*
 * ioa_gpu_ocsp: were a GPU's certificates revoked, by the answers of NVIDIA's
 * OCSP responder?  doc/formats.md 10.3.
 *
 * Asked for are the three certificates between the leaf, which the device
 * makes for itself, and the pinned root: the device's, the provisioner's and
 * the chip's.  GPUs of one machine share most of the latter two: each
 * certificate is asked for once.
 */

#ifndef IOA_GPU_OCSP_H
#define IOA_GPU_OCSP_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_check.h"
#include "base/ioa_reader.h"
#include "base/ioa_status.h"
#include "nvidia/ioa_verify_gpu.h"
#include "x509/ioa_ocsp.h"

#define IOA_GPU_OCSP_CERTS  3
#define IOA_GPU_OCSP_MAX    (IOA_GPUS_MAX * IOA_GPU_OCSP_CERTS)
#define IOA_GPU_OCSP_TEXT   (2 * IOA_OCSP_ID_MAX + 1)

/* One certificate; its place is 3 * the GPU's number + 0, 1 or 2. */
typedef struct {
    ioa_reader_t     answer;    /* in: empty where there is none yet */
    ioa_reader_t     nonce;     /* in: as it was sent */
    ioa_ocsp_id_t    id;        /* out; empty before its GPU was judged */
    ioa_ocsp_said_t  said;      /* out */
} ioa_gpu_ocsp_cert_t;

/* A bit of a set is 1 << place. */
struct ioa_gpu_ocsp_s {
    int                  saved; /* in: answers to somebody else's nonces */
    uint64_t             known; /* out: which were judged */
    uint64_t             wanted;        /* out: no answer, or none that lets
                                           the GPU pass */
    uint64_t             held;  /* out: on certificateHold */
    int64_t              until; /* out: when the first answer ends; 0: none */
    ioa_gpu_ocsp_cert_t  certs[IOA_GPU_OCSP_MAX];
};

/*
 * Judges the certificates of one GPU, whose chain was verified.  GPUs are
 * judged in the order of their numbers.  A certificate on hold passes here,
 * and is in held: whether it may be is for the caller to say.
 *
 * Returns: IOA_OK where each was answered, and is good or on hold;
 * IOA_REVOKED; IOA_GPU_EVIDENCE_INVALID where the responder does not know of
 * one; IOA_ATTESTATION_UNAVAILABLE where an answer is not there or does not
 * count.
 */
ioa_status_t ioa_gpu_ocsp_judge(ioa_note_t *note, ioa_gpu_ocsp_t *ocsp,
    const ioa_chain_t *chain, size_t index, int64_t now) IOA_MUST_CHECK;

/* Out: text, hex digits of what a request names the certificate by. */
void ioa_gpu_ocsp_text(char text[IOA_GPU_OCSP_TEXT],
    const ioa_gpu_ocsp_t *ocsp, size_t place);

#endif
