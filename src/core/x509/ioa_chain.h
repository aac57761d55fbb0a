/*
 * ioa_chain: X.509 chains from evidence, verified up to pinned roots, with
 * CRLs, at a given time (RFC 5280).
 *
 * A certificate is never trusted because evidence contains it: a chain ends
 * at a certificate of the pinned set, byte for byte, or is signed by one.
 * The certificates come leaf first and each must be issued by the next.
 *
 * Not supported, hence refused: name constraints, any critical extension
 * but basicConstraints and keyUsage, keys other than P-256, P-384 (named
 * curve, uncompressed) and RSA of 2048 to 8192 bits.
 */

#ifndef IOA_CHAIN_H
#define IOA_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"

#define IOA_CHAIN_CERTS_MAX     8
#define IOA_CHAIN_CERT_LEN_MAX  8192
#define IOA_CHAIN_TEXT_LEN_MAX  65536
#define IOA_CHAIN_CN_MAX        64          /* ub-common-name */
#define IOA_CHAIN_TEXT_MAX      256
#define IOA_ROOTS_MAX           64
#define IOA_ROOTS_LEN_MAX       (1024 * 1024)
#define IOA_CRLS_MAX            8
#define IOA_CRL_LEN_MAX         (1024 * 1024)
#define IOA_FINGERPRINT_LEN     32

typedef enum {
    IOA_CHAIN_OK = 0,
    IOA_CHAIN_MALFORMED,        /* not DER, or a form not supported */
    IOA_CHAIN_UNTRUSTED,        /* a link or the pinned root is missing */
    IOA_CHAIN_EXPIRED,          /* outside a certificate's validity */
    IOA_CHAIN_REVOKED,
    IOA_CHAIN_CRL_BAD,          /* a CRL is missing, stale or not signed */
    IOA_CHAIN_NO_MEMORY,
    IOA_CHAIN_STRAY,            /* of roots: one is there and is not read */
    IOA_CHAIN_NOT_CA            /* of roots: one is not a CA's, or none is */
} ioa_chain_rc_t;

/* A short description for people.  Never NULL. */
const char *ioa_chain_rc_name(ioa_chain_rc_t rc);


/*
 * Pinned roots.  Read-only once made, so that any number of threads may use
 * them at a time.  A pinned certificate need not be self-signed (AMD's ASK
 * may be pinned beside its ARK), but must be a CA's.
 */
typedef struct ioa_roots_s ioa_roots_t;

/*
 * Reads certificates: PEM text (other text between them is skipped, since
 * this file is the operator's) or DER, one after the other.
 *
 * Returns: IOA_CHAIN_OK, IOA_CHAIN_STRAY for text or bytes that look like a
 * certificate and would not be read, IOA_CHAIN_MALFORMED (also for no
 * certificate, for more than IOA_ROOTS_MAX, or one that is no CA's),
 * IOA_CHAIN_NO_MEMORY.
 * Out: *roots, to be given to ioa_roots_free; NULL unless OK.
 */
ioa_chain_rc_t ioa_roots_parse(ioa_roots_t **roots, const uint8_t *data,
    size_t len) IOA_MUST_CHECK;

/*
 * The same, but certificates that are not CAs' are accepted as well: not to
 * be trusted, but for evidence that comes without them (AMD's VCEK).  At
 * least one certificate must be a CA's.
 */
ioa_chain_rc_t ioa_roots_parse_leaves(ioa_roots_t **roots,
    const uint8_t *data, size_t len) IOA_MUST_CHECK;
void ioa_roots_free(ioa_roots_t *roots);

/*
 * Out: text, why a file of roots was refused, with the line where that is
 * known; printable and terminated.
 */
void ioa_roots_text(char text[IOA_CHAIN_TEXT_MAX], ioa_chain_rc_t rc,
    const uint8_t *data, size_t len);

/*
 * The DER of the i-th certificate that is not a CA's.
 * Returns: 1; 0 if there is no such i.
 */
int ioa_roots_leaf(ioa_reader_t *der, const ioa_roots_t *roots, size_t i)
    IOA_MUST_CHECK;

/*
 * Out: SHA-256 over the SHA-256 of each certificate.  The order in the file
 * and repeated certificates make no difference.
 */
void ioa_roots_digest(uint8_t digest32[IOA_FINGERPRINT_LEN],
    const ioa_roots_t *roots);


/* CRLs.  Read-only once filled. */
typedef struct ioa_crls_s ioa_crls_t;

/* Returns: NULL if there is no memory. */
ioa_crls_t *ioa_crls_new(void) IOA_MUST_CHECK;
void ioa_crls_free(ioa_crls_t *crls);

/*
 * Adds a CRL: DER, or PEM text ("X509 CRL") with nothing but white space and
 * NUL around it.  Nothing is verified yet.
 *
 * Returns: IOA_CHAIN_OK; IOA_CHAIN_MALFORMED if it is not a CRL, is larger
 * than IOA_CRL_LEN_MAX, has a critical extension, is a delta, covers only
 * some of its issuer's certificates or those of others, or there are
 * IOA_CRLS_MAX already; IOA_CHAIN_NO_MEMORY.
 */
ioa_chain_rc_t ioa_crls_add(ioa_crls_t *crls, const uint8_t *data, size_t len)
    IOA_MUST_CHECK;

/* CRLs remain valid for so many seconds after their nextUpdate. */
void ioa_crls_slack(ioa_crls_t *crls, int64_t seconds);

/* When the first CRL ceases to be valid, with slack; 0 if there is none. */
int64_t ioa_crls_expire(const ioa_crls_t *crls);


/*
 * Remembers which certificates' signatures were verified with their issuers'
 * keys, and keeps the parsed certificates of verified chains.  Nothing else
 * is cached: dates, names, extensions and CRLs are checked each time.
 * Bounded; the oldest entry is dropped first.  Any number of threads may use
 * a cache.
 */
typedef struct ioa_chain_cache_s ioa_chain_cache_t;

/*
 * In: size, 1 to 4096 signatures, and as many certificates.
 * Returns: NULL if there is no memory.
 */
ioa_chain_cache_t *ioa_chain_cache_new(size_t size) IOA_MUST_CHECK;
void ioa_chain_cache_free(ioa_chain_cache_t *cache);


/* Certificates from evidence, leaf first.  For one thread. */
typedef struct ioa_chain_s ioa_chain_t;

/*
 * In: cache, which outlives the chain, or NULL.
 * Returns: NULL if there is no memory.
 */
ioa_chain_t *ioa_chain_new(ioa_chain_cache_t *cache) IOA_MUST_CHECK;
void ioa_chain_free(ioa_chain_t *chain);

/*
 * Appends certificates from PEM text, or from DER, one after the other.
 * After a PEM certificate only white space, NUL and the next may follow.
 *
 * Returns: IOA_CHAIN_OK; IOA_CHAIN_MALFORMED if the input is of another form,
 * contains no certificate, a certificate is longer than
 * IOA_CHAIN_CERT_LEN_MAX, is not strict DER or of a form that is not
 * supported, or there would be more than IOA_CHAIN_CERTS_MAX;
 * IOA_CHAIN_NO_MEMORY.  If not OK, the chain is unchanged.
 */
ioa_chain_rc_t ioa_chain_add_pem(ioa_chain_t *chain, const uint8_t *text,
    size_t len) IOA_MUST_CHECK;
ioa_chain_rc_t ioa_chain_add_der(ioa_chain_t *chain, const uint8_t *der,
    size_t len) IOA_MUST_CHECK;

/*
 * Flags.  STRICT demands version 3, a positive serial number, key identifiers
 * in every certificate that is not self-issued, and in every CA's a critical
 * basicConstraints and a keyUsage: Intel's and NVIDIA's chains have all that,
 * AMD's have not.
 * CRL_CA_ONLY: if CRLs are given, the leaf need not be covered (AMD publishes
 * none for its leaves).
 */
#define IOA_CHAIN_STRICT       0x01
#define IOA_CHAIN_LEAF_NOT_CA  0x02
#define IOA_CHAIN_CRL_CA_ONLY  0x04

#define IOA_CHAIN_INTEL   (IOA_CHAIN_STRICT | IOA_CHAIN_LEAF_NOT_CA)
#define IOA_CHAIN_NVIDIA  (IOA_CHAIN_STRICT | IOA_CHAIN_LEAF_NOT_CA)
#define IOA_CHAIN_AMD     (IOA_CHAIN_LEAF_NOT_CA | IOA_CHAIN_CRL_CA_ONLY)

/*
 * Verifies the chain.  Every certificate must be issued by the next (names,
 * key identifiers, keyUsage, basicConstraints, path length, signature); one
 * above the leaf must be a pinned root, or the last be issued by one; all
 * must be valid at now, pinned ones too.  If crls is given, every certificate
 * that has an issuer must be covered by a CRL that this issuer signed and
 * that is current at now, and must not be listed in it; nor may a root be
 * listed in a CRL of its own.
 *
 * Returns: IOA_CHAIN_OK, and nothing else means trusted; IOA_CHAIN_MALFORMED
 * for an empty chain.  If there are several causes any of them may be
 * returned, except that a chain whose signatures do not verify is never
 * reported as expired or revoked.
 * In: crls may be NULL; now in seconds since 1970.
 */
ioa_chain_rc_t ioa_chain_verify(const ioa_chain_t *chain,
    const ioa_roots_t *roots, const ioa_crls_t *crls, unsigned flags,
    int64_t now) IOA_MUST_CHECK;

/*
 * What ioa_chain_verify said, in words: with IOA_CHAIN_CRL_BAD whose CRL it
 * is, and whether there is none, or between which dates it counts and what
 * time it is now; else as ioa_chain_rc_name.
 */
void ioa_chain_text(char text[IOA_CHAIN_TEXT_MAX], ioa_chain_rc_t rc,
    const ioa_chain_t *chain, const ioa_roots_t *roots,
    const ioa_crls_t *crls, unsigned flags, int64_t now);


/*
 * Fields of the certificates.  i counts from the leaf, 0; every function
 * returns 0 if there is no such i.  Readers borrow from the chain.  None of
 * this is verified before ioa_chain_verify has succeeded.
 */

size_t ioa_chain_count(const ioa_chain_t *chain);

/*
 * The content of an extension's OCTET STRING.  In: oid, as "1.2.840...".
 * Returns: 1; 0 if there is none.  (A certificate in which an extension
 * occurs twice is malformed.)
 */
int ioa_chain_extension(ioa_reader_t *value, const ioa_chain_t *chain,
    size_t i, const char *oid) IOA_MUST_CHECK;

/*
 * The commonName of subject or issuer, terminated.
 * Returns: 1; 0 if there is none or more than one, or it is longer than
 * IOA_CHAIN_CN_MAX or not printable ASCII.
 */
int ioa_chain_subject_cn(char cn[IOA_CHAIN_CN_MAX + 1],
    const ioa_chain_t *chain, size_t i) IOA_MUST_CHECK;
int ioa_chain_issuer_cn(char cn[IOA_CHAIN_CN_MAX + 1],
    const ioa_chain_t *chain, size_t i) IOA_MUST_CHECK;

/* 1 if basicConstraints says that it is a CA's. */
int ioa_chain_is_ca(const ioa_chain_t *chain, size_t i);

/* notBefore and notAfter, seconds since 1970. */
int ioa_chain_dates(int64_t *from, int64_t *to, const ioa_chain_t *chain,
    size_t i) IOA_MUST_CHECK;

/* The content of the serial number's INTEGER. */
int ioa_chain_serial(ioa_reader_t *serial, const ioa_chain_t *chain, size_t i)
    IOA_MUST_CHECK;

/* The DER of SubjectPublicKeyInfo. */
int ioa_chain_spki(ioa_reader_t *spki, const ioa_chain_t *chain, size_t i)
    IOA_MUST_CHECK;

/* X || Y of a key on P-256 (64 bytes) or P-384 (96); 0 for an RSA key. */
int ioa_chain_point(ioa_reader_t *point, const ioa_chain_t *chain, size_t i)
    IOA_MUST_CHECK;

/* Verifies raw r || s with the i-th key: see ioa_ecdsa_verify. */
int ioa_chain_ecdsa_verify(const ioa_chain_t *chain, size_t i,
    const uint8_t *sig, size_t sig_len, ioa_reader_t bytes) IOA_MUST_CHECK;

#endif
