
/*
 * The status as a page for people.  It needs no script and nothing else from
 * anywhere.  All text that is not ours goes through text_html().
 */


#include "status/ngx_http_ioattest_html.h"


static void ngx_http_ioattest_html_head(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts);
static void ngx_http_ioattest_html_tiles(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts,
    const ngx_http_ioattest_html_look_t *look);
static ngx_uint_t ngx_http_ioattest_html_trusted(
    const ngx_http_ioattest_facts_t *facts);


void
ngx_http_ioattest_status_html(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts)
{
    ngx_uint_t                     i;
    ngx_http_ioattest_html_look_t  look;

    ngx_http_ioattest_html_head(text, facts);
    ngx_http_ioattest_html_notes(text, facts, &look);
    ngx_http_ioattest_html_tiles(text, facts, &look);

    for (i = 0; i < facts->n; i++) {
        ngx_http_ioattest_html_zone(text, &facts->zones[i], facts->now);
    }

    ngx_http_ioattest_html_reasons(text, &facts->counts);
    ngx_http_ioattest_html_changes(text, facts->changes, facts->now);
    ngx_http_ioattest_html_audit(text, facts);
    ngx_http_ioattest_html_words(text);
    ngx_http_ioattest_text_add(text, "</main>\n</body>\n</html>\n");
}


static void
ngx_http_ioattest_html_head(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts)
{
    ngx_str_t  now;

    now = ngx_http_ioattest_text_time(text, facts->now);

    ngx_http_ioattest_text_add(text,
                        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                        "<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" "
                        "content=\"width=device-width, initial-scale=1\">\n"
                        "<meta name=\"color-scheme\" "
                        "content=\"light dark\">\n"
                        "<meta http-equiv=\"refresh\" content=\""
                        NGX_HTTP_IOATTEST_HTML_REFRESH "\">\n"
                        "<title>ioattest: %ui trusted</title>\n<style>",
                        ngx_http_ioattest_html_trusted(facts));

    ngx_http_ioattest_text_add(text, "%V", &ngx_http_ioattest_html_style);

    ngx_http_ioattest_text_add(text,
                        "</style>\n</head>\n<body>\n<header>\n"
                        "<h1>ioattest</h1>\n<p>version "
                        "<span class=\"version\">%s</span>, nginx %s, "
                        "OpenSSL %s</p>\n"
                        "<p>as of <time class=\"now\" datetime=\"%V\">%V"
                        "</time></p>\n</header>\n<main>\n",
                        NGX_HTTP_IOATTEST_VERSION, NGINX_VERSION,
                        ngx_http_ioattest_openssl(), &now, &now);
}


static ngx_uint_t
ngx_http_ioattest_html_trusted(const ngx_http_ioattest_facts_t *facts)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < facts->n; i++) {
        n += facts->zones[i].machines.nelts;
    }

    return n;
}


static void
ngx_http_ioattest_html_tiles(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts,
    const ngx_http_ioattest_html_look_t *look)
{
    ngx_uint_t                         i;
    const ngx_http_ioattest_counts_t  *c;

    c = &facts->counts;

    const struct {
        const char  *name;
        const char  *label;
        uint64_t     value;
        ngx_uint_t   alarms;
    } tiles[] = {
        { "machines", "machines trusted",
          ngx_http_ioattest_html_trusted(facts), 0 },
        { "responses-verified", "answers verified", c->verified, 0 },
        { "responses-rejected", "answers refused",
          ngx_http_ioattest_counts_sum(c->rejected), look->answers },
        { "responses-unsigned", "unsigned errors passed on",
          c->unsigned_errors, 0 },
        { "attestations-verified", "attestations verified", c->attested, 0 },
        { "attestations-rejected", "attestations refused or failed",
          ngx_http_ioattest_counts_sum(c->failed), look->attestations },
        { "requests-waited", "requests that waited", c->waited, 0 },
        { "dry-run", "let pass by a dry run", c->dry_run, look->dry_run }
    };

    ngx_http_ioattest_text_add(text, "<ul class=\"tiles\">\n");

    for (i = 0; i < sizeof(tiles) / sizeof(tiles[0]); i++) {
        ngx_http_ioattest_text_add(text, "<li%s>",
                                   tiles[i].alarms && tiles[i].value
                                   ? " class=\"look\"" : "");
        ngx_http_ioattest_html_number(text, tiles[i].name, tiles[i].value);
        ngx_http_ioattest_text_add(text, " <span>%s</span></li>\n",
                                   tiles[i].label);
    }

    ngx_http_ioattest_text_add(text, "</ul>\n");
}
