
/*
 * The status in Prometheus' text format, version 0.0.4.
 */


#include "zone/ngx_http_ioattest_walk.h"
#include "request/ngx_http_ioattest_conf.h"
#include "status/ngx_http_ioattest_status.h"


typedef void (*ngx_http_ioattest_metric_pt)(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);


static void ngx_http_ioattest_prom_responses(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_attestations(
    ngx_http_ioattest_text_t *text, ngx_http_ioattest_zone_t *zone,
    ngx_str_t *label);
static void ngx_http_ioattest_prom_requests(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_dry_run(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_machines(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_bytes(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_evictions(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_replay(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_resets(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_key(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_verify(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_attest(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
static void ngx_http_ioattest_prom_wait(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label);
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
    { "ioattest_requests_total", "counter",
      "Verified responses by what their text says of the request.",
      ngx_http_ioattest_prom_requests },
    { "ioattest_dry_run_would_reject_total", "counter",
      "Responses that ioattest_dry_run let pass.",
      ngx_http_ioattest_prom_dry_run },
    { "ioattest_machines", "gauge",
      "Machines that are trusted now.",
      ngx_http_ioattest_prom_machines },
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
      "Times that a zone was emptied after a worker had died holding it.",
      ngx_http_ioattest_prom_resets },
    { "ioattest_key_refused_total", "counter",
      "Times that the API refused a key of the gateway's own.",
      ngx_http_ioattest_prom_key },
    { "ioattest_verify_seconds", "histogram",
      "Time spent on verifying a response.",
      ngx_http_ioattest_prom_verify },
    { "ioattest_attest_seconds", "histogram",
      "Time that an attestation took, the API's included.",
      ngx_http_ioattest_prom_attest },
    { "ioattest_wait_seconds", "histogram",
      "Time that a request waited for attestations.",
      ngx_http_ioattest_prom_wait }
};


void
ngx_http_ioattest_status_prometheus(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text)
{
    ngx_str_t                        label;
    ngx_uint_t                       i, m;
    ngx_http_ioattest_zone_t       **zone;
    ngx_http_ioattest_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_ioattest_module);
    zone = mcf->zones.elts;

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
            label = ngx_http_ioattest_text_escape(text, zone[i]->name.data,
                                                  zone[i]->name.len);
            ngx_http_ioattest_metrics[m].write(text, zone[i], &label);
        }
    }
}


static void
ngx_http_ioattest_prom_responses(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_uint_t                     i;
    ngx_http_ioattest_counters_t  *c;

    c = ngx_http_ioattest_store_counters(zone);

    ngx_http_ioattest_text_add(text,
                               "ioattest_responses_total{zone=\"%V\","
                               "verdict=\"verified\",reason=\"\"} %uA\n"
                               "ioattest_responses_total{zone=\"%V\","
                               "verdict=\"unsigned\",reason=\"\"} %uA\n",
                               label, c->verified, label, c->unsigned_errors);

    for (i = 1; i < IOA_STATUS_MAX; i++) {
        ngx_http_ioattest_text_add(text,
                                   "ioattest_responses_total{zone=\"%V\","
                                   "verdict=\"rejected\",reason=\"%s\"} %uA\n",
                                   label, ioa_status_name(i), c->rejected[i]);
    }
}


static void
ngx_http_ioattest_prom_attestations(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_uint_t                     i;
    ngx_http_ioattest_counters_t  *c;

    c = ngx_http_ioattest_store_counters(zone);

    ngx_http_ioattest_text_add(text,
                               "ioattest_attestations_total{zone=\"%V\","
                               "result=\"verified\",reason=\"\"} %uA\n",
                               label, c->attest_verified);

    for (i = 1; i < IOA_STATUS_MAX; i++) {

        if (c->attest_rejected[i] == 0) {
            continue;
        }

        ngx_http_ioattest_text_add(text,
                                   "ioattest_attestations_total{zone=\"%V\","
                                   "result=\"rejected\",reason=\"%s\"} %uA\n",
                                   label, ioa_status_name(i),
                                   c->attest_rejected[i]);
    }
}


static void
ngx_http_ioattest_prom_requests(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_http_ioattest_counters_t  *c;

    c = ngx_http_ioattest_store_counters(zone);

    ngx_http_ioattest_text_add(text,
                               "ioattest_requests_total{zone=\"%V\","
                               "result=\"match\"} %uA\n"
                               "ioattest_requests_total{zone=\"%V\","
                               "result=\"mismatch\"} %uA\n"
                               "ioattest_requests_total{zone=\"%V\","
                               "result=\"unknown\"} %uA\n",
                               label, c->requests_match,
                               label, c->requests_mismatch,
                               label, c->requests_unknown);
}


static void
ngx_http_ioattest_prom_dry_run(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_http_ioattest_text_add(text,
                               "ioattest_dry_run_would_reject_total"
                               "{zone=\"%V\"} %uA\n", label,
                         ngx_http_ioattest_store_counters(zone)->dry_run);
}


static void
ngx_http_ioattest_prom_machines(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_uint_t                  i, n, count;
    ngx_http_ioattest_row_t     rows[NGX_HTTP_IOATTEST_ROWS];
    ngx_http_ioattest_cursor_t  cursor;

    ngx_memzero(&cursor, sizeof(ngx_http_ioattest_cursor_t));
    count = 0;

    for ( ;; ) {
        n = ngx_http_ioattest_store_rows(zone, &cursor, rows,
                                         NGX_HTTP_IOATTEST_ROWS);
        if (n == 0) {
            break;
        }

        for (i = 0; i < n; i++) {
            count += (rows[i].kind == NGX_HTTP_IOATTEST_NODE_MACHINE
                      && rows[i].machine.expires_at > ngx_time());
        }
    }

    ngx_http_ioattest_text_add(text, "ioattest_machines{zone=\"%V\"} %ui\n",
                               label, count);
}


static void
ngx_http_ioattest_prom_bytes(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    size_t  used;

    used = ngx_http_ioattest_store_used_bytes(zone);

    ngx_http_ioattest_text_add(text,
                               "ioattest_zone_bytes{zone=\"%V\","
                               "state=\"used\"} %uz\n"
                               "ioattest_zone_bytes{zone=\"%V\","
                               "state=\"free\"} %uz\n",
                               label, used, label,
                               zone->shm_zone->shm.size - used);
}


static void
ngx_http_ioattest_prom_evictions(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_http_ioattest_text_add(text,
                               "ioattest_zone_evictions_total{zone=\"%V\"} "
                               "%uA\n", label,
                         ngx_http_ioattest_store_counters(zone)->evicted);
}


static void
ngx_http_ioattest_prom_replay(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_http_ioattest_text_add(text,
                               "ioattest_replay_evictions_total"
                               "{zone=\"%V\"} %uA\n", label,
                  ngx_http_ioattest_store_counters(zone)->replay_evicted);
}


static void
ngx_http_ioattest_prom_resets(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_http_ioattest_text_add(text,
                               "ioattest_zone_resets_total{zone=\"%V\"} %ui\n",
                               label, ngx_http_ioattest_store_resets(zone));
}


static void
ngx_http_ioattest_prom_key(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_http_ioattest_text_add(text,
                               "ioattest_key_refused_total{zone=\"%V\"} "
                               "%uA\n", label,
                      ngx_http_ioattest_store_counters(zone)->key_refused);
}


static void
ngx_http_ioattest_prom_verify(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_http_ioattest_prom_histogram(text, "ioattest_verify_seconds", label,
                        &ngx_http_ioattest_store_counters(zone)->verify);
}


static void
ngx_http_ioattest_prom_attest(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_http_ioattest_prom_histogram(text, "ioattest_attest_seconds", label,
                        &ngx_http_ioattest_store_counters(zone)->attest);
}


static void
ngx_http_ioattest_prom_wait(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_str_t *label)
{
    ngx_http_ioattest_prom_histogram(text, "ioattest_wait_seconds", label,
                        &ngx_http_ioattest_store_counters(zone)->wait);
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
