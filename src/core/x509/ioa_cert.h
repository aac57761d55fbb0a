/*
 * ioa_cert: the fields of a certificate, from its bytes (RFC 5280, 4.1).
 *
 * Only strict DER and version 3 are accepted.  Nothing is verified here.
 */

#ifndef IOA_CERT_H
#define IOA_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"

#define IOA_CERT_EXTENSIONS_MAX  32
#define IOA_CERT_CN_MAX          64         /* ub-common-name */

/* Borrows from the certificate. */
typedef struct {
    ioa_reader_t  der;
    ioa_reader_t  serial;           /* the INTEGER's content */
    ioa_reader_t  issuer;           /* the whole Name */
    ioa_reader_t  subject;          /* the whole Name */
    ioa_reader_t  spki;             /* the whole SubjectPublicKeyInfo */
    ioa_reader_t  point;            /* X || Y on P-256 or P-384; else empty */
    ioa_reader_t  extensions;       /* content of the SEQUENCE */
    int64_t       not_before;
    int64_t       not_after;
    int           basic_critical;   /* basicConstraints is critical */
} ioa_cert_t;

/*
 * Returns: 1; 0 if der is not exactly one certificate of version 3, its two
 * signature algorithms differ, it has more than IOA_CERT_EXTENSIONS_MAX
 * extensions, one of them twice, name constraints, or a critical one that is
 * neither basicConstraints nor keyUsage.  cert is untouched then.
 */
int ioa_cert_parse(ioa_cert_t *cert, ioa_reader_t der) IOA_MUST_CHECK;

/*
 * Looks up an extension by the content of its OID.
 * Out: value, the content of its OCTET STRING.
 */
int ioa_cert_extension(ioa_reader_t *value, const ioa_cert_t *cert,
    const uint8_t *oid, size_t oid_len) IOA_MUST_CHECK;

/*
 * The commonName of a Name.  Returns: 0 if there is none, more than one, or
 * it is empty, too long or not printable ASCII; cn is "" then.
 */
int ioa_cert_cn(char cn[IOA_CERT_CN_MAX + 1], ioa_reader_t name)
    IOA_MUST_CHECK;

/* 1 if the key identifiers of subject and issuer are both present. */
int ioa_cert_has_key_ids(const ioa_cert_t *cert);

#endif
