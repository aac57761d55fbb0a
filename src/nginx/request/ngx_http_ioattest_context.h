
/*
 * The context of a request: what is known of it, and its state.
 */


#ifndef _NGX_HTTP_IOATTEST_CONTEXT_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_CONTEXT_H_INCLUDED_


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_buffer.h"
#include "request/ngx_http_ioattest_state.h"


typedef struct ngx_http_ioattest_ctx_s  ngx_http_ioattest_ctx_t;


/* The output of a stream, in buffers of our own. */
typedef struct {
    ngx_chain_t                 *chain;
    ngx_chain_t                **last;
    ngx_chain_t                 *free;
    ngx_chain_t                 *busy;
    ngx_buf_t                   *tail;      /* the latest slice of input */

    /* the core sees only that its sink failed, this is why */
    unsigned                     no_memory:1;
} ngx_http_ioattest_flow_t;


/* What gate/ has read from the request. */
typedef struct {
    ioa_status_t                 scanned;   /* result of reading "model" */
    ioa_status_t                 hashed;    /* why request32 is NULL */
    ioa_cause_t                  cause;     /* why it is ambiguous */
    const char                  *cause_member;
    const char                  *look_at;   /* for the log of a refusal */
    u_char                      *request32; /* NULL: not hashed */

    /* the body has "stream": true; no state depends on this */
    unsigned                     asked_stream:1;

    /* nobody has asked for its hash so far */
    unsigned                     unasked:1;
} ngx_http_ioattest_gate_t;


/* What an upstream may change in the request, to be restored. */
typedef struct {
    size_t                       limit_rate;
    ngx_uint_t                   http_version;
    ngx_uint_t                   err_status;    /* set by an error_page that
                                                   led here; 0: none */

    /* a copy of r->limit_rate_set, which is a bit field as well */
    unsigned                     limit_rate_set:1;
} ngx_http_ioattest_saved_t;


/* A request that waits: see ngx_http_ioattest_wait.c. */
typedef struct {
    ngx_http_event_handler_pt    resume;    /* called when the wait ends */
    ngx_queue_t                  waiters;
    ngx_event_t                  poll;
    ngx_event_t                  beat;      /* while a stream waits */
    ngx_msec_t                   delay;
    ngx_msec_t                   deadline;
    ngx_msec_t                   from;
    ngx_msec_t                   waited;    /* in total */
    ngx_http_ioattest_waiter_t   waiter;    /* the zone's view of it */

    /* bits, not states: a request may wait in several states */
    unsigned                     waiting:1; /* its clock runs */
    unsigned                     queued:1;  /* waiters is linked */
} ngx_http_ioattest_wait_t;


/* The response, as far as response/ has got with it. */
typedef struct {
    ioa_response_t               judged;    /* zero before the header */
    uint64_t                     verify_us;
    ngx_http_ioattest_buffer_t   held;
    ngx_http_ioattest_flow_t     flow;

    /*
     * Our filter has passed a header on.  This is not r->header_sent, since a
     * filter below may still hold the header.
     */
    unsigned                     headed:1;
    unsigned                     answering:1; /* our answer is being sent */

    /* the upstream broke the response off; a dry run does the same, in any
       state */
    unsigned                     truncated:1;
} ngx_http_ioattest_response_t;


struct ngx_http_ioattest_ctx_s {
    ngx_http_request_t          *request;
    ngx_http_ioattest_ctx_t     *previous;  /* before a redirect */
    ngx_http_ioattest_loc_conf_t
                                *conf;
    ngx_http_ioattest_state_e    state;
    ioa_status_t                 failed;    /* will be refused for this */
    ioa_status_t                 reason;    /* has been refused for this */
    ngx_int_t                    status;    /* of a refusal; 0: as the table
                                               of reasons says */

    /* the key that attestations and the models list are asked with */
    ngx_str_t                    authorization;
    ngx_http_ioattest_key_t      key;
    ngx_int_t                    api_status;    /* if the API refused it */
    ngx_uint_t                   retry_after;   /* seconds; 0: none */

    /* the key is not used again; other requests may use theirs */
    unsigned                     spent:1;

    /* the model */
    ngx_http_ioattest_model_t    model;

    /* the machine that has signed the response */
    u_char                       machine_key[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_http_ioattest_machine_t  machine;

    /* machine is set; it is not for signers named by ioattest_trust */
    unsigned                     have_machine:1;

    ngx_http_ioattest_gate_t     gate;
    ngx_http_ioattest_saved_t    saved;
    ngx_http_ioattest_wait_t     wait;
    ngx_http_ioattest_response_t response;
};


ngx_http_ioattest_ctx_t *ngx_http_ioattest_ctx_create(ngx_http_request_t *r);

/*
 * The context of a main request, also if a redirect has wiped r->ctx;
 * *redirected, if given, is set to 1 in that case.
 */
ngx_http_ioattest_ctx_t *ngx_http_ioattest_ctx_find(ngx_http_request_t *r,
    ngx_uint_t *redirected);

/*
 * NGX_OK; NGX_ERROR if the change is not allowed, in which case the request
 * is refused.  Callers that let something pass have to check.
 */
ngx_int_t ngx_http_ioattest_set_state(ngx_http_ioattest_ctx_t *ctx,
    ngx_http_ioattest_state_e state);

ngx_http_ioattest_counters_t *ngx_http_ioattest_counters(
    ngx_http_ioattest_ctx_t *ctx);
uint64_t ngx_http_ioattest_now_us(void);


#endif /* _NGX_HTTP_IOATTEST_CONTEXT_H_INCLUDED_ */
