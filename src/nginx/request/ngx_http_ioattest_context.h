
/*
 * What is known of a request, and how far it is on its way.
 */


#ifndef _NGX_HTTP_IOATTEST_CONTEXT_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_CONTEXT_H_INCLUDED_


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_buffer.h"
#include "request/ngx_http_ioattest_state.h"


typedef struct ngx_http_ioattest_ctx_s  ngx_http_ioattest_ctx_t;


/* What flows of a stream, in buffers of our own. */
typedef struct {
    ngx_chain_t                 *chain;
    ngx_chain_t                **last;
    ngx_chain_t                 *free;
    ngx_chain_t                 *busy;
    ngx_buf_t                   *tail;      /* of what is fed now */

    /* the core cannot tell why its sink took no more */
    unsigned                     no_memory:1;
} ngx_http_ioattest_flow_t;


/* What gate/ reads of the request, before it may leave. */
typedef struct {
    ioa_status_t                 scanned;   /* what it says of "model" */
    ioa_status_t                 hashed;    /* why request32 is not there */
    ioa_cause_t                  cause;     /* of what is ambiguous */
    const char                  *cause_member;
    const char                  *look_at;   /* for the log of a refusal */
    u_char                      *request32; /* NULL: not hashed */

    /* "stream": true: a fact of the body, on which no state depends */
    unsigned                     asked_stream:1;
} ngx_http_ioattest_gate_t;


/* What an upstream may change of the request without being asked. */
typedef struct {
    size_t                       limit_rate;
    ngx_uint_t                   http_version;
    ngx_uint_t                   err_status;    /* of an error_page that has
                                                   led here; 0: of none */

    /* a copy of r->limit_rate_set, which is a bit as well */
    unsigned                     limit_rate_set:1;
} ngx_http_ioattest_saved_t;


/* A request that stands still: ngx_http_ioattest_wait.c. */
typedef struct {
    ngx_http_event_handler_pt    resume;    /* when it has an end */
    ngx_queue_t                  waiters;
    ngx_event_t                  poll;
    ngx_event_t                  beat;      /* while a stream waits */
    ngx_msec_t                   delay;
    ngx_msec_t                   deadline;
    ngx_msec_t                   from;
    ngx_msec_t                   waited;    /* in all */
    ngx_http_ioattest_waiter_t   waiter;    /* as the zone knows it */

    /* how it waits: the same in several states of the request */
    unsigned                     waiting:1; /* its clock runs */
    unsigned                     queued:1;  /* waiters is linked */
} ngx_http_ioattest_wait_t;


/* A response on its way through response/. */
typedef struct {
    ioa_response_t               judged;    /* zero: no header came yet */
    uint64_t                     verify_us;
    ngx_http_ioattest_buffer_t   held;
    ngx_http_ioattest_flow_t     flow;

    /*
     * This module has handed a header on.  A filter below may have kept it:
     * r->header_sent does not say the same.
     */
    unsigned                     headed:1;

    /* the upstream broke it off: a dry run does so too, whatever state it
       is in by then */
    unsigned                     truncated:1;
} ngx_http_ioattest_response_t;


struct ngx_http_ioattest_ctx_s {
    ngx_http_request_t          *request;
    ngx_http_ioattest_ctx_t     *previous;  /* of before a redirection */
    ngx_http_ioattest_loc_conf_t
                                *conf;
    ngx_http_ioattest_state_e    state;
    ioa_status_t                 failed;    /* it is to be refused for */
    ioa_status_t                 reason;    /* it was refused for */
    ngx_int_t                    status;    /* HTTP, of a refusal; 0: by
                                               the table of reasons */

    /* with what attestations and the models list are asked */
    ngx_str_t                    authorization;
    ngx_http_ioattest_key_t      key;
    ngx_int_t                    api_status;    /* what the API said to it */
    ngx_uint_t                   retry_after;   /* seconds; 0: it did not */

    /* the key is used no more: others may still be asked with theirs */
    unsigned                     spent:1;

    /* the model */
    ngx_http_ioattest_model_t    model;

    /* the machine that has signed the response */
    u_char                       machine_key[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_http_ioattest_machine_t  machine;

    /* machine is set: of a signer by ioattest_trust nothing is known */
    unsigned                     have_machine:1;

    ngx_http_ioattest_gate_t     gate;
    ngx_http_ioattest_saved_t    saved;
    ngx_http_ioattest_wait_t     wait;
    ngx_http_ioattest_response_t response;
};


ngx_http_ioattest_ctx_t *ngx_http_ioattest_ctx_create(ngx_http_request_t *r);

/*
 * The context of a main request, found even where a redirect has wiped it;
 * redirected, where given, tells whether one has.
 */
ngx_http_ioattest_ctx_t *ngx_http_ioattest_ctx_find(ngx_http_request_t *r,
    ngx_uint_t *redirected);

/*
 * NGX_OK, or NGX_ERROR where no such move is allowed: the request is refused
 * then.  Whoever lets something pass has to look.
 */
ngx_int_t ngx_http_ioattest_set_state(ngx_http_ioattest_ctx_t *ctx,
    ngx_http_ioattest_state_e state);

ngx_http_ioattest_counters_t *ngx_http_ioattest_counters(
    ngx_http_ioattest_ctx_t *ctx);
uint64_t ngx_http_ioattest_now_us(void);


#endif /* _NGX_HTTP_IOATTEST_CONTEXT_H_INCLUDED_ */
