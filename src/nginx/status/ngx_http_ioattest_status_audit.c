
/*
 * The audit logs in the status: what a log must end with, to be whole.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "status/ngx_http_ioattest_html.h"


void
ngx_http_ioattest_json_audit(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts)
{
    u_char                            hex[2 * IOA_SHA256_LEN];
    ngx_str_t                         name;
    ngx_uint_t                        i;
    ngx_http_ioattest_audit_t       **audit;
    ngx_http_ioattest_audit_chain_t   chain;

    audit = facts->audits->elts;

    if (facts->audits->nelts == 0) {
        return;
    }

    ngx_http_ioattest_text_add(text, ",\"audit\":");

    if (facts->audits->nelts > 1) {
        ngx_http_ioattest_text_add(text, "[");
    }

    for (i = 0; i < facts->audits->nelts; i++) {
        ngx_http_ioattest_audit_state(audit[i], &chain);

        ioa_hex_encode(hex, chain.head32, IOA_SHA256_LEN);
        name = ngx_http_ioattest_text_escape(text, audit[i]->name.data,
                                             audit[i]->name.len);

        ngx_http_ioattest_text_add(text, "%s{\"file\":\"%V\","
                                   "\"sequence\":%uL,\"head\":\"%*s\","
                                   "\"lost\":%uL}", i ? "," : "", &name,
                                   chain.sequence, sizeof(hex), hex,
                                   chain.lost);
    }

    if (facts->audits->nelts > 1) {
        ngx_http_ioattest_text_add(text, "]");
    }
}


void
ngx_http_ioattest_html_audit(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts)
{
    u_char                            hex[2 * IOA_SHA256_LEN];
    ngx_str_t                         name;
    ngx_uint_t                        i;
    ngx_http_ioattest_audit_t       **audit;
    ngx_http_ioattest_audit_chain_t   chain;

    static const char *const  columns[] = {
        "File", "Lines", "Hash of the last one", "Not written", NULL
    };

    audit = facts->audits->elts;

    if (facts->audits->nelts == 0) {
        return;
    }

    ngx_http_ioattest_text_add(text, "<section class=\"all\">\n");
    ngx_http_ioattest_html_table(text, "audit", "Audit log", columns);

    for (i = 0; i < facts->audits->nelts; i++) {
        ngx_http_ioattest_audit_state(audit[i], &chain);

        ioa_hex_encode(hex, chain.head32, IOA_SHA256_LEN);
        name = ngx_http_ioattest_text_html(text, audit[i]->name.data,
                                           audit[i]->name.len);

        ngx_http_ioattest_text_add(text, "<tr><td class=\"name\">%V</td>"
                                   "<td class=\"number\">", &name);
        ngx_http_ioattest_html_number(text, "sequence", chain.sequence);
        ngx_http_ioattest_text_add(text, "</td><td><code class=\"head\">%*s"
                                   "</code></td><td class=\"number\">",
                                   sizeof(hex), hex);
        ngx_http_ioattest_html_number(text, "lost", chain.lost);
        ngx_http_ioattest_text_add(text, "</td></tr>\n");
    }

    ngx_http_ioattest_html_table_end(text, 0);
    ngx_http_ioattest_text_add(text, "</section>\n");
}
