/*
 * ioa_attest: see ioa_attest.h.
 */

#include <string.h>

#include "agent/ioa_signature.h"
#include "attest/ioa_attest.h"
#include "attest/ioa_evidence_parts.h"
#include "attest/ioa_report.h"
#include "base/ioa_codec.h"
#include "base/ioa_image_digest.h"

#if IOA_IMAGE_DIGEST_MAX != IOA_REPORT_DIGEST_MAX
#error "two headers disagree on the length of an image digest"
#endif


/*
 * The nonce in full, and in constant time: nobody else knows it before the
 * reply.
 */
static int
ioa_attest_nonce_equal(const ioa_report_t *report,
    const uint8_t nonce32[IOA_NONCE_LEN])
{
    uint8_t  told32[IOA_NONCE_LEN];

    return ioa_hex_decode(told32, IOA_NONCE_LEN, report->nonce,
                          report->nonce_len)
           && ioa_bytes_same_secret(told32, nonce32, IOA_NONCE_LEN);
}


/* The digest is one of the policy's, or the policy lists none. */
static int
ioa_attest_image(ioa_checks_t *checks, const ioa_policy_t *policy,
    ioa_bytes_t digest)
{
    int  good;

    good = ioa_image_digest_accepted(digest, policy->image_digests,
                                     policy->image_digests_n);

    if (good && policy->image_digests_n == 0) {
        ioa_check_add(checks, "reply.image_digest", IOA_CHECK_NOT_MADE,
                      "not pinned");
        return 1;
    }

    return ioa_check_that(checks, good, "reply.image_digest",
                          good ? "%.*s, %zu listed"
                               : "%.*s is not one of %zu listed",
                          digest.len != 0 ? (int) digest.len : 4,
                          digest.len != 0 ? (const char *) digest.data
                                          : "none",
                          policy->image_digests_n);
}


/* Both kinds of evidence, as far as the policy asks for them. */
static ioa_status_t
ioa_attest_evidence(ioa_proved_t *proved, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_evidence_t *e)
{
    ioa_status_t  cpu = IOA_OK, gpu = IOA_OK;

    if (e->policy->cpu == 0) {
        ioa_check_add(checks, "cpu.evidence", IOA_CHECK_NOT_MADE,
                      "none is asked for");

    } else {
        cpu = ioa_evidence_cpu(proved, wants, checks, e);
    }

    if (cpu != IOA_OK && wants->wanted == 0) {
        return cpu;
    }

    if (e->policy->gpu == IOA_GPU_OFF) {
        ioa_check_add(checks, "gpu.evidence", IOA_CHECK_NOT_MADE,
                      "none is asked for");

    } else if (cpu == IOA_OK || e->policy->gpu == IOA_GPU_NRAS
               || e->policy->gpu_ocsp)
    {
        /* what both kinds want is asked for at once */

        gpu = ioa_evidence_gpu(proved, wants, checks, e);
    }

    return cpu != IOA_OK ? cpu : gpu;
}


/* Out: machine, whatever is returned. */
static ioa_status_t
ioa_attest_judge(ioa_machine_t *machine, ioa_wants_t *wants,
    ioa_checks_t *checks, ioa_evidence_t *e)
{
    int                  good;
    ioa_bytes_t          address, digest;
    const ioa_report_t  *report = e->report;

    address.data = report->signing_address;
    address.len = report->signing_address_len;
    good = ioa_address_parse(machine->address20, address);

    if (!ioa_check_that(checks, good, "reply.signing_address", "%s",
                        good ? "well formed" : "not 0x and 40 hex digits"))
    {
        return IOA_ATTESTATION_MALFORMED;
    }

    good = ioa_attest_nonce_equal(report, e->nonce32);

    if (!ioa_check_that(checks, good, "reply.nonce", "%sthe nonce that was "
                        "sent", good ? "" : "not "))
    {
        return IOA_NONCE_MISMATCH;
    }

    digest.data = report->image_digest;
    digest.len = report->image_digest_len;

    if (!ioa_attest_image(checks, e->policy, digest)) {
        return IOA_IMAGE_DIGEST_MISMATCH;
    }

    if (digest.len != 0) {
        memcpy(machine->image_digest, digest.data, digest.len);
        machine->image_digest_len = digest.len;
    }

    e->address20 = machine->address20;

    return ioa_attest_evidence(&machine->proved, wants, checks, e);
}


ioa_status_t
ioa_attest_verify(ioa_machine_t *machine, ioa_wants_t *wants,
    ioa_checks_t *checks, ioa_bytes_t report,
    const uint8_t nonce32[IOA_NONCE_LEN], const ioa_policy_t *policy,
    const ioa_fetched_t *fetched, int bound_before, int64_t now)
{
    ioa_wants_t     asked;
    ioa_status_t    st;
    ioa_report_t    view;
    ioa_evidence_t  e;

    static const ioa_fetched_t  nothing[IOA_FETCH_MAX];

    if (wants == NULL) {
        wants = &asked;
    }

    memset(wants, 0, sizeof(ioa_wants_t));
    memset(machine, 0, sizeof(ioa_machine_t));

    if (report.len > IOA_REPORT_SIZE_MAX) {
        ioa_check_add(checks, "reply.form", IOA_CHECK_FAILED,
                      "%zu bytes, and %d are the most", report.len,
                      IOA_REPORT_SIZE_MAX);
        return IOA_ATTESTATION_MALFORMED;
    }

    st = ioa_report_parse(&view, report.data, report.len);

    if (!ioa_check_that(checks, st == IOA_OK, "reply.form", "%s",
                        st == IOA_OK ? "JSON, keys and types"
                        : "not JSON, a key twice, or a member that is "
                          "missing or malformed"))
    {
        return st;
    }

    e.policy = policy;
    e.report = &view;
    e.nonce32 = nonce32;
    e.address20 = NULL;
    e.fetched = fetched != NULL ? fetched : nothing;
    e.bound_before = bound_before;
    e.now = now;

    st = ioa_attest_judge(machine, wants, checks, &e);

    ioa_report_cleanup(&view);

    if (st != IOA_OK) {
        memset(machine, 0, sizeof(ioa_machine_t));
        return st;
    }

    ioa_sha256(machine->evidence32, report.data, report.len);

    return st;
}


int
ioa_attest_address(uint8_t address20[IOA_ADDRESS_LEN], ioa_bytes_t reply)
{
    int           good;
    ioa_bytes_t   text;
    ioa_report_t  view;

    if (reply.len > IOA_REPORT_SIZE_MAX
        || ioa_report_parse(&view, reply.data, reply.len) != IOA_OK)
    {
        return 0;
    }

    text.data = view.signing_address;
    text.len = view.signing_address_len;

    good = ioa_address_parse(address20, text);

    ioa_report_cleanup(&view);

    return good;
}
