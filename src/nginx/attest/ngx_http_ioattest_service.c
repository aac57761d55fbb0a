
/*
 * The services of the makers of the hardware: where each document is asked
 * for, with what, and how long it is kept.
 */


#include "attest/ngx_http_ioattest_attestation.h"

#include <openssl/rand.h>


static const ngx_http_ioattest_service_t
    ngx_http_ioattest_services[IOA_FETCH_GPU_OCSP + 1] = {

    { offsetof(ngx_http_ioattest_loc_conf_t, collateral),
      "TCB-Info-Issuer-Chain", 6 * 3600, IOA_REPORT_SIZE_MAX },
    { offsetof(ngx_http_ioattest_loc_conf_t, collateral),
      "SGX-Enclave-Identity-Issuer-Chain", 6 * 3600, IOA_REPORT_SIZE_MAX },
    { offsetof(ngx_http_ioattest_loc_conf_t, collateral),
      NULL, 6 * 3600, IOA_REPORT_SIZE_MAX },
    { offsetof(ngx_http_ioattest_loc_conf_t, collateral),
      NULL, 6 * 3600, IOA_REPORT_SIZE_MAX },
    { offsetof(ngx_http_ioattest_loc_conf_t, amd_kds),
      NULL, 7 * 86400, IOA_REPORT_SIZE_MAX },
    { offsetof(ngx_http_ioattest_loc_conf_t, amd_kds),
      NULL, 6 * 3600, IOA_REPORT_SIZE_MAX },
    { offsetof(ngx_http_ioattest_loc_conf_t, nras),
      NULL, 0, IOA_REPORT_SIZE_MAX },
    { offsetof(ngx_http_ioattest_loc_conf_t, nras_jwks),
      NULL, 3600, IOA_REPORT_SIZE_MAX },
    { offsetof(ngx_http_ioattest_loc_conf_t, collateral_early),
      "TCB-Info-Issuer-Chain", 6 * 3600, IOA_REPORT_SIZE_MAX },
    { offsetof(ngx_http_ioattest_loc_conf_t, collateral_early),
      "SGX-Enclave-Identity-Issuer-Chain", 6 * 3600, IOA_REPORT_SIZE_MAX },
    { offsetof(ngx_http_ioattest_loc_conf_t, gpu_ocsp),
      NULL, 1800, IOA_OCSP_ANSWER_MAX }
};


static ngx_int_t ngx_http_ioattest_service_nras(
    ngx_http_ioattest_proof_t *proof, ngx_str_t *body);


/* All answers of the OCSP responder are alike. */

const ngx_http_ioattest_service_t *
ngx_http_ioattest_service(ioa_fetch_e what)
{
    return &ngx_http_ioattest_services[ngx_min(what, IOA_FETCH_GPU_OCSP)];
}


time_t
ngx_http_ioattest_fetch_life(ioa_fetch_e what)
{
    return ngx_http_ioattest_service(what)->life;
}


ngx_str_t *
ngx_http_ioattest_fetch_uri(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what)
{
    return (ngx_str_t *) ((u_char *) proof->conf
                          + ngx_http_ioattest_service(what)->uri);
}


ngx_int_t
ngx_http_ioattest_service_body(ngx_str_t *body,
    ngx_http_ioattest_subrequest_t *sub, ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, const char *path, u_char *nonce32)
{
    ngx_str_null(body);

    if (what == IOA_FETCH_NRAS) {
        return ngx_http_ioattest_service_nras(proof, body);
    }

    if (what < IOA_FETCH_GPU_OCSP) {
        return NGX_OK;
    }

    /* each request has a nonce of its own, a repeated one too */

    if (RAND_bytes(nonce32, IOA_OCSP_NONCE_LEN) != 1) {
        ngx_log_error(NGX_LOG_ALERT, proof->task->log, 0,
                      "ioattest: RAND_bytes() failed");
        return NGX_ERROR;
    }

    body->data = ngx_pnalloc(proof->task->pool, IOA_OCSP_REQUEST_MAX);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    body->len = ioa_ocsp_request(body->data, path, nonce32);

    ngx_str_set(&sub->type, "application/ocsp-request");
    ngx_str_set(&sub->accept, "application/ocsp-response");

    return body->len ? NGX_OK : NGX_ERROR;
}


/* Of the reply, only evidence that was looked at is sent on. */

static ngx_int_t
ngx_http_ioattest_service_nras(ngx_http_ioattest_proof_t *proof,
    ngx_str_t *body)
{
    size_t  size;

    size = proof->reply.len + IOA_EVIDENCE_NRAS_MORE;

    body->data = ngx_pnalloc(proof->task->pool, size);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    body->len = ioa_evidence_nras_body(body->data, size, proof->reply,
                                       proof->nonce32);

    return body->len ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_ioattest_service_path(ngx_http_ioattest_proof_t *proof,
    ioa_fetch_e what, const char *path, ngx_str_t *uri, ngx_str_t *args)
{
    u_char     *p;
    ngx_str_t  *base;

    base = ngx_http_ioattest_fetch_uri(proof, what);

    if (what >= IOA_FETCH_GPU_OCSP) {

        /* the certificate is named in the request's body */
        path = "";
    }

    uri->data = ngx_pnalloc(proof->task->pool,
                            base->len + ngx_strlen(path) + 2);
    if (uri->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(uri->data, base->data, base->len);

    if (*path && p[-1] != '/') {
        *p++ = '/';
    }

    p = ngx_sprintf(p, "%s", path);

    uri->len = p - uri->data;
    ngx_str_null(args);

    p = ngx_strlchr(uri->data, p, '?');

    if (p) {
        args->data = p + 1;
        args->len = uri->data + uri->len - args->data;
        uri->len = p - uri->data;
    }

    return NGX_OK;
}
