
/*
 * The endorsements that an attestation needs: Intel's collateral, AMD's
 * certificates, NVIDIA's tokens and keys.  All are requested at once, unless
 * the zone has them or another attestation is already asking.
 *
 * Cached documents are refetched when older than their lifetime, and at once
 * those for which verification failed: any that is no good, and one that is
 * good but outdated unless that was done a moment ago.  If the service does
 * not answer, the cached copy is used as long as verification still accepts
 * its dates.
 */


#include "attest/ngx_http_ioattest_attestation.h"


#define NGX_HTTP_IOATTEST_FETCH_PATH  2048


/* how long AMD's statement that it has no CRL is kept, seconds */
#define NGX_HTTP_IOATTEST_FETCH_NONE  60

/* for how long no newer document is looked for, where that refuses, ms */
#define NGX_HTTP_IOATTEST_FETCH_YOUNG  60000


static ngx_int_t ngx_http_ioattest_endorsements_one(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what, ngx_uint_t anew);
static ngx_int_t ngx_http_ioattest_endorsements_take(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what);
static void ngx_http_ioattest_endorsements_key(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what, u_char *key32);
static void ngx_http_ioattest_endorsements_look(
    ngx_http_ioattest_task_t *task);
static void ngx_http_ioattest_endorsements_look_at(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what);


ngx_int_t
ngx_http_ioattest_endorsements_start(ngx_http_ioattest_proof_t *proof)
{
    uint64_t      wanted, anew, kept;
    ngx_int_t     rc;
    ngx_uint_t    what;

    wanted = proof->wants.wanted;
    anew = 0;

    if (wanted == 0) {

        /* cached documents are to blame: fetch fresh ones once */

        wanted = proof->stale & (proof->wants.unfit | proof->wants.older);
        anew = wanted;
    }

    /* a key set without the key that is needed, an answer that does not do */

    for (what = 0; what < IOA_FETCH_MAX; what++) {
        if (proof->fetched[what].body.data) {
            anew |= wanted & IOA_FETCH_BIT(what);
        }
    }

    proof->stale &= ~wanted;

    if (wanted == 0 || (wanted & proof->asked)) {
        return NGX_DONE;
    }

    kept = 0;
    proof->pending = 1;

    for (what = 0; what < IOA_FETCH_MAX; what++) {

        if ((wanted & IOA_FETCH_BIT(what)) == 0) {
            continue;
        }

        /* kept: a later verification may fail before naming the path */

        if (proof->wants.wanted & IOA_FETCH_BIT(what)) {
            ngx_memcpy(proof->path[what], proof->wants.path[what],
                       IOA_EVIDENCE_PATH_MAX);

            if (what == IOA_FETCH_VCEK) {
                ngx_memcpy(proof->vcek_else, proof->wants.vcek_else,
                           IOA_EVIDENCE_PATH_MAX);
            }
        }

        rc = ngx_http_ioattest_endorsements_one(proof, what,
                                                (anew >> what) & 1);
        if (rc == NGX_ABORT) {
            kept |= IOA_FETCH_BIT(what);

        } else if (rc != NGX_OK) {
            return rc;
        }
    }

    proof->pending--;

    if (kept == wanted) {
        return NGX_DONE;
    }

    return proof->pending ? NGX_AGAIN : NGX_DECLINED;
}


/*
 * anew: verification failed with the copy at hand, or it lacks something.
 * NGX_ABORT: that copy is young, and is kept.
 */

static ngx_int_t
ngx_http_ioattest_endorsements_one(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, ngx_uint_t anew)
{
    if (ngx_http_ioattest_fetch_life(what)) {
        ngx_http_ioattest_endorsements_key(proof, what,
                                           proof->documents[what].key);
    }

    proof->documents[what].young =
                              (anew && (proof->wants.older >> what) & 1)
                              ? NGX_HTTP_IOATTEST_FETCH_YOUNG : 0;

    switch (ngx_http_ioattest_endorsements_take(proof, what)) {

    case NGX_OK:
        ngx_http_ioattest_fetch_take(proof, what);

        if (anew) {
            proof->asked |= IOA_FETCH_BIT(what);

        } else if (what < IOA_FETCH_GPU_OCSP) {

            /* of answers about revocation it is said which are no good */

            proof->stale |= IOA_FETCH_BIT(what);
        }

        return NGX_OK;

    case NGX_AGAIN:
        proof->asked |= IOA_FETCH_BIT(what);
        proof->waiting |= IOA_FETCH_BIT(what);
        proof->pending++;

        proof->task->look = ngx_http_ioattest_endorsements_look;
        ngx_http_ioattest_task_poll(proof->task);
        return NGX_OK;

    case NGX_DONE:
        proof->asked |= IOA_FETCH_BIT(what);

        ngx_http_ioattest_fetch_failed(proof, what,
                                       proof->documents[what].status);
        return NGX_OK;

    case NGX_ABORT:
        proof->asked |= IOA_FETCH_BIT(what);
        return NGX_ABORT;

    case NGX_ERROR:
        return NGX_ERROR;

    default: /* NGX_DECLINED */
        proof->asked |= IOA_FETCH_BIT(what);

        return ngx_http_ioattest_fetch_send(proof, what);
    }
}


static ngx_int_t
ngx_http_ioattest_endorsements_take(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what)
{
    time_t  life;

    life = ngx_http_ioattest_fetch_life(what);

    if (life == 0) {
        return NGX_DECLINED;
    }

    if (what == IOA_FETCH_AMD_CRL) {
        proof->documents[what].none = NGX_HTTP_IOATTEST_FETCH_NONE;
    }

    /* the request times out by itself before its lease ends */

    return ngx_http_ioattest_document_take(proof->conf->zone,
                                           &proof->documents[what],
                                           proof->task->pool, life,
                                           proof->conf->timeout + 1000);
}


/*
 * Signed documents are cached by service and path, and are verified at each
 * use.  A key set is not signed, nor is AMD's statement that it has no CRL:
 * they are cached for the policy that they were fetched under, which says
 * whether verified TLS was required, and for the server in whose locations
 * they were requested.
 */

static void
ngx_http_ioattest_endorsements_key(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, u_char *key32)
{
    u_char                        *p, buf[NGX_HTTP_IOATTEST_FETCH_PATH];
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = proof->conf;
    p = buf;

    if (what == IOA_FETCH_JWKS || what == IOA_FETCH_AMD_CRL) {
        p = ngx_cpymem(p, ilcf->policy32, NGX_HTTP_IOATTEST_KEY_LEN);
    }

    /* a certificate's place differs from machine to machine */

    p = ngx_slprintf(p, buf + NGX_HTTP_IOATTEST_FETCH_PATH,
                     "ioattest fetch %ud %s %V",
                     ngx_min((unsigned) what, IOA_FETCH_GPU_OCSP),
                     proof->path[what],
                     ngx_http_ioattest_fetch_uri(proof, what));

    ioa_sha256(key32, buf, p - buf);
}


/* Checks on the documents that other attestations are fetching. */

static void
ngx_http_ioattest_endorsements_look(ngx_http_ioattest_task_t *task)
{
    ngx_uint_t                        what;
    ngx_http_ioattest_proof_t        *proof;
    ngx_http_ioattest_attestation_t  *attestation;

    attestation = task->data;
    proof = attestation->proof;

    if (proof->over) {
        return;
    }

    for (what = 0; what < IOA_FETCH_MAX; what++) {
        if (proof->waiting & IOA_FETCH_BIT(what)) {
            ngx_http_ioattest_endorsements_look_at(proof, what);
        }
    }

    if (proof->waiting) {
        ngx_http_ioattest_task_poll(task);
    }

    ngx_http_ioattest_fetch_next(proof);
}


static void
ngx_http_ioattest_endorsements_look_at(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what)
{
    ngx_int_t  rc;

    rc = ngx_http_ioattest_endorsements_take(proof, what);

    if (rc == NGX_AGAIN) {
        return;
    }

    proof->waiting &= ~IOA_FETCH_BIT(what);
    proof->pending--;

    if (rc == NGX_OK) {
        ngx_http_ioattest_fetch_take(proof, what);
        return;
    }

    if (rc == NGX_DECLINED
        && ngx_http_ioattest_fetch_send(proof, what) == NGX_OK)
    {
        return;
    }

    ngx_http_ioattest_fetch_failed(proof, what,
                                   (rc == NGX_DONE)
                                   ? proof->documents[what].status
                                   : NGX_HTTP_BAD_GATEWAY);
}


void
ngx_http_ioattest_endorsements_drop(ngx_http_ioattest_proof_t *proof,
    ngx_int_t status)
{
    ngx_uint_t  what;

    for (what = 0; what < IOA_FETCH_MAX; what++) {
        ngx_http_ioattest_document_give(proof->conf->zone,
                                        &proof->documents[what], status);
    }
}
