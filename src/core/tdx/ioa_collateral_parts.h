/*
 * ioa_collateral_parts: what the files that verify collateral have in common.
 *
 * For ioa_verify_collateral.c, ioa_collateral_judge.c and _lacks.c alone.
 */

#ifndef IOA_COLLATERAL_PARTS_H
#define IOA_COLLATERAL_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "tdx/ioa_collateral.h"
#include "tdx/ioa_verify_collateral.h"

#define IOA_COLLATERAL_MODULE_SVN  0        /* of tee_tcb_svn */

typedef enum {
    IOA_COLLATERAL_PLATFORM = 0,
    IOA_COLLATERAL_MODULE,
    IOA_COLLATERAL_QE
} ioa_collateral_part_t;

/* The first TDX component that the platform's level judges. */
size_t ioa_collateral_first_tdx(const ioa_collateral_quote_t *quote);

/*
 * Out: text, which SVNs are short of the nearest better level that is
 * UpToDate, or else not out of date, as "SGX component 5 is 3, 7 is needed
 * for UpToDate (2026-08-13)"; components are counted from 1, as Intel does.
 * In: matched, of levels; levels->n where none fits.
 */
void ioa_collateral_lacks(char text[IOA_TCB_LACKS_MAX + 1],
    ioa_collateral_part_t part, const ioa_collateral_levels_t *levels,
    size_t matched, const ioa_collateral_quote_t *quote);

struct ioa_collateral_s {
    ioa_collateral_doc_t  tcb_info;     /* signed_text is empty */
    ioa_collateral_doc_t  qe_identity;
    int64_t               expires;
};

#endif
