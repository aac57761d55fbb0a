/*
 * ioa_tdx_pck: see ioa_tdx_pck.h.
 */

#include <string.h>

#include "tdx/ioa_tdx_pck.h"
#include "x509/ioa_der.h"

/* Last arcs below 1.2.840.113741.1.13.1, and below its .2. */
#define IOA_PCK_PPID        1
#define IOA_PCK_TCB         2
#define IOA_PCK_PCEID       3
#define IOA_PCK_FMSPC       4
#define IOA_PCK_TCB_PCESVN  17
#define IOA_PCK_TCB_CPUSVN  18

#define IOA_PCK_ARC_MAX     31

#define IOA_PCK_ALL         (1u << IOA_PCK_PPID | 1u << IOA_PCK_TCB           \
                             | 1u << IOA_PCK_PCEID | 1u << IOA_PCK_FMSPC)
#define IOA_PCK_TCB_ALL     0x0007fffeu     /* 1 to 18 */

static const uint8_t  ioa_pck_sgx[] = {
    0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01
};

static const uint8_t  ioa_pck_sgx_tcb[] = {
    0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01, 0x02
};


/*
 * Takes one SEQUENCE of an OID, one arc below prefix, and a value.
 * Out: that arc, marked in seen; value, the one element behind the OID.
 */
static int
ioa_pck_member(ioa_reader_t *r, uint8_t *arc, uint32_t *seen,
    ioa_reader_t *value, const uint8_t *prefix, size_t prefix_len)
{
    uint8_t       tag;
    ioa_reader_t  pair, oid, at, content;

    if (!ioa_der_take(r, IOA_DER_SEQUENCE, &pair)
        || !ioa_der_take(&pair, IOA_DER_OID, &oid)
        || !ioa_reader_match(&oid, prefix, prefix_len)
        || !ioa_reader_u8(&oid, arc) || ioa_reader_left(&oid) != 0
        || *arc > IOA_PCK_ARC_MAX
        || (*seen & 1u << *arc))
    {
        return 0;
    }

    at = pair;

    if (!ioa_der_any(&at, &tag, &content) || ioa_reader_left(&at) != 0) {
        return 0;
    }

    *seen |= 1u << *arc;
    *value = pair;

    return 1;
}


/* An OCTET STRING of n bytes. */
static int
ioa_pck_octets(uint8_t *out, size_t n, ioa_reader_t value)
{
    ioa_reader_t  content;

    return ioa_der_take(&value, IOA_DER_OCTET_STRING, &content)
           && ioa_reader_left(&content) == n
           && ioa_reader_copy(&content, out, n);
}


static int
ioa_pck_tcb_member(ioa_pck_t *pck, uint8_t arc, ioa_reader_t value)
{
    uint64_t  svn;

    if (arc == IOA_PCK_TCB_CPUSVN) {
        return ioa_pck_octets(pck->cpusvn, sizeof(pck->cpusvn), value);
    }

    if (!ioa_der_uint(&value, &svn)) {
        return 0;
    }

    if (arc == IOA_PCK_TCB_PCESVN) {
        pck->pcesvn = (uint16_t) svn;
        return svn <= UINT16_MAX;
    }

    if (arc < 1 || arc > IOA_PCK_COMPS) {
        return 0;
    }

    pck->comps[arc - 1] = (uint8_t) svn;

    return svn <= UINT8_MAX;
}


static int
ioa_pck_tcb(ioa_pck_t *pck, ioa_reader_t value)
{
    uint8_t       arc;
    uint32_t      seen;
    ioa_reader_t  members, member;

    if (!ioa_der_take(&value, IOA_DER_SEQUENCE, &members)) {
        return 0;
    }

    for (seen = 0; ioa_reader_left(&members) != 0; ) {
        if (!ioa_pck_member(&members, &arc, &seen, &member, ioa_pck_sgx_tcb,
                            sizeof(ioa_pck_sgx_tcb))
            || !ioa_pck_tcb_member(pck, arc, member))
        {
            return 0;
        }
    }

    return seen == IOA_PCK_TCB_ALL;
}


static int
ioa_pck_read(ioa_pck_t *pck, ioa_reader_t value)
{
    uint8_t       arc;
    uint32_t      seen;
    ioa_reader_t  members, member;

    if (!ioa_der_valid(value)
        || !ioa_der_take(&value, IOA_DER_SEQUENCE, &members))
    {
        return 0;
    }

    for (seen = 0; ioa_reader_left(&members) != 0; ) {
        if (!ioa_pck_member(&members, &arc, &seen, &member, ioa_pck_sgx,
                            sizeof(ioa_pck_sgx)))
        {
            return 0;
        }

        if ((arc == IOA_PCK_PPID
             && !ioa_pck_octets(pck->ppid, sizeof(pck->ppid), member))
            || (arc == IOA_PCK_TCB && !ioa_pck_tcb(pck, member))
            || (arc == IOA_PCK_PCEID
                && !ioa_pck_octets(pck->pceid, sizeof(pck->pceid), member))
            || (arc == IOA_PCK_FMSPC
                && !ioa_pck_octets(pck->fmspc, sizeof(pck->fmspc), member)))
        {
            return 0;
        }
    }

    return (seen & IOA_PCK_ALL) == IOA_PCK_ALL;
}


int
ioa_pck_parse(ioa_pck_t *pck, ioa_reader_t value)
{
    memset(pck, 0, sizeof(*pck));

    if (!ioa_pck_read(pck, value)) {
        memset(pck, 0, sizeof(*pck));
        return 0;
    }

    return 1;
}
