
/*
 * Our subrequests, and the verification of what they bring; a part of
 * ngx_http_ioattest.h, which includes it.
 */


#ifndef _NGX_HTTP_IOATTEST_JOB_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_JOB_H_INCLUDED_


#include "request/ngx_http_ioattest_context.h"


typedef enum {
    NGX_HTTP_IOATTEST_JOB_ATTEST = 0,
    NGX_HTTP_IOATTEST_JOB_MODELS,
    NGX_HTTP_IOATTEST_JOB_FETCH     /* for an attestation */
} ngx_http_ioattest_job_e;


/* How a reply came, and so whether what it says unsigned counts. */
typedef enum {
    NGX_HTTP_IOATTEST_TLS_UNSEEN = 0,   /* no header of it has been seen */
    NGX_HTTP_IOATTEST_TLS_VERIFIED,
    NGX_HTTP_IOATTEST_TLS_NOBODY,       /* from no upstream */
    NGX_HTTP_IOATTEST_TLS_CACHED,
    NGX_HTTP_IOATTEST_TLS_REDIRECTED,   /* after somebody had been asked */
    NGX_HTTP_IOATTEST_TLS_NOT_BUILT,
    NGX_HTTP_IOATTEST_TLS_NONE,
    NGX_HTTP_IOATTEST_TLS_OTHERS,       /* another location's connection */
    NGX_HTTP_IOATTEST_TLS_VERIFY_OFF,
    NGX_HTTP_IOATTEST_TLS_UNTRUSTED,    /* the result is not X509_V_OK */
    NGX_HTTP_IOATTEST_TLS_RESUMED,
    NGX_HTTP_IOATTEST_TLS_NAME          /* the certificate is another's */
} ngx_http_ioattest_tls_e;


/* One subrequest of ours: an attestation, the models list, or a fetch. */
struct ngx_http_ioattest_job_s {
    ngx_http_ioattest_job_e      kind;
    ngx_http_ioattest_ctx_t     *ctx;
    ngx_http_request_t          *sr;
    uint64_t                     token;     /* of the lease; 0: given back */
    u_char                       lease_key[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                       nonce32[IOA_NONCE_LEN];
    ngx_str_t                    asked;     /* uri */
    ngx_http_ioattest_tls_e      tls;
    long                         tls_result;    /* of the verification */
    ngx_str_t                    tls_name;  /* that it was verified for */
    ngx_event_t                  timer;
    ngx_msec_t                   started;
    u_char                      *reply;
    size_t                       size;
    size_t                       allocated;
    ngx_http_ioattest_proof_t   *proof;     /* ATTEST, FETCH */
    ioa_fetch_e                  what;      /* FETCH */
    ngx_str_t                    chain;     /* FETCH: its header */
    ngx_uint_t                   second;    /* FETCH: another path of it */
    const char                  *path;      /* FETCH: this one */
    ngx_http_ioattest_job_t     *next;

    unsigned                     waited:1;  /* the request stands still */
    unsigned                     again:1;   /* after a connection was lost */
    unsigned                     replied:1;
    unsigned                     finished:1;
    unsigned                     complete:1;
    unsigned                     overflow:1;
    unsigned                     redirected:1;  /* having been asked */
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
    ngx_http_ioattest_job_t     *insecure;  /* whose reply does not count */
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

/* Asks for what its kind says, an attestation by a nonce of its own. */
ngx_int_t ngx_http_ioattest_job_ask(ngx_http_request_t *r,
    ngx_http_ioattest_job_t *job);
void ngx_http_ioattest_job_timer(ngx_http_ioattest_job_t *job,
    ngx_msec_t timeout);
ngx_int_t ngx_http_ioattest_job_send(ngx_http_request_t *r,
    ngx_http_ioattest_job_t *job, ngx_str_t *uri, ngx_str_t *args,
    ngx_str_t *body);
ngx_http_ioattest_job_t *ngx_http_ioattest_job_find(ngx_http_request_t *sr);

/* The header and the body of its reply, for the filters: what they return. */
ngx_int_t ngx_http_ioattest_job_header(ngx_http_ioattest_job_t *job);
ngx_int_t ngx_http_ioattest_job_body(ngx_http_ioattest_job_t *job,
    ngx_chain_t *in);

/*
 * again: NGX_OK where another job has taken its place, NGX_DECLINED where it
 * has ended.
 */
ngx_int_t ngx_http_ioattest_job_again(ngx_http_ioattest_job_t *job,
    ngx_int_t status);

/*
 * tls: how the reply of a job came.  A subrequest tells each location that it
 * enters, and the header of its reply, while its connection is there.
 */

void ngx_http_ioattest_tls_enter(ngx_http_ioattest_job_t *job);
void ngx_http_ioattest_tls_look(ngx_http_ioattest_job_t *job);

/* 1 where what the reply says unsigned counts. */
ngx_uint_t ngx_http_ioattest_tls_counts(ngx_http_ioattest_job_t *job);

/*
 * 1 where a service's reply does not count, and logs why: which keys are
 * NVIDIA's, and that AMD has no CRL.  All else that services say is signed.
 */
ngx_uint_t ngx_http_ioattest_tls_refuses(ngx_http_ioattest_job_t *job,
    ngx_int_t status);

/* Why it does not, for the log: empty where there is no memory. */
ngx_str_t ngx_http_ioattest_tls_text(ngx_http_ioattest_job_t *job);

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

/* Asks a service at a path below its location: a job of its own. */
ngx_int_t ngx_http_ioattest_fetch_send(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, const char *path);

/* Out: job->chain, what a service sent in this header, untouched if not. */
void ngx_http_ioattest_fetch_chain(ngx_http_ioattest_job_t *job,
    ngx_str_t *name);


#endif /* _NGX_HTTP_IOATTEST_JOB_H_INCLUDED_ */
