/*
 * ioa_ocsp_judge: what a responder's answer says.  See ioa_ocsp.h.
 *
 * OCSP_basic_verify is not used, since it builds a path of its own choice and
 * goes by the system's clock: the issuer is known here, and was verified.
 */

#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "x509/ioa_der.h"
#include "x509/ioa_link.h"
#include "x509/ioa_ocsp.h"

#define IOA_OCSP_STATEMENTS_MAX  8

typedef struct {
    ioa_ocsp_said_t     *said;
    const ioa_link_t    *cert;
    const ioa_link_t    *issuer;
    ioa_reader_t         answer;
    const uint8_t       *nonce32;
    int64_t              now;
    OCSP_BASICRESP      *basic;
    OCSP_SINGLERESP     *single;
} ioa_ocsp_ctx_t;


/* Returns: 0, always. */
static int
ioa_ocsp_bad(ioa_ocsp_ctx_t *ctx, const char *why)
{
    ctx->said->why = why;

    return 0;
}


/* OpenSSL's reader takes more than DER, in the outer part and the inner. */
static int
ioa_ocsp_strict(ioa_reader_t answer)
{
    ioa_reader_t  outer, word, tagged, bytes, oid, basic;

    if (!ioa_der_valid(answer)
        || !ioa_der_take(&answer, IOA_DER_SEQUENCE, &outer)
        || !ioa_der_take(&outer, IOA_DER_ENUMERATED, &word))
    {
        return 0;
    }

    if (ioa_reader_left(&outer) == 0) {
        return 1;
    }

    return ioa_der_take(&outer, IOA_DER_CONTEXT(0), &tagged)
           && ioa_der_take(&tagged, IOA_DER_SEQUENCE, &bytes)
           && ioa_der_take(&bytes, IOA_DER_OID, &oid)
           && ioa_der_take(&bytes, IOA_DER_OCTET_STRING, &basic)
           && ioa_der_valid(basic);
}


static const char *
ioa_ocsp_word(int status)
{
    switch (status) {
    case OCSP_RESPONSE_STATUS_MALFORMEDREQUEST:
        return "the responder says malformedRequest";
    case OCSP_RESPONSE_STATUS_INTERNALERROR:
        return "the responder says internalError";
    case OCSP_RESPONSE_STATUS_TRYLATER:
        return "the responder says tryLater";
    case OCSP_RESPONSE_STATUS_UNAUTHORIZED:
        return "the responder says unauthorized";
    default:
        return "the responder says that it was not successful";
    }
}


static int
ioa_ocsp_open(ioa_ocsp_ctx_t *ctx)
{
    int             status;
    const uint8_t  *p = ctx->answer.pos;
    OCSP_RESPONSE  *response;

    if (ctx->answer.left > IOA_OCSP_ANSWER_MAX
        || !ioa_ocsp_strict(ctx->answer))
    {
        return ioa_ocsp_bad(ctx, "it is no OCSP answer");
    }

    response = d2i_OCSP_RESPONSE(NULL, &p, (long) ctx->answer.left);

    if (response == NULL) {
        return ioa_ocsp_bad(ctx, "it is no OCSP answer");
    }

    status = OCSP_response_status(response);

    if (status == OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        ctx->basic = OCSP_response_get1_basic(response);
    }

    OCSP_RESPONSE_free(response);

    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        return ioa_ocsp_bad(ctx, ioa_ocsp_word(status));
    }

    return ctx->basic != NULL
           || ioa_ocsp_bad(ctx, "it is no basic answer, or cannot be read");
}


static int
ioa_ocsp_algorithm_usable(int nid)
{
    switch (nid) {

    case NID_ecdsa_with_SHA256:
    case NID_ecdsa_with_SHA384:
    case NID_ecdsa_with_SHA512:
    case NID_rsassaPss:
    case NID_sha256WithRSAEncryption:
    case NID_sha384WithRSAEncryption:
    case NID_sha512WithRSAEncryption:
        return 1;

    default:
        return 0;
    }
}


/* No critical extension but those that are looked at. */
static int
ioa_ocsp_delegate_plain(X509 *x)
{
    int  i, nid;

    for (i = X509_get_ext_by_critical(x, 1, -1); i >= 0;
         i = X509_get_ext_by_critical(x, 1, i))
    {
        nid = OBJ_obj2nid(X509_EXTENSION_get_object(X509_get_ext(x, i)));

        if (nid != NID_basic_constraints && nid != NID_key_usage
            && nid != NID_ext_key_usage)
        {
            return 0;
        }
    }

    return 1;
}


/* May this key sign answers in the issuer's place? */
static int
ioa_ocsp_delegate(ioa_ocsp_ctx_t *ctx, X509 *x)
{
    int64_t  from, to;

    if (X509_check_issued(ctx->issuer->x509, x) != X509_V_OK
        || !ioa_ocsp_algorithm_usable(X509_get_signature_nid(x))
        || X509_verify(x, X509_get0_pubkey(ctx->issuer->x509)) != 1)
    {
        return ioa_ocsp_bad(ctx, "its signer's certificate is not the "
                            "issuer's");
    }

    /* no extended key usage is all bits */

    if (X509_get_extended_key_usage(x) == UINT32_MAX
        || !(X509_get_extended_key_usage(x) & XKU_OCSP_SIGN)
        || !(X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE)
        || X509_check_ca(x) != 0 || !ioa_ocsp_delegate_plain(x))
    {
        return ioa_ocsp_bad(ctx, "its signer's certificate is not one for "
                            "signing OCSP answers");
    }

    if (!ioa_crl_time(&from, X509_get0_notBefore(x))
        || !ioa_crl_time(&to, X509_get0_notAfter(x))
        || ctx->now < from || ctx->now > to)
    {
        return ioa_ocsp_bad(ctx, "its signer's certificate is not valid now");
    }

    return 1;
}


/* Out: *signer, held by the answer or by the chain; NULL: none fits. */
static int
ioa_ocsp_find_signer(X509 **signer, ioa_ocsp_ctx_t *ctx)
{
    int              found;
    STACK_OF(X509)  *own;

    *signer = NULL;
    own = sk_X509_new_null();

    found = own != NULL && sk_X509_push(own, ctx->issuer->x509) > 0
            && OCSP_resp_get0_signer(ctx->basic, signer, own) == 1;

    sk_X509_free(own);

    return found;
}


static int
ioa_ocsp_signature(ioa_ocsp_ctx_t *ctx)
{
    int                nid;
    X509              *signer;
    EVP_PKEY          *key;
    const X509_ALGOR  *algorithm;

    if (!ioa_ocsp_find_signer(&signer, ctx)) {
        return ioa_ocsp_bad(ctx, "its signer is not known");
    }

    if (X509_cmp(signer, ctx->issuer->x509) != 0
        && !ioa_ocsp_delegate(ctx, signer))
    {
        return 0;
    }

    key = X509_get0_pubkey(signer);
    algorithm = OCSP_resp_get0_tbs_sigalg(ctx->basic);
    nid = OBJ_obj2nid(algorithm->algorithm);

    return (key != NULL && ioa_ocsp_algorithm_usable(nid)
            && ASN1_item_verify(ASN1_ITEM_rptr(OCSP_RESPDATA), algorithm,
                                OCSP_resp_get0_signature(ctx->basic),
                                OCSP_resp_get0_respdata(ctx->basic), key)
               == 1)
           || ioa_ocsp_bad(ctx, "its signature is wrong");
}


/* A critical extension that is not known changes the answer's meaning. */
static int
ioa_ocsp_plain(ioa_ocsp_ctx_t *ctx)
{
    int              i;
    X509_EXTENSION  *ext;

    for (i = OCSP_BASICRESP_get_ext_by_critical(ctx->basic, 1, -1); i >= 0;
         i = OCSP_BASICRESP_get_ext_by_critical(ctx->basic, 1, i))
    {
        ext = OCSP_BASICRESP_get_ext(ctx->basic, i);

        if (OBJ_obj2nid(X509_EXTENSION_get_object(ext))
            != NID_id_pkix_OCSP_Nonce)
        {
            return 0;
        }
    }

    return 1;
}


/* The value is an OCTET STRING of its own, once. */
static int
ioa_ocsp_nonce_fits(ioa_ocsp_ctx_t *ctx)
{
    int                 i;
    ioa_reader_t        value, nonce;
    ASN1_OCTET_STRING  *text;

    i = OCSP_BASICRESP_get_ext_by_NID(ctx->basic, NID_id_pkix_OCSP_Nonce,
                                      -1);

    if (i < 0
        || OCSP_BASICRESP_get_ext_by_NID(ctx->basic, NID_id_pkix_OCSP_Nonce,
                                         i) >= 0)
    {
        return 0;
    }

    text = X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(ctx->basic, i));
    ioa_reader_init(&value, ASN1_STRING_get0_data(text),
                    (size_t) ASN1_STRING_length(text));

    return ioa_der_take(&value, IOA_DER_OCTET_STRING, &nonce)
           && ioa_reader_left(&value) == 0
           && ioa_reader_left(&nonce) == IOA_OCSP_NONCE_LEN
           && memcmp(nonce.pos, ctx->nonce32, IOA_OCSP_NONCE_LEN) == 0;
}


/* Finds the one statement about the certificate. */
static int
ioa_ocsp_statement(ioa_ocsp_ctx_t *ctx)
{
    int               i, n, same;
    OCSP_CERTID      *id;
    OCSP_SINGLERESP  *single;

    n = OCSP_resp_count(ctx->basic);
    id = OCSP_cert_to_id(EVP_sha1(), ctx->cert->x509, ctx->issuer->x509);
    same = 0;

    for (i = 0; id != NULL && n <= IOA_OCSP_STATEMENTS_MAX && i < n; i++) {
        single = OCSP_resp_get0(ctx->basic, i);

        if (OCSP_id_cmp(OCSP_SINGLERESP_get0_id(single), id) == 0) {
            ctx->single = single;
            same++;
        }
    }

    OCSP_CERTID_free(id);

    return same == 1
           || ioa_ocsp_bad(ctx, same == 0
                           ? "it is about another certificate"
                           : "it is about the certificate twice");
}


static int
ioa_ocsp_dates(ioa_ocsp_ctx_t *ctx, const ASN1_TIME *from,
    const ASN1_TIME *to)
{
    int64_t  first;

    if (!ioa_crl_time(&first, from)) {
        return ioa_ocsp_bad(ctx, "its dates cannot be read");
    }

    ctx->said->until = first + IOA_OCSP_LIFE;

    if (to != NULL && !ioa_crl_time(&ctx->said->until, to)) {
        return ioa_ocsp_bad(ctx, "its dates cannot be read");
    }

    if (first > ctx->now + IOA_OCSP_AHEAD) {
        return ioa_ocsp_bad(ctx, "it is from the future");
    }

    return (ctx->said->until >= ctx->now && ctx->said->until >= first)
           || ioa_ocsp_bad(ctx, "it is out of date");
}


static const char *
ioa_ocsp_reason(int reason)
{
    switch (reason) {
    case OCSP_REVOKED_STATUS_KEYCOMPROMISE:
        return "keyCompromise";
    case OCSP_REVOKED_STATUS_CACOMPROMISE:
        return "cACompromise";
    case OCSP_REVOKED_STATUS_AFFILIATIONCHANGED:
        return "affiliationChanged";
    case OCSP_REVOKED_STATUS_SUPERSEDED:
        return "superseded";
    case OCSP_REVOKED_STATUS_CESSATIONOFOPERATION:
        return "cessationOfOperation";
    case OCSP_REVOKED_STATUS_CERTIFICATEHOLD:
        return "certificateHold";
    default:
        return "no reason that is known";
    }
}


static int
ioa_ocsp_read(ioa_ocsp_ctx_t *ctx)
{
    int                    status, reason = OCSP_REVOKED_STATUS_NOSTATUS;
    ioa_ocsp_said_t       *said = ctx->said;
    ASN1_GENERALIZEDTIME  *since, *from, *to;

    status = OCSP_single_get0_status(ctx->single, &reason, &since, &from,
                                     &to);

    if (OCSP_SINGLERESP_get_ext_by_critical(ctx->single, 1, -1) >= 0) {
        return ioa_ocsp_bad(ctx, "it has an extension that is not known");
    }

    if (!ioa_ocsp_dates(ctx, from, to)) {
        return 0;
    }

    switch (status) {

    case V_OCSP_CERTSTATUS_GOOD:
        said->status = IOA_OCSP_GOOD;
        break;

    case V_OCSP_CERTSTATUS_REVOKED:

        if (!ioa_crl_time(&said->since, since)) {
            return ioa_ocsp_bad(ctx, "its dates cannot be read");
        }

        said->why = ioa_ocsp_reason(reason);
        said->status = reason == OCSP_REVOKED_STATUS_CERTIFICATEHOLD
                       ? IOA_OCSP_HOLD : IOA_OCSP_REVOKED;
        break;

    default:
        said->status = IOA_OCSP_UNKNOWN;
    }

    return 1;
}


static int
ioa_ocsp_run(ioa_ocsp_ctx_t *ctx)
{
    if (!ioa_ocsp_open(ctx) || !ioa_ocsp_signature(ctx)) {
        return 0;
    }

    if (!ioa_ocsp_plain(ctx)) {
        return ioa_ocsp_bad(ctx, "it has an extension that is not known");
    }

    if (ctx->nonce32 != NULL && !ioa_ocsp_nonce_fits(ctx)) {
        return ioa_ocsp_bad(ctx, "it does not have the nonce of the request");
    }

    return ioa_ocsp_statement(ctx) && ioa_ocsp_read(ctx);
}


void
ioa_ocsp_judge(ioa_ocsp_said_t *said, const ioa_chain_t *chain, size_t i,
    ioa_reader_t answer, const uint8_t *nonce32, int64_t now)
{
    ioa_ocsp_ctx_t  ctx;

    memset(said, 0, sizeof(ioa_ocsp_said_t));
    said->why = "";

    if (i + 1 >= chain->n) {
        return;
    }

    memset(&ctx, 0, sizeof(ioa_ocsp_ctx_t));
    ctx.said = said;
    ctx.cert = chain->links[i];
    ctx.issuer = chain->links[i + 1];
    ctx.answer = answer;
    ctx.nonce32 = nonce32;
    ctx.now = now;

    (void) ERR_set_mark();

    if (!ioa_ocsp_run(&ctx)) {
        said->status = IOA_OCSP_BAD;
        said->since = 0;
        said->until = 0;
    }

    OCSP_BASICRESP_free(ctx.basic);
    (void) ERR_pop_to_mark();
}
