
/*
 * What the rooms of the request path share: configuration, request context,
 * states.  Floor F5.
 */


#ifndef _NGX_HTTP_IOATTEST_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "zone/ngx_http_ioattest_zone.h"


#define NGX_HTTP_IOATTEST_VERSION   "0.2.0"

/* our bit of r->buffered: the response waits for its verdict */
#define NGX_HTTP_IOATTEST_BUFFERED  0x08

/* beside IOA_CPU_TDX and IOA_CPU_SEV_SNP */
#define NGX_HTTP_IOATTEST_CPU_OFF      0x8000

#define NGX_HTTP_IOATTEST_BIND_OFF       0
#define NGX_HTTP_IOATTEST_BIND_RESPONSE  1
#define NGX_HTTP_IOATTEST_BIND_BOTH      2

#define NGX_HTTP_IOATTEST_STREAM_TAIL  0
#define NGX_HTTP_IOATTEST_STREAM_HOLD  1

#define NGX_HTTP_IOATTEST_EVENT_PASS  0
#define NGX_HTTP_IOATTEST_EVENT_DROP  1

#define NGX_HTTP_IOATTEST_STATUS_AUTO        0
#define NGX_HTTP_IOATTEST_STATUS_JSON        1
#define NGX_HTTP_IOATTEST_STATUS_PROMETHEUS  2


typedef struct ngx_http_ioattest_ctx_s  ngx_http_ioattest_ctx_t;
typedef struct ngx_http_ioattest_job_s  ngx_http_ioattest_job_t;
typedef struct ngx_http_ioattest_proof_s  ngx_http_ioattest_proof_t;


/* A policy file, for the comparison at a reload. */
typedef struct {
    ngx_str_t                    name;
    ioa_policy_file_t           *file;
    ngx_log_t                   *log;
} ngx_http_ioattest_policy_t;


typedef struct {
    ngx_array_t                  zones;     /* ngx_http_ioattest_zone_t * */
    ngx_array_t                  policies;  /* ngx_http_ioattest_policy_t */
    ioa_policy_file_t           *no_policy; /* where a location has none */
    ioa_chain_cache_t           *cache;     /* of intermediates */
    ngx_uint_t                   enabled;   /* some location is protected */
} ngx_http_ioattest_main_conf_t;


typedef struct {
    ngx_flag_t                   enable;
    ngx_str_t                    zone_name;
    ngx_http_ioattest_zone_t    *zone;      /* NULL: off */

    ngx_flag_t                   dry_run;
    ngx_flag_t                   pass_errors;
    ngx_flag_t                   ssl_verify;

    ngx_str_t                    request;   /* uri */
    ngx_str_t                    models;    /* uri; empty: off */

    ngx_http_complex_value_t    *model;
    ngx_http_complex_value_t    *model_id;

    ngx_http_complex_value_t    *authorization; /* NULL: the client's own */
    ngx_uint_t                   own_key;   /* it is the gateway's */

    time_t                       valid;
    time_t                       refresh;
    ngx_uint_t                   attempts;
    ngx_msec_t                   timeout;
    ngx_msec_t                   fail_timeout;
    size_t                       buffer_size;

    ngx_uint_t                   text;      /* ioa_text_form_e */
    ngx_uint_t                   bind;
    ngx_uint_t                   stream;
    ngx_uint_t                   event;
    ngx_msec_t                   replay;    /* 0: off */

    ngx_uint_t                   cpu;       /* IOA_CPU_..., or CPU_OFF */
    ngx_uint_t                   gpu;       /* ioa_gpu_mode_e */
    ngx_uint_t                   report_data;       /* ioa_report_data_e */
    ioa_roots_t                 *cpu_roots;
    ioa_roots_t                 *gpu_roots;
    ngx_str_t                    policy_name;
    ioa_policy_file_t           *policy_file;

    ngx_str_t                    collateral;        /* uris; empty: off */
    ngx_str_t                    amd_kds;
    ngx_str_t                    nras;
    ngx_str_t                    nras_jwks;
    time_t                       slack;

    ngx_str_t                    thread_pool_name;  /* empty: off */
#if (NGX_THREADS)
    ngx_thread_pool_t           *thread_pool;
#endif

    ngx_array_t                 *image_digests;     /* ioa_bytes_t */
    ngx_array_t                 *trust;             /* 20 bytes each */

    ngx_uint_t                   status_format;

    /*
     * A server whose locations add what is missing; a request that finds no
     * location there is refused.
     */
    ngx_uint_t                   incomplete;

    /* where "ioattest" stands, or else where this block begins */
    ngx_str_t                    file;
    ngx_uint_t                   line;

    /* what was warned of: see ngx_http_ioattest_conf_first() */
    ngx_uint_t                   warned;
    size_t                       body_buffer_size;
    off_t                        max_body_size;
    ngx_uint_t                   body_in_file_only;

    /* made of the above when they are merged */
    ngx_http_ioattest_limits_t   limits;
    ioa_policy_t                 policy;
    u_char                       policy32[NGX_HTTP_IOATTEST_KEY_LEN];
} ngx_http_ioattest_loc_conf_t;


#include "request/ngx_http_ioattest_context.h"


extern ngx_module_t  ngx_http_ioattest_module;


/* ctx */

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


/* wait: a request that stands still until a lease or a job of ours ends */

void ngx_http_ioattest_wait_begin(ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_wait_end(ngx_http_ioattest_ctx_t *ctx);
ngx_uint_t ngx_http_ioattest_wait_over(ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_wait_poll(ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_wait_wake(const u_char *key32);


/* phase */

ngx_int_t ngx_http_ioattest_phase_handler(ngx_http_request_t *r);


/* request */

/*
 * Reads what the body says: model, stream, and the hash that the agent will
 * take of it.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_request_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* 1 where headers say that a body is coded, in another way than identity. */
ngx_uint_t ngx_http_ioattest_coded(ngx_list_part_t *part);

/*
 * Takes out of the request's headers what would make the response another
 * one than the one that was signed.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_request_headers(ngx_http_request_t *r);

/* 1 where there is such a header, which only a dry run leaves in. */
ngx_uint_t ngx_http_ioattest_request_unwanted(ngx_http_request_t *r);

/*
 * model: returns NGX_OK, NGX_AGAIN while a job or a lease is waited for, or
 * NGX_ERROR; NGX_DECLINED with *reason where the request is to be refused.
 */
ngx_int_t ngx_http_ioattest_model_name(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason);
ngx_int_t ngx_http_ioattest_model_resolve(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ioa_status_t *reason);


/* key: whose attestations and lists are asked with */

/* Out: ctx->key and ctx->authorization.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_key_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/*
 * The reason of a job that was answered with another status than 200, and how
 * its lease is given back.
 */
ioa_status_t ngx_http_ioattest_key_judge(ngx_http_ioattest_job_t *job,
    ngx_int_t status, ngx_http_ioattest_give_e *how);

/* What a refusal says whose key rests. */
void ngx_http_ioattest_key_resting(ngx_http_ioattest_ctx_t *ctx,
    const ngx_http_ioattest_resting_t *rest);


/* filters */

ngx_int_t ngx_http_ioattest_filter_init(ngx_conf_t *cf);
ngx_int_t ngx_http_ioattest_header_filter(ngx_http_request_t *r);

/* hands a header on that is none of ours */
ngx_int_t ngx_http_ioattest_pass_header(ngx_http_request_t *r);

/* hands a response on that has its verdict; inside or outside a filter */
ngx_int_t ngx_http_ioattest_next_header(ngx_http_request_t *r);
ngx_int_t ngx_http_ioattest_next_body(ngx_http_request_t *r, ngx_chain_t *in);

ngx_int_t ngx_http_ioattest_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


/* bind: the signed text against the bytes that passed */

/* NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_bind_init(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
ioa_status_t ngx_http_ioattest_bind_update(ngx_http_ioattest_ctx_t *ctx,
    const u_char *data, size_t n);

/*
 * Judges a response that is complete: returns as signature_judge, NGX_OK
 * after bind_accept.
 */
ngx_int_t ngx_http_ioattest_bind_judge(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);

/*
 * The last checks of a response whose signer is trusted: the request's hash,
 * and replay.  To be called once.
 */
ngx_int_t ngx_http_ioattest_bind_accept(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);


/* held */

void ngx_http_ioattest_held_init(ngx_http_ioattest_held_t *held);
ngx_int_t ngx_http_ioattest_held_append(ngx_http_request_t *r,
    ngx_http_ioattest_held_t *held, const u_char *data, size_t n,
    size_t chunk);

/* Adds a buffer that ends the response, or flushes what was broken off. */
ngx_int_t ngx_http_ioattest_held_end(ngx_http_request_t *r,
    ngx_http_ioattest_held_t *held, ngx_uint_t truncated);


/* flow: what is shown of a stream */

/* Takes what is made of a stream, for ioa_sse_output; data is the ctx. */
int ngx_http_ioattest_flow_sink(void *data, const ioa_sse_piece_t *piece);

/* A buffer with nothing in it, and room for size bytes; NULL for an error. */
ngx_buf_t *ngx_http_ioattest_flow_get(ngx_http_ioattest_ctx_t *ctx,
    size_t size);

/* Adds a buffer to what is to be sent.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_flow_link(ngx_http_ioattest_ctx_t *ctx,
    ngx_buf_t *b);
ngx_int_t ngx_http_ioattest_flow_send(ngx_http_ioattest_ctx_t *ctx);

/* Sends on what waits below us; never with nothing to send. */
ngx_int_t ngx_http_ioattest_flow_push(ngx_http_ioattest_ctx_t *ctx);


/* stream */

ngx_int_t ngx_http_ioattest_stream_header(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
ngx_int_t ngx_http_ioattest_stream_body(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);

/* Adds to what is held the end of a stream that has verified. */
ngx_int_t ngx_http_ioattest_stream_close(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* Sends a heartbeat from time to time, as long as the verdict is waited for. */
void ngx_http_ioattest_stream_wait(ngx_http_ioattest_ctx_t *ctx);

/* Ends a stream that has begun, in place of what is held of it. */
ngx_int_t ngx_http_ioattest_stream_error(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);


/* hold */

/*
 * Called where the whole response is there and its signer is not known, or
 * it is to be refused: the request is taken out of the filters, and decided.
 */
ngx_int_t ngx_http_ioattest_hold_post(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
void ngx_http_ioattest_hold_resume(ngx_http_request_t *r);
ngx_int_t ngx_http_ioattest_hold_release(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);


/* upstream */

#define NGX_HTTP_IOATTEST_REDIRECTED                                         \
    "the request was redirected after it had been sent: "                    \
    "proxy_ignore_headers X-Accel-Redirect"

/*
 * Has a response that breaks off seen by the body filter, however it does.
 * NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_upstream_watch(ngx_http_request_t *r);

/* 1 where an upstream has sent the request of an open gate elsewhere. */
ngx_uint_t ngx_http_ioattest_upstream_redirects(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* Looks at each request right after a redirection. */
ngx_int_t ngx_http_ioattest_upstream_init(ngx_conf_t *cf);


/* headers */

/* Takes out of a verified response what would have it read as another one. */
void ngx_http_ioattest_headers_clean(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/* Trailers are in no signature. */
void ngx_http_ioattest_trailers_drop(ngx_http_request_t *r);

void ngx_http_ioattest_headers_restore(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);


/* verdict */

/* Reads the signature from the upstream's own headers. */
void ngx_http_ioattest_signature_read(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);

/*
 * NGX_OK: verified, and counted; NGX_AGAIN: signed by an address that is not
 * known; NGX_DECLINED with *reason: to be refused.
 */
ngx_int_t ngx_http_ioattest_signature_judge(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);

/* Judges the image digest against ctx->machine: NGX_OK or NGX_DECLINED. */
ngx_int_t ngx_http_ioattest_machine_judge(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t *reason);
void ngx_http_ioattest_verified(ngx_http_ioattest_ctx_t *ctx);


/* refuse */

/*
 * Writes the verdict down, counts and logs it.  Returns 1 where the response
 * is really to be refused, 0 in a dry run, where all goes on.
 */
ngx_uint_t ngx_http_ioattest_refuse(ngx_http_ioattest_ctx_t *ctx,
    ioa_status_t reason, const char *look_at);

/*
 * The same of a request that has no context.  One that passes in a dry run is
 * counted and logged once, however often it comes here.
 */
ngx_uint_t ngx_http_ioattest_refuse_subrequest(ngx_http_request_t *r);

ngx_int_t ngx_http_ioattest_refuse_json(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_str_t *json);

/*
 * Puts our answer in the place of nginx's page for the status, or of what is
 * sent by somebody who has not heeded that the header was refused.
 */
ngx_int_t ngx_http_ioattest_refuse_header(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx);
ngx_int_t ngx_http_ioattest_refuse_body(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx, ngx_chain_t *in);

/* A model's name or a digest as it may stand in a log line. */
ngx_str_t ngx_http_ioattest_printable(ngx_pool_t *pool, const u_char *data,
    size_t len);


/* variables, status */

const char *ngx_http_ioattest_cpu_name(ngx_uint_t cpu);

ngx_int_t ngx_http_ioattest_variables_add(ngx_conf_t *cf);
ngx_int_t ngx_http_ioattest_status_handler(ngx_http_request_t *r);


#include "subrequest/ngx_http_ioattest_job.h"


#endif /* _NGX_HTTP_IOATTEST_H_INCLUDED_ */
