
/*
 * The status as JSON.
 */


#include "status/ngx_http_ioattest_status.h"

#include <openssl/crypto.h>


static void ngx_http_ioattest_json_build(ngx_http_ioattest_text_t *text);
static void ngx_http_ioattest_json_zone(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);
static void ngx_http_ioattest_json_recent(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone);
static void ngx_http_ioattest_json_changes(ngx_http_ioattest_text_t *text,
    const ngx_array_t *changes);
static void ngx_http_ioattest_json_counts(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_counts_t *counts);
static void ngx_http_ioattest_json_spread(ngx_http_ioattest_text_t *text,
    const char *name, const ngx_http_ioattest_spread_t *spread);
static void ngx_http_ioattest_json_reasons(ngx_http_ioattest_text_t *text,
    const uint64_t *count);


void
ngx_http_ioattest_status_json(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts)
{
    ngx_uint_t  i;

    ngx_http_ioattest_text_add(text, "{\"version\":\"%s\",",
                               NGX_HTTP_IOATTEST_VERSION);
    ngx_http_ioattest_json_build(text);
    ngx_http_ioattest_text_add(text, "\"zones\":[");

    for (i = 0; i < facts->n; i++) {
        ngx_http_ioattest_text_add(text, i ? "," : "");
        ngx_http_ioattest_json_zone(text, &facts->zones[i], facts->now);
    }

    ngx_http_ioattest_text_add(text, "],");
    ngx_http_ioattest_json_changes(text, facts->changes);
    ngx_http_ioattest_json_counts(text, &facts->counts);
    ngx_http_ioattest_json_audit(text, facts);
    ngx_http_ioattest_text_add(text, "}\n");
}


static void
ngx_http_ioattest_json_build(ngx_http_ioattest_text_t *text)
{
    ngx_http_ioattest_text_add(text, "\"build\":{\"version\":\"%s\","
                               "\"nginx\":\"%s\",\"openssl\":\"%s\"},",
                               NGX_HTTP_IOATTEST_VERSION, NGINX_VERSION,
                               ngx_http_ioattest_openssl());
}


/* That which is linked at run time. */

const char *
ngx_http_ioattest_openssl(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}


static void
ngx_http_ioattest_json_zone(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    ngx_str_t  name;

    name = ngx_http_ioattest_text_escape(text, zone->zone->name.data,
                                         zone->zone->name.len);

    ngx_http_ioattest_text_add(text,
                               "{\"name\":\"%V\",\"size\":%uz,\"used\":%uz,"
                               "\"evictions\":%uL,\"resets\":%ui,",
                               &name, zone->size, zone->used,
                               zone->counts.evicted, zone->resets);

    ngx_http_ioattest_text_add(text,
                               "\"replay\":{\"used\":%ui,\"size\":%ui,"
                               "\"evictions\":%uL},",
                               zone->replay_used, zone->replay_size,
                               zone->counts.replay_evicted);

    ngx_http_ioattest_json_rows(text, zone, now);
    ngx_http_ioattest_json_recent(text, zone);

    ngx_http_ioattest_text_add(text, "\"leases\":%ui,\"key_refused\":%uL,",
                               zone->leases, zone->counts.key_refused);

    ngx_http_ioattest_json_when(text, "key_refused_at",
                                zone->counts.key_refused_at);
    ngx_http_ioattest_json_when(text, "documents_end", zone->documents_end);
    ngx_http_ioattest_json_when(text, "reference_end", zone->reference_end);
    ngx_http_ioattest_json_counts(text, &zone->counts);
    ngx_http_ioattest_text_add(text, "}");
}


static void
ngx_http_ioattest_json_recent(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone)
{
    ngx_str_t                          name;
    ngx_uint_t                         i;
    const ngx_http_ioattest_recent_t  *one;

    ngx_http_ioattest_text_add(text, "\"recent\":[");

    for (i = 0; i < zone->recent_n; i++) {
        one = &zone->recent[i];
        name = ngx_http_ioattest_text_escape(text, one->name, one->name_len);

        ngx_http_ioattest_text_add(text, "%s{", i ? "," : "");
        ngx_http_ioattest_json_when(text, "at", one->at);
        ngx_http_ioattest_json_address(text, "address", one->have_address
                                                  ? one->address20 : NULL);
        ngx_http_ioattest_text_add(text,
                                   "\"reason\":\"%s\",\"count\":%ui,"
                                   "\"model\":\"%V\",\"sent\":%s,"
                                   "\"dry_run\":%s}",
                                   ioa_status_name(one->reason), one->n,
                                   &name, one->sent ? "true" : "false",
                                   one->dry_run ? "true" : "false");
    }

    ngx_http_ioattest_text_add(text, "],");
}


static void
ngx_http_ioattest_json_changes(ngx_http_ioattest_text_t *text,
    const ngx_array_t *changes)
{
    ngx_str_t                          name, line;
    ngx_uint_t                         i;
    const ngx_http_ioattest_change_t  *change;

    change = changes->elts;

    ngx_http_ioattest_text_add(text, "\"policy_changes\":[");

    for (i = 0; i < changes->nelts; i++) {
        name = ngx_http_ioattest_text_escape(text, change[i].name.data,
                                             change[i].name.len);
        line = ngx_http_ioattest_text_escape(text, change[i].line.data,
                                             change[i].line.len);

        ngx_http_ioattest_text_add(text, "%s{", i ? "," : "");
        ngx_http_ioattest_json_when(text, "at", change[i].at);
        ngx_http_ioattest_text_add(text, "\"policy\":\"%V\","
                                   "\"change\":\"%V\",\"loosens\":%s}",
                                   &name, &line,
                                   change[i].loosens ? "true" : "false");
    }

    ngx_http_ioattest_text_add(text, "],");
}


static void
ngx_http_ioattest_json_counts(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_counts_t *counts)
{
    const uint64_t  *trigger;

    trigger = counts->trigger;

    ngx_http_ioattest_text_add(text,
                               "\"responses\":{\"verified\":%uL,"
                               "\"unsigned\":%uL,\"rejected\":{",
                               counts->verified, counts->unsigned_errors);
    ngx_http_ioattest_json_reasons(text, counts->rejected);

    ngx_http_ioattest_text_add(text,
                               "}},\"attestations\":{\"verified\":%uL,"
                               "\"rejected\":{", counts->attested);
    ngx_http_ioattest_json_reasons(text, counts->failed);

    ngx_http_ioattest_text_add(text,
                               "},\"trigger\":{\"gate\":%uL,"
                               "\"signer\":%uL,\"background\":%uL}},",
                               trigger[NGX_HTTP_IOATTEST_TRIGGER_GATE],
                               trigger[NGX_HTTP_IOATTEST_TRIGGER_SIGNER],
                               trigger[NGX_HTTP_IOATTEST_TRIGGER_BACKGROUND]);

    ngx_http_ioattest_text_add(text,
                               "\"requests\":{\"match\":%uL,"
                               "\"mismatch\":%uL,\"unknown\":%uL},"
                               "\"requests_sample\":%d,"
                               "\"requests_waited\":%uL,"
                               "\"dry_run_would_reject\":%uL,"
                               "\"dry_run_rejected\":{",
                               counts->match, counts->mismatch,
                               counts->unknown, NGX_HTTP_IOATTEST_SAMPLE,
                               counts->waited,
                               counts->dry_run);
    ngx_http_ioattest_json_reasons(text, counts->dry_run_rejected);

    ngx_http_ioattest_text_add(text, "},\"times\":{");
    ngx_http_ioattest_json_spread(text, "verify", &counts->verify);
    ngx_http_ioattest_text_add(text, ",");
    ngx_http_ioattest_json_spread(text, "attest", &counts->attest);
    ngx_http_ioattest_text_add(text, ",");
    ngx_http_ioattest_json_spread(text, "wait", &counts->wait);
    ngx_http_ioattest_text_add(text, "}");
}


static void
ngx_http_ioattest_json_spread(ngx_http_ioattest_text_t *text,
    const char *name, const ngx_http_ioattest_spread_t *spread)
{
    ngx_http_ioattest_text_add(text, "\"%s\":{\"count\":%uL,"
                               "\"seconds\":%uL.%06uL}", name,
                               ngx_http_ioattest_spread_count(spread),
                               spread->sum_us / 1000000,
                               spread->sum_us % 1000000);
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
