/*
 * ioa_collateral: Intel's TCB info and QE identity as the PCS v4 and a PCCS
 * send them (doc/formats.md 8.3): JSON bodies
 * {"tcbInfo":{..},"signature":".."} and
 * {"enclaveIdentity":{..},"signature":".."}, issuer chains in headers.
 *
 * What is signed is the inner object's text as it came, byte for byte.
 *
 * Forms alone, nothing here is verified.
 */

#ifndef IOA_COLLATERAL_H
#define IOA_COLLATERAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "json/ioa_json.h"
#include "tdx/ioa_tcb.h"

#define IOA_COLLATERAL_SIZE_MAX      (256 * 1024)
#define IOA_COLLATERAL_LEVELS_MAX    64
#define IOA_COLLATERAL_MODULES_MAX   64
#define IOA_COLLATERAL_COMPONENTS    16
#define IOA_COLLATERAL_SIG_LEN       64
#define IOA_COLLATERAL_FMSPC_LEN     6
#define IOA_COLLATERAL_PCEID_LEN     2
#define IOA_COLLATERAL_SEAM_LEN      48     /* mrsigner of a TDX module */
#define IOA_COLLATERAL_SEAM_ATTR_LEN 8
#define IOA_COLLATERAL_QE_SIGNER_LEN 32
#define IOA_COLLATERAL_QE_ATTR_LEN   16
#define IOA_COLLATERAL_QE_MISC_LEN   4

/* What both documents begin with. */
typedef struct {
    ioa_json_t        *root;
    const ioa_json_t  *inner;
    ioa_reader_t       signed_text;     /* borrows from the body */
    uint8_t            sig64[IOA_COLLATERAL_SIG_LEN];
    const uint8_t     *id;              /* borrows from root */
    size_t             id_len;
    uint64_t           version;
    int64_t            issue_date;
    int64_t            next_update;     /* later than issue_date */
} ioa_collateral_doc_t;

/*
 * Reads a body.
 *
 * Returns: 1; 0 where it is not of that form or larger than
 * IOA_COLLATERAL_SIZE_MAX.
 * Out: doc, to be given to ioa_collateral_doc_cleanup; all zero on 0.
 * In: member, "tcbInfo" or "enclaveIdentity".
 */
int ioa_collateral_doc_parse(ioa_collateral_doc_t *doc, const char *member,
    ioa_reader_t body) IOA_MUST_CHECK;
void ioa_collateral_doc_cleanup(ioa_collateral_doc_t *doc);


/* A level of a platform (sgx, tdx, pcesvn), of a module or QE (isvsvn). */
typedef struct {
    uint8_t            sgx[IOA_COLLATERAL_COMPONENTS];
    uint8_t            tdx[IOA_COLLATERAL_COMPONENTS];
    uint16_t           pcesvn;
    uint16_t           isvsvn;
    ioa_tcb_status_t   status;          /* never unknown */
    int64_t            date;
    const ioa_json_t  *advisories;      /* NULL where there are none */
    const ioa_json_t  *value;           /* what it was read from */
} ioa_collateral_level_t;

/*
 * Reads one level, all of it; an advisory that ioa_tcb_add_advisory would
 * not take, a status that is not Intel's, and a number of components other
 * than 16 are errors.
 *
 * Returns: 1; 0, level all zero.
 */
int ioa_collateral_platform_level(ioa_collateral_level_t *level,
    const ioa_json_t *value) IOA_MUST_CHECK;
int ioa_collateral_isv_level(ioa_collateral_level_t *level,
    const ioa_json_t *value) IOA_MUST_CHECK;

/*
 * Adds the names of a list of advisories; NULL has none.
 * Returns: 1; 0 where one is no name, or there are too many.
 */
int ioa_collateral_advisories(ioa_tcb_t *tcb, const ioa_json_t *list)
    IOA_MUST_CHECK;


/* Levels of one part, highest SVNs first; no two have the same. */
typedef struct {
    size_t                  n;
    ioa_collateral_level_t  list[IOA_COLLATERAL_LEVELS_MAX];
} ioa_collateral_levels_t;

typedef int (*ioa_collateral_read_pt)(ioa_collateral_level_t *level,
    const ioa_json_t *value);

/*
 * Reads the levels under a member "tcbLevels" and puts them in the order in
 * which Intel's own verifier tries them, whatever their order in the text:
 * by the SGX components, the first that differs, then by pcesvn, then by the
 * TDX components; those of a module or QE by isvsvn.
 *
 * Returns: 1; 0 where it is no list of 1 to IOA_COLLATERAL_LEVELS_MAX levels
 * that all can be read, or two of them have the same SVNs, which Intel's
 * verifier refuses too.
 * Out: levels, of no use on 0; borrows from object.
 */
int ioa_collateral_levels(ioa_collateral_levels_t *levels,
    const ioa_json_t *object, ioa_collateral_read_pt read) IOA_MUST_CHECK;

/*
 * Takes the i-th level as a part's TCB: status, advisories, date, and
 * out_since as ioa_tcb.h has it.
 *
 * Returns: 1; 0 where there are too many advisories.
 */
int ioa_collateral_level_tcb(ioa_tcb_t *tcb,
    const ioa_collateral_levels_t *levels, size_t i) IOA_MUST_CHECK;

/*
 * A member of exactly 2 * n hex digits, any case.
 * Returns: 1; 0, out untouched.
 */
int ioa_collateral_hex(uint8_t *out, size_t n, const ioa_json_t *object,
    const char *name) IOA_MUST_CHECK;

/*
 * Undoes the URL encoding of a header that carries PEM: "%" and two hex
 * digits are a byte that is not NUL; other bytes must be visible ASCII and
 * stand for themselves, "+" too.
 *
 * Returns: 1, and *n; 0 where it is not such text or cap is less than its
 * bytes.  text_len bytes always do.
 */
int ioa_percent_decode(uint8_t *out, size_t *n, size_t cap,
    const uint8_t *text, size_t text_len) IOA_MUST_CHECK;

#endif
