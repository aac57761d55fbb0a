/*
 * ioa_gpu_list: several devices and the policy about them.  See
 * ioa_verify_gpu.h.
 */

#include <stdlib.h>
#include <string.h>

#include "base/ioa_codec.h"
#include "nvidia/ioa_verify_gpu.h"


/* 1 where item is the text; in any case where that does not count. */
static int
ioa_gpu_same(ioa_reader_t item, const char *text, int any_case)
{
    uint8_t  c;

    if (ioa_reader_left(&item) != strlen(text)) {
        return 0;
    }

    while (ioa_reader_u8(&item, &c)) {
        if (any_case && c >= 'a' && c <= 'z') {
            c -= 'a' - 'A';
        }

        if (c != (uint8_t) *text++) {
            return 0;
        }
    }

    return 1;
}


/* 1 where nothing is listed, or the text is; what is not said never is. */
static int
ioa_gpu_listed(const ioa_reader_t *list, size_t n, const char *text,
    int any_case)
{
    size_t  i;

    if (n == 0) {
        return 1;
    }

    for (i = 0; i < n; i++) {
        if (text[0] != '\0' && ioa_gpu_same(list[i], text, any_case)) {
            return 1;
        }
    }

    return 0;
}


static int
ioa_gpu_arch_listed(const ioa_gpu_policy_t *policy, ioa_gpu_arch_t arch)
{
    size_t  i;

    for (i = 0; i < policy->archs_n; i++) {
        if (policy->archs[i] == arch) {
            return 1;
        }
    }

    return policy->archs_n == 0;
}


/* Adds a line: not made where nothing is pinned.  Returns: 1 unless failed. */
IOA_MUST_CHECK static int
ioa_gpu_pinned(ioa_checks_t *checks, const char *name, size_t pinned,
    int good)
{
    if (pinned == 0) {
        ioa_check_add(checks, name, IOA_CHECK_NOT_MADE, "not pinned");
        return 1;
    }

    return ioa_check_that(checks, good, name, "%s", "");
}


/* All lines are written, whatever the first of them says. */
static ioa_status_t
ioa_gpu_wanted(const ioa_gpu_list_t *list, ioa_checks_t *checks,
    const ioa_gpu_policy_t *policy)
{
    int               good, arch, driver, vbios;
    size_t            i;
    const ioa_gpu_t  *gpu;

    arch = 1;
    driver = 1;
    vbios = 1;

    for (i = 0; i < list->n; i++) {
        gpu = &list->gpus[i];
        arch &= ioa_gpu_arch_listed(policy, gpu->arch);
        driver &= ioa_gpu_listed(policy->drivers, policy->drivers_n,
                                 gpu->driver, 0);
        vbios &= ioa_gpu_listed(policy->vbioses, policy->vbioses_n,
                                gpu->vbios, 1);
    }

    good = ioa_gpu_pinned(checks, "gpu.count", policy->count,
                          list->n == policy->count);
    good &= ioa_gpu_pinned(checks, "gpu.arch", policy->archs_n, arch);
    good &= ioa_gpu_pinned(checks, "gpu.driver", policy->drivers_n, driver);
    good &= ioa_gpu_pinned(checks, "gpu.vbios", policy->vbioses_n, vbios);

    return good ? IOA_OK : IOA_MEASUREMENT_MISMATCH;
}


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


/* Every device is genuine and there once. */
static ioa_status_t
ioa_gpu_genuine(ioa_gpu_list_t *list, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t n,
    const ioa_gpu_policy_t *policy)
{
    size_t        i;
    ioa_status_t  st;

    if (n == 0) {
        return IOA_GPU_EVIDENCE_MISSING;
    }

    if (!ioa_check_that(checks, n <= IOA_GPUS_MAX, "gpu.number", "%zu", n)) {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    for (i = 0; i < n; i++) {
        st = ioa_gpu_verify(&list->gpus[i], checks, &evidence[i], i, policy);

        if (st != IOA_OK) {
            return st;
        }

        if (!ioa_gpu_new(list, i)) {
            ioa_check_add(checks, "gpu.distinct", IOA_CHECK_FAILED,
                          "device %zu is there twice", i);
            return IOA_GPU_EVIDENCE_INVALID;
        }

        list->n++;
    }

    ioa_check_add(checks, "gpu.distinct", IOA_CHECK_PASSED, "%s", "");

    return IOA_OK;
}


ioa_status_t
ioa_gpu_list_verify(ioa_gpu_list_t *list, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *evidence, size_t n,
    const ioa_gpu_policy_t *policy)
{
    ioa_status_t  st;

    memset(list, 0, sizeof(ioa_gpu_list_t));

    st = ioa_gpu_genuine(list, checks, evidence, n, policy);

    if (st == IOA_OK) {
        st = ioa_gpu_wanted(list, checks, policy);
    }

    if (st != IOA_OK) {
        memset(list, 0, sizeof(ioa_gpu_list_t));
    }

    return st;
}


/* Decodes into memory of its own.  Out: bytes; their pos is to be freed. */
IOA_MUST_CHECK static int
ioa_gpu_base64(ioa_reader_t *bytes, ioa_reader_t text, size_t max)
{
    size_t    cap, n;
    uint8_t  *p;

    cap = ioa_reader_left(&text) / 4 * 3;

    /* up to two bytes of the last group may be padding */
    if (cap == 0 || cap > max + 2) {
        return 0;
    }

    p = malloc(cap);

    if (p == NULL) {
        return 0;
    }

    if (!ioa_base64_decode(p, &n, cap, text.pos, text.left) || n > max) {
        free(p);
        return 0;
    }

    ioa_reader_init(bytes, p, n);

    return 1;
}


/* Returns: 1 where all were decoded; what was is to be freed either way. */
IOA_MUST_CHECK static int
ioa_gpu_list_decode(ioa_gpu_evidence_t *evidence,
    const ioa_gpu_evidence_t *texts, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (!ioa_gpu_base64(&evidence[i].evidence, texts[i].evidence,
                            IOA_SPDM_EVIDENCE_MAX)
            || !ioa_gpu_base64(&evidence[i].certificates,
                               texts[i].certificates, IOA_CHAIN_TEXT_LEN_MAX))
        {
            return 0;
        }
    }

    return 1;
}


ioa_status_t
ioa_gpu_list_verify_base64(ioa_gpu_list_t *list, ioa_checks_t *checks,
    const ioa_gpu_evidence_t *texts, size_t n,
    const ioa_gpu_policy_t *policy)
{
    int                 good;
    size_t              i;
    ioa_status_t        st;
    ioa_gpu_evidence_t  evidence[IOA_GPUS_MAX];

    memset(list, 0, sizeof(ioa_gpu_list_t));
    memset(evidence, 0, sizeof(evidence));

    if (n > IOA_GPUS_MAX) {
        ioa_check_add(checks, "gpu.number", IOA_CHECK_FAILED, "%zu", n);
        return IOA_GPU_EVIDENCE_INVALID;
    }

    good = ioa_gpu_list_decode(evidence, texts, n);
    ioa_check_add(checks, "gpu.base64", good ? IOA_CHECK_PASSED
                                             : IOA_CHECK_FAILED, "%s", "");

    st = IOA_GPU_EVIDENCE_INVALID;

    if (good) {
        st = ioa_gpu_list_verify(list, checks, evidence, n, policy);
    }

    for (i = 0; i < n; i++) {
        free((void *) evidence[i].evidence.pos);
        free((void *) evidence[i].certificates.pos);
    }

    return st;
}
