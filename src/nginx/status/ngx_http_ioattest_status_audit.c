
/*
 * The audit logs in the status: what a log must end with, to be whole.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "status/ngx_http_ioattest_status.h"


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
