
/*
 * What the zone needs from the API: attestations and the models list, each by
 * a task of its own.  Requests that wait for one watch the zone.
 */


#ifndef _NGX_HTTP_IOATTEST_ATTESTATION_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_ATTESTATION_H_INCLUDED_


#include "zone/ngx_http_ioattest_documents.h"
#include "zone/ngx_http_ioattest_models.h"
#include "subrequest/ngx_http_ioattest_subrequest.h"


typedef struct ngx_http_ioattest_attestation_s
    ngx_http_ioattest_attestation_t;
typedef struct ngx_http_ioattest_proof_s  ngx_http_ioattest_proof_t;


/* Common to both kinds. */
typedef struct {
    ngx_http_ioattest_task_t        *task;
    ngx_http_ioattest_loc_conf_t    *conf;
    ngx_http_ioattest_key_t          key;
    ngx_str_t                        authorization;
    u_char                           wake[NGX_HTTP_IOATTEST_KEY_LEN];
    uint64_t                         token; /* 0: given back */
    ngx_msec_t                       started;
    ngx_http_ioattest_subrequest_t  *asked; /* the latest */
    ngx_str_t                       *uri;
    ngx_str_t                        what;  /* for the log */

    unsigned                         again:1;   /* after a lost connection */
    unsigned                         concluded:1;
} ngx_http_ioattest_ask_t;


/* How an attestation has ended. */
typedef struct {
    ioa_status_t                     reason;
    ngx_msec_t                       took;      /* ms, all services asked */

    /*
     * Set if the evidence itself is wrong, under the right nonce and with an
     * answer of each service that was needed.  The address is the one named
     * by that evidence, and so only a hint.
     */
    ngx_uint_t                       refused;
    ngx_uint_t                       have_address;
    u_char                           address20[IOA_ADDRESS_LEN];

    /* no outcome for others: the key was refused, or nothing was asked */
    ngx_uint_t                       nothing;
} ngx_http_ioattest_outcome_t;


/* The verification of a reply, repeated while it asks for documents. */
struct ngx_http_ioattest_proof_s {
    ngx_http_ioattest_attestation_t *attestation;
    ngx_http_ioattest_task_t        *task;
    ngx_http_ioattest_loc_conf_t    *conf;
    ioa_bytes_t                      reply;
    const u_char                    *nonce32;
    ngx_uint_t                       bound_before;
    time_t                           now;

    /* called once the result is final, or with NGX_ERROR, after NGX_AGAIN */
    void                           (*done)(ngx_http_ioattest_proof_t *proof,
                                           ngx_int_t rc);

    /* continues when all requested documents are there; as proof_start() */
    ngx_int_t                      (*ready)(
                                         ngx_http_ioattest_proof_t *proof);

    ioa_fetched_t                    fetched[IOA_FETCH_MAX];
    ngx_http_ioattest_document_t     documents[IOA_FETCH_MAX];
    char                             path[IOA_FETCH_MAX]
                                         [IOA_EVIDENCE_PATH_MAX];
    char                             vcek_else[IOA_EVIDENCE_PATH_MAX];
    uint64_t                         asked;     /* IOA_FETCH_BIT of each */
    uint64_t                         waiting;   /* another one is asking */
    uint64_t                         stale;     /* cached, not fetched now */
    uint64_t                         old;       /* a service did not answer */
    uint64_t                         lacking;   /* no good in the last verdict */
    ioa_status_t                     reached;   /* a refusal that stands if no
                                                   newer documents come */
    ngx_uint_t                       pending;
    ngx_uint_t                       failed;    /* it cannot go on */
    const char                      *lacks;     /* for the log: what did not
                                                   answer; NULL: nothing */
    ngx_uint_t                       insecure;  /* a reply came insecurely */
    ngx_http_ioattest_subrequest_t  *insecure_sub;  /* NULL: another's */
    ngx_uint_t                       over;      /* no request wants it now */
    ngx_uint_t                       pinned;    /* of a machine stored */
    time_t                           expires_at;

    /* the result so far; the thread owns it while the task is running */
    ioa_status_t                     reason;
    ioa_machine_t                    machine;
    ioa_wants_t                      wants;
    ioa_checks_t                     checks;
    ngx_uint_t                       hashed;    /* evidence32 is set */
    u_char                           evidence32[IOA_SHA256_LEN];
    ngx_uint_t                       kept;      /* in "ioattest_evidence_dir" */
    ngx_err_t                        keep_error;

    /* of a machine that was stored */
    u_char                           machine32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_uint_t                       second;    /* judged by early documents:
                                                   the proof itself is over */
    ioa_early_t                      early;     /* owned as machine is */
};


struct ngx_http_ioattest_attestation_s {
    ngx_http_ioattest_ask_t          ask;
    ngx_http_ioattest_model_t        model;
    ngx_http_ioattest_trigger_e      trigger;
    u_char                           nonce32[IOA_NONCE_LEN];
    ngx_http_ioattest_proof_t       *proof;     /* NULL: no reply yet */
    ngx_http_ioattest_news_t         news;      /* from the zone */
};


/*
 * Starts the attestations that the zone has given slots for, on behalf of a
 * client's request or of none.  Each gives its slot back when it ends,
 * however it ends.  All arguments are copied.
 *
 * authorization: the key to ask with; if its data is NULL the value of
 * ioattest_authorization is made for each.  Logs if the configuration allows
 * too few at once.
 */
void ngx_http_ioattest_attestations_start(
    const ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    ngx_http_ioattest_trigger_e trigger, ngx_log_t *log);

/*
 * Reads the models list for key.  The lease, token, is given back however
 * the read ends.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_models_start(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    uint64_t token);


/* ask: common to both kinds */

/*
 * As ngx_http_ioattest_key_own(), where a task may be created for it: the
 * gateway's own key, its variables evaluated where that is due.
 */
void ngx_http_ioattest_ask_own(ngx_http_ioattest_loc_conf_t *conf,
    ngx_str_t *authorization, ngx_http_ioattest_key_t *key);

/* Creates the request.  NGX_OK; NGX_DECLINED: its key rests; NGX_ERROR. */
ngx_int_t ngx_http_ioattest_ask_begin(ngx_http_ioattest_ask_t *ask,
    ngx_http_ioattest_task_t *task, const ngx_http_ioattest_key_t *key,
    ngx_str_t *authorization);

/*
 * IOA_OK: the reply is complete, with status 200; else the reason, and in
 * how the way in which the lease is to be given back.
 */
ioa_status_t ngx_http_ioattest_ask_judge(ngx_http_ioattest_ask_t *ask,
    ngx_int_t status, ngx_http_ioattest_give_e *how);

/* Ends it, once: gives the lease back, and wakes the waiters. */
void ngx_http_ioattest_ask_end(ngx_http_ioattest_ask_t *ask,
    ngx_http_ioattest_give_e how, ioa_status_t reason);

/*
 * more: further text, may be empty.  The refusal of a caller's key is logged
 * as a warning, whatever level says.
 */
void ngx_http_ioattest_ask_log(ngx_http_ioattest_ask_t *ask,
    ngx_uint_t level, ioa_status_t reason, ngx_int_t status, ngx_str_t *more);
void ngx_http_ioattest_ask_log_insecure(ngx_http_ioattest_ask_t *ask,
    ngx_http_ioattest_subrequest_t *sub, ngx_int_t status);


/* outcome: what came of an attestation */

void ngx_http_ioattest_outcome_make(ngx_http_ioattest_outcome_t *outcome,
    ngx_http_ioattest_attestation_t *attestation, ioa_status_t reason);
void ngx_http_ioattest_outcome_count(
    ngx_http_ioattest_attestation_t *attestation,
    const ngx_http_ioattest_outcome_t *outcome);

/* Logs which machine is trusted from now on, and why. */
void ngx_http_ioattest_outcome_trusted(
    ngx_http_ioattest_attestation_t *attestation);

/* Logs the check that failed, and the address that the evidence names. */
void ngx_http_ioattest_outcome_log(
    ngx_http_ioattest_attestation_t *attestation,
    const ngx_http_ioattest_outcome_t *outcome, ngx_int_t status);

/*
 * audit: writes what became of it into the audit log, and logs evidence that
 * could not be kept.
 */
void ngx_http_ioattest_outcome_audit(
    ngx_http_ioattest_attestation_t *attestation, ioa_status_t reason);

/* Logs how many machines are known, if a search has just ended. */
void ngx_http_ioattest_outcome_searched(
    ngx_http_ioattest_attestation_t *attestation);


/*
 * verify.  NGX_OK: proof->reason is the result, and the zone has stored it;
 * NGX_AGAIN: proof->done() will be called; NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_proof_start(
    ngx_http_ioattest_attestation_t *attestation,
    void (*done)(ngx_http_ioattest_proof_t *proof, ngx_int_t rc));


/* Off the event loop, if there are threads: as proof_start(). */
ngx_int_t ngx_http_ioattest_proof_continue(ngx_http_ioattest_proof_t *proof);


/*
 * early: judges a machine that was stored once more, by the TCB that Intel
 * will ask for next, if its location asks for that.  To be called last: the
 * attestation is over, and nobody waits.
 */
ngx_uint_t ngx_http_ioattest_early_asked(ngx_http_ioattest_loc_conf_t *ilcf,
    unsigned cpu);
void ngx_http_ioattest_early_start(
    ngx_http_ioattest_attestation_t *attestation);

/* Its services have not answered in time. */
void ngx_http_ioattest_early_timeout(ngx_http_ioattest_proof_t *proof);


/*
 * alone: the reason for which the evidence of GPUs is refused whatever other
 * documents may say; IOA_OK if there is none, or if that is not known.
 */
ioa_status_t ngx_http_ioattest_alone(ngx_http_ioattest_proof_t *proof);


/* endorsements */

/*
 * Requests the documents that a verification needs.  NGX_AGAIN: requested;
 * NGX_DECLINED: the zone had all of them; NGX_DONE: none is needed.
 */
ngx_int_t ngx_http_ioattest_endorsements_start(
    ngx_http_ioattest_proof_t *proof);

/* Releases the documents being fetched, with their status, or 0. */
void ngx_http_ioattest_endorsements_drop(ngx_http_ioattest_proof_t *proof,
    ngx_int_t status);


/* service: where documents come from */

typedef struct {
    size_t      uri;            /* offset in the location's configuration */
    char       *header;         /* with the issuer chain; also as SGX-... */
    time_t      life;           /* seconds in the zone; 0: not kept */
    size_t      max;            /* of an answer */
} ngx_http_ioattest_service_t;


/* Never NULL. */
const ngx_http_ioattest_service_t *ngx_http_ioattest_service(
    ioa_fetch_e what);

/* How long the document is kept in the zone, s; 0: not at all. */
time_t ngx_http_ioattest_fetch_life(ioa_fetch_e what);

/*
 * The location where the document is requested.  Signed documents are cached
 * under it, and verified at each use; see the source for unsigned ones.
 */
ngx_str_t *ngx_http_ioattest_fetch_uri(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what);

/* Out: uri and args of the request for path.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_service_path(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, const char *path, ngx_str_t *uri, ngx_str_t *args);

/*
 * Out: body, what is posted, or empty for a GET, and sub's media types; of
 * OCSP nonce32, IOA_OCSP_NONCE_LEN bytes.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_service_body(ngx_str_t *body,
    ngx_http_ioattest_subrequest_t *sub, ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, const char *path, u_char *nonce32);


/* fetch: one document of another service */

/* Requests the document: NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_fetch_send(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what);

/* Uses the copy that was taken from the zone. */
void ngx_http_ioattest_fetch_take(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what);

/* The document did not come, here or for the attestation waited for. */
void ngx_http_ioattest_fetch_failed(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, ngx_int_t status);

/* Continues when no request is pending. */
void ngx_http_ioattest_fetch_next(ngx_http_ioattest_proof_t *proof);


#endif /* _NGX_HTTP_IOATTEST_ATTESTATION_H_INCLUDED_ */
