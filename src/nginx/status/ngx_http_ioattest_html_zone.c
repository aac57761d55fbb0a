
/*
 * A zone on the page: its memory, its machines, and what was counted in it.
 */


#include "status/ngx_http_ioattest_html.h"


static void ngx_http_ioattest_html_memory(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);
static void ngx_http_ioattest_html_facts(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);
static void ngx_http_ioattest_html_fact(ngx_http_ioattest_text_t *text,
    const char *before, const char *name, uint64_t value, const char *after);
static void ngx_http_ioattest_html_spread(ngx_http_ioattest_text_t *text,
    const char *before, const char *name,
    const ngx_http_ioattest_spread_t *spread);


void
ngx_http_ioattest_html_zone(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    ngx_str_t  name;

    name = ngx_http_ioattest_text_html(text, zone->zone->name.data,
                                       zone->zone->name.len);

    ngx_http_ioattest_text_add(text,
                               "<section class=\"zone\">\n"
                               "<h2>Zone <span class=\"zone-name\">%V</span>"
                               "</h2>\n", &name);

    ngx_http_ioattest_html_memory(text, zone, now);
    ngx_http_ioattest_html_models(text, zone, now);
    ngx_http_ioattest_html_machines(text, zone, now);
    ngx_http_ioattest_html_refused(text, zone, now);
    ngx_http_ioattest_html_recent(text, zone, now);
    ngx_http_ioattest_html_facts(text, zone, now);

    ngx_http_ioattest_text_add(text, "</section>\n");
}


static void
ngx_http_ioattest_html_memory(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    ngx_http_ioattest_text_add(text, "<p class=\"memory\">"
                               "<meter min=\"0\" max=\"%uz\" high=\"%uz\" "
                               "optimum=\"0\" value=\"%uz\"></meter> ",
                               zone->size, zone->size / 10 * 9, zone->used);

    ngx_http_ioattest_html_number(text, "zone-used", zone->used);
    ngx_http_ioattest_text_add(text, " of ");
    ngx_http_ioattest_html_number(text, "zone-size", zone->size);
    ngx_http_ioattest_text_add(text, " bytes, ");
    ngx_http_ioattest_html_number(text, "zone-machines",
                                  zone->machines.nelts);
    ngx_http_ioattest_text_add(text, " machines trusted, ");
    ngx_http_ioattest_html_number(text, "zone-in-flight", zone->in_flight);
    ngx_http_ioattest_text_add(text, " attestations in flight");

    if (zone->documents_end) {
        ngx_http_ioattest_text_add(text, ", the first vendor's document "
                                   "ends ");
        ngx_http_ioattest_html_time(text, "documents-end",
                                    zone->documents_end, now);
    }

    if (zone->reference_end) {
        ngx_http_ioattest_text_add(text, ", the first manifest of a "
                                   "reference ");
        ngx_http_ioattest_html_time(text, "reference-end",
                                    zone->reference_end, now);
    }

    ngx_http_ioattest_text_add(text, "</p>\n");
}


static void
ngx_http_ioattest_html_facts(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    const uint64_t                    *trigger;
    const ngx_http_ioattest_counts_t  *c;

    static const char *const  columns[] = { "Of", "Since the start", NULL };

    c = &zone->counts;
    trigger = c->trigger;

    ngx_http_ioattest_html_table(text, "facts", "Counted in this zone",
                                 columns);

    ngx_http_ioattest_html_fact(text, "<tr><td>requests, compared with what "
                                "was signed</td><td>", "match", c->match,
                                " match, ");
    ngx_http_ioattest_html_fact(text, "", "mismatch", c->mismatch,
                                " do not, ");
    ngx_http_ioattest_html_fact(text, "", "unknown", c->unknown,
                                " cannot be compared</td></tr>\n");

    ngx_http_ioattest_html_fact(text, "<tr><td>attestations, by what they were "
                                "for</td><td>", "gate",
                                trigger[NGX_HTTP_IOATTEST_TRIGGER_GATE],
                                " before a request is sent, ");
    ngx_http_ioattest_html_fact(text, "", "signer",
                                trigger[NGX_HTTP_IOATTEST_TRIGGER_SIGNER],
                                " for the signer of an answer, ");
    ngx_http_ioattest_html_fact(text, "", "background",
                                trigger[NGX_HTTP_IOATTEST_TRIGGER_BACKGROUND],
                                " in the background</td></tr>\n");

    ngx_http_ioattest_text_add(text, "<tr><td>times, on average</td><td>");
    ngx_http_ioattest_html_spread(text, "verifying ", "verify", &c->verify);
    ngx_http_ioattest_html_spread(text, ", attesting ", "attest", &c->attest);
    ngx_http_ioattest_html_spread(text, ", waiting ", "wait", &c->wait);
    ngx_http_ioattest_text_add(text, "</td></tr>\n");

    ngx_http_ioattest_html_fact(text, "<tr><td>the replay window</td><td>",
                                "replay-used", zone->replay_used,
                                " texts remembered of ");
    ngx_http_ioattest_html_fact(text, "", "replay-size", zone->replay_size,
                                zone->replay_size ? ", "
                                : " (<code>ioattest_replay</code> is off), ");
    ngx_http_ioattest_html_fact(text, "", "replay-evictions",
                                c->replay_evicted,
                                " dropped before their time</td></tr>\n");

    ngx_http_ioattest_html_fact(text, "<tr><td>this zone's memory</td><td>",
                                "evictions", c->evicted,
                                " entries dropped early for room, emptied ");
    ngx_http_ioattest_html_fact(text, "", "resets", zone->resets,
                                " times after a worker had died</td></tr>\n");

    ngx_http_ioattest_html_fact(text, "<tr><td>the gateway's own key</td><td>"
                                "refused ", "key-refused", c->key_refused,
                                " times");

    if (c->key_refused_at) {
        ngx_http_ioattest_text_add(text, ", last ");
        ngx_http_ioattest_html_time(text, "key-refused-at",
                                    c->key_refused_at, now);
    }

    ngx_http_ioattest_text_add(text, "</td></tr>\n");
    ngx_http_ioattest_html_table_end(text, 0);
}


static void
ngx_http_ioattest_html_fact(ngx_http_ioattest_text_t *text,
    const char *before, const char *name, uint64_t value, const char *after)
{
    ngx_http_ioattest_text_add(text, "%s", before);
    ngx_http_ioattest_html_number(text, name, value);
    ngx_http_ioattest_text_add(text, "%s", after);
}


static void
ngx_http_ioattest_html_spread(ngx_http_ioattest_text_t *text,
    const char *before, const char *name,
    const ngx_http_ioattest_spread_t *spread)
{
    uint64_t  n, us;

    n = ngx_http_ioattest_spread_count(spread);
    us = n ? spread->sum_us / n : 0;

    ngx_http_ioattest_text_add(text, "%s<span class=\"%s-mean\">", before,
                               name);

    if (n == 0) {
        ngx_http_ioattest_text_add(text, "&ndash;");

    } else if (us < 1000) {
        ngx_http_ioattest_text_add(text, "%uL us", us);

    } else {
        ngx_http_ioattest_text_add(text, "%uL.%uL ms", us / 1000,
                                   us % 1000 / 100);
    }

    ngx_http_ioattest_text_add(text, "</span> (");
    ngx_http_ioattest_html_number(text, name, n);
    ngx_http_ioattest_text_add(text, ")");
}
