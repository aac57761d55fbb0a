
/*
 * The audit logs in the status: what a log must end with, to be whole.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "status/ngx_http_ioattest_status.h"


void
ngx_http_ioattest_json_audit(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text)
{
    u_char                            hex[2 * IOA_SHA256_LEN];
    ngx_str_t                         name;
    ngx_uint_t                        i;
    ngx_http_ioattest_audit_t       **audit;
    ngx_http_ioattest_main_conf_t    *mcf;
    ngx_http_ioattest_audit_chain_t   chain;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_ioattest_module);
    audit = mcf->audits.elts;

    if (mcf->audits.nelts == 0) {
        return;
    }

    ngx_http_ioattest_text_add(text, ",\"audit\":");

    if (mcf->audits.nelts > 1) {
        ngx_http_ioattest_text_add(text, "[");
    }

    for (i = 0; i < mcf->audits.nelts; i++) {
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

    if (mcf->audits.nelts > 1) {
        ngx_http_ioattest_text_add(text, "]");
    }
}
