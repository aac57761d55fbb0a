/*
 * ioa_spdm: see ioa_spdm.h.
 */

#include <stdio.h>
#include <string.h>

#include "nvidia/ioa_spdm.h"

#define IOA_SPDM_VERSION           0x11
#define IOA_SPDM_VERSION_END       0x20     /* 2.0: nobody knows its form */
#define IOA_SPDM_REQUEST_LEN       37
#define IOA_SPDM_GET_MEASUREMENTS  0xe0
#define IOA_SPDM_MEASUREMENTS      0x60
#define IOA_SPDM_WITH_SIGNATURE    0x01
#define IOA_SPDM_ALL_BLOCKS        0xff
#define IOA_SPDM_DMTF              0x01
#define IOA_SPDM_MAJOR_MAX         2    /* of versioned records */


/* GET_MEASUREMENTS, as NVIDIA's driver sends it. */
static int
ioa_spdm_request(ioa_spdm_view_t *view, ioa_reader_t *r)
{
    static const uint8_t  head[] = {
        IOA_SPDM_VERSION, IOA_SPDM_GET_MEASUREMENTS, IOA_SPDM_WITH_SIGNATURE,
        IOA_SPDM_ALL_BLOCKS
    };
    static const uint8_t  slot[] = { 0 };

    return ioa_reader_match(r, head, sizeof(head))
           && ioa_reader_take(r, &view->nonce32, IOA_SPDM_NONCE_LEN)
           && ioa_reader_match(r, slot, sizeof(slot));
}


IOA_MUST_CHECK static int
ioa_spdm_block(ioa_spdm_block_t *block, ioa_reader_t *r)
{
    uint8_t       spec;
    uint16_t      size, value_len;
    ioa_reader_t  body;

    return ioa_reader_u8(r, &block->index)
           && ioa_reader_u8(r, &spec)
           && spec == IOA_SPDM_DMTF
           && ioa_reader_u16le(r, &size)
           && ioa_reader_sub(r, &body, size)
           && ioa_reader_u8(&body, &block->type)
           && ioa_reader_u16le(&body, &value_len)
           && value_len != 0
           && value_len <= IOA_SPDM_VALUE_LEN_MAX
           && ioa_reader_sub(&body, &block->value, value_len)
           && ioa_reader_left(&body) == 0;
}


/* The record of n blocks. */
IOA_MUST_CHECK static int
ioa_spdm_blocks(ioa_spdm_view_t *view, ioa_reader_t *r, size_t n)
{
    size_t   i;
    uint8_t  seen[256];

    if (n == 0 || n > IOA_SPDM_BLOCKS_MAX) {
        return 0;
    }

    memset(seen, 0, sizeof(seen));

    for (i = 0; i < n; i++) {
        if (!ioa_spdm_block(&view->blocks[i], r)
            || seen[view->blocks[i].index]++)
        {
            return 0;
        }
    }

    view->blocks_n = n;

    return ioa_reader_left(r) == 0;
}


static int
ioa_spdm_used(uint16_t type)
{
    switch (type) {
    case IOA_SPDM_DRIVER:
    case IOA_SPDM_VBIOS:
    case IOA_SPDM_NVDEC0:
    case IOA_SPDM_CHIP_SKU:
    case IOA_SPDM_PROJECT:
    case IOA_SPDM_PROJECT_SKU:
    case IOA_SPDM_FWID:
    case IOA_SPDM_PROTECTED_PCIE:
    case IOA_SPDM_SWITCHES:
    case IOA_SPDM_CHIP_INFO:
    case IOA_SPDM_FEATURE:
    case IOA_SPDM_FSP_SVN:
        return 1;
    default:
        return 0;
    }
}


int
ioa_spdm_record(ioa_spdm_record_t *record, ioa_reader_t *opaque,
    const ioa_spdm_form_t *form)
{
    uint16_t           size;
    ioa_reader_t       r;
    ioa_spdm_record_t  found;

    r = *opaque;
    found.value_type = 0;

    if (!ioa_reader_u16le(&r, &found.type)
        || (form->versioned && !ioa_reader_u16le(&r, &found.value_type))
        || !ioa_reader_u16le(&r, &size)
        || !ioa_reader_sub(&r, &found.value, size))
    {
        return 0;
    }

    *record = found;
    *opaque = r;

    return 1;
}


/*
 * The header of versioned records, by which their form is known.  Out: r,
 * behind it where there is one.  Returns: 0 where it is cut off.
 */
IOA_MUST_CHECK static int
ioa_spdm_form(ioa_spdm_form_t *form, ioa_reader_t *r)
{
    ioa_reader_t  header;

    static const uint8_t  magic[] = { 'N', 'V', 'D', 'A', 'O', 'D' };

    header = *r;

    if (!ioa_reader_match(&header, magic, sizeof(magic))) {
        return 1;
    }

    form->versioned = 1;
    *r = header;

    if (!ioa_reader_u16le(r, &form->profile)
        || !ioa_reader_u8(r, &form->major)
        || !ioa_reader_u8(r, &form->minor)
        || !ioa_reader_u8(r, &form->patch)
        || !ioa_reader_u8(r, &form->padding))
    {
        return 0;
    }

    form->newer = form->profile != 0 || form->major > IOA_SPDM_MAJOR_MAX
                  || form->padding != 0;

    return 1;
}


/* The opaque data: records, whose numbers are the same in either form. */
IOA_MUST_CHECK static int
ioa_spdm_records(ioa_spdm_view_t *view, ioa_reader_t *r)
{
    ioa_spdm_record_t  record;

    if (!ioa_spdm_form(&view->form, r)) {
        return 0;
    }

    view->opaque = *r;

    if (view->form.newer) {
        return 1;
    }

    while (ioa_reader_left(r) != 0) {
        if (!ioa_spdm_record(&record, r, &view->form)) {
            return 0;
        }

        if (!ioa_spdm_used(record.type)) {
            view->unknown++;
            continue;
        }

        if (view->records[record.type].pos != NULL) {
            return 0;
        }

        view->records[record.type] = record.value;
    }

    return 1;
}


/* MEASUREMENTS; the two parameters say nothing that is used. */
static int
ioa_spdm_response(ioa_spdm_view_t *view, ioa_reader_t *r)
{
    uint8_t       n;
    uint16_t      opaque_len;
    uint32_t      record_len;
    ioa_reader_t  record, opaque;

    static const uint8_t  head[] = {
        IOA_SPDM_VERSION, IOA_SPDM_MEASUREMENTS
    };

    return ioa_reader_match(r, head, sizeof(head))
           && ioa_reader_skip(r, 2)
           && ioa_reader_u8(r, &n)
           && ioa_reader_u24le(r, &record_len)
           && ioa_reader_sub(r, &record, record_len)
           && ioa_spdm_blocks(view, &record, n)
           && ioa_reader_take(r, &view->responder_nonce32,
                              IOA_SPDM_NONCE_LEN)
           && ioa_reader_u16le(r, &opaque_len)
           && ioa_reader_sub(r, &opaque, opaque_len)
           && ioa_spdm_records(view, &opaque);
}


ioa_status_t
ioa_spdm_parse(ioa_spdm_view_t *view, const uint8_t *data, size_t len)
{
    ioa_reader_t  r, whole;

    memset(view, 0, sizeof(ioa_spdm_view_t));
    ioa_reader_init(&r, data, len);
    whole = r;

    if (len <= IOA_SPDM_EVIDENCE_MAX
        && ioa_spdm_request(view, &r)
        && ioa_spdm_response(view, &r)
        && ioa_reader_sub(&whole, &view->signed_bytes,
                          len - ioa_reader_left(&r))
        && ioa_reader_take(&r, &view->sig96, IOA_SPDM_SIG_LEN))
    {
        view->trailing = ioa_reader_left(&r);
        return IOA_OK;
    }

    memset(view, 0, sizeof(ioa_spdm_view_t));

    return IOA_GPU_EVIDENCE_INVALID;
}


int
ioa_spdm_newer(const uint8_t *data, size_t len)
{
    uint8_t       version, code;
    ioa_reader_t  r;

    ioa_reader_init(&r, data, len);

    if (!ioa_reader_u8(&r, &version) || !ioa_reader_u8(&r, &code)
        || code != IOA_SPDM_GET_MEASUREMENTS || version < IOA_SPDM_VERSION)
    {
        return 0;
    }

    if (version > IOA_SPDM_VERSION) {
        return version < IOA_SPDM_VERSION_END;
    }

    return ioa_reader_skip(&r, IOA_SPDM_REQUEST_LEN - 2)
           && ioa_reader_u8(&r, &version) && ioa_reader_u8(&r, &code)
           && code == IOA_SPDM_MEASUREMENTS && version > IOA_SPDM_VERSION
           && version < IOA_SPDM_VERSION_END;
}


int
ioa_spdm_has(const ioa_spdm_view_t *view, ioa_spdm_type_t type)
{
    return view->records[type].pos != NULL;
}


static int
ioa_spdm_version_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
}


int
ioa_spdm_driver(char text[IOA_SPDM_DRIVER_MAX + 1],
    const ioa_spdm_view_t *view)
{
    size_t        n;
    uint8_t       c;
    ioa_reader_t  r;

    text[0] = '\0';
    r = view->records[IOA_SPDM_DRIVER];

    for (n = 0; ioa_reader_u8(&r, &c) && c != '\0'; n++) {
        if (n == IOA_SPDM_DRIVER_MAX || !ioa_spdm_version_byte(c)) {
            text[0] = '\0';
            return 0;
        }

        text[n] = (char) c;
        text[n + 1] = '\0';
    }

    while (ioa_reader_u8(&r, &c)) {
        if (c != '\0') {
            text[0] = '\0';
            return 0;
        }
    }

    return n != 0;
}


int
ioa_spdm_vbios(char text[IOA_SPDM_VBIOS_TEXT_LEN + 1],
    const ioa_spdm_view_t *view)
{
    uint8_t       b[IOA_SPDM_VBIOS_LEN];
    ioa_reader_t  r;

    text[0] = '\0';
    r = view->records[IOA_SPDM_VBIOS];

    if (ioa_reader_left(&r) != IOA_SPDM_VBIOS_LEN
        || !ioa_reader_copy(&r, b, IOA_SPDM_VBIOS_LEN))
    {
        return 0;
    }

    snprintf(text, IOA_SPDM_VBIOS_TEXT_LEN + 1, "%02X.%02X.%02X.%02X.%02X",
             b[3], b[2], b[1], b[0], b[4]);

    return 1;
}


int
ioa_spdm_number(unsigned *value, const ioa_spdm_view_t *view,
    ioa_spdm_type_t type)
{
    uint8_t       low;
    uint16_t      wide;
    ioa_reader_t  r;

    r = view->records[type];

    switch (ioa_reader_left(&r)) {

    case 1:
        if (!ioa_reader_u8(&r, &low)) {
            return 0;
        }

        *value = low;
        return 1;

    case 2:
        if (!ioa_reader_u16le(&r, &wide)) {
            return 0;
        }

        *value = wide;
        return 1;

    default:
        return 0;
    }
}
