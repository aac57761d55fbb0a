
/*
 * The top of the page: whether all is well, and what needs a look.
 */


#include "status/ngx_http_ioattest_html.h"


/* notes that are shown */
#define NGX_HTTP_IOATTEST_HTML_NOTES     12

/* days before the end of something that needs a look */
#define NGX_HTTP_IOATTEST_HTML_SOON      3
#define NGX_HTTP_IOATTEST_HTML_REFERENCE 14


typedef struct {
    ngx_http_ioattest_text_t  *text;
    ngx_uint_t                 n;
} ngx_http_ioattest_notes_page_t;


static void ngx_http_ioattest_html_note(
    ngx_http_ioattest_notes_page_t *page, const char *class,
    const char *fmt, ...);
static void ngx_http_ioattest_html_note_models(
    ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_zone_facts_t *zone);
static void ngx_http_ioattest_html_note_zone(
    ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);
static void ngx_http_ioattest_html_note_changes(
    ngx_http_ioattest_notes_page_t *page,
    const ngx_http_ioattest_facts_t *facts);


ngx_uint_t
ngx_http_ioattest_html_notes(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts)
{
    ngx_uint_t                      i;
    ngx_http_ioattest_notes_page_t  page;

    page.text = text;
    page.n = 0;

    for (i = 0; i < facts->n; i++) {
        ngx_http_ioattest_html_note_models(&page, &facts->zones[i]);
        ngx_http_ioattest_html_note_zone(&page, &facts->zones[i], facts->now);
    }

    ngx_http_ioattest_html_note_changes(&page, facts);

    if (page.n == 0) {
        ngx_http_ioattest_text_add(text, "<p class=\"state good\">Nothing "
                                   "needs a look.</p>\n");
        return 0;
    }

    ngx_http_ioattest_text_add(text, "</ul>\n");

    if (page.n > NGX_HTTP_IOATTEST_HTML_NOTES) {
        ngx_http_ioattest_text_add(text, "<p class=\"more\">and %ui more: "
                                   "see below</p>\n",
                                   page.n - NGX_HTTP_IOATTEST_HTML_NOTES);
    }

    return page.n;
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

        if (row->known == 0 && row->wanted) {
            ngx_http_ioattest_html_note(page, "bad", "<b>%V</b>: no machine "
                                        "is trusted%s%s", &name,
                                        row->failing != IOA_OK
                                        ? ", attestations fail: " : "",
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
