
/*
 * The status as JSON.
 */


#include "zone/ngx_http_ioattest_walk.h"
#include "request/ngx_http_ioattest_conf.h"
#include "status/ngx_http_ioattest_status.h"


typedef struct {
    uint64_t    verified;
    uint64_t    unsigned_errors;
    uint64_t    rejected[IOA_STATUS_MAX];
    uint64_t    attested;
    uint64_t    failed[IOA_STATUS_MAX];
    uint64_t    match;
    uint64_t    mismatch;
    uint64_t    unknown;
    uint64_t    dry_run;
    uint64_t    dry_run_rejected[IOA_STATUS_MAX];
    uint64_t    trigger[NGX_HTTP_IOATTEST_TRIGGER_MAX];
    uint64_t    waited;
} ngx_http_ioattest_totals_t;


static void ngx_http_ioattest_json_zone(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_totals_t *all);
static void ngx_http_ioattest_json_total(ngx_http_ioattest_totals_t *t,
    const ngx_http_ioattest_counters_t *c);
static void ngx_http_ioattest_json_counts(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_totals_t *t);
static void ngx_http_ioattest_json_reasons(ngx_http_ioattest_text_t *text,
    const uint64_t *count);


void
ngx_http_ioattest_status_json(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text)
{
    ngx_uint_t                       i;
    ngx_http_ioattest_zone_t       **zone;
    ngx_http_ioattest_totals_t       all;
    ngx_http_ioattest_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_ioattest_module);
    zone = mcf->zones.elts;

    ngx_memzero(&all, sizeof(ngx_http_ioattest_totals_t));

    ngx_http_ioattest_text_add(text, "{\"version\":\"%s\",\"zones\":[",
                               NGX_HTTP_IOATTEST_VERSION);

    for (i = 0; i < mcf->zones.nelts; i++) {
        ngx_http_ioattest_text_add(text, i ? "," : "");
        ngx_http_ioattest_json_zone(r, text, zone[i], &all);
    }

    ngx_http_ioattest_text_add(text, "],");
    ngx_http_ioattest_json_counts(text, &all);
    ngx_http_ioattest_json_audit(r, text);
    ngx_http_ioattest_text_add(text, "}\n");
}


static void
ngx_http_ioattest_json_zone(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_totals_t *all)
{
    ngx_str_t                      name;
    ngx_uint_t                     used, size;
    ngx_http_ioattest_totals_t     t;
    ngx_http_ioattest_counters_t  *c;

    c = ngx_http_ioattest_store_counters(zone);

    ngx_memzero(&t, sizeof(ngx_http_ioattest_totals_t));
    ngx_http_ioattest_json_total(&t, c);
    ngx_http_ioattest_json_total(all, c);

    name = ngx_http_ioattest_text_escape(text, zone->name.data,
                                         zone->name.len);

    ngx_http_ioattest_text_add(text,
                               "{\"name\":\"%V\",\"size\":%uz,\"used\":%uz,"
                               "\"evictions\":%uA,\"resets\":%ui,",
                               &name, zone->shm_zone->shm.size,
                               ngx_http_ioattest_store_used_bytes(zone),
                               c->evicted,
                               ngx_http_ioattest_store_resets(zone));

    ngx_http_ioattest_replay_count(zone, &used, &size);

    ngx_http_ioattest_text_add(text,
                               "\"replay\":{\"used\":%ui,\"size\":%ui,"
                               "\"evictions\":%uA},",
                               used, size, c->replay_evicted);

    ngx_http_ioattest_json_rows(r, text, zone);
    ngx_http_ioattest_json_counts(text, &t);
    ngx_http_ioattest_text_add(text, "}");
}


static void
ngx_http_ioattest_json_total(ngx_http_ioattest_totals_t *t,
    const ngx_http_ioattest_counters_t *c)
{
    ngx_uint_t  i;

    t->verified += c->verified;
    t->unsigned_errors += c->unsigned_errors;
    t->attested += c->attest_verified;
    t->match += c->requests_match;
    t->mismatch += c->requests_mismatch;
    t->unknown += c->requests_unknown;
    t->waited += c->requests_waited;
    t->dry_run += c->dry_run;

    for (i = 0; i < IOA_STATUS_MAX; i++) {
        t->rejected[i] += c->rejected[i];
        t->failed[i] += c->attest_rejected[i];
        t->dry_run_rejected[i] += c->dry_run_rejected[i];
    }

    for (i = 0; i < NGX_HTTP_IOATTEST_TRIGGER_MAX; i++) {
        t->trigger[i] += c->attest_trigger[i];
    }
}


static void
ngx_http_ioattest_json_counts(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_totals_t *t)
{
    ngx_http_ioattest_text_add(text,
                               "\"responses\":{\"verified\":%uL,"
                               "\"unsigned\":%uL,\"rejected\":{",
                               t->verified, t->unsigned_errors);
    ngx_http_ioattest_json_reasons(text, t->rejected);

    ngx_http_ioattest_text_add(text,
                               "}},\"attestations\":{\"verified\":%uL,"
                               "\"rejected\":{", t->attested);
    ngx_http_ioattest_json_reasons(text, t->failed);

    ngx_http_ioattest_text_add(text,
                               "},\"trigger\":{\"gate\":%uL,"
                               "\"signer\":%uL,\"background\":%uL}},",
                               t->trigger[NGX_HTTP_IOATTEST_TRIGGER_GATE],
                               t->trigger[NGX_HTTP_IOATTEST_TRIGGER_SIGNER],
                          t->trigger[NGX_HTTP_IOATTEST_TRIGGER_BACKGROUND]);

    ngx_http_ioattest_text_add(text,
                               "\"requests\":{\"match\":%uL,"
                               "\"mismatch\":%uL,\"unknown\":%uL},"
                               "\"requests_waited\":%uL,"
                               "\"dry_run_would_reject\":%uL,"
                               "\"dry_run_rejected\":{",
                               t->match, t->mismatch, t->unknown, t->waited,
                               t->dry_run);
    ngx_http_ioattest_json_reasons(text, t->dry_run_rejected);
    ngx_http_ioattest_text_add(text, "}");
}


static void
ngx_http_ioattest_json_reasons(ngx_http_ioattest_text_t *text,
    const uint64_t *count)
{
    ngx_uint_t  i, first;

    first = 1;

    for (i = 1; i < IOA_STATUS_MAX; i++) {

        if (count[i]) {
            ngx_http_ioattest_text_add(text, "%s\"%s\":%uL",
                                       first ? "" : ",",
                                       ioa_status_name(i), count[i]);
            first = 0;
        }
    }
}
