
/*
 * The endorsements that an attestation needs: Intel's collateral, AMD's
 * certificates, NVIDIA's tokens and keys.  All are requested at once, unless
 * the zone has them or another attestation is already asking.
 *
 * Cached documents are refetched when older than their lifetime, and at once
 * if verification failed with them.  If the service does not answer, the
 * cached copy is used as long as verification still accepts its dates.
 */


#include "attest/ngx_http_ioattest_attestation.h"


#define NGX_HTTP_IOATTEST_FETCH_PATH  2048


/* how often to look whether another attestation has the answer, ms */
#define NGX_HTTP_IOATTEST_FETCH_POLL  20


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
    unsigned      wanted, anew;
    ngx_int_t     rc;
    ngx_uint_t    what;

    wanted = proof->wants.wanted;
    anew = 0;

    if (wanted == 0) {

        /* verification failed with cached documents: fetch fresh ones once */

        wanted = proof->stale;
        anew = wanted;
    }

    /* a key set that lacks the key which is needed */

    if (proof->fetched[IOA_FETCH_JWKS].body.data) {
        anew |= wanted & (1u << IOA_FETCH_JWKS);
    }

    proof->stale &= ~wanted;

    if (wanted == 0 || (wanted & proof->asked)) {
        return NGX_DONE;
    }

    proof->pending = 1;

    for (what = 0; what < IOA_FETCH_MAX; what++) {

        if ((wanted & (1u << what)) == 0) {
            continue;
        }

        /* kept: a later verification may fail before naming the path */

        if (proof->wants.wanted & (1u << what)) {
            ngx_memcpy(proof->path[what], proof->wants.path[what],
                       IOA_EVIDENCE_PATH_MAX);

            if (what == IOA_FETCH_VCEK) {
                ngx_memcpy(proof->vcek_else, proof->wants.vcek_else,
                           IOA_EVIDENCE_PATH_MAX);
            }
        }

        rc = ngx_http_ioattest_endorsements_one(proof, what,
                                                (anew >> what) & 1);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    proof->pending--;

    return proof->pending ? NGX_AGAIN : NGX_DECLINED;
}


/* anew: verification failed with the copy at hand, or it lacks something. */

static ngx_int_t
ngx_http_ioattest_endorsements_one(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, ngx_uint_t anew)
{
    if (ngx_http_ioattest_fetch_life(what)) {
        ngx_http_ioattest_endorsements_key(proof, what,
                                           proof->documents[what].key);
    }

    switch (ngx_http_ioattest_endorsements_take(proof, what)) {

    case NGX_OK:
        ngx_http_ioattest_fetch_take(proof, what);

        if (anew) {
            proof->asked |= 1u << what;

        } else {
            proof->stale |= 1u << what;
        }

        return NGX_OK;

    case NGX_AGAIN:
        proof->asked |= 1u << what;
        proof->waiting |= 1u << what;
        proof->pending++;

        proof->task->look = ngx_http_ioattest_endorsements_look;
        ngx_http_ioattest_task_poll(proof->task,
                                    NGX_HTTP_IOATTEST_FETCH_POLL);
        return NGX_OK;

    case NGX_ERROR:
        return NGX_ERROR;

    default: /* NGX_DECLINED */
        proof->asked |= 1u << what;

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

    /* the request times out by itself before its lease ends */

    return ngx_http_ioattest_document_take(proof->conf->zone,
                                           &proof->documents[what],
                                           proof->task->pool, life,
                                           proof->conf->timeout + 1000);
}


/*
 * Signed documents are cached by service and path, and are verified at each
 * use.  A key set is not signed: it is cached for the policy that it was
 * fetched under, which says whether verified TLS was required, and for the
 * server in whose locations it was requested.
 */

static void
ngx_http_ioattest_endorsements_key(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, u_char *key32)
{
    u_char                        *p, buf[NGX_HTTP_IOATTEST_FETCH_PATH];
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = proof->conf;
    p = buf;

    if (what == IOA_FETCH_JWKS) {
        p = ngx_cpymem(p, ilcf->policy32, NGX_HTTP_IOATTEST_KEY_LEN);
    }

    p = ngx_slprintf(p, buf + NGX_HTTP_IOATTEST_FETCH_PATH,
                     "ioattest fetch %ud %s %V", what, proof->path[what],
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
        if (proof->waiting & (1u << what)) {
            ngx_http_ioattest_endorsements_look_at(proof, what);
        }
    }

    if (proof->waiting) {
        ngx_http_ioattest_task_poll(task, NGX_HTTP_IOATTEST_FETCH_POLL);
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

    proof->waiting &= ~(1u << what);
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
