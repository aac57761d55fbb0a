/*
 * ioa_snp: an AMD SEV-SNP attestation report, and the certificate table that
 * may follow it, as views.
 *
 * The report is ATTESTATION_REPORT of AMD's "SEV Secure Nested Paging
 * Firmware ABI Specification" (56860), versions 2 to 5; the table is that of
 * the extended guest request in the "Guest-Hypervisor Communication Block
 * Standardization" (56421).  doc/formats.md 9.  Integers are little-endian.
 *
 * Nothing here is proved: that is ioa_verify_snp's.
 */

#ifndef IOA_SNP_H
#define IOA_SNP_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"

#define IOA_SNP_REPORT_LEN         1184
#define IOA_SNP_SIGNED_LEN         0x2a0    /* what the signature covers */
#define IOA_SNP_VERSION_MIN        2
#define IOA_SNP_VERSION_MAX        5
#define IOA_SNP_ID_LEN             16
#define IOA_SNP_REPORT_DATA_LEN    64
#define IOA_SNP_MEASUREMENT_LEN    48
#define IOA_SNP_HOST_DATA_LEN      32
#define IOA_SNP_KEY_DIGEST_LEN     48
#define IOA_SNP_REPORT_ID_LEN      32
#define IOA_SNP_CHIP_ID_LEN        64
#define IOA_SNP_TURIN_CHIP_ID_LEN  8        /* the rest is zero */
#define IOA_SNP_SIG_LEN            96       /* of P-384 */

#define IOA_SNP_VMPL_MAX           3        /* a guest's; a host's: all ones */

#define IOA_SNP_SIG_ALGO_ECDSA_P384_SHA384  1

/* Bits of the guest's policy. */
#define IOA_SNP_POLICY_SMT          (UINT64_C(1) << 16)
#define IOA_SNP_POLICY_ONE          (UINT64_C(1) << 17)     /* must be set */
#define IOA_SNP_POLICY_MIGRATE_MA   (UINT64_C(1) << 18)
#define IOA_SNP_POLICY_DEBUG        (UINT64_C(1) << 19)
#define IOA_SNP_POLICY_SINGLE       (UINT64_C(1) << 20)

typedef enum {
    IOA_SNP_PRODUCT_UNKNOWN = 0,    /* version 2 does not say it */
    IOA_SNP_MILAN,
    IOA_SNP_GENOA,
    IOA_SNP_TURIN
} ioa_snp_product_t;

typedef enum {
    IOA_SNP_VCEK = 0,
    IOA_SNP_VLEK = 1,
    IOA_SNP_UNSIGNED = 7
} ioa_snp_signer_t;

/* Security version numbers; fmc is Turin's alone, else zero. */
typedef struct {
    uint8_t  fmc;
    uint8_t  bootloader;
    uint8_t  tee;
    uint8_t  snp;
    uint8_t  microcode;
} ioa_snp_tcb_t;

/* A version of the firmware. */
typedef struct {
    uint8_t  build;
    uint8_t  minor;
    uint8_t  major;
} ioa_snp_firmware_t;

/* The certificate table; nothing to read where the table has it not. */
typedef struct {
    ioa_reader_t  vcek;
    ioa_reader_t  vlek;
    ioa_reader_t  ask;          /* or ASVK */
    ioa_reader_t  ark;
    ioa_reader_t  crl;
} ioa_snp_certs_t;

/* Pointers borrow from the bytes that were read. */
typedef struct {
    const uint8_t       *report;            /* IOA_SNP_REPORT_LEN bytes */
    uint32_t             version;
    uint32_t             guest_svn;
    uint64_t             policy;
    const uint8_t       *family_id16;
    const uint8_t       *image_id16;
    uint32_t             vmpl;
    uint32_t             sig_algo;
    ioa_snp_tcb_t        current;
    uint64_t             platform_info;
    int                  author_key;        /* 0 or 1 */
    int                  chip_key_masked;   /* 0 or 1 */
    ioa_snp_signer_t     signer;
    const uint8_t       *report_data64;
    const uint8_t       *measurement48;
    const uint8_t       *host_data32;
    const uint8_t       *id_key_digest48;
    const uint8_t       *author_key_digest48;
    const uint8_t       *report_id32;
    const uint8_t       *report_id_ma32;
    ioa_snp_tcb_t        reported;
    uint8_t              family;            /* these three: 0 in version 2 */
    uint8_t              model;
    uint8_t              stepping;
    ioa_snp_product_t    product;
    const uint8_t       *chip_id64;
    ioa_snp_tcb_t        committed;
    ioa_snp_firmware_t   current_firmware;
    ioa_snp_firmware_t   committed_firmware;
    ioa_snp_tcb_t        launch;
    uint64_t             launch_mitigations;    /* 0 before version 5 */
    uint64_t             current_mitigations;
    uint8_t              sig96[IOA_SNP_SIG_LEN];    /* r || s, big-endian */
    ioa_snp_certs_t      certs;
    int                  newer;     /* not read for a version, an algorithm, a
                                       kind or a bit that is not known */
} ioa_snp_view_t;

/*
 * Reads a report: 1184 bytes, and where more follow they must be a whole
 * certificate table.  Refused are: a version that is not known, any bit that
 * must be zero and is not, bit 17 of the policy clear, a signature algorithm
 * that is not known, a signing key that is reserved, in the table an entry
 * that reaches beyond the end or stands there twice.  PLATFORM_INFO is told,
 * not judged: firmware adds bits to it.
 *
 * Returns: IOA_OK or IOA_CPU_EVIDENCE_INVALID.
 * Out: view; all zero, but for newer, unless IOA_OK.
 */
ioa_status_t ioa_snp_parse(ioa_snp_view_t *view, const uint8_t *data,
    size_t len) IOA_MUST_CHECK;

/* Why a view could not be read, for a person.  Never NULL. */
const char *ioa_snp_unread(const ioa_snp_view_t *view);

/*
 * Reads a certificate table alone (configfs calls it auxblob): entries of a
 * GUID, an offset from the table's start and a length, up to an entry that is
 * all zero.  Kinds that are not known are left alone, as are bytes that no
 * entry speaks of.
 *
 * Returns: IOA_OK; IOA_CPU_EVIDENCE_INVALID where there is no last entry, or
 * more than IOA_SNP_TABLE_MAX others, one reaches beyond the end, or a known
 * kind is empty or stands there twice.
 * Out: certs, borrowing from data; all zero unless IOA_OK.
 */
#define IOA_SNP_TABLE_MAX  32

ioa_status_t ioa_snp_table_parse(ioa_snp_certs_t *certs, const uint8_t *data,
    size_t len) IOA_MUST_CHECK;

/* "Milan", "Genoa", "Turin", "unknown".  Never NULL. */
const char *ioa_snp_product_name(ioa_snp_product_t product);

/* 1 where every component of a is at least that of b. */
int ioa_snp_tcb_covers(const ioa_snp_tcb_t *a, const ioa_snp_tcb_t *b);

/* 1 where the chip's id is masked: all zero. */
int ioa_snp_chip_masked(const ioa_snp_view_t *view);

#define IOA_SNP_KDS_PATH_MAX  256

/*
 * Writes the path under which AMD's key service keeps the report's VCEK:
 * vcek/v1/{product}/{chip id}?blSPL=..&teeSPL=..&snpSPL=..&ucodeSPL=..
 * with fmcSPL first for Turin, no slash before ("Versioned Chip Endorsement
 * Key Certificate and KDS Interface Specification", 57230).
 *
 * Returns: the length; 0, and an empty text, where the service has no answer:
 * the signer is not a VCEK, the chip's id is masked, or the product is not
 * known.
 * Out: text, terminated.
 * In: product, for a report of version 2 which does not say it; where the
 * report does, IOA_SNP_PRODUCT_UNKNOWN or the same.
 */
size_t ioa_snp_kds_path(char text[IOA_SNP_KDS_PATH_MAX],
    const ioa_snp_view_t *view, ioa_snp_product_t product);

#endif
