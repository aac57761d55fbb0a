/*
 * rim: NVIDIA's signed reference manifests, for the files of ioattest rim.
 */

#ifndef IOATTEST_RIM_H
#define IOATTEST_RIM_H

#include <stddef.h>
#include <stdint.h>

#include "attest/ioattest.h"

#define IOATTEST_RIM_SIZE_MAX      (1024 * 1024)
#define IOATTEST_RIM_CERTS_MAX     8
#define IOATTEST_RIM_INDICES       64
#define IOATTEST_RIM_VALUES_MAX    8
#define IOATTEST_RIM_HASH_LEN      48       /* SHA-384 */
#define IOATTEST_RIM_SIG_LEN       96       /* ECDSA P-384, r || s */
#define IOATTEST_RIM_WORD_MAX      31
#define IOATTEST_RIM_ID_MAX        127
#define IOATTEST_RIM_WHY_MAX       256

/* The values that count for one measurement; none where it is not active. */
typedef struct {
    size_t   n;
    uint8_t  values[IOATTEST_RIM_VALUES_MAX][IOATTEST_RIM_HASH_LEN];
} ioattest_rim_index_t;

/* What the XML says; nothing of it is verified but the digest. */
typedef struct {
    char                  chip[IOATTEST_RIM_WORD_MAX + 1];
    char                  version[IOATTEST_RIM_WORD_MAX + 1];
    ioattest_rim_index_t  indices[IOATTEST_RIM_INDICES];

    ioa_bytes_t           signed_info;      /* canonical; memory of its own */
    uint8_t               sig96[IOATTEST_RIM_SIG_LEN];
    size_t                certs_n;          /* leaf first */
    ioa_bytes_t           certs[IOATTEST_RIM_CERTS_MAX];    /* DER, its own */
} ioattest_rim_xml_t;

/*
 * What a manifest has to stand up to.  revoked, unless NULL, is asked about its
 * chain, which was verified; it returns 1, or 0 with a sentence in why.
 */
typedef struct {
    const ioa_roots_t  *roots;
    int64_t             now;
    int               (*revoked)(char why[IOATTEST_RIM_WHY_MAX],
                                 const ioa_chain_t *chain, int64_t now,
                                 const void *data);
    const void         *data;
} ioattest_rim_trust_t;

/* One manifest, verified. */
typedef struct {
    const char           *path;
    int                   is_vbios;         /* else a driver's */
    char                  id[IOATTEST_RIM_ID_MAX + 1];
    uint8_t               sha256[IOA_SHA256_LEN];       /* of the XML */
    int64_t               not_after;
    ioattest_rim_xml_t    xml;
} ioattest_rim_t;

/*
 * The XML of a manifest (rim_xml.c): its form, no more and no less than
 * NVIDIA's have, and its digest.
 *
 * Returns: 1; 0, and in why what is wrong.
 * Out: xml, to be given to ioattest_rim_xml_free either way.
 */
int ioattest_rim_xml(ioattest_rim_xml_t *xml, char why[IOATTEST_RIM_WHY_MAX],
    ioa_bytes_t text) IOA_MUST_CHECK;
void ioattest_rim_xml_free(ioattest_rim_xml_t *xml);

/* 1 where this program was built with libxml2. */
int ioattest_rim_built(void);

/* A sentence for why.  Returns: 0. */
int ioattest_rim_why(char why[IOATTEST_RIM_WHY_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Verifies one file: the manifest itself, or the JSON of NVIDIA's service
 * with the manifest in it (rim_verify.c).
 *
 * Returns: 1; 0, and in why what is wrong.
 * Out: rim, whose xml is to be freed either way.
 * In: path, whose last part tells the id where file is no JSON.
 */
int ioattest_rim_verify(ioattest_rim_t *rim, char why[IOATTEST_RIM_WHY_MAX],
    const char *path, ioa_bytes_t file, const ioattest_rim_trust_t *trust)
    IOA_MUST_CHECK;

/*
 * For trust: asks an OCSP responder about each certificate but the root
 * (rim_ocsp.c), with a nonce.  In: url, a string.
 */
int ioattest_rim_ocsp(char why[IOATTEST_RIM_WHY_MAX],
    const ioa_chain_t *chain, int64_t now, const void *url) IOA_MUST_CHECK;

/*
 * The kind of a manifest, and its id: what NVIDIA's service knows it by
 * (rim_id.c).  The board of a VBIOS stands there alone.
 *
 * Returns: 1; 0, and in why what is wrong.
 * Out: rim->is_vbios, rim->id; version and chip are in upper case then.
 * In: rim->xml; said, the id that the service gave, data NULL without one;
 * name, that of the file.
 */
int ioattest_rim_identify(ioattest_rim_t *rim,
    char why[IOATTEST_RIM_WHY_MAX], ioa_bytes_t said, const char *name)
    IOA_MUST_CHECK;

#endif
