/*
 * ioa_verify_nras: verifies NRAS' tokens about GPU evidence, which NVIDIA's
 * remote attestation service gives in answer to our nonce (doc/formats.md
 * 10.4):
 * [["JWT", overall], {"GPU-0": device, ...}].
 *
 * Who signed is decided by the key set, and who vouches for that is TLS to
 * NRAS: its certificates end at a root that is not published with them.
 */

#ifndef IOA_VERIFY_NRAS_H
#define IOA_VERIFY_NRAS_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_check.h"
#include "base/ioa_reader.h"
#include "base/ioa_status.h"
#include "nvidia/ioa_jwt.h"

#define IOA_NRAS_SIZE_MAX      (512 * 1024)
#define IOA_NRAS_DEVICES_MAX   64
#define IOA_NRAS_NONCE_LEN     32
#define IOA_NRAS_LEEWAY        60       /* seconds */
#define IOA_NRAS_WORD_MAX      63

/* Terminated strings of visible ASCII; none is empty. */
typedef struct {
    char  name[IOA_NRAS_WORD_MAX + 1];      /* "GPU-0" */
    char  arch[IOA_NRAS_WORD_MAX + 1];      /* "HOPPER", "BLACKWELL" */
    char  hwmodel[IOA_NRAS_WORD_MAX + 1];   /* "GH100 A01 GSP BROM" */
    char  ueid[IOA_NRAS_WORD_MAX + 1];
    char  driver_version[IOA_NRAS_WORD_MAX + 1];
    char  vbios_version[IOA_NRAS_WORD_MAX + 1];
} ioa_nras_device_t;

typedef struct {
    int64_t            expires;         /* the earliest exp */
    size_t             devices_n;
    ioa_nras_device_t  devices[IOA_NRAS_DEVICES_MAX];
} ioa_nras_t;

/*
 * Judges a reply: form, ES384 signatures of all tokens by keys of the set,
 * issuer, subject, dates with IOA_NRAS_LEEWAY, nonce, claims of version 3.0
 * (which ioa_nras_request asks for) or 4.0, overall result, the
 * set of devices and their digests, and of each device: measurements,
 * secure boot, debug state, NVIDIA's own checks, model, versions, and that
 * none is there twice.
 *
 * Returns: IOA_OK; IOA_NONCE_MISMATCH where a token that is signed answers
 * another nonce; IOA_REVOKED where NVIDIA calls a device's certificate
 * revoked; IOA_GPU_EVIDENCE_INVALID for all else.
 * Out: nras, all zero unless IOA_OK; *unknown_kid, 1 where the only thing
 * known to be wrong is a key that the set has not: fetch it anew, once.
 * In: reply, nonce32 as it was sent, devices, how many were asked about, now
 * in seconds since 1970; checks may be NULL.
 */
ioa_status_t ioa_nras_verify(ioa_nras_t *nras, int *unknown_kid,
    ioa_checks_t *checks, ioa_reader_t reply, const ioa_jwks_t *jwks,
    const uint8_t nonce32[IOA_NRAS_NONCE_LEN], size_t devices,
    int64_t now) IOA_MUST_CHECK;

#endif
