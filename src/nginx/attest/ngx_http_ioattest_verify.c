
/*
 * The verification of an attestation: off the event loop, and repeated until
 * all endorsements that it asks for are at hand.
 *
 * While a thread verifies, the task's request holds one more reference and is
 * blocked, so that ngx_http_terminate_request() and ngx_http_close_request()
 * leave its memory alone; what they began is finished when the thread ends.
 */


#include "attest/ngx_http_ioattest_attestation.h"

#if (NGX_THREADS)
#include <openssl/crypto.h>
#endif


#define NGX_HTTP_IOATTEST_THREAD_TIMER  60000   /* ms */


static ngx_int_t ngx_http_ioattest_proof_post(
    ngx_http_ioattest_proof_t *proof);
static void ngx_http_ioattest_proof_run(ngx_http_ioattest_proof_t *proof);
static void ngx_http_ioattest_proof_keep(ngx_http_ioattest_proof_t *proof);
static ngx_int_t ngx_http_ioattest_proof_next(
    ngx_http_ioattest_proof_t *proof);
static ioa_status_t ngx_http_ioattest_proof_store(
    ngx_http_ioattest_proof_t *proof);
static void ngx_http_ioattest_proof_changed(ngx_http_ioattest_proof_t *proof);
static ngx_uint_t ngx_http_ioattest_proof_pinned(
    ngx_http_ioattest_loc_conf_t *ilcf, ngx_uint_t cpu);
#if (NGX_THREADS)
static void ngx_http_ioattest_proof_thread(void *data, ngx_log_t *log);
static void ngx_http_ioattest_proof_event(ngx_event_t *ev);
static void ngx_http_ioattest_proof_ran(ngx_http_ioattest_proof_t *proof);
#endif


ngx_int_t
ngx_http_ioattest_proof_start(ngx_http_ioattest_attestation_t *attestation,
    void (*done)(ngx_http_ioattest_proof_t *proof, ngx_int_t rc))
{
    ngx_http_ioattest_proof_t       *proof;
    ngx_http_ioattest_subrequest_t  *sub;

    sub = attestation->ask.asked;

    proof = ngx_pcalloc(sub->task->pool, sizeof(ngx_http_ioattest_proof_t));
    if (proof == NULL) {
        return NGX_ERROR;
    }

    attestation->proof = proof;

    proof->attestation = attestation;
    proof->task = sub->task;
    proof->conf = attestation->ask.conf;
    proof->reply.data = sub->reply;
    proof->reply.len = sub->size;
    proof->nonce32 = attestation->nonce32;
    proof->done = done;
    proof->ready = ngx_http_ioattest_proof_continue;

    return ngx_http_ioattest_proof_continue(proof);
}


ngx_int_t
ngx_http_ioattest_proof_continue(ngx_http_ioattest_proof_t *proof)
{
    ngx_int_t  rc;

    for ( ;; ) {
        rc = ngx_http_ioattest_proof_post(proof);

        if (rc != NGX_OK) {
            return rc;
        }

        rc = ngx_http_ioattest_proof_next(proof);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }
}


/* NGX_OK: verified here; NGX_AGAIN: a thread verifies; NGX_ERROR. */

static ngx_int_t
ngx_http_ioattest_proof_post(ngx_http_ioattest_proof_t *proof)
{
    ngx_http_ioattest_loc_conf_t  *ilcf;
#if (NGX_THREADS)
    ngx_thread_task_t             *task;
    ngx_http_request_t            *r;
#endif

    ilcf = proof->conf;

    proof->now = ngx_time();
    proof->bound_before = ngx_http_ioattest_store_bound(ilcf->zone,
                                                &proof->attestation->model,
                                                &ilcf->limits);
    ioa_checks_init(&proof->checks);

#if (NGX_THREADS)

    if (ilcf->thread_pool) {
        r = proof->task->request;

        task = ngx_thread_task_alloc(proof->task->pool,
                                     sizeof(ngx_http_ioattest_proof_t *));
        if (task == NULL) {
            return NGX_ERROR;
        }

        *(ngx_http_ioattest_proof_t **) task->ctx = proof;

        task->handler = ngx_http_ioattest_proof_thread;
        task->event.handler = ngx_http_ioattest_proof_event;
        task->event.data = proof;

        if (ngx_thread_task_post(ilcf->thread_pool, task) != NGX_OK) {

            /*
             * Its queue is full, which nginx has logged.  The reply may be
             * good: dropping it would cost another attestation, which meets
             * the same queue, and refuse the requests that wait.  So it is
             * verified here: some 30 ms in which this worker posts nothing
             * and the threads catch up.
             */

            ngx_http_ioattest_proof_run(proof);

            return NGX_OK;
        }

        /*
         * A worker that shuts down waits for its timers.  If the task's own
         * timer has expired, this one alone keeps the worker.
         */

        task->event.log = r->connection->log;
        ngx_add_timer(&task->event, NGX_HTTP_IOATTEST_THREAD_TIMER);

        proof->task->running = 1;
        r->main->blocked++;
        r->main->count++;

        return NGX_AGAIN;
    }

#endif

    ngx_http_ioattest_proof_run(proof);

    return NGX_OK;
}


/* Runs in a thread or not: writes to proof only, reads what is constant. */

static void
ngx_http_ioattest_proof_run(ngx_http_ioattest_proof_t *proof)
{
    if (proof->second) {
        proof->reason = ioa_evidence_early(&proof->early, &proof->wants,
                                           &proof->checks,
                                           &proof->machine.proved,
                                           &proof->conf->policy,
                                           proof->fetched, proof->now);
        return;
    }

    ngx_http_ioattest_proof_keep(proof);

    proof->reason = ioa_attest_verify(&proof->machine, &proof->wants,
                                      &proof->checks, proof->reply,
                                      proof->nonce32, &proof->conf->policy,
                                      proof->fetched, proof->bound_before,
                                      proof->now);
}


/* The reply as it came, once, for the audit log and the directory. */

static void
ngx_http_ioattest_proof_keep(ngx_http_ioattest_proof_t *proof)
{
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ilcf = proof->conf;

    if (proof->hashed || (ilcf->audit == NULL && ilcf->evidence.path == NULL))
    {
        return;
    }

    ioa_sha256(proof->evidence32, proof->reply.data, proof->reply.len);
    proof->hashed = 1;

    if (ilcf->evidence.path) {
        proof->keep_error = ngx_http_ioattest_evidence_keep(&ilcf->evidence,
                                                       proof->evidence32,
                                                       proof->reply);
        proof->kept = (proof->keep_error == 0);
    }
}


#if (NGX_THREADS)

static void
ngx_http_ioattest_proof_thread(void *data, ngx_log_t *log)
{
    (void) log;

    ngx_http_ioattest_proof_run(*(ngx_http_ioattest_proof_t **) data);

    /*
     * What OpenSSL keeps for a thread it frees when the thread ends.  A worker
     * that exits tells the threads of a pool to end but does not wait until
     * they have, and its own exit frees what OpenSSL frees it with: one exit
     * in some hundred crashed.  So nothing is left for the thread's end.
     */

    OPENSSL_thread_stop();
}


static void
ngx_http_ioattest_proof_event(ngx_event_t *ev)
{
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_ioattest_proof_t  *proof;

    if (ev->timedout) {
        ev->timedout = 0;
        ngx_add_timer(ev, NGX_HTTP_IOATTEST_THREAD_TIMER);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    proof = ev->data;
    r = proof->task->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "ioattest proof: %s", ioa_status_name(proof->reason));

    proof->task->running = 0;
    r->blocked--;

    ngx_http_ioattest_proof_ran(proof);

    /* if the request was aborted in the meantime, this ends it */

    ngx_http_finalize_request(r, c->error ? NGX_ERROR : NGX_DONE);
    ngx_http_run_posted_requests(c);
}


/* After the request's end only a good result is of use. */

static void
ngx_http_ioattest_proof_ran(ngx_http_ioattest_proof_t *proof)
{
    ngx_int_t  rc;

    if ((proof->over || proof->task->request->connection->error)
        && proof->reason != IOA_OK)
    {
        return;
    }

    rc = ngx_http_ioattest_proof_next(proof);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_ioattest_proof_continue(proof);
    }

    if (rc != NGX_AGAIN) {
        (*proof->done)(proof, rc);
    }
}

#endif


/*
 * After one verification.  NGX_OK: the result in proof->reason is final;
 * NGX_AGAIN: another service is being asked; NGX_DECLINED: a document has
 * arrived, verify again; NGX_ERROR.
 */

static ngx_int_t
ngx_http_ioattest_proof_next(ngx_http_ioattest_proof_t *proof)
{
    ngx_int_t  rc;

    if (proof->reason == IOA_OK && proof->second) {
        return NGX_OK;
    }

    if (proof->reason == IOA_OK
        && !proof->machine.proved.signer_bound
        && !ngx_http_ioattest_tls_counts(proof->attestation->ask.asked))
    {
        /* the address is bound by TLS only, and TLS was not verified */

        proof->reason = IOA_ATTESTATION_INSECURE;
        proof->insecure = 1;
        proof->insecure_sub = proof->attestation->ask.asked;
        return NGX_OK;
    }

    if (proof->reason == IOA_OK) {
        proof->reason = ngx_http_ioattest_proof_store(proof);
        return NGX_OK;
    }

    proof->lacking = proof->wants.unfit;
    proof->reached = (proof->wants.wanted || proof->lacking) ? IOA_OK
                                                             : proof->reason;

    rc = ngx_http_ioattest_endorsements_start(proof);

    return (rc == NGX_DONE) ? NGX_OK : rc;
}


/* Stores a good result in the zone, and gives the slot back. */

static ioa_status_t
ngx_http_ioattest_proof_store(ngx_http_ioattest_proof_t *proof)
{
    u_char                        *key32;
    ngx_int_t                      rc;
    ngx_str_t                      id, address;
    ioa_machine_t                 *proved;
    ngx_http_ioattest_ask_t       *ask;
    ngx_http_ioattest_model_t     *model;
    ngx_http_ioattest_machine_t    machine;
    ngx_http_ioattest_loc_conf_t  *ilcf;

    ask = &proof->attestation->ask;
    model = &proof->attestation->model;
    ilcf = proof->conf;
    proved = &proof->machine;
    key32 = proof->machine32;

    ngx_memzero(&machine, sizeof(ngx_http_ioattest_machine_t));

    ngx_memcpy(machine.address20, proved->address20, IOA_ADDRESS_LEN);
    ngx_memcpy(machine.image_digest, proved->image_digest,
               proved->image_digest_len);
    machine.image_digest_len = proved->image_digest_len;
    ngx_http_ioattest_machine_prove(&machine, &proved->proved);
    machine.attested_at = ngx_time();
    machine.expires_at = machine.attested_at + ilcf->valid;
    machine.attested_ms = ngx_current_msec;
    machine.valid = ilcf->limits.valid;
    machine.via_tls = (ask->asked->tls == NGX_HTTP_IOATTEST_TLS_VERIFIED);
    machine.early.asked = ngx_http_ioattest_early_asked(ilcf,
                                                        proved->proved.cpu);
    machine.pinned = ngx_http_ioattest_proof_pinned(ilcf, proved->proved.cpu);

    if (machine.proved.expires
        && machine.proved.expires < machine.expires_at)
    {
        machine.expires_at = machine.proved.expires;
    }

    proof->pinned = machine.pinned;
    proof->expires_at = machine.expires_at;

    id.data = model->names.id;
    id.len = model->names.id_len;
    address.data = machine.address20;
    address.len = IOA_ADDRESS_LEN;

    ngx_http_ioattest_store_key(key32, NGX_HTTP_IOATTEST_NODE_MACHINE,
                                ilcf->policy32, &id, &address);

    rc = ngx_http_ioattest_draw_met(ilcf->zone, model, key32, &machine,
                                    ask->token, &ask->key, &ilcf->limits,
                                    &proof->attestation->news);

    switch (rc) {

    case NGX_OK:
        return IOA_OK;

    case NGX_ABORT:
        ioa_check_add(&proof->checks, "cpu.report_data", IOA_CHECK_FAILED,
                      "nonce alone, a downgrade");
        return IOA_REPORT_DATA_MISMATCH;

    case NGX_BUSY:
        ngx_http_ioattest_proof_changed(proof);
        return IOA_MEASUREMENT_MISMATCH;

    default: /* NGX_DECLINED */
        return IOA_ZONE_FULL;
    }
}


/* The machine's address was trusted on another one. */

static void
ngx_http_ioattest_proof_changed(ngx_http_ioattest_proof_t *proof)
{
    char                      *id, hex[2 * IOA_POLICY_CHIP_LEN + 1];
    ngx_http_ioattest_news_t  *news;

    news = &proof->attestation->news;

    switch (news->changed) {

    case NGX_HTTP_IOATTEST_CHANGED_CPU:
        id = "another kind of CPU";
        break;

    case NGX_HTTP_IOATTEST_CHANGED_PPID:
        id = "PPID ";
        break;

    case NGX_HTTP_IOATTEST_CHANGED_CHIP_ID:
        id = "chip id ";
        break;

    default: /* NGX_HTTP_IOATTEST_CHANGED_UEIDS */
        id = "GPUs of other UEIDs";
    }

    hex[0] = '\0';

    if (news->changed == NGX_HTTP_IOATTEST_CHANGED_PPID
        || news->changed == NGX_HTTP_IOATTEST_CHANGED_CHIP_ID)
    {
        ioa_hex_encode((uint8_t *) hex, news->was.cpu, news->was.cpu_len);
        hex[2 * news->was.cpu_len] = '\0';

        if (news->was.cpu_len == 0) {
            ngx_memcpy(hex, "masked", sizeof("masked"));
        }
    }

    ioa_check_add(&proof->checks, "reply.same_machine", IOA_CHECK_FAILED,
                  "the signing address was trusted before with %s%s", id,
                  hex);
}


/* 1 if the policy pins the software of the machine, not only its maker. */

static ngx_uint_t
ngx_http_ioattest_proof_pinned(ngx_http_ioattest_loc_conf_t *ilcf,
    ngx_uint_t cpu)
{
    unsigned  pins;

    if (ilcf->policy.image_digests_n) {
        return 1;
    }

    pins = ioa_policy_pins(ilcf->policy.file);

    return (cpu == IOA_CPU_TDX && (pins & IOA_POLICY_PINS_TDX))
           || (cpu == IOA_CPU_SEV_SNP && (pins & IOA_POLICY_PINS_SNP));
}


ngx_uint_t
ngx_http_ioattest_early_asked(ngx_http_ioattest_loc_conf_t *ilcf,
    unsigned cpu)
{
    return ilcf->collateral_early.len && ilcf->policy.collateral
           && cpu == IOA_CPU_TDX;
}
