/*
 * ioa_policy: the operator's policy file, and what it says of evidence whose
 * signatures were verified elsewhere (doc/policy.md).
 *
 * A policy says nothing of what it does not mention: a list that is missing
 * or empty pins nothing, and each function below says so where a caller
 * keeps a list of checks.  tdx.tcb_status has a default, see ioa_policy_tcb;
 * tdx.sept_ve_disable and sev_snp.provisional are true by default.
 */

#ifndef IOA_POLICY_H
#define IOA_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_check.h"
#include "base/ioa_status.h"
#include "tdx/ioa_tcb.h"

#define IOA_POLICY_SIZE_MAX    (256 * 1024)
#define IOA_POLICY_LIST_MAX    64       /* entries of most lists */
#define IOA_POLICY_UEIDS_MAX   1024     /* of gpu.ueid: GPUs of a fleet */
#define IOA_POLICY_WORD_MAX    128      /* bytes of an entry */
#define IOA_POLICY_ERROR_MAX   256
#define IOA_POLICY_GRACE_MAX   (3650LL * 86400)
#define IOA_POLICY_GPUS_MAX    64
#define IOA_POLICY_EXPIRED     (30LL * 86400)   /* of a manifest: the default */

#define IOA_POLICY_REG_LEN     48
#define IOA_POLICY_HOST_LEN    32
#define IOA_POLICY_CHIP_LEN    64
#define IOA_POLICY_PPID_LEN    16
#define IOA_POLICY_FMSPC_LEN   6
#define IOA_POLICY_DIGEST_LEN  32

/* Sorted; no entry twice.  Hex is in lower case.  n is 0: words is NULL. */
typedef struct {
    size_t   n;
    char   (*words)[IOA_POLICY_WORD_MAX + 1];
} ioa_policy_list_t;

typedef enum {
    IOA_POLICY_MR_TD = 0,
    IOA_POLICY_MR_SEAM,
    IOA_POLICY_MR_CONFIG_ID,
    IOA_POLICY_RTMR0,
    IOA_POLICY_RTMR1,
    IOA_POLICY_RTMR2,
    IOA_POLICY_RTMR3,
    IOA_POLICY_TDX_REGS
} ioa_policy_reg_t;

typedef struct {
    int      given;             /* 0: value is the default, or means nothing */
    int64_t  value;
} ioa_policy_number_t;

typedef enum {
    IOA_POLICY_BOOTLOADER = 0,
    IOA_POLICY_TEE,
    IOA_POLICY_SNP,
    IOA_POLICY_MICROCODE,
    IOA_POLICY_FMC,             /* Turin's alone */
    IOA_POLICY_SNP_SVNS
} ioa_policy_svn_t;

typedef enum {
    IOA_POLICY_MILAN = 0,
    IOA_POLICY_GENOA,
    IOA_POLICY_TURIN,
    IOA_POLICY_PRODUCTS
} ioa_policy_product_t;

/* Bits that must be set, and bits that must not be: names of them. */
typedef struct {
    ioa_policy_list_t  require;
    ioa_policy_list_t  refuse;
} ioa_policy_bits_t;

/* Made once, never written to again. */
typedef struct {
    ioa_policy_list_t    image_digests;

    ioa_policy_list_t    tdx_regs[IOA_POLICY_TDX_REGS];
    ioa_policy_list_t    tcb_status;
    ioa_policy_list_t    advisories_allowed;
    ioa_policy_number_t  tcb_grace;                     /* seconds */
    ioa_policy_number_t  sept_ve_disable;
    ioa_policy_list_t    ppid;
    ioa_policy_list_t    fmspc;
    ioa_policy_number_t  min_evaluation;

    ioa_policy_list_t    measurement;
    ioa_policy_list_t    host_data;
    ioa_policy_number_t  vmpl;
    ioa_policy_list_t    products;
    ioa_policy_list_t    chip_id;
    ioa_policy_number_t  min_tcb[IOA_POLICY_PRODUCTS][IOA_POLICY_SNP_SVNS];
    ioa_policy_bits_t    platform_info;
    ioa_policy_bits_t    guest_policy;
    ioa_policy_number_t  provisional;

    ioa_policy_list_t    arch;
    ioa_policy_list_t    modes;
    ioa_policy_list_t    driver_versions;
    ioa_policy_list_t    vbios_versions;
    ioa_policy_number_t  count;
    ioa_policy_number_t  reference_expired;             /* seconds */
    ioa_policy_list_t    ueid;
} ioa_policy_file_t;

/*
 * Reads a policy file.
 *
 * Returns: 1; 0 with a sentence that names the line and, where it is one
 * member's fault, the member, as "line 4: tdx.rtmr0[1] must be 96 hex
 * digits".
 * Out: *policy, to be given to ioa_policy_free, NULL on 0; error, "" on 1.
 */
int ioa_policy_parse(ioa_policy_file_t **policy,
    char error[IOA_POLICY_ERROR_MAX], const uint8_t *text, size_t text_len)
    IOA_MUST_CHECK;
void ioa_policy_free(ioa_policy_file_t *policy);

/*
 * Out: what an empty file ("{}") says.  For a caller without a file.
 */
void ioa_policy_init(ioa_policy_file_t *policy);


/*
 * The canonical form: a line for each value that decides anything, defaults
 * included, as "tdx.rtmr0 = 00..", members in the order of ioa_policy_file_t
 * and each list sorted.  White space, order and case of hex in the file have
 * no say.
 *
 * In: line, called with each; terminated, without line feed.
 */
typedef void (*ioa_policy_line_pt)(void *ctx, const char *line);

/* Out: SHA-256 of the canonical form, each line with a line feed. */
void ioa_policy_digest(uint8_t digest32[IOA_POLICY_DIGEST_LEN],
    const ioa_policy_file_t *policy);

/*
 * What changed: "- " and "+ " before the lines that one has and the other
 * has not.  Returns: their number.
 * In: older or newer may be NULL, which has no lines; line may be NULL.
 */
size_t ioa_policy_diff(const ioa_policy_file_t *older,
    const ioa_policy_file_t *newer, ioa_policy_line_pt line, void *ctx);

/*
 * In: line, one that ioa_policy_diff() has given for the two.
 * Returns: 1 where, by what it says of this member, newer may take what older
 * refused.
 */
int ioa_policy_loosens(const ioa_policy_file_t *older,
    const ioa_policy_file_t *newer, const char *line);


/* What is pinned.  A policy that pins none of them takes any machine. */
#define IOA_POLICY_PINS_IMAGE  1
#define IOA_POLICY_PINS_TDX    2    /* a register of the guest: not mr_seam */
#define IOA_POLICY_PINS_SNP    4    /* measurement or host_data */

unsigned ioa_policy_pins(const ioa_policy_file_t *policy);

/*
 * 1 where any Milan will do: none is named by its chip's id.  Its signing
 * keys can be extracted by software (doc/policy.md).
 */
int ioa_policy_any_milan(const ioa_policy_file_t *policy);


/* What a verified TDX quote says. */
typedef struct {
    const uint8_t  *regs48[IOA_POLICY_TDX_REGS];
    const uint8_t  *ppid16;             /* of the PCK certificate */
    const uint8_t  *fmspc6;
    int             sept_ve_disable;
} ioa_policy_tdx_t;

/*
 * What a verified SNP report says.  chip_id64 is NULL where the certificate
 * of the key does not name that chip: a masked id, a VLEK.
 */
typedef struct {
    const uint8_t         *measurement48;
    const uint8_t         *host_data32;
    uint32_t               vmpl;
    uint8_t                reported_tcb[IOA_POLICY_SNP_SVNS];
    ioa_policy_product_t   product;
    const uint8_t         *chip_id64;
    uint64_t               platform_info;
    uint64_t               policy;
    int                    provisional;     /* firmware is not committed */
} ioa_policy_snp_t;

/* What verified GPU evidence says; terminated strings. */
typedef struct {
    const char     *arch;           /* "HOPPER" */
    const char     *driver_version;
    const char     *vbios_version;
    const char     *mode;           /* "single", ... */
    const uint8_t  *switches32;     /* in "protected-pcie", else NULL */
    size_t          switches_n;     /* switches32 has them all where it is 4 */
    const char     *ueid;
} ioa_policy_gpu_t;

#define IOA_POLICY_SWITCHES      4
#define IOA_POLICY_SWITCHES_LEN  32
#define IOA_POLICY_SWITCHED      8      /* GPUs that switches connect */

/*
 * Judges a trust domain's attributes, before collateral is asked for.
 *
 * Returns: IOA_OK, or IOA_CPU_EVIDENCE_INVALID for a domain without
 * SEPT_VE_DISABLE where that is asked for.
 * Out: a line for each rule in checks, which may be NULL; so below, but for
 * gpu.switches and an SNP report of a product that is not known.
 */
ioa_status_t ioa_policy_td_attributes(ioa_checks_t *checks,
    const ioa_policy_file_t *policy, const ioa_policy_tdx_t *tdx)
    IOA_MUST_CHECK;

/*
 * Judges which platform it is, and a quote's registers, all of them.
 * Returns: IOA_OK or IOA_MEASUREMENT_MISMATCH.
 */
ioa_status_t ioa_policy_tdx(ioa_checks_t *checks,
    const ioa_policy_file_t *policy, const ioa_policy_tdx_t *tdx)
    IOA_MUST_CHECK;

/*
 * The same for an SNP report; one of a product that is not known is refused
 * before the other rules.
 * Returns: IOA_OK, IOA_MEASUREMENT_MISMATCH, or IOA_TCB_REJECTED where all
 * but the minimum of reported_tcb for its product fits.
 */
ioa_status_t ioa_policy_snp(ioa_checks_t *checks,
    const ioa_policy_file_t *policy, const ioa_policy_snp_t *snp)
    IOA_MUST_CHECK;

/*
 * The same for GPUs: each must be one of those listed, and all of one mode,
 * driver and VBIOS.  Without a list of modes protected PCIe is refused: NVLink
 * is in clear then, through switches that nobody has attested.  Where it is
 * listed, eight GPUs must name the same four switches: gpu.switches, which
 * has a line only then.  Where there is a list of UEIDs every GPU must be one
 * of them.
 *
 * Returns: IOA_OK, IOA_GPU_EVIDENCE_MISSING for none and for fewer than asked
 * for, IOA_MEASUREMENT_MISMATCH for more and for all else.
 */
ioa_status_t ioa_policy_gpus(ioa_checks_t *checks,
    const ioa_policy_file_t *policy, const ioa_policy_gpu_t *gpus, size_t n)
    IOA_MUST_CHECK;

/*
 * Returns: for how many seconds after its not_after a manifest of NVIDIA's
 * still counts: gpu.reference_expired.
 */
int64_t ioa_policy_reference_expired(const ioa_policy_file_t *policy);

/*
 * Judges the status of a TDX platform.
 *
 * A status in tdx.tcb_status passes; where that list is missing or empty:
 * UpToDate, SWHardeningNeeded and, unless collateral is nonzero, unknown.
 * One that is out of date passes too where the status without that
 * (ioa_tcb_without_date) is in the list and now is before out_since plus
 * tdx.tcb_grace; see ioa_tcb.h for out_since.  Revoked never passes.  Where
 * tdx.advisories_allowed has entries, every advisory must be one of them,
 * grace or not.  Where there is a tdx.min_evaluation, both documents of the
 * collateral must be of that evaluation or a later one; without collateral
 * nothing passes then.
 *
 * Returns: IOA_OK, IOA_REVOKED or IOA_TCB_REJECTED.
 * In: collateral, nonzero where the operator asks for collateral.
 */
ioa_status_t ioa_policy_tcb(ioa_checks_t *checks,
    const ioa_policy_file_t *policy, const ioa_tcb_t *tcb, int collateral,
    int64_t now) IOA_MUST_CHECK;

/*
 * Returns: when the status of a platform that ioa_policy_tcb lets pass now
 * will not any more, for tcb_grace is over; 0 where it is not by its grace
 * that it passes.
 */
int64_t ioa_policy_tcb_until(const ioa_policy_file_t *policy,
    const ioa_tcb_t *tcb, int collateral, int64_t now);

#endif
