/*
 * ioa_tdx_pck: the SGX extension of a PCK certificate, 1.2.840.113741.1.13.1
 * (Intel SGX PCK Certificate and CRL Profile Specification, 1.5).
 */

#ifndef IOA_TDX_PCK_H
#define IOA_TDX_PCK_H

#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"

#define IOA_PCK_OID         "1.2.840.113741.1.13.1"
#define IOA_PCK_PPID_LEN    16
#define IOA_PCK_FMSPC_LEN   6
#define IOA_PCK_PCEID_LEN   2
#define IOA_PCK_COMPS       16

typedef struct {
    uint8_t   ppid[IOA_PCK_PPID_LEN];       /* which processor it is */
    uint8_t   fmspc[IOA_PCK_FMSPC_LEN];
    uint8_t   pceid[IOA_PCK_PCEID_LEN];
    uint8_t   comps[IOA_PCK_COMPS];         /* SGX TCB components */
    uint8_t   cpusvn[IOA_PCK_COMPS];
    uint16_t  pcesvn;
} ioa_pck_t;

/*
 * Reads the extension's value.  PPID, TCB, with all of its 18 members, PCE-ID
 * and FMSPC must be there; members that we do not use may be.
 *
 * Returns: 1; 0 where it is malformed, something is missing or stands there
 * twice.  Out: pck, zero on 0.
 */
int ioa_pck_parse(ioa_pck_t *pck, ioa_reader_t value) IOA_MUST_CHECK;

#endif
