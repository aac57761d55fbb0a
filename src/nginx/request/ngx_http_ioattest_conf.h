
/*
 * The configuration of the module and of a location, read by all folders.
 * The directives are read in module/.
 */


#ifndef _NGX_HTTP_IOATTEST_CONF_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_CONF_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "zone/ngx_http_ioattest_zone.h"
#include "audit/ngx_http_ioattest_audit.h"


#define NGX_HTTP_IOATTEST_VERSION   IOA_VERSION

/* beside IOA_CPU_TDX and IOA_CPU_SEV_SNP */
#define NGX_HTTP_IOATTEST_CPU_OFF      0x8000

#define NGX_HTTP_IOATTEST_BIND_OFF       IOA_BIND_OFF
#define NGX_HTTP_IOATTEST_BIND_RESPONSE  IOA_BIND_RESPONSE
#define NGX_HTTP_IOATTEST_BIND_BOTH      IOA_BIND_BOTH

#define NGX_HTTP_IOATTEST_STREAM_TAIL  0
#define NGX_HTTP_IOATTEST_STREAM_HOLD  1

#define NGX_HTTP_IOATTEST_POOL_ANY  0
#define NGX_HTTP_IOATTEST_POOL_ALL  1

#define NGX_HTTP_IOATTEST_EVENT_PASS  0
#define NGX_HTTP_IOATTEST_EVENT_DROP  1

#define NGX_HTTP_IOATTEST_STATUS_AUTO        0
#define NGX_HTTP_IOATTEST_STATUS_JSON        1
#define NGX_HTTP_IOATTEST_STATUS_PROMETHEUS  2
#define NGX_HTTP_IOATTEST_STATUS_HTML        3

/*
 * Where no request's hash decides about its response, it is computed for the
 * counters that say whether it could: of each request until a zone has
 * counted so many, then of the first of so many.
 */
#define NGX_HTTP_IOATTEST_SAMPLE_BEGIN       1000
#define NGX_HTTP_IOATTEST_SAMPLE             64

/* changes of policies that are kept, the latest ones */
#define NGX_HTTP_IOATTEST_CHANGES            32


/* A policy file, for the comparison at a reload. */
typedef struct {
    ngx_str_t                    name;
    ioa_policy_file_t           *file;
    ngx_uint_t                   compared;
} ngx_http_ioattest_policy_t;


/* A member of a policy that a reload has changed. */
typedef struct {
    time_t                       at;
    ngx_str_t                    name;      /* of the policy */
    ngx_str_t                    line;      /* "+ " or "- ", and the member */
    ngx_uint_t                   loosens;   /* it may take what it did not */
    ngx_uint_t                   fresh;     /* by the last reload */
} ngx_http_ioattest_change_t;


/* One "ioattest_prewarm" directive. */
typedef struct {
    ngx_array_t                  names;     /* ngx_str_t */
    ngx_str_t                    file;
    ngx_uint_t                   line;
} ngx_http_ioattest_prewarm_t;


/* What a worker last made of the variables in the gateway's own key. */
typedef struct {
    ngx_http_ioattest_key_t      key;
    ngx_uint_t                   known;     /* key is set */
    ngx_uint_t                   tried;     /* at is set */
    ngx_msec_t                   at;        /* last evaluation */
} ngx_http_ioattest_own_t;


typedef struct ngx_http_ioattest_loc_conf_s  ngx_http_ioattest_loc_conf_t;


/* A name of "ioattest_prewarm", and a location that it applies to. */
typedef struct {
    ngx_str_t                    name;
    ngx_http_ioattest_loc_conf_t *conf;
} ngx_http_ioattest_wish_t;


/* What is attested in the background for a server under one policy. */
typedef struct {
    ngx_http_ioattest_loc_conf_t *conf;     /* the first of confs */
    ngx_array_t                  confs;     /* loc_conf_t*, one for each key
                                               and "ioattest_model_id" */
    ngx_array_t                  prewarm;   /* ngx_http_ioattest_wish_t */
    u_char                       origin32[NGX_HTTP_IOATTEST_KEY_LEN];
} ngx_http_ioattest_target_t;


typedef struct {
    ngx_array_t                  attested;  /* loc_conf_t* */
    ngx_array_t                  targets;   /* ngx_http_ioattest_target_t */
    ngx_array_t                  prewarms;  /* prewarm_t* */
    ngx_array_t                  zones;     /* zone_t* */
    ngx_array_t                  policies;  /* ngx_http_ioattest_policy_t */
    ngx_array_t                  audits;    /* ngx_http_ioattest_audit_t* */
    ioa_policy_file_t           *no_policy; /* where a location has none */
    ioa_chain_cache_t           *cache;     /* of intermediates */
    ngx_uint_t                   enabled;   /* some location is protected */
    ngx_uint_t                   logged;    /* $ioattest_request_sha256 is */
    ngx_array_t                  changes;   /* ngx_http_ioattest_change_t */
} ngx_http_ioattest_main_conf_t;


struct ngx_http_ioattest_loc_conf_s {
    ngx_flag_t                   enable;
    ngx_str_t                    zone_name;
    ngx_http_ioattest_zone_t    *zone;      /* NULL: off */

    ngx_flag_t                   dry_run;
    ngx_flag_t                   pass_errors;
    ngx_flag_t                   ssl_verify;

    ngx_http_conf_ctx_t         *server;    /* that the location is in */

    ngx_str_t                    request;   /* uri */
    ngx_str_t                    models;    /* uri; empty: off */

    ngx_http_complex_value_t    *model;
    ngx_http_complex_value_t    *model_id;

    ngx_http_complex_value_t    *authorization; /* NULL: the client's own */
    ngx_uint_t                   own_key;   /* the gateway's */
    ngx_http_ioattest_own_t      own;       /* if own_key has variables */

    time_t                       valid;
    time_t                       refresh;
    ngx_uint_t                   attempts;
    ngx_uint_t                   parallel;
    ngx_uint_t                   pool;
    ngx_msec_t                   timeout;
    ngx_msec_t                   wait;
    ngx_msec_t                   fail_timeout;
    ngx_msec_t                   background;
    ngx_http_ioattest_prewarm_t *prewarm;
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
    ioa_reference_t             *gpu_reference;
    ngx_str_t                    policy_name;
    ioa_policy_file_t           *policy_file;

    ngx_str_t                    collateral;        /* uris; empty: off */
    ngx_str_t                    amd_kds;
    ngx_uint_t                   amd_no_crl;        /* it need not have one */
    ngx_str_t                    nras;
    ngx_str_t                    nras_jwks;
    time_t                       slack;
    ngx_str_t                    gpu_ocsp;
    ngx_uint_t                   gpu_hold;          /* it is accepted */
    ngx_str_t                    collateral_early;

    ngx_str_t                    thread_pool_name;  /* empty: off */
#if (NGX_THREADS)
    ngx_thread_pool_t           *thread_pool;
#endif

    ngx_array_t                 *image_digests;     /* ioa_bytes_t */
    ngx_array_t                 *trust;             /* 20 bytes each */

    ngx_uint_t                   status_format;

    ngx_http_ioattest_audit_t   *audit;             /* NULL: off */
    ngx_http_ioattest_evidence_dir_t
                                 evidence;          /* path NULL: off */
    ioa_defaults_t              *request_defaults;

    /*
     * Set for a server that lacks settings which its locations add; a request
     * that matches none of these locations is refused.
     */
    ngx_uint_t                   incomplete;

    /* the place of "ioattest", or else of the block's beginning */
    ngx_str_t                    file;
    ngx_uint_t                   line;

    /* warnings that were given: see ngx_http_ioattest_conf_first() */
    ngx_uint_t                   warned;
    size_t                       body_buffer_size;
    off_t                        max_body_size;
    ngx_uint_t                   body_in_file_only;

    /* computed from the above after the merge */
    ngx_http_ioattest_limits_t   limits;
    ioa_policy_t                 policy;
    u_char                       policy32[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                       origin32[NGX_HTTP_IOATTEST_KEY_LEN];

    /* requests of this worker, of which some are hashed as a sample */
    ngx_uint_t                   requests;
};


extern ngx_module_t  ngx_http_ioattest_module;


#endif /* _NGX_HTTP_IOATTEST_CONF_H_INCLUDED_ */
