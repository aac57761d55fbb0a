
/*
 * What is known of a request, and how far it is on its way.
 */


#ifndef _NGX_HTTP_IOATTEST_CONTEXT_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_CONTEXT_H_INCLUDED_


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_buffer.h"


typedef struct ngx_http_ioattest_ctx_s  ngx_http_ioattest_ctx_t;


/*
 * The way of a request.  Only ngx_http_ioattest_set_state() changes it.
 */
typedef enum {
    NGX_HTTP_IOATTEST_NEW = 0,
    NGX_HTTP_IOATTEST_READING,      /* the client's body */
    NGX_HTTP_IOATTEST_GATE,         /* no prompt has left yet */
    NGX_HTTP_IOATTEST_READY,        /* the prompt may leave */
    NGX_HTTP_IOATTEST_HOLD,         /* the response is collected */
    NGX_HTTP_IOATTEST_STREAM,       /* it flows, but for its end */
    NGX_HTTP_IOATTEST_RECHECK,      /* complete; its signer is looked for */
    NGX_HTTP_IOATTEST_RELEASED,     /* verified */
    NGX_HTTP_IOATTEST_REFUSED,
    NGX_HTTP_IOATTEST_EXEMPT        /* an error's answer, or dry run */
} ngx_http_ioattest_state_e;


typedef enum {
    NGX_HTTP_IOATTEST_UNDECIDED = 0,
    NGX_HTTP_IOATTEST_VERIFIED,
    NGX_HTTP_IOATTEST_REJECTED,
    NGX_HTTP_IOATTEST_UNSIGNED
} ngx_http_ioattest_verdict_e;


/* What flows of a stream, in buffers of our own. */
typedef struct {
    ngx_chain_t                 *chain;
    ngx_chain_t                **last;
    ngx_chain_t                 *free;
    ngx_chain_t                 *busy;
    ngx_buf_t                   *tail;      /* of what is fed now */
} ngx_http_ioattest_flow_t;


struct ngx_http_ioattest_ctx_s {
    ngx_http_request_t          *request;
    ngx_http_ioattest_ctx_t     *previous;  /* of before a redirection */
    ngx_http_ioattest_loc_conf_t
                                *conf;
    ngx_http_ioattest_state_e    state;
    ngx_http_ioattest_verdict_e  verdict;
    ioa_status_t                 reason;
    ngx_int_t                    status;    /* HTTP, of a refusal; 0: by
                                               the table of reasons */

    /* with what attestations and the models list are asked */
    ngx_str_t                    authorization;
    ngx_http_ioattest_key_t      key;
    ngx_int_t                    api_status;    /* what the API said to it */
    ngx_uint_t                   retry_after;   /* seconds; 0: it did not */
    unsigned                     keyed:1;   /* key is set */
    unsigned                     spent:1;   /* key is used no more */

    /* the model */
    ngx_http_ioattest_model_t    model;
    unsigned                     named:1;
    unsigned                     resolved:1;

    /* the request */
    ioa_status_t                 scanned;   /* what its body says of "model" */
    ioa_status_t                 hashed;    /* why request32 is not set */
    ioa_cause_t                  cause;     /* of what is ambiguous */
    const char                  *cause_member;
    u_char                       request32[IOA_SHA256_LEN];
    unsigned                     read:1;
    unsigned                     have_request:1;    /* request32 is set */
    unsigned                     asked_stream:1;    /* "stream": true */

    /* what an upstream may change of it without being asked */
    size_t                       limit_rate;
    ngx_uint_t                   http_version;
    ngx_uint_t                   err_status;    /* of an error_page that has
                                                   led here; 0: of none */
    unsigned                     limit_rate_set:1;

    /* waiting */
    ngx_http_event_handler_pt    resume;    /* when it has an end */
    ngx_queue_t                  waiters;
    ngx_event_t                  poll;
    ngx_msec_t                   poll_delay;
    ngx_msec_t                   deadline;
    ngx_msec_t                   wait_from;
    ngx_msec_t                   waited;    /* in all */
    ngx_http_ioattest_waiter_t   waiter;    /* as the zone knows it */
    const char                  *look_at;   /* for the log of a refusal */
    ioa_status_t                 failed;    /* its response is refused */
    unsigned                     waiting:1;
    unsigned                     queued:1;

    /* the response */
    ioa_signature_t              signature;
    u_char                       address20[IOA_ADDRESS_LEN];
    u_char                       machine_key[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_http_ioattest_machine_t  machine;
    uint64_t                     verify_us;
    ioa_text_t                   text;
    ioa_body_t                  *body;      /* NULL: not hashed */
    u_char                       response32[IOA_SHA256_LEN];
    ngx_http_ioattest_held_t     held;
    ngx_http_ioattest_flow_t     flow;
    ngx_event_t                  beat;      /* while a stream waits */
    unsigned                     have_address:1;
    unsigned                     have_machine:1;
    unsigned                     have_response:1;   /* response32 is set */
    unsigned                     known:1;   /* the headers' signer is trusted */
    unsigned                     events:1;  /* signed by an event */
    unsigned                     flowing:1; /* its header has been sent */
    unsigned                     made:1;    /* a stream that is made anew */
    unsigned                     no_memory:1;
    unsigned                     headed:1;  /* a header went on from here */
    unsigned                     accel:1;   /* X-Accel-Redirect was heeded */
    unsigned                     complete:1;
    unsigned                     truncated:1;
    unsigned                     replaced:1;    /* our body has been sent */
};


ngx_http_ioattest_ctx_t *ngx_http_ioattest_ctx_create(ngx_http_request_t *r);

/*
 * The context of a main request, found even where a redirect has wiped it;
 * redirected, where given, tells whether one has.
 */
ngx_http_ioattest_ctx_t *ngx_http_ioattest_ctx_find(ngx_http_request_t *r,
    ngx_uint_t *redirected);

void ngx_http_ioattest_set_state(ngx_http_ioattest_ctx_t *ctx,
    ngx_http_ioattest_state_e state);
ngx_http_ioattest_counters_t *ngx_http_ioattest_counters(
    ngx_http_ioattest_ctx_t *ctx);
uint64_t ngx_http_ioattest_now_us(void);


#endif /* _NGX_HTTP_IOATTEST_CONTEXT_H_INCLUDED_ */
