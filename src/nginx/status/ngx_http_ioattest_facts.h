
/*
 * What the status says, whatever its format: read once from the zones and the
 * configuration, so that no two formats disagree.
 */


#ifndef _NGX_HTTP_IOATTEST_FACTS_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_FACTS_H_INCLUDED_


#include "zone/ngx_http_ioattest_walk.h"
#include "request/ngx_http_ioattest_conf.h"


/* A model, or a machine that is trusted now. */
typedef struct {
    ngx_http_ioattest_row_t        row;

    /* of a location that attests under its policy; NULL: none does now */
    ngx_http_ioattest_loc_conf_t  *conf;

    /* of a machine: when it is attested again, ms from now */
    ngx_uint_t                     renews;
    ngx_msec_t                     renewal;
} ngx_http_ioattest_fact_t;


typedef struct {
    uint64_t                       bucket[NGX_HTTP_IOATTEST_BUCKETS + 1];
    uint64_t                       sum_us;
} ngx_http_ioattest_spread_t;


/* A copy of a zone's counters, or the sum of those of all zones. */
typedef struct {
    uint64_t                       verified;
    uint64_t                       unsigned_errors;
    uint64_t                       rejected[IOA_STATUS_MAX];
    uint64_t                       attested;
    uint64_t                       failed[IOA_STATUS_MAX];
    uint64_t                       trigger[NGX_HTTP_IOATTEST_TRIGGER_MAX];
    uint64_t                       match;
    uint64_t                       mismatch;
    uint64_t                       unknown;
    uint64_t                       waited;
    uint64_t                       dry_run;
    uint64_t                       dry_run_rejected[IOA_STATUS_MAX];
    uint64_t                       key_refused;
    time_t                         key_refused_at;  /* the last; 0: none */
    uint64_t                       evicted;
    uint64_t                       replay_evicted;
    ngx_http_ioattest_spread_t     verify;
    ngx_http_ioattest_spread_t     attest;
    ngx_http_ioattest_spread_t     wait;
} ngx_http_ioattest_counts_t;


typedef struct {
    ngx_http_ioattest_zone_t      *zone;
    ngx_http_ioattest_counts_t     counts;
    size_t                         size;
    size_t                         used;
    ngx_uint_t                     resets;
    ngx_uint_t                     replay_used;
    ngx_uint_t                     replay_size;
    ngx_uint_t                     leases;
    ngx_uint_t                     in_flight;
    ngx_array_t                    machines;    /* ngx_http_ioattest_fact_t* */
    ngx_array_t                    models;      /* likewise */
    ngx_uint_t                     recent_n;
    ngx_http_ioattest_recent_t     recent[NGX_HTTP_IOATTEST_RECENT];

    /* when the first vendor's document ends on which the evidence of a
       machine rests, and the first manifest of a reference; 0: none does */
    time_t                         documents_end;
    time_t                         reference_end;

    /* policies under which platforms are judged by the TCB to come, each as
       its location: ngx_http_ioattest_loc_conf_t* */
    ngx_array_t                    early;
} ngx_http_ioattest_zone_facts_t;


typedef struct {
    time_t                          now;
    ngx_uint_t                      n;
    ngx_http_ioattest_zone_facts_t *zones;
    ngx_http_ioattest_counts_t      counts;     /* of all zones */
    ngx_array_t                    *changes;    /* of policies */
    ngx_array_t                    *audits;     /* ngx_http_ioattest_audit_t* */
} ngx_http_ioattest_facts_t;


/* as ngx_http_ioattest_trigger_e */
extern const char *const  ngx_http_ioattest_trigger_names[];

/* as ngx_http_ioattest_show_e */
extern const char *const  ngx_http_ioattest_show_names[];


/* status_early: facts->early.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_facts_early(
    ngx_http_ioattest_zone_facts_t *facts,
    ngx_http_ioattest_main_conf_t *mcf, ngx_pool_t *pool);

/* NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_ioattest_facts(ngx_http_request_t *r,
    ngx_http_ioattest_facts_t *facts);

/* counts */

void ngx_http_ioattest_counts_read(ngx_http_ioattest_counts_t *to,
    const ngx_http_ioattest_counters_t *from);
void ngx_http_ioattest_counts_add(ngx_http_ioattest_counts_t *to,
    const ngx_http_ioattest_counts_t *from);

/* How many times were observed. */
uint64_t ngx_http_ioattest_spread_count(
    const ngx_http_ioattest_spread_t *spread);

/* The sum over all reasons. */
uint64_t ngx_http_ioattest_counts_sum(const uint64_t *reasons);

/* The first name of the server that the location is in. */
ngx_str_t ngx_http_ioattest_fact_server(ngx_http_ioattest_loc_conf_t *conf);

/*
 * When a machine was attested and when it expires.  The monotonic clock
 * decides; the time noted is shown, unless the wall clock was set since.
 */
time_t ngx_http_ioattest_fact_attested(
    const ngx_http_ioattest_fact_t *machine, time_t now);
time_t ngx_http_ioattest_fact_expires(
    const ngx_http_ioattest_fact_t *machine, time_t now);


#endif /* _NGX_HTTP_IOATTEST_FACTS_H_INCLUDED_ */
