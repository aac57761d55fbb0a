/*
 * ioa_verify_collateral: see ioa_verify_collateral.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ioa_time.h"
#include "tdx/ioa_collateral_parts.h"

#define IOA_COLLATERAL_SIGNER       "Intel SGX TCB Signing"
#define IOA_COLLATERAL_TCB_VERSION  3
#define IOA_COLLATERAL_QE_VERSION   2
#define IOA_COLLATERAL_QE_VERSION3  3
#define IOA_COLLATERAL_CHAIN_MIN    2
#define IOA_COLLATERAL_VERSION_TEXT                                           \
    sizeof("18446744073709551615: " IOA_NEWER_FORMAT)

/* What one document is verified with. */
typedef struct {
    const char         *name;       /* of the document, in checks */
    ioa_checks_t       *checks;
    const ioa_roots_t  *roots;
    const ioa_crls_t   *crls;
    ioa_chain_cache_t  *cache;
    int64_t             now;
    int64_t             slack;
} ioa_collateral_ctx_t;


/*
 * A line in the list of checks, with the document's name in the check's.
 * In: found and wrong, the detail of a check that passes, and that fails.
 */
static int
ioa_collateral_check(const ioa_collateral_ctx_t *ctx, int good,
    const char *check, const char *found, const char *wrong)
{
    char  name[IOA_CHECK_NAME_MAX];

    ioa_check_name(name, check, ctx->name);

    return ioa_check_that(ctx->checks, good, name, "%s",
                          good ? found : wrong);
}


/*
 * 1 where the leaf is the TCB signer's and the root itself issued it.  PCK
 * certificates chain to the same root: neither they nor a certificate that
 * their CAs issue may sign collateral.  Out: cn, the leaf's.
 */
static int
ioa_collateral_signer(char cn[IOA_CHAIN_CN_MAX + 1],
    const ioa_chain_t *chain)
{
    char  subject[IOA_CHAIN_CN_MAX + 1], issuer[IOA_CHAIN_CN_MAX + 1];

    if (!ioa_chain_subject_cn(cn, chain, 0)) {
        cn[0] = '\0';
    }

    return strcmp(cn, IOA_COLLATERAL_SIGNER) == 0
           && ioa_chain_subject_cn(subject, chain, 1)
           && ioa_chain_issuer_cn(issuer, chain, 1)
           && strcmp(subject, issuer) == 0;
}


/*
 * Verifies the chain and the signature over the document's text.
 * Out: *not_after, the earliest of the chain.
 */
static ioa_status_t
ioa_collateral_signed(int64_t *not_after, ioa_chain_t *chain,
    const ioa_collateral_ctx_t *ctx, const ioa_collateral_doc_t *doc,
    ioa_reader_t pem)
{
    char            cn[IOA_CHAIN_CN_MAX + 1], name[IOA_CHECK_NAME_MAX];
    char            text[IOA_CHAIN_TEXT_MAX];
    size_t          i, n;
    int64_t         from, to;
    ioa_chain_rc_t  rc;

    rc = ioa_chain_add_pem(chain, pem.pos, ioa_reader_left(&pem));
    n = ioa_chain_count(chain);

    if (rc == IOA_CHAIN_OK && n < IOA_COLLATERAL_CHAIN_MIN) {
        rc = IOA_CHAIN_UNTRUSTED;
    }

    if (rc == IOA_CHAIN_OK) {
        rc = ioa_chain_verify(chain, ctx->roots, ctx->crls,
                              IOA_CHAIN_INTEL, ctx->now);
    }

    ioa_chain_text(text, rc, chain, ctx->roots, ctx->crls, IOA_CHAIN_INTEL,
                   ctx->now);

    if (!ioa_collateral_check(ctx, rc == IOA_CHAIN_OK, "tdx.#.chain", text,
                              text))
    {
        return rc == IOA_CHAIN_REVOKED ? IOA_REVOKED : IOA_TCB_REJECTED;
    }

    if (ctx->crls == NULL) {
        ioa_check_name(name, "tdx.#.revocation", ctx->name);
        ioa_check_add(ctx->checks, name, IOA_CHECK_NOT_MADE, "no CRL");
    }

    if (!ioa_collateral_check(ctx, ioa_collateral_signer(cn, chain),
                              "tdx.#.signer", cn,
                              "the leaf is not \"" IOA_COLLATERAL_SIGNER
                              "\", or the root did not issue it")
        || !ioa_collateral_check(ctx,
                ioa_chain_ecdsa_verify(chain, 0, doc->sig64,
                                       sizeof(doc->sig64),
                                       doc->signed_text),
                "tdx.#.signature", "over the text as received",
                "the signer did not sign the text as received"))
    {
        return IOA_TCB_REJECTED;
    }

    for (*not_after = INT64_MAX, i = 0; i < n; i++) {

        if (!ioa_chain_dates(&from, &to, chain, i)) {
            return IOA_TCB_REJECTED;
        }

        *not_after = to < *not_after ? to : *not_after;
    }

    return IOA_OK;
}


static int
ioa_collateral_dates(const ioa_collateral_ctx_t *ctx,
    const ioa_collateral_doc_t *doc)
{
    int   good;
    char  clock[IOA_TIME_TEXT_MAX], date[IOA_TIME_TEXT_MAX];
    char  text[IOA_CHECK_DETAIL_MAX];

    ioa_time_text(clock, ctx->now);

    good = doc->issue_date <= ctx->now;
    ioa_time_text(date, doc->issue_date);
    (void) snprintf(text, sizeof(text), "%s%s%s%s", date,
                    good ? "" : ", and now it is ", good ? "" : clock,
                    good ? "" : ": is the clock right?");

    if (!ioa_collateral_check(ctx, good, "tdx.#.issue_date", text, text)) {
        return 0;
    }

    good = ctx->now - ctx->slack < doc->next_update;
    ioa_time_text(date, doc->next_update);
    (void) snprintf(text, sizeof(text), "%s%s%s%s", date,
                    good ? "" : ", and now it is ", good ? "" : clock,
                    good ? "" : ": is the clock right? If so, a newer "
                                "document is needed");

    return ioa_collateral_check(ctx, good, "tdx.#.next_update", text, text);
}


/*
 * Parses one document, verifies chain, signature and dates; not its content.
 * Out: doc, borrows from body; *expires.
 */
static ioa_status_t
ioa_collateral_document(ioa_collateral_doc_t *doc, int64_t *expires,
    const ioa_collateral_ctx_t *ctx, const char *member, ioa_reader_t body,
    ioa_reader_t pem)
{
    ioa_chain_t   *chain;
    ioa_status_t   st;

    if (!ioa_collateral_check(ctx,
                              ioa_collateral_doc_parse(doc, member, body),
                              "tdx.#.form", member,
                              "not a signed document of the known form"))
    {
        return IOA_TCB_REJECTED;
    }

    chain = ioa_chain_new(ctx->cache);

    if (chain == NULL) {
        return IOA_TCB_REJECTED;
    }

    st = ioa_collateral_signed(expires, chain, ctx, doc, pem);

    ioa_chain_free(chain);

    if (st != IOA_OK) {
        return st;
    }

    if (!ioa_collateral_dates(ctx, doc)) {
        return IOA_TCB_REJECTED;
    }

    if (doc->next_update < *expires) {
        *expires = doc->next_update;
    }

    return IOA_OK;
}


static int
ioa_collateral_is(const ioa_collateral_doc_t *doc, const char *id)
{
    return doc->id_len == strlen(id) && memcmp(doc->id, id, doc->id_len) == 0;
}


/* A line with the number of Intel's evaluation, for a person to compare. */
static int
ioa_collateral_evaluation(const ioa_collateral_ctx_t *ctx,
    const ioa_collateral_doc_t *doc)
{
    int       good;
    char      text[sizeof("18446744073709551615")] = "";
    uint64_t  number;

    good = ioa_json_uint(&number, ioa_json_member(doc->inner,
                                          "tcbEvaluationDataNumber"));

    if (good) {
        snprintf(text, sizeof(text), "%" PRIu64, number);
    }

    return ioa_collateral_check(ctx, good, "tdx.#.evaluation", text,
                                "there is no tcbEvaluationDataNumber");
}


/* 1 where levels are there and all of them can be read. */
static int
ioa_collateral_levels_valid(const ioa_json_t *object,
    ioa_collateral_read_pt read)
{
    ioa_collateral_levels_t  levels;

    return ioa_collateral_levels(&levels, object, read);
}


/* What a TDX module must be, under its identity or in "tdxModule". */
static int
ioa_collateral_module_valid(const ioa_json_t *module)
{
    uint8_t  bytes[IOA_COLLATERAL_SEAM_LEN];

    return ioa_collateral_hex(bytes, IOA_COLLATERAL_SEAM_LEN, module,
                              "mrsigner")
           && ioa_collateral_hex(bytes, IOA_COLLATERAL_SEAM_ATTR_LEN, module,
                                 "attributes")
           && ioa_collateral_hex(bytes, IOA_COLLATERAL_SEAM_ATTR_LEN, module,
                                 "attributesMask");
}


/* 1 where there are no identities, or all can be read. */
static int
ioa_collateral_modules_valid(const ioa_json_t *inner)
{
    size_t             n, len;
    const uint8_t     *text;
    const ioa_json_t  *list, *module;

    list = ioa_json_member(inner, "tdxModuleIdentities");

    if (list == NULL) {
        return 1;
    }

    if (!ioa_json_is_array(list)) {
        return 0;
    }

    n = 0;

    for (module = ioa_json_first(list); module != NULL;
         module = ioa_json_next(module))
    {
        if (n++ == IOA_COLLATERAL_MODULES_MAX
            || !ioa_json_string(&text, &len, ioa_json_member(module, "id"))
            || !ioa_collateral_module_valid(module)
            || !ioa_collateral_levels_valid(module, ioa_collateral_isv_level))
        {
            return 0;
        }
    }

    return 1;
}


/* In: min and max, the versions that are read here. */
static int
ioa_collateral_version(const ioa_collateral_ctx_t *ctx,
    const ioa_collateral_doc_t *doc, unsigned min, unsigned max)
{
    char  text[IOA_COLLATERAL_VERSION_TEXT];

    snprintf(text, sizeof(text), "%" PRIu64 "%s", (uint64_t) doc->version,
             doc->version > max ? ": " IOA_NEWER_FORMAT
             : doc->version < min ? ": too old" : "");

    return ioa_collateral_check(ctx, doc->version >= min
                                     && doc->version <= max,
                                "tdx.#.version", text, text);
}


static int
ioa_collateral_tcb_info_valid(const ioa_collateral_ctx_t *ctx,
    const ioa_collateral_doc_t *doc)
{
    uint8_t   bytes[IOA_COLLATERAL_FMSPC_LEN];
    uint64_t  type;

    return ioa_collateral_check(ctx, ioa_collateral_is(doc, "TDX"),
                                "tdx.#.id", "TDX", "not TDX")
           && ioa_collateral_version(ctx, doc, IOA_COLLATERAL_TCB_VERSION,
                                     IOA_COLLATERAL_TCB_VERSION)
           && ioa_collateral_evaluation(ctx, doc)
           && ioa_collateral_check(ctx,
                  ioa_collateral_hex(bytes, IOA_COLLATERAL_FMSPC_LEN,
                                     doc->inner, "fmspc")
                  && ioa_collateral_hex(bytes, IOA_COLLATERAL_PCEID_LEN,
                                        doc->inner, "pceId")
                  && ioa_json_uint(&type, ioa_json_member(doc->inner,
                                                          "tcbType"))
                  && type == 0, "tdx.#.platform", "fmspc, pceId, tcbType 0",
                  "fmspc or pceId is malformed, or tcbType is not 0")
           && ioa_collateral_check(ctx,
                  ioa_collateral_module_valid(
                      ioa_json_member(doc->inner, "tdxModule"))
                  && ioa_collateral_modules_valid(doc->inner),
                  "tdx.#.modules", "well formed",
                  "tdxModule or tdxModuleIdentities is malformed")
           && ioa_collateral_check(ctx,
                  ioa_collateral_levels_valid(doc->inner,
                                              ioa_collateral_platform_level),
                  "tdx.#.levels", "well formed, none twice",
                  "there are none, one is malformed, or there twice");
}


static int
ioa_collateral_qe_identity_valid(const ioa_collateral_ctx_t *ctx,
    const ioa_collateral_doc_t *doc)
{
    uint8_t   bytes[IOA_COLLATERAL_QE_SIGNER_LEN];
    uint64_t  id;

    return ioa_collateral_check(ctx, ioa_collateral_is(doc, "TD_QE"),
                                "tdx.#.id", "TD_QE", "not TD_QE")
           && ioa_collateral_version(ctx, doc, IOA_COLLATERAL_QE_VERSION,
                                     IOA_COLLATERAL_QE_VERSION3)
           && ioa_collateral_evaluation(ctx, doc)
           && ioa_collateral_check(ctx,
                  ioa_collateral_hex(bytes, IOA_COLLATERAL_QE_MISC_LEN,
                                     doc->inner, "miscselect")
                  && ioa_collateral_hex(bytes, IOA_COLLATERAL_QE_MISC_LEN,
                                        doc->inner, "miscselectMask")
                  && ioa_collateral_hex(bytes, IOA_COLLATERAL_QE_ATTR_LEN,
                                        doc->inner, "attributes")
                  && ioa_collateral_hex(bytes, IOA_COLLATERAL_QE_ATTR_LEN,
                                        doc->inner, "attributesMask")
                  && ioa_collateral_hex(bytes, IOA_COLLATERAL_QE_SIGNER_LEN,
                                        doc->inner, "mrsigner")
                  && ioa_json_uint(&id, ioa_json_member(doc->inner,
                                                        "isvprodid")),
                  "tdx.#.enclave", "well formed",
                  "a member of the enclave's identity is malformed")
           && ioa_collateral_check(ctx,
                  ioa_collateral_levels_valid(doc->inner,
                                              ioa_collateral_isv_level),
                  "tdx.#.levels", "well formed, none twice",
                  "there are none, one is malformed, or there twice");
}


/* Both documents, into what was allocated. */
static ioa_status_t
ioa_collateral_documents(ioa_collateral_t *c, ioa_collateral_ctx_t *ctx,
    const ioa_collateral_text_t *text)
{
    int64_t       expires;
    ioa_status_t  st;

    ctx->name = "tcb_info";
    st = ioa_collateral_document(&c->tcb_info, &c->expires, ctx, "tcbInfo",
                                 text->tcb_info, text->tcb_info_chain);

    if (st != IOA_OK) {
        return st;
    }

    if (!ioa_collateral_tcb_info_valid(ctx, &c->tcb_info)) {
        return IOA_TCB_REJECTED;
    }

    ctx->name = "qe_identity";
    st = ioa_collateral_document(&c->qe_identity, &expires, ctx,
                                 "enclaveIdentity", text->qe_identity,
                                 text->qe_identity_chain);

    if (st != IOA_OK) {
        return st;
    }

    if (!ioa_collateral_qe_identity_valid(ctx, &c->qe_identity)) {
        return IOA_TCB_REJECTED;
    }

    c->expires = expires < c->expires ? expires : c->expires;

    return IOA_OK;
}


ioa_status_t
ioa_collateral_verify(ioa_collateral_t **collateral, ioa_checks_t *checks,
    const ioa_collateral_text_t *text, const ioa_roots_t *roots,
    const ioa_crls_t *crls, ioa_chain_cache_t *cache, int64_t now,
    int64_t slack)
{
    ioa_status_t           st;
    ioa_collateral_t      *c;
    ioa_collateral_ctx_t   ctx;

    *collateral = NULL;
    c = calloc(1, sizeof(ioa_collateral_t));

    if (c == NULL) {
        return IOA_TCB_REJECTED;
    }

    ctx.checks = checks;
    ctx.roots = roots;
    ctx.crls = crls;
    ctx.cache = cache;
    ctx.now = now;
    ctx.slack = slack;

    st = ioa_collateral_documents(c, &ctx, text);

    if (st != IOA_OK) {
        ioa_check_add(checks, "tdx.collateral.rest", IOA_CHECK_NOT_MADE,
                      "a check of %s failed", ctx.name);
    }

    /* the text may go away now; what was signed has been verified */

    ioa_reader_init(&c->tcb_info.signed_text, NULL, 0);
    ioa_reader_init(&c->qe_identity.signed_text, NULL, 0);

    if (st != IOA_OK) {
        ioa_collateral_free(c);
        return st;
    }

    *collateral = c;

    return IOA_OK;
}


void
ioa_collateral_free(ioa_collateral_t *collateral)
{
    if (collateral == NULL) {
        return;
    }

    ioa_collateral_doc_cleanup(&collateral->tcb_info);
    ioa_collateral_doc_cleanup(&collateral->qe_identity);
    free(collateral);
}


int64_t
ioa_collateral_expires(const ioa_collateral_t *collateral)
{
    return collateral->expires;
}
