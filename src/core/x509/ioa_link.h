/*
 * ioa_link: shared by the files of this folder only.
 */

#ifndef IOA_LINK_H
#define IOA_LINK_H

#include <stdatomic.h>

#include "x509/ioa_cert.h"
#include "x509/ioa_chain.h"

struct asn1_string_st;

/* The results of X509_check_ca; others: not a CA of version 3. */
#define IOA_LINK_CA_NO            0
#define IOA_LINK_CA               1

/* keyUsage as from X509_get_key_usage; all bits if there is none. */
#define IOA_LINK_USAGE_SIGNATURE  0x0080u
#define IOA_LINK_USAGE_ANY        UINT32_MAX

/*
 * One certificate: its bytes, as parsed by ioa_cert and by OpenSSL.
 * Read-only once made, since several chains, in several threads, may share
 * it.
 */
typedef struct {
    atomic_uint      refs;
    uint8_t         *bytes;
    struct x509_st  *x509;
    ioa_cert_t       cert;              /* borrows from bytes */
    int              ca;                /* from X509_check_ca */
    long             path_len;          /* -1: no limit */
    uint32_t         key_usage;
    uint8_t          der32[IOA_FINGERPRINT_LEN];
    uint8_t          spki32[IOA_FINGERPRINT_LEN];
} ioa_link_t;

typedef struct {
    struct X509_crl_st  *crl;
    uint8_t              der32[IOA_FINGERPRINT_LEN];
    int64_t              this_update;
    int64_t              next_update;
} ioa_crl_t;

struct ioa_crls_s {
    int64_t    slack;
    size_t     n;
    ioa_crl_t  list[IOA_CRLS_MAX];
};

struct ioa_chain_s {
    ioa_chain_cache_t  *cache;
    size_t              n;
    ioa_link_t         *links[IOA_CHAIN_CERTS_MAX];
};

struct ioa_roots_s {
    size_t      n;
    size_t      leaves;
    uint8_t     digest32[IOA_FINGERPRINT_LEN];
    ioa_link_t *links[IOA_ROOTS_MAX];   /* n CAs by der32, then leaves */
};

/* The input of ioa_chain_read, text or DER. */
typedef struct {
    ioa_reader_t  data;
    uint8_t      *work;
    int           pem;
    int           loose;
    ioa_chain_cache_t  *cache;              /* or NULL */
} ioa_chain_source_t;

/*
 * Reads all of source into links, after the *n that are there, up to max.
 * Returns as ioa_chain_add_pem and ioa_roots_parse, and changes as they do.
 */
ioa_chain_rc_t ioa_chain_read(ioa_link_t **links, size_t *n, size_t max,
    ioa_chain_source_t *source) IOA_MUST_CHECK;

/*
 * Returns: IOA_CHAIN_OK, IOA_CHAIN_MALFORMED, IOA_CHAIN_NO_MEMORY.
 * Out: *link, held once, NULL unless OK.
 */
ioa_chain_rc_t ioa_link_new(ioa_link_t **link, ioa_reader_t der)
    IOA_MUST_CHECK;

/* Adds a reference; drops one, and the last frees it.  link may be NULL. */
void ioa_link_hold(ioa_link_t *link);
void ioa_link_drop(ioa_link_t *link);

/* Checks names, key identifiers, the issuer's keyUsage, but no signature. */
int ioa_link_names(const ioa_link_t *link, const ioa_link_t *issuer)
    IOA_MUST_CHECK;

/* Verifies the signature, and nothing else. */
int ioa_link_signature(const ioa_link_t *link, const ioa_link_t *issuer)
    IOA_MUST_CHECK;

/* Verifies with the key, on P-256 or P-384: see ioa_ecdsa_verify. */
int ioa_link_ecdsa_verify(const ioa_link_t *link, const uint8_t *sig,
    size_t sig_len, ioa_reader_t bytes) IOA_MUST_CHECK;

/* The same for a CRL. */
int ioa_crl_names(const ioa_crl_t *crl, const ioa_link_t *issuer)
    IOA_MUST_CHECK;
int ioa_crl_signature(const ioa_crl_t *crl, const ioa_link_t *issuer)
    IOA_MUST_CHECK;

/*
 * Reads a date as OpenSSL's reader left it, strictly; t may be NULL.
 * Returns: 1 and *seconds since 1970; 0, untouched.
 */
int ioa_crl_time(int64_t *seconds, const struct asn1_string_st *t)
    IOA_MUST_CHECK;

/* 1 if the CRL lists this certificate, which has the CRL's issuer. */
int ioa_crl_lists(const ioa_crl_t *crl, const ioa_link_t *link);

/*
 * The key of a signature in the cache: SHA-256 over what is signed, the
 * issuer's key and the pinned set.
 */
void ioa_chain_cache_key(uint8_t key32[IOA_FINGERPRINT_LEN],
    const uint8_t der32[IOA_FINGERPRINT_LEN],
    const uint8_t spki32[IOA_FINGERPRINT_LEN],
    const uint8_t roots32[IOA_FINGERPRINT_LEN]);

/* 1 if the key is in the cache.  In: cache may be NULL. */
int ioa_chain_cache_has(ioa_chain_cache_t *cache,
    const uint8_t key32[IOA_FINGERPRINT_LEN]);
void ioa_chain_cache_put(ioa_chain_cache_t *cache,
    const uint8_t key32[IOA_FINGERPRINT_LEN]);

/*
 * The certificate with these bytes, with a reference; NULL if it is not
 * cached.  In: cache may be NULL.
 */
ioa_link_t *ioa_chain_cache_find(ioa_chain_cache_t *cache, ioa_reader_t der)
    IOA_MUST_CHECK;
void ioa_chain_cache_keep(ioa_chain_cache_t *cache, ioa_link_t *link);

#endif
