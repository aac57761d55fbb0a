
/*
 * The top of the page: whether all is well, and what needs a look.
 */


#include "audit/ngx_http_ioattest_audit.h"
#include "status/ngx_http_ioattest_html.h"


/* notes that are shown */
#define NGX_HTTP_IOATTEST_HTML_NOTES     12

/* days before the end of something that needs a look */
#define NGX_HTTP_IOATTEST_HTML_SOON      3
#define NGX_HTTP_IOATTEST_HTML_REFERENCE 14


typedef struct {
    ngx_http_ioattest_text_t       *text;
    ngx_uint_t                      n;
    ngx_http_ioattest_html_look_t  *look;
} ngx_http_ioattest_notes_page_t;


static void ngx_http_ioattest_html_note(
    ngx_http_ioattest_notes_page_t *page, const char *class,
    const char *fmt, ...);
static void ngx_http_ioattest_html_note_models(
    ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_zone_facts_t *zone);
static void ngx_http_ioattest_html_note_recent(
    ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);
static void ngx_http_ioattest_html_note_zone(
    ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);
static void ngx_http_ioattest_html_note_changes(
    ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_facts_t *facts);
static void ngx_http_ioattest_html_note_audit(
    ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_facts_t *facts);


void
ngx_http_ioattest_html_notes(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts,
    ngx_http_ioattest_html_look_t *look)
{
    ngx_uint_t                      i;
    ngx_http_ioattest_notes_page_t  page;

    ngx_memzero(look, sizeof(ngx_http_ioattest_html_look_t));

    page.text = text;
    page.n = 0;
    page.look = look;

    for (i = 0; i < facts->n; i++) {
        ngx_http_ioattest_html_note_models(&page, &facts->zones[i]);
        ngx_http_ioattest_html_note_recent(&page, &facts->zones[i],
                                           facts->now);
        ngx_http_ioattest_html_note_zone(&page, &facts->zones[i], facts->now);
    }

    ngx_http_ioattest_html_note_changes(&page, facts);
    ngx_http_ioattest_html_note_audit(&page, facts);

    if (page.n == 0) {
        ngx_http_ioattest_text_add(text, "<p class=\"state good\">Nothing "
                                   "needs a look.</p>\n");
        return;
    }

    ngx_http_ioattest_text_add(text, "</ul>\n");

    if (page.n > NGX_HTTP_IOATTEST_HTML_NOTES) {
        ngx_http_ioattest_text_add(text, "<p class=\"more\">and %ui more: "
                                   "see below</p>\n",
                                   page.n - NGX_HTTP_IOATTEST_HTML_NOTES);
    }
}


static void
ngx_http_ioattest_html_note(ngx_http_ioattest_notes_page_t *page,
    const char *class, const char *fmt, ...)
{
    u_char   line[NGX_HTTP_IOATTEST_LINE / 2], *p;
    va_list  args;

    if (page->n++ >= NGX_HTTP_IOATTEST_HTML_NOTES) {
        return;
    }

    va_start(args, fmt);
    p = ngx_vslprintf(line, line + sizeof(line), fmt, args);
    va_end(args);

    ngx_http_ioattest_text_add(page->text, "%s<li class=\"%s\">%*s</li>\n",
                               page->n == 1 ? "<ul class=\"state\">\n" : "",
                               class, (size_t) (p - line), line);
}


static void
ngx_http_ioattest_html_note_models(ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_zone_facts_t *zone)
{
    ngx_str_t                       name;
    ngx_uint_t                      i;
    ngx_http_ioattest_fact_t      **fact;
    const ngx_http_ioattest_row_t  *row;

    fact = zone->models.elts;

    for (i = 0; i < zone->models.nelts; i++) {
        row = &fact[i]->row;

        if (fact[i]->conf == NULL) {
            continue;
        }

        name = ngx_http_ioattest_text_html(page->text, row->names.name,
                                           row->names.name_len);

        page->look->attestations |= (row->refused_n != 0
                                     || row->doubted != 0
                                     || row->failing != IOA_OK
                                     || (row->known == 0 && row->wanted));

        if (row->known == 0 && row->wanted) {
            ngx_http_ioattest_html_note(page, "bad", "<b>%V</b>: no machine "
                                        "is trusted%s%s", &name,
                                        row->failing != IOA_OK
                                        ? ", attestations fail: " : "",
                                        ioa_status_name(row->failing));

        } else if (row->failing != IOA_OK) {
            ngx_http_ioattest_html_note(page, "fair", "<b>%V</b>: "
                                        "attestations fail: %s", &name,
                                        ioa_status_name(row->failing));
        }

        if (row->census == NGX_HTTP_IOATTEST_SHOW_BEHIND) {
            ngx_http_ioattest_html_note(page, "fair", "<b>%V</b>: renewals "
                                        "come too late, "
                                        "<code>ioattest_parallel</code> is "
                                        "too low", &name);
        }

        if (row->refused_n) {
            ngx_http_ioattest_html_note(page, "fair", "<b>%V</b>: evidence "
                                        "of %ui %s was refused", &name,
                                        row->refused_n, row->refused_n == 1
                                        ? "address" : "addresses");
        }

        if (row->doubted) {
            ngx_http_ioattest_html_note(page, "fair", "<b>%V</b>: evidence "
                                        "was refused that names %ui trusted "
                                        "%s", &name, row->doubted,
                                        row->doubted == 1
                                        ? "machine" : "machines");
        }
    }
}


/* Refusals that no caller is to blame for, and of the gateway's own key. */

static void
ngx_http_ioattest_html_note_recent(ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    time_t                             at;
    ngx_uint_t                         i, dry, sent, unsent;
    const ngx_http_ioattest_recent_t  *one;

    dry = 0;
    sent = 0;
    unsent = 0;

    for (i = 0; i < zone->recent_n; i++) {
        one = &zone->recent[i];

        if (now - one->at >= NGX_HTTP_IOATTEST_HTML_FRESH) {
            continue;
        }

        if (one->dry_run) {
            dry += one->n;

        } else if (one->sent) {
            sent += one->n;

        } else {
            unsent += one->n;
        }
    }

    page->look->answers |= (sent || unsent);
    page->look->dry_run |= (dry != 0);

    if (sent) {
        ngx_http_ioattest_html_note(page, "bad", "%ui %s refused, the last "
                                    "one within an hour: see \"Refused of "
                                    "late\"", sent, sent == 1
                                    ? "answer was" : "answers were");
    }

    if (unsent) {
        ngx_http_ioattest_html_note(page, "bad", "%ui %s refused before "
                                    "anything was sent, the last one within "
                                    "an hour: see \"Refused of late\"", unsent,
                                    unsent == 1 ? "request was"
                                                : "requests were");
    }

    if (dry) {
        ngx_http_ioattest_html_note(page, "fair", "A dry run let %ui pass that "
                                    "would be refused, the last one within an "
                                    "hour: see \"Refused of late\"", dry);
    }

    at = zone->counts.key_refused_at;

    if (at && now - at < NGX_HTTP_IOATTEST_HTML_FRESH) {
        ngx_http_ioattest_html_note(page, "bad", "The API has refused the "
                                    "gateway's own key within an hour: see "
                                    "<code>ioattest_authorization</code>");
    }
}


static void
ngx_http_ioattest_html_note_zone(ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    time_t     left;
    ngx_str_t  name;

    name = ngx_http_ioattest_text_html(page->text, zone->zone->name.data,
                                       zone->zone->name.len);

    if (zone->used > zone->size / 10 * 9) {
        ngx_http_ioattest_html_note(page, "fair", "Zone <b>%V</b> is nearly "
                                    "full", &name);
    }

    if (zone->counts.evicted) {
        ngx_http_ioattest_html_note(page, "fair", "Zone <b>%V</b> is too "
                                    "small: entries are dropped early",
                                    &name);
    }

    if (zone->resets) {
        ngx_http_ioattest_html_note(page, "fair", "Zone <b>%V</b> was emptied: "
                                    "a worker died while it changed it",
                                    &name);
    }

    left = zone->documents_end - now;

    if (zone->documents_end
        && left < NGX_HTTP_IOATTEST_HTML_SOON * NGX_HTTP_IOATTEST_HTML_DAY)
    {
        ngx_http_ioattest_html_note(page, "fair", "A document that machines "
                                    "in zone <b>%V</b> rest on ends in %T "
                                    "hours", &name, left / 3600);
    }

    left = zone->reference_end - now;

    if (zone->reference_end
        && left < NGX_HTTP_IOATTEST_HTML_REFERENCE
                  * NGX_HTTP_IOATTEST_HTML_DAY)
    {
        ngx_http_ioattest_html_note(page, "fair", "A manifest of "
                                    "<code>ioattest_gpu_reference</code> "
                                    "%s", left < 0 ? "has expired"
                                                   : "expires soon");
    }
}


static void
ngx_http_ioattest_html_note_changes(ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_facts_t *facts)
{
    ngx_uint_t                         i, n;
    const ngx_http_ioattest_change_t  *change;

    change = facts->changes->elts;
    n = 0;

    for (i = 0; i < facts->changes->nelts; i++) {

        n += (change[i].loosens
              && facts->now - change[i].at < NGX_HTTP_IOATTEST_HTML_DAY);
    }

    if (n) {
        ngx_http_ioattest_html_note(page, "fair", "A policy has been "
                                    "loosened within a day: %ui %s below", n,
                                    n == 1 ? "line" : "lines");
    }
}


static void
ngx_http_ioattest_html_note_audit(ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_facts_t *facts)
{
    ngx_str_t                         name;
    ngx_uint_t                        i;
    ngx_http_ioattest_audit_t       **audit;
    ngx_http_ioattest_audit_chain_t   chain;

    audit = facts->audits->elts;

    for (i = 0; i < facts->audits->nelts; i++) {
        ngx_http_ioattest_audit_state(audit[i], &chain);

        if (chain.lost) {
            name = ngx_http_ioattest_text_html(page->text,
                                               audit[i]->name.data,
                                               audit[i]->name.len);
            ngx_http_ioattest_html_note(page, "bad", "%uL %s of the audit log "
                                        "<code>%V</code> cannot be written",
                                        chain.lost, chain.lost == 1
                                        ? "line" : "lines", &name);
        }
    }
}
