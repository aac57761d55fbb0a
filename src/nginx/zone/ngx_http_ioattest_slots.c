
/*
 * Attestations in progress: each has a slot of the zone, whoever started it,
 * and is identified by the slot's token.  The process id is kept, so that
 * slots of a worker that died can be freed.
 */


#include "zone/ngx_http_ioattest_node.h"


/* a claim is void if it was not renewed for this long, ms */
#define NGX_HTTP_IOATTEST_CLAIM_TIME  300

/* the first pause after silences while a machine is trusted, ms */
#define NGX_HTTP_IOATTEST_PAUSE  100

/* what a task may take beyond its own timeouts, ms */
#define NGX_HTTP_IOATTEST_SLOT_SLACK  2000

/*
 * An attestation that has taken so many times what others take, and this time
 * at least, ms, may not be answered at all.
 */
#define NGX_HTTP_IOATTEST_HANGS_TIMES  3
#define NGX_HTTP_IOATTEST_HANGS_LEAST  200


static uint64_t ngx_http_ioattest_mark(const u_char *key32);
static ngx_uint_t ngx_http_ioattest_slot_live(
    const ngx_http_ioattest_slot_t *slot);
static ngx_uint_t ngx_http_ioattest_claim_live(
    const ngx_http_ioattest_claim_t *claim);
static ngx_uint_t ngx_http_ioattest_slots_of_locked(
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_key_t *key);
static ngx_uint_t ngx_http_ioattest_slot_silent_locked(
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_slot_t *slot);
static uint64_t ngx_http_ioattest_silence_mark(uint64_t asker,
    uint64_t model);
static ngx_http_ioattest_silence_t *ngx_http_ioattest_silence_find_locked(
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_key_t *key, ngx_uint_t make);


/* Eight bytes of a digest are enough to tell apart those in one zone. */

static uint64_t
ngx_http_ioattest_mark(const u_char *key32)
{
    uint64_t  mark;

    ngx_memcpy(&mark, key32, sizeof(mark));

    return mark ? mark : 1;
}


static ngx_uint_t
ngx_http_ioattest_slot_live(const ngx_http_ioattest_slot_t *slot)
{
    return slot->token
           && (ngx_msec_int_t) (slot->deadline - ngx_current_msec) > 0;
}


ngx_uint_t
ngx_http_ioattest_slots_busy_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, ngx_uint_t *all)
{
    uint64_t    mark;
    ngx_uint_t  i, busy, total;

    mark = ngx_http_ioattest_mark(model->key);
    busy = 0;
    total = 0;

    for (i = 0; i < NGX_HTTP_IOATTEST_SLOTS; i++) {

        if (ngx_http_ioattest_slot_live(&sh->slots[i])) {
            total++;
            busy += (sh->slots[i].model == mark);
        }
    }

    if (all) {
        *all = total;
    }

    return busy;
}


/*
 * A caller's key may be one that the API does not answer: what is asked with
 * it then brings nobody further, and others have to draw beside it.
 */

ngx_uint_t
ngx_http_ioattest_slots_moving_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model)
{
    uint64_t                   mark;
    ngx_msec_t                 hangs;
    ngx_uint_t                 i, n;
    ngx_http_ioattest_slot_t  *slot;

    mark = ngx_http_ioattest_mark(model->key);
    hangs = ngx_max(NGX_HTTP_IOATTEST_HANGS_TIMES * model->u.model.took,
                    NGX_HTTP_IOATTEST_HANGS_LEAST);
    n = 0;

    for (i = 0; i < NGX_HTTP_IOATTEST_SLOTS; i++) {
        slot = &sh->slots[i];

        if (slot->model == mark
            && ngx_http_ioattest_slot_live(slot)
            && (model->u.model.took == 0
                || ngx_http_ioattest_within(slot->started, hangs))
            && !ngx_http_ioattest_slot_silent_locked(sh, slot))
        {
            n++;
        }
    }

    return n;
}


ngx_uint_t
ngx_http_ioattest_slots_asked_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key)
{
    return ngx_http_ioattest_slots_of_locked(sh, model, key) != 0;
}


/* Attestations of the model in progress with the key. */

static ngx_uint_t
ngx_http_ioattest_slots_of_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key)
{
    uint64_t    mark, asker;
    ngx_uint_t  i, n;

    mark = ngx_http_ioattest_mark(model->key);
    asker = ngx_http_ioattest_mark(key->digest);
    n = 0;

    for (i = 0; i < NGX_HTTP_IOATTEST_SLOTS; i++) {

        if (ngx_http_ioattest_slot_live(&sh->slots[i])
            && sh->slots[i].model == mark && sh->slots[i].asker == asker)
        {
            n++;
        }
    }

    return n;
}


/*
 * At most limits->parallel for one model, and limits->total for all.  The
 * last quarter of the total is not for the background, and the last eighth
 * not for signers: it is left to requests for which no machine is trusted.
 * While one is trusted, no caller's key has the last quarter of a model's
 * slots: the API may not answer it.
 */

ngx_uint_t
ngx_http_ioattest_slots_take_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_trigger_e trigger,
    ngx_uint_t n)
{
    ngx_uint_t                 i, all, busy, most, share, taken;
    ngx_http_ioattest_slot_t  *slot;

    busy = ngx_http_ioattest_slots_busy_locked(sh, model, &all);
    most = limits->total;

    if (trigger == NGX_HTTP_IOATTEST_TRIGGER_BACKGROUND) {
        most -= most / 4;

    } else if (trigger == NGX_HTTP_IOATTEST_TRIGGER_SIGNER) {
        most -= (most + 7) / 8;
    }

    if (busy >= limits->parallel || all >= most) {
        return 0;
    }

    if (trigger != NGX_HTTP_IOATTEST_TRIGGER_GATE && !key->own) {
        share = limits->parallel - limits->parallel / 4;
        taken = ngx_http_ioattest_slots_of_locked(sh, model, key);
        n = ngx_min(n, share - ngx_min(share, taken));
    }

    n = ngx_min(n, limits->parallel - busy);
    n = ngx_min(n, most - all);
    n = ngx_min(n, NGX_HTTP_IOATTEST_PARALLEL_MAX - found->n);

    taken = 0;

    for (i = 0; i < NGX_HTTP_IOATTEST_SLOTS && taken < n; i++) {
        slot = &sh->slots[i];

        if (ngx_http_ioattest_slot_live(slot)) {
            continue;
        }

        slot->token = ++sh->next_token;
        slot->model = ngx_http_ioattest_mark(model->key);
        slot->asker = ngx_http_ioattest_mark(key->digest);
        slot->started = ngx_current_msec;
        slot->pid = ngx_pid;
        slot->charged = (trigger == NGX_HTTP_IOATTEST_TRIGGER_SIGNER);

        /* limits->attest for the API, and again for other services */

        slot->deadline = ngx_current_msec + 2 * limits->attest
                         + NGX_HTTP_IOATTEST_SLOT_SLACK;

        found->token[found->n++] = slot->token;
        taken++;
    }

    if (taken) {
        model->u.model.started = ngx_current_msec;
    }

    return taken;
}


/*
 * Gives a slot back, if the token owns it.  Returns NULL otherwise, as after
 * the zone was laid out anew; else the slot's former values, until the next
 * slot is taken.
 */

ngx_http_ioattest_slot_t *
ngx_http_ioattest_slot_give_locked(ngx_http_ioattest_sh_t *sh,
    const u_char *model_key32, uint64_t token)
{
    ngx_uint_t                 i;
    ngx_http_ioattest_slot_t  *slot;

    for (i = 0; token && i < NGX_HTTP_IOATTEST_SLOTS; i++) {
        slot = &sh->slots[i];

        if (slot->token == token
            && slot->model == ngx_http_ioattest_mark(model_key32))
        {
            slot->token = 0;
            return slot;
        }
    }

    return NULL;
}


/*
 * Requests with the same key share the attestations that any of them starts.
 * Between keys slots are given in order of arrival, over all workers: a
 * request that finds no slot leaves a claim, and while it lasts no later
 * request with another key gets a slot.
 */

static ngx_uint_t
ngx_http_ioattest_claim_live(const ngx_http_ioattest_claim_t *claim)
{
    return claim->asker
           && ngx_http_ioattest_within(claim->seen,
                                       NGX_HTTP_IOATTEST_CLAIM_TIME);
}


ngx_uint_t
ngx_http_ioattest_claimed_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_waiter_t *waiter)
{
    return ngx_http_ioattest_claim_live(&mn->claim)
           && mn->claim.asker != ngx_http_ioattest_mark(key->digest)
           && (ngx_msec_int_t) (mn->claim.arrived - waiter->arrived) < 0;
}


void
ngx_http_ioattest_claim_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_waiter_t *waiter)
{
    ngx_http_ioattest_claim_t  *claim;

    claim = &mn->claim;

    if (ngx_http_ioattest_claim_live(claim)
        && (ngx_msec_int_t) (claim->arrived - waiter->arrived) < 0)
    {
        return;
    }

    claim->asker = ngx_http_ioattest_mark(key->digest);
    claim->arrived = waiter->arrived;
    claim->seen = ngx_current_msec;
}


void
ngx_http_ioattest_unclaim_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_key_t *key)
{
    if (mn->claim.asker == ngx_http_ioattest_mark(key->digest)) {
        mn->claim.asker = 0;
    }
}


/*
 * Silences: attestations without an answer.  With a caller's key they concern
 * the requests with that key only, with the gateway's own key all requests
 * that wait for its attestations.
 */

static uint64_t
ngx_http_ioattest_silence_mark(uint64_t asker, uint64_t model)
{
    asker ^= model << 1;

    return asker ? asker : 1;
}


/* 1 if the slot is a caller's whose key was not answered of late. */

static ngx_uint_t
ngx_http_ioattest_slot_silent_locked(ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_slot_t *slot)
{
    uint64_t    asker;
    ngx_uint_t  i;

    asker = ngx_http_ioattest_silence_mark(slot->asker, slot->model);

    for (i = 0; i < NGX_HTTP_IOATTEST_SILENCES; i++) {

        if (sh->silences[i].asker == asker) {
            return sh->silences[i].n >= NGX_HTTP_IOATTEST_SILENT_MAX;
        }
    }

    return 0;
}


static ngx_http_ioattest_silence_t *
ngx_http_ioattest_silence_find_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key,
    ngx_uint_t make)
{
    uint64_t                      asker;
    ngx_uint_t                    i;
    ngx_http_ioattest_silence_t  *silence, *place;

    asker = ngx_http_ioattest_silence_mark(
                                         ngx_http_ioattest_mark(key->digest),
                                         ngx_http_ioattest_mark(model->key));

    if (key->own) {
        silence = &model->u.model.own;

        if (silence->asker != asker) {

            if (!make) {
                return NULL;
            }

            ngx_memzero(silence, sizeof(ngx_http_ioattest_silence_t));
            silence->asker = asker;
        }

        return silence;
    }

    place = &sh->silences[0];

    for (i = 0; i < NGX_HTTP_IOATTEST_SILENCES; i++) {
        silence = &sh->silences[i];

        if (silence->asker == asker) {
            return silence;
        }

        if (silence->asker == 0) {
            place = silence;

        } else if (place->asker
                   && (ngx_msec_int_t) (silence->at - place->at) < 0)
        {
            place = silence;
        }
    }

    if (!make) {
        return NULL;
    }

    ngx_memzero(place, sizeof(ngx_http_ioattest_silence_t));
    place->asker = asker;

    return place;
}


ioa_status_t
ngx_http_ioattest_silent_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key)
{
    ngx_http_ioattest_silence_t  *silence;

    silence = ngx_http_ioattest_silence_find_locked(sh, model, key, 0);

    if (silence && silence->n >= NGX_HTTP_IOATTEST_SILENT_MAX
        && (ngx_msec_int_t) (silence->until - ngx_current_msec) > 0)
    {
        return silence->reason;
    }

    return IOA_OK;
}


/*
 * While a machine is trusted, no request is refused for silence; attestations
 * are only delayed, for longer and longer, up to "ioattest_fail_timeout".
 */

ngx_uint_t
ngx_http_ioattest_paused_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key,
    ngx_msec_t fail_timeout)
{
    ngx_msec_t                    ms;
    ngx_uint_t                    n;
    ngx_http_ioattest_silence_t  *silence;

    silence = ngx_http_ioattest_silence_find_locked(sh, model, key, 0);

    if (silence == NULL || silence->n < NGX_HTTP_IOATTEST_SILENT_MAX) {
        return 0;
    }

    n = ngx_min(silence->n - NGX_HTTP_IOATTEST_SILENT_MAX, 10);
    ms = ngx_min((ngx_msec_t) NGX_HTTP_IOATTEST_PAUSE << n, fail_timeout);

    return ngx_http_ioattest_within(silence->at, ms);
}


ngx_uint_t
ngx_http_ioattest_silences_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key)
{
    ngx_http_ioattest_silence_t  *silence;

    silence = ngx_http_ioattest_silence_find_locked(sh, model, key, 0);

    return silence ? silence->n : 0;
}


void
ngx_http_ioattest_silence_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key,
    ioa_status_t reason, ngx_msec_t fail_timeout)
{
    ngx_http_ioattest_silence_t  *silence;

    silence = ngx_http_ioattest_silence_find_locked(sh, model, key, 1);

    silence->at = ngx_current_msec;
    silence->until = ngx_current_msec + fail_timeout;

    if (silence->n++ == 0
        || !ngx_http_ioattest_tells_more(silence->reason, silence->reason_at,
                                         reason, fail_timeout))
    {
        silence->reason = reason;
        silence->reason_at = ngx_current_msec;
    }
}


void
ngx_http_ioattest_heard_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_key_t *key)
{
    ngx_http_ioattest_silence_t  *silence;

    silence = ngx_http_ioattest_silence_find_locked(sh, model, key, 0);

    if (silence) {
        silence->n = 0;
    }
}
