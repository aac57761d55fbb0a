
/*
 * What the API is asked for the zone: an attestation, or the models list,
 * each by a task of its own.  Whoever waits for one watches the zone.
 */


#ifndef _NGX_HTTP_IOATTEST_ATTESTATION_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_ATTESTATION_H_INCLUDED_


#include "zone/ngx_http_ioattest_documents.h"
#include "zone/ngx_http_ioattest_models.h"
#include "subrequest/ngx_http_ioattest_subrequest.h"


typedef struct ngx_http_ioattest_attestation_s
    ngx_http_ioattest_attestation_t;
typedef struct ngx_http_ioattest_proof_s  ngx_http_ioattest_proof_t;


/* What both kinds have in common. */
typedef struct {
    ngx_http_ioattest_task_t        *task;
    ngx_http_ioattest_loc_conf_t    *conf;
    ngx_http_ioattest_key_t          key;
    ngx_str_t                        authorization;
    u_char                           wake[NGX_HTTP_IOATTEST_KEY_LEN];
    uint64_t                         token; /* 0: given back */
    ngx_msec_t                       started;
    ngx_http_ioattest_subrequest_t  *asked; /* the last one */
    ngx_str_t                       *uri;
    ngx_str_t                        what;  /* for the log */

    unsigned                         again:1;   /* a connection was lost */
    unsigned                         concluded:1;
} ngx_http_ioattest_ask_t;


/* How an attestation has ended. */
typedef struct {
    ioa_status_t                     reason;
    ngx_msec_t                       took;      /* ms, all services asked */

    /*
     * Refused: evidence wrong in itself, under a right nonce, with an answer
     * of each service that was needed.  The address is what it named itself
     * by, and no more than a hint.
     */
    ngx_uint_t                       refused;
    ngx_uint_t                       have_address;
    u_char                           address20[IOA_ADDRESS_LEN];

    /* no outcome of anybody's: the key was refused, or nothing was asked */
    ngx_uint_t                       nothing;
} ngx_http_ioattest_outcome_t;


/* The verification of a reply, as often as it asks for a document more. */
struct ngx_http_ioattest_proof_s {
    ngx_http_ioattest_attestation_t *attestation;
    ngx_http_ioattest_task_t        *task;
    ngx_http_ioattest_loc_conf_t    *conf;
    ioa_bytes_t                      reply;
    const u_char                    *nonce32;
    ngx_uint_t                       bound_before;
    time_t                           now;

    /* it stands, or it is an NGX_ERROR, after an NGX_AGAIN */
    void                           (*done)(ngx_http_ioattest_proof_t *proof,
                                           ngx_int_t rc);

    /* what it was asked for is there: as proof_start() */
    ngx_int_t                      (*ready)(
                                         ngx_http_ioattest_proof_t *proof);

    ioa_fetched_t                    fetched[IOA_FETCH_MAX];
    ngx_http_ioattest_document_t     documents[IOA_FETCH_MAX];
    char                             path[IOA_FETCH_MAX]
                                         [IOA_EVIDENCE_PATH_MAX];
    char                             vcek_else[IOA_EVIDENCE_PATH_MAX];
    unsigned                         asked;     /* bits of ioa_fetch_e */
    unsigned                         waiting;   /* for another's asking */
    unsigned                         stale;     /* from the zone, not anew */
    unsigned                         old;       /* a service did not answer */
    ngx_uint_t                       pending;
    ngx_uint_t                       failed;    /* it cannot go on */
    ngx_uint_t                       insecure;  /* a reply did not count */
    ngx_http_ioattest_subrequest_t  *insecure_sub;  /* NULL: another's */
    ngx_uint_t                       over;      /* it is wanted no more */

    /* the verdict so far; a thread has it while the task is running */
    ioa_status_t                     reason;
    ioa_machine_t                    machine;
    ioa_wants_t                      wants;
    ioa_checks_t                     checks;
};


struct ngx_http_ioattest_attestation_s {
    ngx_http_ioattest_ask_t          ask;
    ngx_http_ioattest_model_t        model;
    ngx_http_ioattest_trigger_e      trigger;
    u_char                           nonce32[IOA_NONCE_LEN];
    ngx_http_ioattest_proof_t       *proof;     /* NULL: no reply yet */
    ngx_http_ioattest_news_t         news;      /* what the zone says of it */
};


/*
 * Starts the attestations that the zone has given slots for, each of which
 * comes to its end there whatever happens.  All that is pointed to is copied.
 * From a client's request, or from none.
 *
 * authorization: what they are asked with; where its data is NULL the value
 * of ioattest_authorization is made for each.  Logs where too few at once can
 * be made.
 */
void ngx_http_ioattest_attestations_start(
    const ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    ngx_http_ioattest_trigger_e trigger, ngx_log_t *log);

/*
 * Reads the models list that is kept for key; the lease, token, is given back
 * whatever happens.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_models_start(ngx_http_ioattest_loc_conf_t *conf,
    const ngx_http_ioattest_key_t *key, ngx_str_t *authorization,
    uint64_t token);


/* ask: what both kinds do alike */

/* Its task.  NGX_OK; NGX_DECLINED: its key rests; NGX_ERROR. */
ngx_int_t ngx_http_ioattest_ask_begin(ngx_http_ioattest_ask_t *ask,
    ngx_http_ioattest_task_t *task, const ngx_http_ioattest_key_t *key,
    ngx_str_t *authorization);

/*
 * IOA_OK: the reply is whole, with status 200; else the reason, and how the
 * lease is to be given back.
 */
ioa_status_t ngx_http_ioattest_ask_judge(ngx_http_ioattest_ask_t *ask,
    ngx_int_t status, ngx_http_ioattest_give_e *how);

/* Ends it, once: gives the lease back, and wakes those who wait. */
void ngx_http_ioattest_ask_end(ngx_http_ioattest_ask_t *ask,
    ngx_http_ioattest_give_e how, ioa_status_t reason);

/*
 * more: what else there is to say, may be empty.  What a caller's key was
 * refused is a warning at level's place.
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

/* Says who is trusted from now on, and on what grounds. */
void ngx_http_ioattest_outcome_trusted(
    ngx_http_ioattest_attestation_t *attestation);

/* Says what failed, of evidence which check, and whose it says it is. */
void ngx_http_ioattest_outcome_log(
    ngx_http_ioattest_attestation_t *attestation,
    const ngx_http_ioattest_outcome_t *outcome, ngx_int_t status);

/* Says how many machines there are, where the zone has that to tell. */
void ngx_http_ioattest_outcome_searched(
    ngx_http_ioattest_attestation_t *attestation);


/*
 * verify.  NGX_OK: proof->reason is the verdict, and the store has what was
 * proved; NGX_AGAIN: proof->done() will be called; NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_proof_start(
    ngx_http_ioattest_attestation_t *attestation,
    void (*done)(ngx_http_ioattest_proof_t *proof, ngx_int_t rc));
ngx_uint_t ngx_http_ioattest_proof_pinned(ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_uint_t cpu);


/* endorsements: what other services say */

/*
 * Asks for what a proof wants.  NGX_AGAIN: they have been asked;
 * NGX_DECLINED: the zone had it all; NGX_DONE: there is nothing to ask.
 */
ngx_int_t ngx_http_ioattest_endorsements_start(
    ngx_http_ioattest_proof_t *proof);

/* Lets others ask for what is still asked for: it has failed so, or 0. */
void ngx_http_ioattest_endorsements_drop(ngx_http_ioattest_proof_t *proof,
    ngx_int_t status);


/* fetch: one document of another service */

/* How long it is kept in the zone, s; 0: it is not. */
time_t ngx_http_ioattest_fetch_life(ioa_fetch_e what);

/*
 * Where it is asked for.  What is signed is kept under that, and is verified
 * each time that it is used; see the source for what is not.
 */
ngx_str_t *ngx_http_ioattest_fetch_uri(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what);

/* Asks for it: NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_fetch_send(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what);

/* Takes the copy of the zone that has been got. */
void ngx_http_ioattest_fetch_take(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what);

/* There is no answer, to this attestation or to the one it waited for. */
void ngx_http_ioattest_fetch_failed(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, ngx_int_t status);

/* Goes on where nothing is asked for any more. */
void ngx_http_ioattest_fetch_next(ngx_http_ioattest_proof_t *proof);


#endif /* _NGX_HTTP_IOATTEST_ATTESTATION_H_INCLUDED_ */
