
/*
 * The status as a page for people: see status_html.c.  For these files alone.
 */


#ifndef _NGX_HTTP_IOATTEST_HTML_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_HTML_H_INCLUDED_


#include "status/ngx_http_ioattest_status.h"


/* seconds after which the page loads itself again */
#define NGX_HTTP_IOATTEST_HTML_REFRESH   "10"

/* rows of one table; the JSON has all */
#define NGX_HTTP_IOATTEST_HTML_ROWS      200

#define NGX_HTTP_IOATTEST_HTML_DAY       86400


extern const ngx_str_t  ngx_http_ioattest_html_style;


/* html_parts */

/*
 * A number with its name, for those who read the page with a program:
 * <data class="name" value="1234">1,234</data>.
 */
void ngx_http_ioattest_html_number(ngx_http_ioattest_text_t *text,
    const char *name, uint64_t value);

/* "3 min ago", or "in 3 min", with the exact time; "-" for 0. */
void ngx_http_ioattest_html_time(ngx_http_ioattest_text_t *text,
    const char *name, time_t at, time_t now);

/* A share in per cent; value is what the JSON says. */
void ngx_http_ioattest_html_share(ngx_http_ioattest_text_t *text,
    const char *name, uint64_t n, uint64_t all);

void ngx_http_ioattest_html_address(ngx_http_ioattest_text_t *text,
    const u_char *address20);

/* The beginning of a table, with columns up to NULL. */
void ngx_http_ioattest_html_table(ngx_http_ioattest_text_t *text,
    const char *name, const char *title, const char *const *columns);

/* Its end; says how many rows are not shown. */
void ngx_http_ioattest_html_table_end(ngx_http_ioattest_text_t *text,
    ngx_uint_t rows);


/* refusals no older than this need a look, s */
#define NGX_HTTP_IOATTEST_HTML_FRESH     3600

/* Of which counters there is a note, so that they are shown as an alarm. */
typedef struct {
    ngx_uint_t  answers;
    ngx_uint_t  attestations;
    ngx_uint_t  dry_run;
} ngx_http_ioattest_html_look_t;


/* html_notes: what needs a look, and nothing below is red without a note */
void ngx_http_ioattest_html_notes(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts,
    ngx_http_ioattest_html_look_t *look);

/* html_zone */
void ngx_http_ioattest_html_zone(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);

/* html_words */
void ngx_http_ioattest_html_words(ngx_http_ioattest_text_t *text);

/* html_machines */
void ngx_http_ioattest_html_machines(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);

/* html_tables */
void ngx_http_ioattest_html_models(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);
void ngx_http_ioattest_html_refused(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);
void ngx_http_ioattest_html_recent(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);
void ngx_http_ioattest_html_reasons(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_counts_t *counts);
void ngx_http_ioattest_html_changes(ngx_http_ioattest_text_t *text,
    const ngx_array_t *changes, time_t now);


#endif /* _NGX_HTTP_IOATTEST_HTML_H_INCLUDED_ */
