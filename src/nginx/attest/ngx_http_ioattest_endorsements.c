
/*
 * What an attestation's verdict needs of other services: Intel's collateral,
 * AMD's certificates, NVIDIA's tokens and keys.  Each is asked by a
 * subrequest of its own, all at once, unless the zone has it.
 *
 * What the zone has is asked again after a while, and at once where it led
 * to a refusal; where the service does not answer, what the zone has is used
 * as long as the verdict bears with it.
 */


#include "request/ngx_http_ioattest.h"


#define NGX_HTTP_IOATTEST_FETCH_PATH  2048

/* a PCCS has the root's CRL here, Intel at a URL of its own */
#define NGX_HTTP_IOATTEST_ROOT_CRL    "sgx/certification/v4/rootcacrl"


typedef struct {
    size_t      uri;            /* in the location's configuration */
    ngx_str_t   header;         /* that has the issuer chain, or SGX-header */
    time_t      life;           /* seconds in the zone; 0: is not kept */
} ngx_http_ioattest_service_t;


static ngx_int_t ngx_http_ioattest_fetch_one(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, ngx_uint_t anew);
static ngx_str_t *ngx_http_ioattest_fetch_uri(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what);
static void ngx_http_ioattest_fetch_key(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, u_char *key32);
static ngx_int_t ngx_http_ioattest_fetch_zone(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what, time_t life);
static ngx_int_t ngx_http_ioattest_fetch_second(
    ngx_http_ioattest_proof_t *proof, ioa_fetch_e what);
static ngx_uint_t ngx_http_ioattest_fetch_without(
    ngx_http_ioattest_job_t *job);
static void ngx_http_ioattest_fetch_no_crl(ngx_http_ioattest_proof_t *proof);
static void ngx_http_ioattest_fetch_over(ngx_http_ioattest_proof_t *proof);


static const ngx_http_ioattest_service_t
    ngx_http_ioattest_services[IOA_FETCH_MAX] = {

    { offsetof(ngx_http_ioattest_loc_conf_t, collateral),
      ngx_string("TCB-Info-Issuer-Chain"), 6 * 3600 },
    { offsetof(ngx_http_ioattest_loc_conf_t, collateral),
      ngx_string("SGX-Enclave-Identity-Issuer-Chain"), 6 * 3600 },
    { offsetof(ngx_http_ioattest_loc_conf_t, collateral),
      ngx_null_string, 6 * 3600 },
    { offsetof(ngx_http_ioattest_loc_conf_t, collateral),
      ngx_null_string, 6 * 3600 },
    { offsetof(ngx_http_ioattest_loc_conf_t, amd_kds),
      ngx_null_string, 7 * 86400 },
    { offsetof(ngx_http_ioattest_loc_conf_t, amd_kds),
      ngx_null_string, 6 * 3600 },
    { offsetof(ngx_http_ioattest_loc_conf_t, nras),
      ngx_null_string, 0 },
    { offsetof(ngx_http_ioattest_loc_conf_t, nras_jwks),
      ngx_null_string, 3600 }
};


ngx_int_t
ngx_http_ioattest_fetch_start(ngx_http_ioattest_proof_t *proof)
{
    unsigned      wanted, anew;
    ngx_int_t     rc;
    ngx_uint_t    what;

    wanted = proof->wants.wanted;
    anew = 0;

    if (wanted == 0) {

        /* refused: by what the zone has, and the service may know better? */

        wanted = proof->stale;
        anew = wanted;
    }

    /* a key set that was there and lacks a key */

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

        /* kept, for the next verdict may end before it says so again */

        if (proof->wants.wanted & (1u << what)) {
            ngx_memcpy(proof->path[what], proof->wants.path[what],
                       IOA_EVIDENCE_PATH_MAX);

            if (what == IOA_FETCH_VCEK) {
                ngx_memcpy(proof->vcek_else, proof->wants.vcek_else,
                           IOA_EVIDENCE_PATH_MAX);
            }
        }

        rc = ngx_http_ioattest_fetch_one(proof, what,
                                         (anew >> what) & 1);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    proof->pending--;

    return proof->pending ? NGX_AGAIN : NGX_DECLINED;
}


static ngx_int_t
ngx_http_ioattest_fetch_one(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, ngx_uint_t anew)
{
    ngx_int_t  rc;

    if (!anew) {
        rc = ngx_http_ioattest_fetch_zone(proof, what,
                                      ngx_http_ioattest_services[what].life);

        if (rc == NGX_OK) {
            proof->stale |= 1u << what;
            return NGX_OK;
        }

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    proof->asked |= 1u << what;

    return ngx_http_ioattest_fetch_send(proof, what, proof->path[what]);
}


ngx_int_t
ngx_http_ioattest_fetch_send(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, const char *path)
{
    u_char                   *p;
    ngx_str_t                *base, uri, args, body;
    ngx_http_request_t       *r;
    ngx_http_ioattest_ctx_t  *ctx;
    ngx_http_ioattest_job_t  *job;

    ctx = proof->job->ctx;
    r = ctx->request;
    base = ngx_http_ioattest_fetch_uri(proof, what);

    job = ngx_pcalloc(r->pool, sizeof(ngx_http_ioattest_job_t));
    uri.data = ngx_pnalloc(r->pool, base->len + ngx_strlen(path) + 2);

    if (job == NULL || uri.data == NULL) {
        return NGX_ERROR;
    }

    job->kind = NGX_HTTP_IOATTEST_JOB_FETCH;
    job->ctx = ctx;
    job->proof = proof;
    job->what = what;
    job->second = (path != proof->path[what]);
    job->path = path;

    job->next = ctx->jobs;
    ctx->jobs = job;

    p = ngx_cpymem(uri.data, base->data, base->len);

    if (*path && p[-1] != '/') {
        *p++ = '/';
    }

    p = ngx_sprintf(p, "%s", path);

    uri.len = p - uri.data;
    ngx_str_null(&args);

    p = ngx_strlchr(uri.data, p, '?');

    if (p) {
        args.data = p + 1;
        args.len = uri.data + uri.len - args.data;
        uri.len = p - uri.data;
    }

    ngx_str_null(&body);

    if (what == IOA_FETCH_NRAS) {
        body.data = (u_char *) proof->wants.nras_body.data;
        body.len = proof->wants.nras_body.len;
    }

    if (ngx_http_ioattest_job_send(r, job, &uri, &args, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    proof->pending++;

    return NGX_OK;
}


static ngx_str_t *
ngx_http_ioattest_fetch_uri(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what)
{
    return (ngx_str_t *) ((u_char *) proof->job->ctx->conf
                          + ngx_http_ioattest_services[what].uri);
}


/*
 * What is signed is kept under who was asked for what, and is verified each
 * time that it is used.  A key set is not: it is kept for the policy that it
 * was fetched under, which says whether it had to come over verified TLS, and
 * in which server's locations it was asked for.
 */

static void
ngx_http_ioattest_fetch_key(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, u_char *key32)
{
    u_char                        *p, buf[NGX_HTTP_IOATTEST_FETCH_PATH];
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = proof->job->ctx->conf;
    p = buf;

    if (what == IOA_FETCH_JWKS) {
        p = ngx_cpymem(p, ilcf->policy32, NGX_HTTP_IOATTEST_KEY_LEN);
    }

    p = ngx_slprintf(p, buf + NGX_HTTP_IOATTEST_FETCH_PATH,
                     "ioattest fetch %ud %s %V", what, proof->path[what],
                     ngx_http_ioattest_fetch_uri(proof, what));

    ioa_sha256(key32, buf, p - buf);
}


/* NGX_OK: it has what is not older than life; NGX_DECLINED; NGX_ERROR. */

static ngx_int_t
ngx_http_ioattest_fetch_zone(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, time_t life)
{
    u_char                    key32[NGX_HTTP_IOATTEST_KEY_LEN];
    time_t                    fetched_at;
    ngx_int_t                 rc;
    ngx_str_t                 body, chain;
    ngx_http_ioattest_ctx_t  *ctx;

    if (life == 0) {
        return NGX_DECLINED;
    }

    ctx = proof->job->ctx;

    ngx_http_ioattest_fetch_key(proof, what, key32);

    rc = ngx_http_ioattest_blob_get(ctx->conf->zone, key32,
                                    ctx->request->pool, &body, &chain,
                                    &fetched_at);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_time() - fetched_at >= life) {
        return NGX_DECLINED;
    }

    proof->fetched[what].body.data = body.data;
    proof->fetched[what].body.len = body.len;
    proof->fetched[what].chain.data = chain.data;
    proof->fetched[what].chain.len = chain.len;

    return NGX_OK;
}


void
ngx_http_ioattest_fetch_keep(ngx_http_ioattest_proof_t *proof)
{
    u_char          key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_str_t       body, chain;
    ngx_uint_t      what;
    ioa_fetched_t  *fetched;

    for (what = 0; what < IOA_FETCH_MAX; what++) {

        fetched = &proof->fetched[what];

        if ((proof->answered & (1u << what)) == 0
            || ngx_http_ioattest_services[what].life == 0)
        {
            continue;
        }

        body.data = (u_char *) fetched->body.data;
        body.len = fetched->body.len;
        chain.data = (u_char *) fetched->chain.data;
        chain.len = fetched->chain.len;

        ngx_http_ioattest_fetch_key(proof, what, key32);
        ngx_http_ioattest_blob_put(proof->job->ctx->conf->zone, key32, &body,
                                   &chain);
    }
}


void
ngx_http_ioattest_fetch_done(ngx_http_ioattest_job_t *job, ngx_int_t status)
{
    ioa_fetched_t              *fetched;
    ngx_http_ioattest_proof_t  *proof;

    proof = job->proof;
    proof->pending--;

    if (proof->job->finished) {
        return;
    }

    if (ngx_http_ioattest_tls_refuses(job, status)) {

        if (ngx_http_ioattest_fetch_without(job)) {
            proof->insecure = job;
        }

    } else if (status == NGX_HTTP_OK && job->complete && !job->overflow
               && job->size)
    {
        ngx_http_ioattest_fetch_chain(job,
            (ngx_str_t *) &ngx_http_ioattest_services[job->what].header);

        fetched = &proof->fetched[job->what];

        fetched->body.data = job->reply;
        fetched->body.len = job->size;
        fetched->chain.data = job->chain.data;
        fetched->chain.len = job->chain.len;

        proof->answered |= 1u << job->what;

    } else if (!job->second
               && ngx_http_ioattest_fetch_second(proof, job->what) == NGX_OK)
    {
        return;

    } else if (job->what == IOA_FETCH_AMD_CRL
               && status == NGX_HTTP_NOT_FOUND)
    {
        ngx_http_ioattest_fetch_no_crl(proof);

    } else {
        ngx_log_error(NGX_LOG_ERR, job->ctx->request->connection->log, 0,
                      "ioattest: \"%V%s%s\" did not answer what an "
                      "attestation needs (status %i, %uz bytes%s)",
                      ngx_http_ioattest_fetch_uri(proof, job->what),
                      proof->path[job->what][0] ? "/" : "",
                      proof->path[job->what], status, job->size,
                      job->overflow ? ", too large"
                                    : (job->complete ? "" : ", incomplete"));

        (void) ngx_http_ioattest_fetch_without(job);
    }

    if (proof->pending == 0) {
        ngx_http_ioattest_fetch_over(proof);
    }
}


/*
 * However old what the zone has: whether it is good still, the verdict says.
 * Returns 0 where the proof can go on, or 1.
 */

static ngx_uint_t
ngx_http_ioattest_fetch_without(ngx_http_ioattest_job_t *job)
{
    if (ngx_http_ioattest_services[job->what].life
        && ngx_http_ioattest_fetch_zone(job->proof, job->what,
                                        NGX_MAX_INT_T_VALUE)
           == NGX_OK)
    {
        return 0;
    }

    job->proof->failed = 1;

    return 1;
}


/* What has no answer at one path may have it at another. */

static ngx_int_t
ngx_http_ioattest_fetch_second(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what)
{
    if (what == IOA_FETCH_ROOT_CRL) {
        return ngx_http_ioattest_fetch_send(proof, what,
                                            NGX_HTTP_IOATTEST_ROOT_CRL);
    }

    if (what == IOA_FETCH_VCEK && proof->vcek_else[0]) {
        return ngx_http_ioattest_fetch_send(proof, what, proof->vcek_else);
    }

    return NGX_DECLINED;
}


/*
 * A mirror of the key service may have certificates alone.  A list that was
 * there before is not forgotten for that.
 */

static void
ngx_http_ioattest_fetch_no_crl(ngx_http_ioattest_proof_t *proof)
{
    ngx_int_t  rc;

    rc = ngx_http_ioattest_fetch_zone(proof, IOA_FETCH_AMD_CRL,
                                      NGX_MAX_INT_T_VALUE);
    if (rc == NGX_OK) {
        return;
    }

    if (rc == NGX_ERROR) {
        proof->failed = 1;
        return;
    }

    ngx_log_error(NGX_LOG_WARN, proof->job->ctx->request->connection->log, 0,
                  "ioattest: \"%V/%s\" has no CRL: revocation of AMD's "
                  "keys is not looked at",
                  ngx_http_ioattest_fetch_uri(proof, IOA_FETCH_AMD_CRL),
                  proof->path[IOA_FETCH_AMD_CRL]);

    proof->fetched[IOA_FETCH_AMD_CRL].body.data = (u_char *) "";
    proof->fetched[IOA_FETCH_AMD_CRL].body.len = 0;
}


static void
ngx_http_ioattest_fetch_over(ngx_http_ioattest_proof_t *proof)
{
    ngx_int_t  rc;

    if (proof->failed) {
        proof->reason = proof->insecure ? IOA_ATTESTATION_INSECURE
                                        : IOA_ATTESTATION_UNAVAILABLE;
        rc = NGX_OK;

    } else {
        rc = ngx_http_ioattest_proof_continue(proof);
    }

    if (rc == NGX_AGAIN) {
        return;
    }

    if (ngx_http_ioattest_job_proved(proof->job, rc) != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, proof->job->ctx->request->connection->log,
                      0, "ioattest: a request could not be resumed");
    }
}
