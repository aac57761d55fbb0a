
/*
 * The outcome of an attestation, as it goes to the counters and the log.
 */


#include "request/ngx_http_ioattest_log.h"
#include "request/ngx_http_ioattest_printable.h"
#include "attest/ngx_http_ioattest_attestation.h"


/* ids of a processor and 16 GPUs, and words between them */
#define NGX_HTTP_IOATTEST_IDS_TEXT  1280


static ngx_uint_t ngx_http_ioattest_outcome_refused(ioa_status_t reason);
static const char *ngx_http_ioattest_outcome_tcb(
    ngx_http_ioattest_proof_t *proof);
static const char *ngx_http_ioattest_outcome_grounds(
    ngx_http_ioattest_attestation_t *attestation);
static u_char *ngx_http_ioattest_outcome_ids(u_char *p, u_char *last,
    const ioa_proved_t *proved);
static ngx_uint_t ngx_http_ioattest_outcome_level(
    ngx_http_ioattest_attestation_t *attestation,
    const ngx_http_ioattest_outcome_t *outcome);


void
ngx_http_ioattest_outcome_make(ngx_http_ioattest_outcome_t *outcome,
    ngx_http_ioattest_attestation_t *attestation, ioa_status_t reason)
{
    ngx_http_ioattest_proof_t  *proof;

    ngx_memzero(outcome, sizeof(ngx_http_ioattest_outcome_t));

    outcome->reason = reason;
    outcome->took = ngx_current_msec - attestation->ask.started;

    proof = attestation->proof;

    if (proof == NULL || proof->failed
        || !ngx_http_ioattest_outcome_refused(reason))
    {
        return;
    }

    /*
     * Of a document that is no good, and no other is to be had, nobody knows
     * what it would say.  A good one counts, whether or not the service that
     * may have a newer one answers.
     */

    if (proof->old & proof->lacking) {
        return;
    }

    outcome->refused = 1;
    outcome->have_address = ioa_attest_address(outcome->address20,
                                               proof->reply);
}


/* Reasons for which the evidence itself is wrong. */

static ngx_uint_t
ngx_http_ioattest_outcome_refused(ioa_status_t reason)
{
    switch (reason) {

    case IOA_CPU_EVIDENCE_MISSING:
    case IOA_CPU_EVIDENCE_INVALID:
    case IOA_GPU_EVIDENCE_MISSING:
    case IOA_GPU_EVIDENCE_INVALID:
    case IOA_REPORT_DATA_MISMATCH:
    case IOA_MEASUREMENT_MISMATCH:
    case IOA_IMAGE_DIGEST_MISMATCH:
    case IOA_TCB_REJECTED:
    case IOA_REVOKED:
        return 1;

    default:
        return 0;
    }
}


void
ngx_http_ioattest_outcome_count(
    ngx_http_ioattest_attestation_t *attestation,
    const ngx_http_ioattest_outcome_t *outcome)
{
    ngx_http_ioattest_counters_t  *counters;

    counters = ngx_http_ioattest_store_counters(attestation->ask.conf->zone);

    ngx_http_ioattest_observe(&counters->attest, outcome->took * 1000);

    (void) ngx_atomic_fetch_add(
                        &counters->attest_trigger[attestation->trigger], 1);

    (void) ngx_atomic_fetch_add(outcome->reason == IOA_OK
                                ? &counters->attest_verified
                                : &counters->attest_rejected[outcome->reason],
                                1);
}


void
ngx_http_ioattest_outcome_trusted(
    ngx_http_ioattest_attestation_t *attestation)
{
    u_char         address[IOA_ADDRESS_TEXT_LEN];
    u_char         ids[NGX_HTTP_IOATTEST_IDS_TEXT], *last;
    ngx_log_t      shown;
    ngx_str_t      name;
    ngx_uint_t     level;
    const char    *again;
    ioa_proved_t  *proved;

    proved = &attestation->proof->machine.proved;

    again = (attestation->news.machine == NGX_HTTP_IOATTEST_NEWS_AGAIN)
            ? ", met again after evidence of it was refused" : "";

    ioa_address_print(address, attestation->proof->machine.address20);

    name = ngx_http_ioattest_printable(attestation->ask.task->pool,
                                       attestation->model.names.name,
                                       attestation->model.names.name_len);

    last = ngx_http_ioattest_outcome_ids(ids, ids + sizeof(ids), proved);

    /* a renewal is logged at "info" only */

    level = (attestation->news.machine == NGX_HTTP_IOATTEST_NEWS_NONE)
            ? NGX_LOG_INFO : NGX_LOG_NOTICE;

    ngx_log_error(level,
                  ngx_http_ioattest_log_shown(&shown,
                                              attestation->ask.task->log), 0,
                  "ioattest: attested %*s for model \"%V\"%s: cpu %s, "
                  "tcb status %s, %uz gpus %s%s, signer bound by %s%*s",
                  (size_t) IOA_ADDRESS_TEXT_LEN, address, &name, again,
                  ngx_http_ioattest_cpu_name(proved->cpu),
                  ngx_http_ioattest_outcome_tcb(attestation->proof),
                  proved->gpus,
                  proved->gpus ? proved->gpu_arch : "-",
                  ngx_strcmp(proved->gpu_mode, "protected-pcie") == 0
                  ? " in protected PCIe mode, NVSwitches not attested" : "",
                  ngx_http_ioattest_outcome_grounds(attestation),
                  (size_t) (last - ids), ids);
}


/* Which machine it is, as far as its evidence says so. */

static u_char *
ngx_http_ioattest_outcome_ids(u_char *p, u_char *last,
    const ioa_proved_t *proved)
{
    ngx_uint_t  i;

    if (proved->ppid[0]) {
        p = ngx_slprintf(p, last, ", ppid %s", proved->ppid);
    }

    if (proved->chip_id[0]) {
        p = ngx_slprintf(p, last, ", chip id %s", proved->chip_id);
    }

    for (i = 0; i < proved->gpus && i < IOA_GPUS_MAX; i++) {
        p = ngx_slprintf(p, last, "%s%s", i ? " " : ", ueids ",
                         proved->ueids[i]);
    }

    return p;
}


/* The status; where it is out of date, with what is short. */

static const char *
ngx_http_ioattest_outcome_tcb(ngx_http_ioattest_proof_t *proof)
{
    size_t             i;
    ioa_check_t       *check;
    ioa_tcb_status_t   status;

    status = proof->machine.proved.tcb_status;

    if (!ioa_tcb_is_out_of_date(status)) {
        return ioa_tcb_name(status);
    }

    for (i = 0; i < proof->checks.n; i++) {
        check = &proof->checks.list[i];

        if (ngx_strcmp(check->name, "tdx.tcb_status") == 0) {
            return check->detail;
        }
    }

    return ioa_tcb_name(status);
}


static const char *
ngx_http_ioattest_outcome_grounds(
    ngx_http_ioattest_attestation_t *attestation)
{
    if (attestation->proof->machine.proved.signer_bound) {
        return "hardware";
    }

    return (attestation->ask.asked->tls == NGX_HTTP_IOATTEST_TLS_VERIFIED)
           ? "TLS to the API alone"
           : "nothing that was verified here (\"ioattest_ssl_verify off\")";
}


void
ngx_http_ioattest_outcome_log(
    ngx_http_ioattest_attestation_t *attestation,
    const ngx_http_ioattest_outcome_t *outcome, ngx_int_t status)
{
    u_char                     *p, *last, buf[NGX_MAX_ERROR_STR];
    ngx_str_t                   more;
    const ioa_check_t          *check;
    ngx_http_ioattest_proof_t  *proof;

    proof = attestation->proof;

    if (outcome->reason == IOA_ATTESTATION_INSECURE) {
        ngx_http_ioattest_ask_log_insecure(&attestation->ask,
                                           proof && proof->insecure
                                           ? proof->insecure_sub
                                           : attestation->ask.asked, status);
        return;
    }

    check = NULL;
    p = buf;
    last = buf + sizeof(buf);

    if (proof && !attestation->ask.task->running) {
        check = ioa_checks_failed(&proof->checks);
    }

    if (outcome->reason == IOA_ATTESTATION_UNAVAILABLE && proof
        && proof->failed && proof->lacks)
    {
        p = ngx_slprintf(p, last, ", %s; the API itself answered",
                         proof->lacks);

    } else if (check) {
        p = ngx_slprintf(p, last, ", check \"%s\": %s", check->name,
                         check->detail);
    }

    if (outcome->have_address && last - p > IOA_ADDRESS_TEXT_LEN + 32) {
        p = ngx_cpymem(p, ", by its own claim ",
                       sizeof(", by its own claim ") - 1);
        ioa_address_print(p, outcome->address20);
        p += IOA_ADDRESS_TEXT_LEN;
    }

    more.data = buf;
    more.len = p - buf;

    ngx_http_ioattest_ask_log(&attestation->ask,
                              ngx_http_ioattest_outcome_level(attestation,
                                                              outcome),
                              outcome->reason, status, &more);
}


/*
 * A machine that is refused is logged as a warning, and the first time only,
 * since it is met again and again.  All else is an error, for the gateway
 * itself may be at fault.
 */

static ngx_uint_t
ngx_http_ioattest_outcome_level(ngx_http_ioattest_attestation_t *attestation,
    const ngx_http_ioattest_outcome_t *outcome)
{
    if (!outcome->refused) {
        return NGX_LOG_ERR;
    }

    if (!outcome->have_address) {

        /* without an address it may or may not be the same machine again */
        return NGX_LOG_WARN;
    }

    return (attestation->news.machine == NGX_HTTP_IOATTEST_NEWS_FIRST)
           ? NGX_LOG_WARN : NGX_LOG_INFO;
}


void
ngx_http_ioattest_outcome_searched(
    ngx_http_ioattest_attestation_t *attestation)
{
    u_char                     share[sizeof("less than 100.00 %")], *p;
    ngx_log_t                  shown;
    ngx_str_t                  name;
    ngx_http_ioattest_news_t  *news;

    news = &attestation->news;

    if (!news->searched) {
        return;
    }

    name = ngx_http_ioattest_printable(attestation->ask.task->pool,
                                       attestation->model.names.name,
                                       attestation->model.names.name_len);

    if (news->draws > NGX_HTTP_IOATTEST_UNSEEN) {
        p = ngx_sprintf(share, "less than %.2f %%",
                        100.0 * NGX_HTTP_IOATTEST_UNSEEN / news->draws);

    } else {
        p = ngx_sprintf(share, "any share");
    }

    ngx_log_error(NGX_LOG_NOTICE,
                  ngx_http_ioattest_log_shown(&shown,
                                              attestation->ask.task->log), 0,
                  "ioattest: model \"%V\": %ui machine%s known, %uL "
                  "attestations since the last new one: %*s of answers come "
                  "from a machine that was not met",
                  &name, news->known, news->known == 1 ? "" : "s",
                  news->draws, (size_t) (p - share), share);
}
