
/*
 * Pieces of the page: numbers, times, tables.
 */


#include "status/ngx_http_ioattest_html.h"


static const char *ngx_http_ioattest_html_span(u_char buf[32], time_t left);


void
ngx_http_ioattest_html_number(ngx_http_ioattest_text_t *text,
    const char *name, uint64_t value)
{
    u_char      digits[NGX_INT64_LEN + 1], grouped[2 * NGX_INT64_LEN], *p;
    ngx_uint_t  i, n;

    n = ngx_sprintf(digits, "%uL", value) - digits;
    p = grouped;

    for (i = 0; i < n; i++) {

        if (i && (n - i) % 3 == 0) {
            *p++ = ',';
        }

        *p++ = digits[i];
    }

    ngx_http_ioattest_text_add(text,
                               "<data class=\"%s\" value=\"%uL\">%*s</data>",
                               name, value, (size_t) (p - grouped), grouped);
}


void
ngx_http_ioattest_html_time(ngx_http_ioattest_text_t *text,
    const char *name, time_t at, time_t now)
{
    u_char       buf[32];
    ngx_str_t    when;
    const char  *span;

    if (at == 0) {
        ngx_http_ioattest_text_add(text, "<span class=\"%s none\">&ndash;"
                                   "</span>", name);
        return;
    }

    when = ngx_http_ioattest_text_time(text, at);
    span = ngx_http_ioattest_html_span(buf, at > now ? at - now : now - at);

    ngx_http_ioattest_text_add(text,
                               "<time class=\"%s\" datetime=\"%V\" "
                               "title=\"%V\">%s%s%s</time>",
                               name, &when, &when, at > now ? "in " : "",
                               span, at > now ? "" : " ago");
}


/* The largest unit of which there are two or more. */

static const char *
ngx_http_ioattest_html_span(u_char buf[32], time_t span)
{
    ngx_uint_t  i;

    static const struct {
        time_t       seconds;
        const char  *name;
    } units[] = {
        { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" }
    };

    for (i = 0; i < 3 && span < 2 * units[i].seconds; i++) { /* void */ }

    *ngx_sprintf(buf, "%T %s", span / units[i].seconds, units[i].name) = '\0';

    return (const char *) buf;
}


void
ngx_http_ioattest_html_share(ngx_http_ioattest_text_t *text,
    const char *name, uint64_t n, uint64_t all)
{
    ngx_str_t  value;

    value = ngx_http_ioattest_text_share(text, n, all);

    ngx_http_ioattest_text_add(text, "<data class=\"%s\" value=\"%V\">", name,
                               &value);

    if (n == 0 || n >= all) {
        ngx_http_ioattest_text_add(text, "%s", n ? "100 %" : "0 %");

    } else {
        ngx_http_ioattest_text_add(text, "%.1f %%", 100.0 * n / all);
    }

    ngx_http_ioattest_text_add(text, "</data>");
}


void
ngx_http_ioattest_html_address(ngx_http_ioattest_text_t *text,
    const u_char *address20)
{
    u_char  address[IOA_ADDRESS_TEXT_LEN];

    ioa_address_print(address, address20);

    ngx_http_ioattest_text_add(text, "<code class=\"address\">%*s</code>",
                               (size_t) IOA_ADDRESS_TEXT_LEN, address);
}


void
ngx_http_ioattest_html_table(ngx_http_ioattest_text_t *text,
    const char *name, const char *title, const char *const *columns)
{
    ngx_http_ioattest_text_add(text,
                               "<h3>%s</h3>\n<div class=\"wide\">"
                               "<table class=\"%s\">\n<thead><tr>",
                               title, name);

    while (*columns) {
        ngx_http_ioattest_text_add(text, "<th scope=\"col\">%s</th>",
                                   *columns++);
    }

    ngx_http_ioattest_text_add(text, "</tr></thead>\n<tbody>\n");
}


void
ngx_http_ioattest_html_table_end(ngx_http_ioattest_text_t *text,
    ngx_uint_t rows)
{
    ngx_http_ioattest_text_add(text, "</tbody></table></div>\n");

    if (rows > NGX_HTTP_IOATTEST_HTML_ROWS) {
        ngx_http_ioattest_text_add(text, "<p class=\"more\">%ui more are not "
                                   "shown here; the JSON has all.</p>\n",
                                   rows - NGX_HTTP_IOATTEST_HTML_ROWS);
    }
}
