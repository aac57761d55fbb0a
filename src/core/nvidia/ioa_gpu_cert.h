/*
 * ioa_gpu_cert: what the certificates of an NVIDIA GPU say: the chip, and the
 * hash of the firmware that holds the leaf's key.  doc/formats.md 10.2; TCG's
 * "DICE Attestation Architecture" for the two extensions.
 */

#ifndef IOA_GPU_CERT_H
#define IOA_GPU_CERT_H

#include "base/ioa_status.h"
#include "nvidia/ioa_spdm.h"
#include "nvidia/ioa_ueid.h"
#include "x509/ioa_chain.h"

/* Leaf first: attestation key, device's identity, provisioner, chip, root. */
#define IOA_GPU_CERTS          5
#define IOA_GPU_CERT_LEAF      0
#define IOA_GPU_CERT_DEVICE    1
#define IOA_GPU_CERT_IDENTITY  3

#define IOA_GPU_CHIP_MAX       15

typedef enum {
    IOA_GPU_ARCH_NONE = 0,
    IOA_GPU_HOPPER,
    IOA_GPU_BLACKWELL
} ioa_gpu_arch_t;

/* "HOPPER", "BLACKWELL", "-".  Never NULL. */
const char *ioa_gpu_arch_name(ioa_gpu_arch_t arch);

/*
 * The architecture of the GPU whose chain this is: the leaf's commonName
 * begins with the chip ("GH100 A01 GSP FMC LF"), the fourth certificate's is
 * "NVIDIA {chip} Identity" of the same architecture.  A switch is no GPU: its
 * leaf begins with LS_10, though the fourth is that of GH100.
 *
 * Returns: 1; 0 where it is not such, chip is empty then, unless it has the
 * form of a GPU's and is not known.
 * Out: chip, terminated.
 */
int ioa_gpu_cert_arch(ioa_gpu_arch_t *arch, char chip[IOA_GPU_CHIP_MAX + 1],
    const ioa_chain_t *chain) IOA_MUST_CHECK;

/*
 * The GPU's UEID, of the leaf.
 * Returns: 1; 0 where there is none, ueid is empty then.
 */
int ioa_gpu_cert_ueid(char ueid[IOA_UEID_TEXT_MAX + 1],
    const ioa_chain_t *chain) IOA_MUST_CHECK;

/*
 * The SHA-384 of the firmware that the leaf names: on Hopper in TCG's
 * CompositeDeviceID (2.23.133.5.4.1), on Blackwell the first of the fwids of
 * its DiceTcbInfo (2.23.133.5.4.1.1).
 *
 * Returns: 1, and fwid of IOA_SPDM_FWID_LEN bytes, borrowed from chain; 0
 * where the leaf names none.
 */
int ioa_gpu_cert_fwid(ioa_reader_t *fwid, const ioa_chain_t *chain,
    ioa_gpu_arch_t arch) IOA_MUST_CHECK;

#endif
