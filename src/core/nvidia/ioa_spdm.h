/*
 * ioa_spdm: the evidence of an NVIDIA GPU, as a view: the SPDM request
 * GET_MEASUREMENTS and the response MEASUREMENTS, one after the other, as
 * DMTF DSP0274 version 1.1 has them, NVIDIA's records in the opaque data.
 * doc/formats.md 10.1.  Integers are little-endian.
 *
 * Nothing here is proved: that is ioa_verify_gpu's.
 */

#ifndef IOA_SPDM_H
#define IOA_SPDM_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"

#define IOA_SPDM_REQUEST_LEN     37
#define IOA_SPDM_NONCE_LEN       32
#define IOA_SPDM_SIG_LEN         96     /* ECDSA P-384, r || s, big-endian */
#define IOA_SPDM_EVIDENCE_MAX    65536
#define IOA_SPDM_BLOCKS_MAX      128
#define IOA_SPDM_VALUE_LEN_MAX   64     /* SHA-512 */
#define IOA_SPDM_FWID_LEN        48     /* SHA-384 */
#define IOA_SPDM_DRIVER_MAX      31
#define IOA_SPDM_VBIOS_LEN       8
#define IOA_SPDM_VBIOS_TEXT_LEN  14     /* 96.00.9F.00.01 */

/* NVIDIA's records, by type; those that are used. */
typedef enum {
    IOA_SPDM_DRIVER = 3,
    IOA_SPDM_VBIOS = 6,
    IOA_SPDM_NVDEC0 = 11,
    IOA_SPDM_CHIP_SKU = 15,
    IOA_SPDM_PROJECT = 17,
    IOA_SPDM_PROJECT_SKU = 18,
    IOA_SPDM_FWID = 20,
    IOA_SPDM_PROTECTED_PCIE = 21,
    IOA_SPDM_SWITCHES = 22,             /* of each NVLink the switch's PDI */
    IOA_SPDM_CHIP_INFO = 35,
    IOA_SPDM_FEATURE = 36,
    IOA_SPDM_FSP_SVN = 37,              /* versioned records alone */
    IOA_SPDM_TYPES
} ioa_spdm_type_t;

typedef struct {
    uint8_t       index;
    uint8_t       type;
    ioa_reader_t  value;
} ioa_spdm_block_t;

/*
 * Form of the opaque data.  Records of drivers since CUDA 13.5 stand behind a
 * header with a version, and have a type of their value each.
 */
typedef struct {
    int       versioned;
    uint16_t  profile;
    uint8_t   major;
    uint8_t   minor;
    uint8_t   patch;
    uint8_t   padding;
    int       newer;                    /* than what is read here */
} ioa_spdm_form_t;

typedef struct {
    uint16_t      type;
    uint16_t      value_type;           /* 0 where nothing is versioned */
    ioa_reader_t  value;
} ioa_spdm_record_t;

/* Readers and pointers borrow from the bytes that were read. */
typedef struct {
    const uint8_t     *nonce32;             /* the request's */
    size_t             blocks_n;
    ioa_spdm_block_t   blocks[IOA_SPDM_BLOCKS_MAX];
    const uint8_t     *responder_nonce32;
    ioa_spdm_form_t    form;
    /*
     * by type; pos is NULL where there is no such record, and of all types
     * where form.newer
     */
    ioa_reader_t       records[IOA_SPDM_TYPES];
    size_t             unknown;             /* records of other types */
    ioa_reader_t       opaque;              /* all records, one after another,
                                               behind their header */
    ioa_reader_t       signed_bytes;        /* request and response, less */
    const uint8_t     *sig96;
    size_t             trailing;            /* bytes behind, signed by none */
} ioa_spdm_view_t;

/*
 * Reads evidence: the request (signature asked for, all blocks, slot 0) and
 * the response, its signature found by the lengths before it.  Bytes behind
 * the signature are left alone: real evidence has had some.  Records of types
 * that are not known are left alone too, and so is opaque data of a version
 * that is not: it has no records then, and form.newer says why.
 *
 * Refused are: more than IOA_SPDM_EVIDENCE_MAX bytes, blocks that do not fill
 * their record, no block or more than IOA_SPDM_BLOCKS_MAX, one that is no
 * DMTF measurement or is there twice, a record that reaches beyond the end,
 * one of a type above that is there twice.
 *
 * Returns: IOA_OK or IOA_GPU_EVIDENCE_INVALID.
 * Out: view; all zero unless IOA_OK.
 */
ioa_status_t ioa_spdm_parse(ioa_spdm_view_t *view, const uint8_t *data,
    size_t len) IOA_MUST_CHECK;

/*
 * 1 where what could not be read begins as a request, or as the request that
 * is known and an answer, of an SPDM version above 1.1.
 */
int ioa_spdm_newer(const uint8_t *data, size_t len);

/*
 * Takes the next record of the opaque data, which is of that form.
 * Returns: 1; 0 where none is left, or it reaches beyond the end.
 */
int ioa_spdm_record(ioa_spdm_record_t *record, ioa_reader_t *opaque,
    const ioa_spdm_form_t *form) IOA_MUST_CHECK;

/* 1 where the record is there. */
int ioa_spdm_has(const ioa_spdm_view_t *view, ioa_spdm_type_t type);

/*
 * The driver's version, e.g. "570.124.03": 1 to IOA_SPDM_DRIVER_MAX letters,
 * digits, '.', '-' or '_', then nothing but NUL.  Out: text, terminated.
 * Returns: 1; 0 where the record is absent or something else, text is empty
 * then.
 */
int ioa_spdm_driver(char text[IOA_SPDM_DRIVER_MAX + 1],
    const ioa_spdm_view_t *view) IOA_MUST_CHECK;

/*
 * The VBIOS' version, as NVIDIA writes it: five bytes in upper-case hex.
 * Out, Returns: as above.
 */
int ioa_spdm_vbios(char text[IOA_SPDM_VBIOS_TEXT_LEN + 1],
    const ioa_spdm_view_t *view) IOA_MUST_CHECK;

/* A record of one or two bytes, as a number.  Returns: 0 as above. */
int ioa_spdm_number(unsigned *value, const ioa_spdm_view_t *view,
    ioa_spdm_type_t type) IOA_MUST_CHECK;

#endif
