/*
 * ioa_collateral: see ioa_collateral.h.
 */

#include <string.h>

#include "tdx/ioa_collateral.h"
#include "base/ioa_codec.h"
#include "base/ioa_time.h"

#define IOA_PERCENT_HEX_LEN  2


int
ioa_collateral_hex(uint8_t *out, size_t n, const ioa_json_t *object,
    const char *name)
{
    size_t          len;
    const uint8_t  *text;

    return ioa_json_string(&text, &len, ioa_json_member(object, name))
           && ioa_hex_decode(out, n, text, len);
}


static int
ioa_collateral_date(int64_t *date, const ioa_json_t *object,
    const char *name)
{
    size_t          len;
    const uint8_t  *text;

    return ioa_json_string(&text, &len, ioa_json_member(object, name))
           && ioa_time_rfc3339(date, text, len);
}


static int
ioa_collateral_doc_members(ioa_collateral_doc_t *doc, const char *member,
    ioa_reader_t body)
{
    size_t          len;
    const uint8_t  *text;

    doc->inner = ioa_json_member(doc->root, member);

    if (!ioa_json_is_object(doc->inner)
        || !ioa_json_span(&text, &len, doc->root, doc->inner, body.pos,
                          ioa_reader_left(&body)))
    {
        return 0;
    }

    ioa_reader_init(&doc->signed_text, text, len);

    return ioa_collateral_hex(doc->sig64, sizeof(doc->sig64), doc->root,
                              "signature")
           && ioa_json_string(&doc->id, &doc->id_len,
                              ioa_json_member(doc->inner, "id"))
           && ioa_json_uint(&doc->version,
                            ioa_json_member(doc->inner, "version"))
           && ioa_collateral_date(&doc->issue_date, doc->inner, "issueDate")
           && ioa_collateral_date(&doc->next_update, doc->inner,
                                  "nextUpdate")
           && doc->next_update > doc->issue_date;
}


int
ioa_collateral_doc_parse(ioa_collateral_doc_t *doc, const char *member,
    ioa_reader_t body)
{
    memset(doc, 0, sizeof(ioa_collateral_doc_t));

    if (ioa_reader_left(&body) > IOA_COLLATERAL_SIZE_MAX
        || !ioa_json_parse(&doc->root, body.pos, ioa_reader_left(&body)))
    {
        return 0;
    }

    if (!ioa_collateral_doc_members(doc, member, body)) {
        ioa_collateral_doc_cleanup(doc);
        return 0;
    }

    return 1;
}


void
ioa_collateral_doc_cleanup(ioa_collateral_doc_t *doc)
{
    ioa_json_free(doc->root);
    memset(doc, 0, sizeof(ioa_collateral_doc_t));
}


/* A member that is a whole number of at most max. */
static int
ioa_collateral_number(uint64_t *number, const ioa_json_t *object,
    const char *name, uint64_t max)
{
    return ioa_json_uint(number, ioa_json_member(object, name))
           && *number <= max;
}


/* Exactly 16 objects with an svn of one byte each. */
static int
ioa_collateral_components(uint8_t svns16[IOA_COLLATERAL_COMPONENTS],
    const ioa_json_t *tcb, const char *name)
{
    size_t             n;
    uint64_t           svn;
    const ioa_json_t  *list, *item;

    n = 0;
    list = ioa_json_member(tcb, name);

    if (!ioa_json_is_array(list)) {
        return 0;
    }

    for (item = ioa_json_first(list); item != NULL;
         item = ioa_json_next(item))
    {
        if (n == IOA_COLLATERAL_COMPONENTS
            || !ioa_collateral_number(&svn, item, "svn", UINT8_MAX))
        {
            return 0;
        }

        svns16[n++] = (uint8_t) svn;
    }

    return n == IOA_COLLATERAL_COMPONENTS;
}


int
ioa_collateral_advisories(ioa_tcb_t *tcb, const ioa_json_t *list)
{
    size_t             len;
    const uint8_t     *text;
    const ioa_json_t  *item;

    for (item = ioa_json_first(list); item != NULL;
         item = ioa_json_next(item))
    {
        if (!ioa_json_string(&text, &len, item)
            || !ioa_tcb_add_advisory(tcb, text, len))
        {
            return 0;
        }
    }

    return 1;
}


/* What levels of both kinds have. */
static int
ioa_collateral_level(ioa_collateral_level_t *level, const ioa_json_t *value)
{
    size_t          len;
    ioa_tcb_t       tcb;
    const uint8_t  *text;

    level->value = value;
    level->advisories = ioa_json_member(value, "advisoryIDs");
    memset(&tcb, 0, sizeof(tcb));

    return ioa_collateral_date(&level->date, value, "tcbDate")
           && ioa_json_string(&text, &len,
                              ioa_json_member(value, "tcbStatus"))
           && ioa_tcb_parse(&level->status, text, len)
           && level->status != IOA_TCB_UNKNOWN
           && (level->advisories == NULL
               || ioa_json_is_array(level->advisories))
           && ioa_collateral_advisories(&tcb, level->advisories);
}


int
ioa_collateral_platform_level(ioa_collateral_level_t *level,
    const ioa_json_t *value)
{
    uint64_t           svn;
    const ioa_json_t  *tcb;

    memset(level, 0, sizeof(ioa_collateral_level_t));
    tcb = ioa_json_member(value, "tcb");

    if (!ioa_collateral_components(level->sgx, tcb, "sgxtcbcomponents")
        || !ioa_collateral_components(level->tdx, tcb, "tdxtcbcomponents")
        || !ioa_collateral_number(&svn, tcb, "pcesvn", UINT16_MAX)
        || !ioa_collateral_level(level, value))
    {
        memset(level, 0, sizeof(ioa_collateral_level_t));
        return 0;
    }

    level->pcesvn = (uint16_t) svn;

    return 1;
}


int
ioa_collateral_isv_level(ioa_collateral_level_t *level,
    const ioa_json_t *value)
{
    uint64_t  svn;

    memset(level, 0, sizeof(ioa_collateral_level_t));

    if (!ioa_collateral_number(&svn, ioa_json_member(value, "tcb"), "isvsvn",
                               UINT16_MAX)
        || !ioa_collateral_level(level, value))
    {
        memset(level, 0, sizeof(ioa_collateral_level_t));
        return 0;
    }

    level->isvsvn = (uint16_t) svn;

    return 1;
}


int
ioa_percent_decode(uint8_t *out, size_t *n, size_t cap, const uint8_t *text,
    size_t text_len)
{
    size_t          used;
    uint8_t         c;
    ioa_reader_t    r;
    const uint8_t  *hex;

    ioa_reader_init(&r, text, text_len);

    for (used = 0; ioa_reader_u8(&r, &c); used++) {

        if (c <= ' ' || c > '~' || used == cap) {
            return 0;
        }

        if (c == '%'
            && (!ioa_reader_take(&r, &hex, IOA_PERCENT_HEX_LEN)
                || !ioa_hex_decode(&c, 1, hex, IOA_PERCENT_HEX_LEN)
                || c == 0))
        {
            return 0;
        }

        out[used] = c;
    }

    *n = used;

    return 1;
}
