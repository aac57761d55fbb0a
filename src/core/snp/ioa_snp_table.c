/*
 * ioa_snp_table: the certificate table of an extended guest request.  See
 * ioa_snp.h.
 */

#include <string.h>

#include "snp/ioa_snp.h"

#define IOA_SNP_GUID_LEN   16
#define IOA_SNP_ENTRY_LEN  24

typedef struct {
    uint8_t  guid[IOA_SNP_GUID_LEN];    /* in the order it is written in */
    size_t   member;
} ioa_snp_kind_t;

static const ioa_snp_kind_t  ioa_snp_kinds[] = {

    /* 63da758d-e664-4564-adc5-f4b93be8accd */
    { { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
        0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd },
      offsetof(ioa_snp_certs_t, vcek) },

    /* a8074bc2-a25a-483e-aae6-39c045a0b8a1 */
    { { 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e,
        0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1 },
      offsetof(ioa_snp_certs_t, vlek) },

    /* 4ab7b379-bbac-4fe4-a02f-05aef327c782 */
    { { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4,
        0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82 },
      offsetof(ioa_snp_certs_t, ask) },

    /* c0b406a4-a803-4952-9743-3fb6014cd0ae */
    { { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52,
        0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae },
      offsetof(ioa_snp_certs_t, ark) },

    /* 92f81bc3-5811-4d3d-97ff-d19f88dc67ea */
    { { 0x92, 0xf8, 0x1b, 0xc3, 0x58, 0x11, 0x4d, 0x3d,
        0x97, 0xff, 0xd1, 0x9f, 0x88, 0xdc, 0x67, 0xea },
      offsetof(ioa_snp_certs_t, crl) }
};

#define IOA_SNP_KINDS  (sizeof(ioa_snp_kinds) / sizeof(ioa_snp_kinds[0]))


/* Where a blob of that kind belongs; NULL for a kind that is not known. */
static ioa_reader_t *
ioa_snp_table_place(ioa_snp_certs_t *certs, ioa_reader_t *r)
{
    size_t  i;

    for (i = 0; i < IOA_SNP_KINDS; i++) {
        if (ioa_reader_match(r, ioa_snp_kinds[i].guid, IOA_SNP_GUID_LEN)) {
            return (ioa_reader_t *) ((char *) certs + ioa_snp_kinds[i].member);
        }
    }

    return NULL;
}


/* One entry.  In: whole, at the table's start. */
IOA_MUST_CHECK static int
ioa_snp_table_entry(ioa_snp_certs_t *certs, ioa_reader_t *entry,
    ioa_reader_t whole)
{
    uint32_t       offset, len;
    ioa_reader_t  *place, blob;

    place = ioa_snp_table_place(certs, entry);

    if (place == NULL && !ioa_reader_skip(entry, IOA_SNP_GUID_LEN)) {
        return 0;
    }

    if (!ioa_reader_u32le(entry, &offset)
        || !ioa_reader_u32le(entry, &len)
        || !ioa_reader_skip(&whole, offset)
        || !ioa_reader_sub(&whole, &blob, len))
    {
        return 0;
    }

    if (place == NULL) {
        return 1;
    }

    if (len == 0 || ioa_reader_left(place) != 0) {
        return 0;
    }

    *place = blob;

    return 1;
}


ioa_status_t
ioa_snp_table_parse(ioa_snp_certs_t *certs, const uint8_t *data, size_t len)
{
    size_t        i;
    ioa_reader_t  whole, r, entry;

    static const uint8_t  last[IOA_SNP_ENTRY_LEN];

    memset(certs, 0, sizeof(ioa_snp_certs_t));
    ioa_reader_init(&whole, data, len);
    r = whole;

    for (i = 0; i <= IOA_SNP_TABLE_MAX; i++) {
        if (ioa_reader_match(&r, last, IOA_SNP_ENTRY_LEN)) {
            return IOA_OK;
        }

        if (!ioa_reader_sub(&r, &entry, IOA_SNP_ENTRY_LEN)
            || !ioa_snp_table_entry(certs, &entry, whole))
        {
            break;
        }
    }

    memset(certs, 0, sizeof(ioa_snp_certs_t));

    return IOA_CPU_EVIDENCE_INVALID;
}
