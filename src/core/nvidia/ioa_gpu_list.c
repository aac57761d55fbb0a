/*
 * ioa_gpu_list: several devices.  See ioa_verify_gpu.h.
 */

#include <stdlib.h>
#include <string.h>

#include "base/ioa_codec.h"
#include "nvidia/ioa_verify_gpu.h"

/* ioa_gpu_verify or ioa_gpu_read. */
typedef ioa_status_t (*ioa_gpu_one_pt)(ioa_gpu_t *gpu, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t index,
    const ioa_gpu_trust_t *trust);


/* 1 where the i-th device is none of those before it. */
static int
ioa_gpu_new(const ioa_gpu_list_t *list, size_t i)
{
    size_t  k;

    for (k = 0; k < i; k++) {
        if (memcmp(list->gpus[k].identity, list->gpus[i].identity,
                   IOA_GPU_IDENTITY_LEN) == 0)
        {
            return 0;
        }
    }

    return 1;
}


/* Every device is genuine and there once.  In: n, IOA_GPUS_MAX at most. */
static ioa_status_t
ioa_gpu_genuine(ioa_gpu_list_t *list, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t n,
    const ioa_gpu_trust_t *trust, ioa_gpu_one_pt one)
{
    size_t        i;
    ioa_status_t  st, all = IOA_OK;

    if (n == 0) {
        return IOA_GPU_EVIDENCE_MISSING;
    }

    for (i = 0; i < n; i++) {
        st = one(&list->gpus[i], checks, &evidence[i], i, trust);

        if (st == IOA_ATTESTATION_UNAVAILABLE) {

            /* go on, so that all missing answers are requested at once */
            all = st;
            continue;
        }

        if (st != IOA_OK) {
            return st;
        }

        if (all != IOA_OK) {
            continue;
        }

        if (!ioa_gpu_new(list, i)) {
            ioa_check_add(checks, "gpu.distinct", IOA_CHECK_FAILED,
                          "device %zu is there twice", i);
            return IOA_GPU_EVIDENCE_INVALID;
        }

        list->n++;
    }

    if (all == IOA_OK) {
        ioa_check_add(checks, "gpu.distinct", IOA_CHECK_PASSED,
                      "each of %zu has a key of its own", n);
    }

    return all;
}


/* Out: list, all zero unless IOA_OK. */
static ioa_status_t
ioa_gpu_list_of(ioa_gpu_list_t *list, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t n,
    const ioa_gpu_trust_t *trust, ioa_gpu_one_pt one)
{
    ioa_status_t  st;

    memset(list, 0, sizeof(ioa_gpu_list_t));

    st = ioa_gpu_genuine(list, checks, evidence, n, trust, one);

    if (st != IOA_OK) {
        memset(list, 0, sizeof(ioa_gpu_list_t));
    }

    return st;
}


uint8_t *
ioa_gpu_base64(size_t *n, ioa_reader_t text, size_t max)
{
    size_t    cap = ioa_reader_left(&text) / 4 * 3;
    uint8_t  *bytes;

    /* up to two bytes of the last group may be padding */
    if (cap == 0 || cap > max + 2) {
        return NULL;
    }

    bytes = malloc(cap);

    if (bytes != NULL
        && (!ioa_base64_decode(bytes, n, cap, text.pos,
                               ioa_reader_left(&text))
            || *n > max))
    {
        free(bytes);
        return NULL;
    }

    return bytes;
}


/* Out: bytes; their pos is to be freed. */
IOA_MUST_CHECK static int
ioa_gpu_decode(ioa_reader_t *bytes, ioa_reader_t text, size_t max)
{
    size_t    n;
    uint8_t  *p;

    p = ioa_gpu_base64(&n, text, max);

    if (p == NULL) {
        return 0;
    }

    ioa_reader_init(bytes, p, n);

    return 1;
}


/* Returns: 1 where all were decoded; what was is to be freed either way. */
IOA_MUST_CHECK static int
ioa_gpu_list_decode(ioa_gpu_evidence_t *evidence, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *texts, size_t n)
{
    size_t       i;
    const char  *bad = NULL;

    for (i = 0; i < n; i++) {
        if (!ioa_gpu_decode(&evidence[i].evidence, texts[i].evidence,
                            IOA_SPDM_EVIDENCE_MAX))
        {
            bad = "evidence";
            break;
        }

        if (!ioa_gpu_decode(&evidence[i].certificates, texts[i].certificates,
                            IOA_CHAIN_TEXT_LEN_MAX))
        {
            bad = "certificates";
            break;
        }
    }

    if (bad != NULL) {
        ioa_check_add(checks, "gpu.base64", IOA_CHECK_FAILED,
                      "%s of device %zu: missing, too long, or no base64",
                      bad, i);
        return 0;
    }

    ioa_check_add(checks, "gpu.base64", IOA_CHECK_PASSED,
                  "evidence and certificates of %zu", n);

    return 1;
}


static ioa_status_t
ioa_gpu_list_base64(ioa_gpu_list_t *list, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *texts, size_t n,
    const ioa_gpu_trust_t *trust, ioa_gpu_one_pt one)
{
    size_t              i;
    ioa_status_t        st = IOA_GPU_EVIDENCE_INVALID;
    ioa_gpu_evidence_t  evidence[IOA_GPUS_MAX];

    memset(list, 0, sizeof(ioa_gpu_list_t));
    memset(evidence, 0, sizeof(evidence));

    if (n > IOA_GPUS_MAX) {
        ioa_check_add(checks, "gpu.number", IOA_CHECK_FAILED,
                      "%zu, and %d is the most", n, IOA_GPUS_MAX);
        return IOA_GPU_EVIDENCE_INVALID;
    }

    if (ioa_gpu_list_decode(evidence, checks, texts, n)) {
        st = ioa_gpu_list_of(list, checks, evidence, n, trust, one);
    }

    for (i = 0; i < n; i++) {
        free((void *) evidence[i].evidence.pos);
        free((void *) evidence[i].certificates.pos);
    }

    return st;
}


ioa_status_t
ioa_gpu_list_verify_base64(ioa_gpu_list_t *list, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *texts, size_t n,
    const ioa_gpu_trust_t *trust)
{
    return ioa_gpu_list_base64(list, checks, texts, n, trust, ioa_gpu_verify);
}


ioa_status_t
ioa_gpu_list_read_base64(ioa_gpu_list_t *list, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *texts, size_t n,
    const ioa_gpu_trust_t *trust)
{
    return ioa_gpu_list_base64(list, checks, texts, n, trust, ioa_gpu_read);
}
