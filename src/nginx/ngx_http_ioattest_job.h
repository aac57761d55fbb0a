
/*
 * Our subrequests, and the verification of what they bring; a part of
 * ngx_http_ioattest.h, which includes it.
 */


#ifndef _NGX_HTTP_IOATTEST_JOB_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_JOB_H_INCLUDED_


typedef enum {
    NGX_HTTP_IOATTEST_JOB_ATTEST = 0,
    NGX_HTTP_IOATTEST_JOB_MODELS,
    NGX_HTTP_IOATTEST_JOB_FETCH     /* for an attestation */
} ngx_http_ioattest_job_e;


/* One subrequest of ours: an attestation, the models list, or a fetch. */
struct ngx_http_ioattest_job_s {
    ngx_http_ioattest_job_e      kind;
    ngx_http_ioattest_ctx_t     *ctx;
    ngx_http_request_t          *sr;
    uint64_t                     token;     /* of the lease; 0: given back */
    u_char                       lease_key[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                       nonce32[IOA_NONCE_LEN];
    ngx_event_t                  timer;
    ngx_msec_t                   started;
    u_char                      *reply;
    size_t                       size;
    size_t                       allocated;
    ngx_http_ioattest_proof_t   *proof;     /* ATTEST, FETCH */
    ioa_fetch_e                  what;      /* FETCH */
    ngx_str_t                    chain;     /* FETCH: its header */
    ngx_uint_t                   second;    /* FETCH: another path of it */
    ngx_http_ioattest_job_t     *next;

    unsigned                     waited:1;  /* the request stands still */
    unsigned                     replied:1;
    unsigned                     finished:1;
    unsigned                     complete:1;
    unsigned                     overflow:1;
};


/* An attestation that is being verified. */
struct ngx_http_ioattest_proof_s {
    ngx_http_ioattest_job_t     *job;
    ioa_bytes_t                  reply;
    u_char                       bound_key[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_uint_t                   bound_before;
    time_t                       now;

    ioa_fetched_t                fetched[IOA_FETCH_MAX];
    char                         path[IOA_FETCH_MAX][IOA_EVIDENCE_PATH_MAX];
    char                         vcek_else[IOA_EVIDENCE_PATH_MAX];
    unsigned                     asked;     /* bits of ioa_fetch_e: anew */
    unsigned                     answered;  /* and that have come */
    unsigned                     stale;     /* from the zone, and refused */
    ngx_uint_t                   pending;
    ngx_uint_t                   failed;    /* a service did not answer */
    ngx_uint_t                   running;   /* a thread has what is below */

    /* the verdict so far */
    ioa_status_t                 reason;
    ioa_machine_t                machine;
    ioa_wants_t                  wants;
    ioa_checks_t                 checks;
};


/* attest */

ngx_int_t ngx_http_ioattest_job_start(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_http_ioattest_job_e kind,
    uint64_t token, ngx_uint_t waited);
ngx_int_t ngx_http_ioattest_job_send(ngx_http_request_t *r,
    ngx_http_ioattest_job_t *job, ngx_str_t *uri, ngx_str_t *args,
    ngx_str_t *body);
ngx_http_ioattest_job_t *ngx_http_ioattest_job_find(ngx_http_request_t *sr);

/* The header and the body of its reply, for the filters: what they return. */
ngx_int_t ngx_http_ioattest_job_header(ngx_http_ioattest_job_t *job);
ngx_int_t ngx_http_ioattest_job_body(ngx_http_ioattest_job_t *job,
    ngx_chain_t *in);

/* finish: how a job ends */

ngx_int_t ngx_http_ioattest_job_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc);
void ngx_http_ioattest_job_timeout(ngx_event_t *ev);
void ngx_http_ioattest_job_drop(ngx_http_ioattest_job_t *job);

/*
 * A proof has ended, NGX_OK or NGX_ERROR: concludes the job, and lets the
 * request go on that waits for it.
 */
ngx_int_t ngx_http_ioattest_job_proved(ngx_http_ioattest_job_t *job,
    ngx_int_t rc);

/* A proof that came too late for the request has been stored, or not. */
void ngx_http_ioattest_job_late(ngx_http_ioattest_job_t *job);

/* reply: what the models list says */
ioa_status_t ngx_http_ioattest_reply_models(ngx_http_ioattest_job_t *job);


/*
 * proof: verifies an attestation.  NGX_OK: proof->reason is the verdict, and
 * the store has what was proved; NGX_AGAIN: ngx_http_ioattest_job_proved()
 * will be called; NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_proof_start(ngx_http_ioattest_job_t *job);
ngx_int_t ngx_http_ioattest_proof_continue(ngx_http_ioattest_proof_t *proof);
ngx_uint_t ngx_http_ioattest_proof_pinned(ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_uint_t cpu);


/* fetch: what other services say */

/*
 * Asks for what a proof wants.  NGX_AGAIN: they have been asked;
 * NGX_DECLINED: the zone had it all; NGX_DONE: there is nothing to ask.
 */
ngx_int_t ngx_http_ioattest_fetch_start(ngx_http_ioattest_proof_t *proof);

/* What led to a proof is kept for others. */
void ngx_http_ioattest_fetch_keep(ngx_http_ioattest_proof_t *proof);
void ngx_http_ioattest_fetch_done(ngx_http_ioattest_job_t *job,
    ngx_int_t status);

/* Out: job->chain, what a service sent in this header, untouched if not. */
void ngx_http_ioattest_fetch_chain(ngx_http_ioattest_job_t *job,
    ngx_str_t *name);


#endif /* _NGX_HTTP_IOATTEST_JOB_H_INCLUDED_ */
