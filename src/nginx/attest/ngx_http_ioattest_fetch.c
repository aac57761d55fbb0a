
/*
 * One document that an attestation needs from another service: requested by a
 * subrequest, and kept in the zone.
 */


#include "attest/ngx_http_ioattest_attestation.h"


/* a PCCS serves the root CA's CRL here, Intel at a URL of its own */
#define NGX_HTTP_IOATTEST_ROOT_CRL    "sgx/certification/v4/rootcacrl"


/* A request for a document. */
typedef struct {
    ngx_http_ioattest_proof_t  *proof;
    ioa_fetch_e                 what;
    const char                 *path;
    ngx_uint_t                  second;     /* at the alternative path */
    ngx_uint_t                  again;      /* after a lost connection */
    u_char                      nonce32[IOA_OCSP_NONCE_LEN];
} ngx_http_ioattest_fetch_t;


static ngx_int_t ngx_http_ioattest_fetch_ask(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what, const char *path,
    ngx_uint_t again);
static void ngx_http_ioattest_fetch_done(ngx_http_ioattest_subrequest_t *sub,
    ngx_int_t status);
static void ngx_http_ioattest_fetch_unanswered(
    ngx_http_ioattest_subrequest_t *sub, ngx_http_ioattest_fetch_t *fetch,
    ngx_int_t status);
static ngx_uint_t ngx_http_ioattest_fetch_refuses(
    ngx_http_ioattest_subrequest_t *sub, ngx_http_ioattest_fetch_t *fetch,
    ngx_int_t status);
static void ngx_http_ioattest_fetch_answer(
    ngx_http_ioattest_subrequest_t *sub, ngx_http_ioattest_fetch_t *fetch);
static void ngx_http_ioattest_fetch_lacks(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what, ngx_int_t status,
    ngx_uint_t ours);
static ngx_uint_t ngx_http_ioattest_fetch_without(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what);
static ngx_int_t ngx_http_ioattest_fetch_second(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what);
static ngx_uint_t ngx_http_ioattest_fetch_no_crl(
    ngx_http_ioattest_proof_t *proof);


ngx_int_t
ngx_http_ioattest_fetch_send(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what)
{
    return ngx_http_ioattest_fetch_ask(proof, what, proof->path[what], 0);
}


static ngx_int_t
ngx_http_ioattest_fetch_ask(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, const char *path, ngx_uint_t again)
{
    ngx_str_t                        uri, args, body;
    ngx_http_ioattest_fetch_t       *fetch;
    ngx_http_ioattest_subrequest_t  *sub;

    fetch = ngx_pcalloc(proof->task->pool, sizeof(ngx_http_ioattest_fetch_t));

    if (fetch == NULL
        || ngx_http_ioattest_service_path(proof, what, path, &uri, &args)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    fetch->proof = proof;
    fetch->what = what;
    fetch->path = path;
    fetch->second = (path != proof->path[what]);
    fetch->again = again;

    sub = ngx_http_ioattest_subrequest_create(proof->task,
                                  ngx_http_ioattest_service(what)->max,
                                  ngx_http_ioattest_fetch_done, fetch);

    /* the key is the API's: it is not sent to other services */

    if (sub == NULL
        || ngx_http_ioattest_service_body(&body, sub, proof, what, path,
                                          fetch->nonce32)
           != NGX_OK
        || ngx_http_ioattest_subrequest_send(sub, &uri, &args, &body, NULL)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    proof->pending++;

    return NGX_OK;
}


void
ngx_http_ioattest_fetch_take(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what)
{
    ngx_http_ioattest_document_t  *doc;

    doc = &proof->documents[what];

    proof->fetched[what].body.data = doc->body.data;
    proof->fetched[what].body.len = doc->body.len;
    proof->fetched[what].chain.data = doc->chain.data;
    proof->fetched[what].chain.len = doc->chain.len;
}


static void
ngx_http_ioattest_fetch_done(ngx_http_ioattest_subrequest_t *sub,
    ngx_int_t status)
{
    ngx_http_ioattest_fetch_t  *fetch;
    ngx_http_ioattest_proof_t  *proof;

    fetch = sub->data;
    proof = fetch->proof;

    proof->pending--;

    if (!fetch->again && !proof->over
        && ngx_http_ioattest_subrequest_lost(sub, status)
        && ngx_http_ioattest_fetch_ask(proof, fetch->what, fetch->path, 1)
           == NGX_OK)
    {
        return;
    }

    if (ngx_http_ioattest_fetch_refuses(sub, fetch, status)) {
        proof->insecure_sub = sub;

        ngx_http_ioattest_fetch_failed(proof, fetch->what,
                                       NGX_HTTP_IOATTEST_DOCUMENT_INSECURE);

    } else if (status == NGX_HTTP_OK && sub->complete && !sub->overflow
               && sub->size)
    {
        ngx_http_ioattest_fetch_answer(sub, fetch);

    } else if (!fetch->second && !proof->over
               && ngx_http_ioattest_fetch_second(proof, fetch->what)
                  == NGX_OK)
    {
        return;

    } else {

        ngx_http_ioattest_fetch_unanswered(sub, fetch, status);
    }

    ngx_http_ioattest_fetch_next(proof);
}


static void
ngx_http_ioattest_fetch_unanswered(ngx_http_ioattest_subrequest_t *sub,
    ngx_http_ioattest_fetch_t *fetch, ngx_int_t status)
{
    ngx_uint_t                  level;
    ngx_http_ioattest_proof_t  *proof;

    proof = fetch->proof;

    /* of many that are alike the first is an error, the others are told */

    level = NGX_LOG_ERR;

    if (fetch->what >= IOA_FETCH_GPU_OCSP
        && (proof->old >> IOA_FETCH_GPU_OCSP))
    {
        level = NGX_LOG_INFO;
    }

    if (proof->second) {

        /* nothing depends on it, and it is told once in a while */
        level = NGX_LOG_INFO;
    }

    if (fetch->what != IOA_FETCH_AMD_CRL || status != NGX_HTTP_NOT_FOUND) {
        ngx_log_error(level, proof->task->log, 0,
                      "ioattest: \"%V%s%s\" did not answer what an "
                      "attestation needs (status %i, %uz bytes%s)",
                      ngx_http_ioattest_fetch_uri(proof, fetch->what),
                      proof->path[fetch->what][0] ? "/" : "",
                      proof->path[fetch->what], status, sub->size,
                      sub->overflow ? ", too large"
                                    : (sub->complete ? "" : ", incomplete"));
    }

    ngx_http_ioattest_fetch_lacks(proof, fetch->what, status, 1);

    /* a reply that was cut short has a status of 200 as well */

    ngx_http_ioattest_fetch_failed(proof, fetch->what,
                                   (status == NGX_HTTP_NOT_FOUND)
                                   ? status : NGX_HTTP_BAD_GATEWAY);
}


/*
 * Returns 1, and logs why, if a reply came insecurely and is not signed: the
 * list of NVIDIA's keys, and the statement of a mirror of AMD's key service
 * that it has no CRL.
 */

static ngx_uint_t
ngx_http_ioattest_fetch_refuses(ngx_http_ioattest_subrequest_t *sub,
    ngx_http_ioattest_fetch_t *fetch, ngx_int_t status)
{
    ngx_str_t    why;
    ioa_fetch_e  what;

    if (ngx_http_ioattest_tls_counts(sub)) {
        return 0;
    }

    what = fetch->what;

    /* without "no_crl" a 404 is refused, however it came */

    if ((what != IOA_FETCH_JWKS || status != NGX_HTTP_OK)
        && (what != IOA_FETCH_AMD_CRL || status != NGX_HTTP_NOT_FOUND
            || !fetch->proof->conf->amd_no_crl))
    {
        return 0;
    }

    why = ngx_http_ioattest_tls_text(sub);

    ngx_log_error(NGX_LOG_ERR, sub->task->log, 0, "ioattest: %V", &why);

    return 1;
}


/*
 * The document is kept whatever becomes of this attestation.  An attestation
 * that fails with it fetches it again.
 */

static void
ngx_http_ioattest_fetch_answer(ngx_http_ioattest_subrequest_t *sub,
    ngx_http_ioattest_fetch_t *fetch)
{
    ngx_str_t                           body, chain;
    ioa_fetched_t                      *fetched;
    ngx_http_ioattest_proof_t          *proof;
    const ngx_http_ioattest_service_t  *service;

    proof = fetch->proof;
    service = ngx_http_ioattest_service(fetch->what);

    ngx_str_null(&chain);

    if (service->header) {

        /* before TCB info v4, and in caches today, the name begins SGX- */

        (void) ngx_http_ioattest_subrequest_replied(sub, service->header,
                                                    "SGX-", &chain);
    }

    if (fetch->what >= IOA_FETCH_GPU_OCSP) {

        /* without it nobody could tell later what the answer was to */

        chain.data = fetch->nonce32;
        chain.len = IOA_OCSP_NONCE_LEN;
    }

    body.data = sub->reply;
    body.len = sub->size;

    if (service->life) {
        ngx_http_ioattest_document_put(proof->conf->zone,
                                       &proof->documents[fetch->what], &body,
                                       &chain);
    }

    fetched = &proof->fetched[fetch->what];

    fetched->body.data = body.data;
    fetched->body.len = body.len;
    fetched->chain.data = chain.data;
    fetched->chain.len = chain.len;
}


void
ngx_http_ioattest_fetch_failed(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, ngx_int_t status)
{
    ngx_http_ioattest_document_give(proof->conf->zone,
                                    &proof->documents[what], status);

    if (what == IOA_FETCH_AMD_CRL && status == NGX_HTTP_NOT_FOUND
        && ngx_http_ioattest_fetch_no_crl(proof))
    {
        return;
    }

    if (ngx_http_ioattest_fetch_without(proof, what)) {
        ngx_http_ioattest_fetch_lacks(proof, what, status, 0);
        proof->failed = 1;
        proof->insecure |= (status == NGX_HTTP_IOATTEST_DOCUMENT_INSECURE);

    } else if (!proof->failed) {
        proof->lacks = NULL;
    }
}


/*
 * Notes which service it is that an attestation fails for: the first that did
 * not answer.  It counts only if no older document serves.
 *
 * ours: it is the status that this attestation's own request was answered
 * with; else another one has asked, and its status stands for several.
 */

static void
ngx_http_ioattest_fetch_lacks(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, ngx_int_t status, ngx_uint_t ours)
{
    u_char     *p;
    size_t      size;
    ngx_str_t  *base;

    if (proof->lacks) {
        return;
    }

    base = ngx_http_ioattest_fetch_uri(proof, what);

    size = base->len + ngx_strlen(proof->path[what])
           + sizeof("\"/\" did not answer what its verification needs "
                    "(status )") + NGX_INT_T_LEN;

    p = ngx_pnalloc(proof->task->pool, size);
    if (p == NULL) {
        return;
    }

    proof->lacks = (const char *) p;

    p = ngx_sprintf(p, "\"%V%s%s\" did not answer what its verification "
                       "needs", base, proof->path[what][0] ? "/" : "",
                    proof->path[what]);

    if (ours) {
        p = ngx_sprintf(p, " (status %i)", status);
    }

    *p = '\0';
}


/*
 * Uses the copy at hand, or the cached one whatever its age; verification
 * checks its dates.
 * Returns 0 if the verification can go on, else 1.
 */

static ngx_uint_t
ngx_http_ioattest_fetch_without(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what)
{
    proof->old |= IOA_FETCH_BIT(what);

    if (proof->fetched[what].body.data) {
        return 0;
    }

    if (ngx_http_ioattest_fetch_life(what)
        && ngx_http_ioattest_document_get(proof->conf->zone,
                                          &proof->documents[what],
                                          proof->task->pool)
           == NGX_OK)
    {
        ngx_http_ioattest_fetch_take(proof, what);
        return 0;
    }

    return 1;
}


/* Some documents may be found at an alternative path. */

static ngx_int_t
ngx_http_ioattest_fetch_second(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what)
{
    if (what == IOA_FETCH_ROOT_CRL) {
        return ngx_http_ioattest_fetch_ask(proof, what,
                                            NGX_HTTP_IOATTEST_ROOT_CRL, 0);
    }

    if (what == IOA_FETCH_VCEK && proof->vcek_else[0]) {
        return ngx_http_ioattest_fetch_ask(proof, what, proof->vcek_else, 0);
    }

    return NGX_DECLINED;
}


/*
 * A mirror of the key service may have certificates only: the verdict says
 * whether that is sufficient.  A CRL that was fetched before stays in use.
 * Returns 1 if there was none.
 */

static ngx_uint_t
ngx_http_ioattest_fetch_no_crl(ngx_http_ioattest_proof_t *proof)
{
    ngx_uint_t                     level;
    ngx_http_ioattest_document_t  *doc;

    doc = &proof->documents[IOA_FETCH_AMD_CRL];

    if (ngx_http_ioattest_document_get(proof->conf->zone, doc,
                                       proof->task->pool)
        != NGX_DECLINED)
    {
        return 0;
    }

    level = proof->conf->amd_no_crl ? NGX_LOG_WARN : NGX_LOG_ERR;

    ngx_log_error(level, proof->task->log, 0,
                  "ioattest: \"%V/%s\" has no CRL: %s",
                  ngx_http_ioattest_fetch_uri(proof, IOA_FETCH_AMD_CRL),
                  proof->path[IOA_FETCH_AMD_CRL],
                  proof->conf->amd_no_crl
                  ? "revocation of AMD's keys is not checked"
                  : "revocation of AMD's keys cannot be checked; \"no_crl\" "
                    "in \"ioattest_amd_kds\" accepts a mirror without a "
                    "CRL");

    proof->fetched[IOA_FETCH_AMD_CRL].body.data = (u_char *) "";
    proof->fetched[IOA_FETCH_AMD_CRL].body.len = 0;

    return 1;
}


void
ngx_http_ioattest_fetch_next(ngx_http_ioattest_proof_t *proof)
{
    ngx_int_t  rc;

    if (proof->over || proof->pending) {
        return;
    }

    if (proof->failed) {
        proof->reason = ngx_http_ioattest_alone(proof);

        if (proof->reason == IOA_OK) {
            proof->reason = proof->insecure ? IOA_ATTESTATION_INSECURE
                                            : IOA_ATTESTATION_UNAVAILABLE;
        }

        rc = NGX_OK;

    } else {
        rc = (*proof->ready)(proof);
    }

    if (rc != NGX_AGAIN) {
        (*proof->done)(proof, rc);
    }
}
