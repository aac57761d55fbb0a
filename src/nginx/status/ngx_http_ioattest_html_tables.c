
/*
 * The page's other tables: models, what was refused, what has changed.
 */


#include "status/ngx_http_ioattest_html.h"


static void ngx_http_ioattest_html_model(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_fact_t *model, time_t now);


/* Without those of policies that no location has any more. */

void
ngx_http_ioattest_html_models(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    ngx_uint_t                  i, n;
    ngx_http_ioattest_fact_t  **fact;

    static const char *const  columns[] = {
        "Model", "Machines", "Not met: at most", "Census", "In flight",
        "Draws since the last new one", "Evidence refused", NULL
    };

    fact = zone->models.elts;
    n = 0;

    for (i = 0; i < zone->models.nelts; i++) {

        if (fact[i]->conf == NULL) {
            continue;
        }

        if (n++ == 0) {
            ngx_http_ioattest_html_table(text, "models", "Models", columns);
        }

        if (n <= NGX_HTTP_IOATTEST_HTML_ROWS) {
            ngx_http_ioattest_html_model(text, fact[i], now);
        }
    }

    if (n) {
        ngx_http_ioattest_html_table_end(text, n);
        return;
    }

    ngx_http_ioattest_text_add(text, "<h3>Models</h3>\n<p class=\"empty\">"
                               "None was asked for yet.</p>\n");
}


static void
ngx_http_ioattest_html_model(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_fact_t *model, time_t now)
{
    ngx_str_t                       name, server, policy;
    const ngx_http_ioattest_row_t  *row;

    row = &model->row;

    name = ngx_http_ioattest_text_html(text, row->names.name,
                                       row->names.name_len);
    server = ngx_http_ioattest_fact_server(model->conf);
    server = ngx_http_ioattest_text_html(text, server.data, server.len);
    policy = ngx_http_ioattest_text_policy(text, row->policy);

    ngx_http_ioattest_text_add(text,
                               "<tr><td><span class=\"model\">%V</span><br>"
                               "<small>policy <code class=\"policy\">%V"
                               "</code>%s<span class=\"server\">%V</span>"
                               "</small></td><td class=\"number%s\">",
                               &name, &policy, server.len ? " of " : "",
                               &server,
                               row->known == 0 && row->wanted ? " bad" : "");

    ngx_http_ioattest_html_number(text, "known", row->known);

    if (!row->wanted) {
        ngx_http_ioattest_text_add(text, "<br><small class=\"unwanted\">"
                                   "not asked for of late</small>");
    }

    ngx_http_ioattest_text_add(text, "</td><td class=\"number%s\">",
                               NGX_HTTP_IOATTEST_UNSEEN * 20 > row->draws
                               ? " fair" : "");
    ngx_http_ioattest_html_share(text, "unseen", NGX_HTTP_IOATTEST_UNSEEN,
                                 row->draws);

    ngx_http_ioattest_text_add(text, "</td><td><span class=\"census\">%s"
                               "</span>%s%s%s</td><td class=\"number\">",
                               ngx_http_ioattest_show_names[row->census],
                               row->failing != IOA_OK
                               ? "<br><small class=\"bad\">" : "",
                               ioa_status_name(row->failing),
                               row->failing != IOA_OK ? "</small>" : "");

    ngx_http_ioattest_html_number(text, "in-flight", row->in_flight);
    ngx_http_ioattest_text_add(text, "</td><td class=\"number\">");
    ngx_http_ioattest_html_number(text, "draws", row->draws);
    ngx_http_ioattest_text_add(text, " <small>");
    ngx_http_ioattest_html_time(text, "last-new", row->last_new, now);
    ngx_http_ioattest_text_add(text, "</small></td><td class=\"number\">");
    ngx_http_ioattest_html_share(text, "refused-share", row->share_refused,
                                 row->share_met + row->share_refused);
    ngx_http_ioattest_text_add(text, "</td></tr>\n");
}


/* Addresses that evidence named which was refused: a claim, no proof. */

void
ngx_http_ioattest_html_refused(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    ngx_str_t                       name;
    ngx_uint_t                      i, k, n;
    ngx_http_ioattest_fact_t      **fact;
    const ngx_http_ioattest_row_t  *row;

    static const char *const  columns[] = {
        "Address, by its own claim", "Model", "Reason", "Last time", NULL
    };

    fact = zone->models.elts;
    n = 0;

    for (i = 0; i < zone->models.nelts; i++) {
        row = &fact[i]->row;

        if (fact[i]->conf == NULL) {
            continue;
        }

        name = ngx_http_ioattest_text_html(text, row->names.name,
                                           row->names.name_len);

        for (k = 0; k < row->refused_n; k++) {

            if (n++ == 0) {
                ngx_http_ioattest_html_table(text, "refused",
                                             "Refused machines", columns);
            }

            if (n > NGX_HTTP_IOATTEST_HTML_ROWS) {
                continue;
            }

            ngx_http_ioattest_text_add(text, "<tr><td>");
            ngx_http_ioattest_html_address(text,
                                           row->refused[k].address20);
            ngx_http_ioattest_text_add(text, "</td><td class=\"model\">%V"
                                       "</td><td class=\"reason bad\">%s</td>"
                                       "<td>", &name,
                                       ioa_status_name(
                                           row->refused[k].reason));
            ngx_http_ioattest_html_time(text, "at", row->refused[k].at, now);
            ngx_http_ioattest_text_add(text, "</td></tr>\n");
        }
    }

    if (n) {
        ngx_http_ioattest_html_table_end(text, n);
    }
}


void
ngx_http_ioattest_html_recent(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    ngx_str_t                          name;
    ngx_uint_t                         i;
    const ngx_http_ioattest_recent_t  *one;

    static const char *const  columns[] = {
        "Reason", "Model", "Signer", "What happened", "Times", "Last time",
        NULL
    };

    if (zone->recent_n == 0) {
        return;
    }

    ngx_http_ioattest_html_table(text, "recent", "Refused of late", columns);

    for (i = 0; i < zone->recent_n; i++) {
        one = &zone->recent[i];
        name = ngx_http_ioattest_text_html(text, one->name, one->name_len);

        ngx_http_ioattest_text_add(text, "<tr><td class=\"reason%s\">"
                                   "<span title=\"%s\">%s</span></td>"
                                   "<td class=\"model\">%V</td><td>",
                                   now - one->at < NGX_HTTP_IOATTEST_HTML_FRESH
                                   ? " bad" : "",
                                   ioa_status_message(one->reason),
                                   ioa_status_name(one->reason), &name);

        if (one->have_address) {
            ngx_http_ioattest_html_address(text, one->address20);
        }

        ngx_http_ioattest_text_add(text, "</td><td>%s%s</td>"
                                   "<td class=\"number\">",
                                   one->sent ? "the answer was refused"
                                             : "nothing was sent",
                                   one->dry_run ? ", but for the dry run"
                                                : "");
        ngx_http_ioattest_html_number(text, "count", one->n);
        ngx_http_ioattest_text_add(text, "</td><td>");
        ngx_http_ioattest_html_time(text, "at", one->at, now);
        ngx_http_ioattest_text_add(text, "</td></tr>\n");
    }

    ngx_http_ioattest_html_table_end(text, 0);
}


/* Reasons that were met, and how often. */

void
ngx_http_ioattest_html_reasons(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_counts_t *counts)
{
    ngx_uint_t  i, n;

    static const char *const  columns[] = {
        "Reason", "Answers", "Attestations", "Dry run", "", NULL
    };

    n = 0;

    for (i = 1; i < IOA_STATUS_MAX; i++) {

        if (counts->rejected[i] + counts->failed[i]
            + counts->dry_run_rejected[i]
            == 0)
        {
            continue;
        }

        if (n++ == 0) {
            ngx_http_ioattest_text_add(text, "<section class=\"all\">\n");
            ngx_http_ioattest_html_table(text, "reasons",
                                         "Refused since the start", columns);
        }

        ngx_http_ioattest_text_add(text, "<tr><td class=\"reason\">%s</td>"
                                   "<td class=\"number\">",
                                   ioa_status_name(i));
        ngx_http_ioattest_html_number(text, "rejected", counts->rejected[i]);
        ngx_http_ioattest_text_add(text, "</td><td class=\"number\">");
        ngx_http_ioattest_html_number(text, "failed", counts->failed[i]);
        ngx_http_ioattest_text_add(text, "</td><td class=\"number\">");
        ngx_http_ioattest_html_number(text, "dry",
                                      counts->dry_run_rejected[i]);
        ngx_http_ioattest_text_add(text, "</td><td class=\"says\">%s</td>"
                                   "</tr>\n", ioa_status_message(i));
    }

    if (n) {
        ngx_http_ioattest_html_table_end(text, n);
        ngx_http_ioattest_text_add(text, "</section>\n");
    }
}


void
ngx_http_ioattest_html_changes(ngx_http_ioattest_text_t *text,
    const ngx_array_t *changes, time_t now)
{
    ngx_str_t                          name, line;
    ngx_uint_t                         i;
    const ngx_http_ioattest_change_t  *change;

    static const char *const  columns[] = {
        "Policy", "Change", "", "When", NULL
    };

    if (changes->nelts == 0) {
        return;
    }

    ngx_http_ioattest_text_add(text, "<section class=\"all\">\n");
    ngx_http_ioattest_html_table(text, "changes", "Changes of policies",
                                 columns);

    change = changes->elts;

    for (i = changes->nelts; i-- > 0; /* void */ ) {
        name = ngx_http_ioattest_text_html(text, change[i].name.data,
                                           change[i].name.len);
        line = ngx_http_ioattest_text_html(text, change[i].line.data,
                                           change[i].line.len);

        ngx_http_ioattest_text_add(text, "<tr><td class=\"name\">%V</td>"
                                   "<td><code class=\"line\">%V</code></td>"
                                   "<td class=\"loosens%s</td><td>",
                                   &name, &line, change[i].loosens
                                   ? " bad\">takes more" : "\">");
        ngx_http_ioattest_html_time(text, "at", change[i].at, now);
        ngx_http_ioattest_text_add(text, "</td></tr>\n");
    }

    ngx_http_ioattest_html_table_end(text, 0);
    ngx_http_ioattest_text_add(text, "</section>\n");
}
