/*
 * ioa_evidence_gpu: GPU evidence, verified here or by NVIDIA's service.  See
 * ioa_evidence.h.
 */

#include <stdlib.h>
#include <string.h>

#include "attest/ioa_evidence_parts.h"
#include "nvidia/ioa_jwt.h"
#include "nvidia/ioa_nras_request.h"
#include "nvidia/ioa_verify_gpu.h"
#include "nvidia/ioa_verify_nras.h"

#if IOA_NRAS_DEVICES_MAX < IOA_GPUS_MAX
#error "there is no room for every device"
#endif


static void
ioa_gpu_word(char out[IOA_EVIDENCE_WORD_MAX + 1], const char *word)
{
    size_t  n = strlen(word);

    n = n > IOA_EVIDENCE_WORD_MAX ? IOA_EVIDENCE_WORD_MAX : n;
    memcpy(out, word, n);
    out[n] = '\0';
}


static int
ioa_gpu_ueid_order(const void *one, const void *two)
{
    return strcmp(one, two);
}


/* Copies to proved what all devices have in common, from the first. */
static ioa_status_t
ioa_gpu_policy(ioa_proved_t *proved, ioa_checks_t *checks,
    const ioa_evidence_t *e, const ioa_policy_gpu_t *gpus, size_t n)
{
    size_t        i;
    ioa_status_t  st;

    st = ioa_policy_gpus(checks, e->policy->file, gpus, n);

    if (st != IOA_OK || n == 0) {
        return st;
    }

    proved->gpus = n;
    ioa_gpu_word(proved->gpu_arch, gpus[0].arch);
    ioa_gpu_word(proved->gpu_driver, gpus[0].driver_version);
    ioa_gpu_word(proved->gpu_vbios, gpus[0].vbios_version);
    ioa_gpu_word(proved->gpu_mode, gpus[0].mode);

    for (i = 0; i < n; i++) {
        ioa_gpu_word(proved->ueids[i], gpus[i].ueid);
    }

    qsort(proved->ueids, n, sizeof(proved->ueids[0]), ioa_gpu_ueid_order);

    return IOA_OK;
}


/* Returns: the number of devices, 0 where there is no such list. */
static size_t
ioa_gpu_texts(ioa_gpu_evidence_t texts[IOA_GPUS_MAX + 1],
    const ioa_report_t *report)
{
    size_t             n = 0, len;
    const uint8_t     *text;
    const ioa_json_t  *list, *device;

    list = ioa_json_member(report->gpu, "evidence_list");

    if (!ioa_json_is_array(list)) {
        return 0;
    }

    for (device = ioa_json_first(list); device != NULL && n <= IOA_GPUS_MAX;
         device = ioa_json_next(device), n++)
    {
        /* a member that is no string counts as empty, and is refused later */
        memset(&texts[n], 0, sizeof(ioa_gpu_evidence_t));

        if (ioa_json_string(&text, &len,
                            ioa_json_member(device, "evidence")))
        {
            ioa_reader_init(&texts[n].evidence, text, len);
        }

        if (ioa_json_string(&text, &len,
                            ioa_json_member(device, "certificate")))
        {
            ioa_reader_init(&texts[n].certificates, text, len);
        }
    }

    return n;
}


/* Each device measures what NVIDIA published of its driver and VBIOS. */
static ioa_status_t
ioa_gpu_references(ioa_proved_t *proved, ioa_checks_t *checks,
    const ioa_evidence_t *e, const ioa_gpu_list_t *list)
{
    size_t         i;
    int64_t        until, grace;
    ioa_status_t   st, all = IOA_OK;

    if (e->policy->reference == NULL) {
        ioa_check_add(checks, "gpu.reference", IOA_CHECK_NOT_MADE,
                      "no reference values are given: a GPU in devtools mode "
                      "and old firmware pass");
        return IOA_OK;
    }

    grace = ioa_policy_reference_expired(e->policy->file);

    for (i = 0; i < list->n; i++) {
        st = ioa_reference_compare(&until, checks, e->policy->reference,
                                   &list->gpus[i], i, grace, e->now);

        if (st != IOA_OK) {
            all = st;
            continue;
        }

        ioa_evidence_expires(proved, until);
    }

    proved->gpu_reference = all == IOA_OK;

    return all;
}


/* The answers that are there, for a list that is to be verified. */
static void
ioa_gpu_ocsp_answers(ioa_gpu_ocsp_t *ocsp, const ioa_evidence_t *e)
{
    size_t                i;
    const ioa_fetched_t  *fetched;

    ocsp->saved = e->policy->gpu_saved;

    for (i = 0; i < IOA_GPU_OCSP_MAX; i++) {
        fetched = &e->fetched[IOA_FETCH_GPU_OCSP + i];

        ioa_reader_init(&ocsp->certs[i].answer, fetched->body.data,
                        fetched->body.len);
        ioa_reader_init(&ocsp->certs[i].nonce, fetched->chain.data,
                        fetched->chain.len);
    }
}


/*
 * Requests answers that are missing, and again those that do not let the GPU
 * pass: the copy may be old.
 */
static void
ioa_gpu_ocsp_wants(ioa_wants_t *wants, const ioa_gpu_ocsp_t *ocsp,
    uint64_t places)
{
    size_t  i;

    for (i = 0; i < IOA_GPU_OCSP_MAX; i++) {

        if ((places & (UINT64_C(1) << i)) == 0
            || (ocsp->saved && (ocsp->known & (UINT64_C(1) << i))))
        {
            continue;
        }

        ioa_gpu_ocsp_text(wants->path[IOA_FETCH_GPU_OCSP + i], ocsp, i);
        wants->wanted |= IOA_FETCH_BIT(IOA_FETCH_GPU_OCSP + i);
    }
}


/* Called with a list that verified: none was revoked, some may be on hold. */
static ioa_status_t
ioa_gpu_hold(ioa_proved_t *proved, ioa_wants_t *wants, ioa_checks_t *checks,
    const ioa_evidence_t *e, const ioa_gpu_ocsp_t *ocsp)
{
    if (!ioa_check_that(checks, ocsp->held == 0 || e->policy->gpu_hold,
                        "gpu.hold", "%s",
                        ocsp->held == 0 ? "no certificate is on hold"
                        : e->policy->gpu_hold ? "accepted"
                        : "a certificate is on certificateHold, which is not "
                          "accepted"))
    {
        ioa_gpu_ocsp_wants(wants, ocsp, ocsp->held);
        return IOA_REVOKED;
    }

    ioa_evidence_expires(proved, ocsp->until);

    return IOA_OK;
}


/* Every device is genuine and, where that is asked, not revoked. */
static ioa_status_t
ioa_gpu_verified(ioa_gpu_list_t *list, ioa_proved_t *proved,
    ioa_wants_t *wants, ioa_checks_t *checks, const ioa_evidence_t *e,
    const ioa_gpu_evidence_t *texts, size_t n)
{
    ioa_status_t       st;
    ioa_gpu_ocsp_t    *ocsp = NULL;
    ioa_gpu_trust_t    trust;

    if (e->policy->gpu_ocsp) {
        ocsp = calloc(1, sizeof(ioa_gpu_ocsp_t));

        if (ocsp == NULL) {
            return IOA_GPU_EVIDENCE_INVALID;
        }

        ioa_gpu_ocsp_answers(ocsp, e);
    }

    trust.roots = e->policy->gpu_roots;
    trust.cache = e->policy->cache;
    trust.now = e->now;
    trust.nonce32 = e->nonce32;
    trust.ocsp = ocsp;

    st = ioa_gpu_list_verify_base64(list, checks, texts, n, &trust);

    if (ocsp != NULL && st == IOA_OK) {
        st = ioa_gpu_hold(proved, wants, checks, e, ocsp);

    } else if (ocsp != NULL) {
        ioa_gpu_ocsp_wants(wants, ocsp, st == IOA_ATTESTATION_UNAVAILABLE
                                        ? ocsp->wanted
                                        : ocsp->wanted & ocsp->known);
    }

    free(ocsp);

    return st;
}


/*
 * In: gpu, verified here, or confirmed by NRAS; the caller then overwrites
 * what the token states.
 */
static void
ioa_gpu_for_policy(ioa_policy_gpu_t *out, const ioa_gpu_t *gpu)
{
    out->arch = ioa_gpu_arch_name(gpu->arch);
    out->driver_version = gpu->driver;
    out->vbios_version = gpu->vbios;
    out->mode = ioa_gpu_mode_name(gpu->mode);
    out->ueid = gpu->ueid;
    out->switches_n = gpu->switches_n;
    out->switches32 = gpu->mode == IOA_GPU_PROTECTED_PCIE ? gpu->switches[0]
                                                          : NULL;
}


static ioa_status_t
ioa_gpu_local(ioa_proved_t *proved, ioa_wants_t *wants, ioa_checks_t *checks,
    const ioa_evidence_t *e, const ioa_gpu_evidence_t *texts, size_t n)
{
    size_t             i;
    ioa_status_t       st;
    ioa_gpu_list_t    *list;
    ioa_policy_gpu_t   gpus[IOA_GPUS_MAX];

    list = malloc(sizeof(ioa_gpu_list_t));

    if (list == NULL) {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    st = ioa_gpu_verified(list, proved, wants, checks, e, texts, n);

    for (i = 0; st == IOA_OK && i < list->n; i++) {
        ioa_gpu_for_policy(&gpus[i], &list->gpus[i]);
    }

    if (st == IOA_OK) {
        st = ioa_gpu_policy(proved, checks, e, gpus, list->n);
    }

    if (st == IOA_OK) {
        st = ioa_gpu_references(proved, checks, e, list);
    }

    free(list);

    return st;
}


/*
 * What the service's tokens do not say, mode and switches, is read from the
 * evidence that it was sent.  A token belongs to the evidence whose leaf has
 * the token's ueid as its serial number: as many tokens as devices, no ueid
 * twice, so none is left over.
 *
 * Returns: IOA_OK or IOA_GPU_EVIDENCE_INVALID.
 * Out: gpus, which borrow from list and nras.
 */
static ioa_status_t
ioa_gpu_sent(ioa_policy_gpu_t gpus[IOA_GPUS_MAX], ioa_gpu_list_t *list,
    ioa_checks_t *checks, const ioa_evidence_t *e, const ioa_nras_t *nras,
    const ioa_gpu_evidence_t *texts, size_t n)
{
    size_t                    i, k;
    ioa_status_t              st;
    ioa_gpu_trust_t           trust;
    const ioa_nras_device_t  *said;

    memset(&trust, 0, sizeof(ioa_gpu_trust_t));
    trust.cache = e->policy->cache;
    trust.now = e->now;
    trust.nonce32 = e->nonce32;

    st = ioa_gpu_list_read_base64(list, checks, texts, n, &trust);

    if (st != IOA_OK) {
        return st;
    }

    if (nras->devices_n != n) {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    for (i = 0; i < n; i++) {
        said = &nras->devices[i];

        for (k = 0; k < list->n; k++) {
            if (strcmp(list->gpus[k].ueid, said->ueid) == 0) {
                break;
            }
        }

        if (!ioa_check_that(checks, k < list->n, "nras.ueid", "%s%s",
                            said->name, k < list->n ? ""
                            : ": its ueid is in no evidence that was sent"))
        {
            return IOA_GPU_EVIDENCE_INVALID;
        }

        ioa_gpu_for_policy(&gpus[i], &list->gpus[k]);
        gpus[i].arch = said->arch;
        gpus[i].driver_version = said->driver_version;
        gpus[i].vbios_version = said->vbios_version;
    }

    return IOA_OK;
}


static ioa_status_t
ioa_gpu_nras(ioa_proved_t *proved, ioa_wants_t *wants, ioa_checks_t *checks,
    const ioa_evidence_t *e, const ioa_jwks_t *jwks,
    const ioa_gpu_evidence_t *texts, size_t n)
{
    int                unknown;
    ioa_nras_t        *nras;
    ioa_status_t       st;
    ioa_reader_t       reply;
    ioa_gpu_list_t    *list;
    ioa_policy_gpu_t   gpus[IOA_GPUS_MAX];

    nras = malloc(sizeof(ioa_nras_t));
    list = malloc(sizeof(ioa_gpu_list_t));

    if (nras == NULL || list == NULL) {
        free(nras);
        free(list);
        return IOA_GPU_EVIDENCE_INVALID;
    }

    ioa_reader_init(&reply, e->fetched[IOA_FETCH_NRAS].body.data,
                    e->fetched[IOA_FETCH_NRAS].body.len);

    st = ioa_nras_verify(nras, &unknown, checks, reply, jwks, e->nonce32, n,
                         e->now);

    if (unknown) {
        /* the keys rotate: the caller may have kept an old set */
        wants->wanted |= IOA_FETCH_BIT(IOA_FETCH_JWKS);
        wants->unfit |= IOA_FETCH_BIT(IOA_FETCH_JWKS);

    } else if (st != IOA_OK) {
        wants->older |= IOA_FETCH_BIT(IOA_FETCH_JWKS);
    }

    if (st == IOA_OK) {
        st = ioa_gpu_sent(gpus, list, checks, e, nras, texts, n);
    }

    if (st == IOA_OK) {
        ioa_evidence_result_expires(proved, nras->expires + IOA_NRAS_LEEWAY);
        st = ioa_gpu_policy(proved, checks, e, gpus, n);
    }

    free(nras);
    free(list);

    return st;
}


static ioa_status_t
ioa_gpu_service(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e,
    const ioa_gpu_evidence_t *texts, size_t n)
{
    int            all, good;
    ioa_jwks_t    *jwks;
    ioa_bytes_t    keys;
    ioa_status_t   st;

    if (!ioa_nras_request_good(checks, texts, n)) {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    all = ioa_evidence_need(wants, e, IOA_FETCH_NRAS, "%s", "");
    all &= ioa_evidence_need(wants, e, IOA_FETCH_JWKS, "%s", "");

    if (!all) {
        return IOA_ATTESTATION_UNAVAILABLE;
    }

    keys = e->fetched[IOA_FETCH_JWKS].body;

    good = ioa_jwks_parse(&jwks, keys.data, keys.len);

    if (!ioa_check_that(checks, good, "nras.key_set", "%s",
                        good ? "it can be read"
                             : "not a JSON Web Key Set, or a key of it is "
                               "malformed or there twice"))
    {
        wants->unfit |= IOA_FETCH_BIT(IOA_FETCH_JWKS);
        return IOA_GPU_EVIDENCE_INVALID;
    }

    st = ioa_gpu_nras(proved, wants, checks, e, jwks, texts, n);

    ioa_jwks_free(jwks);

    return st;
}


ioa_status_t
ioa_evidence_gpu(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e)
{
    int                 good;
    size_t              n;
    ioa_gpu_evidence_t  texts[IOA_GPUS_MAX + 1];

    good = e->report->gpu != NULL
           && ioa_json_member(e->report->gpu, "error") == NULL;

    if (!ioa_check_that(checks, good, "gpu.present", "%s",
                        good ? "member gpu"
                        : e->report->gpu == NULL
                        ? "no member gpu" : "an error in its place"))
    {
        return IOA_GPU_EVIDENCE_MISSING;
    }

    n = ioa_gpu_texts(texts, e->report);

    if (n > IOA_GPUS_MAX) {
        ioa_check_add(checks, "gpu.number", IOA_CHECK_FAILED,
                      "at least %zu, and %d is the most", n, IOA_GPUS_MAX);
        return IOA_GPU_EVIDENCE_INVALID;
    }

    if (!ioa_check_that(checks, n != 0, "gpu.number", "%zu%s", n,
                        n != 0 ? "" : ", at least 1 is needed"))
    {
        return IOA_GPU_EVIDENCE_MISSING;
    }

    return e->policy->gpu == IOA_GPU_LOCAL
           ? ioa_gpu_local(proved, wants, checks, e, texts, n)
           : ioa_gpu_service(proved, wants, checks, e, texts, n);
}


size_t
ioa_evidence_nras_body(uint8_t *out, size_t cap, ioa_bytes_t reply,
    const uint8_t nonce32[IOA_NONCE_LEN])
{
    size_t              n, len;
    ioa_report_t        report;
    ioa_gpu_evidence_t  texts[IOA_GPUS_MAX + 1];

    if (reply.len > cap
        || ioa_report_parse(&report, reply.data, reply.len) != IOA_OK)
    {
        return 0;
    }

    n = ioa_gpu_texts(texts, &report);

    len = n == 0 || n > IOA_GPUS_MAX
          ? 0 : ioa_nras_request_write(out, cap, nonce32, texts, n);

    ioa_report_cleanup(&report);

    return len;
}
