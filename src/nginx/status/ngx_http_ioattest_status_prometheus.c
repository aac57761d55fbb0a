
/*
 * The status in Prometheus' text format, version 0.0.4.
 */


#include "zone/ngx_http_ioattest_walk.h"
#include "request/ngx_http_ioattest_conf.h"
#include "status/ngx_http_ioattest_status.h"


typedef void (*ngx_http_ioattest_metric_pt)(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);


static void ngx_http_ioattest_prom_value(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, const char *name, uint64_t value);
static void ngx_http_ioattest_prom_reasons(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, const char *name, const char *label,
    const ngx_atomic_t *count);
static void ngx_http_ioattest_prom_responses(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_attestations(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_triggers(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_requests(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_waited(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_dry_run(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_dry_run_reasons(
    ngx_http_ioattest_text_t *text, ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_machines(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_bytes(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_evictions(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_replay(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_resets(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_key(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_verify(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_attest(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_wait(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_histogram(ngx_http_ioattest_text_t *text,
    const char *name, ngx_str_t *label, ngx_http_ioattest_histogram_t *h);


static const struct {
    const char                   *name;
    const char                   *type;
    const char                   *help;
    ngx_http_ioattest_metric_pt   write;
} ngx_http_ioattest_metrics[] = {
    { "ioattest_responses_total", "counter",
      "Responses by verdict, and by reason where they were refused.",
      ngx_http_ioattest_prom_responses },
    { "ioattest_attestations_total", "counter",
      "Attestations of machines by result and reason.",
      ngx_http_ioattest_prom_attestations },
    { "ioattest_attestations_triggered_total", "counter",
      "Attestations by cause: a request that is not sent yet, a response of "
      "an unknown signer, or the background.",
      ngx_http_ioattest_prom_triggers },
    { "ioattest_requests_total", "counter",
      "Verified responses by how the signed text matches the request.",
      ngx_http_ioattest_prom_requests },
    { "ioattest_requests_waited_total", "counter",
      "Requests that waited for attestations.",
      ngx_http_ioattest_prom_waited },
    { "ioattest_dry_run_would_reject_total", "counter",
      "Requests and responses that ioattest_dry_run let pass.",
      ngx_http_ioattest_prom_dry_run },
    { "ioattest_dry_run_rejected_total", "counter",
      "The same by reason.",
      ngx_http_ioattest_prom_dry_run_reasons },
    { "ioattest_machines", "gauge",
      "Machines that are trusted now.",
      ngx_http_ioattest_prom_machines },
    { "ioattest_model_machines", "gauge",
      "Machines of a model that are trusted now.",
      ngx_http_ioattest_prom_model_machines },
    { "ioattest_model_in_flight", "gauge",
      "Attestations of a model that are under way.",
      ngx_http_ioattest_prom_model_in_flight },
    { "ioattest_model_draws", "gauge",
      "Attestations of a model since the last one that met a new machine.",
      ngx_http_ioattest_prom_model_draws },
    { "ioattest_model_unseen_ratio", "gauge",
      "Upper bound, with a probability of 99.9 %, of the share of a model's "
      "responses that come from machines which no attestation has met.",
      ngx_http_ioattest_prom_model_unseen },
    { "ioattest_machine_expires_seconds", "gauge",
      "Time until the first of a model's trusted machines expires, unless it "
      "is attested again.",
      ngx_http_ioattest_prom_model_expires },
    { "ioattest_zone_bytes", "gauge",
      "Shared memory of a zone by state.",
      ngx_http_ioattest_prom_bytes },
    { "ioattest_zone_evictions_total", "counter",
      "Entries that were dropped early to make room.",
      ngx_http_ioattest_prom_evictions },
    { "ioattest_replay_evictions_total", "counter",
      "Texts that left the replay window before their time.",
      ngx_http_ioattest_prom_replay },
    { "ioattest_zone_resets_total", "counter",
      "Times that a zone was emptied because a worker died changing it.",
      ngx_http_ioattest_prom_resets },
    { "ioattest_key_refused_total", "counter",
      "Times that the API refused a key of the gateway's own.",
      ngx_http_ioattest_prom_key },
    { "ioattest_verify_seconds", "histogram",
      "Time spent on verifying a response.",
      ngx_http_ioattest_prom_verify },
    { "ioattest_attest_seconds", "histogram",
      "Duration of attestations, including the API's time.",
      ngx_http_ioattest_prom_attest },
    { "ioattest_wait_seconds", "histogram",
      "Time that a request waited for attestations.",
      ngx_http_ioattest_prom_wait }
};


void
ngx_http_ioattest_status_prometheus(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text)
{
    ngx_uint_t                       i, m;
    ngx_http_ioattest_zone_t       **zone;
    ngx_http_ioattest_scrape_t      *scrape;
    ngx_http_ioattest_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_ioattest_module);
    zone = mcf->zones.elts;

    scrape = ngx_pcalloc(r->pool, (mcf->zones.nelts + 1)
                                  * sizeof(ngx_http_ioattest_scrape_t));
    if (scrape == NULL) {
        text->failed = 1;
        return;
    }

    for (i = 0; i < mcf->zones.nelts; i++) {
        scrape[i].zone = zone[i];
        scrape[i].counters = ngx_http_ioattest_store_counters(zone[i]);
        scrape[i].label = ngx_http_ioattest_text_escape(text,
                                                        zone[i]->name.data,
                                                        zone[i]->name.len);

        ngx_http_ioattest_scrape_models(text, &scrape[i]);
    }

    for (m = 0;
         m < sizeof(ngx_http_ioattest_metrics)
             / sizeof(ngx_http_ioattest_metrics[0]);
         m++)
    {
        ngx_http_ioattest_text_add(text, "# HELP %s %s\n# TYPE %s %s\n",
                                   ngx_http_ioattest_metrics[m].name,
                                   ngx_http_ioattest_metrics[m].help,
                                   ngx_http_ioattest_metrics[m].name,
                                   ngx_http_ioattest_metrics[m].type);

        for (i = 0; i < mcf->zones.nelts; i++) {
            ngx_http_ioattest_metrics[m].write(text, &scrape[i]);
        }
    }
}


/* A value whose only label is its zone. */

static void
ngx_http_ioattest_prom_value(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, const char *name, uint64_t value)
{
    ngx_http_ioattest_text_add(text, "%s{zone=\"%V\"} %uL\n", name,
                               &scrape->label, value);
}


/* Each reason, also with 0: a rate needs a first value. */

static void
ngx_http_ioattest_prom_reasons(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, const char *name, const char *label,
    const ngx_atomic_t *count)
{
    ngx_uint_t  i;

    for (i = 1; i < IOA_STATUS_MAX; i++) {
        ngx_http_ioattest_text_add(text,
                                   "%s{zone=\"%V\",%sreason=\"%s\"} %uA\n",
                                   name, &scrape->label, label,
                                   ioa_status_name(i), count[i]);
    }
}


static void
ngx_http_ioattest_prom_responses(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_counters_t  *c;

    c = scrape->counters;

    ngx_http_ioattest_text_add(text,
                               "ioattest_responses_total{zone=\"%V\","
                               "verdict=\"verified\",reason=\"\"} %uA\n"
                               "ioattest_responses_total{zone=\"%V\","
                               "verdict=\"unsigned\",reason=\"\"} %uA\n",
                               &scrape->label, c->verified,
                               &scrape->label, c->unsigned_errors);

    ngx_http_ioattest_prom_reasons(text, scrape, "ioattest_responses_total",
                                   "verdict=\"rejected\",", c->rejected);
}


static void
ngx_http_ioattest_prom_attestations(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_counters_t  *c;

    c = scrape->counters;

    ngx_http_ioattest_text_add(text,
                               "ioattest_attestations_total{zone=\"%V\","
                               "result=\"verified\",reason=\"\"} %uA\n",
                               &scrape->label, c->attest_verified);

    ngx_http_ioattest_prom_reasons(text, scrape,
                                   "ioattest_attestations_total",
                                   "result=\"rejected\",",
                                   c->attest_rejected);
}


static void
ngx_http_ioattest_prom_triggers(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_uint_t  i;

    /* as ngx_http_ioattest_trigger_e */
    static const char *const  names[] = { "gate", "signer", "background" };

    for (i = 0; i < NGX_HTTP_IOATTEST_TRIGGER_MAX; i++) {
        ngx_http_ioattest_text_add(text,
                                   "ioattest_attestations_triggered_total"
                                   "{zone=\"%V\",trigger=\"%s\"} %uA\n",
                                   &scrape->label, names[i],
                                   scrape->counters->attest_trigger[i]);
    }
}


static void
ngx_http_ioattest_prom_requests(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_counters_t  *c;

    c = scrape->counters;

    ngx_http_ioattest_text_add(text,
                               "ioattest_requests_total{zone=\"%V\","
                               "result=\"match\"} %uA\n"
                               "ioattest_requests_total{zone=\"%V\","
                               "result=\"mismatch\"} %uA\n"
                               "ioattest_requests_total{zone=\"%V\","
                               "result=\"unknown\"} %uA\n",
                               &scrape->label, c->requests_match,
                               &scrape->label, c->requests_mismatch,
                               &scrape->label, c->requests_unknown);
}


static void
ngx_http_ioattest_prom_waited(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape,
                                 "ioattest_requests_waited_total",
                                 scrape->counters->requests_waited);
}


static void
ngx_http_ioattest_prom_dry_run(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape,
                                 "ioattest_dry_run_would_reject_total",
                                 scrape->counters->dry_run);
}


static void
ngx_http_ioattest_prom_dry_run_reasons(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_reasons(text, scrape,
                                   "ioattest_dry_run_rejected_total", "",
                                   scrape->counters->dry_run_rejected);
}


static void
ngx_http_ioattest_prom_machines(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape, "ioattest_machines",
                                 scrape->machines);
}


static void
ngx_http_ioattest_prom_bytes(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    size_t  used;

    used = ngx_http_ioattest_store_used_bytes(scrape->zone);

    ngx_http_ioattest_text_add(text,
                               "ioattest_zone_bytes{zone=\"%V\","
                               "state=\"used\"} %uz\n"
                               "ioattest_zone_bytes{zone=\"%V\","
                               "state=\"free\"} %uz\n",
                               &scrape->label, used, &scrape->label,
                               scrape->zone->shm_zone->shm.size - used);
}


static void
ngx_http_ioattest_prom_evictions(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape,
                                 "ioattest_zone_evictions_total",
                                 scrape->counters->evicted);
}


static void
ngx_http_ioattest_prom_replay(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape,
                                 "ioattest_replay_evictions_total",
                                 scrape->counters->replay_evicted);
}


static void
ngx_http_ioattest_prom_resets(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape, "ioattest_zone_resets_total",
                                 ngx_http_ioattest_store_resets(scrape->zone));
}


static void
ngx_http_ioattest_prom_key(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape, "ioattest_key_refused_total",
                                 scrape->counters->key_refused);
}


static void
ngx_http_ioattest_prom_verify(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_histogram(text, "ioattest_verify_seconds",
                                     &scrape->label,
                                     &scrape->counters->verify);
}


static void
ngx_http_ioattest_prom_attest(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_histogram(text, "ioattest_attest_seconds",
                                     &scrape->label,
                                     &scrape->counters->attest);
}


static void
ngx_http_ioattest_prom_wait(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_histogram(text, "ioattest_wait_seconds",
                                     &scrape->label,
                                     &scrape->counters->wait);
}


static void
ngx_http_ioattest_prom_histogram(ngx_http_ioattest_text_t *text,
    const char *name, ngx_str_t *label, ngx_http_ioattest_histogram_t *h)
{
    uint64_t    count, us;
    ngx_uint_t  i;

    count = 0;

    for (i = 0; i < NGX_HTTP_IOATTEST_BUCKETS; i++) {
        count += h->bucket[i];
        us = ngx_http_ioattest_bucket_us[i];

        ngx_http_ioattest_text_add(text,
                                   "%s_bucket{zone=\"%V\",le=\"%uL.%06uL\"} "
                                   "%uL\n", name, label, us / 1000000,
                                   us % 1000000, count);
    }

    count += h->bucket[i];
    us = h->sum_us;

    ngx_http_ioattest_text_add(text,
                               "%s_bucket{zone=\"%V\",le=\"+Inf\"} %uL\n"
                               "%s_sum{zone=\"%V\"} %uL.%06uL\n"
                               "%s_count{zone=\"%V\"} %uL\n",
                               name, label, count, name, label, us / 1000000,
                               us % 1000000, name, label, count);
}
