
/*
 * Which of several failures is told to those who wait.
 */


#include "zone/ngx_http_ioattest_node.h"


/*
 * Of the failures of a model the one is told that says most.  Those that say
 * more come later: an answer that was of no use; what only the operator of
 * the gateway can mend; what is wrong with a machine.  All others say no more
 * than that there was no answer.
 */

typedef enum {
    NGX_HTTP_IOATTEST_RANK_SILENT = 0,
    NGX_HTTP_IOATTEST_RANK_USELESS,
    NGX_HTTP_IOATTEST_RANK_OPERATOR,
    NGX_HTTP_IOATTEST_RANK_EVIDENCE
} ngx_http_ioattest_rank_e;


static const ngx_http_ioattest_rank_e
                            ngx_http_ioattest_ranks[IOA_STATUS_MAX] = {

    [IOA_ATTESTATION_MALFORMED]  = NGX_HTTP_IOATTEST_RANK_USELESS,
    [IOA_NONCE_MISMATCH]         = NGX_HTTP_IOATTEST_RANK_USELESS,

    [IOA_ATTESTATION_INSECURE]   = NGX_HTTP_IOATTEST_RANK_OPERATOR,
    [IOA_ZONE_FULL]              = NGX_HTTP_IOATTEST_RANK_OPERATOR,

    [IOA_CPU_EVIDENCE_MISSING]   = NGX_HTTP_IOATTEST_RANK_EVIDENCE,
    [IOA_CPU_EVIDENCE_INVALID]   = NGX_HTTP_IOATTEST_RANK_EVIDENCE,
    [IOA_GPU_EVIDENCE_MISSING]   = NGX_HTTP_IOATTEST_RANK_EVIDENCE,
    [IOA_GPU_EVIDENCE_INVALID]   = NGX_HTTP_IOATTEST_RANK_EVIDENCE,
    [IOA_REPORT_DATA_MISMATCH]   = NGX_HTTP_IOATTEST_RANK_EVIDENCE,
    [IOA_MEASUREMENT_MISMATCH]   = NGX_HTTP_IOATTEST_RANK_EVIDENCE,
    [IOA_IMAGE_DIGEST_MISMATCH]  = NGX_HTTP_IOATTEST_RANK_EVIDENCE,
    [IOA_TCB_REJECTED]           = NGX_HTTP_IOATTEST_RANK_EVIDENCE,
    [IOA_REVOKED]                = NGX_HTTP_IOATTEST_RANK_EVIDENCE
};


ngx_uint_t
ngx_http_ioattest_tells_more(ioa_status_t reason, ngx_msec_t at,
    ioa_status_t second, ngx_msec_t fail_timeout)
{
    return ngx_http_ioattest_ranks[reason] > ngx_http_ioattest_ranks[second]
           && ngx_http_ioattest_within(at, fail_timeout);
}
