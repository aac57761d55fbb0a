/*
 * ioa_collateral_judge: a platform's levels in verified collateral, see
 * ioa_verify_collateral.h.
 */

#include <stdio.h>
#include <string.h>

#include "tdx/ioa_collateral_parts.h"

#define IOA_COLLATERAL_MODULE_VERSION   1
#define IOA_COLLATERAL_AFTER_MODULE     2
#define IOA_COLLATERAL_MODULE_ID_MAX    8   /* "TDX_" and two hex digits */
#define IOA_COLLATERAL_SGX_DEBUG        0x02

/* How a part finds its level. */
typedef struct {
    ioa_collateral_part_t    part;
    const char              *name;      /* of the check */
    ioa_collateral_read_pt   read;
    int                    (*fits)(const ioa_collateral_level_t *level,
                                   const ioa_collateral_quote_t *quote);
} ioa_collateral_way_t;


/* bytes & mask == wanted, over members of object; n is at most 16. */
static int
ioa_collateral_masked(const uint8_t *bytes, size_t n,
    const ioa_json_t *object, const char *wanted_name, const char *mask_name)
{
    size_t   i;
    uint8_t  wanted[IOA_COLLATERAL_QE_ATTR_LEN];
    uint8_t  mask[IOA_COLLATERAL_QE_ATTR_LEN];

    if (n > sizeof(wanted)
        || !ioa_collateral_hex(wanted, n, object, wanted_name)
        || !ioa_collateral_hex(mask, n, object, mask_name))
    {
        return 0;
    }

    for (i = 0; i < n; i++) {
        if ((bytes[i] & mask[i]) != wanted[i]) {
            return 0;
        }
    }

    return 1;
}


/* bytes == a member of object; n is at most 48. */
static int
ioa_collateral_equal(const uint8_t *bytes, size_t n,
    const ioa_json_t *object, const char *name)
{
    uint8_t  wanted[IOA_COLLATERAL_SEAM_LEN];

    return n <= sizeof(wanted)
           && ioa_collateral_hex(wanted, n, object, name)
           && memcmp(wanted, bytes, n) == 0;
}


size_t
ioa_collateral_first_tdx(const ioa_collateral_quote_t *quote)
{
    return quote->tee_tcb_svn16[IOA_COLLATERAL_MODULE_VERSION] > 0
           ? IOA_COLLATERAL_AFTER_MODULE : 0;
}


static int
ioa_collateral_platform_fits(const ioa_collateral_level_t *level,
    const ioa_collateral_quote_t *quote)
{
    size_t  i;

    if (quote->pcesvn < level->pcesvn) {
        return 0;
    }

    for (i = 0; i < IOA_COLLATERAL_COMPONENTS; i++) {
        if (quote->pck_svns16[i] < level->sgx[i]) {
            return 0;
        }
    }

    for (i = ioa_collateral_first_tdx(quote); i < IOA_COLLATERAL_COMPONENTS;
         i++)
    {
        if (quote->tee_tcb_svn16[i] < level->tdx[i]) {
            return 0;
        }
    }

    return 1;
}


static int
ioa_collateral_module_fits(const ioa_collateral_level_t *level,
    const ioa_collateral_quote_t *quote)
{
    return quote->tee_tcb_svn16[IOA_COLLATERAL_MODULE_SVN] >= level->isvsvn;
}


static int
ioa_collateral_qe_fits(const ioa_collateral_level_t *level,
    const ioa_collateral_quote_t *quote)
{
    return quote->qe_isvsvn >= level->isvsvn;
}


static const ioa_collateral_way_t  ioa_collateral_ways[] = {
    [IOA_COLLATERAL_PLATFORM] = {
        IOA_COLLATERAL_PLATFORM, "tdx.tcb.platform",
        ioa_collateral_platform_level, ioa_collateral_platform_fits },
    [IOA_COLLATERAL_MODULE] = {
        IOA_COLLATERAL_MODULE, "tdx.tcb.module", ioa_collateral_isv_level,
        ioa_collateral_module_fits },
    [IOA_COLLATERAL_QE] = {
        IOA_COLLATERAL_QE, "tdx.tcb.qe", ioa_collateral_isv_level,
        ioa_collateral_qe_fits }
};


/* Takes the first level that fits into tcb.  In: object, with tcbLevels. */
static ioa_status_t
ioa_collateral_match(ioa_tcb_t *tcb, ioa_checks_t *checks,
    const ioa_json_t *object, ioa_collateral_part_t part,
    const ioa_collateral_quote_t *quote)
{
    size_t                       i;
    ioa_tcb_t                    one;
    ioa_collateral_levels_t      levels;
    const ioa_collateral_way_t  *way;

    way = &ioa_collateral_ways[part];

    if (!ioa_collateral_levels(&levels, object, way->read)) {
        levels.n = 0;
    }

    for (i = 0; i < levels.n; i++) {
        if (way->fits(&levels.list[i], quote)) {
            break;
        }
    }

    memset(&one, 0, sizeof(one));

    if (i < levels.n && !ioa_collateral_level_tcb(&one, &levels, i)) {
        return IOA_TCB_REJECTED;
    }

    if (i == levels.n || ioa_tcb_is_out_of_date(one.status)) {
        ioa_collateral_lacks(one.lacks, part, &levels, i, quote);
    }

    if (!ioa_check_that(checks, i < levels.n, way->name, "%s%s%s",
                        i < levels.n ? ioa_tcb_name(one.status)
                                     : "no level fits",
                        one.lacks[0] != '\0' ? ": " : "", one.lacks))
    {
        return IOA_TCB_REJECTED;
    }

    return ioa_tcb_merge(tcb, &one) ? IOA_OK : IOA_TCB_REJECTED;
}


/* A line with what was found, or what is wrong. */
static int
ioa_collateral_says(ioa_checks_t *checks, int good, const char *name,
    const char *found, const char *wrong)
{
    return ioa_check_that(checks, good, name, "%s", good ? found : wrong);
}


static ioa_status_t
ioa_collateral_platform(ioa_tcb_t *tcb, ioa_checks_t *checks,
    const ioa_json_t *info, const ioa_collateral_quote_t *quote)
{
    if (!ioa_collateral_says(checks,
                             ioa_collateral_equal(quote->fmspc6,
                                                  sizeof(quote->fmspc6),
                                                  info, "fmspc"),
                             "tdx.tcb.fmspc", "the PCK certificate's",
                             "TCB info and PCK certificate name different "
                             "ones")
        || !ioa_collateral_says(checks,
                                ioa_collateral_equal(quote->pceid2,
                                                     sizeof(quote->pceid2),
                                                     info, "pceId"),
                                "tdx.tcb.pce_id", "the PCK certificate's",
                                "TCB info and PCK certificate name different "
                                "ones"))
    {
        return IOA_TCB_REJECTED;
    }

    return ioa_collateral_match(tcb, checks, info, IOA_COLLATERAL_PLATFORM,
                                quote);
}


/* The identity of that id.  Returns: NULL for none, or for two of them. */
static const ioa_json_t *
ioa_collateral_identity(const ioa_json_t *info, const char *id)
{
    size_t             len;
    const uint8_t     *text;
    const ioa_json_t  *module, *found;

    found = NULL;
    module = ioa_json_first(ioa_json_member(info, "tdxModuleIdentities"));

    for ( /* void */ ; module != NULL; module = ioa_json_next(module)) {

        if (!ioa_json_string(&text, &len, ioa_json_member(module, "id"))
            || len != strlen(id) || memcmp(text, id, len) != 0)
        {
            continue;
        }

        if (found != NULL) {
            return NULL;
        }

        found = module;
    }

    return found;
}


static ioa_status_t
ioa_collateral_module(ioa_tcb_t *tcb, ioa_checks_t *checks,
    const ioa_json_t *info, const ioa_collateral_quote_t *quote)
{
    int                good;
    char               id[IOA_COLLATERAL_MODULE_ID_MAX];
    uint8_t            version;
    const ioa_json_t  *module;

    version = quote->tee_tcb_svn16[IOA_COLLATERAL_MODULE_VERSION];
    snprintf(id, sizeof(id), "TDX_%02X", version);

    module = version > 0 ? ioa_collateral_identity(info, id)
                         : ioa_json_member(info, "tdxModule");

    if (!ioa_check_that(checks, module != NULL, "tdx.tcb.module_identity",
                        "%s%s", version > 0 ? id : "tdxModule",
                        module != NULL ? "" : ": not there, or twice"))
    {
        return IOA_TCB_REJECTED;
    }

    good = ioa_collateral_equal(quote->mrsigner_seam48,
                                sizeof(quote->mrsigner_seam48), module,
                                "mrsigner")
           && ioa_collateral_masked(quote->seam_attributes8,
                                    sizeof(quote->seam_attributes8), module,
                                    "attributes", "attributesMask");

    if (!ioa_collateral_says(checks, good, "tdx.tcb.module_signer",
                             "mrsigner and attributes",
                             "mrsigner or attributes are not the TCB info's"))
    {
        return IOA_CPU_EVIDENCE_INVALID;
    }

    /* a module of version 0 is judged by the platform's level */

    if (version == 0) {
        ioa_check_add(checks, "tdx.tcb.module", IOA_CHECK_NOT_MADE,
                      "version 0 has no level of its own");
        return IOA_OK;
    }

    return ioa_collateral_match(tcb, checks, module, IOA_COLLATERAL_MODULE,
                                quote);
}


static ioa_status_t
ioa_collateral_qe(ioa_tcb_t *tcb, ioa_checks_t *checks,
    const ioa_json_t *identity, const ioa_collateral_quote_t *quote)
{
    int       good;
    uint64_t  id;

    good = ioa_collateral_says(checks,
               ioa_collateral_equal(quote->qe_mrsigner32,
                                    sizeof(quote->qe_mrsigner32), identity,
                                    "mrsigner"),
               "tdx.tcb.qe_mrsigner", "the signer in the QE identity",
               "not the signer in the QE identity");

    if (good) {
        good = ioa_json_uint(&id, ioa_json_member(identity, "isvprodid"))
               && id == quote->qe_isvprodid;
        good = ioa_check_that(checks, good, "tdx.tcb.qe_isvprodid", "%u%s",
                              (unsigned) quote->qe_isvprodid,
                              good ? "" : ": not the QE identity's");
    }

    good = good && ioa_collateral_says(checks,
               ioa_collateral_masked(quote->qe_miscselect4,
                                     sizeof(quote->qe_miscselect4), identity,
                                     "miscselect", "miscselectMask"),
               "tdx.tcb.qe_miscselect", "the QE identity's, under its mask",
               "not the QE identity's, under its mask");
    good = good && ioa_collateral_says(checks,
               !(quote->qe_attributes16[0] & IOA_COLLATERAL_SGX_DEBUG)
               && ioa_collateral_masked(quote->qe_attributes16,
                                        sizeof(quote->qe_attributes16),
                                        identity, "attributes",
                                        "attributesMask"),
               "tdx.tcb.qe_attributes",
               "the QE identity's, under their mask; no debug",
               "debug, or not the QE identity's under their mask");

    if (!good) {
        return IOA_CPU_EVIDENCE_INVALID;
    }

    return ioa_collateral_match(tcb, checks, identity, IOA_COLLATERAL_QE,
                                quote);
}


uint64_t
ioa_collateral_evaluated(const ioa_collateral_t *collateral)
{
    uint64_t  info, identity;

    if (!ioa_json_uint(&info, ioa_json_member(collateral->tcb_info.inner,
                                              "tcbEvaluationDataNumber"))
        || !ioa_json_uint(&identity,
                          ioa_json_member(collateral->qe_identity.inner,
                                          "tcbEvaluationDataNumber")))
    {
        return 0;
    }

    return info < identity ? info : identity;
}


void
ioa_collateral_quote(ioa_collateral_quote_t *quote,
    const ioa_tdx_result_t *tdx)
{
    size_t  i;

    _Static_assert(sizeof(quote->pck_svns16) == sizeof(tdx->pck.comps)
                   && sizeof(quote->tee_tcb_svn16)
                      == sizeof(tdx->body.tee_tcb_svn)
                   && sizeof(quote->fmspc6) == sizeof(tdx->pck.fmspc)
                   && sizeof(quote->pceid2) == sizeof(tdx->pck.pceid)
                   && sizeof(quote->mrsigner_seam48)
                      == sizeof(tdx->body.mrsigner_seam)
                   && sizeof(quote->seam_attributes8)
                      == sizeof(tdx->body.seam_attributes)
                   && sizeof(quote->qe_attributes16)
                      == sizeof(tdx->qe.attributes)
                   && sizeof(quote->qe_mrsigner32)
                      == sizeof(tdx->qe.mrsigner),
                   "fields of one size");

    memcpy(quote->fmspc6, tdx->pck.fmspc, sizeof(quote->fmspc6));
    memcpy(quote->pceid2, tdx->pck.pceid, sizeof(quote->pceid2));
    memcpy(quote->pck_svns16, tdx->pck.comps, sizeof(quote->pck_svns16));
    quote->pcesvn = tdx->pck.pcesvn;

    memcpy(quote->tee_tcb_svn16, tdx->body.tee_tcb_svn,
           sizeof(quote->tee_tcb_svn16));
    memcpy(quote->mrsigner_seam48, tdx->body.mrsigner_seam,
           sizeof(quote->mrsigner_seam48));
    memcpy(quote->seam_attributes8, tdx->body.seam_attributes,
           sizeof(quote->seam_attributes8));

    /* the identity has the bytes as they stand in the report */

    for (i = 0; i < sizeof(quote->qe_miscselect4); i++) {
        quote->qe_miscselect4[i] = (uint8_t) (tdx->qe.miscselect >> (8 * i));
    }

    memcpy(quote->qe_attributes16, tdx->qe.attributes,
           sizeof(quote->qe_attributes16));
    memcpy(quote->qe_mrsigner32, tdx->qe.mrsigner,
           sizeof(quote->qe_mrsigner32));
    quote->qe_isvprodid = tdx->qe.isvprodid;
    quote->qe_isvsvn = tdx->qe.isvsvn;
}


ioa_status_t
ioa_collateral_judge(ioa_tcb_t *tcb, ioa_checks_t *checks,
    const ioa_collateral_t *collateral, const ioa_collateral_quote_t *quote)
{
    ioa_status_t  st;

    /* the best to begin with: each part can only make it worse */

    memset(tcb, 0, sizeof(ioa_tcb_t));
    tcb->status = IOA_TCB_UP_TO_DATE;

    st = ioa_collateral_platform(tcb, checks, collateral->tcb_info.inner,
                                 quote);

    if (st == IOA_OK) {
        st = ioa_collateral_module(tcb, checks, collateral->tcb_info.inner,
                                   quote);
    }

    if (st == IOA_OK) {
        st = ioa_collateral_qe(tcb, checks, collateral->qe_identity.inner,
                               quote);
    }

    if (st != IOA_OK) {
        ioa_check_add(checks, "tdx.tcb.rest", IOA_CHECK_NOT_MADE,
                      "a check failed");
        memset(tcb, 0, sizeof(ioa_tcb_t));
        return st;
    }

    tcb->evaluation = ioa_collateral_evaluated(collateral);

    return IOA_OK;
}
