
/*
 * The status in Prometheus' text format, version 0.0.4.
 */


#include "status/ngx_http_ioattest_status.h"


typedef void (*ngx_http_ioattest_metric_pt)(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);


static void ngx_http_ioattest_prom_value(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, const char *name, uint64_t value);
static void ngx_http_ioattest_prom_reasons(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, const char *name, const char *label,
    const uint64_t *count);
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
static void ngx_http_ioattest_prom_documents(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_reference(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_until(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, const char *name, time_t end);
static void ngx_http_ioattest_prom_verify(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_attest(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_wait(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
static void ngx_http_ioattest_prom_histogram(ngx_http_ioattest_text_t *text,
    const char *name, ngx_str_t *label, const ngx_http_ioattest_spread_t *h);


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
      "Verified responses by how the signed text matches the request; with "
      "ioattest_bind response of a sample of them.",
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
    { "ioattest_model_refused_machines", "gauge",
      "Addresses of a model whose evidence was refused of late.",
      ngx_http_ioattest_prom_model_refused },
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
    { "ioattest_documents_expire_seconds", "gauge",
      "Time until the first vendor's document ends on which the evidence of a "
      "trusted machine rests.",
      ngx_http_ioattest_prom_documents },
    { "ioattest_reference_expires_seconds", "gauge",
      "Time until the first manifest of ioattest_gpu_reference ends, negative "
      "after that.",
      ngx_http_ioattest_prom_reference },
    { "ioattest_tcb_early", "gauge",
      "Trusted platforms that a policy will refuse when Intel asks for its "
      "next TCB.",
      ngx_http_ioattest_prom_early },
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
ngx_http_ioattest_status_prometheus(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts)
{
    ngx_uint_t                   i, m;
    ngx_http_ioattest_scrape_t  *scrape;

    scrape = ngx_pcalloc(text->pool, (facts->n + 1)
                                     * sizeof(ngx_http_ioattest_scrape_t));
    if (scrape == NULL) {
        text->failed = 1;
        return;
    }

    for (i = 0; i < facts->n; i++) {
        scrape[i].zone = &facts->zones[i];
        scrape[i].now = facts->now;
        scrape[i].label = ngx_http_ioattest_text_escape(text,
                                              facts->zones[i].zone->name.data,
                                              facts->zones[i].zone->name.len);

        ngx_http_ioattest_scrape_models(text, &scrape[i]);
    }

    ngx_http_ioattest_text_add(text,
                               "# HELP ioattest_build_info Versions of the "
                               "module, nginx and OpenSSL; always 1.\n"
                               "# TYPE ioattest_build_info gauge\n"
                               "ioattest_build_info{version=\"%s\","
                               "nginx=\"%s\",openssl=\"%s\"} 1\n",
                               NGX_HTTP_IOATTEST_VERSION, NGINX_VERSION,
                               ngx_http_ioattest_openssl());

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

        for (i = 0; i < facts->n; i++) {
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
    const uint64_t *count)
{
    ngx_uint_t  i;

    for (i = 1; i < IOA_STATUS_MAX; i++) {
        ngx_http_ioattest_text_add(text,
                                   "%s{zone=\"%V\",%sreason=\"%s\"} %uL\n",
                                   name, &scrape->label, label,
                                   ioa_status_name(i), count[i]);
    }
}


static void
ngx_http_ioattest_prom_responses(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    const ngx_http_ioattest_counts_t  *c;

    c = &scrape->zone->counts;

    ngx_http_ioattest_text_add(text,
                               "ioattest_responses_total{zone=\"%V\","
                               "verdict=\"verified\",reason=\"\"} %uL\n"
                               "ioattest_responses_total{zone=\"%V\","
                               "verdict=\"unsigned\",reason=\"\"} %uL\n",
                               &scrape->label, c->verified,
                               &scrape->label, c->unsigned_errors);

    ngx_http_ioattest_prom_reasons(text, scrape, "ioattest_responses_total",
                                   "verdict=\"rejected\",", c->rejected);
}


static void
ngx_http_ioattest_prom_attestations(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    const ngx_http_ioattest_counts_t  *c;

    c = &scrape->zone->counts;

    ngx_http_ioattest_text_add(text,
                               "ioattest_attestations_total{zone=\"%V\","
                               "result=\"verified\",reason=\"\"} %uL\n",
                               &scrape->label, c->attested);

    ngx_http_ioattest_prom_reasons(text, scrape,
                                   "ioattest_attestations_total",
                                   "result=\"rejected\",",
                                   c->failed);
}


static void
ngx_http_ioattest_prom_triggers(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_IOATTEST_TRIGGER_MAX; i++) {
        ngx_http_ioattest_text_add(text,
                                   "ioattest_attestations_triggered_total"
                                   "{zone=\"%V\",trigger=\"%s\"} %uL\n",
                                   &scrape->label,
                                   ngx_http_ioattest_trigger_names[i],
                                   scrape->zone->counts.trigger[i]);
    }
}


static void
ngx_http_ioattest_prom_requests(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    const ngx_http_ioattest_counts_t  *c;

    c = &scrape->zone->counts;

    ngx_http_ioattest_text_add(text,
                               "ioattest_requests_total{zone=\"%V\","
                               "result=\"match\"} %uL\n"
                               "ioattest_requests_total{zone=\"%V\","
                               "result=\"mismatch\"} %uL\n"
                               "ioattest_requests_total{zone=\"%V\","
                               "result=\"unknown\"} %uL\n",
                               &scrape->label, c->match,
                               &scrape->label, c->mismatch,
                               &scrape->label, c->unknown);
}


static void
ngx_http_ioattest_prom_waited(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape,
                                 "ioattest_requests_waited_total",
                                 scrape->zone->counts.waited);
}


static void
ngx_http_ioattest_prom_dry_run(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape,
                                 "ioattest_dry_run_would_reject_total",
                                 scrape->zone->counts.dry_run);
}


static void
ngx_http_ioattest_prom_dry_run_reasons(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_reasons(text, scrape,
                                   "ioattest_dry_run_rejected_total", "",
                                   scrape->zone->counts.dry_run_rejected);
}


static void
ngx_http_ioattest_prom_machines(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape, "ioattest_machines",
                                 scrape->zone->machines.nelts);
}


static void
ngx_http_ioattest_prom_bytes(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_text_add(text,
                               "ioattest_zone_bytes{zone=\"%V\","
                               "state=\"used\"} %uz\n"
                               "ioattest_zone_bytes{zone=\"%V\","
                               "state=\"free\"} %uz\n",
                               &scrape->label, scrape->zone->used,
                               &scrape->label,
                               scrape->zone->size - scrape->zone->used);
}


static void
ngx_http_ioattest_prom_evictions(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape,
                                 "ioattest_zone_evictions_total",
                                 scrape->zone->counts.evicted);
}


static void
ngx_http_ioattest_prom_replay(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape,
                                 "ioattest_replay_evictions_total",
                                 scrape->zone->counts.replay_evicted);
}


static void
ngx_http_ioattest_prom_resets(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape, "ioattest_zone_resets_total",
                                 scrape->zone->resets);
}


static void
ngx_http_ioattest_prom_key(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_value(text, scrape, "ioattest_key_refused_total",
                                 scrape->zone->counts.key_refused);
}


static void
ngx_http_ioattest_prom_documents(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_until(text, scrape,
                                 "ioattest_documents_expire_seconds",
                                 scrape->zone->documents_end);
}


static void
ngx_http_ioattest_prom_reference(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_until(text, scrape,
                                 "ioattest_reference_expires_seconds",
                                 scrape->zone->reference_end);
}


/* Omitted where there is no such thing. */

static void
ngx_http_ioattest_prom_until(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, const char *name, time_t end)
{
    if (end) {
        ngx_http_ioattest_text_add(text, "%s{zone=\"%V\"} %T\n", name,
                                   &scrape->label, end - scrape->now);
    }
}


static void
ngx_http_ioattest_prom_verify(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_histogram(text, "ioattest_verify_seconds",
                                     &scrape->label,
                                     &scrape->zone->counts.verify);
}


static void
ngx_http_ioattest_prom_attest(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_histogram(text, "ioattest_attest_seconds",
                                     &scrape->label,
                                     &scrape->zone->counts.attest);
}


static void
ngx_http_ioattest_prom_wait(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_http_ioattest_prom_histogram(text, "ioattest_wait_seconds",
                                     &scrape->label,
                                     &scrape->zone->counts.wait);
}


static void
ngx_http_ioattest_prom_histogram(ngx_http_ioattest_text_t *text,
    const char *name, ngx_str_t *label, const ngx_http_ioattest_spread_t *h)
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
